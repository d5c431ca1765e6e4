"""The composition root of every worker: makes the Faust app, its guards, its web pages and the hosts of its stages."""

import asyncio
import logging
import threading
from dataclasses import dataclass, field

import faust
from faust.web import Request, Response, View
from mode import Service
from prometheus_client import REGISTRY, generate_latest

from processors import topics
from streams.clock import now_us
from streams.control import ControlWatch
from streams.guards import STAGE_FAILED, ContinuityGuard, SendGuard, fatal
from streams.logs import configure
from streams.parts import Parts
from streams.private import private_folder
from streams.stage import Stage, StageDefinition, StageParts
from streams.stage_metrics import STUCK_AFTER_S, StageMetrics

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Host:
    """A Faust app with the parts its agents work with and the stages it hosts."""

    app: faust.App
    parts: Parts
    continuity: ContinuityGuard
    stages: list[Stage] = field(default_factory=list)

    def stage(self, definition: StageDefinition, digests: dict[str, str] | None = None) -> None:
        """Host one stage: a thread beside the app, alive as long as the app is. `digests`: setting -> digest."""
        parts = StageParts(
            settings=self.parts.settings,
            codec=self.parts.codec,
            control=ControlWatch(self.parts.settings.bootstrap, self.parts.codec, digests or {}),
            metrics=StageMetrics(definition.name, REGISTRY),
            limits=self.parts.limits,
            key_id=self.parts.keyring.key_id,
            clock=now_us,
        )
        stage = Stage(definition, parts)
        self.stages.append(stage)
        self.app.service(_hosted(stage))


def create_app(role: str, parts: Parts) -> Host:
    """The only place where a Faust app is made."""
    settings = parts.settings
    folder = private_folder(settings.data_dir / "faust" / f"{role}-{settings.instance}")
    app = faust.App(
        f"wardline-{role}",
        broker=[f"kafka://{server}" for server in settings.bootstrap.split(",")],
        store="memory://",
        datadir=str(folder),
        processing_guarantee="at_least_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=parts.catalog.topics[topics.RAW].partitions,
        topic_replication_factor=parts.catalog.defaults.replication,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{role}-{settings.instance}",
        consumer_max_fetch_size=settings.max_record_bytes,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.session_timeout_s / 4,
        broker_commit_interval=1.0,
        producer_request_timeout=1200.0,
        web_host="127.0.0.1",
        web_bind="127.0.0.1",
        web_enabled=settings.web_port > 0,
        web_port=settings.web_port or 6066,
        worker_redirect_stdouts=False,
    )
    app.sensors.add(SendGuard())
    host = Host(app, parts, ContinuityGuard(settings.bootstrap, f"wardline-{role}"))

    @app.on_partitions_assigned.connect(weak=False)
    async def assigned(_app: object, _partitions: object, **_: object) -> None:
        host.continuity.forget()

    _pages(host)
    return host


def run_host(host: Host, role: str) -> None:
    """Run the app until SIGTERM or Ctrl-C with our logs; ends the process."""
    configure(role)
    host.app.finalize()
    worker = faust.Worker(host.app, quiet=True, redirect_stdouts=False, override_logging=False)
    worker.spinner = None
    worker.execute_from_commandline()


def _hosted(stage: Stage) -> type[Service]:
    class HostedStage(Service):
        """Runs the stage's thread; on stop it lets the open batch end."""

        async def on_start(self) -> None:
            self.thread = threading.Thread(target=_guarded, args=(stage,), name=stage.definition.name, daemon=True)
            self.thread.start()

        async def on_stop(self) -> None:
            stage.halt.set()
            await asyncio.get_running_loop().run_in_executor(None, self.thread.join, 30)

    return HostedStage


def _guarded(stage: Stage) -> None:
    """Anything that leaves the loop ends the process; nothing is committed after a failure."""
    try:
        stage.run()
    except BaseException as why:
        fatal(STAGE_FAILED, f"stage {stage.definition.name}: {type(why).__name__}: {_harmless(why)}")


def _harmless(why: BaseException) -> str:
    """The text of failures of ours and of Kafka's client; of others only where they were raised: it may hold values."""
    if type(why).__module__.startswith(("streams.", "processors.", "confluent_kafka", "cimpl")):
        return str(why)
    last = why.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_code.co_name} line {last.tb_lineno}" if last else ""


def _pages(host: Host) -> None:
    """`/healthz`: makes progress; `/readyz`: rows are restored; `/metrics`: Prometheus."""

    @host.app.page("/healthz")
    async def healthz(self: View, _: Request) -> Response:
        stuck = {s.definition.name: s.parts.metrics.stuck_s(now_us()) for s in host.stages}
        alive = all(seconds < STUCK_AFTER_S for seconds in stuck.values())
        return self.json({"ok": alive, "stuck_s": stuck}, status=200 if alive else 503)

    @host.app.page("/readyz")
    async def readyz(self: View, _: Request) -> Response:
        ready = {s.definition.name: s.ready.is_set() for s in host.stages}
        return self.json({"ok": all(ready.values()), "ready": ready}, status=200 if all(ready.values()) else 503)

    @host.app.page("/metrics")
    async def metrics(self: View, _: Request) -> Response:
        return self.bytes(generate_latest(REGISTRY), content_type="text/plain")
