"""A watched folder on a real broker: killed in the middle of a file, nothing is lost and repeats are visible."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from conftest import wait_until
from whole import running

from processors import topics
from processors.envelope import Record
from processors.records import normalize
from processors.records.memory import MemoryStage
from processors.sites import Site
from streams.codec import Codec
from streams.keys import load_keyring
from streams.registry import Registry
from streams.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

COUNT = 20_000
MESSAGE = "MSH|^~\\&|LAB|HOSP|WARD|CITY|20260102||ORU^R01^ORU_R01|{n}|P|2.5.1\rPID|1||{p}^^^HOSP^MR\rOBX|1|NM|K||6.9\r"


def gateway(data: Path, folder: Path) -> subprocess.Popen[bytes]:
    """`wardline gateway --watch`, once it says that it watches."""
    command = [sys.executable, "-c", "from streams.cli.main import main; main()", "gateway"]
    command += ["--watch", str(folder), "--site", "default", "--settle", "0.3", "--data", str(data)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    assert json.loads(child.stdout.readline()) == {"feed": "default", "watch": str(folder)}
    return child


def ends(bootstrap: str) -> dict[int, int]:
    """Partition of the raw topic -> offset of its end."""
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "ends"})
    partitions = reader.list_topics(topics.RAW, 10).topics[topics.RAW].partitions
    found = {n: reader.get_watermark_offsets(TopicPartition(topics.RAW, n), 10)[1] for n in partitions}
    reader.close()
    return found


def records(settings: Settings) -> list[Record]:
    """All of the raw topic, in order per partition."""
    codec = Codec.connect(Registry(settings.registry_url), settings.schemas_dir)
    found: list[Record] = []
    for partition, end in ends(settings.bootstrap).items():
        reader = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": "reader"})
        reader.assign([TopicPartition(topics.RAW, partition, 0)])
        left = end
        while left:
            for record in reader.consume(min(left, 1000), 5.0):
                assert record.error() is None
                found.append(codec.decode(record.value()))
                left -= 1
        reader.close()
    return found


def test_a_gateway_killed_in_the_middle_of_a_file_takes_it_again_and_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    text = "".join(MESSAGE.format(n=n, p=n % 50) for n in range(COUNT))
    with running(tmp_path / "data", roles=("normalize",)) as launcher:
        settings = launcher.settings
        stored = lambda: sum(ends(settings.bootstrap).values())  # noqa: E731
        with gateway(settings.data_dir, folder) as first:
            (folder / "big.hl7").write_text(f"BHS|^~\\&\r{text}BTS|{COUNT}\r")
            wait_until(lambda: stored() > 200, timeout_s=60)
            first.send_signal(signal.SIGKILL)
            first.wait(10)
        time.sleep(1.0)
        before = stored()
        assert before < COUNT
        assert (folder / "big.hl7").exists()
        with gateway(settings.data_dir, folder) as second:
            wait_until(lambda: (folder / "done" / "big.hl7").exists(), timeout_s=90)
            second.send_signal(signal.SIGTERM)
            assert second.wait(15) == 0
        kept = records(settings)
    assert len(kept) == before + COUNT
    assert {one["source"]["control_id"] for one in kept} == {str(n) for n in range(COUNT)}
    in_order = [int(one["source"]["control_id"]) for one in kept if one["patient_key"] == kept[0]["patient_key"]]
    assert in_order[-COUNT // 50 :] == sorted(set(in_order))
    assert states(repeats(kept), settings.data_dir) == ["converted", "duplicate"]


def repeats(kept: list[Record]) -> list[Record]:
    """One message that was stored twice."""
    by_id: dict[str, list[Record]] = {}
    for one in kept:
        by_id.setdefault(one["source"]["control_id"], []).append(one)
    return next(both for both in by_id.values() if len(both) == 2)


def states(kept: list[Record], data: Path) -> list[str]:
    """End states of these raw records, one after the other."""
    keyring = load_keyring(data)
    assert keyring is not None
    stage = MemoryStage(topics.RAW, normalize.make_step({"default": Site(feed="default")}, keyring), normalize.refused)
    emits = [emit for one in kept for emit in stage.take(one)]
    return [emit.value["state"] for emit in emits if emit.topic == topics.MESSAGE]
