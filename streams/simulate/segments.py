"""The segments that say who and where: MSH, EVN, PID, PV1, PV2 and MRG, in a sender's dialect."""

from datetime import datetime

from streams.simulate.dialects import Dialect, stamp
from streams.simulate.er7 import composite, escape, segment
from streams.simulate.events import Visit
from streams.simulate.people import Clinician, Person

#: Message structures (MSH-9.3) where they differ from type and trigger.
STRUCTURES = {"ORU^R01": "ORU_R01", "OML^O21": "OML_O21", "ORM^O01": "ORM_O01"}


def msh(dialect: Dialect, message_type: str, control_id: str, now: datetime) -> str:
    """The message header."""
    fields = {
        2: "^~\\&",
        3: dialect.application,
        4: dialect.facility,
        5: "WARDLINE",
        6: "WESTMERE",
        7: stamp(dialect, now),
        9: f"{message_type}^{STRUCTURES[message_type]}" if dialect.with_structure else message_type,
        10: control_id,
        11: "P",
        12: dialect.version,
        15: dialect.accept_ack,
        16: dialect.application_ack,
        18: dialect.charset,
    }
    return "MSH|" + segment("", fields)[2:]


def evn(dialect: Dialect, trigger: str, now: datetime, planned: datetime | None) -> str:
    """The event."""
    fields = {1: trigger, 2: stamp(dialect, now), 3: stamp(dialect, planned), 6: stamp(dialect, now)}
    return segment("EVN", fields)


def record_number(dialect: Dialect, number: str) -> str:
    """The hospital's number as a CX repetition; the authority may have subcomponents, so it is not escaped."""
    padded = number.zfill(dialect.record_width)
    return f"{padded}^^^{dialect.record_authority}^{dialect.record_type}".rstrip("^")


def pid(dialect: Dialect, person: Person, visit: Visit) -> str:
    """The patient."""
    numbers = [record_number(dialect, person.record_number)]
    if dialect.clinic_authority and person.clinic_number:
        numbers.insert(0, composite(person.clinic_number, "", "", dialect.clinic_authority, "PI"))
    fields = {
        1: "1",
        3: "~".join(numbers),
        5: composite(person.family, person.given, "", "", "", "", "L"),
        7: person.born.strftime("%Y%m%d"),
        8: person.sex,
        11: composite(person.street, "", person.town, "ME", person.postcode, "USA"),
        13: escape(person.phone),
        18: visit.number,
    }
    return segment("PID", fields)


def staff(member: Clinician) -> str:
    """A clinician as XCN."""
    return composite(member.number, member.family, member.given)


def pv1(dialect: Dialect, visit: Visit) -> str:
    """The visit."""
    fields = {
        1: "1",
        2: visit.kind,
        3: composite(visit.unit, visit.room, visit.bed, dialect.facility),
        6: composite(visit.prior_unit),
        7: staff(visit.attending),
        10: "MED",
        19: visit.number,
        36: visit.disposition,
        44: stamp(dialect, visit.admitted_at),
        45: stamp(dialect, visit.discharged_at),
    }
    return segment("PV1", fields)


def pv2(dialect: Dialect, visit: Visit) -> str:
    """What is expected of the visit; "" when nothing is."""
    if visit.expected_discharge is None:
        return ""
    return segment("PV2", {9: stamp(dialect, visit.expected_discharge)})


def mrg(dialect: Dialect, prior_number: str) -> str:
    """The record that ends in a merge."""
    return segment("MRG", {1: record_number(dialect, prior_number)})
