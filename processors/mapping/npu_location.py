"""NPU (A20, HL7 2.5.1 chapter 3.4.8) -> Location: the status of a bed."""

from processors.mapping.groups import Part
from processors.mapping.links import Links
from processors.mapping.locations import bed
from processors.mapping.parties import location
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.scope import Scope

#: NPU-2 is read with NPU-1.
NPU = SegmentMap(segment="NPU", resource="Location", rows=(FieldRow(1, "partOf", location),), understood=(2,))


def write(part: Part, links: Links, scope: Scope) -> None:
    """The Location of NPU-1 with the status of NPU-2; it is what the message is about."""
    npu = part.segment
    scope.segment, scope.field = npu, 1
    status = scope.text(npu.raw(2))
    where = bed(npu.raw(1), status, scope) if status else location(npu.raw(1), scope)
    if where is None:
        scope.unplace(npu)
    else:
        links.focus.append(where)
