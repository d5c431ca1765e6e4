"""What decide remembers of one patient: result versions, open items, stay, appointments; bounded in size and age."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from processors.envelope import Record, Row
from processors.rules import readings
from processors.rules.times import DAY
from processors.rules.versions import Version

FORMAT = 2
#: Row formats that are read: 1 had no readings and no scores.
READABLE = frozenset({1, FORMAT})
MAX_AGE_US = 30 * DAY
MAX_PER_CODE = 5
MAX_RESULTS = 200
MAX_ITEMS = 100
MAX_PENDING = 50
MAX_APPOINTMENTS = 30
MAX_HELD = 5
MAX_MERGED = 20

#: FHIR class of an encounter of an outpatient.
OUTPATIENT = "AMB"
LIVE = frozenset({"open", "acknowledged"})
NO_SUBJECT: Record = {
    "patient_id": "",
    "name": "",
    "identifier": "",
    "birth_date": "",
    "gender": "",
    "encounter_id": "",
    "visit_number": "",
    "unit": "",
    "location": "",
}


def row_key(patient_key: str) -> str:
    """The key of the patient's row."""
    return f"patient/{patient_key}"


def stub(survivor: str) -> Row:
    """The row of a patient who was merged away: later records go to the survivor."""
    return {"v": FORMAT, "merged_into": survivor}


class Context:
    """One patient's row, with the questions that the rules ask. The row is changed in place; `changed` says whether."""

    def __init__(self, row: Row | None) -> None:
        fresh = row is None or "merged_into" in row
        self.row: Row = empty_row() if fresh or row is None else {**empty_row(), **row, "v": FORMAT}
        self.changed = False

    @property
    def subject(self) -> Record:
        """The patient as shown to staff, with the present stay's place."""
        shown: Record = self.row["subject"]
        return shown

    @property
    def encounter(self) -> Record:
        """The present stay: the fields of canonical.encounter.v1 that rules use; empty when none is known."""
        stay: Record = self.row["encounter"]
        return stay

    def section(self, name: str) -> Row:
        """A part of the row that is about to be changed."""
        self.changed = True
        part: Row = self.row[name]
        return part

    # results

    def held(self, observation_id: str, code: str) -> Row | None:
        """The version of a result that is held, withdrawn ones too."""
        results: list[Row] = self.row["results"].get(code, [])
        return next((r for r in results if r["id"] == observation_id), None)

    def remember(self, code: str, entry: Row) -> None:
        """Hold this version of a result; newest results first."""
        results = self.section("results")
        others = [r for r in results.get(code, []) if r["id"] != entry["id"]]
        results[code] = [entry, *others][:MAX_PER_CODE]

    # items

    def items(self) -> Iterator[tuple[str, Row]]:
        """All items, by task id."""
        yield from self.row["items"].items()

    def live(self, rule_id: str, focus: str) -> tuple[str, Row] | None:
        """The open or acknowledged item of a rule about a record."""
        for task_id, item in self.row["items"].items():
            if item["focus"] == focus and item["rule"] == rule_id and item["state"] in LIVE:
                return task_id, item
        return None

    def last_closed(self, rule_id: str, focus: str) -> tuple[str, Row] | None:
        """The newest item of a rule about a record that people have closed."""
        if not self.row["items"]:
            return None
        mine = [(t, i) for t, i in self.items() if i["focus"] == focus and i["rule"] == rule_id]
        closed = [(t, i) for t, i in mine if i["state"] == "closed"]
        return max(closed, key=lambda pair: _made_at(pair[1]), default=None)

    def was_told(self, focus: str) -> bool:
        """Somebody was paged about a record, and that was not taken back."""
        return any(
            i["focus"] == focus and i["outcome"] == "escalate" and i["state"] != "retracted" and not i["shadow"]
            for _, i in self.items()
        )

    def count_live(self, *, domain: str = "", outcome: str = "") -> int:
        """Open or acknowledged items of a domain or outcome; shadow ones do not count."""
        return sum(
            i["state"] in LIVE and not i["shadow"] and domain in ("", i["domain"]) and outcome in ("", i["outcome"])
            for _, i in self.items()
        )

    @property
    def is_deceased(self) -> bool:
        """The patient is known to have died."""
        return bool(self.row.get("deceased"))

    @property
    def is_away(self) -> bool:
        """No ward has the patient: an outpatient, or discharged."""
        stay = self.encounter
        return bool(stay) and (stay["class_code"] == OUTPATIENT or stay["status"] == "finished")

    # repeats

    def alert(self, key: str) -> Row | None:
        """The page that a repeat is measured against."""
        alert: Row | None = self.row["alerts"].get(key)
        return alert

    # bounds

    def bounded(self, now: int) -> Row:
        """The row within its bounds of age and number; open items always stay."""
        oldest = now - MAX_AGE_US
        row = self.row
        row["results"] = _newest_results(row["results"], oldest)
        row["items"] = _newest_items(row["items"], oldest)
        row["alerts"] = {k: a for k, a in row["alerts"].items() if a["at"] >= oldest}
        for name in ("pending", "orders"):
            row[name] = _newest(row[name], oldest, MAX_PENDING)
        row["appointments"] = _newest(row["appointments"], oldest - 11 * MAX_AGE_US, MAX_APPOINTMENTS)
        row["readings"] = readings.bounded(row["readings"], now)
        row["merged"] = row["merged"][-MAX_MERGED:]
        return row


def empty_row() -> Row:
    """A patient of whom nothing is known."""
    return {
        "v": FORMAT,
        "subject": dict(NO_SUBJECT),
        "encounter": {},
        "results": {},
        "items": {},
        "alerts": {},
        "pending": {},
        "orders": {},
        "appointments": {},
        "readings": {},
        "scores": {},
        "merge_pending": [],
        "merged": [],
        "deceased": False,
    }


def version_of(entry: Row) -> Version:
    """The version of a held result."""
    return Version(entry["ver"], entry["rank"])


def same_value(one: Row, other: Row) -> bool:
    """Equal as numbers where both are (6.5 = 6.50), else as text; in the same unit."""
    if one["unit"] != other["unit"]:
        return False
    try:
        return Decimal(one["value"]) == Decimal(other["value"])
    except InvalidOperation:
        return bool(one["value"] == other["value"])


def _made_at(entry: Row) -> int:
    at: int = entry["at"]
    return at


def _newest(entries: Row, oldest: int, limit: int) -> Row:
    kept = [(k, e) for k, e in entries.items() if e["at"] >= oldest]
    if len(kept) > limit:
        kept = sorted(kept, key=lambda pair: _made_at(pair[1]))[-limit:]
    return dict(kept)


def _newest_items(items: Row, oldest: int) -> Row:
    live = {t: i for t, i in items.items() if i["state"] in LIVE}
    closed = _newest({t: i for t, i in items.items() if i["state"] not in LIVE}, oldest, max(0, MAX_ITEMS - len(live)))
    return {**live, **closed}


def _newest_results(results: Row, oldest: int) -> Row:
    kept = {code: [e for e in entries if e["at"] >= oldest] for code, entries in results.items()}
    kept = {code: entries for code, entries in kept.items() if entries}
    surplus = sum(map(len, kept.values())) - MAX_RESULTS
    if surplus <= 0:
        return kept
    oldest_first = sorted((e["at"], code, e["id"]) for code, entries in kept.items() for e in entries)
    dropped = {(code, name) for _, code, name in oldest_first[:surplus]}
    return {code: [e for e in entries if (code, e["id"]) not in dropped] for code, entries in kept.items()}
