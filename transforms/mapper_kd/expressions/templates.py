"""Rules for templates: ``f"{shop_no}-{date(consign_time)}"``, a text with values in it; empty ones are empty text."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mapper_kd.expression_checks import ExpressionError, require
from mapper_kd.expressions.joining import joined
from mapper_kd.kinds import TEXT, ListKind, RowKind
from mapper_kd.template_formats import NumberFormat

if TYPE_CHECKING:
    from mapper_kd.expressions.compiler import Compiler
    from mapper_kd.scope import Code

_FORMAT = re.compile(r"(?P<width>0?[1-9][0-9]?)?,?(?:\.(?P<digits>1?[0-9])f)?\Z")


def template(compiler: Compiler, node: ast.JoinedStr) -> Code:
    """Write a template."""
    codes = [_part(compiler, part) for part in node.values]
    texts = [code.text for code in codes]
    return joined(f"_bounded({' + '.join(texts) or repr('')})", TEXT, codes, certain=True)


def _part(compiler: Compiler, node: ast.expr) -> Code:
    if not isinstance(node, ast.FormattedValue):
        return compiler.expression(node)
    if node.conversion != -1:
        raise ExpressionError(f"has !{chr(node.conversion)} in a template; text() is what values are spelled with")
    code = compiler.expression(node.value)
    if isinstance(code.kind, (RowKind, ListKind)):
        raise ExpressionError(f"has {ast.unparse(node.value)!s:.60} in a template, which is a {code.kind}")
    if node.format_spec is not None:
        return _formatted(compiler, node, code)
    kept = compiler.names.temporary()
    text = f"({kept} if ({kept} := {code.text}).__class__ is _str else _spelled({kept}))"
    return joined(text, TEXT, [code], certain=True)


def _formatted(compiler: Compiler, node: ast.FormattedValue, code: Code) -> Code:
    spec = node.format_spec
    parts = spec.values if isinstance(spec, ast.JoinedStr) else []
    written = "".join(str(one.value) if isinstance(one, ast.Constant) else "{…}" for one in parts)
    found = _FORMAT.match(written)
    if found is None or not written:
        raise ExpressionError(f"has the format {written!s:.20} in a template; it can be like .2f or 06 or ,.2f")
    require("number", code, node.value)
    digits = None if found["digits"] is None else int(found["digits"])
    called = compiler.names.bind("format", NumberFormat(written.partition(".")[0], digits).spell)
    return joined(f"{called}({code.text})", TEXT, [code], certain=True)
