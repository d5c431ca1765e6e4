"""Reads the sites of a folder, one YAML per sending feed, and refuses two that would get in each other's way."""

import dataclasses
import hashlib
import json
from pathlib import Path

from processors.config import line_of
from processors.errors import ConfigError
from processors.mapping.site_check import problems, read_site
from processors.sites import Site, parse_site


def load_sites(folder: Path) -> dict[str, Site]:
    """Sites by feed, in order of the feeds. Raises ConfigError: bad file, one feed or port twice, an ack that lies."""
    found: dict[str, Site] = {}
    for path in sorted(folder.glob("*.yaml")):
        site = read_site(path.read_text("utf-8"), str(path))
        for clash in _clashes(site, path, found):
            raise clash
        found[site.feed] = site
    if not found:
        raise nothing_in(folder)
    return {feed: found[feed] for feed in sorted(found)}


def nothing_in(folder: Path) -> ConfigError:
    """Why no site could be read from there."""
    what = (
        "no site (*.yaml) in this folder; write one per sending feed" if folder.is_dir() else "there is no such folder"
    )
    return ConfigError(str(folder), 1, what)


def check_sites(folder: Path) -> tuple[dict[str, Site], list[ConfigError]]:
    """The sites of a folder, or one file, that can be read, by file name; all that is wrong in and between them."""
    read: dict[str, Site] = {}
    by_feed: dict[str, Site] = {}
    wrong: list[ConfigError] = []
    for path in [folder] if folder.is_file() else sorted(folder.glob("*.yaml")):
        try:
            text = path.read_text("utf-8")
            site = parse_site(text, str(path))
        except ConfigError as why:
            wrong.append(why)
            continue
        except (OSError, UnicodeDecodeError) as why:
            wrong.append(ConfigError(str(path), 1, f"the file cannot be read ({type(why).__name__})"))
            continue
        for keys, what in problems(site):
            wrong.append(ConfigError(str(path), line_of(text, *keys), f"{'.'.join(map(str, keys))}: {what}"))
        wrong += _clashes(site, path, by_feed)
        by_feed.setdefault(site.feed, site)
        read[path.name] = site
    if not read and not wrong:
        wrong.append(nothing_in(folder))
    return read, wrong


def sites_digest(sites: dict[str, Site]) -> str:
    """One digest over all that the sites say."""
    said = json.dumps({feed: dataclasses.asdict(site) for feed, site in sites.items()}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _clashes(site: Site, path: Path, others: dict[str, Site]) -> list[ConfigError]:
    """What a site has in common with another one and must not."""
    wrong = []
    if site.feed in others:
        wrong.append(f"feed: '{site.feed}' has another file already; give each feed one file")
    port = site.listen.port
    feed = next((feed for feed, other in others.items() if port and other.listen.port == port), None)
    if feed is not None:
        wrong.append(f"listen.port: {port} is the port of feed '{feed}'; choose another")
    return [ConfigError(str(path), 1, what) for what in wrong]
