"""`wardline send`: sends files over MLLP, one message at a time, and prints each answer."""

import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from processors.errors import Rejection
from processors.hl7.acknowledge import answer_expected
from processors.hl7.message import Message, parse
from streams.cli.output import FAILED, UNREACHABLE, USAGE, fail, say, say_json
from streams.gateway.client import Client, NoAnswer, outgoing

_ACCEPTED = ("AA", "CA")


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one message. `code` is empty where no answer came; number 0 is the batch around the messages."""

    file: str
    number: int
    control_id: str
    code: str
    accepted: bool
    latency_ms: float
    error: str


def send(
    files: Annotated[list[str], typer.Argument(help="HL7 v2 files, several messages each if need be; - is stdin")],
    to: Annotated[str, typer.Option(help="HOST:PORT of the receiver")],
    timeout_s: Annotated[float, typer.Option("--timeout", help="seconds to wait for each answer")] = 15.0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON line per message")] = False,
) -> None:
    """Send files over MLLP, batch files message by message, and print each ACK.

    Exit code 1 when any message was refused or not answered, or a batch's counts do not hold; 4 when the receiver
    cannot be reached.
    """
    host, _, port = to.rpartition(":")
    if not host or not port.isdecimal():
        fail(USAGE, f"'{to}' is not HOST:PORT", "--to", fix="for example --to 127.0.0.1:2575")
    client = Client(host, int(port), timeout_s)
    is_refused = False
    for name in files:
        batch = outgoing(_read(name))
        for number, payload in enumerate(batch.messages, 1):
            sent = _one(client, name, number, payload)
            is_refused |= not sent.accepted
            say_json(asdict(sent)) if as_json else say(_text(sent))
        for problem in batch.problems:
            is_refused = True
            said = f"{problem.path}: {problem.detail}"
            told = Sent(name, 0, "", problem.reason.value, False, 0.0, said)
            say_json(asdict(told)) if as_json else say(f"{problem.reason.value} {name} {said}")
    client.close()
    if is_refused:
        raise SystemExit(FAILED)


def _one(client: Client, file: str, number: int, payload: bytes) -> Sent:
    message = _parsed(payload)
    control_id = message.control_id if message else ""
    began_s = time.monotonic()
    try:
        data = client.exchange(payload, message is None or answer_expected(message, stored=True))
    except NoAnswer as why:
        return Sent(file, number, control_id, "", False, _since_ms(began_s), str(why))
    except OSError as why:
        fail(UNREACHABLE, "the receiver cannot be reached", _address(client), why.strerror or type(why).__name__)
    latency_ms = _since_ms(began_s)
    if data is None:
        return Sent(file, number, control_id, "", True, latency_ms, "")
    code, answered_id, error = _read_answer(data)
    if answered_id != control_id:
        error = error or f"the answer is to another message: MSA-2 is '{answered_id}'"
    return Sent(file, number, control_id, code, code in _ACCEPTED and answered_id == control_id, latency_ms, error)


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as why:
        fail(USAGE, f"the file cannot be read: {why.strerror}", name)


def _parsed(payload: bytes) -> Message | None:
    try:
        return parse(payload)
    except Rejection:
        return None


def _read_answer(payload: bytes) -> tuple[str, str, str]:
    """MSA-1, MSA-2 and what ERR or MSA-3 says."""
    answer = _parsed(payload)
    result = answer.first("MSA") if answer else None
    if answer is None or result is None:
        return "", "", "the answer is no acknowledgement"
    error = answer.first("ERR")
    said = (error.text(8) or error.text(3, 2)) if error else ""
    return result.text(1), result.text(2), said or result.text(3)


def _since_ms(began_s: float) -> float:
    return round((time.monotonic() - began_s) * 1000, 1)


def _address(client: Client) -> str:
    return f"{client.address[0]}:{client.address[1]}"


def _text(sent: Sent) -> str:
    code = sent.code or ("--" if sent.accepted else "no answer")
    line = f"{code} {sent.control_id or '(no MSH-10)'} {sent.latency_ms:.1f} ms {sent.file}#{sent.number}"
    return f"{line} {sent.error}".rstrip()
