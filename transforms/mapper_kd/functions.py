"""What expressions may call, as one table. A function of an empty (null) value is empty, unless its line says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd import date_functions, list_functions, number_functions, text_functions
from mapper_kd.function import Function
from mapper_kd.kinds import (
    ANY,
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    TEXT,
    Kind,
    ListKind,
    RowKind,
    common,
    list_of,
    row_of,
)
from mapper_kd.sql_functions import SQL_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


def _same(arguments: Sequence[Kind]) -> Kind:
    return arguments[0]


def _item(arguments: Sequence[Kind]) -> Kind:
    if not isinstance(arguments[0], ListKind):
        return ANY
    item = arguments[0].item
    # A row of a list is never null, but the list may be empty.
    return row_of(item.columns, certain=False) if isinstance(item, RowKind) else item


def _smallest(arguments: Sequence[Kind]) -> Kind:
    return common(kind.item if isinstance(kind, ListKind) else kind for kind in arguments)


def _case(arguments: Sequence[Kind]) -> Kind:
    return common([*arguments[1:-1:2], arguments[-1]])


_texts, _numbers, _lists, _dates = text_functions, number_functions, list_functions, date_functions

FUNCTIONS: dict[str, Function] = {
    # tables and choices
    "code": Function(
        'code("table", key, …)', "the value that a code table has for the key; else a miss", "text any*", TEXT
    ),
    "lookup": Function(
        'lookup("table", key, …)', "the row of a table, read with `.column`; else a miss", "text any*", ANY
    ),
    "find": Function('find("table", key, …)', "as `lookup`, but empty instead of a miss", "text any*", ANY),
    "case": Function(
        "case(condition, value, …, otherwise)", "the value after the first condition that holds", "any*", _case
    ),
    "coalesce": Function(
        "coalesce(value, …)", "the first value that is not empty; later ones are not looked at", "any*", common
    ),
    "empty": Function(
        "empty(value)", "whether it is null, an empty text or an empty list", "any", BOOLEAN, _lists.empty
    ),
    # kinds
    "text": Function(
        "text(value)", "a number without exponent; `true` or `false`; text as it is", "any", TEXT, _texts.text
    ),
    "decimal": Function("decimal(value)", "an exact number; a blank text is empty", "any", DECIMAL, _numbers.decimal),
    "integer": Function("integer(value)", "a whole number; a fraction is refused", "any", INTEGER, _numbers.integer),
    "boolean": Function(
        "boolean(value)", "from true/false, 1/0, yes/no, text or not", "any", BOOLEAN, _numbers.boolean
    ),
    # text
    "upper": Function("upper(text)", "in capitals", "text", TEXT, _texts.upper),
    "lower": Function("lower(text)", "in small letters", "text", TEXT, _texts.lower),
    "strip": Function("strip(text)", "without blanks at both ends", "text", TEXT, _texts.strip),
    "left": Function("left(text, n)", "the first n characters", "text number", TEXT, _texts.left),
    "right": Function("right(text, n)", "the last n characters", "text number", TEXT, _texts.right),
    "before": Function(
        "before(text, mark)",
        "what stands before the first mark; all of it without one",
        "text text",
        TEXT,
        _texts.before,
    ),
    "after": Function(
        "after(text, mark)", "what stands after the first mark; empty without one", "text text", TEXT, _texts.after
    ),
    "replace": Function(
        "replace(text, old, new)", "every `old` replaced by `new`", "text text text", TEXT, _texts.replace
    ),
    "pad": Function("pad(text, n, fill)", "filled up on the left to n characters", "any number text", TEXT, _texts.pad),
    "concat": Function(
        "concat(value, …)", "the values as one text; empty ones are left out", "any*", TEXT, _texts.concat
    ),
    "contains": Function(
        "contains(text, part)", "whether the part is in it; false for empty", "text text", BOOLEAN, _texts.contains
    ),
    "starts_with": Function(
        "starts_with(text, part)", "whether it begins so; false for empty", "text text", BOOLEAN, _texts.starts_with
    ),
    "ends_with": Function(
        "ends_with(text, part)", "whether it ends so; false for empty", "text text", BOOLEAN, _texts.ends_with
    ),
    # numbers
    "round": Function(
        "round(number, digits=0)", "half away from zero (四舍五入)", "number number?", DECIMAL, _numbers.round_half_up
    ),
    "floor": Function("floor(number)", "the next whole number below", "number", INTEGER, _numbers.floor),
    "ceil": Function("ceil(number)", "the next whole number above", "number", INTEGER, _numbers.ceil),
    "abs": Function("abs(number)", "without its sign", "number", _same, _numbers.absolute),
    # lists
    "split": Function(
        "split(text, mark)",
        "the parts between the marks; none of an empty text",
        "text text",
        list_of(TEXT),
        _texts.split,
    ),
    "join": Function(
        "join(list, mark)", "the items as one text; empty items are left out", "list text", TEXT, _texts.join
    ),
    "len": Function("len(value)", "how many items or characters; 0 of empty", "any", INTEGER, _lists.length),
    "first": Function("first(list)", "the first item; empty of an empty list", "list", _item, _lists.first),
    "last": Function("last(list)", "the last item; empty of an empty list", "list", _item, _lists.last),
    "unique": Function("unique(list)", "each value once, in order of first appearance", "list", _same, _lists.unique),
    "sum": Function("sum(list)", "of the numbers that are not empty; 0 of none", "list", DECIMAL, _lists.total),
    "average": Function(
        "average(list)", "of the numbers that are not empty; empty of none", "list", DECIMAL, _lists.average
    ),
    "min": Function("min(list or value, …)", "the smallest that is not empty", "any*", _smallest, _lists.smallest),
    "max": Function("max(list or value, …)", "the largest that is not empty", "any*", _smallest, _lists.largest),
    # dates: wall-clock text in Beijing time without an offset, as Kingdee takes it (contract 6.4)
    "date": Function("date(time)", "`2026-01-05` from any vendor time or epoch milliseconds", "any", DATE, _dates.date),
    "datetime": Function(
        "datetime(time)", "`2026-01-05 09:30:51`, Beijing time, likewise", "any", DATETIME, _dates.datetime_text
    ),
    "add_days": Function(
        "add_days(time, n)", "n days later; a date stays a date", "any number", _same, _dates.add_days
    ),
    "month_start": Function("month_start(time)", "the first day of its month", "any", DATE, _dates.month_start),
    "month_end": Function("month_end(time)", "the last day of its month", "any", DATE, _dates.month_end),
}

NAMESPACES: dict[str, dict[str, Function]] = {"sql": SQL_FUNCTIONS}
"""Functions that are called with a name before theirs, such as ``sql.concat``."""

__all__ = ["FUNCTIONS", "NAMESPACES", "Function"]
