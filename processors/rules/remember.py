"""How canonical records change what is remembered of a patient: demographics, stay, pending work, appointments."""

from processors.envelope import Record, Row
from processors.fhir.systems import AUTHORITY
from processors.rules import readings
from processors.rules.context import Context
from processors.rules.effects import PENDING, handling
from processors.rules.specimen import Message
from processors.rules.times import instant

#: Message type whose word counts on demographics and the stay; others only fill what is still empty.
STAY_MESSAGES = "ADT"
#: Order states (ORC-5, table 0038) and controls (ORC-1, table 0119) of work that is still to be done.
OPEN_ORDER_STATES = frozenset({"SC", "IP", "A", "HD"})
OPEN_ORDER_CONTROLS = frozenset({"NW", "SN", "OK", "SC"})
#: Result states (OBR-25, table 0123) that end an order's wait.
RESULTED = frozenset({"F", "C", "X"})

STAY_FIELDS = (
    "encounter_id",
    "visit_number",
    "status",
    "class_code",
    "unit",
    "room",
    "bed",
    "started_at",
    "ended_at",
    "expected_discharge_at",
    "discharge_disposition",
    "event",
    "source_path",
)
#: Trigger -> fields of the stay that it takes back (A25 cancels a pending discharge, A13 a discharge).
CLEARED = {"A25": ("expected_discharge_at",), "A13": ("ended_at", "discharge_disposition")}
#: Trigger -> whether a discharge is then pending; other triggers leave it as it was.
PENDING_DISCHARGE = {"A16": "yes", "A25": "no", "A01": "no", "A11": "no"}
FINISHED = "finished"
#: Discharge dispositions (PV1-36, table 0112) of a patient who has died, and the trigger that takes a discharge back.
DIED = frozenset({"20", "40", "41", "42"})
REVERSED = "A13"
APPOINTMENT_FIELDS = ("appointment_id", "start_at", "end_at", "status", "event", "kind", "reason", "source_path")


def patient(context: Context, record: Record) -> None:
    """Demographics for display and age. A patient who was merged away is not shown."""
    if record["replaced_by"]:
        return
    stated = {
        "patient_id": record["patient_id"],
        "name": ", ".join(part for part in (record["family"], record["given"]) if part),
        "identifier": record["identifier"],
        "birth_date": record["birth_date"],
        "gender": record["gender"],
    }
    _fill(context, "subject", stated, overwrite=_has_say(record))
    if _has_say(record) and (record["deceased"] or "deceasedBoolean" in record["resource"]):
        _died(context, yes=record["deceased"])


def encounter(context: Context, record: Record, version: int) -> bool:
    """The present stay; False when the message is older than what is known, or has no say."""
    known = context.encounter
    same_stay = known.get("encounter_id") == record["encounter_id"]
    if known and not _is_news(known, record, version, same_stay=same_stay):
        return False
    stated = {name: record[name] for name in STAY_FIELDS}
    if same_stay:
        moved = ("room", "bed") if stated["unit"] else ()
        stated = {name: value if name in moved else value or known[name] for name, value in stated.items()}
    stated |= dict.fromkeys(CLEARED.get(record["event"], ()), "")
    before = known.get("pending_discharge", "no") if same_stay else "no"
    stated["pending_discharge"] = PENDING_DISCHARGE.get(record["event"], before)
    if record["event"] == REVERSED and known.get("discharge_disposition") in DIED:
        _died(context, yes=False)
    elif record["discharge_disposition"] in DIED:
        _died(context, yes=True)
    context.section("encounter").clear()
    context.encounter.update(stated, ver=version, owned=_has_say(record))
    place = {name: stated[name] for name in ("encounter_id", "visit_number", "unit")}
    bed = "/".join(part for part in (stated["room"], stated["bed"]) if part)
    _fill(context, "subject", {**place, "location": f"{stated['unit']} {bed}".strip()}, overwrite=True)
    return True


def _is_news(known: Record, record: Record, version: int, *, same_stay: bool) -> bool:
    """The message may change the present stay. A message about an earlier stay may not, however late it was sent.

    A result's PV1 counts against an owned stay only when that has ended and the result tells of another.
    """
    if version < known["ver"]:
        return False
    ended = bool(known["status"] == FINISHED and record["status"] != FINISHED)
    if known["owned"] and not _has_say(record):
        return ended and not same_stay
    if same_stay:
        return True
    began, known_began = instant(record["started_at"]), instant(known["started_at"])
    if began is not None and known_began is not None:
        return began >= known_began
    return bool(record["status"] != FINISHED or known["status"] == FINISHED)


def pending(context: Context, record: Record, now: int) -> None:
    """A result that is still to come or no longer; also ends the wait of its order."""
    name = record["observation_id"]
    if record["status_code"] in PENDING:
        shown = record["display"] or record["code"]
        context.section("pending")[name] = {"label": shown, "status": record["status_code"], "at": now}
        return
    if name in context.row["pending"]:
        context.section("pending").pop(name)
    if context.row["orders"]:
        _close_order(context, ("", record["filler_number"]))


def measurement(context: Context, record: Record, parameter: str, message: Message, now: int) -> bool:
    """A reading that scores look at; False when it changes nothing: an older version, no value, or a wrong clock."""
    new = readings.reading(record, message)
    if new is None or new.at > now + readings.MAX_AHEAD_US:
        return False
    known = context.row["readings"].get(parameter, [])
    found = readings.joined(known, new, handling(record["status_code"]), readings.limit_of(parameter))
    if found is None:
        return False
    context.section("readings")[parameter] = found
    return True


def order(context: Context, record: Record, now: int) -> None:
    """An order that is waited for or no longer."""
    numbers = (record["placer_number"], record["filler_number"])
    if _is_waited_for(record):
        key = record["placer_number"] or record["filler_number"] or record["order_id"]
        entry = {"label": record["display"] or record["code"], "status": record["order_status"], "at": now}
        context.section("orders")[key] = {**entry, "placer": numbers[0], "filler": numbers[1]}
    elif context.row["orders"]:
        _close_order(context, numbers)


def appointment(context: Context, record: Record, version: int, now: int) -> bool:
    """The newest state of an appointment; False when the message is older than what is known."""
    known: Row | None = context.row["appointments"].get(record["appointment_id"])
    if known is not None and version < known["ver"]:
        return False
    stated = {name: record[name] for name in APPOINTMENT_FIELDS}
    context.section("appointments")[record["appointment_id"]] = {**stated, "ver": version, "at": now}
    return True


def _died(context: Context, *, yes: bool) -> None:
    if yes != context.is_deceased:
        context.changed = True
        context.row["deceased"] = yes


def _has_say(record: Record) -> bool:
    """The feed owns the domain (sites: authority), and the message is about the patient's stay, not about a result."""
    return bool(record["source"]["message_type"] == STAY_MESSAGES and AUTHORITY not in record["resource"])


def _is_waited_for(record: Record) -> bool:
    if record["result_status"] in RESULTED:
        return False
    if record["order_status"]:
        return record["order_status"] in OPEN_ORDER_STATES
    return record["order_control"] in OPEN_ORDER_CONTROLS and not record["result_status"]


def _close_order(context: Context, numbers: tuple[str, str]) -> None:
    placer, filler = numbers
    orders = context.row["orders"]
    done = [k for k, o in orders.items() if (placer and o["placer"] == placer) or (filler and o["filler"] == filler)]
    for key in done:
        context.section("orders").pop(key)


def _fill(context: Context, section: str, stated: Record, *, overwrite: bool) -> None:
    known = context.row[section]
    changes = {k: v for k, v in stated.items() if v and v != known[k] and (overwrite or not known[k])}
    if changes:
        context.section(section).update(changes)
