"""Arguments of a call: as many and of the families that the function takes; constants among them are made ready."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from mapper_kd.date_layouts import Layout
from mapper_kd.expression_checks import ExpressionError, require
from mapper_kd.expressions.loops import argument
from mapper_kd.kinds import ANY, Kind, ListKind, RowKind, list_of
from mapper_kd.regular_expressions import Pattern, Replacement
from mapper_kd.scope import CONSTANT, Code
from mapper_kd.source_record import SourceObject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mapper_kd.expressions.compiler import Compiler
    from mapper_kd.function import Function


@dataclass(frozen=True, eq=False)
class Ready(Kind):
    """A constant that was made ready while the mapping was compiled: a regular expression, say."""

    value: Any


def _group(number: Any, before: Sequence[Any]) -> int:
    pattern: Pattern = before[-1]
    if type(number) is not int or not 0 <= number <= pattern.groups:
        raise ValueError(f"is no group of the pattern, which has {pattern.groups}")
    return number


_READY: dict[str, tuple[type, Callable[[Any, Sequence[Any]], Any]]] = {
    "pattern": (str, lambda text, _: Pattern(text)),
    "replacement": (str, lambda text, before: Replacement(text, before[-1])),
    "group": (int, _group),
    "layout": (str, lambda text, _: Layout(text)),
    "column": (str, lambda text, _: text),
}
"""Words of `Function.takes` that stand for a constant, its type, and what makes it ready (given those before it)."""


def arguments(compiler: Compiler, node: ast.Call, name: str, function: Function) -> list[Code]:
    """Return the codes of a call's arguments.

    Raises:
        ExpressionError: They are too few or too many, or known to be of a family that the function does not take.
    """
    takes = function.takes.split()
    repeated = bool(takes) and takes[-1].endswith("*")
    least = sum(1 for one in takes if not one.endswith(("?", "?*")))
    if len(node.args) < least or (len(node.args) > len(takes) and not repeated):
        raise ExpressionError(f"calls {name}() with {len(node.args)} values; it is written {function.usage}")
    families = [one.rstrip("?*") for one in [*takes, *takes[-1:] * len(node.args)]]
    parts: list[Code] = []
    ready: list[Any] = []
    for one, family in zip(node.args, families, strict=False):
        if family in _READY:
            ready.append(_made_ready(compiler, one, family, ready))
            parts.append(Code(compiler.names.bind("c", ready[-1]), Ready(family, family, ready[-1]), certain=True))
        else:
            parts.append(argument(compiler, one, family))
            if family == "whole":
                parts[-1] = _whole(compiler, parts[-1])
            _check(parts[-1], one, family, name)
    return parts


def _made_ready(compiler: Compiler, node: ast.expr, family: str, before: Sequence[Any]) -> Any:
    code = compiler.expression(node)
    wanted, make = _READY[family]
    constant = None
    if code.depth == CONSTANT and not code.fails:
        try:
            constant = ast.literal_eval(code.text)
        except (ValueError, SyntaxError):  # a constant that has a name in generated code
            constant = None
    if type(constant) is not wanted:
        kind = "text" if wanted is str else "whole number"
        raise ExpressionError(f"needs a constant {kind} as {family}, but has {ast.unparse(node)!s:.60}")
    try:
        return make(constant, before)
    except ValueError as error:
        raise ExpressionError(f"has a {family} {ast.unparse(node)!s:.60} that cannot be used: it {error}") from None


def _whole(compiler: Compiler, part: Code) -> Code:
    """Return an object of the record, or a list of them, with all of its parts."""
    rows = part.kind.item if isinstance(part.kind, ListKind) else part.kind
    if not isinstance(rows, RowKind) or not isinstance(rows.columns, SourceObject) or not rows.columns.take_whole():
        return part
    text = f"{compiler.names.bind('plain_', _plain_objects)}({part.text})"
    return replace(part, text=text, kind=list_of(ANY) if isinstance(part.kind, ListKind) else ANY)


def _plain_objects(value: Any) -> Any:
    return msgspec.to_builtins(value, builtin_types=(Decimal,))


def _check(part: Code, node: ast.expr, family: str, name: str) -> None:
    if isinstance(part.kind, RowKind) and family != "row":
        raise ExpressionError(f"gives {name}() a whole row: {ast.unparse(node)!s:.60}; name one of its parts")
    if family in {"values", "plain"}:
        _check_values(part, node, family, name)
    elif family not in {"any", "object", "row", "whole"}:
        require(family, part, node)
    elif family == "object" and part.kind.family != "any":
        raise ExpressionError(f"needs an object of any parts, but {ast.unparse(node)!s:.60} is {part.kind}")


def _check_values(part: Code, node: ast.expr, family: str, name: str) -> None:
    if family == "values":
        require("list", part, node)
    if isinstance(part.kind, ListKind) and part.kind.item.family in {"list", "row"}:
        raise ExpressionError(
            f"gives {name}() {ast.unparse(node)!s:.60}, which is a {part.kind}; it takes a list of values: "
            f"name one of the parts, as in {name}(list.part)"
        )
