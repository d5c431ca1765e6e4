"""NK1 -> Patient.contact."""

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.hl7.message import Segment
from processors.mapping.codes import code_in, concept_of
from processors.mapping.groups import Part
from processors.mapping.links import Links
from processors.mapping.names import address, contact_point, human_name
from processors.mapping.parties import organization
from processors.mapping.roles import add_to
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.statements import relationship, unplace_rest
from processors.mapping.times import date_time
from processors.mapping.vocabularies import ADMINISTRATIVE_SEX

NK1 = SegmentMap(
    segment="NK1",
    resource="Patient.contact",
    rows=(
        FieldRow(2, "name", human_name),
        FieldRow(3, "relationship[]", relationship),
        FieldRow(4, "address", address),
        FieldRow(5, "telecom[]", contact_point("home")),
        FieldRow(6, "telecom[]", contact_point("work")),
        FieldRow(7, "relationship[]", concept_of(TERMINOLOGY + "v2-0131")),
        FieldRow(8, "period.start", date_time),
        FieldRow(9, "period.end", date_time),
        FieldRow(13, "organization", organization),
        FieldRow(15, "gender", code_in(ADMINISTRATIVE_SEX)),
        FieldRow(40, "telecom[]", contact_point()),
        FieldRow(41, "telecom[]", contact_point()),
    ),
    understood=(1,),
)
#: The person to speak to in the organisation of NK1-13.
NK1_ORGANIZATION = SegmentMap(
    segment="NK1",
    resource="Organization.contact",
    rows=(
        FieldRow(30, "name", human_name),
        FieldRow(31, "telecom[]", contact_point("work")),
        FieldRow(32, "address", address),
    ),
)
_CONTACT = CompiledMap(NK1)
_SPEAKS = CompiledMap(NK1_ORGANIZATION)
_LAST_OF_CONTACT = 13


def contact(nk1: Segment, scope: Scope) -> Record | None:
    """Patient.contact, which FHIR wants with a name, number, address or organisation (invariant pat-1)."""
    value: Record = {}
    _CONTACT(nk1, value, scope)
    return value if value.keys() & {"name", "telecom", "address", "organization"} else None


def write(part: Part, _links: Links, scope: Scope) -> None:
    """The patient has the contact already; notes and roles under it find no place."""
    unplace_rest([*part.notes, *part.under], scope)


def speaks_for(nk1: Segment, scope: Scope) -> None:
    """NK1-30 to NK1-32 as contact of the organisation of NK1-13."""
    if len(nk1.fields) <= 30 or not nk1.raw(_LAST_OF_CONTACT):
        return
    person: Record = {}
    _SPEAKS(nk1, person, scope)
    if not person:
        return
    scope.segment, scope.field = nk1, _LAST_OF_CONTACT
    where = organization(nk1.repetitions(_LAST_OF_CONTACT)[0], scope)
    if where is not None:
        add_to(where, "contact", [person], scope)
