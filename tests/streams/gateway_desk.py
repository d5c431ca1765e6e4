"""A gateway on real sockets with a log that does as the test says, and a sender to talk to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from processors.hl7.message import Message, parse
from processors.hl7.mllp import Deframer, Frame, frame
from processors.identity import Keyring
from processors.sites import Site
from streams.codec import Codec, CodecError
from streams.gateway.connection import Limits, Shared
from streams.gateway.figures import Figures
from streams.gateway.intake import Desk
from streams.gateway.log import Entry, NotStored, RawLog
from streams.gateway.server import Gateway
from streams.settings import HOME

CODEC = Codec.offline(HOME / "schemas")
FEED = "lab"
NOW_US = 1_767_323_045_000_000


def message(control_id: str = "C1", *, tail: str = "", mrn: str = "7") -> bytes:
    header = f"MSH|^~\\&|LAB|HOSP|WARD|CITY|20260102||ORU^R01^ORU_R01|{control_id}|P|2.5.1{tail}"
    return f"{header}\rPID|1||{mrn}^^^HOSP^MR\rOBX|1|NM|K||6.9|mmol/L\r".encode()


@dataclass(slots=True)
class FakeLog:
    """Confirms, denies or keeps silent, by control id; `kept` holds what was appended, in order."""

    is_away: bool = False
    silent: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    kept: list[Entry] = field(default_factory=list)
    open_futures: dict[str, asyncio.Future[None]] = field(default_factory=dict)

    def append(self, entry: Entry) -> asyncio.Future[None]:
        self.kept.append(entry)
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        control_id = control_id_of(entry)
        if self.is_away or control_id in self.denied:
            stored.set_exception(NotStored("denied"))
        elif control_id in self.silent:
            self.open_futures[control_id] = stored
        else:
            stored.set_result(None)
        return stored

    async def appended(self, control_id: str) -> None:
        """Wait until the silent message has been appended."""
        for _ in range(1000):
            if control_id in self.open_futures:
                return
            await asyncio.sleep(0.002)
        raise AssertionError(control_id)

    def confirm(self, control_id: str) -> None:
        self.open_futures.pop(control_id).set_result(None)

    def deny(self, control_id: str) -> None:
        self.open_futures.pop(control_id).set_exception(NotStored("denied"))

    def control_ids(self) -> list[str]:
        return [control_id_of(entry) for entry in self.kept]


@dataclass(slots=True)
class Sender:
    """A raw MLLP sender."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    deframer: Deframer = field(default_factory=Deframer)
    answers: list[Message] = field(default_factory=list)

    def send(self, *payloads: bytes) -> None:
        self.writer.write(b"".join(frame(p) for p in payloads))

    def send_bytes(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, timeout_s: float = 5.0) -> Message:
        """The next answer. Raises EOFError when the gateway has closed."""
        async with asyncio.timeout(timeout_s):
            while not self.answers:
                received = await self.reader.read(65536)
                if not received:
                    raise EOFError
                for event in self.deframer.receive(received):
                    assert isinstance(event, Frame)
                    self.answers.append(parse(event.payload))
        return self.answers.pop(0)

    async def codes(self, count: int) -> list[tuple[str, str]]:
        return [result(await self.answer()) for _ in range(count)]

    async def is_closed(self, timeout_s: float = 5.0) -> bool:
        try:
            await self.answer(timeout_s)
        except EOFError:
            return True
        return False

    async def is_silent(self, for_s: float = 0.06) -> bool:
        try:
            await self.answer(for_s)
        except TimeoutError:
            return True
        return False


def result(answer: Message) -> tuple[str, str]:
    segment = answer.first("MSA")
    assert segment is not None
    return segment.text(1), segment.text(2)


def condition(answer: Message) -> str:
    segment = answer.first("ERR")
    assert segment is not None
    return segment.text(3)


@dataclass(slots=True)
class Running:
    """A started gateway."""

    gateway: Gateway
    shared: Shared
    port: int
    senders: list[Sender] = field(default_factory=list)

    async def connect(self) -> Sender:
        sender = Sender(*await asyncio.open_connection("127.0.0.1", self.port))
        self.senders.append(sender)
        return sender

    async def end(self) -> None:
        for sender in self.senders:
            sender.writer.close()
            with suppress(OSError):
                await sender.writer.wait_closed()
        await self.gateway.stop(0.0)

    def figure(self, name: str, **labels: str) -> float:
        return self.shared.figures.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def running(
    raw_log: RawLog, *, site: Site | None = None, limits: Limits | None = None, codec: Codec = CODEC
) -> AsyncIterator[Running]:
    limits = limits or Limits()
    desk = Desk(
        keyring=Keyring.of(b"test"),
        encoder=codec,
        now_us=lambda: NOW_US,
        limit_bytes=limits.message_bytes,
        instance="instance",
    )
    shared = Shared(desk, raw_log, Figures(), limits)
    gateway = Gateway(shared)
    listeners = await gateway.start({FEED: site or Site(feed=FEED)}, {FEED: 0})
    started = Running(gateway, shared, listeners[0].port)
    try:
        yield started
    finally:
        await started.end()


def control_id_of(entry: Entry) -> str:
    """MSH-10 as the record says; the text itself for what is no record."""
    try:
        return str(CODEC.decode(entry.value)["source"]["control_id"])
    except CodecError:
        return entry.value.decode()


def payload_of(entry: Entry) -> bytes:
    return CODEC.decode(entry.value)["payload"]
