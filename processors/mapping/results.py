"""One OBX with its notes -> Observation."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT
from processors.mapping import obx_observation
from processors.mapping.groups import Result
from processors.mapping.links import Links
from processors.mapping.nte_annotation import notes
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope

OBX = CompiledMap(obx_observation.OBX)
#: Stands where FHIR demands a code and the sender gave none.
NO_CODE = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}


def observation(result: Result, identity: str, links: Links, scope: Scope) -> Record | None:
    """The Observation, in the scope's bundle; None when the segment says nothing."""
    obx = result.obx
    fields = obx.fields
    size = len(fields)
    resource: Record = {"resourceType": "Observation", "id": identity}
    OBX(obx, resource, scope)
    if size > 5 and fields[5]:
        obx_observation.values(fields[2], fields[5], resource, scope)
    sent = fields[11] if size > 11 else ""
    if len(sent) > 1:
        sent = obx.text(11)
    if len(resource) <= 2 and not sent:
        return None
    obx_observation.status(sent, resource, scope)
    if size > 4 and fields[4]:
        obx_observation.sub_id(obx.text(4), resource)
    if "code" not in resource:
        resource["code"] = NO_CODE
    if result.notes:
        written = notes(result.notes, scope)
        if written:
            resource["note"] = written
    links.onto(resource)
    scope.bundle.add(resource, f"OBX[{obx.number}]")
    return resource
