"""`wardline try` on vital signs and creatinine: from HL7 v2 to score, decision and task, and back by a correction."""

import json
from pathlib import Path

from typer import Typer
from typer.testing import CliRunner

from processors.envelope import Record
from streams.cli.try_path import try_path

app = Typer()
app.command()(try_path)
VITALS = (
    ("NM", "9279-1^Respirations^LN", "26", "/min^^UCUM"),
    ("NM", "59408-5^Oxygen saturation^LN", "90", "%^^UCUM"),
    ("NM", "SPO2SCALE^^99H7", "1", ""),
    ("NM", "3151-8^Oxygen flow^LN", "2", "L/min^^UCUM"),
    ("NM", "8480-6^Systolic^LN", "13.3", "kPa^^UCUM"),
    ("NM", "8867-4^Pulse^LN", "70", "/min^^UCUM"),
    ("CWE", "67775-7^Level of responsiveness^LN", "A^Alert^99ACVPU", ""),
    ("NM", "8310-5^Temperature^LN", "98.6", "[degF]^^UCUM"),
)


def message(number: int, at: str, rows: tuple[tuple[str, str, str, str], ...], status: str = "F") -> str:
    taken = "20260302080000" if status != "F" else at
    segments = [
        f"MSH|^~\\&|APP|WARD|X|Y|{at}||ORU^R01^ORU_R01|M{number}|P|2.5.1",
        "PID|1||4711^^^WARD^MR||Example^Alex||19600501|F",
        "PV1|1|I|W1^1^A",
        f"OBR|1|P1|F1|85353-1^Vital signs^LN|||{taken}|||||||||||||||{at}|||F",
    ]
    segments += [
        f"OBX|{n}|{kind}|{code}||{value}|{unit}|||||{status}|||{taken}"
        for n, (kind, code, value, unit) in enumerate(rows, 1)
    ]
    return "\r".join(segments) + "\r"


def tried(folder: Path, *messages: str, as_of: str = "") -> list[Record]:
    files = []
    for number, text in enumerate(messages):
        files.append(folder / f"{number}.hl7")
        files[-1].write_text(text, newline="")
    options = ["--as-of", as_of] if as_of else []
    out = CliRunner().invoke(app, [*map(str, files), *options], env={"WARDLINE_DATA": str(folder)})
    assert out.exit_code == 0, out.output
    return [json.loads(line) for line in out.stdout.splitlines()]


def of(lines: list[Record], topic: str) -> list[Record]:
    return [line["value"] for line in lines if line["topic"] == topic]


def test_a_set_of_vital_signs_becomes_an_emergency_task(tmp_path: Path) -> None:
    lines = tried(tmp_path, message(1, "20260302080000", VITALS))
    [decision] = of(lines, "workflow.decision.v1")
    score = decision["score"]
    assert (decision["rule_id"], decision["effect"], decision["route"]["acuity"]) == ("news2-high", "escalate", "E")
    assert (score["name"], score["value"], score["band"], score["complete"]) == ("NEWS2", "10", "high", True)
    assert [(i["name"], i["points"], i["state"], i["path"]) for i in score["inputs"]] == [
        ("respirations", 3, "used", "OBX[1]-5"),
        ("spo2", 3, "used", "OBX[2]-5"),
        ("air_or_oxygen", 2, "used", "OBX[4]-5"),
        ("systolic", 2, "used", "OBX[5]-5"),
        ("pulse", 0, "used", "OBX[6]-5"),
        ("consciousness", 0, "used", "OBX[7]-5"),
        ("temperature", 0, "used", "OBX[8]-5"),
        ("spo2_scale", 0, "used", "OBX[3]-5"),
    ]
    [task] = of(lines, "workflow.task.v1")
    assert (task["status"], task["spec"]["title"]) == ("requested", "NEWS2 10: emergency")


def test_a_corrected_reading_cancels_the_task(tmp_path: Path) -> None:
    first = message(1, "20260302080000", VITALS)
    wrong = ((*VITALS[0][:2], "16", "/min^^UCUM"), (*VITALS[1][:2], "98", "%^^UCUM"))
    lines = tried(tmp_path, first, message(2, "20260302081000", wrong, "C"))
    assert [d["effect"] for d in of(lines, "workflow.decision.v1")] == ["escalate", "retract"]
    assert of(lines, "workflow.task.v1")[-1]["status"] == "cancelled"
    told = [line for e in of(lines, "workflow.evaluation.v1") for line in e["rules"] if line["rule_id"] == "news2-high"]
    assert [line["score"]["value"] for line in told] == ["10", "4"]


def test_as_of_shows_what_is_overdue_then(tmp_path: Path) -> None:
    lines = tried(tmp_path, message(1, "20260302080000", VITALS), as_of="2026-03-02T08:31:00Z")
    assert ("news2-overdue", "none") in [(d["rule_id"], d["effect"]) for d in of(lines, "workflow.decision.v1")]


def test_creatinine_gives_both_scores(tmp_path: Path) -> None:
    before = message(1, "20260301080000", (("NM", "14682-9^Creatinine^LN", "340", "umol/L^^UCUM"),))
    after = message(2, "20260302080000", (("NM", "14682-9^Creatinine^LN", "370", "umol/L^^UCUM"),)).replace("F1", "F2")
    last = of(tried(tmp_path, before, after), "workflow.evaluation.v1")[-1]
    found = {line["score"]["name"]: line["score"]["value"] for line in last["rules"] if line["score"]}
    assert found == {"AKI-NHSE": "1", "AKI-KDIGO": "3"}
