"""What the resources of one patient group refer to: the patient, the visit, and what the message is about."""

from processors.envelope import Record


class Links:
    """References to the Patient and the Encounter, where there are any; `focus` collects what the message is about."""

    __slots__ = ("encounter", "focus", "subject")

    def __init__(self) -> None:
        self.subject: Record | None = None
        self.encounter: Record | None = None
        self.focus: list[Record] = []

    def onto(self, resource: Record) -> None:
        """Set subject and encounter."""
        if self.subject is not None:
            resource["subject"] = self.subject
        if self.encounter is not None:
            resource["encounter"] = self.encounter
