"""A folder of sites is read whole or refused with the file and what is wrong."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from processors.errors import ConfigError
from processors.expectations import judge, unwanted
from processors.hl7.message import parse
from streams.settings import HOME
from streams.simulate import hospital
from streams.sites import load_sites, sites_digest


def folder(at: Path, **files: str) -> Path:
    for name, text in files.items():
        (at / f"{name}.yaml").write_text(text)
    return at


def test_our_own_sites_are_accepted() -> None:
    assert "default" in load_sites(HOME / "sites")


def test_sites_come_by_feed_in_order(tmp_path: Path) -> None:
    assert list(load_sites(folder(tmp_path, b="feed: a", a="feed: z"))) == ["a", "z"]


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("feed: lab", "feed: lab", "another file"),
        ("feed: a\nlisten: {port: 2575}", "feed: b\nlisten: {port: 2575}", "is the port of feed 'a'"),
        ("feed: a", "feed: b\nack: {store_failed: AA}", "ack.store_failed: 'AA'"),
        ("feed: a", "feed: b\nack: {stored: AA}", "unknown key 'stored'"),
    ],
)
def test_what_would_go_wrong_is_refused_with_its_file(tmp_path: Path, first: str, second: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as why:
        load_sites(folder(tmp_path, one=first, two=second))
    assert why.value.file.endswith("two.yaml")


def test_any_free_port_may_be_asked_for_twice(tmp_path: Path) -> None:
    assert len(load_sites(folder(tmp_path, a="feed: a", b="feed: b"))) == 2


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no site"):
        load_sites(tmp_path)


def test_the_digest_changes_with_what_a_site_says(tmp_path: Path) -> None:
    before = sites_digest(load_sites(folder(tmp_path, a="feed: a")))
    assert sites_digest(load_sites(folder(tmp_path, a="feed: a\nzone: Europe/Berlin"))) != before


def test_a_row_that_names_no_place_of_r4_is_refused_with_its_line(tmp_path: Path) -> None:
    text = "feed: a\nrows:\n  - {from: ZPI-1, to: Patient.birthdate, type: date}"
    with pytest.raises(ConfigError, match="did you mean 'birthDate'") as why:
        load_sites(folder(tmp_path, a=text))
    assert why.value.line == 3


def test_what_our_simulated_hospital_sends_is_what_its_sites_expect() -> None:
    sites = load_sites(HOME / "sites")
    plan = hospital.Plan(
        seed=5, start=datetime(2026, 3, 2, 9, tzinfo=UTC), interval_s=0.5, patients=20, newcomers=True, fault_share=0.0
    )
    for sent in islice(hospital.messages(plan), 900):
        message = parse(sent.data)
        assert judge(message, sites[sent.feed]).departures == ()
        assert unwanted(message, sites[sent.feed]) is None
