"""Stage tasks: commands to task states, transitions and outcomes."""

from processors import topics
from processors.records import task
from streams.stage import StageDefinition, StageHost


def register(host: StageHost) -> None:
    """workflow.command.v1 -> workflow.task.v1, workflow.task-event.v1, patient.timeline.v1, and timers to itself."""
    step = task.make_step(host.parts.keyring)
    host.stage(StageDefinition(name="tasks", inbox=topics.COMMAND, make=lambda _: step, refused=task.refused))
