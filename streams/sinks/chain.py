"""The chain of one message, from raw to task: its records in the order in which they follow from each other."""

from processors import topics
from processors.envelope import Row
from streams.sinks.reads import Reads

MOST_RECORDS = 500
#: The order in which records follow from each other: stages run side by side, so times alone would mix them.
_RANK = {
    topics.RAW: 0,
    topics.DEAD_LETTER: 1,
    topics.MESSAGE: 2,
    **dict.fromkeys(topics.CANONICAL, 3),
    topics.DECISION: 4,
    topics.TASK_EVENT: 5,
    topics.TASK: 5,
}
#: What each topic is to the reader of a chain.
STAGE_WORDS = {
    topics.RAW: "received",
    topics.MESSAGE: "end state",
    topics.DEAD_LETTER: "dead letter",
    topics.DECISION: "decision",
    topics.TASK_EVENT: "transition",
    topics.TASK: "task",
    **dict.fromkeys(topics.CANONICAL, "canonical"),
}


def chain_of(reads: Reads, correlation_id: str) -> list[Row]:
    """Every record that came of a message, each with `stage`; at most MOST_RECORDS."""
    rows = reads.rows("trace", correlation_id=correlation_id, limit=MOST_RECORDS)
    ordered = sorted(rows, key=lambda row: (_RANK[row["topic"]], row["known_at"], row["topic"], row["log_offset"]))
    return [{**row, "stage": STAGE_WORDS[row["topic"]]} for row in ordered]
