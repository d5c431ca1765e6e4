"""Reads the parts of FHIR resources that canonical records are made of; absent parts give ""."""

from functools import cached_property

from processors.envelope import Record
from processors.fhir.systems import LOINC

_LEVELS = 10


class Bundle:
    """A bundle's resources, by order and by id."""

    def __init__(self, bundle: Record) -> None:
        self.resources: list[Record] = [entry["resource"] for entry in bundle.get("entry", ())]
        self.by_id: dict[str, Record] = {resource["id"]: resource for resource in self.resources}
        self.sent_at: str = bundle.get("timestamp", "")

    @cached_property
    def report_of(self) -> dict[str, Record]:
        """Observation id -> the DiagnosticReport that names it as a result."""
        found: dict[str, Record] = {}
        for resource in self.resources:
            if resource["resourceType"] == "DiagnosticReport":
                for result in resource.get("result", ()):
                    found[identity(result)] = resource
        return found

    def place(self, encounter: Record) -> dict[str, str]:
        """The names of the patient's present (or planned) place by physical type: wa ward, ro room, bd bed."""
        here = next((p for p in encounter.get("location", ()) if p.get("status") in ("active", "planned")), None)
        names: dict[str, str] = {}
        where = self.by_id.get(identity(here["location"])) if here else None
        for _ in range(_LEVELS):
            if where is None:
                break
            names[first_coding(where.get("physicalType")).get("code", "")] = where.get("name", "")
            where = self.by_id.get(identity(where.get("partOf")))
        return names

    def participant(self, appointment: Record, kind: str) -> str:
        """Id of the first participant of a resource type."""
        ids = [identity(part.get("actor")) for part in appointment.get("participant", ())]
        return next((i for i in ids if self.by_id.get(i, {}).get("resourceType") == kind), "")


def identity(reference: Record | str | None) -> str:
    """The id that a reference points at."""
    text = reference.get("reference", "") if isinstance(reference, dict) else reference or ""
    return str(text).removeprefix("urn:uuid:")


def identifier_of(resource: Record, type_code: str) -> str:
    """The value of the identifier of a type of table 0203."""
    for one in resource.get("identifier", ()):
        if first_coding(one.get("type")).get("code") == type_code:
            return str(one.get("value", ""))
    return ""


def first_coding(concept: Record | None) -> Record:
    """The first Coding, {} when there is none."""
    codings = (concept or {}).get("coding")
    found: Record = codings[0] if codings else {}
    return found


def code_sent(concept: Record | None) -> Record:
    """The Coding as the sender wrote it: the one marked so where the site's code map put another in front."""
    codings = (concept or {}).get("coding", ())
    return next((c for c in codings if c.get("userSelected")), first_coding(concept))


def code_of(concept: Record | None) -> tuple[str, str, str]:
    """Code, system and text: the LOINC coding where there is one, else the first."""
    codings = (concept or {}).get("coding", ())
    best = next((c for c in codings if c.get("system") == LOINC), first_coding(concept))
    return best.get("code", ""), best.get("system", ""), best.get("display", "") or text_of(concept)


def text_of(concept: Record | None) -> str:
    """What a person would read: the text, else the first display, else the first code."""
    if not concept:
        return ""
    shown = [c["display"] for c in concept.get("coding", ()) if "display" in c]
    return str(concept.get("text") or (shown[0] if shown else first_coding(concept).get("code", "")))


def extension_code(resource: Record, url: str) -> str:
    """The code or text of an extension."""
    for one in resource.get("extension", ()):
        if one["url"] == url:
            return str(one.get("valueCode") or one.get("valueString") or "")
    return ""
