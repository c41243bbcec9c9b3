"""Functions of the language: each does what the table of functions says, and refuses what it cannot do."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from mapper_kd import run_clock
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.failures import RecordError
from mapper_kd.functions import FUNCTIONS

D = Decimal
RECORD = {
    "number": "CK-1",
    "status": 95,
    "paid": D("10.50"),
    "shop": "S1,S2",
    "remark": None,
    "open": True,
    "time": "2026-01-05T09:30:51+08:00",
    "lines": [
        {"sku": "A", "count": 2, "price": D("1.50"), "lots": [{"lot": "L1"}, {"lot": "L2"}]},
        {"sku": "B", "count": None, "price": D("0.25")},
    ],
    "tags": ["b", "a", "b"],
    "anything": {
        "rows": [{"n": 1}, {"n": None}, {"n": 3}],
        "orders": [{"shop": "S1", "no": "1"}, {"shop": "S1", "no": "2"}, {"shop": "S2", "no": "3"}],
        "lists": [[1, 2], None, [], [3]],
        "object": {"颜色": "红", "size": 1},
        "text": '{"sku": ["甲"], "price": 0.10}',
    },
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        # tables and choices
        ('case(status == 95, "sent", "other")', "sent"),
        ('case(status == 1, "one", status == 2, "two", "many")', "many"),
        ('case(status == 95, 1, decimal("x"))', 1),
        ("coalesce(remark, number)", "CK-1"),
        ('coalesce(number, decimal("x"))', "CK-1"),
        ("coalesce(remark, None)", None),
        ("empty(remark)", True),
        ('empty("")', True),
        ("empty(tags)", False),
        # kinds
        ("text(status)", "95"),
        ("text(paid)", "10.50"),
        ('text(decimal("1E+3"))', "1000"),
        ("text(open)", "true"),
        ("text(remark)", None),
        ('decimal(" 2.5000 ")', D("2.5000")),
        ('decimal("")', None),
        ("decimal(status)", D(95)),
        ('integer("7.000")', 7),
        ('boolean("YES")', True),
        ("boolean(0)", False),
        ('boolean("")', None),
        # text
        ('upper("aß")', "ASS"),
        ("lower(number)", "ck-1"),
        ('strip("  x ")', "x"),
        ("left(number, 2)", "CK"),
        ("right(number, 1)", "1"),
        ("right(number, 0)", ""),
        ('before(number, "-")', "CK"),
        ('before(number, "/")', "CK-1"),
        ('after(number, "-")', "1"),
        ('after(number, "/")', None),
        ('replace(number, "-", "")', "CK1"),
        ('pad(status, 5, "0")', "00095"),
        ('pad(status, -5, "0")', "95"),
        ("concat(number, remark, status, paid)", "CK-19510.50"),
        ('contains(shop, "S2")', True),
        ('contains(remark, "S2")', False),
        ('starts_with(number, "CK")', True),
        ('ends_with(number, "2")', False),
        # numbers
        ("round(2.5)", D(3)),
        ("round(-2.5)", D(-3)),
        ("round(2.345, 2)", D("2.35")),
        ("round(1234, -2)", D("1.2E+3")),
        ("round(anything.none)", None),
        ("floor(-1.5)", -2),
        ("ceil(1.2)", 2),
        ("abs(-1.50)", D("1.50")),
        # lists
        ('split("a-b", "-")', ["a", "b"]),
        ('split(remark, "-")', []),
        ('join(tags, "/")', "b/a/b"),
        ("len(tags)", 3),
        ('len("中文")', 2),
        ("len(remark)", 0),
        ("first(tags)", "b"),
        ("last(lines).sku", "B"),
        ('first(split(remark, ","))', None),
        ("unique(tags)", ["b", "a"]),
        ("sum(lines.price)", D("1.75")),
        ("sum(lines.count)", D(2)),
        ('sum(split(remark, ","))', 0),
        ("average(lines.price)", D("0.875")),
        ("min(lines.price)", D("0.25")),
        ("max(1, paid, 3)", D("10.50")),
        ("min(remark, 4)", 4),
        ("max(lines.count)", 2),
        ("sum(l.price * 2 for l in lines)", D("3.50")),
        ('join((l.sku for l in lines if l.count is not None), "")', "A"),
        ("len(lines.sku)", 2),
        # lists of rows
        ("sort(tags)", ["a", "b", "b"]),
        ("sort(lines.count)", [2, None]),
        ('sort(lines, "price").sku', ["B", "A"]),
        ('sort(lines, "-sku").sku', ["B", "A"]),
        ('sort(lines, "count", "-price").sku', ["A", "B"]),
        ('sort((l for l in lines if l.count), "sku").sku', ["A"]),
        ('sort(anything.rows, "-n").n', [3, 1, None]),
        ("sort(anything.none)", []),
        ('unique(lines, "count").sku', ["A", "B"]),
        ('unique(anything.orders, "shop").no', ["1", "3"]),
        ('group(anything.orders, "shop").shop', ["S1", "S2"]),
        ('len(group(anything.orders, "shop", "no"))', 3),
        ('join((concat(g.shop, ":", len(g.rows)) for g in group(anything.orders, "shop")), " ")', "S1:2 S2:1"),
        ('first(group(lines, "count")).rows.sku', ["A"]),
        ('first(group(lines, "count")).count', D(2)),
        ('group(anything.none, "x")', []),
        ("chunks(tags, 2).part", [1, 2]),
        ("chunks(tags, 2)[1].rows", ["b"]),
        ("last(chunks(lines, 1)).rows.sku", ["B"]),
        ("chunks(anything.none, 5)", []),
        ("flatten(lines.lots).lot", ["L1", "L2"]),
        ("flatten(anything.lists)", [1, 2, 3]),
        ("pairs(anything.object).key", ["颜色", "size"]),
        ("pairs(anything.object).value", ["红", 1]),
        ('first(p.value for p in pairs(anything.object) if p.key == "size")', 1),
        ("count(tags)", 3),
        ("count(lines.count)", 1),
        ('count(split("a,,b", ","))', 2),
        # regular expressions
        (r'matches(number, r"^CK-\d+$")', True),
        ('matches(number, "ck")', False),
        ('matches(number, "(?i)ck")', True),
        ('matches(remark, "x")', False),
        ('matches("中文字", "^.文.$")', True),
        (r'matches("红色 XL", r"\p{Han}+ XL")', True),
        ('extract("SF123 中通456", "中通([0-9]+)")', "456"),
        ('extract("SF123", "[0-9]+")', "123"),
        ('extract("2026-01-05", "([0-9]+)-([0-9]+)", 2)', "01"),
        ('extract("2026-01-05", "([0-9]+)-([0-9]+)", 0)', "2026-01"),
        ('extract("abc", "[0-9]+")', None),
        ('extract("ac", "a(b)?c")', None),
        ('extract(remark, "x")', None),
        ('substitute("a1b22", "[0-9]+", "#")', "a#b#"),
        ('substitute("张三 13800001111", "([0-9]{3})[0-9]{4}([0-9]{4})", "$1****$2")', "张三 138****1111"),
        ('substitute("5", "[0-9]", "$$$0")', "$5"),
        ('substitute("中文", "", "-")', "-中-文-"),
        ('substitute(number, "x", "y")', "CK-1"),
        ('substitute(remark, "x", "y")', None),
        # JSON in a text
        ('json("[1, 0.10]")[1]', D("0.10")),
        ("json(anything.text).sku[0]", "甲"),
        ("json(anything.text).price * 3", D("0.30")),
        ('json("12345678901234567890123")', 12345678901234567890123),
        ('json(" ")', None),
        ("json(remark)", None),
        ("to_json(anything.object)", '{"颜色":"红","size":1}'),
        ("to_json(paid)", "10.50"),
        ("to_json(tags)", '["b","a","b"]'),
        ("to_json(remark)", None),
        ("json(to_json(anything.object)).size", 1),
        # spelling of numbers, cents and yuan
        ("number_text(paid, 3)", "10.500"),
        ("number_text(2.345, 2)", "2.35"),
        ("number_text(-0.005, 2)", "-0.01"),
        ('number_text("1E+3", 0)', "1000"),
        ("number_text(remark, 2)", None),
        ('number_text("", 2)', None),
        ("trim_zeros(paid)", "10.5"),
        ('trim_zeros("2.0000")', "2"),
        ('trim_zeros("100")', "100"),
        ('trim_zeros("-0.000")', "0"),
        ('trim_zeros("")', None),
        ("yuan(1234)", D("12.34")),
        ('yuan("5")', D("0.05")),
        ("yuan(remark)", None),
        ("cents(12.34)", 1234),
        ('cents("0.10")', 10),
        ("cents(remark)", None),
        ("cents(yuan(99999999999999999))", 99999999999999999),
        ('halfwidth("ＡＢ１２（３）　，！")', "AB12(3) ,!"),
        ("halfwidth(remark)", None),
        # dates
        ('format_date(time, "yyyyMMdd")', "20260105"),
        ('format_date(time, "yyyy年MM月dd日 HH:mm:ss")', "2026年01月05日 09:30:51"),
        ("format_date(time, \"yyMMdd'T'HHmm\")", "260105T0930"),
        ('format_date(remark, "yyyy")', None),
        ('parse_date("20260105", "yyyyMMdd")', "2026-01-05"),
        ('parse_date(20260105, "yyyyMMdd")', "2026-01-05"),
        ('parse_date("05/01/2026 7", "dd/MM/yyyy 7")', "2026-01-05"),
        ('parse_date("20260105093051", "yyyyMMddHHmmss")', "2026-01-05 09:30:51"),
        ('parse_date("2026年1月", "yyyy年1月")', "2026-01-01"),
        ('parse_date("260105", "yyMMdd")', "2026-01-05"),
        ('parse_date(" ", "yyyyMMdd")', None),
        ('parse_date(remark, "yyyyMMdd")', None),
        ("add_months(date(time), 1)", "2026-02-05"),
        ('add_months("2026-01-31", 1)', "2026-02-28"),
        ('add_months("2024-02-29 01:02:03", -12)', "2023-02-28 01:02:03"),
        ('days_between("2026-02-28", "2026-03-01")', 1),
        ('days_between(time, "2026-01-01")', -4),
        ("days_between(time, remark)", None),
        ("weekday(time)", 1),
        ('weekday("2026-01-04")', 7),
        ("date(time)", "2026-01-05"),
        ("datetime(time)", "2026-01-05 09:30:51"),
        ('datetime("2026-01-05 09:30:51")', "2026-01-05 09:30:51"),
        ('datetime("2026-01-05T01:30:51Z")', "2026-01-05 09:30:51"),
        ("datetime(1767576651000)", "2026-01-05 09:30:51"),
        ("date(remark)", None),
        ('date("0000-00-00 00:00:00")', None),
        ("add_days(date(time), -5)", "2025-12-31"),
        ("add_days(time, 1)", "2026-01-06 09:30:51"),
        ("month_start(time)", "2026-01-01"),
        ('month_end("2028-02-03")', "2028-02-29"),
    ],
)
def test_a_function_gives(evaluate, expression, value):
    result = evaluate(expression, RECORD)

    assert result == value
    assert type(result) is type(value) or isinstance(value, (int, Decimal))
    assert not isinstance(result, float)
    if isinstance(value, Decimal) and value.as_tuple().exponent != 0:
        assert str(result) == str(value)


ODD = {
    "x": "deep",
    "mixed": [1, "a"],
    "rows": [{"a": [1]}],
    "open": True,
    "nested": "[" * 33 + "]" * 33,
    "huge": D("1E+999999"),
}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('decimal("1,5")', '"1,5" is no number'),
        ('integer("1.5")', '"1.5" is no whole number'),
        ('boolean("maybe")', "neither true nor false"),
        ('date("31.12.2026")', "is no date or time"),
        ("date(open)", "is no date or time"),
        ('datetime("2026-02-30T00:00:00+08:00")', "is no date or time"),
        ('split(shop, "")', "the mark to look for is an empty text"),
        ("round(paid, 99)", "out of range"),
        ("add_days(time, 99999999)", "out of range"),
        ('add_days("9999-12-31", 9)', "cannot be moved"),
        ("left(shop, paid)", "is no whole number"),
        ("text(anything)", "an object has no text form"),
        ("sum(tags)", '"b" is no number'),
        ("sort(anything.mixed)", "not all texts, or not all numbers"),
        ('group(anything.rows, "a")', "tell rows apart by is a list or an object"),
        ("chunks(tags, 0)", "chunks() of 0 items"),
        ("flatten(tags)", '"b" is no list'),
        ("pairs(anything.x)", '"deep" is no object'),
        ('json("{")', '"{" is no JSON'),
        ('json("NaN")', "is no JSON"),
        ("json(anything.open)", "is no text with JSON"),
        ("json(anything.nested)", "nested deeper than 32"),
        ("to_json(anything.huge)", "out of range"),
        ('number_text("x", 2)', "is no number"),
        ("number_text(paid, -1)", "out of range"),
        ('trim_zeros("x")', "is no number"),
        ("cents(0.001)", "are no whole number of cents"),
        ('parse_date("2026-13-05", "yyyy-MM-dd")', "month must be in 1..12"),
        ('parse_date("2026-1-5", "yyyy-MM-dd")', "is not written as yyyy-MM-dd"),
        ('parse_date("２０２６", "yyyy")', "is not written as yyyy"),
        ('format_date(shop, "yyyy")', "is no date or time"),
        ('add_months("9999-12-31", 1)', "cannot be moved"),
        ('matches(anything.open, "x")', "is no text"),
    ],
)
def test_a_value_that_a_function_cannot_take_fails_with_a_cause(evaluate, expression, message):
    with pytest.raises((RecordError, TypeError, ExpressionError)) as failure:
        evaluate(expression, RECORD | {"anything": ODD})

    assert message in str(failure.value)


def test_a_float_is_refused_wherever_it_comes_from():
    for function in ("decimal", "integer", "text", "round", "boolean"):
        call = FUNCTIONS[function].call
        with pytest.raises((RecordError, TypeError)):
            call(0.1)


def test_an_empty_value_stays_empty_through_functions_of_one_value(evaluate):
    aggregates = {"sum": 0, "len": 0, "count": 0, "concat": "", "flatten": [], "pairs": [], "empty": True}
    for name, function in FUNCTIONS.items():
        if function.call is not None and len(function.takes.split()) == 1:
            assert evaluate(f"{name}(anything)", {"anything": None}) == aggregates.get(name), name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_called_with_as_many_values_as_its_usage_says(evaluate, name):
    wrong = "" if FUNCTIONS[name].takes else "number"

    with pytest.raises(ExpressionError, match=r"written|without the name of a table"):
        evaluate(f"{name}({wrong})", RECORD)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('matches(number, "(")', "has a pattern '(' that cannot be used: it is no regular expression (RE2): missing )"),
        ('matches(number, "(?=a)")', "is no regular expression (RE2)"),
        ('matches(number, "((a{100}){100}){100}")', "is no regular expression (RE2)"),
        ("matches(number, shop)", "needs a constant text as pattern, but has shop"),
        ("matches(number, 1)", "needs a constant text as pattern"),
        ("matches(status, '1')", "needs a text, but status is integer"),
        ('extract(number, "a", 1)', "is no group of the pattern, which has 0"),
        ('extract(number, "(a)", status)', "needs a constant whole number as group"),
        ('extract(number, "(a)", True)', "needs a constant whole number as group"),
        ('substitute(number, "(a)", "$2")', "names the group $2, but the pattern has 1"),
        ('substitute(number, "(a)", "$")', "has a single $"),
        ('format_date(time, "YYYY")', "has Y in a layout"),
        ('format_date(time, "")', "is no layout"),
        ("format_date(time, shop)", "needs a constant text as layout"),
        ('parse_date(number, "yyyyMMyy")', "has a part of the date twice"),
        ('group(lines, "sku", "sku")', "groups by a column twice"),
        ('group(lines, "skew")', "there is no field skew in orders.lines"),
        ("group(lines)", "it is written group("),
        ('group(tags, "x")', "names columns of tags, which is a list of text"),
        ('first(group(lines, "sku")).count', "there is no column count in the rows of group()"),
        ('sort(lines, "lots")', "sorts by lots, which is a list of rows"),
        ("sort(lines)", 'say by which columns: sort(list, "column")'),
        ("unique(lines.lots)", "say by which columns"),
        ("sum(lines)", "it takes a list of values"),
        ("max(lines)", "it takes a list of values"),
        ("max(lines.lots)", "it takes a list of values"),
        ("max(tags, tags)", "with a list among several values"),
        ("join(lines, ',')", "it takes a list of values"),
        ("to_json(lines)", "it takes a list of values"),
        ("to_json(lines[0])", "gives to_json() a whole row"),
        ("pairs(number)", "needs an object of any parts, but number is text"),
        ("chunks(tags, 1).row", "there is no column row in the rows of chunks(); did you mean rows?"),
        ("sql.nothing(number)", "there is no function sql.nothing"),
        ("slq.concat(number)", "only functions of the language can be called"),
        ("sql.concat", "there is no field sql"),
    ],
)
def test_a_call_that_cannot_work_is_refused_while_compiling(compile_text, expression, message):
    with pytest.raises(ExpressionError) as refusal:
        compile_text(expression)

    assert message in str(refusal.value)


def test_a_pattern_may_be_a_name_of_the_mapping_where_backslashes_need_no_quotes(project):
    flow = project.flow("  FX: =extract(shop, digits)", "let:\n  digits: \\d+")

    assert project.map(flow, {"shop": "S12"})[0]["FX"] == "12"


def test_the_time_of_the_run_is_one_moment_in_beijing(evaluate, monkeypatch):
    monkeypatch.setattr(run_clock, "_started", [None])
    run_clock.start_at(datetime(2026, 1, 5, 17, 30, 51, tzinfo=timezone.utc))

    assert evaluate("today()", RECORD) == "2026-01-06"
    assert evaluate("now()", RECORD) == "2026-01-06 01:30:51"
    assert evaluate('format_date(now(), "HHmm")', RECORD) == "0130"
    assert evaluate("days_between(time, today())", RECORD) == 1
