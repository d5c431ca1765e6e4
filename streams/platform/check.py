"""What one check of `wardline doctor` found: ok, warn or fail, in words, and how to mend it."""

from dataclasses import dataclass
from typing import Literal

from processors.envelope import Record

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report."""

    name: str
    state: State
    what: str
    fix: str = ""
    is_unreachable: bool = False
    """A dependency did not answer: the report ends with exit code 4."""

    def record(self) -> Record:
        """For --json."""
        return {"check": self.name, "state": self.state, "what": self.what, "fix": self.fix}


def ok(name: str, what: str) -> Check:
    """All is well."""
    return Check(name=name, state="ok", what=what)


def warn(name: str, what: str, fix: str) -> Check:
    """Works, but should be looked at."""
    return Check(name=name, state="warn", what=what, fix=fix)


def fail(name: str, what: str, fix: str) -> Check:
    """Does not work."""
    return Check(name=name, state="fail", what=what, fix=fix)


def unreachable(name: str, what: str, fix: str) -> Check:
    """Does not answer."""
    return Check(name=name, state="fail", what=what, fix=fix, is_unreachable=True)
