"""What no tracked file may hold: registry addresses, paths of one machine, unfinished work, lost references."""

import re
from collections.abc import Iterable

import pytest
from tree import Tree, repository

from processors.errors import ERROR_CODE_0357, Reason, Warn

#: Written in pieces, so that this file does not hold what it forbids.
REGISTRIES = (
    *("pypi" + ".org", "python" + "hosted", "repo1." + "maven", "repo.maven." + "apache", "maven" + "central"),
    *("registry." + "npmjs", "proxy." + "golang", "crates" + ".io", "rubygems" + ".org", "deb." + "debian.org"),
    *("docker" + ".io", "ghcr" + ".io", "quay" + ".io", "gcr" + ".io", "conda" + ".anaconda"),
)
MACHINE_PATH = re.compile(r"(?<![\w.~$}])/" + r"(?:work|farm|root|home|Users|tmp)/[\w.]")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
LOCKS = ("requirements/run.txt", "requirements/dev.txt")
PATH_IN_TEXT = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|yaml|toml|py))`")


def holding(tree: Tree, words: Iterable[str]) -> list[str]:
    return [f"{name}: {word}" for name, text in tree.items() for word in words if word in text]


def matching(tree: Tree, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {found.group()}"
        for name, text in tree.items()
        for number, line in enumerate(text.splitlines(), 1)
        for found in pattern.finditer(line)
    ]


def lost_paths(text: str, tree: Tree) -> list[str]:
    """Paths in backticks that name neither a file nor a folder of the tree."""
    folders = {name[: at.start() + 1] for name in tree for at in re.finditer("/", name)}
    named = {path for path in PATH_IN_TEXT.findall(text)}
    return sorted(path for path in named if path not in tree and f"{path.rstrip('/')}/" not in folders)


def described(text: str) -> dict[str, list[str]]:
    """Rows of the Markdown tables by the code in their first column; each cell must say something."""
    rows = (line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("| `"))
    return {cells[0].strip().strip("`"): [cell.strip() for cell in cells[1:]] for cells in rows}


def test_no_file_names_a_package_registry() -> None:
    assert holding(repository(), REGISTRIES) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert matching(repository(), MACHINE_PATH) == []


def test_no_work_is_left_unfinished() -> None:
    assert matching(repository(), UNFINISHED) == []


def test_locks_hold_hashes_and_no_addresses() -> None:
    tree = repository()
    assert [name for name in LOCKS if "://" in tree[name] or "--hash=sha256:" not in tree[name]] == []


def test_there_is_no_lock_with_addresses() -> None:
    assert [name for name in repository() if name.endswith(("uv" + ".lock", "py" + "lock.toml"))] == []


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"])
def test_each_path_that_a_page_names_exists(page: str) -> None:
    tree = repository()
    assert lost_paths(tree.get(page, ""), tree) == []


def test_each_reason_and_warning_is_explained() -> None:
    rows = described(repository()["docs/reasons.md"])
    assert set(rows) == {*Reason, *Warn}
    assert [code for code, cells in rows.items() if not all(cells)] == []


def test_the_explained_error_codes_are_those_that_are_sent() -> None:
    rows = described(repository()["docs/reasons.md"])
    assert {Reason(code): rows[code][-1] for code in Reason if rows[code][-1] != "–"} == ERROR_CODE_0357


def test_the_rules_see_addresses_paths_and_unfinished_work() -> None:
    tree = {
        "a.md": "see https://" + REGISTRIES[0] + "/simple",
        "b.py": 'open("/' + 'tmp/x")\n# TO' + "DO later\n",
        "c.md": "FHIR: http://hl7.org/fhir, docs/tmp/x, ~/work/y",
    }
    assert holding(tree, REGISTRIES) == [f"a.md: {REGISTRIES[0]}"]
    assert [found.partition(": ")[0] for found in matching(tree, MACHINE_PATH)] == ["b.py:1"]
    assert [found.partition(": ")[0] for found in matching(tree, UNFINISHED)] == ["b.py:2"]


def test_the_path_rule_sees_a_lost_file_and_a_lost_folder() -> None:
    tree = {"streams/stage.py": "", "topics.yaml": ""}
    text = "`streams/stage.py` `streams/` `topics.yaml` `streams/gone.py` `gone/` `a / b` `wardline up`"
    assert lost_paths(text, tree) == ["gone/", "streams/gone.py"]


def test_the_reasons_rule_reads_the_rows_of_a_table() -> None:
    assert described("| code | what |\n| --- | --- |\n| `not_hl7` | bytes | 100 |\n") == {"not_hl7": ["bytes", "100"]}
