"""A small loopback server for /healthz and /metrics of a process that has no other web."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Health = Callable[[], tuple[bool, dict[str, object]]]


class Web:
    """Serves in a thread of its own until closed."""

    def __init__(self, port: int, health: Health, metrics: CollectorRegistry) -> None:
        """`port` 0 = any free one. Raises OSError when it is taken."""
        pages = {"/healthz": lambda: _health_page(health), "/metrics": lambda: _metrics_page(metrics)}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(pages))
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)


Page = tuple[int, str, bytes]


def _health_page(health: Health) -> Page:
    ok, figures = health()
    return (200 if ok else 503), "application/json", json.dumps(figures).encode()


def _metrics_page(metrics: CollectorRegistry) -> Page:
    return 200, CONTENT_TYPE_LATEST, generate_latest(metrics)


def _handler(pages: dict[str, Callable[[], Page]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers GET for the pages given."""

        def do_GET(self) -> None:
            """One page, or 404."""
            page = pages.get(self.path)
            status, kind, body = page() if page else (404, "text/plain", b"/healthz and /metrics are served here\n")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests are not logged."""

    return Handler
