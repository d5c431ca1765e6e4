"""A tasks stage in memory with a real SQL store behind it, as the sink would fill it."""

from pathlib import Path

from read_side import KEYRING, T0, blank

from processors import topics
from processors.envelope import Position, Record
from processors.records.memory import MemoryStage
from processors.records.task import make_step, refused
from streams.sinks.rows import Consumed
from streams.sinks.store import Store


class Desk:
    """Also an Outlet: what is sent is applied and stored at once."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "wardline.db"
        self.stage = MemoryStage(topics.COMMAND, make_step(KEYRING), refused)
        self.offsets: dict[str, int] = {}
        self.keys: list[str] = []

    def send(self, key: str, value: Record) -> None:
        self.keys.append(key)
        batch = []
        for emit in self.stage.take(value):
            offset = self.offsets.get(emit.topic, 0)
            self.offsets[emit.topic] = offset + 1
            batch.append(Consumed(Position(emit.topic, 0, offset), emit.value["received_at"], emit.value))
        with Store(self.database, KEYRING) as store:
            store.apply(batch, {})

    def create(self, task_id: str, **spec: object) -> None:
        route = {"role": "nurse", "unit": "ICU", "acuity": "U"}
        sla = {"acknowledge_s": 900, "due_s": 3600, "ladder": []}
        says = blank(topics.TASK)["spec"] | {"title": "Critical potassium", "route": route, "sla": sla} | spec
        command = blank(
            topics.COMMAND,
            event_id=f"c-{task_id}",
            correlation_id="a" * 32,
            patient_key="b" * 32,
            received_at=T0,
            command="create",
            task_id=task_id,
            route_key="b" * 32,
            actor={"kind": "rule", "id": "critical-potassium", "role": ""},
            spec=says,
        )
        self.send(command["route_key"], command)
