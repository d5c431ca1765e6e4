"""What `wardline doctor` concludes from what it sees."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from processors.envelope import Record
from streams.cli.doctor import doctor, line, verdict
from streams.keys import make_keyring
from streams.platform.check import Check, fail, ok, unreachable, warn
from streams.platform.check_cluster import sizes
from streams.platform.check_machine import MEMORY_BUDGET_BYTES, check_machine, disk, memory
from streams.platform.check_roles import check_roles, health, lag
from streams.platform.run_file import write_run
from streams.settings import Settings


def test_limits_that_grow_along_the_path_are_fine():
    assert sizes([("gateway", 10), ("raw topic", 10), ("broker", 16)]).state == "ok"


def test_a_limit_below_the_one_before_it_is_named():
    found = sizes([("gateway", 10), ("raw topic", 8), ("broker", 16)])
    assert (found.state, found.what) == ("fail", "raw topic takes 8 bytes, gateway lets 10 through")


@pytest.mark.parametrize(("free", "state"), [(8 * 1024**3, "ok"), (1024**3, "warn"), (1024**2, "fail")])
def test_little_disk_is_a_warning_and_none_a_failure(free, state):
    assert disk(free).state == state


def test_more_memory_than_the_budget_is_a_warning():
    assert (memory(MEMORY_BUDGET_BYTES).state, memory(MEMORY_BUDGET_BYTES + 1).state) == ("ok", "warn")


@pytest.mark.parametrize(("status", "state"), [(200, "ok"), (503, "fail"), (0, "fail")])
def test_a_role_is_well_when_its_health_page_says_so(status, state):
    assert health("decide", status, Settings()).state == state


def test_an_ill_role_leads_to_its_log():
    assert "logs/decide.log" in health("decide", 503, Settings(data_dir=Path("d"))).fix


def test_a_store_far_behind_is_a_warning():
    assert (lag(10).state, lag(100_000).state) == ("ok", "warn")


def test_a_damaged_store_is_a_failure(tmp_path):
    (tmp_path / "wardline.db").write_text("this is no database, it is only text")
    settings = Settings(data_dir=tmp_path)
    assert [check.state for check in check_roles(settings, {}, False) if check.name == "sink lag"] == ["fail"]


def machine(folder: Path, run: Record) -> dict[str, Check]:
    return {check.name: check for check in check_machine(folder, run)}


def test_a_lost_secret_is_a_failure(tmp_path):
    assert machine(tmp_path, {"key_id": "0badc0de"})["identity secret"].state == "fail"


def test_another_secret_is_a_failure(tmp_path):
    make_keyring(tmp_path)
    assert machine(tmp_path, {"key_id": "0badc0de"})["identity secret"].state == "fail"


def test_a_secret_that_others_can_read_is_a_warning(tmp_path):
    key_id = make_keyring(tmp_path).key_id
    (tmp_path / "identity.key").chmod(0o644)
    assert machine(tmp_path, {"key_id": key_id})["identity secret"].state == "warn"


def test_an_existing_cluster_needs_no_java_here(tmp_path):
    assert not [name for name in machine(tmp_path, {"embedded": False}) if name.startswith("Java")]


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ([ok("a", "")], 0),
        ([warn("a", "", "")], 0),
        ([ok("a", ""), fail("b", "", "")], 10),
        ([fail("a", "", ""), unreachable("b", "", "")], 4),
    ],
)
def test_the_exit_code_says_the_worst(checks, code):
    assert verdict(checks) == code


def test_a_failure_is_printed_with_the_way_to_mend_it():
    assert line(fail("topics", "3 differences", "wardline topics apply")).splitlines()[1].strip() == (
        "-> wardline topics apply"
    )


def test_doctor_without_a_broker_ends_with_4_and_says_so_in_json(tmp_path):
    write_run(tmp_path, {"bootstrap": "", "registry_url": "", "embedded": False})
    app = Typer()
    app.command()(doctor)
    shown = CliRunner().invoke(app, ["--json", "--data", str(tmp_path)])
    failed = [check["check"] for check in json.loads(shown.stdout)["checks"] if check["state"] == "fail"]
    assert (shown.exit_code, failed) == (4, ["broker", "registry"])
