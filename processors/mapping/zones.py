"""The zone of a time without offset: that of MSH-7 if it has one, else the feed's zone, which is then said."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Zone:
    """One feed's zone; `sent` is the offset of MSH-7, the default of the whole message (HL7 2.5.1 chapter 2.15.9.7)."""

    __slots__ = ("_zone", "sent")

    def __init__(self, name: str) -> None:
        try:
            self._zone: ZoneInfo | None = None if name == "UTC" else ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as why:
            raise ValueError(f"zone '{name}' is not an IANA time zone") from why
        self.sent = ""

    def offset(self, local: datetime) -> str:
        """The offset as FHIR writes it, e.g. +01:00; in the repeated hour of a clock change the first of the two."""
        if self.sent:
            return self.sent
        if self._zone is None:
            return "+00:00"
        shift = self._zone.utcoffset(local)
        minutes = 0 if shift is None else int(shift.total_seconds()) // 60
        sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
        return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
