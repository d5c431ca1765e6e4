"""The order of the versions of one result: by version time, then by the rank of its status."""

from dataclasses import dataclass

from processors.envelope import Record
from processors.rules.times import instant

#: Rank of a final value (effects.STATUS); below it are preliminary ones.
FINAL_RANK = 3


@dataclass(frozen=True, slots=True)
class Version:
    """Where a version of a result stands among its versions: version time (microseconds), then rank of its status."""

    at: int
    rank: int

    def is_older_than(self, other: "Version") -> bool:
        """An older version is ignored: a correction may overtake the final result.

        A final version is never older than a preliminary one, whatever their times say: senders state OBR-22 in some
        messages and not in others, and then the two times are of different clocks.
        """
        if self.rank >= FINAL_RANK > other.rank:
            return False
        return (self.at, self.rank) < (other.at, other.rank)


def version_time(record: Record) -> int:
    """Order of versions: OBR-22, else MSH-7, else when it was received."""
    return instant(record["version_time"]) or record["received_at"]
