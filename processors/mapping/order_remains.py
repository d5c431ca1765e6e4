"""What an order that is no ServiceRequest leaves: fields that no row of its own takes, people, results, notes."""

from collections.abc import Iterable

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping import (
    orc_diagnosticreport,
    orc_medication,
    orc_provenance,
    orc_servicerequest,
    prt_practitionerrole,
    rxa_immunization,
    rxa_medicationadministration,
    rxr_dosage,
    tq1_medicationrequest,
    tq1_servicerequest,
)
from processors.mapping.groups import Result
from processors.mapping.identities import result_id
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.results import observation
from processors.mapping.rows import CompiledMap, SegmentMap
from processors.mapping.scope import Scope, reference


def fields_of(tables: Iterable[SegmentMap]) -> frozenset[int]:
    """The fields that tables use."""
    return frozenset(n for table in tables for n in (*(row.field for row in table.rows), *table.understood))


#: Fields that count as mapped because some resource takes them.
_ELSEWHERE = {
    "ORC": fields_of(
        (orc_servicerequest.ORC, orc_servicerequest.ORC_OWN, orc_diagnosticreport.ORC, *orc_medication.TABLES)
    ),
    "PRT": fields_of(prt_practitionerrole.TABLES),
    "RXA": fields_of((rxa_immunization.RXA, *rxa_medicationadministration.TABLES)),
    "RXR": fields_of(rxr_dosage.TABLES),
    "TQ1": fields_of((tq1_servicerequest.TQ1, *tq1_medicationrequest.TABLES)) - {1},
}
PROVENANCE = fields_of((orc_provenance.ORC,))


def count_left(segment: Segment, taken: frozenset[int], scope: Scope) -> None:
    """Count the fields that other resources take from such a segment, and this order does not."""
    fields = segment.fields
    blank = segment.delimiters.component + segment.delimiters.repetition + segment.delimiters.subcomponent + " "
    for n in sorted(_ELSEWHERE[segment.name] - taken):
        if n < len(fields) and fields[n].strip(blank) not in ("", '""'):
            scope.count_unmapped(f"{segment.name}-{n}")


def observations(results: list[Result], about: Record, links: Links, scope: Scope) -> list[tuple[Result, Record]]:
    """The Observations under an order, part of what was done or based on what was asked for; each with its OBX."""
    taken: dict[str, int] = {}
    base = derived_uuid(about["id"], "results")
    relation = "basedOn" if about["resourceType"] == "MedicationRequest" else "partOf"
    when = about.get("occurrenceDateTime") or about.get("effectiveDateTime")
    made = []
    for result in results:
        own = result_id(base, result.obx, "", taken)
        while own in scope.bundle.resources:
            own = derived_uuid(own, "again")
        found = observation(result, own, links, scope)
        if found is None:
            continue
        resource, named = found
        resource[relation] = [reference(about["id"])]
        if when and "effectiveDateTime" not in resource:
            resource["effectiveDateTime"] = when
        made.append((result, named))
    return made


def annotate(resource: Record, segments: list[Segment], scope: Scope) -> None:
    """NTE as notes behind those that are there."""
    written = notes(segments, scope) if segments else []
    if written:
        resource["note"] = [*resource.get("note", ()), *written]


def merge(resource: Record, said: Record, rows: CompiledMap, scope: Scope) -> None:
    """Add what a second segment says; where FHIR has room for one and the first one says something else, count it."""
    for name, value in said.items():
        known = resource.setdefault(name, value)
        if known is value or known == value:
            continue
        if isinstance(known, list) and isinstance(value, list):
            resource[name] = [*known, *(one for one in value if one not in known)]
        elif name != "meta":
            field = next(row.field for row in rows.rows if row.target.split(".")[0].removesuffix("[]") == name)
            scope.count_unmapped(f"{rows.segment}-{field}")
