"""Agent control_log: says in every worker's log when a rule was switched off or on."""

import logging

from faust.types import StreamT

from processors import topics
from streams.app import Host

log = logging.getLogger(__name__)


def register(host: Host) -> None:
    """ops.control.v1 -> log."""
    source = host.app.topic(topics.CONTROL, key_serializer="raw", value_serializer="raw")

    @host.app.agent(source, name="control_log")
    async def control_log(stream: StreamT[bytes]) -> None:
        async for event in stream.events():
            log.info("control record %s", (event.key or b"").decode())
