"""`wardline board`: serves the queue board on loopback until stopped."""

import importlib
import socket
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.output import CONFIGURATION, fail
from streams.keys import load_keyring
from streams.settings import Settings

DEFAULT_PORT = 8080


def board(
    port: Annotated[int, typer.Option(help=f"port on loopback; default {DEFAULT_PORT}")] = 0,
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
) -> None:
    """Serve the queue board on loopback until stopped."""
    settings = Settings.load(data)
    keyring = load_keyring(settings.data_dir)
    if keyring is None:
        where = str(settings.data_dir)
        fail(CONFIGURATION, "the data folder has no identity.key", where, fix="start `wardline up`, or give --data")
    chosen = port or settings.web_port or DEFAULT_PORT
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", chosen))
    except OSError as why:
        fail(CONFIGURATION, f"port {chosen} cannot be used", "127.0.0.1", str(why), "give another --port")
    # The board stands above streams: commands may start it, nothing in streams may depend on it.
    importlib.import_module("board.serve").serve(settings, keyring, listener)
