"""The NEWS2 chart as tables: units that a measurement may come in, what is refused, and the points of each band."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from processors.rules.readings import Reading
from processors.rules.score import InputState
from processors.rules.units import spelling

Bands = tuple[tuple[Decimal, int], ...]


def _same(amount: Decimal) -> Decimal:
    return amount


def _percent(amount: Decimal) -> Decimal:
    return amount * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How a number becomes points. `bands`: (largest value, points), the last for everything above."""

    words: str
    units: Mapping[str, Callable[[Decimal], Decimal]]
    least: Decimal
    most: Decimal
    step: Decimal = Decimal(1)
    bands: Bands = ()


def _bands(*limits: tuple[str, int]) -> Bands:
    return tuple((Decimal(limit), points) for limit, points in limits)


_RATES = dict.fromkeys(
    (
        "/min",
        "1/min",
        "bpm",
        "per min",
        "min-1",
        "breaths/min",
        "{breaths}/min",
        "resp/min",
        "beats/min",
        "{beats}/min",
    ),
    _same,
)
_FRACTIONS = {"%": _same, "1": _percent, "{fraction}": _percent}
_PRESSURES: dict[str, Callable[[Decimal], Decimal]] = {"mm[hg]": _same, "kpa": lambda a: a * Decimal("7.50062")}
_TEMPERATURES: dict[str, Callable[[Decimal], Decimal]] = {
    **dict.fromkeys(("cel", "c", "°c", "degc", "deg c"), _same),
    **dict.fromkeys(("[degf]", "f", "°f", "degf", "deg f"), lambda a: (a - 32) * 5 / 9),
    "k": lambda a: a - Decimal("273.15"),
}
_TOP = "1000"
MEASURES: dict[str, Measure] = {
    "respirations": Measure(
        words="breathing rate",
        units=_RATES,
        least=Decimal(1),
        most=Decimal(80),
        bands=_bands(("8", 3), ("11", 1), ("20", 0), ("24", 2), (_TOP, 3)),
    ),
    "spo2": Measure(words="oxygen saturation", units=_FRACTIONS, least=Decimal(30), most=Decimal(100)),
    "systolic": Measure(
        words="systolic pressure",
        units=_PRESSURES,
        least=Decimal(20),
        most=Decimal(300),
        bands=_bands(("90", 3), ("100", 2), ("110", 1), ("219", 0), (_TOP, 3)),
    ),
    "pulse": Measure(
        words="pulse",
        units=_RATES,
        least=Decimal(10),
        most=Decimal(300),
        bands=_bands(("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), (_TOP, 3)),
    ),
    "temperature": Measure(
        words="temperature",
        units=_TEMPERATURES,
        least=Decimal(25),
        most=Decimal(45),
        step=Decimal("0.1"),
        bands=_bands(("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), (_TOP, 2)),
    ),
    "oxygen_flow": Measure(
        words="oxygen", units=dict.fromkeys(("l/min", "lpm"), _same), least=Decimal(0), most=Decimal(100)
    ),
    "oxygen_fraction": Measure(words="oxygen", units=_FRACTIONS, least=Decimal(20), most=Decimal(100)),
}
SCALE_1 = _bands(("91", 3), ("93", 2), ("95", 1), (_TOP, 0))
SCALE_2_AIR = _bands(("83", 3), ("85", 2), ("87", 1), (_TOP, 0))
SCALE_2_OXYGEN = _bands(("83", 3), ("85", 2), ("87", 1), ("92", 0), ("94", 1), ("96", 2), (_TOP, 3))


def amount_of(reading: Reading, measure: Measure) -> Decimal | InputState:
    """The number in the measure's own unit, rounded half up to its step."""
    convert = measure.units.get(spelling(reading.unit)) or measure.units.get(spelling(reading.ucum))
    sent = reading.number()
    if sent is None:
        return InputState.REJECTED
    if convert is None:
        return InputState.UNIT
    amount = convert(sent)
    if not measure.least <= amount <= measure.most:
        return InputState.REJECTED
    return amount.quantize(measure.step, ROUND_HALF_UP)


def points(amount: Decimal, bands: Bands) -> int:
    """The points of the first band that the amount does not exceed."""
    return next(given for limit, given in bands if amount <= limit)
