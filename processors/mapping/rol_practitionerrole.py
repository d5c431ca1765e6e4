"""ROL -> PractitionerRole, RelatedPerson and CareTeam.participant (HL7 2.5.1 chapter 15.4.7)."""

from processors.mapping.codes import concept, concept_of
from processors.mapping.identifiers import ei_of
from processors.mapping.names import address, contact_point
from processors.mapping.participants import TABLE_0443, provider_role
from processors.mapping.parties import location, organization, staff_identifier_of, staff_names
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.statements import relationship
from processors.mapping.times import date_time

ROLE = SegmentMap(
    segment="ROL",
    resource="PractitionerRole",
    rows=(
        FieldRow(1, "identifier[]", ei_of("")),
        FieldRow(3, "code[]", provider_role),
        FieldRow(5, "period.start", date_time),
        FieldRow(6, "period.end", date_time),
        FieldRow(9, "specialty[]", concept),
        FieldRow(12, "telecom[]", contact_point()),
        FieldRow(13, "location[]", location),
        FieldRow(14, "organization", organization),
    ),
    understood=(2, 4, 10, 11),
)
RELATED = SegmentMap(
    segment="ROL",
    resource="RelatedPerson",
    rows=(
        FieldRow(1, "identifier[]", ei_of("")),
        FieldRow(3, "relationship[]", relationship),
        FieldRow(4, "identifier[]", staff_identifier_of),
        FieldRow(4, "name[]", staff_names),
        FieldRow(5, "period.start", date_time),
        FieldRow(6, "period.end", date_time),
        FieldRow(11, "address[]", address),
        FieldRow(12, "telecom[]", contact_point()),
    ),
)
STAY = SegmentMap(
    segment="ROL",
    resource="Encounter.participant",
    rows=(
        FieldRow(3, "type[]", provider_role),
        FieldRow(5, "period.start", date_time),
        FieldRow(6, "period.end", date_time),
    ),
)
MEMBER = SegmentMap(
    segment="ROL",
    resource="CareTeam.participant",
    rows=(
        FieldRow(3, "role[]", provider_role),
        FieldRow(5, "period.start", date_time),
        FieldRow(6, "period.end", date_time),
        FieldRow(9, "role[]", concept_of(TABLE_0443)),
    ),
)
TEAM = SegmentMap(
    segment="ROL",
    resource="CareTeam",
    rows=(FieldRow(8, "reasonCode[]", concept), FieldRow(12, "telecom[]", contact_point())),
)
TABLES = (ROLE, RELATED, STAY, MEMBER, TEAM)
