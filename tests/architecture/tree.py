"""The repository's files as the rules see them: path -> text of everything that is tracked, or would be."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache

from streams.settings import HOME

Tree = dict[str, str]
CODE = ("processors/", "streams/", "board/")
#: Stages write in transactions: no Faust agent or table may read what they write.
STAGES = ("normalize", "project", "decide", "tasks")


@cache
def repository() -> Tree:
    """Every text file that git tracks or does not ignore."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=HOME, capture_output=True, check=True, text=True, timeout=30).stdout
    return {name: text for name in names.split("\0") if name for text in _text(name)}


def _text(name: str) -> Iterator[str]:
    path = HOME / name
    if path.is_file():
        data = path.read_bytes()
        if b"\0" not in data:
            yield data.decode("utf-8", "replace")


def python(tree: Tree, *folders: str) -> Tree:
    """Python files, all or those below some folders."""
    return {name: text for name, text in tree.items() if name.endswith(".py") and name.startswith(folders or ("",))}


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function and method."""
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def calls(text: str, name: str) -> Iterator[ast.Call]:
    """Calls of a function or method by its last name: `app.topic(...)` for `topic`."""
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Call) and _last_name(node.func) == name:
            yield node


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> str:
    """The source text of a keyword argument; empty when it is not given."""
    return next((ast.unparse(k.value) for k in call.keywords if k.arg == name), "")


def topic_constants(text: str) -> set[str]:
    """Names used of processors/topics.py: `topics.RAW`, or imported from it."""
    found: set[str] = set()
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "topics":
            found.add(node.attr)
        if isinstance(node, ast.ImportFrom) and node.module == "processors.topics":
            found |= {alias.name for alias in node.names}
    return found
