"""Functions with MySQL's rules, for expressions that came from a database: called as ``sql.name(…)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd.function import Function
from mapper_kd.kinds import ANY, BOOLEAN, DECIMAL, INTEGER, TEXT
from mapper_kd.sql import arithmetic, casts, comparison, failing, texts, times, values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from mapper_kd.kinds import Kind

    Gives = Kind | Callable[[Sequence[Kind]], Kind]


def _row(
    written: str, meaning: str, takes: str, gives: Gives, call: Callable[..., Any] | None = None
) -> tuple[str, Function]:
    name = written.partition("(")[0]
    return name, Function(f"sql.{written}", meaning, takes, gives, call)


SQL_FUNCTIONS: dict[str, Function] = dict(
    [
        # how a value of the record comes into an expression
        _row(
            "text(value)",
            "as it is spelled inside a text: nothing of null, `2` of 2.00, a list with commas",
            "any",
            TEXT,
            values.text,
        ),
        _row(
            "value(value)",
            "a number if it looks like one, 1 or 0 of true or false, null of an empty text",
            "any",
            ANY,
            values.value,
        ),
        _row(
            "operand(value)",
            "as `sql.value`, for a side of a comparison: true stays true, which equals `true`",
            "any",
            ANY,
            values.operand,
        ),
        _row(
            "number(value)",
            "the number that a text begins with, else 0; null of null",
            "any",
            DECIMAL,
            values.number_of,
        ),
        _row("plain(number)", "without zeros at the end: 13 of 13.00", "any", ANY, values.plain),
        # comparison: 1, 0, or null
        _row(
            "equal(a, b)",
            "`a = b`: capitals and blanks at the end do not count",
            "any any text?",
            INTEGER,
            comparison.equal,
        ),
        _row("not_equal(a, b)", "`a <> b`", "any any text?", INTEGER, comparison.not_equal),
        _row("less(a, b)", "`a < b`", "any any text?", INTEGER, comparison.less),
        _row("less_or_equal(a, b)", "`a <= b`", "any any text?", INTEGER, comparison.less_or_equal),
        _row("greater(a, b)", "`a > b`", "any any text?", INTEGER, comparison.greater),
        _row("greater_or_equal(a, b)", "`a >= b`", "any any text?", INTEGER, comparison.greater_or_equal),
        _row("same(a, b)", "1 when both are spelled alike and not empty, else 0", "any any", INTEGER, comparison.same),
        _row("one_of(value, a, b, …)", "`value IN (a, b)`", "any any*", INTEGER, comparison.one_of),
        _row("like(value, pattern)", "`value LIKE pattern`", "any any text?", INTEGER, comparison.like),
        _row("is_null(value)", "`value IS NULL`", "any", INTEGER, comparison.is_null),
        _row(
            "both(a, b, …)", "`a AND b`: null when one is null and none is false", "any any*", INTEGER, comparison.both
        ),
        _row(
            "either(a, b, …)",
            "`a OR b`: null when one is null and none is true",
            "any any*",
            INTEGER,
            comparison.either,
        ),
        _row("opposite(value)", "`NOT value`: null of null", "any", INTEGER, comparison.opposite),
        _row("true(value)", "1 of a number that is not 0, else 0", "any", INTEGER, comparison.true),
        # arithmetic
        _row("add(a, b)", "`a + b`; null of an empty text or null", "any any", DECIMAL, arithmetic.add),
        _row("subtract(a, b)", "`a - b`", "any any", DECIMAL, arithmetic.subtract),
        _row("multiply(a, b)", "`a * b`", "any any", DECIMAL, arithmetic.multiply),
        _row("divide(a, b)", "`a / b`, with four digits more than a has", "any any", DECIMAL, arithmetic.divide),
        _row("modulo(a, b)", "`a % b`, with the sign of a", "any any", DECIMAL, arithmetic.modulo),
        _row("negative(a)", "`-a`", "any", DECIMAL, arithmetic.negative),
        _row("abs(a)", "without its sign", "any", DECIMAL, arithmetic.absolute),
        _row("round(a, digits=0)", "half away from zero", "any any?", DECIMAL, arithmetic.rounded),
        _row("truncate(a, digits)", "cut off", "any any", DECIMAL, arithmetic.truncated),
        _row("floor(a)", "the next whole number below", "any", INTEGER, arithmetic.floor),
        _row("ceil(a)", "the next whole number above", "any", INTEGER, arithmetic.ceil),
        _row("least(a, b, …)", "the smallest; null when one is null", "any any*", ANY, arithmetic.least),
        _row("greatest(a, b, …)", "the largest; null when one is null", "any any*", ANY, arithmetic.greatest),
        _row("sum(list)", "of what is not empty; 0 of none", "list", DECIMAL, arithmetic.total),
        _row("average(list)", "of what is not empty; null of none", "list", DECIMAL, arithmetic.average),
        _row("count(list)", "how many are not empty", "list", INTEGER, arithmetic.count),
        _row("min(list)", "the smallest that is not empty", "list", ANY, arithmetic.smallest),
        _row("max(list)", "the largest that is not empty", "list", ANY, arithmetic.largest),
        # text: null of null
        _row("concat(a, b, …)", "one text; null when one is null", "any any*", TEXT, texts.concat),
        _row("concat_with(mark, a, …)", "with the mark between; without nulls", "any any*", TEXT, texts.concat_with),
        _row(
            "substring(text, position, length)",
            "from a position, 1 is the first",
            "any any any?",
            TEXT,
            texts.substring,
        ),
        _row(
            "substring_index(text, mark, n)",
            "before the n-th mark; after it, from the right, below 0",
            "any any any",
            TEXT,
            texts.substring_index,
        ),
        _row("left(text, n)", "the first n characters", "any any", TEXT, texts.left),
        _row("right(text, n)", "the last n characters", "any any", TEXT, texts.right),
        _row("replace(text, old, new)", "every `old` replaced by `new`", "any any any", TEXT, texts.replace),
        _row("length(text)", "bytes: three for a Chinese character", "any", INTEGER, texts.length),
        _row("char_length(text)", "characters", "any", INTEGER, texts.char_length),
        _row("locate(part, text, start=1)", "its position, 0 without it", "any any any?", INTEGER, texts.locate),
        _row("upper(text)", "in capitals", "any", TEXT, texts.upper),
        _row("lower(text)", "in small letters", "any", TEXT, texts.lower),
        _row("trim(text)", "without blanks at both ends", "any", TEXT, texts.trim),
        _row("left_trim(text)", "without blanks at its start", "any", TEXT, texts.left_trim),
        _row("right_trim(text)", "without blanks at its end", "any", TEXT, texts.right_trim),
        _row("left_pad(text, n, fill)", "n characters, filled up on the left", "any any any", TEXT, texts.left_pad),
        _row("right_pad(text, n, fill)", "n characters, filled up on the right", "any any any", TEXT, texts.right_pad),
        _row("implode(list, mark)", "the items as one text", "any text?", TEXT, texts.implode),
        _row("long_text(text, n=15)", "the first n characters and `...`", "any number?", TEXT, texts.shortened),
        # times; what is no time stays as it is with the first ones, and is null with the others
        _row("date(time)", "`2026-01-05`", "any", ANY, times.date),
        _row("datetime(time)", "`2026-01-05 09:30:51`", "any", ANY, times.date_time),
        _row("shown(time, form)", 'in a form such as `"%H:%M"`', "any text", ANY, times.shown),
        _row("timestamp(time)", "seconds since 1970", "any", ANY, times.timestamp),
        _row("timestamp_ms(time)", "milliseconds since 1970", "any", ANY, times.timestamp_ms),
        _row("ago(time, now)", "how long ago, in words: 一小时前", "any any", ANY, times.ago),
        _row("unix_timestamp(time)", "seconds since 1970", "any", INTEGER, times.unix_timestamp),
        _row("from_unixtime(seconds, form)", "the time of so many seconds", "any any?", TEXT, times.from_unixtime),
        _row("date_format(time, form)", "in a form such as `%Y-%m-%d %H:%i:%s`", "any any", TEXT, times.date_format),
        _row("format_date(time, form)", "in a form such as `yyyy-MM-dd HH:mm:ss`", "any any", TEXT, times.format_date),
        _row('date_add(time, n, "day")', "so much later", "any any text", TEXT, times.date_add),
        _row('date_sub(time, n, "day")', "so much earlier", "any any text", TEXT, times.date_sub),
        _row("date_diff(time, earlier)", "whole days between them", "any any", INTEGER, times.date_diff),
        _row("year(time)", "its year", "any", INTEGER, times.year),
        _row("month(time)", "its month", "any", INTEGER, times.month),
        _row("day(time)", "its day of the month", "any", INTEGER, times.day),
        _row("last_day(time)", "the last day of its month", "any", TEXT, times.last_day),
        _row(
            "attempt(value, otherwise)",
            "the value, or the other one where it cannot be calculated; only what is needed is",
            "any any",
            ANY,
            failing.attempt,
        ),
        # the type that a field declares
        _row("int(value)", "the number that it begins with, cut off; null of an empty text", "any", ANY, casts.to_int),
        _row("float(value)", "an exact number; null of an empty text", "any", ANY, casts.to_float),
        _row(
            "bool(value)",
            "true, 1, yes, y or false, 0, no, n and an empty text",
            "any",
            lambda _: BOOLEAN,
            casts.to_bool,
        ),
        _row("intval(value)", "as `sql.int`, but 0 where there is no number", "any", INTEGER, casts.intval),
        _row("amount(value)", "money: `￥1,234.50`", "any", TEXT, casts.amount),
    ]
)
