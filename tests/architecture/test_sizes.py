"""Sizes of files and functions, and the sentence that opens each module."""

import ast

from tree import CODE, Tree, functions, parsed, python, repository

FILE_LINES, FILE_P95 = 400, 300
FUNCTION_LINES, FUNCTION_P95 = 50, 30


def long_files(tree: Tree) -> list[str]:
    return [name for name, text in python(tree).items() if len(text.splitlines()) > FILE_LINES]


def long_functions(tree: Tree) -> list[str]:
    return [
        f"{path}: {name} has {lines} lines"
        for path, text in python(tree).items()
        for name, lines in functions(text)
        if lines > FUNCTION_LINES
    ]


def percentile_95(sizes: list[int]) -> int:
    return sorted(sizes)[int(len(sizes) * 0.95)] if sizes else 0


def untold(tree: Tree) -> list[str]:
    """Modules that do not open with a sentence."""
    return [name for name, text in python(tree).items() if text.strip() and not _first_sentence(text)]


def _first_sentence(text: str) -> bool:
    told = ast.get_docstring(parsed(text)) or ""
    return told.partition("\n\n")[0].rstrip().endswith((".", ":", "?", "!"))


def packages_with_code(tree: Tree) -> list[str]:
    """`__init__.py` files that hold more than a docstring, imports and `__all__`."""
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign)
    inits = {name: text for name, text in python(tree).items() if name.endswith("__init__.py")}
    return [name for name, text in inits.items() if not all(isinstance(node, allowed) for node in parsed(text).body)]


def test_no_file_is_longer_than_400_lines() -> None:
    assert long_files(repository()) == []


def test_95_of_100_code_files_have_at_most_300_lines() -> None:
    assert percentile_95([len(text.splitlines()) for text in python(repository(), *CODE).values()]) <= FILE_P95


def test_no_function_is_longer_than_50_lines() -> None:
    assert long_functions(repository()) == []


def test_95_of_100_functions_have_at_most_30_lines() -> None:
    code = python(repository(), *CODE).values()
    assert percentile_95([lines for text in code for _, lines in functions(text)]) <= FUNCTION_P95


def test_each_module_opens_with_a_sentence() -> None:
    assert untold(repository()) == []


def test_packages_hold_no_code_of_their_own() -> None:
    assert packages_with_code(repository()) == []


def test_the_size_rules_see_what_is_too_long() -> None:
    body = "\n".join(f"    x = {n}" for n in range(51))
    tree = {"a.py": "x = 1\n" * 401, "b.py": f"def f():\n{body}\n", "c.txt": "x\n" * 900}
    assert long_files(tree) == ["a.py"]
    assert long_functions(tree) == ["b.py: f has 52 lines"]


def test_the_docstring_rule_sees_a_missing_and_an_unfinished_sentence() -> None:
    tree = {"a.py": "x = 1\n", "b.py": '"""Words without end"""\n', "c.py": '"""A sentence."""\n', "d.py": ""}
    assert untold(tree) == ["a.py", "b.py"]


def test_the_package_rule_sees_a_function() -> None:
    assert packages_with_code({"p/__init__.py": "def f(): ...\n", "q/__init__.py": "from q.a import b\n"}) == [
        "p/__init__.py"
    ]
