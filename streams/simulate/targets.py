"""Where each feed's messages go: the usual ports, or what a running gateway wrote into its data folder."""

import json
from collections.abc import Mapping
from pathlib import Path

from streams.simulate.dialects import DIALECTS

#: Ports of sites/*.yaml.
USUAL_PORTS: Mapping[str, int] = {feed: dialect.port for feed, dialect in DIALECTS.items()}


def listening_ports(data_dir: Path) -> dict[str, int]:
    """Port by feed from gateway.json, for the feeds that are simulated; {} when no gateway has written one."""
    path = data_dir / "gateway.json"
    if not path.is_file():
        return {}
    written = json.loads(path.read_text("utf-8"))
    return {feed: int(listener["port"]) for feed, listener in written.items() if feed in USUAL_PORTS}
