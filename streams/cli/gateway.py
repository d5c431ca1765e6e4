"""`wardline gateway`: listens for HL7 v2 over MLLP until stopped."""

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
from streams.gateway.run import BROKER_WAIT_S, BrokerAway, Plan, serve, write_listeners
from streams.gateway.server import Listener, PortTaken
from streams.logs import configure
from streams.parts import Parts, connect
from streams.platform.declare import recorded_key_id, same_key
from streams.platform.failure import PlatformError
from streams.registry import RegistryError, RegistryUnreachable
from streams.settings import Settings
from streams.sites import load_sites

ALL_FEEDS = "*"
_RETRY_S = 1.0


def gateway(
    listen: Annotated[
        list[str], typer.Option(help="FEED=PORT instead of the site's port; *=PORT for all others; 0 = any free port")
    ] = [],  # noqa: B006
    data: Annotated[Path | None, typer.Option(help="data folder")] = None,
) -> None:
    """Listen for HL7 v2 over MLLP; one JSON line per listener on stdout when it takes messages."""
    settings = Settings.load(data)
    configure("gateway")
    if not settings.bootstrap:
        fail(UNREACHABLE, "no broker is known", str(settings.data_dir), "run.json is missing", "start `wardline up`")
    try:
        sites = load_sites(settings.sites_dir)
        plan = Plan(sites=sites, ports=_ports(sites, listen), ready=lambda found: _ready(settings.data_dir, found))
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
    except BrokerAway:
        fail(UNREACHABLE, f"the broker is silent for {BROKER_WAIT_S:g} s", settings.bootstrap, fix="wardline doctor")
    say("gateway: stopped")


def _ports(sites: Mapping[str, Site], listen: list[str]) -> dict[str, int]:
    asked: dict[str, int] = {}
    for one in listen:
        feed, _, port = one.partition("=")
        if feed != ALL_FEEDS and feed not in sites:
            fail(USAGE, f"there is no feed '{feed}'{nearest(feed, sites)}", "--listen", fix="write a site for it")
        if not port.isdecimal() or int(port) > 65535:
            fail(USAGE, f"'{one}' is not FEED=PORT", "--listen", fix="for example --listen lab=2577")
        asked[feed] = int(port)
    return {feed: asked.get(feed, asked.get(ALL_FEEDS, site.listen.port)) for feed, site in sites.items()}


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


def _ready(data_dir: Path, listeners: list[Listener]) -> None:
    write_listeners(data_dir, listeners)
    for one in listeners:
        say_json(dataclasses.asdict(one))
