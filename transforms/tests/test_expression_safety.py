"""Attacks on expressions: nothing but the record and the functions can be reached, and nothing costs without bound."""

from __future__ import annotations

import ast
import builtins
import time
from decimal import Decimal

import pytest
from erp_sdk.command import SetupError
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
    # f-strings that nest, name attributes, or are wide
    "f'{number=}'",
    "f'{number!s}'",
    "f'{number!a}'",
    "f'{(x := 5)}'",
    "f'{(lambda: 1)()}'",
    "f'{0.__class__}'",
    "f'{status:{10**9}}'",
    "f'{status:010000000}'",
    "f'{paid:.999f}'",
    "f'{paid:1e9}'",
    "f'{paid:n}'",
    "f'{paid:%}'",
    "f'{status:x}'",
    "f'{time:%Y}'",
    "f'{record}'",
    "f'{lines}'",
    "f'{text}'",
    # letters that Python reads as others
    "ｅｖａｌ('1')",
    "𝔢𝔵𝔢𝔠('1')",
    "number.__ｃlass__",
    "number.＿＿class＿＿",
    "＿＿import＿＿('os')",
    "ªbs(status).__class__",
    "record.ｆ_ｇｌｏｂａｌｓ.__class__",
    "getａttr(number, 'upper')",
    # functions as values, and namespaces
    "sql",
    "sql.concat",
    "sql.concat.__globals__",
    "sql.__class__",
    "sql.__class__(1)",
    "sql['concat'](1)",
    "sql.sql.concat(1)",
    "record.sql.concat(1)",
    "sql.__getitem__('concat')",
    "sql.concat(1).__class__",
    "sql.nothing(1)",
    "os.system('id')",
    "os.environ",
    "sys.modules",
    "mapper_kd.functions",
    "text(text)",
    "first([text])",
    "sort(tags, key=len)",
    "sorted(tags)",
    "json.loads('1')",
    "json('1').__class__",
    "re2.compile('x')",
    "matches(number, '(?P<x>a)(?P=x)')",
    "matches(number, '(a{1000}){1000}')",
    "matches(number, '(?<=a)b')",
    "matches(number, number)",
    "extract(number, 'a' + number)",
    "substitute(number, 'a', number)",
    "format_date(time, number)",
    "format_date(time, '%Y')",
    "format_date(time, '{0.__class__}')",
    "group(lines, '__class__')",
    "group(lines, number)",
    "sort(lines, '__class__')",
    "unique(lines, '__dict__')",
    "first(group(lines, 'sku')).__class__",
    "first(group(lines, 'sku'))._fields",
    "first(group(lines, 'sku'))[0]",
    "pairs(number)",
    "pairs(lines[0])",
    "to_json(record)",
    "to_json(lines)",
    # lists in lists and rows where they could hide
    "tags in [tags]",
    "tags == tags",
    "lines[0] == lines[1]",
    "lines[0] in lines",
    "max([tags for x in tags])",
    "sum([tags for x in tags])",
    "sort([tags for x in tags])",
    "join([lines for x in tags], '')",
    "coalesce(tags, 1)",
    "case(open, tags, 1)",
    "case(open, lines[0], number)",
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
    "[x async for x in tags]",
    "[x for x.y in tags]",
    "[x for x[0] in tags]",
    "[x for [x] in tags]",
    "[x for *x in tags]",
    "[(y := x) for x in tags]",
    "[x for x in tags if (y := x)]",
    "[lambda: x for x in tags]",
    "[(yield x) for x in tags]",
    "[await x for x in tags]",
    "[x.__class__ for x in tags]",
    "[x for x in tags].__iter__",
    "[x for x in tags] + x",
    "[x for x in tags if x if x]",
    "[_ for __x in tags]",
    "[].__class__",
    "[*[1]]",
    "tags[*tags]",
    "tags[1, 2]",
    "tags[()]",
    "tags[None]",
    "tags[True]",
    "tags[0.5]",
    "record[b'number']",
    "record[f'number']",
    "number['upper']",
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
    "error.__traceback__",
    "_begin()",
    "_Miss",
    "_Exception.__subclasses__()",
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
    assert evaluate("number # or __import__('os')", {"number": "N"}) == "N"


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


def test_generated_code_reaches_no_builtin():
    assert GLOBALS["__builtins__"] == {}
