"""Functions with MySQL's rules: what each gives, called as ``sql.name(…)``."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.failures import RecordError
from mapper_kd.sql_functions import SQL_FUNCTIONS

D = Decimal
RECORD = {
    "number": "CK-1",
    "status": 95,
    "paid": D("10.50"),
    "shop": "S1,S2",
    "remark": None,
    "open": True,
    "time": "2026-01-05T09:30:51+08:00",
    "anything": "12.50",
    "tags": ["b", "a", "", "12"],
}

CASES = [
    # how values come in
    ("sql.text(paid)", "10.5"),
    ("sql.text(remark)", ""),
    ("sql.text(open)", "true"),
    ("sql.text(tags)", "b,a,,12"),
    ("sql.value(anything)", D("12.50")),
    ("sql.value(number)", "CK-1"),
    ("sql.value(open)", 1),
    ('sql.value("")', None),
    ('sql.value("007")', 7),
    ('sql.value("12E3")', "12E3"),
    ("sql.operand(open)", True),
    ('sql.operand(" 5 ")', 5),
    ('sql.number("12abc")', 12),
    ('sql.number("abc")', 0),
    ("sql.number(remark)", None),
    ("sql.plain(paid)", D("10.5")),
    ("sql.plain(13.00)", 13),
    ("sql.plain(number)", "CK-1"),
    # comparison
    ('sql.equal("abc ", "ABC")', 1),
    ('sql.equal("abc ", "ABC", "exact")', 0),
    ("sql.equal(status, '95.0 pieces')", 1),
    ("sql.equal(open, 'true')", 1),
    ("sql.equal(open, '1')", 1),
    ("sql.equal(remark, remark)", None),
    ("sql.equal(tags, 'B,A,,12')", 1),
    ('sql.not_equal("a", "b")', 1),
    ("sql.not_equal(remark, 1)", None),
    ('sql.less("a", "B")', 1),
    ('sql.less("10", "9")', 1),
    ('sql.less("10", 9)', 0),
    ("sql.less_or_equal(status, 95)", 1),
    ("sql.greater(paid, '10.5')", 0),
    ("sql.greater_or_equal(paid, '10.5')", 1),
    ("sql.same(status, '95')", 1),
    ('sql.same("a", "A")', 0),
    ("sql.same(remark, remark)", 0),
    ('sql.one_of("A", "b", "a")', 1),
    ('sql.one_of("A", "b", None)', None),
    ('sql.one_of("A", "b")', 0),
    ('sql.like("Abc.d", "a%.D")', 1),
    ('sql.like("Abc.d", "a%.D", "exact")', 0),
    ('sql.like("a.c", "a_c")', 1),
    ('sql.like("50 %", "50\\\\%")', 0),
    ("sql.like(remark, '%')", None),
    ("sql.is_null(remark)", 1),
    ("sql.both(1, 2, None)", None),
    ("sql.both(None, 0)", 0),
    ("sql.either(None, 0)", None),
    ("sql.either(None, '3')", 1),
    ("sql.opposite(0)", 1),
    ("sql.opposite(remark)", None),
    ("sql.true('x')", 0),
    # arithmetic
    ("sql.add(anything, paid)", D("23.00")),
    ("sql.subtract(status, remark)", None),
    ('sql.multiply("", 2)', None),
    ('sql.multiply("2 kg", open)', 2),
    ("sql.divide(2, 3)", D("0.6667")),
    ("sql.divide(paid, 3)", D("3.500000")),
    ("sql.divide(-1, 32)", D("-0.0313")),
    ("sql.modulo(-7, 3)", -1),
    ("sql.modulo(7.5, 2)", D("1.5")),
    ("sql.negative(anything)", D("-12.50")),
    ("sql.abs('-3.5')", D("3.5")),
    ("sql.round(-2.5)", -3),
    ("sql.round(2.345, 2)", D("2.35")),
    ("sql.round(1250, -2)", 1300),
    ("sql.truncate(-1.999, 1)", D("-1.9")),
    ("sql.floor(-1.2)", -2),
    ("sql.ceil(-1.2)", -1),
    ("sql.least(3, '2', 5)", "2"),
    ("sql.greatest(3, None)", None),
    ("sql.sum(tags)", 12),
    ("sql.average(tags)", D("4.0000")),
    ("sql.average([one for one in tags if one == 'x'])", None),
    ("sql.count(tags)", 3),
    ("sql.min(tags)", 12),
    ("sql.max(tags)", "b"),
    # text
    ('sql.concat("a", status, open)', "a95true"),
    ("sql.concat(number, remark)", None),
    ('sql.concat_with("-", number, remark, status)', "CK-1-95"),
    ("sql.substring(number, 2, 2)", "K-"),
    ("sql.substring(number, -1)", "1"),
    ("sql.substring(number, 0)", ""),
    ("sql.substring(number, 2, -1)", ""),
    ('sql.substring_index("a.b.c", ".", 2)', "a.b"),
    ('sql.substring_index("a.b.c", ".", -2)', "b.c"),
    ("sql.left(number, 2)", "CK"),
    ("sql.right(number, 2)", "-1"),
    ('sql.replace("aAa", "a", "b")', "bAb"),
    ('sql.length("中文")', 6),
    ('sql.char_length("中文")', 2),
    ('sql.locate("k", number)', 2),
    ('sql.locate("x", number)', 0),
    ('sql.locate("a", "banana", 3)', 4),
    ("sql.upper('a')", "A"),
    ("sql.lower('A')", "a"),
    ("sql.trim('  a ')", "a"),
    ("sql.left_trim('  a ')", "a "),
    ("sql.right_trim('  a ')", "  a"),
    ('sql.left_pad(7, 3, "0")', "007"),
    ('sql.left_pad("abcd", 3, "0")', "abc"),
    ('sql.right_pad("a", 3, "xy")', "axy"),
    ('sql.implode(tags, "/")', "b/a//12"),
    ("sql.long_text('abcdef', 3)", "abc..."),
    # times
    ("sql.date(time)", "2026-01-05"),
    ("sql.date(1767576651000)", "2026-01-05"),
    ('sql.date("soon")', "soon"),
    ("sql.date(remark)", None),
    ("sql.datetime('2026/1/5 9:30')", "2026-01-05 09:30:00"),
    ("sql.datetime('20260105093051')", "2026-01-05 09:30:51"),
    ("sql.datetime('2026-01-05T01:30:51.123Z')", "2026-01-05 09:30:51"),
    ("sql.datetime('2026-01-04T20:30:51-05:00')", "2026-01-05 09:30:51"),
    ('sql.shown(time, "%H:%M")', "09:30"),
    ("sql.timestamp(time)", 1767576651),
    ("sql.timestamp_ms(time)", 1767576651000),
    ("sql.ago(time, '2026-01-05 09:31:00')", "刚刚"),
    ("sql.ago(time, '2026-01-06 09:31:00')", "一天前"),
    ("sql.unix_timestamp('2024-03-14 16:00:00')", 1710403200),
    ("sql.unix_timestamp('soon')", None),
    ("sql.from_unixtime(1710403200)", "2024-03-14 16:00:00"),
    ("sql.from_unixtime('1710403200', '%Y%m%d')", "20240314"),
    ("sql.date_format(time, '%y/%c/%e %h:%i:%S %p %%')", "26/1/5 09:30:51 AM %"),
    ("sql.format_date(1710403200, 'yyyy-MM-dd HH:mm:ss')", "2024-03-14 16:00:00"),
    ("sql.format_date(1710403200123, 'HH:mm')", "16:00"),
    ("sql.format_date(time, 'yyyyMMdd')", "20260105"),
    ("sql.date_add('2026-01-31', 1, 'month')", "2026-02-28"),
    ("sql.date_add(time, 15, 'hour')", "2026-01-06 00:30:51"),
    ("sql.date_add('2024-02-29', -1, 'year')", "2023-02-28"),
    ("sql.date_sub('2026-03-01', 1, 'day')", "2026-02-28"),
    ("sql.date_diff(time, '2025-12-31 23:59:59')", 5),
    ("sql.year(time)", 2026),
    ("sql.month(time)", 1),
    ("sql.day(time)", 5),
    ("sql.last_day('2024-02-10')", "2024-02-29"),
    # policies and types
    ("sql.attempt(sql.divide(1, 0), 'none')", "none"),
    ("sql.attempt(sql.divide(1, 2), sql.divide(1, 0))", D("0.5000")),
    ("sql.int('10.8')", 10),
    ("sql.float('3.0')", 3),
    ("sql.bool('YES')", True),
    ("sql.intval('x')", 0),
    ("sql.amount(1234.5)", "￥1,234.50"),
]


@pytest.mark.parametrize(("expression", "value"), CASES, ids=[case[0] for case in CASES])
def test_what_a_function_gives(expression, value, evaluate):
    found = evaluate(expression, RECORD)

    assert found == value
    assert isinstance(found, bool) == isinstance(value, bool)


def test_every_function_has_a_case():
    written = {name for expression, _ in CASES for name in re.findall(r"sql\.(\w+)\(", expression)}

    assert written == set(SQL_FUNCTIONS)


@pytest.mark.parametrize(
    "expression",
    [
        "sql.divide(status, 0)",
        "sql.modulo(status, 0.0)",
        "sql.int('x')",
        "sql.float('3 kg')",
        "sql.bool('perhaps')",
        "sql.round(1, 99)",
        "sql.from_unixtime(99999999999999)",
        "sql.date_add(time, 99999999, 'day')",
        "sql.left_pad('a', 999999999, 'x')",
        "sql.multiply(sql.replace('aaaaaaaaaa', 'a', '9999999999'), 10)",
    ],
)
def test_what_cannot_be_calculated_fails_the_record(expression, evaluate):
    with pytest.raises(RecordError):
        evaluate(expression, RECORD)


def test_a_function_that_is_not_there_is_named_with_the_nearest(evaluate):
    with pytest.raises(ExpressionError, match=r"there is no function sql.equals; did you mean sql.equal\(\)\?"):
        evaluate("sql.equals(1, 1)", RECORD)
