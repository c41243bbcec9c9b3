"""Expressions: what they give, and that every function does what the table of functions says."""

from __future__ import annotations

from decimal import Decimal

import pytest
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
    "lines": [{"sku": "A", "count": 2, "price": D("1.50")}, {"sku": "B", "count": None, "price": D("0.25")}],
    "tags": ["b", "a", "b"],
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        # operators, exact
        ("1 + 2 * 3", 7),
        ("0.1 + 0.2", D("0.3")),
        ("paid * 1.13", D("11.8650")),
        ("1 / 4", D("0.25")),
        ("2 / 3", D("0.6666666666666666666666666667")),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("-7.0 // 2", D(-4)),
        ("7 % 3", 1),
        ("-7.0 % 3", D("2.0")),
        ("-paid", D("-10.50")),
        ('"a" + "b"', "ab"),
        ("1_000 + 1", 1001),
        # templates
        ('f"{number}-{date(time)}"', "CK-1-2026-01-05"),
        ("f'{remark}{status}/{paid}/{open}'", "95/10.50/true"),
        ('f"{status:06}|{paid:.1f}|{1234567.125:,.2f}|{anything:.2f}"', "000095|10.5|1,234,567.13|"),
        ('f"{-1.5:06}{status:5}{1.005:.2f}"', "-001.5   951.01"),
        ("f'{{{number[0]}}}'", "{C}"),
        ('f""', ""),
        # list comprehensions
        ("[row.sku for row in lines if row.count is None]", ["B"]),
        ("[row for row in lines if row.price > 1].sku", ["A"]),
        ("sum(row.price * 2 for row in [one for one in lines if one.count])", D("3.00")),
        ("[tag for tag in tags if tag != 'b']", ["a"]),
        # comparison and logic
        ("status == 95", True),
        ("90 < status < 100", True),
        ("status in (95, 105)", True),
        ("status not in [95, 105]", False),
        ('"S1" in shop', True),
        ('"a" in tags', True),
        ("paid >= 10.50 and not open", False),
        ("remark or number", "CK-1"),
        ("remark is None", True),
        ("remark != None", False),
        ("number if open else remark", "CK-1"),
        # parts
        ("number[0]", "C"),
        ("number[-1]", "1"),
        ("number[:2]", "CK"),
        ("number[99]", None),
        ("split(shop, ',')[1]", "S2"),
        ("tags[1:]", ["a", "b"]),
        ("lines[0].sku", "A"),
        ("lines[9].sku", None),
        ('record["number"]', "CK-1"),
        ("record.number", "CK-1"),
        ("lines.sku", ["A", "B"]),
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
        ("round(anything)", None),
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
        # dates
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
def test_an_expression_gives(evaluate, expression, value):
    result = evaluate(expression, RECORD)

    assert result == value
    assert type(result) is type(value) or isinstance(value, (int, Decimal))
    assert not isinstance(result, float)
    if isinstance(value, Decimal) and value.as_tuple().exponent != 0:
        assert str(result) == str(value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("paid + number", "needs a text, but paid is decimal; text() makes a text of it"),
        ("paid / 0", "10.50 cannot be divided by 0"),
        ("status % 0", "cannot be calculated"),
        ("anything.y > 5", "'>' not supported"),
        ("remark > 5", "they are never equal"),
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
        ("anything.x.y", '"deep" has no part y'),
        ("sum(tags)", '"b" is no number'),
    ],
)
def test_a_value_that_does_not_fit_fails_with_a_cause(evaluate, expression, message):
    with pytest.raises((RecordError, TypeError, ExpressionError)) as failure:
        evaluate(expression, RECORD | {"anything": {"x": "deep"}})

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
    ("expression", "kind"),
    [
        ("number", "text"),
        ("status", "integer"),
        ("paid * 2", "decimal"),
        ("status * 2", "integer"),
        ("status / 2", "decimal"),
        ("open and status > 1", "boolean"),
        ("status if open else paid", "decimal"),
        ("status if open else number", "any"),
        ("coalesce(remark, 'x')", "text"),
        ("case(open, 1, 2.5)", "decimal"),
        ("tags", "list of text"),
        ("lines.price", "list of decimal"),
        ("first(lines.price)", "decimal"),
        ("max(status, 1)", "integer"),
        ("anything", "any"),
        ("anything.x", "any"),
        ("add_days(date(time), 1)", "date"),
        ("datetime(time)", "datetime"),
    ],
)
def test_the_kind_of_a_value_is_known_before_there_is_one(compile_text, expression, kind):
    assert compile_text(expression).kind.name == kind
