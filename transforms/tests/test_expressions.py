"""Expressions: operators, parts, templates and loops, and the kinds of what they give."""

from __future__ import annotations

from decimal import Decimal

import pytest
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.failures import RecordError

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
        ('f"{status:06}|{paid:.1f}|{1234567.125:,.2f}|{anything.none:.2f}"', "000095|10.5|1,234,567.13|"),
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
        ("anything.x.y", '"deep" has no part y'),
    ],
)
def test_a_value_that_does_not_fit_fails_with_a_cause(evaluate, expression, message):
    with pytest.raises((RecordError, TypeError, ExpressionError)) as failure:
        evaluate(expression, RECORD | {"anything": {"x": "deep"}})

    assert message in str(failure.value)


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
        ("today()", "date"),
        ("now()", "datetime"),
        ('parse_date(number, "yyyyMMdd")', "date"),
        ('parse_date(number, "yyyyMMddHH")', "datetime"),
        ("json(number)", "any"),
        ("json(number).x", "any"),
        ('group(lines, "sku")', "list of rows"),
        ('group(lines, "sku").sku', "list of text"),
        ('first(group(lines, "price")).price', "decimal"),
        ('sum(first(group(lines, "price")).rows.count)', "decimal"),
        ('sort(lines, "sku").count', "list of decimal"),
        ("sort(tags)", "list of text"),
        ("chunks(lines, 2).part", "list of integer"),
        ("chunks(tags, 2)[0].rows", "list of text"),
        ("flatten(lines.lots)", "list of rows"),
        ("flatten(lines.lots).lot", "list of text"),
        ("pairs(anything).key", "list of text"),
        ("cents(paid)", "integer"),
        ('matches(number, "x")', "boolean"),
    ],
)
def test_the_kind_of_a_value_is_known_before_there_is_one(compile_text, expression, kind):
    assert compile_text(expression).kind.name == kind
