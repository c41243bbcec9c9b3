"""Rules for calls that ask a table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mapper_kd.expression_checks import ExpressionError
from mapper_kd.expressions.joining import joined
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import Kind, row_of

if TYPE_CHECKING:
    from mapper_kd.expressions.compiler import Compiler
    from mapper_kd.scope import Code


def ask(compiler: Compiler, node: ast.Call) -> Code:
    """Write ``code("table", key, …)``, ``lookup(…)`` or ``find(…)``."""
    assert isinstance(node.func, ast.Name)  # noqa: S101 - narrows the type; the caller has looked
    name = node.func.id
    first = node.args[0] if node.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        raise ExpressionError(f"calls {name}() without the name of a table in quotes: {FUNCTIONS[name].usage}")
    table = compiler.names.open_table(first.value)
    keys = [compiler.expression(argument) for argument in node.args[1:]]
    if not keys or (table.key and len(keys) != len(table.key)):
        wanted = ", ".join(table.key) or "its key"
        raise ExpressionError(f"asks table {first.value} with {len(keys)} key values; its key is {wanted}")
    if name == "code" and len(table.values) > 1:
        raise ExpressionError(
            f"asks table {first.value} for a code, but it has several values ({', '.join(table.values)}); "
            f'write lookup("{first.value}", …).{table.values[0]}'
        )
    for key, key_node in zip(keys, node.args[1:], strict=True):
        if key.kind.family in {"list", "row"}:
            raise ExpressionError(f"asks table {first.value} with {ast.unparse(key_node)}, which is a {key.kind}")
    kind: Kind = table.cell_kind if name == "code" else row_of(table, certain=name == "lookup")
    method = compiler.names.bind("table", getattr(table, name))
    return joined(f"{method}({', '.join(key.text for key in keys)})", kind, keys, certain=name == "lookup")
