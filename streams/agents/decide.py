"""Stage decide: timeline and patient context to decisions, evaluations and commands, by the rules in force."""

from processors import topics
from processors.records import decide
from streams.rules import load_rules
from streams.stage import StageDefinition, StageHost


def register(host: StageHost) -> None:
    """patient.timeline.v1 -> workflow.decision.v1, workflow.evaluation.v1, workflow.command.v1, patient.timeline.v1."""
    rules = load_rules(host.parts.settings.rules_dir)
    definition = StageDefinition(
        name="decide",
        inbox=topics.TIMELINE,
        make=lambda effective: decide.make_step(rules, host.parts.keyring, effective.disabled),
        refused=decide.refused,
    )
    host.stage(definition, {"rules": rules.digest})
