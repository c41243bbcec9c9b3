"""Writes the source of one expression, from the leaves up; each kind of node has its rule in a table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from mapper_kd.expression_checks import ExpressionError, not_allowed, parse_expression
from mapper_kd.expressions import calls, loops, operators, templates, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_kd.scope import Code, Names, Scope

_MAX_NESTING = 40

_RULES: dict[type[ast.expr], Callable[[Compiler, Any], Code]] = {
    ast.Constant: values.constant,
    ast.Name: values.name,
    ast.Attribute: values.attribute,
    ast.Subscript: values.subscript,
    ast.Call: calls.call,
    ast.BinOp: operators.arithmetic_operator,
    ast.UnaryOp: operators.unary,
    ast.BoolOp: operators.logic,
    ast.Compare: operators.comparison,
    ast.IfExp: operators.choice,
    ast.ListComp: loops.comprehension,
    ast.JoinedStr: templates.template,
}


def compile_expression(text: str, scope: Scope, names: Names) -> Code:
    """Compile an expression to Python source.

    Args:
        text: The expression, without the leading ``=``.
        scope: What its names mean.
        names: Receives the functions, tables and constants that the source refers to.

    Raises:
        ExpressionError: It is no expression of the language.
    """
    return Compiler(scope, names, text).expression(parse_expression(text))


class Compiler:
    """What the rules share while one expression is compiled.

    Attributes:
        scope: What names mean.
        names: What the source refers to.
        text: The expression as it is written.
        loops: The variables of the loops around the current node.
    """

    def __init__(self, scope: Scope, names: Names, text: str) -> None:
        self.scope = scope
        self.names = names
        self.text = text
        self.loops: dict[str, Code] = {}
        self._nesting = 0

    def expression(self, node: ast.expr) -> Code:
        """Return the code of a node.

        Raises:
            ExpressionError: It is nothing that the language has.
        """
        rule = _RULES.get(type(node))
        if rule is None:
            raise not_allowed(node)
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            raise ExpressionError(f"is nested deeper than {_MAX_NESTING} levels; let: can hold parts of it")
        code = rule(self, node)
        self._nesting -= 1
        return code
