"""Stage project: timeline bundles to canonical records."""

from processors import topics
from processors.records import project
from streams.stage import StageDefinition, StageHost


def register(host: StageHost) -> None:
    """patient.timeline.v1 -> canonical.*.v1."""
    step = project.make_step()
    definition = StageDefinition(
        name="project", inbox=topics.TIMELINE, make=lambda _: step, refused=project.refused, keeps_rows=False
    )
    host.stage(definition)
