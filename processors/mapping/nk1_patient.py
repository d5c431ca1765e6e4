"""NK1 -> Patient.contact."""

from processors.fhir.systems import TERMINOLOGY
from processors.mapping.codes import code_in, concept_in, concept_of
from processors.mapping.names import address, contact_point, human_name
from processors.mapping.parties import organization
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.times import date_time
from processors.mapping.vocabularies import ADMINISTRATIVE_SEX, RELATIONSHIP

NK1 = SegmentMap(
    segment="NK1",
    resource="Patient.contact",
    rows=(
        FieldRow(2, "name", human_name),
        FieldRow(3, "relationship[]", concept_in(RELATIONSHIP, TERMINOLOGY + "v3-RoleCode", TERMINOLOGY + "v2-0063")),
        FieldRow(4, "address", address),
        FieldRow(5, "telecom[]", contact_point("home")),
        FieldRow(6, "telecom[]", contact_point("work")),
        FieldRow(7, "relationship[]", concept_of(TERMINOLOGY + "v2-0131")),
        FieldRow(8, "period.start", date_time),
        FieldRow(9, "period.end", date_time),
        FieldRow(13, "organization", organization),
        FieldRow(15, "gender", code_in(ADMINISTRATIVE_SEX)),
        FieldRow(40, "telecom[]", contact_point()),
    ),
    understood=(1,),
)
