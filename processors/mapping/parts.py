"""Parts of a patient group (AL1, DG1, IN1 ...) -> the function that writes each one's resources."""

from collections.abc import Callable
from typing import TypeAlias

from processors.mapping import (
    acc_condition,
    al1_allergyintolerance,
    aut_claimresponse,
    dg1_condition,
    documents,
    ft1_chargeitem,
    gol_goal,
    gt1_relatedperson,
    iam_allergyintolerance,
    in1_coverage,
    nk1_patient,
    npu_location,
    pr1_procedure,
    prb_condition,
    prd_practitionerrole,
    pth_careplan,
    rf1_servicerequest,
    specimens,
)
from processors.mapping.groups import Part
from processors.mapping.links import Links
from processors.mapping.scope import Scope

#: Puts the resources of a part into the scope's bundle.
Writer: TypeAlias = Callable[[Part, Links, Scope], None]

WRITERS: dict[str, Writer] = {
    "ACC": acc_condition.write,
    "AL1": al1_allergyintolerance.write,
    "DG1": dg1_condition.write,
    "FT1": ft1_chargeitem.write,
    "GOL": gol_goal.write,
    "GT1": gt1_relatedperson.write,
    "IAM": iam_allergyintolerance.write,
    "IN1": in1_coverage.write,
    "NK1": nk1_patient.write,
    "NPU": npu_location.write,
    "PR1": pr1_procedure.write,
    "PRB": prb_condition.write,
    "PTH": pth_careplan.write,
    "PRD": prd_practitionerrole.write,
    "RF1": rf1_servicerequest.write,
    "SPM": specimens.write,
    "TXA": documents.write,
    "AUT": aut_claimresponse.write,
}
#: Parts that refer to the orders of their message, and so are written after them.
AFTER_ORDERS = frozenset(("TXA",))


def write_part(part: Part, links: Links, scope: Scope) -> None:
    """The resources of one part; the fields of a segment without a writer are counted as not mapped."""
    write = WRITERS.get(part.segment.name)
    if write is not None:
        write(part, links, scope)
