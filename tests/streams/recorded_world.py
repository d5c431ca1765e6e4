"""A recording: messages through the whole path in memory, into a SQL store and topics that can be read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as File

from read_side import KEYRING

from processors import topics
from processors.envelope import Emit, Position, Record
from processors.records import decide, normalize, project, task
from processors.records.memory import MemoryStage
from processors.records.path import Path, raw_record
from processors.rules.compiled import RuleSet
from processors.rules.parse import parse_rules
from processors.sites import Site
from streams.catalog import load_catalog
from streams.codec import Codec
from streams.parts import Parts
from streams.settings import HOME, Settings
from streams.sinks.columns import SINK_TOPICS
from streams.sinks.rows import Consumed, Unreadable
from streams.sinks.store import Store

FILE = "critical-results.yaml"
#: One rule with its limits, as small as it goes, so that loading it costs nothing.
RULE = """
defaults:
  version: "2"
  status: active
  owner: laboratory medicine
  effective_from: "2026-01-01"
  domain: critical-results
  on: {record: observation}
  when: ["status in P, F, C, A, unknown"]
  any_of: ["breach in low, high", "laboratory_flag in HH, LL, AA"]
  outcome: escalate
  task: {code: critical-result, title: "Critical {analyte}: {measured}", priority: stat}
  reason: "Critical {status_words}: {analyte} {measured} is {finding}."
  next_action: "Check the patient now."
  citation: "a test"
  route: {role: bedside nurse, acuity: U}
  sla: {acknowledge_min: 30, due_min: 60}
  ladder:
    - {after_min: 15, role: charge nurse}
  suppress: {window_min: 240}
analytes:
  potassium:
    label: potassium
    codes: ["2823-3"]
    limits:
      - {units: [mmol/L], low: 2.8, high: 6.2, worse_by: 0.5}
  sodium:
    label: sodium
    codes: ["2951-2"]
    limits:
      - {units: [mmol/L], low: 120, high: 158, worse_by: 5}
rules:
  - id: critical-potassium
    on: {analytes: [potassium]}
  - id: critical-sodium
    on: {analytes: [sodium]}
"""
LAB = Site(feed="lab")
CODEC = Codec.offline(HOME / "schemas")
CATALOG = load_catalog(HOME / "topics.yaml")
DAY_0 = 1_772_438_400_000_000
"""2026-03-02 08:00 UTC, in microseconds."""
MINUTE = 60_000_000


def result(number: int, value: str, *, minute: int = 0, mrn: str = "4711", status: str = "F", order: str = "") -> bytes:
    """A report of one potassium; `minute` after 08:00."""
    at = f"20260302{8 + minute // 60:02}{minute % 60:02}00+0000"
    lines = (
        f"MSH|^~\\&|LAB|HERE|WARDLINE|DEMO|{at}||ORU^R01^ORU_R01|LAB{number:04d}|P|2.5.1",
        f"PID|1||{mrn}^^^HERE^MR||TEST^PATIENT||19600101|F",
        "PV1|1|I|ICU^3^A||||||||||||||||V-9",
        f"OBR|1||{order or f'F{number}'}|24326-1^Electrolytes^LN|||{at}|||||||||||||||{at}||LAB|{status}",
        f"OBX|1|NM|2823-3^Potassium^LN||{value}|mmol/L|3.5-5.1||||{status}|||{at}",
    )
    return "\r".join(lines).encode() + b"\r"


def rules_in(folder: File, *changes: tuple[str, str]) -> File:
    """The rule in a folder of its own, with texts changed."""
    text = RULE
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    folder.mkdir(parents=True)
    (folder / FILE).write_text(text)
    return folder


@dataclass(frozen=True, slots=True)
class Kept:
    """One record of a topic, as the client gives it."""

    at: int
    name: bytes
    data: bytes
    place: int = 0

    def value(self) -> bytes:
        return self.data

    def key(self) -> bytes:
        return self.name

    def offset(self) -> int:
        return self.at

    def partition(self) -> int:
        return self.place


@dataclass(slots=True)
class Recording:
    """What the platform would have kept of these messages, received at the minutes given."""

    folder: File
    disabled: frozenset[str] = frozenset()
    rules: RuleSet = field(default_factory=lambda: parse_rules({FILE: RULE}))
    emits: list[Emit] = field(default_factory=list)

    def play(self, *messages: tuple[int, bytes]) -> "Recording":
        path = Path(
            MemoryStage(topics.RAW, normalize.make_step({"lab": LAB}, KEYRING), normalize.refused),
            MemoryStage(topics.TIMELINE, project.make_step(), project.refused),
            MemoryStage(topics.TIMELINE, decide.make_step(self.rules, KEYRING, self.disabled), decide.refused),
            MemoryStage(topics.COMMAND, task.make_step(KEYRING), task.refused),
        )
        raws = [raw_record(data, LAB, KEYRING, DAY_0 + at * MINUTE, n) for n, (at, data) in enumerate(messages, 1)]
        self.emits = list(path.run(raws, raws[-1]["received_at"]))
        return self

    def store(self) -> File:
        """The SQL store, as the sink would fill it; the keyring beside it."""
        (self.folder / "identity.key").write_text(KEYRING.secret.hex())
        offsets: Counter[str] = Counter()
        rows: list[Consumed | Unreadable] = []
        for n, emit in enumerate(self.emits):
            if emit.topic in SINK_TOPICS:
                at = Position(emit.topic, 0, offsets[emit.topic])
                rows.append(Consumed(at, emit.value["received_at"] + n, emit.value))
                offsets[emit.topic] += 1
        with Store(self.folder / "wardline.db", KEYRING) as store:
            store.apply(rows, {})
        return self.folder

    def of(self, topic: str) -> list[Record]:
        return [emit.value for emit in self.emits if emit.topic == topic]

    def read(self, _bootstrap: str, topic: str) -> Iterator[Kept]:
        """A Reader of the topics."""
        chosen = [emit for emit in self.emits if emit.topic == topic]
        return (Kept(n, emit.key.encode(), CODEC.encode(topic, emit.value)) for n, emit in enumerate(chosen))

    @property
    def parts(self) -> Parts:
        return Parts(settings=Settings(data_dir=self.folder), catalog=CATALOG, codec=CODEC, keyring=KEYRING)
