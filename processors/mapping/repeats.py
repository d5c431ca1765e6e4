"""What is told twice in one message: the same resource from two segments becomes one that has the fields of both."""

from processors.envelope import Record


def joined(first: Record, second: Record) -> tuple[Record, list[str]]:
    """Both as one, and the elements in which they differ and the first one wins. Neither is changed."""
    made = dict(second)
    differ = []
    for name, value in first.items():
        other = second.get(name, value)
        if other == value:
            made[name] = value
        elif isinstance(value, list) and isinstance(other, list):
            made[name] = [*value, *(one for one in other if one not in value)]
        elif isinstance(value, dict) and isinstance(other, dict) and not _is_whole(value):
            made[name], inner = joined(value, other)
            differ += [f"{name}.{one}" for one in inner]
        else:
            made[name] = value
            differ.append(name)
    return made, differ


def _is_whole(value: Record) -> bool:
    """Codes, numbers and references mean something as a whole only."""
    return bool(value.keys() & {"coding", "text", "value", "reference", "url"})
