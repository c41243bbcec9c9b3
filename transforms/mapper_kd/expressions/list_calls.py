"""Rules for functions that look at columns of a list's rows: the columns are constants, so their code is written here.

``sort(list, "sku")`` becomes the list and, beside it, the list of what its rows have in that column.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mapper_kd import list_functions
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.expressions.arguments import arguments
from mapper_kd.expressions.joining import joined
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import ANY, Kind, ListKind, UnknownNameError
from mapper_kd.row_columns import as_list, rows_with
from mapper_kd.scope import Code, Source, column_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mapper_kd.expressions.compiler import Compiler


def group(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``group(list, "column", …)``."""
    rows, columns = _parts(compiler, node, "group")
    if "rows" in columns or len(set(columns)) < len(columns):
        raise ExpressionError("groups by a column twice, or by one called rows, which is what group() calls the rows")
    values, kinds = _columns(compiler, rows, node, columns)
    text = _call(compiler, rows, list_functions.group, values)
    known = dict(zip(columns, kinds, strict=True))
    kind = rows_with({**known, "rows": as_list(rows.kind)}, "the rows of group()")
    return replace(joined(text, kind, [rows], certain=True), source=gathered(rows))


def gathered(rows: Code) -> Source | None:
    """Return where rows come from whose part ``rows`` is some of the list's."""
    return None if rows.source is None else replace(rows.source, gathered="rows")


def sort(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``sort(list, "column", …)``; ``"-column"`` is the other way round."""
    rows, columns = _parts(compiler, node, "sort")
    if not columns:
        return _of_values(compiler, rows, node, "sort")
    names = [column.removeprefix("-") for column in columns]
    downwards = tuple(column.startswith("-") for column in columns)
    values, kinds = _columns(compiler, rows, node, names)
    for name, kind in zip(names, kinds, strict=True):
        if kind.family in {"list", "row"}:
            raise ExpressionError(f"sorts by {name}, which is a {kind}")
    text = _call(compiler, rows, list_functions.sort_rows, f"{values}, {downwards}")
    return replace(joined(text, as_list(rows.kind), [rows], certain=True), source=rows.source)


def unique(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``unique(list, "column", …)``."""
    rows, columns = _parts(compiler, node, "unique")
    if not columns:
        return _of_values(compiler, rows, node, "unique")
    values, _ = _columns(compiler, rows, node, columns)
    text = _call(compiler, rows, list_functions.unique_rows, values)
    return replace(joined(text, as_list(rows.kind), [rows], certain=True), source=rows.source)


def extreme(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``min(…)`` or ``max(…)``, of one list or of several values."""
    name = ast.unparse(node.func)
    parts = arguments(compiler, node, name, FUNCTIONS[name])
    if len(parts) > 1 and any(isinstance(part.kind, ListKind) for part in parts):
        raise ExpressionError(f"calls {name}() with a list among several values; it takes either")
    called = compiler.names.bind(f"{name}_", FUNCTIONS[name].call)
    text = f"{called}({', '.join(part.text for part in parts)})"
    return joined(text, FUNCTIONS[name].kind([part.kind for part in parts]), parts)


def _parts(compiler: Compiler, node: ast.Call, name: str) -> tuple[Code, list[str]]:
    rows, *columns = arguments(compiler, node, name, FUNCTIONS[name])
    return rows, [column.kind.value for column in columns]  # type: ignore[attr-defined]  # they are `Ready`


def _of_values(compiler: Compiler, rows: Code, node: ast.Call, name: str) -> Code:
    if isinstance(rows.kind, ListKind) and rows.kind.item.family in {"list", "row"}:
        raise ExpressionError(
            f"gives {name}() {ast.unparse(node.args[0])!s:.60}, which is a {rows.kind}; "
            f'say by which columns: {name}(list, "column")'
        )
    function = FUNCTIONS[name]
    called = compiler.names.bind(f"{name}_", function.call)
    return joined(f"{called}({rows.text})", function.kind([rows.kind]), [rows], certain=True)


def _columns(compiler: Compiler, rows: Code, node: ast.Call, columns: Sequence[str]) -> tuple[str, list[Kind]]:
    """Return the source of the list of what the rows have in these columns, and the columns' kinds."""
    variable = compiler.names.temporary("g")
    item = rows.kind.item if isinstance(rows.kind, ListKind) else ANY
    if item.family not in {"row", "any"}:
        raise ExpressionError(f"names columns of {ast.unparse(node.args[0])!s:.60}, which is a {rows.kind}")
    try:
        codes = [column_of(Code(variable, item, rows.depth), column, column) for column in columns]
    except UnknownNameError as error:
        raise ExpressionError(str(error)) from None
    values = "".join(f"{code.text}, " for code in codes)
    return f"[({values}) for {variable} in rows]", [code.kind for code in codes]


def _call(compiler: Compiler, rows: Code, call: Callable[..., Any], more: str) -> str:
    return f"(lambda rows: {compiler.names.bind('list_', call)}(rows, {more}))(_rows({rows.text}))"
