"""Counts what the end states of messages say: departures from what the site expects, and fields that no row maps."""

from collections.abc import Iterable
from functools import lru_cache

from prometheus_client import Counter

from processors import topics
from processors.envelope import Emit, Position, Record, Rows, Step

#: Segment-fields that get a label of their own; a sender may make up segments without end.
MOST_FIELDS = 300
OTHERS = "other"


@lru_cache(maxsize=1)
def _departures() -> Counter:
    return Counter("wardline_site_departures", "departures from what the site expects", ["feed", "code", "field"])


@lru_cache(maxsize=1)
def _unmapped() -> Counter:
    return Counter("wardline_unmapped_fields", "fields with data that no row maps", ["feed", "field"])


def counted(step: Step, most: int = MOST_FIELDS) -> Step:
    """The step, with its departures and unmapped fields counted. An aborted batch counts twice."""
    known: set[str] = set()

    def label(field: str) -> str:
        if field not in known and len(known) >= most:
            return OTHERS
        known.add(field)
        return field

    def count(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:
        emits = list(step(value, at, rows))
        for emit in emits:
            if emit.topic == topics.MESSAGE:
                feed = emit.value["source"]["feed"]
                for one in emit.value["departures"]:
                    _departures().labels(feed, one["code"], one["field"]).inc(one["count"])
                for path, times in emit.value["unmapped"].items():
                    _unmapped().labels(feed, label(path.partition("[")[0])).inc(times)
        return emits

    return count
