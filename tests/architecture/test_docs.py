"""The documents name only what there is: links, paths, commands, options, targets, metrics, views, triggers, rules."""

import importlib
import re
import sqlite3
from contextlib import closing
from fnmatch import fnmatch
from functools import cache

import pytest
import typer
from tree import CODE, Tree, python, repository

from processors.mapping.structures import MERGES, STRUCTURES
from streams.cli import output
from streams.cli.main import COMMANDS
from streams.settings import HOME, Settings
from streams.sinks.store import SQL

PAGES = sorted(name for name in repository() if name.endswith(".md"))
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|yaml|toml|py))`")
COMMAND = re.compile(r"\bwardline ((?:[a-z][a-z-]*\|)*[a-z][a-z-]*)((?: [a-z]+(?![=/.\w-]))?)([^`\n#]*)")
TARGET = re.compile(r"(?:`|^ {4}|^\$ )make ([a-z-]+)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
METRIC = re.compile(r"\bwardline_[a-z_]+\b")
FOLDER_METRIC = "wardline_feed_"
SQL_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
VIEW = re.compile(r"\bv_[a-z_]+\b")
SETTING = re.compile(r"\bWARDLINE_([A-Z_]+)\b")
#: Read by the platform, not a field of Settings.
OTHER_SETTINGS = {"DATA", "CACHE"}


def anchor(heading: str) -> str:
    """The id that a heading gets on the usual hosts of Markdown."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def broken_links(page: str, tree: Tree) -> list[str]:
    """Links of a page that lead to no file of the tree, or to no heading of it."""
    broken = []
    for link in LINK.findall(tree[page]):
        if "://" in link:
            continue
        file, _, fragment = link.partition("#")
        target = str((HOME / page).parent.joinpath(file).resolve().relative_to(HOME)) if file else page
        known = target in tree and (not fragment or fragment in {anchor(h) for h in HEADING.findall(tree[target])})
        broken += [] if known else [link]
    return broken


def lost_paths(page: str, tree: Tree) -> list[str]:
    """Paths in backticks that name neither a file nor a folder, seen from the root or from the page."""
    folders = {name[: at.start()] for name in tree for at in re.finditer("/", name)}
    here = page.rpartition("/")[0]
    found = {path.rstrip("/") for path in PATH.findall(tree[page])}
    there = {*tree, *folders}
    return sorted(p for p in found if p not in there and f"{here}/{p}" not in there)


@cache
def subcommands(command: str) -> dict[str, set[str]]:
    """Subcommand ("" where there are none) -> its options."""
    module, attribute, _ = COMMANDS[command]
    target = getattr(importlib.import_module(f"streams.cli.{module}"), attribute)
    app = target
    if not isinstance(target, typer.Typer):
        app = typer.Typer()
        app.command()(target)
    made = typer.main.get_command(app)
    listed = getattr(made, "commands", None)
    parts = {"": made} if listed is None else listed
    return {
        name: {o for p in part.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        for name, part in parts.items()
    }


def unknown_commands(text: str) -> list[str]:
    """Uses of the command line that it would refuse."""
    wrong = []
    for names, word, rest in COMMAND.findall(text):
        for name in names.split("|"):
            wrong += [f"wardline {name}"] if name not in COMMANDS else _wrong_use(name, word.strip(), rest)
    return wrong


def _wrong_use(command: str, word: str, rest: str) -> list[str]:
    parts = subcommands(command)
    if "" in parts:
        options = parts[""]
    elif word:
        options = parts.get(word, {word})
        if word not in parts:
            return [f"wardline {command} {word}"]
    else:
        options = set().union(*parts.values())
    return [f"wardline {command} {word} {option}" for option in OPTION.findall(rest) if option not in options]


def metrics_in_code(tree: Tree) -> set[str]:
    return {m for text in python(tree, *CODE).values() for m in METRIC.findall(text)}


def rule_ids() -> set[str]:
    from streams.rules import load_rules

    return set(load_rules(HOME / "rules").by_id)


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    assert broken_links(page, repository()) == []


@pytest.mark.parametrize("page", PAGES)
def test_each_path_exists(page: str) -> None:
    assert lost_paths(page, repository()) == []


@pytest.mark.parametrize("page", PAGES)
def test_each_command_and_option_exists(page: str) -> None:
    assert unknown_commands(repository()[page]) == []


@pytest.mark.parametrize("page", PAGES)
def test_each_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", repository()["Makefile"], re.MULTILINE))
    assert set(TARGET.findall(repository()[page])) - targets == set()


def test_operations_explains_each_metric_and_no_other() -> None:
    known = metrics_in_code(repository()) - {FOLDER_METRIC}
    assert set(METRIC.findall(repository()["docs/operations.md"])) == known


@pytest.mark.parametrize("page", PAGES)
def test_each_setting_exists(page: str) -> None:
    fields = {name.upper() for name in Settings.__dataclass_fields__} | OTHER_SETTINGS
    assert set(SETTING.findall(repository()[page])) - fields == set()


def test_operations_lists_the_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \|", repository()["docs/operations.md"], re.MULTILINE)
    codes = ("OK", "FAILED", "USAGE", "CONFIGURATION", "UNREACHABLE", "REFUSED", "DRIFT")
    assert [int(code) for code in rows] == [getattr(output, name) for name in codes]


@pytest.fixture(scope="module")
def store() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript((SQL / "schema.sql").read_text() + (SQL / "views.sql").read_text())
    return connection


@pytest.mark.parametrize("page", [name for name in PAGES if SQL_BLOCK.search(repository()[name])])
def test_each_query_runs(page: str, store: sqlite3.Connection) -> None:
    queries = [q for block in SQL_BLOCK.findall(repository()[page]) for q in block.split(";") if q.strip()]
    for query in queries:
        with closing(store.execute(query)) as found:
            assert found.description


def test_the_sql_page_names_every_table_and_view(store: sqlite3.Connection) -> None:
    found = store.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    text = repository()["docs/sql.md"]
    assert [name for (name,) in found if f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_view_that_a_page_names_exists(page: str, store: sqlite3.Connection) -> None:
    views = {name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
    assert set(VIEW.findall(repository()[page])) - views == set()


@pytest.mark.parametrize("kind", [kind for kind, structure in STRUCTURES.items() if structure.triggers])
def test_messages_lists_the_triggers_that_are_converted(kind: str) -> None:
    row = re.search(rf"^\| {kind} \| ([A-Z0-9 ]+) \|", repository()["docs/messages.md"], re.MULTILINE)
    assert row is not None
    assert set(row[1].split()) == STRUCTURES[kind].triggers


def test_messages_names_the_merges() -> None:
    assert f"| {' '.join(sorted(MERGES))} |" in repository()["docs/messages.md"]


def test_every_rule_is_in_a_journey_and_every_journey_names_real_rules() -> None:
    text = "".join(t for name, t in repository().items() if fnmatch(name, "docs/journeys/*.md"))
    named = {word for word in re.findall(r"`([a-z0-9-]+)`", text) if "-" in word}
    assert named == rule_ids()


def test_the_checks_see_what_is_not_there() -> None:
    tree = {"docs/a.md": "# One two\n[x](b.md) [y](#one-two) [z](#three) `streams/gone.py` `a.md`", "streams/x.py": ""}
    assert broken_links("docs/a.md", tree) == ["b.md", "#three"]
    assert lost_paths("docs/a.md", tree) == ["streams/gone.py"]


def test_the_check_of_commands_knows_subcommands_and_options() -> None:
    text = "`wardline trace|fnd X`, `wardline dlq lst`, `wardline up --not-there`, `wardline dlq list --reason X`"
    assert unknown_commands(text) == ["wardline fnd", "wardline dlq lst", "wardline up  --not-there"]
