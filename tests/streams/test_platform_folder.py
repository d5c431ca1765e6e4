"""The data folder: its lock, run.json, and the identity secret and cluster it belongs to."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from streams.keys import make_keyring
from streams.platform import declare, roles
from streams.platform.child import Child, Command
from streams.platform.failure import PlatformError
from streams.platform.launcher import Launcher, Options
from streams.platform.run_file import held, holder, read_run, write_run
from streams.private import private_folder
from streams.settings import Settings
from streams.tables import Partition


def program(folder: Path, code: str) -> Child:
    return Child(Command(name="child", argv=(sys.executable, "-c", code), log=folder / "child.log", folder=folder))


def test_a_held_folder_is_refused_with_the_holder_named(tmp_path):
    with held(tmp_path), pytest.raises(PlatformError, match=f"in use by process {os.getpid()}") as caught:
        held(tmp_path).__enter__()
    assert caught.value.code == 5


def test_the_lock_of_a_dead_process_is_no_lock(tmp_path):
    (tmp_path / "lock").write_text("1")
    with held(tmp_path):
        assert holder(tmp_path) == os.getpid()


def test_a_released_folder_has_no_holder(tmp_path):
    with held(tmp_path):
        pass
    assert holder(tmp_path) == 0


def test_run_json_comes_back_as_written(tmp_path):
    write_run(tmp_path, {"bootstrap": "127.0.0.1:29092"})
    assert read_run(tmp_path) == {"bootstrap": "127.0.0.1:29092"}


def test_settings_find_the_broker_in_run_json(tmp_path):
    write_run(tmp_path, {"bootstrap": "127.0.0.1:29092", "registry_url": "http://127.0.0.1:1/x"})
    assert Settings.load(tmp_path).bootstrap == "127.0.0.1:29092"


def test_a_damaged_run_json_is_said(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(PlatformError, match=r"run\.json is damaged"):
        read_run(tmp_path)


def started(folder: Path) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        Launcher(Options(data_dir=folder, bootstrap="127.0.0.1:1", roles=()), lambda _: None).start()
    return caught.value


def test_a_folder_whose_secret_is_gone_gets_no_new_one(tmp_path):
    write_run(tmp_path, {"key_id": "0badc0de"})
    assert started(tmp_path).code == 5
    assert not (tmp_path / "identity.key").exists()


def test_a_folder_used_under_another_secret_is_refused(tmp_path):
    make_keyring(tmp_path)
    write_run(tmp_path, {"key_id": "0badc0de"})
    assert started(tmp_path).code == 5


def test_a_broker_without_its_registry_is_a_usage_error(tmp_path):
    assert started(tmp_path).code == 2


def test_records_under_another_secret_are_refused():
    with pytest.raises(PlatformError, match="key_id 0badc0de, not 12345678"):
        declare.same_key("12345678", "0badc0de", "127.0.0.1:29092")


def test_rows_of_another_cluster_are_refused():
    with pytest.raises(PlatformError, match="another Kafka cluster"):
        declare.same_cluster("old", "new", "data")


def test_an_unknown_role_is_refused_with_the_nearest_name():
    with pytest.raises(PlatformError, match="did you mean 'normalize'"):
        roles.chosen_roles(("nomalize",))


def test_roles_start_in_the_order_of_the_path():
    assert roles.chosen_roles(("sink", "gateway")) == ("gateway", "sink")


def test_a_role_is_told_where_everything_is(tmp_path):
    settings = Settings(data_dir=tmp_path, bootstrap="127.0.0.1:29092", registry_url="http://127.0.0.1:1/x")
    made = roles.command(roles.Role(name="decide", web_port=25000), settings)
    told = {name: value for name, value in made.environment.items() if name.startswith("WARDLINE_")}
    assert told == {
        "WARDLINE_DATA": str(tmp_path),
        "WARDLINE_HOME": str(settings.home),
        "WARDLINE_BOOTSTRAP": "127.0.0.1:29092",
        "WARDLINE_REGISTRY_URL": "http://127.0.0.1:1/x",
        "WARDLINE_WEB_PORT": "25000",
    }


def test_a_child_writes_into_its_log(tmp_path):
    child = program(tmp_path, "print('hello')")
    child.start()
    assert (child.wait(10), child.exit_code, child.log_tail()) == (True, 0, "hello")


def test_a_child_that_ignores_sigterm_is_killed_at_the_deadline(tmp_path):
    child = program(
        tmp_path, "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child.start()
    while "deaf" not in child.log_tail():
        time.sleep(0.01)
    assert (child.stop(0.2), child.exit_code) == (False, -signal.SIGKILL)


def test_a_child_ends_with_its_parent(tmp_path):
    code = f"""
import os, pathlib, sys, time
from streams.platform.child import Child, Command
folder = pathlib.Path({str(tmp_path)!r})
argv = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
child = Child(Command(name="inner", argv=argv, log=folder / "inner.log", folder=folder))
child.start()
while "up" not in child.log_tail():
    time.sleep(0.01)
(folder / "pid").write_text(str(child.pid))
os.kill(os.getpid(), 9)
"""
    parent = program(tmp_path, code)
    parent.start()
    assert parent.wait(10)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists() or "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return
        time.sleep(0.02)
    pytest.fail("the inner child outlived its parent")


def test_nobody_else_may_look_into_the_data_folder(tmp_path):
    tmp_path.chmod(0o755)
    with held(tmp_path):
        assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_folders_of_rows_logs_and_broker_are_their_owners_alone(tmp_path):
    Partition(tmp_path / "stages" / "decide-0" / "0", "key").close()
    made = Command(name="child", argv=("/bin/true",), log=tmp_path / "logs" / "child.log", folder=tmp_path)
    child = Child(made)
    child.start()
    child.wait(10)
    private_folder(tmp_path / "kafka")
    places = ("stages", "stages/decide-0", "logs", "kafka")
    assert [(tmp_path / place).stat().st_mode & 0o777 for place in places] == [0o700] * len(places)
