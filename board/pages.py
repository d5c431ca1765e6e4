"""The pages for people: queue, task with its why panel, messages, one message, and how to use the API."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from board.api import FIELDS
from board.lineage import NotTraceable
from board.site import MOST_ROWS, site_of, templates
from board.why import why
from processors.envelope import Row
from streams.sinks.chain import chain_of
from streams.sinks.reads import reading

_TEMPLATES = templates()
MOST_DEAD_LETTERS = 100
MOST_COUNTS = 50
IN_FLIGHT_S = 10


def queue(request: Request) -> Response:
    """Open tasks, least time left first; `rows=1` gives the rows alone."""
    site = site_of(request)
    only_rows = request.query_params.get("rows") == "1"
    role, unit = request.query_params.get("role", ""), request.query_params.get("unit", "")
    with reading(site.store) as reads:
        tasks = reads.rows("queue", role=role, unit=unit, limit=MOST_ROWS)
        size = reads.row("queue_size", role=role, unit=unit)
        filters = reads.rows("queue_filters")
    site.saw_list(request, [f"task/{task['task_id']}" for task in tasks])
    context = {"tasks": tasks, "size": size, "role": role, "unit": unit, **_choices(filters)}
    return _page(request, "_queue.html" if only_rows else "queue.html", context)


def task(request: Request) -> Response:
    """One task and why it exists; `panel=1` gives the panel alone."""
    site, task_id = site_of(request), request.path_params["task_id"]
    with reading(site.store) as reads:
        found = why(reads, task_id)
    if found is None:
        return _page(request, "missing.html", {"what": f"task {task_id}"}, 404)
    site.saw(request, f"task/{task_id}", "why")
    only_panel = request.query_params.get("panel") == "1"
    return _page(request, "_why.html" if only_panel else "task.html", {**found, "panel": only_panel})


def messages(request: Request) -> Response:
    """How messages ended, what waits for somebody, and what no row maps."""
    with reading(site_of(request).store) as reads:
        context = {
            "feeds": reads.rows("feeds"),
            "in_flight": reads.rows("in_flight", seconds=IN_FLIGHT_S, limit=MOST_COUNTS),
            "in_flight_s": IN_FLIGHT_S,
            "dead_letters": reads.rows("dead_letters", limit=MOST_DEAD_LETTERS),
            "refused": reads.rows("refused", limit=MOST_COUNTS),
            "unmapped": reads.rows("unmapped", limit=MOST_COUNTS),
            "warnings": reads.rows("warnings", limit=MOST_COUNTS),
            "unreadable": reads.rows("unreadable", limit=MOST_COUNTS),
        }
    return _page(request, "messages.html", context)


def message(request: Request) -> Response:
    """One message from socket to task."""
    site, correlation_id = site_of(request), request.path_params["correlation_id"]
    with reading(site.store) as reads:
        raw = reads.row("raw", event_id=correlation_id)
        records = chain_of(reads, correlation_id)
    if not records:
        return _page(request, "missing.html", {"what": f"message {correlation_id}"}, 404)
    site.saw(request, f"message/{correlation_id}", "trace")
    chain = {"correlation_id": correlation_id, "raw": raw, "records": records, "others": 0}
    return _page(request, "message.html", {"chain": chain})


def lineage(request: Request) -> Response:
    """Where each value of a message's resources came from."""
    site, correlation_id = site_of(request), request.path_params["correlation_id"]
    with reading(site.store) as reads:
        raw = reads.row("raw", event_id=correlation_id)
    if raw is None:
        return _page(request, "missing.html", {"what": f"message {correlation_id}"}, 404)
    site.saw(request, f"message/{correlation_id}", "lineage")
    resources: dict[str, list[Row]] = {}
    problem = ""
    try:
        for one in site.origins(raw):
            shown = orjson.dumps(one.value).decode().strip('"')
            resources.setdefault(one.resource, []).append({"path": one.path, "source": one.source, "value": shown})
    except NotTraceable as why:
        problem = str(why)
    context = {"correlation_id": correlation_id, "resources": resources, "problem": problem}
    return _page(request, "lineage.html", context, 503 if problem else 200)


def api_page(request: Request) -> Response:
    """What the API offers."""
    return _page(request, "api.html", {"fields": FIELDS})


def store_missing(request: Request, _why: Exception) -> Response:
    """Shown until the sink has made the store."""
    return _page(request, "waiting.html", {}, 503)


def _choices(filters: list[Row]) -> Row:
    return {name + "s": sorted({row[name] for row in filters if row[name]}) for name in ("role", "unit")}


def _page(request: Request, template: str, context: Row, status: int = 200) -> Response:
    site = site_of(request)
    site.metrics.pages.labels(template.removesuffix(".html").lstrip("_")).inc()
    return _TEMPLATES.TemplateResponse(request, template, {**context, "now": site.clock_us()}, status)
