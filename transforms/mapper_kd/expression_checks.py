"""What is refused before an expression is compiled, or while it is: each refusal says what and why."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mapper_kd.scope import Code

MAX_LENGTH = 4_000
MAX_INTEGER = 10**18
_MAX_NODES = 600


_NAMES: dict[type[ast.AST], str] = {
    ast.Lambda: "lambda",
    ast.NamedExpr: ":=",
    ast.SetComp: "a set comprehension",
    ast.DictComp: "a dict comprehension",
    ast.Dict: "a dictionary; tables: can hold one as rows:",
    ast.Starred: "*",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield from",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&; write and",
    ast.BitOr: "|; write or",
    ast.BitXor: "^",
    ast.Invert: "~",
    ast.UAdd: "a leading +",
    ast.Slice: "a slice with a step",
    ast.Constant: "bytes, complex numbers or ...",
}


class ExpressionError(ValueError):
    """An expression that is not of this language; the text says what and why."""


def not_allowed(node: ast.AST) -> ExpressionError:
    """Return the error about a construct that the language does not have."""
    return ExpressionError(f"uses what expressions do not have: {_NAMES.get(type(node), type(node).__name__)}")


def bracketed(text: str) -> str:
    """Return the text as the one item of a list, so that it may have line ends but cannot close what it stands in."""
    return f"[{text}\n]"


def parse_expression(text: str) -> ast.expr:
    """Parse an expression of bearable size; nothing of it is looked at yet.

    Raises:
        ExpressionError: It is no Python expression, or too large.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"is longer than {MAX_LENGTH} characters; let: can hold parts of it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(bracketed(text), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ExpressionError(f"is no expression: {reason or 'it is nested too deeply'}") from None
    if sum(1 for _ in ast.walk(tree)) > _MAX_NODES:
        raise ExpressionError(f"has more than {_MAX_NODES} parts; let: can hold some of it")
    if not isinstance(tree, ast.List) or len(tree.elts) != 1:
        raise ExpressionError("is no expression: it is not one value")
    return tree.elts[0]


def refuse_dunder(name: str) -> None:
    """Refuse names with two leading underscores: no rule would run them, but no mapping needs them either."""
    if name.startswith("__"):
        raise ExpressionError(f"uses what expressions do not have: {name!s:.40}")


def constant_index(node: ast.expr) -> int:
    """Return the whole number in ``[…]``."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value < MAX_INTEGER:
        return sign * node.value
    raise ExpressionError("takes a part by something other than a whole number or a name in quotes")


def require(family: str, code: Code, node: ast.expr) -> None:
    """Refuse a value that is known to be of another family."""
    if code.kind.family in {family, "any"}:
        return
    hint = "; decimal() makes a number of it" if (family, code.kind.family) == ("number", "text") else ""
    hint = "; text() makes a text of it" if (family, code.kind.family) == ("text", "number") else hint
    raise ExpressionError(f"needs a {family}, but {ast.unparse(node)!s:.60} is {code.kind}{hint}")


def require_comparable(left: Code, left_node: ast.expr, right: Code, right_node: ast.expr) -> None:
    """Refuse a comparison that is known to be never true, such as a number with a text."""
    families = {left.kind.family, right.kind.family} - {"any"}
    if len(families) < 2 and not families & {"list", "row"}:  # noqa: PLR2004 - two sides
        return
    written = (
        f"{ast.unparse(node)!s:.60}, which is {code.kind}" for node, code in ((left_node, left), (right_node, right))
    )
    raise ExpressionError(f"compares {' with '.join(written)}: they are never equal")
