"""The second-crash rule: which record a stage died on, remembered on disk, so that it is set aside the second time."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from processors.envelope import Position

STARTS_BEFORE_TRIAL = 3
"""Starts in a row without a commit after which records are tried one by one."""
DEATHS_BEFORE_REFUSAL = 2
"""Times the process may die within one record on trial before that record is set aside."""


@dataclass(slots=True)
class CrashMemory:
    """Kept in one small file. An exception names its record at once; a death without one is found by trial."""

    file: Path
    _known: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what an earlier life left; count this start."""
        if self.file.is_file():
            self._known = json.loads(self.file.read_text())
        self._set("starts", self._known.get("starts", 0) + 1)

    @property
    def on_trial(self) -> bool:
        """Whether records are to be tried one by one."""
        return self._known.get("starts", 0) > STARTS_BEFORE_TRIAL

    def crashed_before(self, at: Position) -> bool:
        """Whether the step has already raised on this record in an earlier life."""
        return self._known.get(f"raised {_name(at)}", 0) > 0

    def raised(self, at: Position) -> None:
        """The step raised on this record; the process will end."""
        self._set(f"raised {_name(at)}", 1)

    def died_before(self, at: Position) -> bool:
        """Whether the process has died within this record too often."""
        return self._known.get(f"trial {_name(at)}", 0) >= DEATHS_BEFORE_REFUSAL

    def trying(self, at: Position) -> None:
        """A record on trial begins."""
        self._set(f"trial {_name(at)}", self._known.get(f"trial {_name(at)}", 0) + 1)

    def committed(self) -> None:
        """A transaction has committed: nothing to remember. Cheap when there was nothing."""
        if self._known:
            self._known = {}
            self.file.unlink(missing_ok=True)

    def _set(self, name: str, count: int) -> None:
        self._known[name] = count
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps(self._known))
        partial.replace(self.file)


def _name(at: Position) -> str:
    return f"{at.topic}/{at.partition}/{at.offset}"
