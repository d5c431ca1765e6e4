"""A blocking MLLP client and the way from a file to its messages, for `wardline send`."""

import socket
import time
from dataclasses import replace

from processors.hl7.batch import Batch, split
from processors.hl7.mllp import Deframer, Frame, frame

#: How long to listen after a message that asks for no answer when it is stored.
_NO_ANSWER_WAIT_S = 0.2
_CONNECT_S = 5.0


class NoAnswer(Exception):
    """The receiver said nothing in time, or ended the connection."""


class ConnectionEnded(NoAnswer):
    """The receiver ended the connection before it answered."""


def outgoing(data: bytes) -> Batch:
    """The messages of a file as they are sent: without framing and batch envelopes, segments ended by CR.

    A file without MSH is one message, sent as it is.
    """
    batch = split(data)
    return replace(batch, messages=tuple(_ended_by_return(one) for one in batch.messages))


def _ended_by_return(message: bytes) -> bytes:
    if not message.startswith(b"MSH"):
        return message
    message = message.replace(b"\r\n", b"\r")
    if b"\r" not in message:
        message = message.replace(b"\n", b"\r")
    return message + b"\r"


class Client:
    """One MLLP connection, opened at need and again after the receiver has closed it."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self.address = (host, port)
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._deframer = Deframer()

    def exchange(self, payload: bytes, is_answered: bool) -> bytes | None:
        """The answer to one message; None when none is asked for and none came. Raises NoAnswer, OSError (connect).

        A connection that was open already may be closing while we write: then once more on a new one.
        """
        was_open = self._socket is not None
        try:
            return self._once(payload, is_answered)
        except ConnectionEnded:
            if not was_open:
                raise
        return self._once(payload, is_answered)

    def _once(self, payload: bytes, is_answered: bool) -> bytes | None:
        link = self._connected()
        try:
            link.sendall(frame(payload))
            return self._answer(link, self._timeout_s if is_answered else _NO_ANSWER_WAIT_S)
        except TimeoutError as why:
            if not is_answered:
                return None
            self.close()
            raise NoAnswer(f"no answer within {self._timeout_s:g} s") from why
        except OSError as why:
            self.close()
            raise ConnectionEnded(f"the connection was lost: {why.strerror}") from why

    def close(self) -> None:
        """End the connection."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket and _is_closed(self._socket):
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self.address, _CONNECT_S)
            self._deframer = Deframer()
        self._socket.settimeout(self._timeout_s)
        return self._socket

    def _answer(self, link: socket.socket, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while True:
            link.settimeout(max(0.001, deadline - time.monotonic()))
            received = link.recv(65536)
            if not received:
                self.close()
                raise ConnectionEnded("the receiver closed the connection without an answer")
            for event in self._deframer.receive(received):
                if isinstance(event, Frame):
                    return event.payload


def _is_closed(link: socket.socket) -> bool:
    """The receiver has ended the connection since the last answer."""
    link.setblocking(False)
    try:
        return link.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
