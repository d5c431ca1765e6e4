"""TXA -> Provenance of a document: each edit (TXA-8), its transcription (TXA-7) and its signatures (TXA-22)."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, PARTICIPATION_TYPE
from processors.hl7.message import Segment
from processors.lineage import derived_uuid
from processors.mapping.extensions import text, within
from processors.mapping.parties import practitioner
from processors.mapping.rows import CompiledMap, Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope, component
from processors.mapping.times import instant

_ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_PERSON, _SIGNED_AT = 14, 15


def _agent(code: str, display: str) -> Datatype:
    """XCN or PPN as Provenance.agent in a role of v3-ParticipationType."""
    role = [{"coding": [{"system": PARTICIPATION_TYPE, "code": code, "display": display}]}]

    def read(raw: str, scope: Scope) -> Record | None:
        who = practitioner(scope.component.join(raw.split(scope.component)[:_PERSON]), scope)
        return None if who is None else {"role": role, "who": who}

    return read


#: What is said of an edit.
TXA = SegmentMap(
    segment="TXA",
    resource="Provenance",
    rows=(
        FieldRow(9, "agent[]", _agent("AUT", "author (originator)")),
        FieldRow(21, "reason[]", within("text", text)),
        FieldRow(23, "agent[]", _agent("IRCP", "information recipient")),
    ),
    understood=(7, 8, 22),
)
#: Who typed the document.
TXA_TYPED = SegmentMap(
    segment="TXA",
    resource="Provenance",
    rows=(FieldRow(11, "agent[]", _agent("TRANS", "Transcriber")),),
    understood=(7,),
)
_EDIT = CompiledMap(TXA)
_TYPED = CompiledMap(TXA_TYPED)
_SIGNER = _agent("AUTHEN", "authenticator")


def provenances(txa: Segment, target: Record, scope: Scope) -> None:
    """The Provenances of the DocumentReference `target`; a time that FHIR demands and nobody sent is absent."""
    edits = txa.repetitions(8)
    if edits or txa.raw(21) or txa.raw(23):
        for raw in edits or [""]:
            resource: Record = {}
            _EDIT(txa, resource, scope)
            _add(resource, ("edited", 8, raw), txa, target, scope)
    if txa.raw(7) or txa.raw(11):
        resource = {}
        _TYPED(txa, resource, scope)
        _add(resource, ("typed", 7, txa.raw(7)), txa, target, scope)
    for raw in txa.repetitions(22):
        scope.segment, scope.field = txa, 22
        signer = _SIGNER(raw, scope)
        signed_at = component(raw.split(scope.component), _SIGNED_AT)
        if signer and signed_at:
            _add({"agent": [signer]}, ("signed", 22, signed_at), txa, target, scope)


def _add(resource: Record, said: tuple[str, int, str], txa: Segment, target: Record, scope: Scope) -> None:
    name, field, time = said
    scope.segment, scope.field = txa, field
    recorded = instant(time, scope) if time else None
    head: Record = {"resourceType": "Provenance", "id": derived_uuid(target["reference"], name, time)}
    head["target"] = [target]
    if recorded:
        head["recorded"] = recorded if scope.trace is None else scope.trace.mark(recorded, time)
    else:
        head["_recorded"] = _ABSENT
    resource.setdefault("agent", [{"who": _ABSENT}])
    scope.bundle.add(head | resource, txa.path())
