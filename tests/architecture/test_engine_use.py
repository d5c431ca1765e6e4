"""One inbox per stage, and nothing of Faust that lost or doubled records when it was tried (docs/adr)."""

import ast
import re

import pytest
from tree import CODE, STAGES, Tree, calls, keyword, parsed, python, repository

from processors import topics
from streams.catalog import load_catalog
from streams.settings import HOME

CATALOG = load_catalog(HOME / "topics.yaml")
NEVER = ("noack", "send_soon", "maybe_declare", "group_by", "through")
GUARANTEE = "exactly" + "_once"


def sources(text: str) -> list[str]:
    """Topics that a file of streams/agents reads, as written: `topics.RAW`."""
    inboxes = [keyword(call, "inbox") for call in calls(text, "StageDefinition")]
    return inboxes + [ast.unparse(call.args[0]) if call.args else "?" for call in calls(text, "topic")]


def forbidden(tree: Tree) -> list[str]:
    """Uses of what Faust offers and we never take, one line each."""
    found: list[str] = []
    for path, text in python(tree, *CODE).items():
        for node in ast.walk(parsed(text)):
            found += [f"{path}:{getattr(node, 'lineno', 0)}: {what}" for what in _faults(node)]
    return found


def _faults(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Attribute) and node.attr in NEVER[:3]:
        return [node.attr]
    if isinstance(node, ast.Constant) and node.value == GUARANTEE:
        return [GUARANTEE]
    if isinstance(node, ast.keyword):
        return _keyword_faults(node)
    return []


def _keyword_faults(node: ast.keyword) -> list[str]:
    value = ast.unparse(node.value)
    if node.arg == "concurrency" and value != "1":
        return ["concurrency"]
    if node.arg == "processing_guarantee" and value != "'at_least_once'":
        return ["processing_guarantee"]
    if node.arg in ("key_serializer", "value_serializer") and value != "'raw'":
        return [node.arg]
    return []


def decoding_topics(tree: Tree) -> list[str]:
    """Faust topics that are not read as raw bytes."""
    return [
        f"{path}:{call.lineno}"
        for path, text in python(tree, "streams/agents/").items()
        for call in calls(text, "topic")
        if (keyword(call, "key_serializer"), keyword(call, "value_serializer")) != ("'raw'", "'raw'")
    ]


def apps(tree: Tree) -> list[str]:
    """Files that make a Faust app."""
    return [
        path
        for path, text in python(tree, *CODE).items()
        if any(ast.unparse(call.func) in ("faust.App", "App") and "faust" in text for call in calls(text, "App"))
    ]


def transactional(name: str) -> bool:
    """Whether stages write this topic."""
    return bool(set(CATALOG.topics[name].producers) & set(STAGES))


def named(source: str) -> str:
    """The topic behind `topics.RAW`."""
    return str(getattr(topics, source.removeprefix("topics.")))


AGENTS = {p: t for p, t in python(repository(), "streams/agents/").items() if not p.endswith("__init__.py")}


@pytest.mark.parametrize("path", AGENTS)
def test_an_agent_reads_exactly_one_topic(path: str) -> None:
    assert len(sources(AGENTS[path])) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reads_the_inbox_that_the_catalogue_gives_it(stage: str) -> None:
    (source,) = sources(AGENTS[f"streams/agents/{stage}.py"])
    assert stage in CATALOG.topics[named(source)].consumers
    changelog = CATALOG.changelogs.get(f"rows.{stage}.v1")
    assert changelog is None or changelog.inbox == named(source)


@pytest.mark.parametrize("path", [path for path, text in AGENTS.items() if list(calls(text, "topic"))])
def test_a_faust_agent_reads_no_topic_that_stages_write(path: str) -> None:
    assert [source for source in sources(AGENTS[path]) if transactional(named(source))] == []


def test_nothing_of_faust_is_used_that_lost_or_doubled_records() -> None:
    assert forbidden(repository()) == []


def test_faust_topics_are_read_as_raw_bytes() -> None:
    assert decoding_topics(repository()) == []


def test_an_app_is_made_in_one_place_only() -> None:
    assert apps(repository()) == ["streams/app.py"]


def test_the_app_creates_no_topics() -> None:
    (call,) = calls(repository()["streams/app.py"], "App")
    assert keyword(call, "topic_allow_declare") == "False"
    assert keyword(call, "topic_disable_leader") == "True"
    assert keyword(call, "processing_guarantee") == "'at_least_once'"


def test_no_client_asks_for_topics_to_be_created() -> None:
    asked = re.compile(r"allow\.auto\.create\.topics[\"']\s*:\s*True")
    assert [path for path, text in python(repository(), *CODE).items() if asked.search(text)] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("await topic.send_soon(1)", "send_soon"),
        ("stream.noack()", "noack"),
        ("@app.agent(source, concurrency=2)\nasync def f(s): ...", "concurrency"),
        (f"faust.App('x', processing_guarantee='{GUARANTEE}')", "processing_guarantee"),
        ("app.topic(topics.RAW, value_serializer='json')", "value_serializer"),
        ("await topic.maybe_declare()", "maybe_declare"),
    ],
    ids=["send_soon", "noack", "concurrency", "guarantee", "codec", "declare"],
)
def test_the_rule_sees_a_forbidden_feature(line: str, said: str) -> None:
    found = forbidden(
        {"streams/agents/x.py": f"async def g():\n    pass\n{line}\n" if "await" not in line else _inside(line)}
    )
    assert found
    assert said in found[0]


def _inside(line: str) -> str:
    return f"async def g():\n    {line}\n"


def test_the_rule_sees_a_second_app_a_second_source_and_a_decoded_topic() -> None:
    text = "import faust\napp = faust.App('x')\na = app.topic(topics.RAW)\nb = StageDefinition(inbox=topics.TASK)\n"
    tree = {"streams/agents/x.py": text}
    assert apps(tree) == ["streams/agents/x.py"]
    assert sources(text) == ["topics.TASK", "topics.RAW"]
    assert decoding_topics(tree) == ["streams/agents/x.py:3"]


def test_the_rule_knows_which_topics_stages_write() -> None:
    assert transactional(topics.TIMELINE)
    assert not transactional(topics.RAW)
