"""What clinical and financial parts share: a place in the bundle, whom they are about, codes, and what is left over."""

from collections.abc import Mapping
from typing import cast

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.numbers import decimal_lexeme
from processors.fhir.systems import DATA_ABSENT, STRUCTURE, TERMINOLOGY
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.codes import concept, concept_in, concept_of, system_uri, warn_unmapped
from processors.mapping.identifiers import ei, ei_of
from processors.mapping.identities import patient_id
from processors.mapping.links import Links
from processors.mapping.rows import Condition, Datatype
from processors.mapping.scope import Scope, component, reference
from processors.mapping.values import number
from processors.mapping.vocabularies import RELATIONSHIP
from processors.mapping.vocabularies_people import CONTACT_ROLE, OWN_RELATIONSHIP

#: Stands where FHIR demands a reference and the message names nobody.
NOBODY: Record = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}


#: The extension for a code as sent beside one of a list that FHIR demands.
ALTERNATE_CODES = STRUCTURE + "alternate-codes"
#: How many segments back a segment may belong to.
_FAR = 200


def put_own(resource: Record, segment: Segment, scope: Scope) -> Record:
    """Put a resource under its business identity; another one of that identity in the bundle gets an id by its text."""
    known = scope.bundle.resources.get(resource["id"])
    if known is not None and known != resource:
        resource["id"] = derived_uuid(resource["id"], *segment.fields[2:])
    return scope.bundle.add(resource, segment.path())


def put_party(resource: Record, segment: Segment, scope: Scope) -> Record:
    """Put a person or an organisation; what the bundle knows of them already stays and is added to."""
    known = scope.bundle.resources.get(resource["id"])
    if known is not None:
        merged = {**resource, **known}
        for name in known.keys() & resource.keys():
            if isinstance(known[name], list):
                merged[name] = [*known[name], *(one for one in resource[name] if one not in known[name])]
        scope.bundle.resources[resource["id"]] = merged
    return scope.bundle.add(resource, segment.path())


def patient_reference(scope: Scope) -> Record | None:
    """The Patient of the bundle being written, where there is one."""
    identity = patient_id(scope.bundle.patient_key, scope)
    return reference(identity) if identity in scope.bundle.resources else None


def other(kind: str, raw: str, scope: Scope) -> Record | None:
    """EI of another resource as a Reference: by identifier, and to the resource where the bundle holds it already."""
    identifier = ei_of("")(raw, scope)
    if identifier is None:
        return None
    found: Record = {"type": kind, "identifier": identifier}
    for identity, known in scope.bundle.resources.items():
        if known["resourceType"] == kind and identifier in known.get("identifier", ()):
            return {**reference(identity), **found}
    return found


def made_before(segment: Segment, wanted: str, kind: str, between: frozenset[str], scope: Scope) -> str:
    """Id of what the nearest earlier segment of a name became; "" where others than `between` intervene."""
    segments = scope.message.segments
    for n in range(segment.place - 2, max(0, segment.place - _FAR), -1):
        found = segments[n]
        if found.name == wanted:
            path, known = found.path(), scope.bundle.resources
            said = (i for i, at in scope.bundle.sources.items() if at == path and known[i]["resourceType"] == kind)
            return next(said, "")
        if found.name not in between:
            break
    return ""


def about(resource: Record, links: Links) -> None:
    """Subject and encounter; FHIR demands a subject."""
    links.onto(resource)
    resource.setdefault("subject", NOBODY)


def unplace_rest(segments: list[Segment], scope: Scope) -> None:
    """Say that nothing takes these segments."""
    for one in segments:
        scope.unplace(one)


def marked(value: Record, raw: str, scope: Scope) -> Record:
    """A value that no row makes, with the place it comes from."""
    return value if scope.trace is None else cast("Record", scope.trace.mark(value, raw))


def named(segment: Segment, n: int) -> tuple[str, str]:
    """A coded field as part of a business identity: code and system, else its text."""
    code = segment.text(n).strip()
    return (code, segment.text(n, 3).strip()) if code else (segment.text(n, 2) or segment.text(n, 9), "text")


def instance(segment: Segment, n: int, scope: Scope) -> tuple[str, ...]:
    """An EI as business identity: it counts within its namespace, else within the patient; () when absent."""
    if not segment.raw(n):
        return ()
    number_, system = ei(segment.repetitions(n)[0], scope)
    return (system or scope.bundle.patient_key, number_) if number_ else ()


def sends(n: int, *codes: str) -> Condition:
    """Whether field n has one of these codes."""

    def holds(segment: Segment) -> bool:
        return segment.text(n).strip().upper() in codes

    return holds


def absent(n: int) -> Condition:
    """Whether field n says nothing."""

    def holds(segment: Segment) -> bool:
        return segment.text(n).strip() in ("", '""')

    return holds


def fixed(value: object) -> Datatype:
    """The same value whatever was sent, for rows with a condition."""

    def read(_raw: str, _scope: Scope) -> object:
        return value

    return read


def listed(table: Mapping[str, str]) -> Datatype:
    """The FHIR code of a CWE's code, else of its alternate code; no remark where the table has none."""

    def read(raw: str, scope: Scope) -> str | None:
        parts = scope.texts(raw)
        sent = parts[0] or component(parts, 4)
        return table.get(sent) or table.get(sent.upper())

    return read


def coded_by(method: int, modifiers: int = 0) -> Datatype:
    """CWE as a concept of its own to add to; a bare code is of the coding method in another field (HL7 before 2.3).

    Modifiers follow their code after colons, as CPT writes them.
    """

    def read(raw: str, scope: Scope) -> Record | None:
        value = own_concept(raw, scope)
        if value is None or not scope.texts(raw)[0]:
            return value
        first, *others = value["coding"]
        way = scope.texts(scope.segment.raw(method))[0] if method else ""
        if way and "system" not in first:
            first = marked({"system": system_uri(way, scope)}, scope.segment.raw(method), scope) | first
        sent = scope.segment.raw(modifiers) if modifiers else ""
        after = [scope.texts(one)[0] for one in scope.segment.repetitions(modifiers)] if sent else []
        if any(after):
            code = ":".join((first["code"], *(one for one in after if one)))
            first = {**first, **marked({"code": code}, sent, scope)}
        value["coding"] = [first, *others]
        return value

    return read


def own_concept(raw: str, scope: Scope) -> Record | None:
    """CWE as a concept that other rows may add to."""
    value = concept(raw, scope)
    if value is None:
        return None
    return {**value, "coding": list(value["coding"])} if "coding" in value else dict(value)


def codings(raw: str, scope: Scope) -> list[Record] | None:
    """All codings of a CWE, to stand beside those of another field."""
    value = concept(raw, scope)
    return list(value["coding"]) if value and "coding" in value else None


def codings_of(table: str) -> Datatype:
    """All codings of a CWE; a bare code is of this v2 table."""
    as_sent = concept_of(TERMINOLOGY + table)

    def read(raw: str, scope: Scope) -> list[Record] | None:
        value = cast("Record | None", as_sent(raw, scope))
        return list(value["coding"]) if value and "coding" in value else None

    return read


def concept_text(raw: str, scope: Scope) -> str | None:
    """What a CWE says in words."""
    value = concept(raw, scope)
    return None if value is None else value.get("text")


def relationship(raw: str, scope: Scope) -> Record | None:
    """Table 0063 as v3-RoleCode or contact role, what was sent behind it (the guide's Relationship)."""
    in_table_0131 = scope.texts(raw)[0] in CONTACT_ROLE
    return cast("Record | None", (_CONTACT_ROLE if in_table_0131 else _RELATIONSHIP)(raw, scope))


_TABLE_0063 = TERMINOLOGY + "v2-0063"
_RELATIONSHIP = concept_in({**RELATIONSHIP, **OWN_RELATIONSHIP}, TERMINOLOGY + "v3-RoleCode", _TABLE_0063)
_CONTACT_ROLE = concept_in(CONTACT_ROLE, TERMINOLOGY + "v2-0131", _TABLE_0063)


def words(raw: str, scope: Scope) -> Record | None:
    """ST as a concept; senders put codes there as well."""
    if scope.component in raw:
        return concept(raw, scope)
    sent = scope.text(raw)
    return {"text": sent} if sent else None


def status_of(
    table: Mapping[str, str], displays: Mapping[str, str], system: str, sent_table: str = "", otherwise: str = ""
) -> Datatype:
    """A concept of a required FHIR code list with what was sent beside it; `otherwise` for codes of no table."""
    as_sent = concept_of(TERMINOLOGY + sent_table) if sent_table else concept

    def read(raw: str, scope: Scope) -> Record | None:
        sent = cast("Record | None", as_sent(raw, scope))
        if sent is None:
            return None
        texts = scope.texts(raw)
        found = next((table[one.upper()] for one in texts[:2] if one.upper() in table), "")
        if not found and otherwise:
            warn_unmapped(scope)
        found = found or otherwise
        if not found:
            return None
        beside = [{"url": ALTERNATE_CODES, "valueCodeableConcept": sent}]
        return {"extension": beside, "coding": [{"system": system, "code": found, "display": displays[found]}]}

    return read


def status_code(table: Mapping[str, str]) -> Datatype:
    """The FHIR code for a status that no table has, by its code or its words."""

    def read(raw: str, scope: Scope) -> str | None:
        texts = [one.upper() for one in scope.texts(raw)[:2] if one]
        found = next((table[one] for one in texts if one in table), None)
        if texts and found is None:
            warn_unmapped(scope)
        return found

    return read


def money(raw: str, scope: Scope) -> Record | None:
    """CP or MO (HL7 2.5.1 chapters 2A.15 and 2A.41) as Money."""
    pieces = raw.split(scope.component)
    amount, currency = [*(scope.text(one) for one in pieces[0].split(scope.subcomponent)), ""][:2]
    if not amount:
        return None
    if decimal_lexeme(amount) is None:
        scope.warn(Warn.NUMBER_UNREADABLE, "not a number as HL7 writes it; not converted")
        return None
    currency = (currency or _mo_currency(pieces, scope)).upper()
    value = number(amount, {"currency": currency} if len(currency) == 3 and currency.isalpha() else {})
    return value


def _mo_currency(pieces: list[str], scope: Scope) -> str:
    """The currency of a plain MO, `12.50^EUR`; the second component of a CP is a price type of two letters."""
    return scope.text(component(pieces, 2)) if len(pieces) == 2 else ""
