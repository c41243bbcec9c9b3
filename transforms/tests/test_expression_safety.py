"""Attacks on expressions: nothing but the record and the functions can be reached, and nothing costs without bound."""

from __future__ import annotations

import ast
import builtins
import time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mapper_kd.expression_checks import MAX_LENGTH, ExpressionError
from mapper_kd.failures import RecordError
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import Names
from mapper_kd.source_record import SourceObject

REFUSED = [
    # the classic ways to object and its subclasses
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "[].__class__",
    "{}.__class__",
    "(1).__class__",
    "number.__class__",
    "number['__class__']",
    "record.__class__",
    "record['__class__']",
    "record.__dict__",
    "record.__struct_fields__",
    "lines.__iter__",
    "lines[0].__class__",
    "first(lines).__init__.__globals__",
    "anything.__class__.__init__",
    "True.__class__",
    "None.__class__",
    "text.__globals__",
    "text.__closure__",
    "decimal.__self__",
    # what Python offers by name
    "__import__('os').system('id')",
    "__builtins__",
    "__builtins__['eval']",
    "__name__",
    "__file__",
    "__loader__",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "getattr(number, 'upper')",
    "setattr(record, 'a', 1)",
    "delattr(record, 'a')",
    "vars()",
    "vars(record)",
    "globals()",
    "locals()",
    "dir()",
    "type(number)",
    "object()",
    "super()",
    "id(number)",
    "input()",
    "print(number)",
    "breakpoint()",
    "help()",
    "exit()",
    "memoryview(b'')",
    "bytes(10**10)",
    "bytearray(10**10)",
    "range(10**10)",
    "list(number)",
    "dict()",
    "map(text, number)",
    "iter(number)",
    "next(number)",
    "hash(number)",
    "isinstance(number, text)",
    "str.format('{0.__class__}', number)",
    # methods
    "number.upper()",
    "'{0.__class__}'.format(number)",
    "'{0.__class__}'.format_map(record)",
    "'a'.join(tags)",
    "'%s'.__mod__(1)",
    "(lambda: 0).__code__",
    "text.__call__('x')",
    "split(number, '-').append(1)",
    "lines.clear()",
    # syntax that hides code
    "lambda: 1",
    "(lambda a=().__class__: a)()",
    "(lambda: number)()",
    "(x := 1)",
    "text(x := 1)",
    "[x for x in tags for y in tags]",
    "[[y for y in tags] for x in tags]",
    "{x for x in tags}",
    "{x: 1 for x in tags}",
    "(x for x in tags)",
    "[*tags]",
    "text(*tags)",
    "text(**record)",
    "text(value=number)",
    "{'a': 1}['a']",
    "{1, 2}",
    "f'{number.__class__}'",
    "f'{number!r}'",
    "f'{number:>9}'",
    "f'{status:{status}}'",
    "f'{status:999}'",
    "f'{receiver}'",
    "f'{().__class__!r}'",
    "f\"{__import__('os')}\"",
    "b'bytes'",
    "1j",
    "...",
    "await number",
    "yield 1",
    "(yield)",
    "(yield from tags)",
    "number if open else (yield)",
    "+paid",
    "~status",
    "status & 1",
    "status | 1",
    "status ^ 1",
    "number @ number",
    "tags[::2]",
    "tags[status]",
    "tags[1:status]",
    "number[text('x')]",
    # generator frames and loops that escape their place
    "(x for x in ()).gi_frame.f_back.f_globals",
    "sum(x for x in tags).gi_frame",
    "sum(x for x in tags for y in tags)",
    "sum(sum(y for y in tags) for x in tags)",
    "sum((x for x in (y for y in tags)) for z in tags)",
    "sum(__x for __x in tags)",
    "sum(x async for x in tags)",
    "sum(x for x, y in tags)",
    "text(x for x in tags)",
    "sum(x.__class__ for x in tags)",
    "sum(x for x in tags) + x",
    # statements and several expressions
    "1; 2",
    "import os",
    "x = 1",
    "del number",
    "1) or (2",
    "1\n2",
    "return 1",
    "",
    " ",
    "#",
    "1] or [2",
    "number][0",
    "number, status",
    "'unclosed",
    "'\\d' + 'x'",
    "'a' is 'a'",
    "1()",
    "'a'()",
    "\x00",
    "number\x00",
    "\ud800",
    # size and depth
    "2 ** 10 ** 10",
    "2 ** 2",
    "1 << 10",
    "1 >> 10",
    "'a' * 10 ** 9",
    "'a' * 9999999999",
    "[0] * 9999999999",
    "'%999999999d' % 1",
    "9" * 5000,
    "9" * 19,
    "1e999",
    "1e-999",
    "1" + "0" * 100 + ".5",
    "(" * 500 + "1" + ")" * 500,
    "-" * 1000 + "1",
    "not " * 100 + "open",
    "number" + ".a" * 60,
    "1" + "+1" * 1500,
    "text(" * 60 + "number" + ")" * 60,
    "'" + "a" * 2000 + "'",
    "a" * (MAX_LENGTH + 1),
    "status" + " < 1" * 900,
    # the names of generated code
    "_fail(1)",
    "_rows",
    "_Exception",
    "_item(record, 'a')",
    "row1",
    "t1",
    "error",
]


@pytest.mark.parametrize("expression", REFUSED, ids=lambda text: repr(text[:50]))
def test_what_is_no_part_of_the_language_is_refused(compile_text, expression):
    started = time.process_time()

    with pytest.raises(ExpressionError) as refusal:
        compile_text(expression)

    assert "\n" not in str(refusal.value)
    assert time.process_time() - started < 2


FIELDS = [
    "gi_frame",
    "f_globals",
    "mro",
    "__class__",
    "_fail",
    "format",
    "upper",
    "os",
    "eval",
    "open",
    "_Exception",
    "c0_a",
    "row1",
]


@pytest.mark.parametrize("name", [*FIELDS, *dir(builtins)])
def test_a_name_is_a_field_of_the_record_and_never_a_name_of_python(compile_text, name):
    # A schema without properties takes every name as a field.
    fields = SourceObject({}, "anything")
    try:
        codes = [compile_text(text, fields=fields) for text in (name, f"a.{name}", f"record.{name}")]
    except ExpressionError:
        return

    read = {node.id for code in codes for node in ast.walk(ast.parse(code.text)) if isinstance(node, ast.Name)}

    assert read <= {"record", "_item", "True", "False", "None"}


def test_a_comment_is_no_code(evaluate):
    assert evaluate("number # or __import__('os')", RECORD_JSON) == "N"


BOMBS = [
    "a * a",
    'replace(b, "x", b)',
    'replace(b, "x", "yy")',
    "b + b",
    "concat(b, b)",
    "join(c, b)",
    'pad(b, 999999999, " ")',
    "upper(b)",
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
    }
    names = Names(pytest.fail)
    fields = SourceObject({}, "x")
    code = compile_text(expression, names, fields)
    structure = fields.structure()
    values = structure(*(record.get(name) for name in fields._used))
    namespace = GLOBALS | names.bound
    exec(f"def value(record): return {code.text}", namespace)
    started = time.process_time()

    try:
        result = namespace["value"](values)
    except (RecordError, TypeError, ArithmeticError):
        result = None

    assert time.process_time() - started < 0.5
    assert len(str(result)) <= 300_000


def test_generated_code_reaches_no_builtin():
    assert GLOBALS["__builtins__"] == {}


# Python in the small, attacks among it: whatever is taken must give a plain value, and never a Python object.
NAMES = ["number", "status", "paid", "tags", "lines", "record", "anything", "receiver", "line", "text", "x"]
VALUES = [
    "None",
    "True",
    "1",
    "0.5",
    "'x'",
    "().__class__",
    "__import__",
    "()",
    "[]",
    "{}",
    "...",
    "f'{number!s}'",
    "10**9",
]
ATOMS = st.sampled_from(NAMES + VALUES)


def _compose(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    functions = [
        "text",
        "decimal",
        "first",
        "len",
        "sum",
        "max",
        "split",
        "coalesce",
        "case",
        "code",
        "getattr",
        "eval",
    ]
    names = ["name", "sku", "count", "price", "__class__", "format", "f_globals", "upper", "parent", "_x"]
    operators = ["+", "-", "*", "/", "//", "%", "**", "<<", "==", "<", "in", "is", "and", "or", "@"]
    return st.one_of(
        st.tuples(inner, st.sampled_from(names)).map(lambda parts: f"({parts[0]}).{parts[1]}"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]"),
        st.tuples(st.sampled_from(functions), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(st.sampled_from(functions), inner, inner).map(lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})({parts[1]})"),
        st.tuples(inner, st.sampled_from(operators), inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"sum({parts[0]} for x in {parts[1]})"),
    )


RECORD_JSON = {
    "number": "N",
    "status": 1,
    "paid": Decimal("1.5"),
    "tags": ["a"],
    "lines": [{"sku": "A", "count": 1, "price": Decimal("0.5")}],
    "receiver": {"name": "R"},
    "anything": {"name": {"sku": [1]}},
}
PLAIN = (str, int, Decimal, bool, type(None))


def plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(plain, value))
    if isinstance(value, dict):
        return all(map(plain, value.values()))
    # Rows of the record are refused as values of fields by the compiler of mappings.
    return isinstance(value, PLAIN) or hasattr(value, "__struct_fields__")


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(expression=st.recursive(ATOMS, _compose, max_leaves=8))
def test_whatever_is_taken_gives_plain_data(evaluate, expression):
    try:
        value = evaluate(expression, RECORD_JSON)
    except (ExpressionError, RecordError, TypeError):
        return

    assert plain(value), expression


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(expression=st.text(alphabet="()[]{}.,:'\"_=+-*/%<> abcnulbrxo019\n#\\{}!@", max_size=30))
def test_any_text_is_compiled_or_refused_with_a_sentence(compile_text, expression):
    try:
        code = compile_text(expression)
    except ExpressionError:
        return

    ast.parse(code.text)
