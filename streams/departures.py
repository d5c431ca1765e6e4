"""Counts how messages depart from what their site expects (`expects`), from what the step normalize returns."""

from collections.abc import Iterable
from functools import lru_cache

from prometheus_client import Counter

from processors import topics
from processors.envelope import Emit, Position, Record, Rows, Step


@lru_cache(maxsize=1)
def _departures() -> Counter:
    return Counter("wardline_site_departures", "departures from what the site expects", ["feed", "code", "field"])


def counted(step: Step) -> Step:
    """The step, with its departures counted by feed, code and segment-field. An aborted batch counts twice."""

    def count(value: Record, at: Position, rows: Rows) -> Iterable[Emit]:
        emits = list(step(value, at, rows))
        for emit in emits:
            if emit.topic == topics.MESSAGE:
                for one in emit.value["departures"]:
                    feed = emit.value["source"]["feed"]
                    _departures().labels(feed, one["code"], one["field"]).inc(one["count"])
        return emits

    return count
