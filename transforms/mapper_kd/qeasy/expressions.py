"""One ``value`` of a scheme in our own language: placeholders, ``_function``, ``_findCollection``, ``_mongoQuery``.

What cannot be translated is refused with a `SchemeError`; nothing passes as something else. Data never meets the
parser, it is bound where the expression is calculated.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mapper_kd.qeasy.expression_tokens import take_apart
from mapper_kd.qeasy.finds import lookup, parse_lookup
from mapper_kd.qeasy.native import NOTHING, Native, SchemeError
from mapper_kd.qeasy.placeholders import lone, quoted, read, split, suspicious_braces, template
from mapper_kd.qeasy.sql_translation import Translation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapper_kd.qeasy.native import Context, Options

_KEYWORD = re.compile(r"_(function|findCollection|mongoQuery)", re.DOTALL)
_BARE_KEYWORD = re.compile(r"(?:function|findCollection|mongoQuery)\s")
_MAX_VALUE = 20_000
_MAX_NATIVE = 200_000
_CASTS = {"int": "int", "float": "float", "number": "float", "bool": "bool", "boolean": "bool"}
_FORMAT = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def translate(value: str, context: Context) -> Native:
    """Return a scheme's ``value`` as a constant or an expression of our own language.

    Raises:
        SchemeError: It cannot be translated; the code says how (contract 13).
    """
    if len(value) > _MAX_VALUE:
        raise SchemeError("FUNCTION_ERROR", f"is longer than {_MAX_VALUE} characters")
    source = value.strip()
    if not source:
        return NOTHING
    keyword = _KEYWORD.match(source)
    if keyword is None and _BARE_KEYWORD.match(source):
        if context.options.lenient_keywords:
            source = f"_{source}"
            keyword = _KEYWORD.match(source)
        else:
            context.warn("SUSPICIOUS_LITERAL", f"{source[:60]} lacks its underscore and is sent as it is written")
    if keyword is None:
        return _text(value, context)
    if value[0].isspace():
        context.warn("LEADING_SPACE", f"there are blanks before {keyword[0]}")
    if keyword[1] == "function":
        return _function(source[keyword.end() :].strip(), context)
    return Native(lookup(parse_lookup(source), context).text)


def cast(expression: str, kind: str) -> str:
    """Return an expression as the type that its entry declares (contract 6.1); most types leave it as it is."""
    function = _CASTS.get(kind)
    if function is None:
        return expression
    if expression.startswith("sql.plain(") and function != "bool" and _is_one_call(expression):
        expression = expression[len("sql.plain(") : -1]  # the cast does this too
    return f"sql.{function}({expression})"


def format_response(form: str, value: str, options: Options) -> Native:
    """Return a value in a form of ``formatResponse`` (contract 10.1).

    Args:
        form: Such as ``date`` or ``round(2)``.
        value: The expression of the value.
        options: How the scheme is read.

    Raises:
        SchemeError: ``UNKNOWN_FORMAT``.
    """
    found = _FORMAT.fullmatch(form)
    name, argument = (found[1], found[2]) if found else ("", None)
    shown = dict(_SHOWN)
    if options.datetime_seconds:
        shown["dateTime"] = "%Y-%m-%d %H:%M:%S"
    if name in {"date", "dateDescription", "intval", "amount"} and not argument:
        return Native(
            {"date": f"sql.date({value})", "dateDescription": f"sql.ago({value}, now())"}.get(
                name, f"sql.{name}({value})"
            )
        )
    if name in shown and not argument:
        return Native(f"sql.shown({value}, {quoted(shown[name])})")
    if name == "implode":
        mark = "," if argument is None else argument.strip().strip("'\"")
        return Native(f"sql.implode({value}, {quoted(mark)})")
    if name in {"longText", "round"} and re.fullmatch(r"\s*[0-9]{0,4}\s*", argument or ""):
        size = int((argument or "").strip() or {"longText": 15, "round": 2}[name])
        return Native(
            f"sql.long_text({value}, {size})" if name == "longText" else f"sql.plain(sql.round({value}, {size}))"
        )
    raise SchemeError("UNKNOWN_FORMAT", f"there is no format {form}; the formats are {', '.join(_FORMATS)}")


def _text(value: str, context: Context) -> Native:
    if suspicious_braces(value):
        context.warn("UNKNOWN_PLACEHOLDER", f"{value[:60]} has double braces that are no placeholder")
    placeholder = lone(value)
    if placeholder is not None:
        return Native(read(placeholder, context).text)
    parts = split(value)
    if all(isinstance(part, str) for part in parts):
        return Native(constant=value)
    return Native(template(parts, context).text)


def _function(source: str, context: Context) -> Native:
    policy = context.options.on_function_error
    try:
        native = _sql(source, context)
    except SchemeError as error:
        if error.code != "FUNCTION_ERROR" or policy == "reject":
            raise
        context.warn(error.code, f"{error}; {'sent as text' if policy == 'raw_text' else 'left out'}")
        return NOTHING if policy == "null" else _text(source, context)
    if policy == "reject" or native.expression is None:
        return native
    fallback = "None" if policy == "null" else template(split(source), context).text
    return Native(f"sql.attempt({native.expression}, {fallback})")


def _sql(source: str, context: Context) -> Native:
    try:
        tokens = take_apart(source)
        translation = Translation(context, tokens.held)
        tree = _parsed(" ".join(tokens.tokens))
        cases = translation.cases(tree)
        term = translation.value(tree)
    except RecursionError:
        raise SchemeError("FUNCTION_ERROR", "is nested too deeply") from None
    if len(term.text) > _MAX_NATIVE:
        raise SchemeError("FUNCTION_ERROR", "is too long")
    if cases is None:
        return Native(term.text)
    branches, otherwise = cases
    return Native(
        term.text,
        cases=tuple((test, Native(branch.text)) for test, branch in branches),
        otherwise=Native(otherwise.text),
    )


def _parsed(source: str) -> exp.Expression:
    try:
        tree = sqlglot.parse_one(source, dialect="mysql")
    except (SqlglotError, ValueError) as error:
        said = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("\n")[0].split(". Line")[0]
        # What its parser lacks it calls by the name of a class of its own, which says nothing to who wrote a scheme.
        reason = "an operand or a part of it is missing" if "<class" in said else said
        raise SchemeError("FUNCTION_ERROR", f"is no expression: {reason}") from None
    if not isinstance(tree, exp.Expression):
        raise SchemeError("FUNCTION_ERROR", "is no expression")
    return tree


def _is_one_call(text: str) -> bool:
    """Whether the bracket that a text opens first is closed by its last character."""
    tree = ast.parse(text, mode="eval").body
    return isinstance(tree, ast.Call) and tree.end_col_offset == len(text.encode())


_SHOWN: Mapping[str, str] = {
    "time": "%H:%M:%S",
    "dateTime": "%Y-%m-%d %H:%M",
    "shortDate": "%m-%d",
    "shortTime": "%H:%M",
    "shortDateTime": "%m-%d %H:%M",
}
_FORMATS = ("date", *_SHOWN, "dateDescription", "longText(n)", "intval", "round(n)", "amount", "implode(sep)")
