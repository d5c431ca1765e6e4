"""What a process writes to its log."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from streams.logs import BURST, CLASSES_KEPT, WINDOW_S, JsonLines, Limit, configure

Line = dict[str, object]


class Logbook:
    """A logger with our handler, and the lines that it wrote. Time is that of the records."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.logger = logging.Logger("streams.gateway.mllp")
        self.logger.addHandler(JsonLines("gateway", self.stream))

    def at(self, second: float, event: str = "frame refused", **fields: object) -> None:
        record = self.logger.makeRecord("streams.gateway.mllp", logging.WARNING, "f", 1, event, (), None, extra=fields)
        record.created = 1_800_000_000 + second
        self.logger.handle(record)

    @property
    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def logbook() -> Logbook:
    return Logbook()


def test_a_line_says_when_who_and_what(logbook: Logbook) -> None:
    logbook.at(0.25, feed="lab", port=2575)
    assert logbook.lines == [
        {
            "time": "2027-01-15T08:00:00.250+00:00",
            "level": "warning",
            "role": "gateway",
            "logger": "streams.gateway.mllp",
            "event": "frame refused",
            "feed": "lab",
            "port": 2575,
        }
    ]


def test_a_field_that_is_not_on_the_list_is_named_and_not_shown(logbook: Logbook) -> None:
    logbook.at(0, patient="Doe")
    assert (logbook.lines[0]["withheld"], "Doe" in logbook.stream.getvalue()) == (["patient"], False)


def test_texts_are_scrubbed(logbook: Logbook) -> None:
    logbook.at(0, "PID|1||4711", reason="DOE^JOHN")
    assert (logbook.lines[0]["event"], logbook.lines[0]["reason"]) == ("[segment]", "[components]")


def test_equal_lines_are_held_back(logbook: Logbook) -> None:
    for second in range(30):
        logbook.at(second, feed="lab", reason="not_hl7")
    assert len(logbook.lines) == BURST


def test_the_end_of_a_window_says_how_many_lines_were_held_back(logbook: Logbook) -> None:
    for second in range(30):
        logbook.at(second, feed="lab", reason="not_hl7")
    logbook.at(WINDOW_S, feed="lab", reason="not_hl7")
    said = logbook.lines[BURST]
    assert [said[name] for name in ("event", "of", "feed", "count")] == ["lines held back", "frame refused", "lab", 25]


@pytest.mark.parametrize("other", [{"feed": "adt"}, {"reason": "too_large"}])
def test_another_feed_or_reason_is_not_held_back(logbook: Logbook, other: dict[str, str]) -> None:
    for second in range(30):
        logbook.at(second, feed="lab", reason="not_hl7")
    logbook.at(31, **{"feed": "lab", "reason": "not_hl7", **other})
    assert len(logbook.lines) == BURST + 1


def test_the_memory_of_classes_is_bounded() -> None:
    limit = Limit()
    for number in range(CLASSES_KEPT * 2):
        limit.passes(("logger", f"event {number}", "", ""), 0.0)
    assert len(limit.windows) == CLASSES_KEPT + 1


def _logged(logbook: Logbook, error: Exception) -> Line:
    try:
        raise error
    except Exception:
        logbook.logger.exception("crash")
    found = logbook.lines[0]["error"]
    assert isinstance(found, dict)
    return found


def test_an_exception_is_its_class_and_place(logbook: Logbook) -> None:
    found = _logged(logbook, ValueError("DOE is no number"))
    assert (found["error_class"], "DOE" in str(found), "_logged" in str(found["at"])) == ("ValueError", False, True)


def test_an_exception_of_the_system_speaks(logbook: Logbook) -> None:
    assert _logged(logbook, OSError("no such file"))["text"] == "no such file"


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)
    logging.captureWarnings(False)


def test_one_handler_serves_the_whole_process(root: logging.Logger) -> None:
    stream = io.StringIO()
    configure("sink", stream=stream)
    configure("sink", stream=stream)
    logging.getLogger("streams.sinks").info("started")
    assert len(stream.getvalue().splitlines()) == 1
