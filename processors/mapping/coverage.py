"""What no row maps: fields with data are counted by segment-field, so that nothing is dropped without being seen."""

import re
from functools import lru_cache

from processors.hl7.message import Message, Segment
from processors.mapping import (
    acc_condition,
    ais_appointment,
    ais_servicerequest,
    al1_allergyintolerance,
    aut_claimresponse,
    dg1_condition,
    err_operationoutcome,
    evn_provenance,
    ft1_chargeitem,
    gol_goal,
    gt1_relatedperson,
    iam_allergyintolerance,
    in1_coverage,
    in1_parties,
    in2_coverage,
    in3_careteam,
    merges,
    mrg_encounter,
    msa_messageheader,
    msh_messageheader,
    msh_provenance,
    nk1_patient,
    nk1_relatedperson,
    npu_location,
    nte_annotation,
    obr_diagnosticreport,
    obr_servicerequest,
    obr_specimen,
    obx_observation,
    orc_diagnosticreport,
    orc_immunization,
    orc_medication,
    orc_provenance,
    orc_servicerequest,
    patients,
    pd1_observation,
    pd1_patient,
    pid_account,
    pid_patient,
    pid_provenance,
    pid_relatedperson,
    pr1_procedure,
    prb_condition,
    prd_practitionerrole,
    prt_practitionerrole,
    pth_careplan,
    pv1_coverage,
    pv1_encounter,
    pv1_episodeofcare,
    pv2_encounter,
    rf1_servicerequest,
    rol_practitionerrole,
    rxa_immunization,
    rxa_medicationadministration,
    rxc_medication,
    rxd_medicationdispense,
    rxe_medicationrequest,
    rxo_medicationrequest,
    rxr_dosage,
    sac_specimen,
    sch_appointment,
    sch_provenance,
    sch_servicerequest,
    sft_device,
    spm_specimen,
    tq1_medicationrequest,
    tq1_servicerequest,
    txa_documentreference,
    txa_provenance,
)
from processors.mapping.rows import SegmentMap
from processors.mapping.scope import Scope

#: Every mapping table there is.
TABLES: tuple[SegmentMap, ...] = (
    msh_messageheader.MSH,
    *msh_provenance.TABLES,
    *sft_device.TABLES,
    msa_messageheader.MSA,
    *err_operationoutcome.TABLES,
    evn_provenance.EVN,
    pid_patient.PID,
    pid_account.PID,
    pid_provenance.PID,
    pid_relatedperson.PID,
    pd1_patient.PD1,
    pd1_observation.PD1,
    nk1_patient.NK1,
    nk1_patient.NK1_ORGANIZATION,
    nk1_relatedperson.NK1,
    merges.MRG,
    merges.MRG_ACCOUNT,
    patients.PV1,
    *gt1_relatedperson.TABLES,
    *rol_practitionerrole.TABLES,
    *prt_practitionerrole.TABLES,
    pv1_encounter.PV1,
    pv1_coverage.PV1,
    pv1_episodeofcare.PV1,
    pv2_encounter.PV2,
    mrg_encounter.MRG,
    acc_condition.ACC,
    npu_location.NPU,
    orc_servicerequest.ORC,
    orc_servicerequest.ORC_OWN,
    tq1_servicerequest.TQ1,
    obr_servicerequest.OBR,
    obr_servicerequest.OBR_OWN,
    obr_diagnosticreport.OBR,
    orc_diagnosticreport.ORC,
    orc_provenance.ORC,
    *orc_medication.TABLES,
    orc_immunization.ORC,
    *rxo_medicationrequest.TABLES,
    *rxe_medicationrequest.TABLES,
    *rxd_medicationdispense.TABLES,
    *rxa_medicationadministration.TABLES,
    rxa_immunization.RXA,
    *rxr_dosage.TABLES,
    *rxc_medication.TABLES,
    *tq1_medicationrequest.TABLES,
    obr_specimen.OBR,
    spm_specimen.SPM,
    sac_specimen.SAC,
    sac_specimen.SAC_SPECIMEN,
    obx_observation.OBX,
    obx_observation.OBX_OWN,
    sch_appointment.SCH,
    sch_appointment.TQ1,
    sch_servicerequest.SCH,
    sch_provenance.SCH,
    ais_servicerequest.AIS,
    *ais_appointment.TABLES,
    nte_annotation.NTE,
    rf1_servicerequest.RF1,
    *prd_practitionerrole.TABLES,
    aut_claimresponse.AUT,
    aut_claimresponse.AUT_REQUEST,
    txa_documentreference.TXA,
    txa_provenance.TXA,
    txa_provenance.TXA_TYPED,
    al1_allergyintolerance.AL1,
    iam_allergyintolerance.IAM,
    *dg1_condition.TABLES,
    *pr1_procedure.TABLES,
    in1_coverage.IN1,
    *in1_parties.TABLES,
    *in2_coverage.TABLES,
    in3_careteam.IN3,
    ft1_chargeitem.FT1,
    prb_condition.PRB,
    gol_goal.GOL,
    pth_careplan.PTH,
)
_HIGHEST_FIELD = 200
_MOST_COUNTED = 500
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")


def _mapped() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {"MSH": {1, 2}, "RGS": {1}}
    for table in TABLES:
        fields = found.setdefault(table.segment, set())
        fields.update(row.field for row in table.rows)
        fields.update(table.understood)
    return found


MAPPED = _mapped()
_OPEN = {name: tuple(n for n in range(1, _HIGHEST_FIELD) if n not in fields) for name, fields in MAPPED.items()}
_ALL = tuple(range(1, _HIGHEST_FIELD))


@lru_cache(maxsize=4096)
def _open(name: str, size: int) -> tuple[int, ...]:
    """The fields, of a segment with so many, that no row of a table for it reads; all where there is no table."""
    return tuple(n for n in _OPEN.get(name, _ALL) if n < size)


def count_unmapped(message: Message, used: set[int], scope: Scope) -> None:
    """Count the fields with data of which no row knows, also all of segments that found no group.

    What stands where a segment name should be may be anything a sender typed, so it is counted as `?`.
    """
    overlay = scope.overlay
    for segment in message.segments:
        known = (segment.place in used and segment.place not in scope.unplaced) or segment.name == "MSH"
        fields = segment.fields
        size = len(fields)
        for n in _open(segment.name if known else "", size):
            if fields[n] and _has_data(fields[n], segment) and not (overlay and overlay.is_mapped(segment, n, scope)):
                _count(segment, n, scope)
    if overlay is not None:
        for segment, n in overlay.unmapped(message, scope):
            _count(segment, n, scope)


def _has_data(raw: str, segment: Segment) -> bool:
    marks = segment.delimiters
    return raw.strip(marks.component + marks.repetition + marks.subcomponent + " ") not in ("", '""')


def _count(segment: Segment, n: int, scope: Scope) -> None:
    path = f"{segment.name}-{n}" if _NAME.fullmatch(segment.name) else "?"
    if path in scope.unmapped or len(scope.unmapped) < _MOST_COUNTED:
        scope.count_unmapped(path)
