"""What a mapping says in vain: tables and names that nothing uses, and cases that are never reached."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Scalar(NamedTuple):
    """A plain value of the file: its text, its line, and the keys above it."""

    text: str
    line: int
    keys: tuple[str, ...]


def leftovers(path: Path) -> list[str]:
    """Return a warning for each thing that a mapping file says in vain; none for a file that is no YAML."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return []
    if not isinstance(root, yaml.MappingNode):
        return []
    scalars = list(_scalars(root, ()))
    parsed = {one: tree for one in scalars if (tree := _expression(one.text)) is not None}
    used = {name for tree in parsed.values() for name in _names(tree)}
    used |= {one.text for one in scalars if one not in parsed and one.keys[:1] != ("tables",)}
    file = path.as_posix()
    found = [
        *((line, f"tables.{name}: nothing asks this table") for name, line in _tables(root) if name not in used),
        *((line, f"let.{name}: nothing uses this name") for name, line in _lets(root) if name not in used),
        *((one.line, text) for one, tree in parsed.items() for text in _dead_branches(tree)),
        *_dead_cases(root),
    ]
    return [f"{file}:{line}: {text}." for line, text in sorted(found)]


def _scalars(node: yaml.Node, keys: tuple[str, ...]) -> Iterator[_Scalar]:
    for key, below in _entries(node):
        yield from _scalars(below, (*keys, key))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, keys)
    elif isinstance(node, yaml.ScalarNode):
        yield _Scalar(node.value, node.start_mark.line + 1, keys)


def _entries(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def _expression(text: str) -> ast.expr | None:
    if not text.startswith("="):
        return None
    try:
        return ast.parse(f"({text[1:].strip()})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(tree: ast.expr) -> Iterator[str]:
    """Yield all names and texts of an expression: lets, and tables named in code(), find() and the like."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _tables(root: yaml.Node) -> Iterator[tuple[str, int]]:
    for name, node in _entries(dict(_entries(root)).get("tables")):
        yield name, node.start_mark.line + 1


def _lets(node: yaml.Node) -> Iterator[tuple[str, int]]:
    for key, below in _entries(node):
        if key == "let":
            yield from ((name, value.start_mark.line + 1) for name, value in _entries(below))
        else:
            yield from _lets(below)


def _dead_branches(tree: ast.expr) -> Iterator[str]:
    """Yield what is never reached in the calls of case() of an expression."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "case":
            yield from _unreachable([ast.unparse(one) for one in node.args[:-1:2]], has_else=True)


def _dead_cases(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Yield what is never reached in the long form ``case:``."""
    parts = dict(_entries(node))
    cases = parts.get("case")
    if isinstance(cases, yaml.SequenceNode):
        conditions = [dict(_entries(one)).get("when") for one in cases.value]
        texts = [one.value if isinstance(one, yaml.ScalarNode) else "" for one in conditions]
        parsed = [ast.unparse(tree) if (tree := _expression(text)) is not None else text for text in texts]
        line = cases.start_mark.line + 1
        yield from ((line, text) for text in _unreachable(parsed, has_else="else" in parts))
    below = [value for _, value in _entries(node)]
    for child in below or (node.value if isinstance(node, yaml.SequenceNode) else ()):
        yield from _dead_cases(child)


def _unreachable(conditions: list[str], *, has_else: bool) -> Iterator[str]:
    for number, condition in enumerate(conditions):
        if condition and condition in conditions[:number]:
            yield f"the case `{condition}` is never reached: the same condition stands before it"
    for condition, after in pairwise([*conditions, "the else" if has_else else ""]):
        if condition in {"True", "true", "1"} and after:
            yield f"what comes after the case `{condition}` is never reached: it always holds"
