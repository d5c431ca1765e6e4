"""A schema registry in memory behind a real HTTP server on loopback: the part of the API that we use."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processors.envelope import Record
from streams.contracts import conflicts, paths

Reply = tuple[int, object]


class FakeRegistry:
    """Subjects and ids as a registry keeps them; `drop` requests are closed without an answer first."""

    def __init__(self) -> None:
        self.rule = "NONE"
        self.texts: list[str] = []
        self.subjects: dict[str, list[int]] = {}
        self.drop = 0

    def answer(self, method: str, path: str, body: Record) -> Reply:
        parts = path.strip("/").split("/")
        if parts[0] == "config":
            return self._config(method, body)
        if parts[0] == "elsewhere":
            return _missing()
        if parts[0] == "schemas":
            return self._by_id(int(parts[2]))
        if parts[0] == "compatibility":
            return self._compatibility(parts[2], body)
        if method == "POST":
            return (self._register if len(parts) > 2 else self._lookup)(parts[1], body["schema"])
        return self._versions(parts)

    def _config(self, method: str, body: Record) -> Reply:
        if method == "PUT":
            self.rule = body["compatibility"]
            return 200, body
        return 200, {"compatibilityLevel": self.rule}

    def _by_id(self, number: int) -> Reply:
        known = 0 < number <= len(self.texts)
        return (200, {"schema": self.texts[number - 1]}) if known else _missing()

    def _compatibility(self, subject: str, body: Record) -> Reply:
        return 200, {"is_compatible": not self._broken(subject, body["schema"])}

    def _broken(self, subject: str, text: str) -> list[str]:
        before: dict[str, str] = {}
        for number in self.subjects.get(subject, []):
            before |= paths(json.loads(self.texts[number - 1]))
        return conflicts(before, json.loads(text))

    def _register(self, subject: str, text: str) -> Reply:
        if self._broken(subject, text):
            return 409, {"error_code": 409, "message": "incompatible"}
        if text not in self.texts:
            self.texts.append(text)
        number = self.texts.index(text) + 1
        numbers = self.subjects.setdefault(subject, [])
        if number not in numbers:
            numbers.append(number)
        return 200, {"id": number}

    def _lookup(self, subject: str, text: str) -> Reply:
        known = [n for n in self.subjects.get(subject, []) if self.texts[n - 1] == text]
        return (200, {"id": known[0]}) if known else _missing()

    def _versions(self, parts: list[str]) -> Reply:
        numbers = self.subjects.get(parts[1])
        if not numbers:
            return _missing()
        if len(parts) == 3:
            return 200, list(range(1, len(numbers) + 1))
        return 200, {"schema": self.texts[numbers[int(parts[3]) - 1] - 1]}


def _missing() -> Reply:
    return 404, {"error_code": 40401, "message": "not found"}


@contextmanager
def serving(registry: FakeRegistry) -> Iterator[str]:
    """The address of the fake while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET")

        def do_PUT(self) -> None:
            self._reply("PUT")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            if registry.drop:
                registry.drop -= 1
                return
            status, value = registry.answer(method, self.path.removeprefix("/api"), body)
            text = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
