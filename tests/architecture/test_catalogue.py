"""Catalogue, schemas, examples, constants and code name the same topics, each way."""

import ast
from fnmatch import fnmatch

import pytest
from tree import CODE, Tree, parsed, python, repository, topic_constants

from processors import topics
from streams.catalog import load_catalog
from streams.settings import HOME

CATALOG = load_catalog(HOME / "topics.yaml")
CONSTANTS = {name: value for name, value in vars(topics).items() if name.isupper() and isinstance(value, str)}
#: Where a producer or consumer of the catalogue lives. A stage is its step and the loop that all stages share.
_LOOP = ("streams/stage*.py", "streams/control.py", "streams/crash.py", "processors/records/dead_letter.py")
COMPONENTS: dict[str, tuple[str, ...]] = {
    "normalize": ("processors/records/normal*.py", "streams/agents/normalize.py", *_LOOP),
    "project": (
        "processors/records/project*.py",
        "processors/records/canonical*.py",
        "streams/agents/project.py",
        *_LOOP,
    ),
    "decide": ("processors/records/deci*.py", "streams/agents/decide.py", *_LOOP),
    "tasks": ("processors/records/task*.py", "streams/agents/tasks.py", *_LOOP),
    "gateway": ("streams/gateway/*.py",),
    "feeds": ("streams/agents/feeds.py", "streams/control.py", "streams/agents/control_log.py"),
    "sink": ("streams/sinks/*.py",),
    "replay": ("streams/replay*.py", "streams/cli/replay.py"),
    "worker": ("streams/worker.py", "streams/app.py", "streams/control.py", "streams/stage*.py"),
    "board": ("board/*.py",),
    "dlq": ("streams/cli/dlq.py", "streams/redrive.py", "streams/dlq.py"),
    "rules": ("streams/cli/rules.py", "streams/rules.py", "streams/control.py", "streams/switch.py"),
    "cli": ("streams/cli/*.py", "streams/commands.py", "streams/audit.py"),
}


def files_of(component: str, tree: Tree) -> Tree:
    patterns = COMPONENTS[component]
    return {name: text for name, text in python(tree, *CODE).items() if any(fnmatch(name, p) for p in patterns)}


def mentioned(component: str, tree: Tree) -> set[str]:
    """Topics that a component's files name."""
    names = {name for text in files_of(component, tree).values() for name in topic_constants(text)}
    found = {CONSTANTS[name] for name in names if name in CONSTANTS}
    return found | (set(topics.CANONICAL) if "CANONICAL" in names else set())


def literal_topics(tree: Tree) -> list[str]:
    """Places in code that write a topic's name instead of its constant."""
    names = set(CONSTANTS.values()) | set(CATALOG.changelogs)
    return [
        f"{path}:{node.lineno}: {node.value}"
        for path, text in python(tree, *CODE).items()
        if path != "processors/topics.py"
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
    ]


def stated(component: str) -> set[str]:
    """Topics that the catalogue says a component writes or reads."""
    return {name for name, topic in CATALOG.topics.items() if component in (*topic.producers, *topic.consumers)}


def test_constants_and_catalogue_name_the_same_topics() -> None:
    assert set(CONSTANTS.values()) == set(CATALOG.topics)


def test_schemas_and_catalogue_name_the_same_topics() -> None:
    found = {path.stem for path in (HOME / "schemas").glob("*.avsc")}
    assert found == set(CATALOG.topics) == {topic.schema for topic in CATALOG.topics.values()}


@pytest.mark.parametrize("verdict", ["accepted", "rejected"])
def test_every_schema_has_examples_and_every_example_a_schema(verdict: str) -> None:
    found = {path.parent.parent.name for path in (HOME / "schemas/examples").glob(f"*/{verdict}/*.json")}
    assert found == set(CATALOG.topics)


def test_every_dead_letter_is_a_topic_that_keeps_whole_records() -> None:
    named = {topic.dead_letter for topic in CATALOG.topics.values()} - {"none"}
    assert named == {topics.DEAD_LETTER}


def test_an_inbox_has_a_dead_letter() -> None:
    inboxes = {changelog.inbox for changelog in CATALOG.changelogs.values()}
    assert [name for name in inboxes if CATALOG.topics[name].dead_letter == "none"] == []


def test_every_topic_has_a_producer_and_a_consumer() -> None:
    assert [name for name, topic in CATALOG.topics.items() if not (topic.producers and topic.consumers)] == []


def test_no_component_of_the_catalogue_is_unknown() -> None:
    named = {who for topic in CATALOG.topics.values() for who in (*topic.producers, *topic.consumers)}
    assert named == set(COMPONENTS)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_names_the_topics_that_the_catalogue_gives_it(component: str) -> None:
    missing = stated(component) - mentioned(component, repository())
    assert missing == set()


@pytest.mark.parametrize("component", ["normalize", "project", "tasks", "gateway", "feeds", "sink", "dlq", "rules"])
def test_a_component_names_no_topic_that_the_catalogue_keeps_from_it(component: str) -> None:
    shared = {topic for pattern in _LOOP for topic in mentioned_by(pattern)}
    excess = mentioned(component, repository()) - stated(component) - shared
    assert excess == set()


def mentioned_by(pattern: str) -> set[str]:
    texts = [text for name, text in repository().items() if fnmatch(name, pattern)]
    return {CONSTANTS[name] for text in texts for name in topic_constants(text) if name in CONSTANTS}


def test_code_uses_the_constants_not_the_names() -> None:
    assert literal_topics(repository()) == []


def test_the_rule_sees_a_name_where_a_constant_belongs() -> None:
    tree = {
        "streams/x.py": f'"""Reads raw."""\nINBOX = "{topics.RAW}"\n',
        "processors/topics.py": f'RAW = "{topics.RAW}"\n',
    }
    assert literal_topics(tree) == [f"streams/x.py:2: {topics.RAW}"]


def test_the_rule_sees_constants_however_they_are_imported() -> None:
    tree = {
        "board/a.py": "from processors import topics\nx = topics.AUDIT\n",
        "board/b.py": "from processors.topics import TASK\n",
    }
    assert mentioned("board", tree) == {topics.AUDIT, topics.TASK}
