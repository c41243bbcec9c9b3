"""Rules for calls that ask a table."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_kd.expression_checks import ExpressionError, require
from mapper_kd.expressions.joining import joined
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import DECIMAL
from mapper_kd.scope import TABLE, Code, Reading, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper_kd.expressions.compiler import Compiler
    from mapper_kd.tables import Table


def ask(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``code("table", key, …)``, ``lookup(…)`` or ``find(…)``."""
    function, table, nodes = _opened(compiler, node)
    keys = _keys(compiler, table, nodes)
    if function == "code":
        _check_code(table)
    return _asked(compiler, table, function, keys)


def rows(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``rows("table", key, …)``, or ``rows("table")`` for all."""
    _, table, nodes = _opened(compiler, node)
    return _asked(compiler, table, "rows" if nodes else "all_rows", _keys(compiler, table, nodes) if nodes else [])


def convert(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``convert("table", quantity, from, to)``, with further parts of the key behind."""
    if len(node.args) < 4:  # noqa: PLR2004 - the table, the quantity and two units
        raise ExpressionError(f"calls convert() with too few values; it is written {FUNCTIONS['convert'].usage}")
    _, table, nodes = _opened(compiler, node, ("from", "to"), ("factor",))
    keys = _keys(compiler, table, nodes[1:])
    _check_code(table)
    quantity = compiler.expression(nodes[0])
    if quantity.kind.family not in {"number", "text", "any"}:
        require("number", quantity, nodes[0])
    called = compiler.names.bind("table", table.asked_by("convert"))
    parts = [quantity, *keys]
    return joined(f"{called}({', '.join(part.text for part in parts)})", DECIMAL, parts)


def _opened(compiler: Compiler, node: ast.Call, *columns: tuple[str, ...]) -> tuple[str, Table, Sequence[ast.expr]]:
    assert isinstance(node.func, ast.Name)  # noqa: S101 - narrows the type; the caller has looked
    name = node.func.id
    first = node.args[0] if node.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        raise ExpressionError(f"calls {name}() without the name of a table in quotes: {FUNCTIONS[name].usage}")
    return name, compiler.names.open_table(first.value, *columns), node.args[1:]


def _keys(compiler: Compiler, table: Table, nodes: Sequence[ast.expr]) -> list[Code]:
    name = table.spec.name
    if not nodes or (table.key and len(nodes) != len(table.key)):
        wanted = ", ".join(table.key) or "its key"
        raise ExpressionError(f"asks table {name} with {len(nodes)} key values; its key is {wanted}")
    keys = [compiler.expression(node) for node in nodes]
    for key, node in zip(keys, nodes, strict=True):
        if key.kind.family in {"list", "row"}:
            raise ExpressionError(f"asks table {name} with {ast.unparse(node)}, which is a {key.kind}")
    return keys


def _check_code(table: Table) -> None:
    name = table.spec.name
    if len(table.values) > 1:
        raise ExpressionError(
            f"asks table {name} for a code, but it has several values ({', '.join(table.values)}); "
            f'write lookup("{name}", …).{table.values[0]}'
        )
    if not table.values and table.spec.source not in {"csv", "rows"}:
        raise ExpressionError(
            f"asks table {name} for a code, but nothing says which column; say values: in {table.spec.place}"
        )


def _asked(compiler: Compiler, table: Table, function: str, keys: list[Code]) -> Code:
    called = compiler.names.bind("table", table.asked_by(function))
    rows = table.by_text(function) if len(keys) == 1 else None
    if rows is None:
        text = f"{called}({', '.join(key.text for key in keys)})"
    else:  # nearly always a text: no call is needed to find what it stands for
        kept, found = compiler.names.temporary(), compiler.names.bind("rows", rows)
        taken = f"{found}.get({kept})" if function == "find" else f"{found}[{kept}]"
        text = f"({taken} if ({kept} := {keys[0].text}).__class__ is _str else {called}({kept}))"
    asked = joined(text, table.answer_of(function), keys, certain=function not in {"code", "find"})
    written = f'{function}("{table.spec.name}", …)'
    column = f".{table.values[0]}" if function == "code" and table.values else ""
    reading = Reading(written, "", f"{table.spec.name}{column}", TABLE)
    return replace(asked, readings=(*asked.readings, reading), source=Source(table.spec.name, TABLE))
