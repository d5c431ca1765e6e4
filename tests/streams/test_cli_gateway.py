"""What `wardline gateway` listens for and watches, by its options."""

from pathlib import Path

import pytest

from processors.sites import Listen, Site
from streams.cli.gateway import _ports, _watch

SITES = {"adt": Site(feed="adt", listen=Listen(port=2576)), "lab": Site(feed="lab", listen=Listen(port=2577))}


def test_without_a_folder_every_feed_is_listened_for() -> None:
    assert _ports(SITES, [], only_asked=False) == {"adt": 2576, "lab": 2577}
    assert _ports(SITES, ["lab=9"], only_asked=False) == {"adt": 2576, "lab": 9}
    assert _ports(SITES, ["*=0", "lab=9"], only_asked=False) == {"adt": 0, "lab": 9}


def test_beside_a_folder_only_what_was_asked_for_is_listened_for() -> None:
    assert _ports(SITES, [], only_asked=True) == {}
    assert _ports(SITES, ["lab=9"], only_asked=True) == {"lab": 9}


def test_a_folder_belongs_to_one_feed(tmp_path: Path) -> None:
    assert _watch(tmp_path, SITES, "lab", 2.0).site is SITES["lab"]


@pytest.mark.parametrize(("folder", "feed"), [("", "lba"), ("gone", "lab")])
def test_an_unknown_feed_and_a_folder_that_is_not_there_are_usage_errors(
    tmp_path: Path, folder: str, feed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        _watch(tmp_path / folder, SITES, feed, 2.0)
    assert "fix:" in capsys.readouterr().err
