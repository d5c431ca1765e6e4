"""The same as JSON, and what machines ask: /api/queue, /api/task/<id>, /healthz, /metrics, /events."""

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from board.site import MOST_ROWS, site_of
from board.why import why
from streams.sinks.reads import StoreMissing, reading

#: The API as its page tells it: path, parameters, what comes back.
FIELDS: tuple[tuple[str, str, str], ...] = (
    (
        "GET /api/queue",
        "role, unit (both optional), limit (1 to 200)",
        "open, late, and tasks: open tasks, least time left first, with the columns of the SQL view v_queue_now",
    ),
    (
        "GET /api/task/<task id>",
        "",
        "task, decision (with clauses, score, evidence), earlier decisions, ladder, chains (raw to task, with topic "
        "positions), history (every transition), records_missing",
    ),
    ("GET /events", "", "server-sent events: 'changed' when tasks or messages changed, at most twice a second"),
    ("GET /healthz", "", "ok, store (ready or missing), viewers"),
    ("GET /metrics", "", "Prometheus text"),
)


def api_queue(request: Request) -> Response:
    """Open tasks; limit 1 to 200."""
    site, asked = site_of(request), request.query_params
    given = asked.get("limit", str(MOST_ROWS))
    if not given.isdecimal() or not 1 <= int(given) <= MOST_ROWS:
        return _json({"error": f"limit must be a whole number from 1 to {MOST_ROWS}"}, 400)
    role, unit = asked.get("role", ""), asked.get("unit", "")
    with reading(site.store) as reads:
        tasks = reads.rows("queue", role=role, unit=unit, limit=int(given))
        size = reads.row("queue_size", role=role, unit=unit)
    site.saw_list(request, [f"task/{task['task_id']}" for task in tasks])
    return _json({**(size or {}), "tasks": tasks})


def api_task(request: Request) -> Response:
    """One task and why it exists."""
    site, task_id = site_of(request), request.path_params["task_id"]
    with reading(site.store) as reads:
        found = why(reads, task_id)
    if found is None:
        return _json({"error": f"there is no task {task_id}"}, 404)
    site.saw(request, f"task/{task_id}", "why")
    return _json(found)


async def events(request: Request) -> Response:
    """Server-sent events."""
    site = site_of(request)
    return StreamingResponse(site.watcher.pushes(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def healthz(request: Request) -> Response:
    """The board serves; whether there is a store yet."""
    site = site_of(request)
    try:
        with reading(site.store):
            store = "ready"
    except StoreMissing:
        store = "missing"
    return _json({"ok": True, "role": "board", "store": store, "viewers": site.watcher.viewers})


def metrics(request: Request) -> Response:
    """Prometheus text."""
    site = site_of(request)
    site.metrics.viewers.set(site.watcher.viewers)
    return Response(generate_latest(site.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
