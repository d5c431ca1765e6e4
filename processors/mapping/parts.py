"""Parts of a patient group (AL1, DG1, IN1 ...) -> the function that writes each one's resources."""

from collections.abc import Callable
from typing import TypeAlias

from processors.mapping.groups import Part
from processors.mapping.links import Links
from processors.mapping.scope import Scope

#: Puts the resources of a part into the scope's bundle.
Writer: TypeAlias = Callable[[Part, Links, Scope], None]

WRITERS: dict[str, Writer] = {}


def write_part(part: Part, links: Links, scope: Scope) -> None:
    """The resources of one part; the fields of a segment without a writer are counted as not mapped."""
    write = WRITERS.get(part.segment.name)
    if write is not None:
        write(part, links, scope)
