"""TXA -> DocumentReference (HL7 2.5.1 chapter 9.6.1)."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.attachments import ALTERNATE_CODES
from processors.mapping.codes import code_in, concept
from processors.mapping.extensions import extension, text, within
from processors.mapping.identifiers import ei, ei_assigned, ei_of
from processors.mapping.parties import facility, practitioner
from processors.mapping.rows import Datatype, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.tables import of_table
from processors.mapping.times import date_time, instant
from processors.mapping.vocabularies_scheduling import DOCUMENT_AVAILABILITY, DOCUMENT_COMPLETION

#: Events by which a document takes the place of its parent; by the others it adds to it.
_REPLACING = ("T09", "T10")
#: PPN: the components that an XCN has too.
_PERSON = 14


def parent(raw: str, scope: Scope) -> Record | None:
    """TXA-13 as relatesTo: the parent is named by its number, which is its masterIdentifier."""
    value, system = ei(raw, scope)
    if not value:
        return None
    named = ({"system": system} if system else {}) | {"value": value}
    relation = "replaces" if scope.message.trigger in _REPLACING else "appends"
    return {"code": relation, "target": {"type": "DocumentReference", "identifier": named}}


def order_named(type_code: str) -> Datatype:
    """TXA-14 or TXA-15 as a reference to the order by its number."""
    number = ei_of(type_code)

    def read(raw: str, scope: Scope) -> Record | None:
        identifier = number(raw, scope)
        return None if identifier is None else {"type": "ServiceRequest", "identifier": identifier}

    return read


def _signer(raw: str, scope: Scope) -> Record | None:
    """PPN (TXA-22) as a reference to the person who signed."""
    return practitioner(scope.component.join(raw.split(scope.component)[:_PERSON]), scope)


def _not_available(txa: Segment) -> bool:
    return txa.text(19) in ("CA", "OB", "UN")


TXA = SegmentMap(
    segment="TXA",
    resource="DocumentReference",
    rows=(
        FieldRow(2, "type", of_table("0270")),
        FieldRow(4, "context.period.start", date_time),
        FieldRow(6, "date", instant),
        FieldRow(9, "author[]", practitioner),
        FieldRow(10, "authenticator", practitioner),
        FieldRow(12, "masterIdentifier", ei_assigned),
        FieldRow(13, "relatesTo[]", parent),
        FieldRow(14, "context.related[]", order_named("PLAC")),
        FieldRow(15, "context.related[]", order_named("FILL")),
        FieldRow(16, "identifier[]", within("value", text)),
        FieldRow(17, "docStatus", code_in(DOCUMENT_COMPLETION)),
        FieldRow(
            17,
            "_docStatus.extension[]",
            extension(ALTERNATE_CODES, "valueCodeableConcept", of_table("0271")),
        ),
        FieldRow(18, "securityLabel[]", of_table("0272")),
        FieldRow(19, "status", code_in(DOCUMENT_AVAILABILITY)),
        FieldRow(
            19,
            "_status.extension[]",
            extension(ALTERNATE_CODES, "valueCodeableConcept", of_table("0273")),
            _not_available,
        ),
        FieldRow(22, "authenticator", _signer),
        FieldRow(25, "description", text),
        FieldRow(27, "custodian", facility),
        FieldRow(28, "context.practiceSetting", concept),
    ),
    understood=(1, 3),
)
