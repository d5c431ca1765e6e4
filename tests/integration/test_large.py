"""A document of 50 MB from a socket to SQL, with the limits raised as docs/operations.md says."""

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import report
from whole import Whole, running

from streams.settings import HOME

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]
DOCUMENT_BYTES = 37_500_000
"""Base64 makes 50 MB of it."""
LIMITS = {
    "WARDLINE_MAX_MESSAGE_BYTES": "55000000",
    "WARDLINE_MAX_RECORD_BYTES": "62914560",
    "WARDLINE_DELIVERY_TIMEOUT_S": "30",
    "WARDLINE_ACK_TIMEOUT_S": "40",
}
RAISED_TOPIC = "58720256"
TOPICS = ("raw.hl7v2.v1", "ops.dead-letter.v1")


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Whole]:
    """A platform with a home of its own, whose catalogue allows more."""
    home = tmp_path / "home"
    for name in ("schemas", "rules", "sites"):
        shutil.copytree(HOME / name, home / name)
    text = (HOME / "topics.yaml").read_text()
    for topic in TOPICS:
        text = re.sub(rf"(  {re.escape(topic)}:\n(?:    .*\n)*?    max_bytes: )\d+", rf"\g<1>{RAISED_TOPIC}", text)
    (home / "topics.yaml").write_text(text)
    with running(tmp_path / "data", environment={**LIMITS, "WARDLINE_HOME": str(home)}) as launcher:
        yield Whole(launcher)


def test_a_message_of_50_mb_arrives_whole_and_its_document_by_reference(roomy: Whole) -> None:
    good = report()
    document = base64.b64encode(b"%PDF" + bytes(DOCUMENT_BYTES)).decode()
    payload = good.bytes().rstrip(b"\r") + f"\rOBX|9|ED|18842-5^Summary^LN||^AP^PDF^Base64^{document}||||||F\r".encode()
    assert b"MSA|AA|" in roomy.send(payload, timeout_s=60.0)
    state = roomy.end_state(good.control_id)
    assert (state["state"], state["size"]) == ("converted", len(payload))
    assert "content_large" in state["warnings"]
    after = report()
    assert b"MSA|AA|" in roomy.send(after.bytes())
    assert roomy.end_state(after.control_id)["state"] == "converted"
    assert "ok    size limits" in roomy.wardline("doctor").stdout
