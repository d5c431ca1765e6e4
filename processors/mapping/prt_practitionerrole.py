"""PRT -> PractitionerRole, RelatedPerson, CareTeam.participant and Device (HL7 2.8.2 chapter 7.3.4)."""

from processors.mapping.codes import concept
from processors.mapping.extensions import text
from processors.mapping.identifiers import ei_of, staff_identifier
from processors.mapping.names import address, contact_point
from processors.mapping.participants import human_readable, participation, udi, udi_sent
from processors.mapping.parties import location, organization, staff_identifier_of, staff_names
from processors.mapping.rows import FieldRow, SegmentMap
from processors.mapping.statements import relationship
from processors.mapping.times import date_time

ROLE = SegmentMap(
    segment="PRT",
    resource="PractitionerRole",
    rows=(
        FieldRow(1, "identifier[]", ei_of("")),
        FieldRow(4, "code[]", participation),
        FieldRow(6, "specialty[]", concept),
        FieldRow(8, "organization", organization),
        FieldRow(9, "location[]", location),
        FieldRow(11, "period.start", date_time),
        FieldRow(12, "period.end", date_time),
        FieldRow(15, "telecom[]", contact_point()),
        FieldRow(24, "identifier[]", staff_identifier),
    ),
    understood=(2, 5, 7, 14, 23),
)
RELATED = SegmentMap(
    segment="PRT",
    resource="RelatedPerson",
    rows=(
        FieldRow(1, "identifier[]", ei_of("")),
        FieldRow(4, "relationship[]", relationship),
        FieldRow(5, "identifier[]", staff_identifier_of),
        FieldRow(5, "name[]", staff_names),
        FieldRow(11, "period.start", date_time),
        FieldRow(12, "period.end", date_time),
        FieldRow(14, "address[]", address),
        FieldRow(15, "telecom[]", contact_point()),
        FieldRow(24, "identifier[]", staff_identifier),
    ),
)
STAY = SegmentMap(
    segment="PRT",
    resource="Encounter.participant",
    rows=(
        FieldRow(4, "type[]", participation),
        FieldRow(11, "period.start", date_time),
        FieldRow(12, "period.end", date_time),
    ),
)
MEMBER = SegmentMap(
    segment="PRT",
    resource="CareTeam.participant",
    rows=(
        FieldRow(4, "role[]", participation),
        FieldRow(11, "period.start", date_time),
        FieldRow(12, "period.end", date_time),
    ),
)
TEAM = SegmentMap(segment="PRT", resource="CareTeam", rows=())
DEVICE = SegmentMap(
    segment="PRT",
    resource="Device",
    rows=(
        FieldRow(10, "identifier[]", ei_of(""), lambda prt: not udi_sent(prt)),
        FieldRow(10, "udiCarrier[]", human_readable, udi_sent),
        FieldRow(16, "udiCarrier[]", udi),
        FieldRow(17, "manufactureDate", date_time),
        FieldRow(18, "expirationDate", date_time),
        FieldRow(19, "lotNumber", text),
        FieldRow(20, "serialNumber", text),
        FieldRow(21, "distinctIdentifier", text),
        FieldRow(22, "type", concept),
    ),
)
TABLES = (ROLE, RELATED, STAY, MEMBER, TEAM, DEVICE)
