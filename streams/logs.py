"""Structured logs of every process: one JSON line on stderr per event, only fields on the list, equal lines limited."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

from processors.privacy.redaction import LOG_FIELDS, scrub

#: Lines of one class (logger, event, feed, reason) that pass within a window; the rest is counted and said at its end.
BURST = 5
WINDOW_S = 60.0
CLASSES_KEPT = 1000

_NOISY = ("faust", "mode", "aiokafka", "asyncio", "urllib3")
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
#: Exceptions whose texts are ours or the system's and hold no values; the texts of others are withheld.
_SPEAKING = ("processors.", "streams.", "board.", "confluent_kafka", "cimpl")

_Class = tuple[str, str, str, str]
_OTHERS: _Class = ("", "other lines", "", "")


def configure(role: str, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send all logs of this process through one handler. Call once, at the start of the process."""
    handler = JsonLines(role, stream or sys.stderr)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)


class JsonLines(logging.Handler):
    """Writes records as JSON lines: `log.warning("frame refused", extra={"feed": feed, "reason": reason})`."""

    def __init__(self, role: str, stream: TextIO) -> None:
        super().__init__()
        self._role = role
        self._stream = stream
        self._limit = Limit()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record unless its class is over the limit; say what was held back when a window has ended."""
        try:
            for ended, held_back in self._limit.ended(record.created):
                self._write(_repeated(ended, held_back, record, self._role))
            if self._limit.passes(_class_of(record), record.created):
                self._write(_line(record, self._role))
        except Exception:
            self.handleError(record)

    def _write(self, line: dict[str, object]) -> None:
        self._stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        self._stream.flush()


@dataclass(slots=True)
class _Window:
    began_s: float
    passed: int = 0
    held_back: int = 0


@dataclass(slots=True)
class Limit:
    """Counts lines per class and window; beyond `CLASSES_KEPT` classes all others share one."""

    windows: dict[_Class, _Window] = field(default_factory=dict)

    def passes(self, of: _Class, now_s: float) -> bool:
        """The line may be written."""
        window = self.windows.get(of)
        if window is None:
            of = of if len(self.windows) < CLASSES_KEPT else _OTHERS
            window = self.windows.setdefault(of, _Window(now_s))
        if window.passed < BURST:
            window.passed += 1
            return True
        window.held_back += 1
        return False

    def ended(self, now_s: float) -> Iterator[tuple[_Class, int]]:
        """Classes whose window is over and that held lines back; all windows that are over are forgotten."""
        over = [of for of, window in self.windows.items() if now_s - window.began_s >= WINDOW_S]
        for of in over:
            held_back = self.windows.pop(of).held_back
            if held_back:
                yield of, held_back


def _class_of(record: logging.LogRecord) -> _Class:
    fields = vars(record)
    return record.name, str(record.msg), str(fields.get("feed", "")), str(fields.get("reason", ""))


def _line(record: logging.LogRecord, role: str) -> dict[str, object]:
    line = _head(record, role, record.name, scrub(record.getMessage()))
    withheld = []
    for name, value in vars(record).items():
        if name in _PLAIN:
            continue
        if name in LOG_FIELDS:
            line[name] = value if isinstance(value, int | float) else scrub(str(value))
        else:
            withheld.append(name)
    if withheld:
        line["withheld"] = sorted(withheld)
    if record.exc_info and record.exc_info[1] is not None:
        line["error"] = describe(record.exc_info[1])
    return line


def _repeated(ended: _Class, held_back: int, record: logging.LogRecord, role: str) -> dict[str, object]:
    logger, event, feed, reason = ended
    line = _head(record, role, logger, "lines held back") | {"of": scrub(event), "count": held_back}
    return line | {name: scrub(text) for name, text in (("feed", feed), ("reason", reason)) if text}


def _head(record: logging.LogRecord, role: str, logger: str, event: str) -> dict[str, object]:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return {"time": time, "level": record.levelname.lower(), "role": role, "logger": logger, "event": event}


def describe(error: BaseException) -> dict[str, object]:
    """Class and place of an exception; its text only where its class is known to hold no values of records."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    described: dict[str, object] = {
        "error_class": type(error).__name__,
        "at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, OSError) or type(error).__module__.startswith(_SPEAKING):
        described["text"] = scrub(str(error))
    return described
