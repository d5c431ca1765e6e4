"""The rule language: what a file in rules/ may say, as frozen dataclasses that processors.config reads."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

RecordKind = Literal["", "observation", "encounter", "appointment"]
#: Value of `on.analytes` that stands for every analyte of every rule file.
ALL_ANALYTES = "all"
#: Value of `on.analytes` that stands for every code that belongs to no analyte.
OTHER_CODES = "other"
#: Value of `closes` that stands for every rule whose tasks do not stay.
ALL_RULES = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Critical limits of one analyte in one unit. Strict: a value is critical when below `low` or above `high`."""

    units: tuple[str, ...]
    codes: tuple[str, ...] = ()
    """Codes that are reported in these units; empty = each code of the analyte."""
    patients: Literal["adult", "child", "newborn"] = "adult"
    low: Decimal | None = None
    high: Decimal | None = None
    haemolysed_high: Decimal | None = None
    """A haemolysed specimen above `high` and not above this asks for a new specimen instead of an escalation."""
    times: Decimal = Decimal(1)
    """The value is multiplied by this before it is compared (kPa against limits in mm[Hg])."""
    worse_by: Decimal | None = None
    """A repeat that is worse by at least this pages again inside the suppression window; else a fifth of the value."""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """What is measured: its name in plain words, its codes (LOINC) and its limits."""

    label: str
    codes: tuple[str, ...]
    limits: tuple[Limits, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class On:
    """Which records a rule looks at."""

    record: RecordKind = ""
    analytes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    """Trigger events (A16, S26 ...), for encounters and appointments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a rule is in force; empty = everywhere."""

    sites: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    share: int = 100
    """Pilot share of the patients, per cent."""

    def __post_init__(self) -> None:
        if not 1 <= self.share <= 100:
            raise ValueError("share must lie between 1 and 100 per cent")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskText:
    """How the task is called."""

    code: str = ""
    title: str = ""
    priority: Literal["", "routine", "urgent", "asap", "stat"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who should act; unit empty = the patient's unit."""

    role: str = ""
    unit: str = ""
    acuity: Literal["", "E", "U", "S", "R"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """The clock. `before_discharge` counts back from the expected discharge; business days are Monday to Friday."""

    acknowledge_min: int = 0
    due_min: int = 0
    due_before_discharge_min: int = 0
    due_business_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """Whom to tell when nobody acknowledged: after that many minutes, or that long before the expected discharge."""

    role: str
    action: Literal["notify", "escalate"] = "escalate"
    after_min: int = 0
    before_discharge_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Who acts, and how, when no ward has the patient (an outpatient, or discharged); empty = as on the ward."""

    role: str = ""
    next_action: str = ""
    acknowledge_min: int = 0
    ladder: tuple[LadderStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppress:
    """Inside the window a repeat pages only when it is worse, or after a value that was not critical."""

    window_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Realert:
    """For rules on a score: when the score of a later set alerts again."""

    higher_band: bool = False
    """Only when the set is in a higher band than the one before."""
    rise: int = 0
    """Or when it has risen by this much since the last alert; 0 = never inside a band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. What it leaves out comes from the file's `defaults`."""

    id: str = ""
    version: str = ""
    status: Literal["", "draft", "shadow", "active", "retired"] = ""
    scope: Scope = field(default_factory=Scope)
    owner: str = ""
    effective_from: str = ""
    """Date from which on it is in force (stage time, UTC)."""
    domain: str = ""
    on: On = field(default_factory=On)
    score: str = ""
    """A detector (processors/rules/scores.py): the rule is asked whenever its score is worked out anew."""
    realert: Realert = field(default_factory=Realert)
    recheck_at_expiry: bool = False
    """For rules on a score: ask again when its next set is due."""
    when: tuple[str, ...] = ()
    """Clauses that must all hold."""
    any_of: tuple[str, ...] = ()
    """Clauses of which one must hold."""
    unless: tuple[str, ...] = ()
    """Clauses of which none may hold."""
    recheck_before_discharge_min: int = 0
    """Look again this long before the expected discharge."""
    resolved_when: tuple[str, ...] = ()
    """Clauses that, when they all hold, take an open task of this rule back."""
    resolved_reason: str = ""
    """What is then said to the reader of the task; for results: when a later version ends it."""
    again_if_more: str = ""
    """A fact that counts: when it grows, a task that staff have closed is asked for again."""
    closes: tuple[str, ...] = ()
    """Rules whose open tasks of this patient are taken back when this rule fires; `all` = every rule but `stays`."""
    outcome: Literal["", "escalate", "route_task", "refresh_summary", "no_action"] = ""
    effect: Literal["", "recollect"] = ""
    task: TaskText = field(default_factory=TaskText)
    reason: str = ""
    next_action: str = ""
    evidence: tuple[str, ...] = ()
    """Facts shown as evidence, besides the record itself."""
    citation: str = ""
    route: Route = field(default_factory=Route)
    sla: Sla = field(default_factory=Sla)
    ladder: tuple[LadderStep, ...] = ()
    away: Away = field(default_factory=Away)
    suppress: Suppress = field(default_factory=Suppress)
    stays: bool = False
    """A later version of the record never takes an open task of this rule back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One file in rules/."""

    description: str = ""
    defaults: Rule = field(default_factory=Rule)
    analytes: dict[str, Analyte] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
