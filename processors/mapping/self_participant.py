"""ROL and PRT whose person is the patient (role `Self` of table 0063): a member of their own care team."""

from processors.envelope import Record
from processors.hl7.message import Segment
from processors.mapping.links import Links
from processors.mapping.participants import PLACES, values
from processors.mapping.parties import staff_identifier_of, staff_names
from processors.mapping.scope import Scope

_SELF = "SEL"


def is_self(segment: Segment) -> bool:
    """The role says that the person is the patient."""
    return segment.text(PLACES[segment.name].role).strip() == _SELF


def say_of_patient(segment: Segment, links: Links, scope: Scope) -> None:
    """The numbers and names of the person (XCN) that the Patient does not have yet; the rest is PID's to say."""
    patient = links.patient or {}
    places = PLACES[segment.name]
    for element, datatype, same in (
        ("identifier", staff_identifier_of, ("system", "value")),
        ("name", staff_names, ("family", "given")),
    ):
        known = patient.get(element, ())
        said = [[one.get(name) for name in same] for one in known]
        found = values(segment, places.person, datatype, scope)
        new: list[Record] = [one for one in found if [one.get(name) for name in same] not in said]
        if new:
            patient[element] = [*known, *new]
    for n in (places.address, places.telecom, places.organization):
        if segment.raw(n):
            scope.count_unmapped(f"{segment.name}-{n}")
