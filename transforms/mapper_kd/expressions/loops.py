"""Rules for loops: over one list, once, with at most one condition."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_kd.expression_checks import ExpressionError, refuse_dunder
from mapper_kd.expressions.joining import joined, loop
from mapper_kd.kinds import ANY, ListKind, list_of
from mapper_kd.scope import Code

if TYPE_CHECKING:
    from mapper_kd.expressions.compiler import Compiler


def argument(compiler: Compiler, node: ast.expr, family: str) -> Code:
    """Write an argument of a function, which may be a loop where the function takes a list."""
    if not isinstance(node, ast.GeneratorExp):
        return compiler.expression(node)
    if family not in {"list", "values", "plain"}:
        raise _no_loop()
    return _loop(compiler, node)


def comprehension(compiler: Compiler, node: ast.ListComp) -> Code:
    """Write ``[row for row in list if condition]``; its rows keep their parts."""
    return _loop(compiler, node)


def _loop(compiler: Compiler, node: ast.GeneratorExp | ast.ListComp) -> Code:
    if len(node.generators) != 1 or compiler.loops:
        raise _no_loop()
    generator = node.generators[0]
    if not isinstance(generator.target, ast.Name) or generator.is_async or len(generator.ifs) > 1:
        raise ExpressionError("loops in a way it cannot: write sum(row.a * row.b for row in list if condition)")
    refuse_dunder(generator.target.id)
    rows = compiler.expression(generator.iter)
    if rows.kind.family not in {"list", "any"}:
        raise ExpressionError(f"loops over {ast.unparse(generator.iter)}, which is {rows.kind}")
    variable = compiler.names.temporary("g")
    compiler.loops[generator.target.id] = Code(
        variable, rows.kind.item if isinstance(rows.kind, ListKind) else ANY, rows.depth, source=rows.source
    )
    item = compiler.expression(node.elt)
    test = compiler.expression(generator.ifs[0]) if generator.ifs else None
    compiler.loops.clear()
    text = loop(variable, item.text, rows.text, test.text if test else None)
    made = joined(text, list_of(item.kind), [rows, item, *([test] if test else [])], certain=True)
    return replace(made, source=item.source)


def _no_loop() -> ExpressionError:
    return ExpressionError(
        "loops where only sum(), min(), max(), average(), join() and the like can: over one list, once"
    )
