"""A blocking MLLP client and the way from a file to its messages, for `wardline send`."""

import re
import socket
import time

from processors.hl7.mllp import Deframer, Frame, frame

#: How long to listen after a message that asks for no answer when it is stored.
_NO_ANSWER_WAIT_S = 0.2
_CONNECT_S = 5.0
_MESSAGE_START = re.compile(rb"(?:^|(?<=[\r\n]))(?=MSH[^A-Za-z0-9])")
_ENVELOPE_LINE = re.compile(rb"(?:^|(?<=[\r\n]))(?:FHS|BHS|BTS|FTS)[^\r\n]*[\r\n]?")


class NoAnswer(Exception):
    """The receiver said nothing in time, or ended the connection."""


class ConnectionEnded(NoAnswer):
    """The receiver ended the connection before it answered."""


def split_messages(data: bytes) -> list[bytes]:
    """The messages of a file: each begins at MSH; framing and batch envelopes are left out, segments end by CR.

    A file without MSH is one message, sent as it is.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\r")
    data = data.replace(b"\x1c\r", b"\n").replace(b"\x1c", b"\n").replace(b"\x0b", b"\n")
    if b"\r" not in data:
        data = data.replace(b"\n", b"\r")
    data = _ENVELOPE_LINE.sub(b"", data)
    starts = [found.start() for found in _MESSAGE_START.finditer(data)]
    if not starts:
        return [data] if data.strip() else []
    return [data[at:end].rstrip(b"\r\n\x00") + b"\r" for at, end in zip(starts, [*starts[1:], None], strict=True)]


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
