"""`wardline gateway`: listens for HL7 v2 over MLLP, or watches a folder, until stopped."""

import asyncio
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from processors.config import nearest
from processors.errors import ConfigError
from processors.sites import Site
from streams.cli.output import CONFIGURATION, UNREACHABLE, USAGE, fail, say, say_json
from streams.codec import SchemaMissing
from streams.gateway.run import BROKER_WAIT_S, BrokerAway, Plan, Watch, serve, write_listeners
from streams.gateway.server import Listener, PortTaken
from streams.gateway.watch import FolderRefused
from streams.logs import configure
from streams.parts import Parts, connect
from streams.platform.declare import recorded_key_id, same_key
from streams.platform.failure import PlatformError
from streams.registry import RegistryError, RegistryUnreachable
from streams.settings import Settings
from streams.sites import load_sites

ALL_FEEDS = "*"
DEFAULT_FEED = "default"
_RETRY_S = 1.0


def gateway(
    listen: Annotated[
        list[str], typer.Option(help="FEED=PORT instead of the site's port; *=PORT for all others; 0 = any free port")
    ] = [],  # noqa: B006
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
    watch: Annotated[Path | None, typer.Option(help="take the files of this folder; listen only by --listen")] = None,
    site: Annotated[str, typer.Option(help="the feed that the folder's files belong to")] = DEFAULT_FEED,
    settle: Annotated[float, typer.Option(help="seconds for which a file must stand still before it is taken")] = 2.0,
) -> None:
    """Listen for HL7 v2 over MLLP; one JSON line per listener on stdout when it takes messages.

    With --watch each message of a file in the folder is stored, then the file moves to done/, or to failed/ with a
    report beside it when a message was refused or the counts of a batch do not hold. Write a file under another name
    (.NAME or NAME.tmp) and rename it, or let it stand still.
    """
    settings = Settings.load(data)
    configure("gateway")
    if not settings.bootstrap:
        fail(UNREACHABLE, "no broker is known", str(settings.data_dir), "run.json is missing", "start `wardline up`")
    try:
        sites = load_sites(settings.sites_dir)
        ports = _ports(sites, listen, only_asked=watch is not None)
        folder = _watch(watch, sites, site, settle) if watch else None
        plan = Plan(
            sites=sites, ports=ports, ready=lambda found: _ready(settings.data_dir, found, folder), watch=folder
        )
        parts = asyncio.run(_connected(settings))
        same_key(parts.keyring.key_id, recorded_key_id(settings), settings.bootstrap)
        asyncio.run(serve(parts, plan))
    except ConfigError as why:
        fail(CONFIGURATION, why.what, f"{why.file}:{why.line}")
    except PortTaken as why:
        fail(CONFIGURATION, str(why), fix="stop what uses it, or choose another: --listen FEED=PORT (0 = any free one)")
    except (SchemaMissing, RegistryError) as why:
        fail(UNREACHABLE, str(why), settings.registry_url, fix="wardline doctor")
    except PlatformError as why:
        fail(why.code, why.what, why.where, why.why, why.fix)
    except FolderRefused as why:
        fix = "make the folder writable, or stop the other gateway"
        fail(CONFIGURATION, "the folder cannot be watched", str(watch), str(why), fix)
    except BrokerAway:
        fail(UNREACHABLE, f"the broker is silent for {BROKER_WAIT_S:g} s", settings.bootstrap, fix="wardline doctor")
    say("gateway: stopped")


def _ports(sites: Mapping[str, Site], listen: list[str], *, only_asked: bool) -> dict[str, int]:
    asked: dict[str, int] = {}
    for one in listen:
        feed, _, port = one.partition("=")
        if feed != ALL_FEEDS and feed not in sites:
            fail(USAGE, f"there is no feed '{feed}'{nearest(feed, sites)}", "--listen", fix="write a site for it")
        if not port.isdecimal() or int(port) > 65535:
            fail(USAGE, f"'{one}' is not FEED=PORT", "--listen", fix="for example --listen lab=2577")
        asked[feed] = int(port)
    chosen = {feed: asked.get(feed, asked.get(ALL_FEEDS, -1)) for feed in sites}
    if only_asked:
        return {feed: port for feed, port in chosen.items() if port >= 0}
    return {feed: port if port >= 0 else sites[feed].listen.port for feed, port in chosen.items()}


def _watch(folder: Path, sites: Mapping[str, Site], feed: str, settle_s: float) -> Watch:
    if feed not in sites:
        fail(USAGE, f"there is no feed '{feed}'{nearest(feed, sites)}", "--site", fix="write a site for it")
    if not folder.is_dir():
        fail(USAGE, "there is no such folder", str(folder), fix="make it, writable for the gateway")
    return Watch(folder=folder, site=sites[feed], settle_s=settle_s)


async def _connected(settings: Settings) -> Parts:
    """Parts, as soon as the registry answers; the last failure after 30 s."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BROKER_WAIT_S
    while True:
        try:
            return await asyncio.to_thread(connect, settings)
        except (RegistryUnreachable, SchemaMissing):
            if loop.time() > deadline:
                raise
        await asyncio.sleep(_RETRY_S)


def _ready(data_dir: Path, listeners: list[Listener], folder: Watch | None) -> None:
    """Say what is taken from where. gateway.json is left to the gateway that listens."""
    if listeners or folder is None:
        write_listeners(data_dir, listeners)
    for one in listeners:
        say_json(dataclasses.asdict(one))
    if folder:
        say_json({"feed": folder.site.feed, "watch": str(folder.folder)})
