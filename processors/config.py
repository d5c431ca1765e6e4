"""Reads YAML text into frozen dataclasses and refuses what it does not know, with file, line and the nearest name.

One loader for topics.yaml, rules/, sites/ and the settings: a dataclass is the schema. Supported field types: str, int,
float, bool, Decimal (kept as written), `X | None`, `tuple[X, ...]`, `dict[str, X]`, Literal, nested dataclasses, and
kinds of str with a class method `parse` (it raises ValueError for what it refuses). A field whose key is no Python name
says it in `metadata={"key": "from"}`.
"""

import dataclasses
import difflib
import types
import typing
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import yaml

from processors.errors import ConfigError

T = TypeVar("T")
_SCALARS: dict[object, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def load(text: str, file: str, shape: type[T]) -> T:
    """Parse `text` as one YAML document of the given shape.

    Raises ConfigError (file, line, what, nearest valid name) for bad YAML, unknown or missing keys and wrong types.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as why:
        line = why.problem_mark.line + 1 if why.problem_mark else 1
        raise ConfigError(file, line, f"not valid YAML: {why.problem}") from why
    if node is None:
        raise ConfigError(file, 1, "the file is empty")
    return typing.cast(T, _value(node, shape, _Place(file)))


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    file: str
    key: str = ""

    def inside(self, key: str) -> "_Place":
        return _Place(self.file, f"{self.key}.{key}" if self.key else key)

    def refuse(self, node: yaml.Node, what: str) -> ConfigError:
        where = f"{self.key}: " if self.key else ""
        return ConfigError(self.file, node.start_mark.line + 1, where + what)


def line_of(text: str, *keys: str | int) -> int:
    """The line of a key or list item in a YAML text that `load` accepted; of what is around it where it is absent."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 0
    for key in keys:
        named: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            named, node = next((pair for pair in node.value if pair[0].value == key), (None, None))
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            named = node = node.value[key]
        if named is None:
            break
        line = named.start_mark.line
    return line + 1


def nearest(name: str, valid: typing.Iterable[str]) -> str:
    """A hint ' (did you mean X?)', or the list of valid names when none is near."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, 1, 0.6)
    return f" (did you mean '{close[0]}'?)" if close else f" (valid: {', '.join(names)})"


def _value(node: yaml.Node, shape: object, place: _Place) -> object:
    origin = typing.get_origin(shape)
    if origin in (typing.Union, types.UnionType):
        return _optional(node, shape, place)
    if origin is typing.Literal:
        return _literal(node, typing.get_args(shape), place)
    if origin is tuple:
        return _list(node, typing.get_args(shape)[0], place)
    if origin is dict:
        return _map(node, typing.get_args(shape), place)
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        return _record(node, shape, place)
    return _parsed(node, shape, place) if hasattr(shape, "parse") else _scalar(node, shape, place)


def _optional(node: yaml.Node, shape: object, place: _Place) -> object:
    if node.tag == "tag:yaml.org,2002:null":
        return None
    inner = [a for a in typing.get_args(shape) if a is not type(None)]
    return _value(node, inner[0], place)


def _literal(node: yaml.Node, valid: tuple[str, ...], place: _Place) -> str:
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    if text not in valid:
        raise place.refuse(node, f"'{text}' is not one of the valid values{nearest(text, valid)}")
    return str(text)


def _list(node: yaml.Node, inner: object, place: _Place) -> tuple[object, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise place.refuse(node, "a list is needed here")
    return tuple(_value(item, inner, place.inside(str(n))) for n, item in enumerate(node.value))


def _map(node: yaml.Node, shapes: tuple[object, object], place: _Place) -> dict[str, object]:
    of_key, inner = shapes
    return {
        _key(key, of_key, place): _value(value, inner, place.inside(key.value)) for key, value in _pairs(node, place)
    }


def _key(key: yaml.ScalarNode, shape: object, place: _Place) -> str:
    return str(key.value if shape is str else _value(key, shape, place))


def _parsed(node: yaml.Node, shape: typing.Any, place: _Place) -> object:
    text = _scalar(node, str, place)
    try:
        return shape.parse(text)
    except ValueError as why:
        raise place.refuse(node, str(why)) from why


def _record(node: yaml.Node, shape: type, place: _Place) -> object:
    hints = typing.get_type_hints(shape)
    fields = {f.metadata.get("key", f.name): f for f in dataclasses.fields(shape) if f.init}
    given: dict[str, object] = {}
    for key, value in _pairs(node, place):
        if key.value not in fields:
            raise place.refuse(key, f"unknown key '{key.value}'{nearest(key.value, fields)}")
        name = fields[key.value].name
        given[name] = _value(value, hints[name], place.inside(key.value))
    for key_name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in given:
            raise place.refuse(node, f"key '{key_name}' is missing")
    try:
        return shape(**given)
    except ValueError as why:
        named = next((key for key, _ in _pairs(node, place) if str(why).startswith(f"{key.value}: ")), node)
        raise place.refuse(named, str(why)) from why


def _pairs(node: yaml.Node, place: _Place) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise place.refuse(node, "a mapping (key: value) is needed here")
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise place.refuse(key, "a key must be plain text")
        if key.value in seen:
            raise place.refuse(key, f"key '{key.value}' is given twice")
        seen.add(key.value)
    return list(node.value)


def _scalar(node: yaml.Node, shape: object, place: _Place) -> object:
    if not isinstance(node, yaml.ScalarNode):
        raise place.refuse(node, f"{_SCALARS.get(shape, 'a single value')} is needed here")
    if shape is str:
        return str(node.value)
    if shape is bool:
        if node.tag != "tag:yaml.org,2002:bool":
            raise place.refuse(node, "true or false is needed here")
        return str(node.value).lower() in ("true", "yes", "on")
    try:
        if shape is Decimal:
            return Decimal(node.value)
        return typing.cast("type[int] | type[float]", shape)(node.value)
    except (ValueError, InvalidOperation) as why:
        raise place.refuse(node, f"{_SCALARS.get(shape, 'a decimal number')} is needed here") from why
