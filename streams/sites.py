"""Reads the sites of a folder, one YAML per sending feed, and refuses two that would get in each other's way."""

import dataclasses
import hashlib
import json
from pathlib import Path

from processors.errors import ConfigError
from processors.sites import AckPolicy, Site, parse_site

#: What a feed may answer for a message that is not kept as it should be: AA would say that it is.
_REFUSING = ("AE", "AR")


def load_sites(folder: Path) -> dict[str, Site]:
    """Sites by feed, in order of the feeds. Raises ConfigError: bad file, one feed or port twice, an ack that lies."""
    found: dict[str, Site] = {}
    ports: dict[int, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        site = parse_site(path.read_text("utf-8"), str(path))
        if site.feed in found:
            raise ConfigError(str(path), 1, f"feed: '{site.feed}' has another file already; give each feed one file")
        port = site.listen.port
        if port and port in ports:
            raise ConfigError(str(path), 1, f"listen.port: {port} is the port of feed '{ports[port]}'; choose another")
        _check_ack(str(path), site.ack)
        ports[port] = site.feed
        found[site.feed] = site
    if not found:
        raise ConfigError(str(folder), 1, "no site (*.yaml) in this folder; write one per sending feed")
    return {feed: found[feed] for feed in sorted(found)}


def sites_digest(sites: dict[str, Site]) -> str:
    """One digest over all that the sites say."""
    said = json.dumps({feed: dataclasses.asdict(site) for feed, site in sites.items()}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _check_ack(file: str, ack: AckPolicy) -> None:
    for name in ("store_failed", "not_hl7", "too_large", "processing_id"):
        if getattr(ack, name) not in _REFUSING:
            raise ConfigError(file, 1, f"ack.{name}: '{getattr(ack, name)}' is not one of {', '.join(_REFUSING)}")
