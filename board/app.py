"""The board as a web application: routes, security headers, and the loopback rule."""

import sqlite3

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from board import api, pages
from board.site import HERE, Site
from streams.sinks.reads import StoreMissing

#: Only these names: a page of another site cannot reach the board through a name that it points to loopback.
HOSTS = ["127.0.0.1", "localhost"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(site: Site) -> Starlette:
    """The application over one store; it never writes there."""
    routes = [
        Route("/", pages.queue),
        Route("/task/{task_id}", pages.task),
        Route("/messages", pages.messages),
        Route("/message/{correlation_id}", pages.message),
        Route("/message/{correlation_id}/lineage", pages.lineage),
        Route("/api", pages.api_page),
        Route("/api/queue", api.api_queue),
        Route("/api/task/{task_id}", api.api_task),
        Route("/events", api.events),
        Route("/healthz", api.healthz),
        Route("/metrics", api.metrics),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS), Middleware(SecurityHeaders)],
        exception_handlers={StoreMissing: pages.store_missing, sqlite3.OperationalError: pages.store_missing},
    )
    app.state.site = site
    return app


class SecurityHeaders:
    """Adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and the answer back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)
