"""What stands beside the patient in a message: the software that sent it (SFT), its source, what it answers (MSA, ERR).

Of each message the MessageHeader tells sender, event and time; a Provenance of its source is written where there is
more to tell: the software (SFT), the responsible organisation (MSH-22) or the network address (MSH-24).
"""

from processors.envelope import Record
from processors.lineage import derived_uuid
from processors.mapping.err_operationoutcome import outcome
from processors.mapping.evn_provenance import complete
from processors.mapping.groups import Groups
from processors.mapping.msa_messageheader import response
from processors.mapping.msh_provenance import SOURCE
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, reference
from processors.mapping.sft_device import software
from processors.mapping.vocabularies_visit import RESPONSE

_SOURCE = CompiledMap(SOURCE)
_FIRST_OF_SOURCE = 22


def surroundings(groups: Groups, header: Record, scope: Scope) -> None:
    """Software, source and answer into the bundle and its MessageHeader."""
    fields = scope.message.header.fields
    entities = software(groups.software, header, scope) if groups.software else []
    if entities or (len(fields) > _FIRST_OF_SOURCE and (fields[22] or "".join(fields[24:25]))):
        _source(entities, header, scope)
    if groups.answer is not None:
        _answer(groups, header, scope)
    elif groups.errors:
        for error in groups.errors:
            scope.unplace(error)


def _source(entities: list[Record], header: Record, scope: Scope) -> None:
    resource: Record = {"resourceType": "Provenance", "id": derived_uuid(header["id"], "source")}
    resource["target"] = [reference(header["id"])]
    _SOURCE(scope.message.header, resource, scope)
    if entities:
        resource["entity"] = [*resource.get("entity", ()), *entities]
    complete(resource, scope)
    scope.bundle.add(resource, "MSH[1]")


def _answer(groups: Groups, header: Record, scope: Scope) -> None:
    msa = groups.answer
    assert msa is not None
    details, codes = outcome(msa, groups.errors, RESPONSE.get(msa.text(1)) == "ok", scope)
    response(msa, codes, header, scope)
    if details is not None:
        header["response"]["details"] = details
