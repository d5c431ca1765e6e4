"""Doses, strengths and rates: amounts and units come in fields of their own (NM and CWE; HL7 2.5.1 chapter 4.14)."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import orjson

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import SENT_AMOUNT, TERMINOLOGY, UCUM
from processors.hl7.message import Segment
from processors.mapping.codes import code, concept, concept_of, system_uri
from processors.mapping.extensions import whole_or_warned
from processors.mapping.participants import put_role
from processors.mapping.parties import practitioner
from processors.mapping.rows import Datatype
from processors.mapping.scope import Scope, component
from processors.mapping.timings import lettered_duration
from processors.mapping.units import ucum
from processors.mapping.values import number
from processors.mapping.vocabularies_pharmacy import BODY_SITE, METHOD, ROUTE, SITE_0163

#: v2 code -> system, code, display.
Codes: TypeAlias = Mapping[str, tuple[str, str, str]]
_NUMBER_TEXT = "not a number as HL7 writes it; kept as text in an extension: let the sender use a plain number"
_RANGE_TEXT = "the least amount is above the greatest; read the other way round: correct the sender"
_TABLE = re.compile(r"(?:HL7)?-?([0-9]{3,4})")
_ONE: Record = {"value": 1}
ONE_DAY: Record = {"value": 1, "unit": "d", "system": UCUM, "code": "d"}
_ORDERED = {"coding": [{"system": TERMINOLOGY + "dose-rate-type", "code": "ordered", "display": "Ordered"}]}
ORDERING = {"coding": [{"system": TERMINOLOGY + "v2-0443", "code": "OP", "display": "Ordering Provider"}]}


def amount(raw: str, scope: Scope) -> Record | None:
    """NM as the start of a Quantity; what is no number stays as text in an extension."""
    sent = scope.texts(raw)[0]
    if not sent:
        return None
    value = number(sent, {})
    if value is None:
        scope.warn(Warn.NUMBER_UNREADABLE, _NUMBER_TEXT)
        value = {"extension": [{"url": SENT_AMOUNT, "valueString": sent}]}
    return value


def measure(raw: str, scope: Scope) -> Record:
    """CWE as the unit part of a Quantity: CWE.9, .2 or .1 as unit; a code only with its system (R4 qty-3)."""
    parts = scope.texts(raw)
    sent = parts[0] or component(parts, 4)
    shown = component(parts, 9) or component(parts, 2) or component(parts, 5) or sent
    if not shown:
        return {}
    value: Record = {"unit": shown}
    system = component(parts, 3) if parts[0] else component(parts, 6)
    named = sent or shown
    known = scope.site.units.get(named) or ucum(named, bool(sent) and system.upper() == "UCUM")
    if known:
        value |= {"system": UCUM, "code": known}
    elif sent and system:
        value |= {"system": system_uri(system, scope), "code": code(sent)}
    return value


def add_units(segment: Segment, n: int, quantities: Sequence[Record | None], scope: Scope) -> None:
    """Field n as the unit of quantities that other fields began; counted as not mapped where there is none."""
    raw = segment.raw(n)
    if not raw:
        return
    scope.segment, scope.field = segment, n
    found = measure(raw, scope)
    if not found:
        return
    if scope.trace is not None:
        found = scope.trace.mark(found, raw)
    began = [one for one in quantities if one]
    for one in began:
        one.update(found)
    if not began:
        scope.count_unmapped(f"{segment.name}-{n}")


def days(raw: str, scope: Scope) -> Record | None:
    """NM as Duration in days (RXO-28)."""
    found = whole_or_warned(raw, scope)
    return {**ONE_DAY, "value": found} if found is not None else None


def give_per(raw: str, scope: Scope) -> Record | None:
    """RXO-17, RXE-22, RXA-12: the time in which the dose is given (`H1`), as a Duration."""
    found = lettered_duration(raw, scope)
    if found is None and scope.text(raw):
        scope.count_unmapped(f"{scope.segment.name}-{scope.field}")
    return found[0] if found else None


def doses(dosage: Record, scope: Scope, units: tuple[Segment, int], rates: int) -> None:
    """Finish `doseAndRate` of a dosage as the rows left it: units, one amount or two, rate; then it is a list.

    `units`: where the unit of the dose stands (two fields after the least amount), `rates`: the unit of the rate.
    A minimum without a maximum is the dose itself (HL7 2.5.1 chapter 4.14.1.3), no range that is open above.
    """
    segment, n = units
    given: Record = dosage.pop("doseAndRate", {})
    per = given.pop("rateRatio", {}).get("denominator")
    limits = given.get("doseRange", {})
    add_units(segment, n, [limits.get("low"), limits.get("high")], scope)
    add_units(segment, rates, [given.get("rateQuantity")], scope)
    if set(limits) == {"low"}:
        given["doseQuantity"] = given.pop("doseRange")["low"]
    elif _falls(limits):
        scope.segment, scope.field = segment, n - 1
        scope.warn(Warn.NUMBER_UNREADABLE, _RANGE_TEXT)
        given["doseRange"] = {"low": limits["high"], "high": limits["low"]}
    dose = given.get("doseQuantity", {})
    if per and "value" in dose and "rateQuantity" not in given:
        given["rateRatio"] = {"numerator": dose, "denominator": per}
    elif per:
        scope.count_unmapped(f"{segment.name}-{_PER[segment.name]}")
    if given:
        kind = _ORDERED if scope.trace is None else scope.trace.mark(_ORDERED, segment.raw(n - 2))
        dosage["doseAndRate"] = [{"type": kind, **given}]


#: Where each segment says in which time the dose is given.
_PER = {"RXO": 17, "RXE": 22}


def _falls(limits: Record) -> bool:
    """A range that goes down (R4 rng-2)."""
    low, high = (limits.get(name, {}).get("value") for name in ("low", "high"))
    return low is not None and high is not None and float(orjson.dumps(low)) > float(orjson.dumps(high))


def strength(found: Record) -> Record | None:
    """Numerator and denominator of a strength as Ratio; a strength of no volume is that of one piece (R4 rat-1)."""
    if "numerator" not in found:
        return None
    return {"numerator": found["numerator"], "denominator": found.get("denominator") or _ONE}


def better(table: Codes, number_of_table: str) -> Datatype:
    """CWE of a v2 table -> its FHIR coding first, then what was sent."""
    as_sent = concept_of(TERMINOLOGY + "v2-" + number_of_table)

    def read(raw: str, scope: Scope) -> object | None:
        sent = as_sent(raw, scope)
        parts = scope.texts(raw)
        found = table.get(parts[0].upper()) if _of_table(component(parts, 3), number_of_table) else None
        if found is None or not isinstance(sent, dict):
            return sent
        first = dict(zip(("system", "code", "display"), found, strict=True))
        return {**sent, "coding": [first, *sent.get("coding", ())]}

    return read


def _of_table(named: str, number_of_table: str) -> bool:
    found = _TABLE.fullmatch(named.upper())
    return not named or (found is not None and found.group(1).zfill(4) == number_of_table)


#: RXR-1.
route = better(ROUTE, "0162")
#: RXR-4.
method = better(METHOD, "0165")
_OLD_SITE = better(BODY_SITE, "0163")
_SITE = concept_of(TERMINOLOGY + "v2-0550")


def body_site(raw: str, scope: Scope) -> object | None:
    """RXR-2: table 0550, or 0163 of the versions before 2.6."""
    parts = scope.texts(raw)
    named = component(parts, 3)
    old = _of_table(named, "0163") if named else parts[0] in SITE_0163
    return _OLD_SITE(raw, scope) if old else _SITE(raw, scope)


def told(raw: str, scope: Scope) -> Record | None:
    """CWE or ST as a note: the text, else the code."""
    parts = scope.texts(raw)
    sent = component(parts, 9) or component(parts, 2) or parts[0]
    return {"text": sent} if sent else None


def numbered(raw: str, scope: Scope) -> Record | None:
    """ST as an Identifier: a prescription number has no authority of its own."""
    sent = scope.text(raw)
    return {"value": sent} if sent else None


def in_function(function: str, display: str) -> Datatype:
    """XCN as a performer with a function of table 0443."""
    kind = {"coding": [{"system": TERMINOLOGY + "v2-0443", "code": function, "display": display}]}

    def read(raw: str, scope: Scope) -> Record | None:
        who = practitioner(raw, scope)
        return None if who is None else {"function": kind, "actor": who}

    return read


def ordering(raw: str, scope: Scope) -> Record | None:
    """ORC-12 as the performer of an Immunization in the role of whoever ordered it."""
    who = practitioner(raw, scope)
    if who is None:
        return None
    return {"function": ORDERING, "actor": put_role({"practitioner": who, "code": [ORDERING]}, scope)}


def performing(prt: Segment, scope: Scope) -> list[Record]:
    """PRT as a performer in its role (PRT-4, PRT-5); without a person it is unplaced."""
    scope.segment, scope.field = prt, 4
    kind = concept(prt.repetitions(4)[0], scope) if prt.raw(4) else None
    function = None if kind is None or scope.trace is None else scope.trace.mark(kind, prt.raw(4))
    function = function or kind
    scope.field = 5
    who = practitioner(prt.repetitions(5)[0], scope) if prt.raw(5) else None
    if who is None:
        scope.unplace(prt)
        return []
    named = {"code": [function]} if function else {}
    actor = put_role({"practitioner": who, **named}, scope)
    return [{**({"function": function} if function else {}), "actor": actor}]
