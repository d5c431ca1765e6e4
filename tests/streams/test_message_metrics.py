"""What the end states of messages say is counted, by labels that a sender cannot make grow without end."""

from prometheus_client import Counter

from processors import topics
from processors.envelope import Emit, Position, Record
from processors.records.memory import MemoryRows
from streams import message_metrics

FOUND = {"code": "field_missing", "field": "PID-3", "path": "PID[1]-3", "count": 2}


def counts(metric: Counter, feed: str) -> dict[str, float]:
    """Field -> count of one feed."""
    samples = metric.collect()[0].samples
    return {s.labels["field"]: s.value for s in samples if s.name.endswith("_total") and s.labels["feed"] == feed}


def run(record: Record, most: int = message_metrics.MOST_FIELDS) -> None:
    def step(*_: object) -> list[Emit]:
        return [Emit(topics.MESSAGE, "", record), Emit(topics.TIMELINE, "", {})]

    assert len(list(message_metrics.counted(step, most)({}, Position(topics.RAW, 0, 0), MemoryRows()))) == 2


def test_departures_are_counted_by_feed_code_and_field() -> None:
    run({"source": {"feed": "departing"}, "departures": [FOUND], "unmapped": {}})
    assert counts(message_metrics._departures(), "departing") == {"PID-3": 2.0}


def test_unmapped_fields_are_counted_by_feed_and_segment_field() -> None:
    run({"source": {"feed": "dropping"}, "departures": [], "unmapped": {"ZAB-2": 3, "PV1-19[2]": 1}})
    assert counts(message_metrics._unmapped(), "dropping") == {"ZAB-2": 3.0, "PV1-19": 1.0}


def test_made_up_segments_share_a_label_once_there_are_many() -> None:
    run({"source": {"feed": "flooding"}, "departures": [], "unmapped": {f"Z{n:02d}-1": 1 for n in range(20)}}, most=5)
    found = counts(message_metrics._unmapped(), "flooding")
    assert (len(found), found[message_metrics.OTHERS]) == (6, 15.0)
