"""RXA -> Immunization (HL7 2.5.1 chapter 4.14.7, as vaccination records use it)."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept
from processors.mapping.dosing import in_function, told
from processors.mapping.extensions import text
from processors.mapping.names import address
from processors.mapping.parties import location, organization_coded
from processors.mapping.rows import Condition, FieldRow, SegmentMap
from processors.mapping.rxa_medicationadministration import deleted, dose, not_deleted, void
from processors.mapping.scope import Scope, component
from processors.mapping.times import date, date_time
from processors.mapping.vocabularies_pharmacy import COMPLETION_STATUS, NEW_RECORD, PARTIAL_DOSE, SOURCE_TABLE

#: The components of an LA2 (RXA-11) that are its address.
_ADDRESS = slice(8, 14)


def _added(rxa: Segment) -> bool:
    return rxa.text(21).upper() == "A"


def _partial(rxa: Segment) -> bool:
    return rxa.text(20).upper() == "PA" and not deleted(rxa)


def _without(*fields: int) -> Condition:
    def holds(rxa: Segment) -> bool:
        return not any(rxa.raw(n) for n in fields)

    return holds


def subpotent(_raw: str, _scope: Scope) -> bool:
    """A dose that was given in part."""
    return True


def partial_dose(_raw: str, _scope: Scope) -> Record:
    """Why: only a part of it was given."""
    return PARTIAL_DOSE


def addressed_location(raw: str, scope: Scope) -> Record | None:
    """RXA-27 with the address in RXA-28."""
    where = location(raw, scope)
    sent = scope.segment.repetitions(28)
    if where is None or not sent:
        return where
    scope.field = 28
    return _settled(where, sent[0], scope)


def address_alone(raw: str, scope: Scope) -> Record | None:
    """RXA-28 without RXA-27: a Location of which only the address is known."""
    resource: Record = {"resourceType": "Location", "id": scope.keyring.fhir_id("Location", scope.site.feed, raw)}
    home = address(raw, scope)
    if home is None:
        return None
    resource |= {"mode": "instance", "address": home if scope.trace is None else scope.trace.mark(home, raw)}
    return scope.bundle.add(resource, scope.segment.path())


def old_location(raw: str, scope: Scope) -> Record | None:
    """LA2 (RXA-11 before 2.7) as Location: the first eight components are those of PL, then comes an address."""
    pieces = raw.split(scope.component)
    where = location(scope.component.join(pieces[:8]), scope)
    home = scope.component.join(pieces[_ADDRESS])
    return _settled(where, home, scope) if where is not None and home else where


def _settled(where: Record, raw: str, scope: Scope) -> Record:
    """The place with its address; the remembered resource stays as it is."""
    home = address(raw, scope)
    if home is not None:
        identity = where["reference"].removeprefix("urn:uuid:")
        marked = home if scope.trace is None else scope.trace.mark(home, raw)
        scope.bundle.resources[identity] = {**scope.bundle.resources[identity], "address": marked}
    return where


def reported(rxa: Segment, resource: Record, scope: Scope) -> None:
    """RXA-9: where the report comes from (00 of NIP001: given here), else a remark."""
    scope.segment, scope.field = rxa, 9
    for raw in rxa.repetitions(9):
        parts = scope.texts(raw)
        if component(parts, 3).upper() != SOURCE_TABLE or not parts[0]:
            note = told(raw, scope)
            resource["note"] = [*resource.get("note", ()), *([note] if note else ())]
        elif "primarySource" in resource:
            scope.count_unmapped("RXA-9[2]")
        else:
            resource["primarySource"] = parts[0] == NEW_RECORD
            if not resource["primarySource"]:
                found = concept(raw, scope)
                resource["reportOrigin"] = found if scope.trace is None else scope.trace.mark(found, raw)
            if scope.trace is not None:
                scope.trace.note(resource, "primarySource", raw)
    if not resource.get("note", True):
        del resource["note"]


#: RXA-1 and RXA-2 count; RXA-7 is the unit of RXA-6; RXA-9 is read by `reported`.
RXA = SegmentMap(
    segment="RXA",
    resource="Immunization",
    rows=(
        FieldRow(3, "occurrenceDateTime", date_time),
        FieldRow(5, "vaccineCode", concept),
        FieldRow(6, "doseQuantity", dose),
        FieldRow(10, "performer[]", in_function("AP", "Administering Provider")),
        FieldRow(11, "location", old_location, _without(27, 28)),
        FieldRow(15, "lotNumber", text),
        FieldRow(16, "expirationDate", date),
        FieldRow(17, "manufacturer", organization_coded),
        FieldRow(18, "statusReason", concept),
        FieldRow(19, "reasonCode[]", concept),
        FieldRow(20, "status", code_in(COMPLETION_STATUS), not_deleted),
        FieldRow(20, "isSubpotent", subpotent, _partial),
        FieldRow(20, "subpotentReason[]", partial_dose, _partial),
        FieldRow(21, "status", void, deleted),
        FieldRow(22, "recorded", date_time, _added),
        FieldRow(27, "location", addressed_location),
        FieldRow(28, "location", address_alone, _without(27)),
    ),
    understood=(1, 2, 4, 7, 9),
)
