"""Rules for operators, comparisons and choices."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_kd import arithmetic
from mapper_kd.expression_checks import ExpressionError, not_allowed, require, require_comparable
from mapper_kd.expressions.joining import joined, value_kind
from mapper_kd.kinds import ANY, BOOLEAN, DECIMAL, INTEGER, NULL, TEXT, list_of
from mapper_kd.scope import CONSTANT, Code

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_kd.expressions.compiler import Compiler

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_OPERATORS: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.subtract,
    ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide,
    ast.FloorDiv: arithmetic.floor_divide,
    ast.Mod: arithmetic.modulo,
}


def arithmetic_operator(compiler: Compiler, node: ast.BinOp) -> Code:
    """Write a calculation, or two texts put together."""
    operation = _OPERATORS.get(type(node.op))
    if operation is None:
        raise not_allowed(node.op)
    left, right = compiler.expression(node.left), compiler.expression(node.right)
    texts = isinstance(node.op, ast.Add) and "text" in {left.kind.family, right.kind.family}
    for side, part in ((left, node.left), (right, node.right)):
        require("text" if texts else "number", side, part)
    kinds = {left.kind, right.kind}
    integers = kinds == {INTEGER} and not isinstance(node.op, ast.Div)
    kind = TEXT if texts else INTEGER if integers else ANY if isinstance(node.op, ast.Add) and ANY in kinds else DECIMAL
    name = compiler.names.bind("o", operation)
    return joined(f"{name}({left.text}, {right.text})", kind, (left, right), certain=True)


def unary(compiler: Compiler, node: ast.UnaryOp) -> Code:
    """Write ``not x`` or ``-x``."""
    operand = compiler.expression(node.operand)
    if isinstance(node.op, ast.Not):
        return joined(f"(not {operand.text})", BOOLEAN, (operand,), certain=True, fails=operand.fails)
    if not isinstance(node.op, ast.USub):
        raise not_allowed(node.op)
    require("number", operand, node.operand)
    return joined(
        f"{compiler.names.bind('o', arithmetic.negate)}({operand.text})", operand.kind, (operand,), certain=True
    )


def logic(compiler: Compiler, node: ast.BoolOp) -> Code:
    """Write ``x and y`` or ``x or y``, which give one of their sides."""
    parts = [compiler.expression(part) for part in node.values]
    word = " and " if isinstance(node.op, ast.And) else " or "
    text = f"({word.join(part.text for part in parts)})"
    certain = all(part.certain for part in parts)
    return joined(text, value_kind(parts), parts, certain=certain, fails=any(part.fails for part in parts))


def choice(compiler: Compiler, node: ast.IfExp) -> Code:
    """Write ``x if test else y``."""
    test, body, orelse = (compiler.expression(part) for part in (node.test, node.body, node.orelse))
    kind = value_kind((body, orelse))
    text = f"({body.text} if {test.text} else {orelse.text})"
    parts = (test, body, orelse)
    return joined(text, kind, parts, certain=body.certain and orelse.certain, fails=any(part.fails for part in parts))


def comparison(compiler: Compiler, node: ast.Compare) -> Code:
    """Write a comparison, or several in a row: ``1 < x < 5``."""
    left, left_node = compiler.expression(node.left), node.left
    text, parts = left.text, [left]
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        spelled, right = _compared(compiler, operator, left, left_node, right_node)
        text += f" {spelled} {right.text}"
        parts.append(right)
        left, left_node = right, right_node
    fails = any(part.fails for part in parts) or not all(isinstance(op, (ast.Eq, ast.NotEq, ast.Is)) for op in node.ops)
    return joined(f"({text})", BOOLEAN, parts, certain=True, fails=fails)


def _compared(
    compiler: Compiler, operator: ast.cmpop, left: Code, left_node: ast.expr, right_node: ast.expr
) -> tuple[str, Code]:
    if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right_node, (ast.Tuple, ast.List, ast.Set)):
        items = [compiler.expression(item) for item in right_node.elts]
        if any(item.depth != CONSTANT for item in items):
            raise ExpressionError("lists something other than constants after in")
        for item, item_node in zip(items, right_node.elts, strict=True):
            require_comparable(left, left_node, item, item_node)
        listed = "".join(f"{item.text}, " for item in items)
        return _COMPARISONS[type(operator)], Code(f"({listed})", list_of(ANY), certain=True)
    right = compiler.expression(right_node)
    if isinstance(operator, (ast.Is, ast.IsNot)) or (right.kind is NULL and isinstance(operator, (ast.Eq, ast.NotEq))):
        if right.kind is not NULL:
            raise ExpressionError("compares with is; only `is None` has a meaning here, write ==")
        return ("is" if isinstance(operator, (ast.Is, ast.Eq)) else "is not"), right
    if isinstance(operator, (ast.In, ast.NotIn)):
        if right.kind.family not in {"text", "list", "any"}:
            raise ExpressionError(f"looks into {ast.unparse(right_node)}, which is {right.kind}")
        if left.kind.family in {"list", "row"}:
            raise ExpressionError(f"looks for {ast.unparse(left_node)}, which is a {left.kind}")
        if right.kind.family != "text":
            right = replace(right, text=f"_searched({right.text})")
    else:
        require_comparable(left, left_node, right, right_node)
    return _COMPARISONS[type(operator)], right
