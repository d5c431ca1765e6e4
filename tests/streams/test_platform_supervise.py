"""Restart, readiness and stop of children, with programs and a clock that the test moves by hand."""

import signal
from pathlib import Path

import pytest

from streams.platform.failure import PlatformError
from streams.platform.supervise import Service, Supervisor, delay_s, ending


class FakeProgram:
    """A program that ends when told, and remembers what was done to it."""

    def __init__(self, obeys: bool = True) -> None:
        self.exit_code: int | None = 0
        self.starts = 0
        self.signals: list[signal.Signals] = []
        self.obeys = obeys

    def start(self) -> None:
        self.starts += 1
        self.exit_code = None

    def signal(self, number: signal.Signals) -> None:
        self.signals.append(number)
        if self.obeys or number is signal.SIGKILL:
            self.exit_code = -int(number)

    def wait(self, timeout_s: float) -> bool:
        return self.exit_code is not None

    def log_tail(self, lines: int = 5) -> str:
        return "the last line"


class Bench:
    """A supervisor with a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append, lambda: self.now, self.pass_time)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def service(self, name: str = "sink", ready_at: float = 0.0, program: FakeProgram | None = None) -> Service:
        made = Service(name, program or FakeProgram(), lambda: self.now >= ready_at, Path("logs") / f"{name}.log")
        self.supervisor.start(made)
        return made

    def crash(self, service: Service, code: int = 1) -> None:
        service.program.exit_code = code
        self.supervisor.tick()


def test_the_pause_before_a_restart_doubles_up_to_half_a_minute():
    assert [delay_s(n) for n in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_an_ending_by_a_signal_is_named():
    assert (ending(-9), ending(70)) == ("was ended by SIGKILL", "ended with exit code 70")


def test_a_crashed_child_is_started_again_only_after_the_pause():
    bench = Bench()
    service = bench.service()
    bench.crash(service)
    bench.pass_time(0.4)
    bench.supervisor.tick()
    before = service.program.starts
    bench.pass_time(0.2)
    bench.supervisor.tick()
    assert (before, service.program.starts) == (1, 2)


def test_a_crash_is_said_with_exit_code_pause_and_log():
    bench = Bench()
    bench.crash(bench.service(), code=72)
    assert bench.said == ["sink: ended with exit code 72; starts again in 0.5 s (log: logs/sink.log)"]


def crash_repeatedly(bench: Bench, service: Service, times: int, healthy_s: float = 0.0) -> None:
    for _ in range(times):
        bench.crash(service)
        bench.pass_time(31)
        bench.supervisor.tick()
        bench.pass_time(healthy_s)


def test_five_crashes_in_a_row_raise_an_alarm():
    bench = Bench()
    crash_repeatedly(bench, bench.service(), 5)
    assert [text for text in bench.said if text.startswith("ALARM")] == [
        "ALARM sink: ended 5 times in a row (log: logs/sink.log)"
    ]


def test_a_minute_of_health_forgets_earlier_crashes():
    bench = Bench()
    crash_repeatedly(bench, bench.service(), 8, healthy_s=60)
    assert {text.split("again in ")[1][:5] for text in bench.said if "again in" in text} == {"0.5 s"}


def test_waiting_ends_when_all_are_ready_and_says_after_how_long():
    bench = Bench()
    bench.supervisor.await_ready([bench.service("kafka", 2.0), bench.service("registry", 3.0)], 60)
    assert bench.said == ["kafka: ready after 2.0 s", "registry: ready after 3.0 s"]


def test_a_long_wait_says_what_is_awaited():
    bench = Bench()
    bench.supervisor.await_ready([bench.service("kafka", 6.0)], 60)
    assert bench.said[0] == "waiting for kafka (5 s)"


def test_a_late_child_is_an_error_that_names_its_log():
    bench = Bench()
    with pytest.raises(PlatformError, match=r"kafka not ready within 10 s; logs/kafka\.log"):
        bench.supervisor.await_ready([bench.service("kafka", 99.0)], 10)


@pytest.mark.parametrize("code", [2, 3, 5])
def test_an_exit_that_no_restart_can_mend_ends_the_start_with_the_same_code(code):
    bench = Bench()
    service = bench.service("gateway", 99.0)
    service.program.exit_code = code
    with pytest.raises(PlatformError) as caught:
        bench.supervisor.await_ready([service], 60)
    assert (caught.value.code, caught.value.why) == (code, "the last line")


def test_a_child_that_keeps_ending_before_it_is_ready_ends_the_start():
    class Stillborn(FakeProgram):
        def start(self) -> None:
            super().start()
            self.exit_code = 1

    bench = Bench()
    program = Stillborn()
    with pytest.raises(PlatformError, match="cannot start"):
        bench.supervisor.await_ready([bench.service("kafka", 99.0, program)], 60)
    assert program.starts == 4


def test_groups_are_stopped_in_the_order_given():
    bench = Bench()
    order: list[str] = []
    for name in ("kafka", "sink", "gateway"):
        program = FakeProgram()
        program.signal = lambda number, p=program, n=name: (order.append(n), FakeProgram.signal(p, number))
        bench.service(name, program=program)
    bench.supervisor.stop([(frozenset({name}), 5.0) for name in ("gateway", "sink", "kafka")])
    assert order == ["gateway", "sink", "kafka"]


def test_what_does_not_obey_is_killed_and_named():
    bench = Bench()
    stubborn = FakeProgram(obeys=False)
    bench.service("sink", program=stubborn)
    killed = bench.supervisor.stop([(frozenset({"sink"}), 5.0)])
    assert (killed, stubborn.signals) == (["sink"], [signal.SIGTERM, signal.SIGKILL])


def test_nothing_is_started_again_once_the_stop_began():
    bench = Bench()
    service = bench.service()
    bench.supervisor.stop([(frozenset({"sink"}), 5.0)])
    bench.pass_time(60)
    bench.supervisor.tick()
    assert service.program.starts == 1
