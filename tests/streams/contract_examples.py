"""Example records of schemas/examples/ as the tests read them: bytes are written in JSON as Latin-1 text."""

import json
from pathlib import Path

from processors.envelope import Record
from streams.contracts import load_schemas
from streams.settings import HOME

SCHEMAS = load_schemas(HOME / "schemas")


def examples(verdict: str) -> list[tuple[str, Path]]:
    """Topic and file of every example with this verdict (accepted, rejected)."""
    return [(path.parent.parent.name, path) for path in sorted((HOME / "schemas/examples").glob(f"*/{verdict}/*.json"))]


def read(topic: str, path: Path) -> Record:
    """The example as a step would write it."""
    value: Record = json.loads(path.read_text("utf-8"))
    for field in SCHEMAS[topic]["fields"]:
        given = value.get(field["name"])
        if field["type"] == "bytes" and isinstance(given, str):
            value[field["name"]] = given.encode("latin-1")
    return value


def name(case: object) -> str:
    """A readable id for a parametrized example."""
    return f"{case.parent.parent.name}/{case.stem}" if isinstance(case, Path) else ""
