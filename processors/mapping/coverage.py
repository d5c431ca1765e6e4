"""What no row maps: fields with data are counted by segment-field, so that nothing is dropped without being seen."""

import re

from processors.hl7.message import Message, Segment
from processors.mapping import (
    ais_appointment,
    evn_provenance,
    merges,
    msh_messageheader,
    nk1_patient,
    nte_annotation,
    obr_diagnosticreport,
    obr_servicerequest,
    obx_observation,
    orc_servicerequest,
    pd1_patient,
    pid_patient,
    pv1_encounter,
    pv2_encounter,
    sch_appointment,
    specimens,
    tq1_servicerequest,
)
from processors.mapping.rows import SegmentMap
from processors.mapping.scope import Scope

#: Every mapping table there is.
TABLES: tuple[SegmentMap, ...] = (
    msh_messageheader.MSH,
    evn_provenance.EVN,
    pid_patient.PID,
    pd1_patient.PD1,
    nk1_patient.NK1,
    merges.MRG,
    pv1_encounter.PV1,
    pv2_encounter.PV2,
    orc_servicerequest.ORC,
    orc_servicerequest.ORC_OWN,
    tq1_servicerequest.TQ1,
    obr_servicerequest.OBR,
    obr_servicerequest.OBR_OWN,
    obr_diagnosticreport.OBR,
    specimens.OBR,
    specimens.SPM,
    obx_observation.OBX,
    obx_observation.OBX_OWN,
    sch_appointment.SCH,
    *ais_appointment.TABLES,
)
_HIGHEST_FIELD = 200
_MOST_COUNTED = 500
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")


def _mapped() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {"NTE": set(nte_annotation.MAPPED), "MSH": {1, 2}, "RGS": {1}}
    for table in TABLES:
        fields = found.setdefault(table.segment, set())
        fields.update(row.field for row in table.rows)
        fields.update(table.understood)
    return found


MAPPED = _mapped()
_OPEN = {name: tuple(n for n in range(1, _HIGHEST_FIELD) if n not in fields) for name, fields in MAPPED.items()}
_ALL = tuple(range(1, _HIGHEST_FIELD))


def count_unmapped(message: Message, used: set[int], scope: Scope) -> None:
    """Count the fields with data of which no row knows, also all of segments that found no group.

    What stands where a segment name should be may be anything a sender typed, so it is counted as `?`.
    """
    for segment in message.segments:
        known = (segment.place in used and segment.place not in scope.unplaced) or segment.name == "MSH"
        fields = segment.fields
        size = len(fields)
        for n in _OPEN.get(segment.name, _ALL) if known else _ALL:
            if n >= size:
                break
            if fields[n] and _has_data(fields[n], segment):
                _count(segment, n, scope)


def _has_data(raw: str, segment: Segment) -> bool:
    marks = segment.delimiters
    return raw.strip(marks.component + marks.repetition + marks.subcomponent + " ") not in ("", '""')


def _count(segment: Segment, n: int, scope: Scope) -> None:
    path = f"{segment.name}-{n}" if _NAME.fullmatch(segment.name) else "?"
    if path in scope.unmapped or len(scope.unmapped) < _MOST_COUNTED:
        scope.count_unmapped(path)
