"""What the resources of one patient group refer to: the patient, the visits, and what the message is about."""

from processors.envelope import Record
from processors.mapping.groups import Visit


class Links:
    """References to the Patient and the Encounter, where there are any; `focus` collects what the message is about.

    `patient` and `stay` are the resources themselves, for parts that add to them: change them at their top level only
    (`resource["x"] = [*resource.get("x", ()), new]`), because what lies deeper is shared between messages.
    """

    __slots__ = ("_visits", "encounter", "focus", "patient", "specimens", "stay", "subject")

    def __init__(self) -> None:
        self.subject: Record | None = None
        self.patient: Record | None = None
        self.encounter: Record | None = None
        self.stay: Record | None = None
        self.focus: list[Record] = []
        self.specimens: dict[int, Record] = {}
        """The Specimen of each SPM, by its place in the message."""
        self._visits: dict[int, tuple[Record, Record]] = {}

    def visit(self, visit: Visit, resource: Record, reference: Record) -> None:
        """Remember the Encounter of a visit; the first one stands for whatever names none."""
        self._visits[id(visit)] = (resource, reference)
        if self.encounter is None:
            self.stay, self.encounter = resource, reference

    def enter(self, visit: Visit | None) -> None:
        """Let `encounter` and `stay` be those of this visit; None: the first of the patient."""
        if len(self._visits) > 1:
            known = self._visits.get(id(visit)) or next(iter(self._visits.values()))
            self.stay, self.encounter = known

    def about(self) -> list[Record]:
        """What the message is about where it holds no order: the visits, else the patient."""
        if len(self._visits) > 1:
            return once([one for _, one in self._visits.values()])
        found = self.encounter or self.subject
        return [found] if found is not None else []

    def onto(self, resource: Record) -> None:
        """Set subject and encounter."""
        if self.subject is not None:
            resource["subject"] = self.subject
        if self.encounter is not None:
            resource["encounter"] = self.encounter


def once(found: list[Record]) -> list[Record]:
    """References without those that come again."""
    return list({one["reference"]: one for one in found}.values())
