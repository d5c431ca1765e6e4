"""A constant load for measurements: nothing but laboratory reports of five values each."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from streams.simulate.chart import Chart, begin, order, report
from streams.simulate.dialects import DIALECTS
from streams.simulate.hospital import Outgoing, Plan, control_id, run_mark
from streams.simulate.messages import message_type, write
from streams.simulate.people import dice, person

#: Share of reports whose potassium is critical.
CRITICAL_SHARE = 0.02


def messages(plan: Plan) -> Iterator[Outgoing]:
    """ORU^R01 of the laboratory, one patient after the other, without end. The same plan gives the same bytes."""
    dialect = DIALECTS["lab"]
    mark = run_mark(plan.start)
    chance = dice(plan.seed, "load")
    charts = [
        Chart(person(plan.seed, number), mark, number, dice(plan.seed, "load", number), "well")
        for number in range(plan.patients)
    ]
    for chart in charts:
        begin("A01", "I", "MED1")(chart, plan.start)
    for number in count():
        at_s = number * plan.interval_s
        now = plan.start + timedelta(seconds=at_s)
        chart = charts[number % len(charts)]
        order("five")(chart, now)
        pinned = {"potassium": round(chance.uniform(6.4, 7.9), 1)} if chance.random() < CRITICAL_SHARE else {}
        event = report("five", "F", False, **pinned)(chart, now)
        name = control_id(dialect, mark, number)
        yield Outgoing(
            number=number,
            at_s=at_s,
            feed=dialect.feed,
            type=message_type(event, dialect),
            control_id=name,
            data=write(event, dialect, name, now),
            story="oru5",
        )
