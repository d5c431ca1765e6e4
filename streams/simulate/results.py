"""The segments that say what was ordered and measured: ORC, TQ1, OBR, NTE, OBX and SPM, in a sender's dialect."""

from datetime import datetime

from streams.simulate.dialects import (
    LOCAL_CODES,
    LOCAL_ONLY,
    PANEL_CODES,
    RESPONSIVENESS,
    SCALES,
    Dialect,
    Scale,
    stamp,
)
from streams.simulate.er7 import composite, escape, segment
from streams.simulate.events import Measured, Order, Ordered, Reported
from streams.simulate.physiology import ANALYTES
from streams.simulate.segments import staff


def order_segments(dialect: Dialect, event: Ordered) -> list[str]:
    """ORC and OBR of an order; 2.5.1 puts the priority into TQ1."""
    order = event.order
    modern = dialect.orders == "OML^O21"
    orc = {
        1: event.control,
        2: order.placer,
        3: order.filler,
        5: "CA" if event.control == "CA" else "SC",
        7: "" if modern else composite("", "", "", "", "", order.priority),
        9: stamp(dialect, order.ordered_at),
        12: staff(order.ordered_by),
    }
    timing = [segment("TQ1", {1: "1", 9: order.priority})] if modern else []
    return [segment("ORC", orc), *timing, segment("OBR", _request(dialect, order))]


def report_segments(dialect: Dialect, event: Reported, now: datetime) -> list[str]:
    """ORC, OBR, a remark, an OBX for each value, and the specimen where the sender tells it."""
    order = event.order
    state = {"F": "CM", "C": "CM", "X": "CA"}.get(event.status, "IP")
    orc = {1: "RE", 2: order.placer, 3: order.filler, 5: state, 12: staff(order.ordered_by)}
    obr = _request(dialect, order) | {
        7: stamp(dialect, event.collected_at),
        22: stamp(dialect, now),
        24: "" if order.panel == "vitals" else "LAB",
        25: event.status,
    }
    lines = [segment("ORC", orc), segment("OBR", obr)]
    if event.remark:
        lines.append(segment("NTE", {1: "1", 2: "L", 3: escape(event.remark)}))
    lines += [_obx(dialect, event, number, value) for number, value in enumerate(event.values, 1)]
    if dialect.feed == "lab":
        lines.append(_spm(dialect, event))
    return lines


def _request(dialect: Dialect, order: Order) -> dict[int, str]:
    local, loinc, name = PANEL_CODES[order.panel]
    code = composite(local, name, "L", loinc, name, "LN") if dialect.scale == "lab" else composite(loinc, name, "LN")
    return {1: "1", 2: order.placer, 3: order.filler, 4: code, 16: staff(order.ordered_by)}


def _obx(dialect: Dialect, event: Reported, number: int, measured: Measured) -> str:
    scale = SCALES[dialect.scale][measured.analyte]
    kind, value = _value(measured, scale)
    fields = {
        1: str(number),
        2: kind,
        3: _code(dialect, measured.analyte, scale),
        5: value,
        6: scale.unit,
        7: "" if event.order.panel == "vitals" else _range(measured.analyte, scale),
        8: _flag(dialect, measured) if event.order.panel != "vitals" else "",
        11: measured.status,
        14: stamp(dialect, event.collected_at),
    }
    return segment("OBX", fields)


def _code(dialect: Dialect, analyte: str, scale: Scale) -> str:
    name = ANALYTES[analyte].name
    local = LOCAL_CODES.get(analyte, "")
    if dialect.scale != "lab" or not local:
        return composite(scale.code, name, "LN")
    return composite(local, name, "L") if analyte in LOCAL_ONLY else composite(local, name, "L", scale.code, name, "LN")


def _value(measured: Measured, scale: Scale) -> tuple[str, str]:
    if measured.analyte == "responsiveness":
        answer = RESPONSIVENESS[round(measured.value or 0)]
        return "CE", composite(*answer)
    if measured.value is None:
        return "NM", ""
    text = _written(measured.value, scale)
    return ("SN", composite(measured.comparator, text)) if measured.comparator else ("NM", text)


def _written(value: float, scale: Scale) -> str:
    return f"{value * scale.factor + scale.shift:.{scale.digits}f}"


def _range(analyte: str, scale: Scale) -> str:
    item = ANALYTES[analyte]
    return f"{_written(item.low, scale)}-{_written(item.high, scale)}"


def _flag(dialect: Dialect, measured: Measured) -> str:
    item, value = ANALYTES[measured.analyte], measured.value
    if value is None:
        return ""
    if dialect.alarm_flags and not item.alarm_low <= value <= item.alarm_high:
        return "LL" if value < item.alarm_low else "HH"
    return "L" if value < item.low else "H" if value > item.high else ""


def _spm(dialect: Dialect, event: Reported) -> str:
    kind = {"cbc": ("BLD", "Whole blood"), "gas": ("BLDA", "Arterial blood")}.get(event.order.panel, ("SER", "Serum"))
    condition = composite("HEM", "Hemolyzed", "HL70493") if event.haemolysed else ""
    fields = {
        1: "1",
        2: f"{event.order.placer}S&WESTMERE^{event.order.filler}S&WESTLAB",
        4: composite(*kind, "HL70487"),
        17: stamp(dialect, event.collected_at),
        24: condition,
    }
    return segment("SPM", fields)
