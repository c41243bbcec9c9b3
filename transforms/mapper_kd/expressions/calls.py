"""Rules for calls: of functions, of functions whose source is written here, and of functions with a namespace."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_kd.expression_checks import ExpressionError
from mapper_kd.expressions import list_calls, table_calls
from mapper_kd.expressions.arguments import arguments
from mapper_kd.expressions.joining import choice, joined, value_kind
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import BOOLEAN, DECIMAL, nearest
from mapper_kd.scope import Code, function_hint
from mapper_kd.sql_functions import SQL_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_kd.expressions.compiler import Compiler
    from mapper_kd.functions import Function


_CHOOSING = {"first", "last"}
"""Functions that give an item of a list as it is."""


def call(compiler: Compiler, node: ast.Call) -> Code:
    """Write a call."""
    name, function = _called(compiler, node.func)
    if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
        raise ExpressionError(f"calls {name}() with what it does not take; it is written {function.usage}")
    if name in _RULES:
        return _RULES[name](compiler, node)
    parts = arguments(compiler, node, name, function)
    called = compiler.names.bind(f"{name.replace('.', '_')}_", function.call)
    text = f"{called}({', '.join(part.text for part in parts)})"
    kind = function.kind([part.kind for part in parts])
    made = joined(text, kind, parts, certain=function.gives is BOOLEAN and name != "boolean")
    if name == "chunks":
        return replace(made, source=list_calls.gathered(parts[0]))
    return replace(made, source=parts[0].source) if name in _CHOOSING else made


def _called(compiler: Compiler, node: ast.expr) -> tuple[str, Function]:
    if isinstance(node, ast.Name):
        if node.id not in FUNCTIONS:
            raise ExpressionError(f"there is no function {node.id}{function_hint(node.id)}")
        return node.id, FUNCTIONS[node.id]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        space, name = node.value.id, node.attr
        functions = compiler.names.namespaces.get(space)
        if functions is not None:
            if name not in functions:
                near = nearest(name, functions)
                hint = f"; did you mean {space}.{near}()?" if near else ""
                raise ExpressionError(f"there is no function {space}.{name}{hint}")
            return f"{space}.{name}", functions[name]
    raise ExpressionError(f"calls {ast.unparse(node)!s:.60}; only functions of the language can be called")


def _decimal(compiler: Compiler, node: ast.Call) -> Code:
    (part,) = arguments(compiler, node, "decimal", FUNCTIONS["decimal"])
    called = compiler.names.bind("decimal_", FUNCTIONS["decimal"].call)
    # Most numbers are exact already, and a whole one is as good as a decimal; asking here saves the call.
    kept = compiler.names.temporary()
    exact = f"({kept} := {part.text}).__class__ is _Decimal or {kept}.__class__ is _int"
    text = f"({kept} if {exact} else {called}({kept}))"
    return joined(text, DECIMAL, [part])


def _coalesce(compiler: Compiler, node: ast.Call) -> Code:
    parts = arguments(compiler, node, "coalesce", FUNCTIONS["coalesce"])
    text = parts[-1].text
    for part in reversed(parts[:-1]):
        kept = compiler.names.temporary()
        text = f"({kept} if ({kept} := {part.text}) is not None else {text})"
    return joined(text, value_kind(parts), parts, certain=any(part.certain for part in parts))


def _case(compiler: Compiler, node: ast.Call) -> Code:
    parts = arguments(compiler, node, "case", FUNCTIONS["case"])
    if len(parts) % 2 == 0:
        raise ExpressionError(f"calls case() without a last value; it is written {FUNCTIONS['case'].usage}")
    return choice(list(zip(parts[:-1:2], parts[1::2], strict=True)), parts[-1])


def _attempt(compiler: Compiler, node: ast.Call) -> Code:
    parts = arguments(compiler, node, "sql.attempt", SQL_FUNCTIONS["attempt"])
    called = compiler.names.bind("sql_attempt_", SQL_FUNCTIONS["attempt"].call)
    # Each is calculated inside the call, and only if it is needed.
    text = f"{called}({', '.join(f'lambda: {part.text}' for part in parts)})"
    return joined(text, value_kind(parts), parts)


_RULES: dict[str, Callable[[Compiler, ast.Call], Code]] = {
    "code": table_calls.ask,
    "lookup": table_calls.ask,
    "find": table_calls.ask,
    "rows": table_calls.rows,
    "convert": table_calls.convert,
    "decimal": _decimal,
    "coalesce": _coalesce,
    "case": _case,
    "sql.attempt": _attempt,
    "group": list_calls.group,
    "min": list_calls.extreme,
    "max": list_calls.extreme,
    "sort": list_calls.sort,
    "unique": list_calls.unique,
}
"""Functions whose source is written here, by the name they are called by."""
