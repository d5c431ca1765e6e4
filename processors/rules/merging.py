"""Joining what is remembered of a patient who was merged away into the survivor's row."""

from processors.envelope import Row
from processors.rules import readings
from processors.rules.context import MAX_PER_CODE, Context, version_of


def expect(context: Context, other_key: str) -> None:
    """The survivor knows of a merge before the absorbed row has come."""
    row = context.row
    if other_key not in row["merged"] and other_key not in row["merge_pending"]:
        context.changed = True
        row["merge_pending"].append(other_key)


def join(context: Context, other_key: str, absorbed: Row) -> list[tuple[str, Row]]:
    """Take the absorbed row in: results by identity and version, items with their route, the stay if none is known.

    Gives (code, newest version) of each result that both had: what an older version caused must be weighed again.
    """
    context.changed = True
    row = context.row
    row["merge_pending"] = [key for key in row["merge_pending"] if key != other_key]
    row["merged"] = [*(key for key in row["merged"] if key != other_key), other_key]
    if "results" not in absorbed:
        return []
    shared: list[tuple[str, Row]] = []
    for code, entries in absorbed["results"].items():
        own = row["results"].get(code, [])
        both = {entry["id"] for entry in own} & {entry["id"] for entry in entries}
        row["results"][code] = _newest_versions([*own, *entries])
        shared += [(code, entry) for entry in row["results"][code] if entry["id"] in both]
    row["readings"] = readings.merged(row["readings"], absorbed.get("readings", {}))
    row["scores"] = {**absorbed.get("scores", {}), **row["scores"]}
    row["deceased"] = context.is_deceased or bool(absorbed.get("deceased"))
    for name in ("items", "pending", "orders", "appointments", "alerts"):
        row[name] = {**absorbed[name], **row[name]}
    if not row["encounter"]:
        row["encounter"] = absorbed["encounter"]
        place = ("encounter_id", "visit_number", "unit", "location")
        row["subject"] |= {name: absorbed["subject"][name] for name in place}
    return shared


def _newest_versions(entries: list[Row]) -> list[Row]:
    newest: dict[str, Row] = {}
    for entry in entries:
        known = newest.get(entry["id"])
        if known is None or version_of(known).is_older_than(version_of(entry)):
            newest[entry["id"]] = entry
    return sorted(newest.values(), key=_by_version, reverse=True)[:MAX_PER_CODE]


def _by_version(entry: Row) -> tuple[int, str]:
    return entry["ver"], entry["id"]
