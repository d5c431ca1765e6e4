"""Reads route and clock from what a task says (the record TaskSpec)."""

from processors.envelope import Record
from processors.tasks.task import LadderStep, Route, Sla


def route_of(spec: Record) -> Route:
    return Route(**spec["route"])


def sla_of(spec: Record) -> Sla:
    sla = spec["sla"]
    ladder = tuple(LadderStep(**step) for step in sla["ladder"])
    return Sla(acknowledge_s=sla["acknowledge_s"], due_s=sla["due_s"], ladder=ladder)
