"""The second-crash rule: which record a stage died on, remembered on disk, so that it is set aside the second time.

An exception names its record. A sudden death (out of memory, a crash in a library) names none: the life after it notes
what is being decided, and what was noted when it died, too, is decided record by record in the next. An end with an
exception is no sudden death, so failures of state, broker or disk bring no record under suspicion.
"""

import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from processors.envelope import Position
from processors.errors import Reason, Rejection

DEATHS_BEFORE_REFUSAL = 2
"""Sudden deaths with one record alone being decided, after which that record is set aside."""


@dataclass(slots=True)
class CrashMemory:
    """Kept in one small file, which is gone when there is nothing to remember."""

    file: Path
    _raised: list[str] = field(default_factory=list)
    """Records on which the step has raised."""
    _deaths: dict[str, int] = field(default_factory=dict)
    """Record -> sudden deaths with it alone."""
    _suspects: dict[str, list[int]] = field(default_factory=dict)
    """Partition -> first and last offset decided at a sudden death."""
    _deciding: dict[str, list[int]] = field(default_factory=dict)
    """The same of the open batch; noted only in a life after a sudden death."""
    _is_wary: bool = False

    def __post_init__(self) -> None:
        """Read what an earlier life left; a life that left no word was ended suddenly."""
        known = json.loads(self.file.read_text()) if self.file.is_file() else {}
        self._raised, self._deaths = known.get("raised", []), known.get("deaths", {})
        self._suspects = known.get("suspects", {})
        self._is_wary = known.get("alive", False)
        self._accuse(known.get("deciding", {}))
        self._save(alive=True)

    def _accuse(self, deciding: dict[str, list[int]]) -> None:
        places = [f"{where}/{first}" for where, (first, last) in deciding.items() if first == last]
        if len(places) == len(deciding) == 1:
            self._deaths[places[0]] = self._deaths.get(places[0], 0) + 1
        else:
            self._suspects |= deciding

    def is_suspect(self, at: Position) -> bool:
        """Whether the record is to be decided alone."""
        first, last = self._suspects.get(_where(at), (0, -1))
        return first <= at.offset <= last or _name(at) in self._deaths

    def is_culprit(self, at: Position) -> bool:
        """Whether the process has died within this record too often."""
        return self._deaths.get(_name(at), 0) >= DEATHS_BEFORE_REFUSAL

    def crashed_before(self, at: Position) -> bool:
        """Whether the step has already raised on this record in an earlier life."""
        return _name(at) in self._raised

    def raised(self, at: Position) -> None:
        """The step raised on this record; the process will end."""
        self._raised.append(_name(at))

    def begins(self, batch: Sequence[Position]) -> None:
        """The step begins on a batch, each partition in order."""
        if self._is_wary:
            for at in batch:
                self._deciding.setdefault(_where(at), [at.offset, at.offset])[1] = at.offset
            self._save(alive=True)

    def decided(self) -> None:
        """The step is through with the batch: what fails from here on is no record's fault."""
        if self._deciding:
            self._deciding = {}
            self._save(alive=True)

    def committed(self, reached: Mapping[str, int]) -> None:
        """Forget records below the offset that their partition (topic/number) has reached. Cheap with nothing known."""
        if not (self._raised or self._deaths or self._suspects):
            return
        self._raised = [name for name in self._raised if not _below(name, reached)]
        self._deaths = {name: n for name, n in self._deaths.items() if not _below(name, reached)}
        self._suspects = {w: ends for w, ends in self._suspects.items() if ends[1] >= reached.get(w, 0)}
        self._save(alive=True)

    def ends(self) -> None:
        """The life ends in order, or with an exception."""
        self._deciding = {}
        if self._raised or self._deaths or self._suspects:
            self._save(alive=False)
        else:
            self.file.unlink(missing_ok=True)

    def _save(self, *, alive: bool) -> None:
        known = {"alive": alive, "raised": self._raised, "deaths": self._deaths}
        known |= {"suspects": self._suspects, "deciding": self._deciding}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps(known))
        partial.replace(self.file)


def defect_of(why: Exception) -> Rejection:
    """What the step raised as a rejection: class and place in the code, no value."""
    frame = traceback.extract_tb(why.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
    refusal = Rejection(Reason.DEFECT, place, f"the step raised {type(why).__name__}; redrive after a fix")
    refusal.__cause__ = why
    return refusal


def _where(at: Position) -> str:
    return f"{at.topic}/{at.partition}"


def _name(at: Position) -> str:
    return f"{at.topic}/{at.partition}/{at.offset}"


def _below(name: str, reached: Mapping[str, int]) -> bool:
    where, _, offset = name.rpartition("/")
    return int(offset) < reached.get(where, 0)
