"""A bundle as bytes, without what R4 refuses in any element: reversed periods and control characters in strings."""

import re

import orjson

from processors.envelope import Record
from processors.errors import Warn
from processors.mapping.periods import mended
from processors.mapping.scope import Scope

_CONTROL = re.compile(rb"\\(?:u00[01][0-9a-f]|[bf])")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CONTROL_TEXT = "control characters taken out: FHIR strings may not hold them; the raw message keeps them"
_PERIOD_TEXT = (
    "a period ends before it starts, or not surely after; the end is kept as sent in an extension: correct the times"
)


def written(bundle: Record, scope: Scope) -> bytes:
    """The bundle as JSON; what had to be taken out is warned of."""
    found = orjson.dumps(bundle)
    if scope.ends:
        sound = mended(bundle)
        if sound is not bundle:
            scope.warn(Warn.PERIOD_REVERSED, _PERIOD_TEXT, "message")
            bundle, found = sound, orjson.dumps(sound)
    if b"\\" in found and _CONTROL.search(found) and _has_control(bundle):
        scope.warn(Warn.CONTROL_CHARACTER, _CONTROL_TEXT, "message")
        found = orjson.dumps(_clean(bundle))
    return found


def _has_control(value: object) -> bool:
    if isinstance(value, str):
        return _NOT_TEXT.search(value) is not None
    if isinstance(value, dict):
        return any(_has_control(one) for one in value.values())
    return isinstance(value, list) and any(_has_control(one) for one in value)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _NOT_TEXT.sub("", value)
    if isinstance(value, dict):
        cleaned = {k: _clean(v) for k, v in value.items()}
        return {k: v for k, v in cleaned.items() if v not in ("", {}, [])}
    if isinstance(value, list):
        return [one for one in map(_clean, value) if one not in ("", {}, [])]
    return value
