"""The history of our contracts in one file (schemas/baseline.json): place -> type over all versions.

With it an incompatible change is seen without a registry: a place of a schema keeps its type for ever.
"""

import json
from pathlib import Path

from processors.envelope import Record
from streams.contracts import conflicts, paths

Baseline = dict[str, dict[str, str]]


def load_baseline(folder: Path) -> Baseline:
    """Topic -> place -> type; empty when the folder has no baseline yet."""
    path = folder / "baseline.json"
    if not path.is_file():
        return {}
    known: Baseline = json.loads(path.read_text("utf-8"))
    return known


def save_baseline(folder: Path, baseline: Baseline) -> None:
    """Write the file, sorted, one place per line."""
    text = json.dumps(baseline, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "baseline.json").write_text(text + "\n", "utf-8")


def broken(baseline: Baseline, schemas: dict[str, Record]) -> list[str]:
    """Incompatible changes, one line each with topic and field. A schema that has gone is one too."""
    found = [f"{topic}: the schema has gone" for topic in sorted(baseline.keys() - schemas.keys())]
    for topic, schema in schemas.items():
        found += [f"{topic}: {conflict}" for conflict in conflicts(baseline.get(topic, {}), schema)]
    return found


def unrecorded(baseline: Baseline, schemas: dict[str, Record]) -> list[str]:
    """Places that are new since the baseline was written; compatible, and to be recorded with the change."""
    return [
        f"{topic}: {place or 'the record'} is new"
        for topic, schema in schemas.items()
        for place in sorted(paths(schema).keys() - baseline.get(topic, {}).keys())
    ]


def extended(baseline: Baseline, schemas: dict[str, Record]) -> Baseline:
    """The baseline and what the schemas have now; what has gone stays, so it cannot come back as another type."""
    return {**baseline, **{t: {**paths(schema), **baseline.get(t, {})} for t, schema in schemas.items()}}
