"""Expressions that would cost without bound: each fails in time, or gives a value of bearable size."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from erp_sdk.command import SetupError
from mapper_kd.failures import RecordError
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import Names
from mapper_kd.source_record import SourceObject

BOMBS = [
    "a * a",
    'replace(b, "x", b)',
    'replace(b, "x", "yy")',
    "b + b",
    "concat(b, b)",
    "join(c, b)",
    "join((b for x in c), '')",
    'pad(b, 999999999, " ")',
    '[pad(x, 200000, " ") for x in c]',
    "[upper(b) for x in c]",
    "[left(b, 149999) for x in c]",
    "upper(b)",
    "split(b, 'x')",
    "[split(b, 'x') for x in c]",
    "halfwidth(b)",
    'f"{b}{b}"',
    'f"{d}"',
    'f"{d:.2f}"',
    'f"{a:,.10f}"',
    "round(a, 20)",
    "integer(d)",
    "text(d)",
    "floor(d)",
    "ceil(d)",
    "d * 1",
    "d + 1",
    "d // 3",
    "d % 3",
    "-d",
    "abs(d)",
    "sum(e)",
    "round(d)",
    "f * f",
    "number_text(d, 20)",
    "number_text('1e999999', 2)",
    "trim_zeros(d)",
    "trim_zeros('1e999999')",
    "yuan(d)",
    "cents(d)",
    "json('1e999999') * 2",
    "text(json('1e999999'))",
    "json('1e99999999999999999999')",
    "json('9' + left(h, 5000))",
    "json(i)",
    "json(b)",
    "to_json(j)",
    "to_json(d)",
    "matches(h, '(x+x+)+y')",
    "matches(h, '(x{0,100}){0,9}y')",
    "matches(h, '(.*)(.*)(.*)(.*)(.*)(.*)y')",
    "extract(b, '(x+x+)+y')",
    "substitute(h, 'x*y|x', 'z')",
    "substitute(h, '', 'zzzzzzzzzzzzzzzzzzzzzz')",
    "substitute(h, '(.*)', '$1$1$1$1$1$1$1$1$1$1$1')",
    "[matches(h, 'x*y') for x in c]",
    "flatten([c for x in c])",
    "[sum(k) for x in k]",
    "[x in k for x in k]",
    "[len(k) for x in k]",
    "[first(sort(k)) for x in k]",
    "[count(chunks(k, 1).part) for x in k]",
    "[unique(k) for x in k]",
    "[first(group(k, 'x')).x for x in k]",
    "chunks(c, a)",
    "format_date(a, 'yyyy')",
    "date(a)",
    "add_days('2026-01-01', a)",
    "add_months('2026-01-01', a)",
    "days_between(a, a)",
    "weekday(d)",
]


@pytest.mark.parametrize("expression", BOMBS)
def test_no_value_can_be_blown_up(compile_text, expression):
    record = {
        "a": 10**59,
        "b": "x" * 150_000,
        "c": ["y"] * 1000,
        "d": Decimal("1E+999999"),
        "e": [Decimal("1E+999999")] * 3,
        "f": Decimal("1." + "7" * 50),
        "h": "x" * 20_000,
        "i": "[" * 100_000,
        "j": [[[["x" * 1000] * 10] * 10] * 10] * 10,
        "k": [1] * 50_000,
    }
    names = Names(pytest.fail)
    fields = SourceObject({}, "x")
    code = compile_text(expression, names, fields)
    structure = fields.structure()
    values = structure(*(record.get(name) for name in fields._used))
    namespace = GLOBALS | names.bound
    exec(f"def value(record):\n    _begin()\n    return {code.text}", namespace)
    started = time.process_time()

    try:
        result = namespace["value"](values)
    except (RecordError, TypeError, ArithmeticError):
        result = None

    assert time.process_time() - started < 5
    assert size(result) <= 65_000_000


def size(value):
    """The characters and items of a value."""
    if isinstance(value, (list, tuple)):
        return len(value) + sum(map(size, value))
    return len(str(value))


CHAIN = 40


@pytest.mark.parametrize(
    ("first", "step", "last"),
    [
        ("=shop", "=concat({0}, {0})", "={0}"),
        ("=shop", "={0} + {0}", "={0}"),
        ("=shop", '=f"{{{0}}}{{{0}}}"', "={0}"),
        ("=shop", '=replace({0}, "x", "xx")', "={0}"),
        ("=shop", '=substitute({0}, "x", "$0$0")', "={0}"),
        ("=status", "={0} * {0}", "={0}"),
        ("=status", "={0} * 12345.678", "={0}"),
        ("=tags", "=flatten([{0} for x in tags])", "=join({0}, '')"),
        ("=tags", "=[x + x for x in {0}]", "=join({0}, '')"),
    ],
)
def test_names_built_on_names_do_not_grow_without_bound(project, first, step, last):
    names = [f"  n0: '{first}'"]
    names += [f"  n{one + 1}: '{step.format(f'n{one}')}'" for one in range(CHAIN)]
    flow = project.flow(f'  FX: "{last.format(f"n{CHAIN}")}"', "let:\n" + "\n".join(names))
    started = time.process_time()

    (one,) = project.map(flow, {"shop": "x", "status": 7, "tags": ["x", "x"]})

    assert one["reason"] in {"expression_failed", "value_invalid"}
    assert time.process_time() - started < 3


@pytest.mark.parametrize("last", ["=n9", "=first(n9)", "=[n9 for x in tags]"])
def test_lists_of_lists_are_no_value_of_a_field(project, last):
    names = ["  n0: =tags", *(f"  n{one + 1}: =[n{one} for x in tags]" for one in range(9))]
    project.mapping(project.flow(f"  FX: {last}", "let:\n" + "\n".join(names)))

    with pytest.raises(SetupError, match="is a list of lists"):
        project.run(project.schema())


def test_a_loop_over_all_lines_for_each_line_ends_in_time(project):
    record = {"lines": [{"sku": "A", "price": 1}] * 20_000}
    flow = project.flow("  FX: =sum(len(lines.price) for l in lines)")
    started = time.process_time()

    (one,) = project.map(flow, record)

    assert "gone through too often" in one["message"]
    assert time.process_time() - started < 5


def test_each_record_has_an_allotment_of_its_own(project):
    record = {"lines": [{"sku": "A", "price": 1}] * 1_100}
    flow = project.flow("  FX: =sum(len(lines.price) for l in lines)")

    made = project.map(flow, *[record] * 4)

    assert [one.get("FX") for one in made] == [1_210_000] * 4
