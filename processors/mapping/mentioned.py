"""Resources that fields point at: built once per site from what was sent, and put once into each bundle."""

from collections.abc import Callable

from processors.envelope import Record
from processors.mapping.scope import Scope, keep, reference


def mentioned(kind: str, raw: str, scope: Scope, build: Callable[[str, Scope], list[Record]]) -> Record | None:
    """The reference to the last of the resources that `build` makes; None where it makes none."""
    known = scope.memo.parties.get((kind, raw))
    if known is None:
        before, scope.ends = scope.ends, False
        built = build(raw, scope)
        if scope.trace is not None:
            built = [scope.trace.mark(one, raw) for one in built]
        known = (built, reference(built[-1]["id"]) if built else {})
        if not scope.ends:
            keep(scope.memo.parties, (kind, raw), known)
        scope.ends = scope.ends or before
    if known[0]:
        source = scope.segment.path()
        for resource in known[0]:
            scope.bundle.put(resource, source)
    return known[1] or None
