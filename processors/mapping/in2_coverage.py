"""IN2 -> Coverage and the insured's RelatedPerson (HL7 2.5.1 chapter 6.5.7); the guide has no table: by analogy."""

from processors.fhir.systems import R5
from processors.mapping.extensions import extension, within
from processors.mapping.identifiers import cx, cx_of, ssn
from processors.mapping.names import contact_point
from processors.mapping.pid_patient import language
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.statements import codings_of

#: Where R5 keeps the whole identifier of the subscriber; R4 has a text only.
SUBSCRIBER_ID = R5 + "Coverage.subscriberId"

IN2 = SegmentMap(
    segment="IN2",
    resource="Coverage",
    rows=(
        FieldRow(6, "identifier[]", cx_of("MC")),
        FieldRow(8, "identifier[]", cx_of("MA")),
        FieldRow(26, "extension[]", extension(SUBSCRIBER_ID, "valueIdentifier", cx)),
        FieldRow(61, "identifier[]", cx_of("MB")),
        FieldRow(72, "relationship.coding[]", codings_of("v2-0344")),
    ),
)
IN2_PAYOR = SegmentMap(segment="IN2", resource="Organization", rows=(FieldRow(25, "identifier[]", cx),))
IN2_PERSON = SegmentMap(
    segment="IN2",
    resource="RelatedPerson",
    rows=(
        FieldRow(1, "identifier[]", cx_of("EI")),
        FieldRow(2, "identifier[]", ssn),
        FieldRow(10, "identifier[]", cx_of("MI")),
        FieldRow(34, "communication[]", within("language", language)),
        FieldRow(63, "telecom[]", contact_point("home")),
    ),
)
TABLES = (IN2, IN2_PAYOR, IN2_PERSON)
