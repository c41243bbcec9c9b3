"""Expressions at random: what is taken gives plain data in bounded time, the rest is refused with a sentence."""

from __future__ import annotations

import ast
import itertools
import time
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mapper_kd.allotment import begin
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.failures import RecordError
from mapper_kd.functions import FUNCTIONS, NAMESPACES
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import Names

RECORD = {
    "number": "N-12 中文",
    "status": 1,
    "paid": Decimal("1.5"),
    "time": "2026-01-05T09:30:51+08:00",
    "open": True,
    "tags": ["a", "b", "a"],
    "lines": [{"sku": "A", "count": 1, "price": Decimal("0.5"), "lots": [{"lot": "L1"}]}, {"sku": "B"}],
    "receiver": {"name": "R"},
    "anything": {"name": {"sku": [1]}, "rows": [{"sku": "A"}, {"sku": None}], "text": '{"a": [0.5]}'},
}
# Rows of the record stay rows; the compiler of mappings takes none as a value.
PLAIN = (str, int, Decimal, bool, type(None), msgspec.Struct)
QUICK = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Python in the small, attacks among it.
NAMES = ["number", "status", "paid", "time", "open", "tags", "lines", "record", "anything", "receiver", "line", "x"]
CONSTANTS = ["None", "True", "1", "0", "-1", "0.5", "'x'", "''", "'[0-9]+'", "'sku'", "'yyyy-MM'", "10**9", "1e40"]
ATTACKS = [
    "().__class__",
    "__import__",
    "()",
    "[]",
    "{}",
    "...",
    "b'x'",
    "lambda: 0",
    "(y := 1)",
    "f'{number!r}'",
    "f'{number.__class__}'",
    "'{0.__class__}'",
    "ｅｖａｌ",
    "sql",
    "_rows",
    "print",
]
# These ask tables, which are not there.
TABLES = {"code", "lookup", "find", "rows", "convert"}
PARTS = [
    "name",
    "sku",
    "count",
    "price",
    "lots",
    "rows",
    "part",
    "key",
    "value",
    "parent",
    "upper",
    "__class__",
    "f_back",
]
CALLED = [
    *(name for name in FUNCTIONS if name not in TABLES),
    "getattr",
    "eval",
    "open",
    "print",
    *(f"sql.{name}" for name in NAMESPACES["sql"]),
    "sql.nothing",
]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "<<", "==", "!=", "<", ">=", "in", "not in", "is", "and", "or", "@"]
ATOMS = st.one_of(st.sampled_from(NAMES), st.sampled_from(CONSTANTS), st.sampled_from(ATTACKS))


def _shapes(inner):
    def shaped(template, *parts):
        return st.tuples(*parts).map(lambda values: template.format(*values))

    called = st.sampled_from(CALLED)
    return st.one_of(
        shaped("({}).{}", inner, st.sampled_from(PARTS)),
        shaped("({})[{}]", inner, inner),
        shaped("({})[{}:{}]", inner, inner, inner),
        shaped("{}({})", called, inner),
        shaped("{}({}, {})", called, inner, inner),
        shaped("{}({}, {}, {})", called, inner, inner, inner),
        shaped("({})({})", inner, inner),
        shaped("({}) {} ({})", inner, st.sampled_from(OPERATORS), inner),
        shaped("not ({})", inner),
        shaped("({} if {} else {})", inner, inner, inner),
        shaped("[{} for x in {}]", inner, inner),
        shaped("[{} for x in {} if {}]", inner, inner, inner),
        shaped("{}({} for x in {})", called, inner, inner),
        shaped('f"{{{}}} {{{}:.2f}}"', inner, inner),
    )


def plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(plain, value))
    if isinstance(value, dict):
        return all(map(plain, value.values()))
    return isinstance(value, PLAIN)


@QUICK
@given(expression=st.recursive(ATOMS, _shapes, max_leaves=8))
def test_whatever_is_taken_gives_plain_data(evaluate, expression):
    started = time.process_time()
    try:
        value = evaluate(expression, RECORD)
    except (ExpressionError, RecordError, TypeError):
        return

    assert plain(value), expression
    assert time.process_time() - started < 1


# Calls of functions with values of the families they take: most of these are taken.
VALUES = {
    "text": ["number", "receiver.name", "tags[0]", "'2026-01-05'", "'{\"a\": 1}'", "text(paid)", "lines[0].sku"],
    "number": ["status", "paid", "len(tags)", "-1", "0", "999999999999999999", "lines[1].count", "0.5"],
    "list": ["tags", "lines", "lines.lots", "anything.rows", "split(number, '-')", "[x for x in lines if x.count]"],
    "values": ["tags", "lines.price", "anything.rows.sku", "(x.count for x in lines)", "split(number, '')"],
    "plain": ["tags", "paid", "lines.price", "anything", "None"],
    "object": ["anything", "anything.name", "json('{}')"],
    "boolean": ["open", "status > 0"],
    "pattern": ["'[0-9]+'", "'(a|b)*c'", "'^.$'", "'('", "''"],
    "replacement": ["'$0$0'", "'$1'", "''"],
    "group": ["0", "1", "9"],
    "layout": ["'yyyyMMdd'", "'HH:mm'", "'x'"],
    "column": ["'sku'", "'-count'", "'lots'", "'__class__'"],
}
ANY_VALUES = [*VALUES["text"], *VALUES["number"], *VALUES["list"], *VALUES["object"], *VALUES["boolean"]]


@st.composite
def calls(draw, depth=2):
    space = draw(st.sampled_from(["", "", *(f"{name}." for name in NAMESPACES)]))
    table = NAMESPACES.get(space.rstrip("."), FUNCTIONS)
    name = draw(st.sampled_from(sorted({*table} - TABLES)))
    takes = table[name].takes.split()
    if takes and takes[-1].endswith("*"):
        takes += takes[-1:] * draw(st.integers(0, 3))
    kept = [one for one in takes if not one.endswith(("?", "?*")) or draw(st.booleans())]
    values = []
    for family in kept:
        if depth and draw(st.integers(0, 3)) == 0:
            values.append(draw(calls(depth - 1)))
        else:
            values.append(draw(st.sampled_from(VALUES.get(family.rstrip("?*"), ANY_VALUES))))
    return f"{space}{name}({', '.join(values)})"


@QUICK
@given(expression=calls())
def test_functions_of_values_they_take_give_data_of_the_kind_that_was_known_before(evaluate, compile_text, expression):
    try:
        kind = compile_text(expression).kind
        value = evaluate(expression, RECORD)
    except (ExpressionError, RecordError, TypeError):
        return
    except Exception:
        if any(f"{space}." in expression for space in NAMESPACES):  # it ends as a dead letter, whatever it is
            return
        raise

    assert plain(value), expression
    expected = {
        "text": str,
        "date": str,
        "datetime": str,
        "integer": int,
        "decimal": (int, Decimal),
        "boolean": bool,
    }.get(kind.name)
    assert value is None or expected is None or isinstance(value, expected), (expression, value)
    assert kind.family != "list" or value is None or isinstance(value, list)


@QUICK
@given(expression=st.text(alphabet="()[]{}.,:'\"_=+-*/%<> abcnulbrxof019\n#\\{}!@$ｅªé中", max_size=30))
def test_any_text_is_compiled_or_refused_with_a_sentence(compile_text, expression):
    try:
        code = compile_text(expression)
    except ExpressionError:
        return

    ast.parse(code.text)


# --- what values cannot do

HOSTILE = [
    None,
    True,
    "",
    "x" * 150_000,
    "1" * 150_000,
    "1e999999",
    "-",
    "中" * 5_000,
    "[" * 5_000,
    "%s{0.__class__}$1\\1",
    "9999-12-31",
    0,
    -1,
    10**59,
    -(10**59),
    Decimal("1E+999999"),
    Decimal("1E-999999"),
    Decimal("1." + "7" * 50),
    [],
    ["x" * 1_000] * 1_000,
    [Decimal("1E+999999")] * 3,
    [None, 1, "a"],
    [[1], [2]],
    {},
    {"a": {"b": [1, Decimal("0.5")]}},
]
# A name in each of these is what makes its last argument ready, which no record can give.
READY = {"pattern", "replacement", "group", "layout", "column"}
CALLABLE = [
    (f"{space}{name}", function)
    for space, table in [("", FUNCTIONS), *((f"{one}.", functions) for one, functions in NAMESPACES.items())]
    for name, function in table.items()
    if function.call is not None and not READY & set(function.takes.replace("?", "").replace("*", "").split())
]


REFUSALS = (RecordError, TypeError)


def size(value):
    if isinstance(value, (list, tuple)):
        return len(value) + sum(map(size, value))
    if isinstance(value, dict):
        return sum(map(size, value.values())) + len(value)
    if isinstance(value, Decimal):
        return len(value.as_tuple().digits)
    return len(value) if isinstance(value, str) else 1


@pytest.mark.parametrize(("name", "function"), CALLABLE, ids=lambda one: one if isinstance(one, str) else "")
def test_no_value_makes_a_function_costly(name, function):
    count = len(function.takes.split())
    choices = [HOSTILE, HOSTILE, HOSTILE[::6]][:count]
    started = time.process_time()

    for values in itertools.product(*choices, *[HOSTILE[:1]] * (count - 3)):
        begin()
        try:
            result = function.call(*values)
        except REFUSALS:
            continue
        except Exception:
            if name in FUNCTIONS:  # of the others any ends as a dead letter
                raise
            continue
        assert plain(result), values
        assert size(result) <= 5_000_000, name

    assert time.process_time() - started < 5


def test_generated_code_is_an_expression_of_known_names(compile_text):
    names = Names(pytest.fail)
    for expression in (
        "sum(l.price * 2 for l in lines if l.sku)",
        'first(group(lines, "sku")).rows.price',
        "json(number).x",
    ):
        code = compile_text(expression, names)
        tree = ast.parse(code.text, mode="eval")
        read = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
        known = {*GLOBALS, *names.bound, "record", "rows"}

        assert {one for one in read - known if not one[1:].isdigit()} == set()
