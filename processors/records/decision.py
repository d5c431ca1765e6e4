"""Conclusions as records: decision, command and evaluation, each with every field of its schema."""

from dataclasses import dataclass

from processors import topics
from processors.envelope import Emit, Record, caused_by
from processors.identity import Keyring
from processors.rules.clauses import Trace
from processors.rules.conclusions import Conclusion, Said
from processors.rules.context import Context
from processors.rules.deliberation import Deliberation
from processors.rules.score import Input, Score

STAGE = "decide"
#: Reason of an amend that sets the task's clock anew.
RESCHEDULED = "rescheduled"
NO_SLA: Record = {"acknowledge_s": 0, "due_s": 0, "ladder": []}
NO_SPEC: Record = {
    "code": "",
    "domain": "",
    "title": "",
    "reason": "",
    "next_action": "",
    "priority": "routine",
    "route": {"role": "", "unit": "", "acuity": "R"},
    "sla": NO_SLA,
    "evidence": [],
    "citation": "",
    "rule_id": "",
    "rule_version": "",
    "decision_id": "",
    "focus": "",
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes what one timeline event led to. `rule_set` is the digest of the rules."""

    keyring: Keyring
    rule_set: str
    cause: Record
    context: Context

    def written(self, deliberation: Deliberation) -> list[Emit]:
        """Decisions, each followed by its command, then the evaluation."""
        key = deliberation.patient_key
        ids = [self._decision_id(n, c) for n, c in enumerate(deliberation.conclusions)]
        out: list[Emit] = []
        for decision_id, conclusion in zip(ids, deliberation.conclusions, strict=True):
            out.append(Emit(topics.DECISION, key, self._decision(decision_id, conclusion)))
            if conclusion.command:
                command = self._command(decision_id, conclusion)
                elsewhere = conclusion.route_key != key
                out.append(Emit(topics.COMMAND, conclusion.route_key, command, elsewhere))
        out.append(Emit(topics.EVALUATION, key, self._evaluation(deliberation.said, ids)))
        return out

    def relink(self, task_id: str, route_key: str, patient_key: str) -> Emit:
        """The task now belongs to the surviving patient; it keeps its partition."""
        event_id = self.keyring.event_id("relink", self.cause["event_id"], task_id)
        spec = NO_SPEC | {"subject": dict(self.context.subject)}
        base = self._command_base(event_id, "relink", task_id, route_key)
        value = base | {
            "patient_key": patient_key,
            "actor": _actor("middleware", STAGE),
            "effect": "none",
            "spec": spec,
        }
        return Emit(topics.COMMAND, route_key, value, route_key != patient_key)

    def _decision_id(self, number: int, conclusion: Conclusion) -> str:
        parts = (conclusion.rule.id, conclusion.focus, conclusion.effect.value, str(number))
        return self.keyring.event_id("decision", self.cause["event_id"], *parts)

    def _decision(self, decision_id: str, conclusion: Conclusion) -> Record:
        rule = conclusion.rule
        return caused_by(self.cause, STAGE, decision_id) | {
            "rule_id": rule.id,
            "rule_version": rule.version,
            "rule_set": self.rule_set,
            "domain": rule.domain,
            "outcome": conclusion.outcome,
            "decided_by": "rule",
            "shadow": conclusion.shadow,
            "suppressed_by": conclusion.suppressed_by,
            "effect": conclusion.effect.value,
            "score": _score(conclusion.score),
            "clauses": [_clause(trace) for trace in conclusion.traces] + self._merge_note(),
            "reason": conclusion.reason,
            "evidence": list(conclusion.evidence),
            "citation": rule.citation,
            "next_action": conclusion.next_action,
            "route": self._route(conclusion),
            "sla": conclusion.sla,
            "subject": dict(self.context.subject),
            "task_id": conclusion.task_id,
            "focus": conclusion.focus,
        }

    def _merge_note(self) -> list[Record]:
        """Until the row of a merged patient has come, decisions say so."""
        pending = len(self.context.row["merge_pending"])
        return [_clause(Trace("merge_pending", True, str(pending), "", ""))] if pending else []

    def _route(self, conclusion: Conclusion) -> Record:
        route = conclusion.rule.route
        return {"role": conclusion.role, "unit": conclusion.unit, "acuity": route.acuity}

    def _command(self, decision_id: str, conclusion: Conclusion) -> Record:
        event_id = self.keyring.event_id("command", decision_id)
        base = self._command_base(event_id, conclusion.command, conclusion.task_id, conclusion.route_key)
        return base | {
            "causation_id": decision_id,
            "actor": _actor("rule", conclusion.rule.id),
            "reason_code": RESCHEDULED if conclusion.rescheduled else conclusion.reason_code,
            "comment": conclusion.reason if conclusion.command == "retract" else "",
            "effect": conclusion.effect.value,
            "spec": None if conclusion.command == "retract" else self._spec(decision_id, conclusion),
        }

    def _command_base(self, event_id: str, command: str, task_id: str, route_key: str) -> Record:
        return caused_by(self.cause, STAGE, event_id) | {
            "command": command,
            "task_id": task_id,
            "route_key": route_key,
            "expected_revision": -1,
            "reason_code": "",
            "comment": "",
            "fired_at": 0,
            "due": None,
        }

    def _spec(self, decision_id: str, conclusion: Conclusion) -> Record:
        rule = conclusion.rule
        return {
            "code": rule.task.code,
            "domain": rule.domain,
            "title": conclusion.title,
            "reason": conclusion.reason,
            "next_action": conclusion.next_action,
            "priority": rule.task.priority,
            "subject": dict(self.context.subject),
            "route": self._route(conclusion),
            "sla": conclusion.sla,
            "evidence": list(conclusion.evidence),
            "citation": rule.citation,
            "rule_id": rule.id,
            "rule_version": rule.version,
            "decision_id": decision_id,
            "focus": conclusion.focus,
        }

    def _evaluation(self, said: list[Said], decision_ids: list[str]) -> Record:
        event_id = self.keyring.event_id("evaluation", self.cause["event_id"])
        lines = [_line(line, decision_ids) for line in said]
        return caused_by(self.cause, STAGE, event_id) | {"rule_set": self.rule_set, "rules": lines}


def _actor(kind: str, name: str) -> Record:
    return {"kind": kind, "id": name, "role": ""}


def _clause(trace: Trace) -> Record:
    return {
        "text": trace.text,
        "holds": trace.holds,
        "value": trace.value,
        "unit": trace.unit,
        "path": trace.path,
    }


def _line(line: Said, decision_ids: list[str]) -> Record:
    return {
        "rule_id": line.rule.id,
        "rule_version": line.rule.version,
        "status": line.rule.status,
        "focus": line.focus,
        "outcome": line.outcome,
        "failed_clause": line.failed_clause,
        "decision_id": decision_ids[line.decision] if line.decision >= 0 else "",
        "score": _score(line.score),
    }


def _score(score: Score | None) -> Record | None:
    if score is None:
        return None
    return {
        "name": score.name,
        "version": score.version,
        "value": score.value,
        "band": score.band,
        "complete": score.complete,
        "lower": score.lower,
        "upper": score.upper,
        "inputs": [_score_input(one) for one in score.inputs],
    }


def _score_input(one: Input) -> Record:
    read = one.reading
    return {
        "name": one.name,
        "value": one.value,
        "unit": one.unit,
        "at": read.eff if read else "",
        "path": read.path if read else "",
        "points": one.points,
        "state": one.state.value,
        "record_id": read.rec if read else "",
    }
