"""The functions that a ``_function`` may call, and what each is in our own language (contract 5.1, 16)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from mapper_kd.kinds import nearest
from mapper_kd.qeasy.expression_tokens import FUNCTION, Text
from mapper_kd.qeasy.native import SchemeError
from mapper_kd.qeasy.placeholders import Placeholder, Term, quoted, template
from mapper_kd.qeasy.sql_translation import chosen, common
from mapper_kd.sql.times import MYSQL_LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mapper_kd.qeasy.sql_translation import Translation

    Rule = Callable[[Translation, str, Sequence[exp.Expression], bool], Term]

_MANY = 99
_CODE = frozenset({"md5", "sha1", "sha256", "eval", "exec", "system", "sleep", "benchmark", "load_file"})


def call(translation: Translation, node: exp.Expression, *, result: bool) -> Term:
    """Write a call.

    Raises:
        SchemeError: ``FUNCTION_ERROR``: there is no such function, or it takes other values; ``REFUSED_CODE``.
    """
    written = str(node.this).removeprefix(FUNCTION)
    name = written.upper()
    if written.lower() in _CODE:
        raise SchemeError("REFUSED_CODE", f"calls {written}(), which is code and not translated")
    if name not in _CALLS:
        near = nearest(name, _CALLS)
        raise SchemeError(
            "FUNCTION_ERROR", f"there is no function {written}" + (f"; did you mean {near}?" if near else "")
        )
    least, most, rule = _CALLS[name]
    if not least <= len(node.expressions) <= most:
        raise SchemeError("FUNCTION_ERROR", f"calls {written}() with {len(node.expressions)} values")
    return rule(translation, name, node.expressions, result)


def part(translation: Translation, node: exp.Expression, *, result: bool) -> Term:
    """Write ``first(…).name`` or ``last(…).name``."""
    inner, column = node.this, node.expression
    name = str(inner.this).removeprefix(FUNCTION).upper() if isinstance(inner, exp.Anonymous) else ""
    if name not in {"FIRST", "LAST"} or len(inner.expressions) != 1:
        raise SchemeError("FUNCTION_ERROR", "takes a part of something other than first(…) or last(…)")
    return _end(name, _rows(translation, name, inner.expressions, (column.name,)), result=result)


# --- choices


def _first_of(translation: Translation, _name: str, arguments: Sequence[exp.Expression], result: bool) -> Term:
    terms = [translation.value(one) if result else translation.operand(one) for one in arguments]
    return Term(f"coalesce({_listed(terms)})", common(terms), all(term.maybe_null for term in terms))


def _if(translation: Translation, _name: str, arguments: Sequence[exp.Expression], result: bool) -> Term:
    write = translation.value if result else translation.operand
    return chosen([(translation.test(arguments[0]), write(arguments[1]))], write(arguments[2]))


def _null_if(translation: Translation, _name: str, arguments: Sequence[exp.Expression], result: bool) -> Term:
    write = translation.value if result else translation.operand
    test = translation.compared("equal", arguments[0], arguments[1], test=True)
    return chosen([(test, Term("None"))], write(arguments[0]))


def _switch(translation: Translation, _name: str, arguments: Sequence[exp.Expression], result: bool) -> Term:
    write = translation.value if result else translation.operand
    subject, rest = arguments[0], arguments[1:]
    otherwise = write(rest[-1]) if len(rest) % 2 else Term("None")
    pairs = zip(rest[::2], rest[1::2])  # noqa: B905 - an odd one out is the last value
    return chosen(
        [(translation.compared("equal", subject, one, test=True), write(then)) for one, then in pairs], otherwise
    )


def _is_empty(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
    raw = translation.raw(arguments[0])
    return Term(f"empty({translation.operand(arguments[0]).text if raw is None else raw.text})", "boolean")


# --- lists


def _over_list(function: str, kind: str) -> Rule:
    def rule(translation: Translation, name: str, arguments: Sequence[exp.Expression], result: bool) -> Term:
        text = f"sql.{function}({_rows(translation, name, arguments)})"
        return Term(f"sql.plain({text})" if result and kind == "number" and function != "count" else text, kind)

    return rule


def _end_of_list(translation: Translation, name: str, arguments: Sequence[exp.Expression], result: bool) -> Term:
    return _end(name, _rows(translation, name, arguments), result=result)


def _end(name: str, rows: str, *, result: bool) -> Term:
    return Term(f"sql.{'value' if result else 'operand'}({name.lower()}({rows}))", "bound")


def _join(translation: Translation, name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
    *path, mark = arguments
    return Term(f"sql.implode({_rows(translation, name, path)}, {quoted(_constant(translation, mark))})", "text")


def _rows(
    translation: Translation, name: str, arguments: Sequence[exp.Expression], column: tuple[str, ...] = ()
) -> str:
    """Return the expression of a column of a list: ``{{list.column}}``, or ``{{list}}, 'column'``."""
    path = translation.held.get(arguments[0].name) if isinstance(arguments[0], exp.Column) else None
    if not isinstance(path, Placeholder) or path.filters:
        raise SchemeError("FUNCTION_ERROR", f"{name} needs a path into a list, such as {{{{details_list.qty}}}}")
    if len(arguments) > 1:
        column = tuple(_constant(translation, arguments[1]).split("."))
    rows = translation.context.rows((*path.segments, *column))
    if rows is None:
        raise SchemeError("FUNCTION_ERROR", f"{name} needs a path into a list, and {path.written} goes through none")
    return rows


def _constant(translation: Translation, node: exp.Expression) -> str:
    held = translation.held.get(node.name) if isinstance(node, exp.Column) else None
    if isinstance(held, Text) and all(isinstance(part, str) for part in held.parts):
        return "".join(str(part) for part in held.parts)
    raise SchemeError("FUNCTION_ERROR", "needs a text in quotes, without a placeholder")


# --- numbers, texts, times


def _of_numbers(function: str) -> Rule:
    def rule(translation: Translation, _name: str, arguments: Sequence[exp.Expression], result: bool) -> Term:
        text = f"sql.{function}({', '.join(translation.number(one) for one in arguments)})"
        return Term(f"sql.plain({text})" if result and function not in {"ceil", "floor"} else text, "number")

    return rule


def _of_texts(function: str, kind: str = "text") -> Rule:
    def rule(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
        return Term(f"sql.{function}({_listed([translation.operand(one) for one in arguments])})", kind)

    return rule


def _concat(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
    """Write texts in quotes one after the other as one template: none of them can be null."""
    held = [translation.held.get(one.name) if isinstance(one, exp.Column) else None for one in arguments]
    texts = [one for one in held if isinstance(one, Text)]
    if len(texts) == len(arguments):
        return template([part for one in texts for part in one.parts], translation.context)
    return _of_texts("concat")(translation, "CONCAT", arguments, _result)


def _of_time(function: str, kind: str) -> Rule:
    def rule(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
        rest = [translation.operand(one).text for one in arguments[1:]]
        if function == "date_format":
            _check_form(translation, arguments[1])
        return Term(f"sql.{function}({', '.join([translation.time(arguments[0]), *rest])})", kind)

    return rule


def _check_form(translation: Translation, node: exp.Expression) -> None:
    held = translation.held.get(node.name) if isinstance(node, exp.Column) else None
    if isinstance(held, Text):
        letters = set(re.findall("%(.)", "".join(part for part in held.parts if isinstance(part, str))))
        if letters - MYSQL_LETTERS - {"%"}:
            raise SchemeError(
                "FUNCTION_ERROR", f"uses %{min(letters - MYSQL_LETTERS)} in a time format, which is not known"
            )


def _moved(function: str) -> Rule:
    def rule(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
        return translation.moved(function, arguments[0], arguments[1])

    return rule


def _now(expression: str) -> Rule:
    def rule(translation: Translation, _name: str, _arguments: Sequence[exp.Expression], _result: bool) -> Term:
        moment = translation.context.moment("CURRENT_TIME") or "now()"
        text = expression.format(moment)
        return Term("today()" if text == "sql.date(now())" else text, "text", maybe_null=False)

    return rule


def _unix_timestamp(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
    moment = translation.time(arguments[0]) if arguments else translation.context.moment("CURRENT_TIME") or "now()"
    return Term(f"sql.unix_timestamp({moment})", "number")


def _from_unixtime(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
    form = [translation.operand(one).text for one in arguments[1:]]
    return Term(f"sql.from_unixtime({', '.join([translation.number(arguments[0]), *form])})", "text")


def _date(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
    return Term(f'sql.date_format({translation.time(arguments[0])}, "%Y-%m-%d")', "text")


def _format_date(translation: Translation, _name: str, arguments: Sequence[exp.Expression], _result: bool) -> Term:
    return Term(f"sql.format_date({_listed([translation.operand(one) for one in arguments])})", "text")


def _listed(terms: Sequence[Term]) -> str:
    return ", ".join(term.text for term in terms)


_CALLS: Mapping[str, tuple[int, int, Rule]] = {
    "IFNULL": (2, 2, _first_of),
    "COALESCE": (1, _MANY, _first_of),
    "NULLIF": (2, 2, _null_if),
    "IF": (3, 3, _if),
    "SWITCH": (3, _MANY, _switch),
    "ISEMPTY": (1, 1, _is_empty),
    "SUM": (1, 2, _over_list("sum", "number")),
    "AVG": (1, 2, _over_list("average", "number")),
    "COUNT": (1, 2, _over_list("count", "number")),
    "MIN": (1, 2, _over_list("min", "bound")),
    "MAX": (1, 2, _over_list("max", "bound")),
    "FIRST": (1, 2, _end_of_list),
    "LAST": (1, 2, _end_of_list),
    "JOIN": (2, 3, _join),
    "ABS": (1, 1, _of_numbers("abs")),
    "ROUND": (1, 2, _of_numbers("round")),
    "TRUNCATE": (2, 2, _of_numbers("truncate")),
    "CEIL": (1, 1, _of_numbers("ceil")),
    "CEILING": (1, 1, _of_numbers("ceil")),
    "FLOOR": (1, 1, _of_numbers("floor")),
    "MOD": (2, 2, _of_numbers("modulo")),
    "GREATEST": (2, _MANY, _of_texts("greatest", "bound")),
    "LEAST": (2, _MANY, _of_texts("least", "bound")),
    "CONCAT": (1, _MANY, _concat),
    "CONCAT_WS": (2, _MANY, _of_texts("concat_with")),
    "SUBSTRING": (2, 3, _of_texts("substring")),
    "SUBSTR": (2, 3, _of_texts("substring")),
    "MID": (3, 3, _of_texts("substring")),
    "SUBSTRING_INDEX": (3, 3, _of_texts("substring_index")),
    "LEFT": (2, 2, _of_texts("left")),
    "RIGHT": (2, 2, _of_texts("right")),
    "REPLACE": (3, 3, _of_texts("replace")),
    "LENGTH": (1, 1, _of_texts("length", "number")),
    "CHAR_LENGTH": (1, 1, _of_texts("char_length", "number")),
    "LOCATE": (2, 3, _of_texts("locate", "number")),
    "UPPER": (1, 1, _of_texts("upper")),
    "LOWER": (1, 1, _of_texts("lower")),
    "TRIM": (1, 1, _of_texts("trim")),
    "LTRIM": (1, 1, _of_texts("left_trim")),
    "RTRIM": (1, 1, _of_texts("right_trim")),
    "LPAD": (3, 3, _of_texts("left_pad")),
    "RPAD": (3, 3, _of_texts("right_pad")),
    "NOW": (0, 0, _now("{}")),
    "SYSDATE": (0, 0, _now("{}")),
    "CURDATE": (0, 0, _now("sql.date({})")),
    "UNIX_TIMESTAMP": (0, 1, _unix_timestamp),
    "FROM_UNIXTIME": (1, 2, _from_unixtime),
    "DATE_FORMAT": (2, 2, _of_time("date_format", "text")),
    "DATE_ADD": (2, 2, _moved("date_add")),
    "DATE_SUB": (2, 2, _moved("date_sub")),
    "DATE": (1, 1, _date),
    "DATEDIFF": (2, 2, _of_time("date_diff", "number")),
    "YEAR": (1, 1, _of_time("year", "number")),
    "MONTH": (1, 1, _of_time("month", "number")),
    "DAY": (1, 1, _of_time("day", "number")),
    "LAST_DAY": (1, 1, _of_time("last_day", "text")),
    "FORMAT_DATE": (2, 2, _format_date),
    "FORMATDATE": (2, 2, _format_date),
}
