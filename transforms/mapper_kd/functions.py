"""What expressions may call, as one table. A function of an empty (null) value is empty, unless its line says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd import (
    date_functions,
    json_functions,
    list_functions,
    number_functions,
    regular_expressions,
    text_functions,
)
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
from mapper_kd.qeasy.functions import QEASY_FUNCTIONS
from mapper_kd.row_columns import chunk_rows, flattened, pair_rows
from mapper_kd.sql_functions import SQL_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


def _same(arguments: Sequence[Kind]) -> Kind:
    return arguments[0]


def _moved(arguments: Sequence[Kind]) -> Kind:
    """Return the kind of a time that is moved: as it is written, and epoch milliseconds become a time."""
    return DATETIME if arguments[0].family == "number" else arguments[0]


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


def _layout(arguments: Sequence[Kind]) -> Kind:
    kind: Kind = arguments[1].value.kind  # type: ignore[attr-defined]  # the constant layout, made ready
    return kind


_patterns, _json = regular_expressions, json_functions
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
    "rows": Function('rows("table", key, …)', "all rows with the key; without a key all rows", "text any*", ANY),
    "convert": Function(
        'convert("table", quantity, from, to)',
        "a quantity in another unit, by a table `from, to, factor`; no row in either direction is a miss",
        "text any any any any*",
        DECIMAL,
    ),
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
    "halfwidth": Function(
        "halfwidth(text)",
        "full-width letters, digits and signs (全角) as plain ones (半角)",
        "text",
        TEXT,
        _texts.halfwidth,
    ),
    # regular expressions: RE2, found anywhere unless ^ and $ say where
    "matches": Function(
        "matches(text, pattern)",
        "whether the regular expression is found in it; false for empty",
        "text pattern",
        BOOLEAN,
        _patterns.matches,
    ),
    "extract": Function(
        "extract(text, pattern, group)",
        "what the regular expression finds first, or its first group, or the group of that number; empty if nothing",
        "text pattern group?",
        TEXT,
        _patterns.extract,
    ),
    "substitute": Function(
        "substitute(text, pattern, new)",
        "all that the regular expression finds replaced by `new`, in which `$1` is the first group",
        "text pattern replacement",
        TEXT,
        _patterns.substitute,
    ),
    # JSON in a text
    "json": Function(
        "json(text)",
        "what a text says in JSON, read with `.part` and `[0]`; empty of a blank text",
        "text",
        ANY,
        _json.read_json,
    ),
    "to_json": Function(
        "to_json(value)", "the value as JSON on one line, numbers exact", "plain", TEXT, _json.write_json
    ),
    # numbers
    "round": Function(
        "round(number, digits=0)", "half away from zero (四舍五入)", "number number?", DECIMAL, _numbers.round_half_up
    ),
    "floor": Function("floor(number)", "the next whole number below", "number", INTEGER, _numbers.floor),
    "ceil": Function("ceil(number)", "the next whole number above", "number", INTEGER, _numbers.ceil),
    "abs": Function("abs(number)", "without its sign", "number", _same, _numbers.absolute),
    "number_text": Function(
        "number_text(number, digits)",
        "its text with so many digits after the point, 四舍五入",
        "any number",
        TEXT,
        _numbers.number_text,
    ),
    "trim_zeros": Function(
        "trim_zeros(number)", "its text without zeros at the end of the fraction: `2.5`", "any", TEXT, _texts.trim_zeros
    ),
    "yuan": Function("yuan(cents)", "an amount in 分 as one in 元, exactly", "any", DECIMAL, _numbers.yuan),
    "cents": Function(
        "cents(yuan)", "an amount in 元 as one in 分; a part of a cent is refused", "any", INTEGER, _numbers.cents
    ),
    # lists
    "split": Function(
        "split(text, mark)",
        "the parts between the marks; none of an empty text",
        "text text",
        list_of(TEXT),
        _texts.split,
    ),
    "join": Function(
        "join(list, mark)", "the items as one text; empty items are left out", "values text", TEXT, _texts.join
    ),
    "len": Function("len(value)", "how many items or characters; 0 of empty", "any", INTEGER, _lists.length),
    "first": Function("first(list)", "the first item; empty of an empty list", "list", _item, _lists.first),
    "last": Function("last(list)", "the last item; empty of an empty list", "list", _item, _lists.last),
    "unique": Function(
        'unique(list, "column", …)',
        "each value once, or the first row for what the columns say, in order of first appearance",
        "list column?*",
        _same,
        _lists.unique,
    ),
    "sort": Function(
        'sort(list, "column", …)',
        'the rows ordered by these columns, `"-column"` downwards, or the values; empty ones last',
        "list column?*",
        _same,
        _lists.sort,
    ),
    "group": Function(
        'group(list, "column", …)',
        "a row for each difference in these columns: the columns, and `.rows`, the rows that have them",
        "list column*",
        ANY,
    ),
    "chunks": Function(
        "chunks(list, n)",
        "a row for each n items: `.rows`, and `.part` from 1",
        "list number",
        chunk_rows,
        _lists.chunks,
    ),
    "flatten": Function("flatten(list)", "the items of the lists in a list", "list", flattened, _lists.flatten),
    "pairs": Function(
        "pairs(object)", "a row for each part of an object: `.key` and `.value`", "object", pair_rows, _lists.pairs
    ),
    "count": Function("count(list)", "how many items are not empty", "values", INTEGER, _lists.count),
    "sum": Function("sum(list)", "of the numbers that are not empty; 0 of none", "values", DECIMAL, _lists.total),
    "average": Function(
        "average(list)", "of the numbers that are not empty; empty of none", "values", DECIMAL, _lists.average
    ),
    "min": Function("min(list or value, …)", "the smallest that is not empty", "plain*", _smallest, _lists.smallest),
    "max": Function("max(list or value, …)", "the largest that is not empty", "plain*", _smallest, _lists.largest),
    # dates: wall-clock text in Beijing time without an offset, as Kingdee takes it (contract 6.4)
    "date": Function("date(time)", "`2026-01-05` from any vendor time or epoch milliseconds", "any", DATE, _dates.date),
    "datetime": Function(
        "datetime(time)", "`2026-01-05 09:30:51`, Beijing time, likewise", "any", DATETIME, _dates.datetime_text
    ),
    "add_days": Function(
        "add_days(time, n)", "n days later; a date stays a date", "any number", _moved, _dates.add_days
    ),
    "add_months": Function(
        "add_months(time, n)",
        "n months later; the 31st becomes a shorter month's last day",
        "any number",
        _moved,
        _dates.add_months,
    ),
    "days_between": Function(
        "days_between(from, to)", "how many days `to` is after `from`", "any any", INTEGER, _dates.days_between
    ),
    "weekday": Function("weekday(time)", "1 for Monday to 7 for Sunday", "any", INTEGER, _dates.weekday),
    "month_start": Function("month_start(time)", "the first day of its month", "any", DATE, _dates.month_start),
    "month_end": Function("month_end(time)", "the last day of its month", "any", DATE, _dates.month_end),
    "today": Function("today()", "the date on which the run began", "", DATE, _dates.today),
    "now": Function("now()", "the time at which the run began, the same for all of it", "", DATETIME, _dates.now),
    "format_date": Function(
        "format_date(time, layout)",
        "in a layout such as `yyyyMMdd` or `yyyy年MM月dd日 HH:mm:ss`",
        "any layout",
        TEXT,
        _dates.format_date,
    ),
    "parse_date": Function(
        "parse_date(text, layout)",
        "the date, or the time, that it says in such a layout",
        "any layout",
        _layout,
        _dates.parse_date,
    ),
}

NAMESPACES: dict[str, dict[str, Function]] = {"sql": SQL_FUNCTIONS, "qeasy": QEASY_FUNCTIONS}
"""Functions that are called with a name before theirs, such as ``sql.concat``."""

__all__ = ["FUNCTIONS", "NAMESPACES", "Function"]
