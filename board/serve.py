"""Runs the board as a process: listener, audit thread and web server, until SIGTERM or Ctrl-C."""

import signal
import socket

import uvicorn

from board.app import create_app
from board.audit import QueuedAudit, kafka_sender
from board.lineage import OriginsFromLog
from board.site import Metrics, Site
from processors.identity import Keyring
from streams.cli.output import say
from streams.logs import configure
from streams.settings import Settings

STOP_S = 2


def serve(settings: Settings, keyring: Keyring, listener: socket.socket) -> None:
    """Serve on the bound listener until stopped."""
    configure("board")
    metrics = Metrics()
    audit = QueuedAudit(keyring, lambda: kafka_sender(settings, metrics.audited), metrics.audited)
    server: uvicorn.Server | None = None

    def stopping() -> bool:
        return server is not None and server.should_exit

    origins = OriginsFromLog(settings, keyring)
    site = Site(store=settings.database, audit=audit, metrics=metrics, origins=origins, stopping=stopping)
    config = uvicorn.Config(
        create_app(site),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal once more when it has stopped; by then there is nothing left to do.
        signal.signal(number, lambda *_: None)
    say(f"board: http://127.0.0.1:{listener.getsockname()[1]}/")
    try:
        server.run(sockets=[listener])
    finally:
        audit.close()
    say("board: stopped")
