"""SCH -> Provenance of the Appointment: who entered it (SCH-20)."""

from processors.envelope import Record
from processors.mapping.parties import practitioner
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.sch_appointment import ENTERER
from processors.mapping.scope import Scope


def _enterer(raw: str, scope: Scope) -> Record | None:
    who = practitioner(raw, scope)
    return None if who is None else {"type": {"coding": [ENTERER]}, "who": who}


SCH = SegmentMap(segment="SCH", resource="Provenance", rows=(FieldRow(20, "agent[]", _enterer),))
