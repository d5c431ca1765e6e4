"""`wardline rules backtest`: the same decisions as production, and every kind of difference between two rule sets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from read_side import KEYRING
from recorded_world import DAY_0, FILE, LAB, MINUTE, RULE, Kept, Recording, result, rules_in
from typer.testing import CliRunner, Result

from processors import topics
from processors.records.backtest import Backtest, Difference, InForce
from processors.records.backtest_report import opened
from processors.rules.compiled import RuleSet
from processors.rules.parse import parse_rules
from processors.sites import Site
from streams.cli.recorded import named_site, of_topic
from streams.cli.rules import app

Edit = Callable[[str, str], Path]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)], env={"WARDLINE_BOOTSTRAP": None})


def answer(*arguments: object) -> dict[str, object]:
    out = run(*arguments, "--json")
    assert out.exit_code == 0, out.stderr
    value: dict[str, object] = json.loads(out.stdout)
    return value


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return rules_in(tmp_path / "rules")


@pytest.fixture
def other(tmp_path: Path) -> Edit:
    """The same rules with one text changed."""
    return lambda before, after: rules_in(tmp_path / "other", (before, after))


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """Three patients' potassium, one message a file, in a folder named by their feed."""
    folder = tmp_path / "recorded" / "lab"
    folder.mkdir(parents=True)
    for number, (mrn, value) in enumerate([("1", "6.1"), ("2", "6.9"), ("3", "4.0")]):
        (folder / f"{number}.hl7").write_bytes(result(number, value, minute=number, mrn=mrn))
    return folder.parent


def test_the_same_rules_decide_the_same(messages: Path, rules: Path) -> None:
    out = run(messages, "--rules", rules, "--against", rules)
    assert (out.exit_code, "no difference" in out.stdout) == (0, True)


def test_a_lower_limit_removes_tasks_for_the_present_rules(messages: Path, other: Edit, rules: Path) -> None:
    found = answer(messages, "--rules", rules, "--against", other("high: 6.2,", "high: 6.0,"))
    kinds = [(one["kind"], one["rule"], one["unit"], one["role"]) for one in found["differences"]]
    assert ("removed", "critical-potassium", "ICU", "bedside nurse") in kinds
    assert found["tasks"] == {"against": 2, "present": 1, "added": 0, "removed": 1, "retimed": 0, "changed": 1}


def test_the_other_way_round_the_task_is_added(messages: Path, other: Edit, rules: Path) -> None:
    found = answer(messages, "--rules", other("high: 6.2,", "high: 6.0,"), "--against", rules)
    assert [one["kind"] for one in found["differences"]] == ["added", "changed"]
    assert found["tasks_by"]["rule"]["critical-potassium"]["added"] == 1


def test_another_clock_is_a_retimed_task(messages: Path, other: Edit, rules: Path) -> None:
    found = answer(messages, "--rules", rules, "--against", other("acknowledge_min: 30", "acknowledge_min: 20"))
    assert [one["kind"] for one in found["differences"]] == ["retimed"]
    sides = [(r["side"], r["value"]["sla"]["acknowledge_s"]) for r in found["differences"][0]["records"][::2]]
    assert sides == [("against", 1200), ("present", 1800)]


def test_other_words_are_a_changed_task(messages: Path, other: Edit, rules: Path) -> None:
    found = answer(messages, "--rules", rules, "--against", other("Check the patient now.", "Look at the patient."))
    assert [one["kind"] for one in found["differences"]] == ["changed"]


def test_a_new_version_alone_is_no_difference(messages: Path, other: Edit, rules: Path) -> None:
    assert answer(messages, "--rules", rules, "--against", other('version: "2"', 'version: "9"'))["differences"] == []


def test_a_shadow_rule_opens_no_task(messages: Path, other: Edit, rules: Path) -> None:
    found = answer(messages, "--rules", other("status: active", "status: shadow"), "--against", rules)
    assert found["tasks"]["removed"] == 1
    assert {(one["kind"], one["shadow"]) for one in found["differences"]} == {("added", True), ("removed", False)}


def test_without_a_rule_shows_what_it_brings(messages: Path, rules: Path) -> None:
    found = answer(messages, "--rules", rules, "--without", "critical-potassium")
    assert [(one["kind"], one["rule"]) for one in found["differences"]] == [("added", "critical-potassium")]


def test_without_anything_to_compare_with_all_is_added(messages: Path, rules: Path) -> None:
    found = answer(messages, "--rules", rules)
    assert (found["against"], [one["kind"] for one in found["differences"]]) == (None, ["added"])


def test_tasks_are_counted_by_hour(messages: Path, rules: Path) -> None:
    assert answer(messages, "--rules", rules)["tasks_by"]["hour"]["08"]["present"] == 1


def test_a_rule_that_is_not_known_names_the_nearest(messages: Path, rules: Path) -> None:
    out = run(messages, "--rules", rules, "--without", "critical-potasium")
    assert (out.exit_code, "did you mean 'critical-potassium'?" in out.stderr) == (1, True)


def test_what_came_before_the_period_warms_up(tmp_path: Path, rules: Path) -> None:
    folder = tmp_path / "lab"
    folder.mkdir()
    for number, minute in enumerate([0, 30]):
        (folder / f"{number}.hl7").write_bytes(result(number, "6.9", minute=minute))
    found = answer(folder, "--rules", rules, "--from", "2026-03-02T08:10:00Z")
    assert [(one["effect"], one["suppressed"]) for one in found["differences"]] == [("none", True)]
    assert (found["period"]["messages"], found["period"]["warm_up_messages"]) == (1, 1)
    assert "everything before the first message" in found["lacked"][0]


def test_messages_at_the_end_of_the_period_are_left_out(messages: Path, rules: Path) -> None:
    assert answer(messages, "--rules", rules, "--to", "2026-03-02T08:01:00Z")["period"]["messages"] == 1


def test_the_list_names_no_patient_and_no_value(messages: Path, rules: Path) -> None:
    out = run(messages, "--rules", rules).stdout
    assert "critical-potassium 2: escalate, task create, bedside nurse@ICU" in out
    assert not [text for text in ("6.9", "TEST", "PATIENT") if text in out]


def test_each_difference_can_be_opened(messages: Path, rules: Path) -> None:
    lines = [json.loads(line) for line in run(messages, "--rules", rules, "--show", "1").stdout.splitlines()]
    assert [(line["side"], line["topic"]) for line in lines] == [
        ("present", topics.DECISION),
        ("present", topics.COMMAND),
    ]
    assert lines[0]["value"]["clauses"][0]["path"] == "OBX[1]-11"


def test_a_difference_that_there_is_not_exits_with_1(messages: Path, rules: Path) -> None:
    out = run(messages, "--rules", rules, "--show", "7")
    assert (out.exit_code, "there is no difference 7" in out.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((), 2), (("x.hl7", "--data", "x"), 2), (("x.hl7", "--from", "soon"), 2), (("x.hl7", "--against", "nope"), 3)],
)
def test_wrong_uses_are_told_apart(arguments: tuple[str, ...], code: int) -> None:
    assert run(*arguments).exit_code == code


def test_a_platform_that_is_not_up_exits_with_4(tmp_path: Path) -> None:
    out = run("--data", tmp_path)
    assert (out.exit_code, "start `wardline up`" in out.stderr) == (4, True)


def test_a_period_without_messages_exits_with_1(messages: Path, rules: Path) -> None:
    out = run(messages, "--rules", rules, "--from", "2027-01-01")
    assert (out.exit_code, "3 messages were read, none of them in the period" in out.stderr) == (1, True)


def test_a_folder_without_messages_exits_with_1(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 1


def test_a_file_that_cannot_be_read_is_told_and_the_rest_decided(messages: Path, rules: Path) -> None:
    out = run(messages, "--rules", rules, messages / "gone.hl7", "--json")
    assert (out.exit_code, json.loads(out.stdout)["period"]["messages"]) == (1, 3)
    assert json.loads(out.stderr)["error"] == "file_unreadable"


def test_what_has_no_time_comes_with_the_message_beside_it(messages: Path, rules: Path) -> None:
    (messages / "lab" / "!first.hl7").write_bytes(b"no message at all")
    period = answer(messages, "--rules", rules, "--from", "2026-03-02T08:01:00Z")["period"]
    assert (period["first_message"], period["warm_up_messages"]) == ("2026-03-02T08:00:00Z", 2)
    assert period["states"] == {"converted": 3, "dead-lettered": 1}


def backtest(recording: Recording, present: RuleSet, against: InForce | None = None) -> list[Difference]:
    work = Backtest({"lab": LAB}, KEYRING, (InForce(present), against), 0)
    raws, _ = of_topic(recording.parts, recording.read)
    for one in raws:
        work.take(one.make())
    work.advance(raws[-1].at)
    return work.differences()


STORY = [(0, result(1, "6.9")), (5, result(1, "6.5", order="F1", minute=5, status="C")), (6, result(3, "2.1", mrn="9"))]


def test_over_the_recorded_topic_each_decision_is_the_one_that_was_made(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play(*STORY)
    records = [record for one in backtest(recording, parse_rules({FILE: RULE})) for record in opened(one)]
    by_rules = [value for value in recording.of(topics.COMMAND) if value["actor"]["kind"] == "rule"]
    assert [one["value"] for one in records if one["topic"] == topics.DECISION] == recording.of(topics.DECISION)
    assert [one["value"] for one in records if one["topic"] == topics.COMMAND] == by_rules
    assert len(by_rules) == 3


def test_partitions_keep_their_order_and_meet_in_time(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((0, result(1, "4.0")), (9, result(2, "4.1")), (4, result(3, "4.2")))
    first, late, early = list(recording.read("", topics.RAW))
    other = [Kept(0, b"", data.data, 1) for data in (early,)]
    raws, unreadable = of_topic(recording.parts, lambda _b, _t: iter([first, late, *other, Kept(1, b"", b"junk", 1)]))
    controls = [one.make()["source"]["control_id"] for one in raws]
    assert (controls, unreadable) == (["LAB0001", "LAB0003", "LAB0002"], 1)


def test_a_record_never_overtakes_another_of_its_partition(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play((5, result(1, "4.0")), (2, result(2, "4.1")))
    raws, _ = of_topic(recording.parts, recording.read)
    assert [one.at for one in raws] == [DAY_0 + 5 * MINUTE] * 2


def test_a_step_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    recording = Recording(tmp_path).play(*STORY)
    work = Backtest({"lab": LAB}, KEYRING, (InForce(parse_rules({FILE: RULE})), None), 0)
    good, *_ = recording.of(topics.RAW)
    with pytest.raises(KeyError):
        work.take({name: value for name, value in good.items() if name != "digest"} | {"source": {}})
    work.forget()
    work.take(good)
    assert [one.kind for one in work.differences()] == ["added"]


@pytest.mark.parametrize(
    ("path", "feed"),
    [("recorded/adt/x.hl7", "adt"), ("out/000012-lab-ORU_R01.hl7", "lab"), ("out/adt-1.hl7", "default")],
)
def test_the_feed_of_a_recording_is_read_from_its_path(path: str, feed: str) -> None:
    sites = {name: Site(feed=name) for name in ("adt", "lab")}
    assert named_site(Path(path), sites).feed == feed
