"""Rules for constants, names, and parts of values."""

from __future__ import annotations

import ast
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from mapper_kd import arithmetic
from mapper_kd.expression_checks import (
    MAX_INTEGER,
    ExpressionError,
    bracketed,
    constant_index,
    not_allowed,
    refuse_dunder,
)
from mapper_kd.expressions.joining import loop
from mapper_kd.failures import Invalid
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import (
    ANY,
    BOOLEAN,
    DECIMAL,
    INTEGER,
    NULL,
    TEXT,
    ListKind,
    RowKind,
    UnknownNameError,
    list_of,
    row_of,
)
from mapper_kd.scope import Code, column_of

if TYPE_CHECKING:
    from mapper_kd.expressions.compiler import Compiler

HERE = "here"
"""The row at this place, or the nearest around it that has the part, or the record."""

_MAX_CONSTANT = 1_000


def constant(compiler: Compiler, node: ast.Constant) -> Code:
    """Write a constant; a number with a fraction keeps its digits."""
    value = node.value
    if isinstance(value, bool) or value is None:
        return Code(repr(value), NULL if value is None else BOOLEAN, certain=value is not None)
    if isinstance(value, str):
        if len(value) > _MAX_CONSTANT:
            raise ExpressionError(f"has a text of more than {_MAX_CONSTANT} characters")
        return Code(repr(value), TEXT, certain=True)
    if isinstance(value, int):
        if value >= MAX_INTEGER:
            raise ExpressionError("has a whole number of more than 18 digits")
        return Code(repr(value), INTEGER, certain=True)
    if isinstance(value, float):
        return _decimal(compiler, node)
    raise not_allowed(node)


def _decimal(compiler: Compiler, node: ast.Constant) -> Code:
    # The digits as they are written: 1.13 is no binary float here.
    exact = Decimal((_written(compiler.text, node) or repr(node.value)).replace("_", ""))
    try:
        arithmetic.number(exact)
    except Invalid as error:
        raise ExpressionError(f"cannot be calculated: {error}") from None
    return Code(compiler.names.bind("k", exact), DECIMAL, certain=True)


def _written(text: str, node: ast.Constant) -> str | None:
    """Return the digits of a number; None inside a template, of which older Pythons do not know the positions."""
    segment = ast.get_source_segment(bracketed(text), node)
    try:
        return segment if segment is not None and float(segment) == node.value else None
    except ValueError:
        return None


def name(compiler: Compiler, node: ast.Name) -> Code:
    """Write what a name stands for: the variable of a loop, a let, or a field."""
    refuse_dunder(node.id)
    if node.id in compiler.loops:
        return compiler.loops[node.id]
    try:
        return compiler.scope.resolve(node.id)
    except UnknownNameError as error:
        hint = f"; {node.id}() is a function" if node.id in FUNCTIONS and not error.nearest else ""
        raise ExpressionError(f"{error}{hint}") from None


def attribute(compiler: Compiler, node: ast.Attribute) -> Code:
    """Write a part of a row, or the row outside of it."""
    refuse_dunder(node.attr)
    if _is_here(compiler, node.value):
        return _nearest(compiler, node.attr)
    base = compiler.expression(node.value)
    if node.attr == "parent" and isinstance(node.value, (ast.Name, ast.Attribute)):
        outside = compiler.scope.parent(base)
        if outside is not None:
            return outside
    return _part(compiler, base, node.attr, node)


def _is_here(compiler: Compiler, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == HERE and HERE not in compiler.loops


def _nearest(compiler: Compiler, part: str) -> Code:
    try:
        return compiler.scope.nearest(part)
    except UnknownNameError as error:
        raise ExpressionError(str(error)) from None


def _part(compiler: Compiler, base: Code, part: str, node: ast.expr) -> Code:
    written = ast.unparse(node)
    if isinstance(base.kind, ListKind):
        return _projection(compiler, base, part, written)
    if not isinstance(base.kind, RowKind) and base.kind is not ANY:
        raise ExpressionError(
            f"takes {part} from {written[: -len(part) - 1]}, which is {base.kind} and has no parts"
            + (f"; write {part}(…) around it" if part in FUNCTIONS else "")
        )
    try:
        return column_of(base, part, written)
    except UnknownNameError as error:
        raise ExpressionError(str(error)) from None


def _projection(compiler: Compiler, base: Code, part: str, written: str) -> Code:
    assert isinstance(base.kind, ListKind)  # noqa: S101 - narrows the type; the caller has looked
    variable = compiler.names.temporary("g")
    row = Code(variable, base.kind.item, base.depth, source=base.source)
    try:
        code = column_of(row, part, written)
    except UnknownNameError as error:
        raise ExpressionError(str(error)) from None
    return Code(
        loop(variable, code.text, base.text),
        list_of(code.kind),
        base.depth,
        base.fails or code.fails,
        True,
        (*base.readings, *(replace(one, code="") for one in code.readings)),
        code.source,
    )


def subscript(compiler: Compiler, node: ast.Subscript) -> Code:
    """Write a part by its name in quotes, by its position, or from one position to another."""
    index = node.slice
    if _is_here(compiler, node.value) and isinstance(index, ast.Constant) and isinstance(index.value, str):
        return _nearest(compiler, index.value)
    base = compiler.expression(node.value)
    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        refuse_dunder(index.value)
        return _part(compiler, base, index.value, node)
    if base.kind.family not in {"text", "list", "any"}:
        raise ExpressionError(f"takes a part of {ast.unparse(node.value)}, which is {base.kind}")
    if isinstance(index, ast.Slice):
        bounds = [constant_index(bound) if bound is not None else None for bound in (index.lower, index.upper)]
        if index.step is not None:
            raise not_allowed(index)
        text = f"_slice({base.text}, {bounds[0]!r}, {bounds[1]!r})"
        return Code(text, base.kind, base.depth, True, readings=base.readings, source=base.source)
    item = base.kind.item if isinstance(base.kind, ListKind) else TEXT if base.kind.family == "text" else ANY
    if isinstance(item, RowKind):
        item = row_of(item.columns, certain=False)
    text = f"_at({base.text}, {constant_index(index)!r})"
    return Code(text, item, base.depth, True, readings=base.readings, source=base.source)
