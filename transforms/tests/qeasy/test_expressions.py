"""A scheme's values in our own language: what they read like, what they give, and what is refused."""

from __future__ import annotations

import ast
from decimal import Decimal

import pytest
from erp_sdk.times import parse_time
from hypothesis import given, settings
from hypothesis import strategies as st
from mapper_kd import run_clock
from mapper_kd.failures import RecordError
from mapper_kd.qeasy.expressions import cast, format_response, translate
from mapper_kd.qeasy.native import NOTHING, Options, SchemeError

from transforms.tests.qeasy.agreement import comparable
from transforms.tests.qeasy.expressions_at_work import Head, native, run, value_of
from transforms.tests.qeasy.rules import ABSENT, CONTEXT, EXPRESSIONS, PLACEHOLDERS, RECORD, REJECTS

D = Decimal
UUID = "44444444-aaaa-4bbb-8ccc-000000000004"
FIND = f"_findCollection find FID from {UUID} where"
RULES = [rule for rule in (*PLACEHOLDERS, *EXPRESSIONS) if rule[0] != "{{rows.k}}"]  # the place knows what is a list


@pytest.fixture(autouse=True)
def _ten_o_clock(monkeypatch):
    monkeypatch.setattr(run_clock, "_started", [parse_time(CONTEXT["now"])])


@pytest.mark.parametrize(
    ("value", "outcome"), [(rule[1]["value"], rule[2]) for rule in RULES], ids=[r[0] for r in RULES]
)
def test_each_rule_of_the_contract_holds(value, outcome):
    try:
        found = value_of(value, RECORD, variables=CONTEXT["vars"])
    except RecordError:
        assert outcome in REJECTS
    else:
        assert comparable(ABSENT if found is None else found) == comparable(outcome)


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ("{order_no}", "order_no"),
        ("{{form.u_供应商编码}}", "form.u_供应商编码"),
        ("{{a}}-{{b}}", 'f"{sql.text(a)}-{sql.text(b)}"'),
        ('say "{a}"', "f'say \"{sql.text(a)}\"'"),
        ('it\'s "{a}"', "concat('it\\'s \"', sql.text(a), '\"')"),
        ("{{odd-name}}x", "f'{sql.text(record[\"odd-name\"])}x'"),
        ("{{LAST_SYNC_TIME|datetime}}", '"2026-03-18 09:30:00"'),
        ("{{CURRENT_TIME|date}}", "today()"),
        ("{{DAYS_AGO_3|datetime}}", 'sql.date_sub(now(), 3, "day")'),
        ('{{$lastExecuteTime|format:"yyyy-MM-dd"}}', 'sql.format_date("2026-03-18 09:30:00", "yyyy-MM-dd")'),
        ("{{at|addDays:-1|date}}", 'sql.date(sql.date_add(at, -1, "day"))'),
        ("_function {{line.amount}} / 100", "sql.plain(sql.divide(line.amount, 100))"),
        (
            "_function case when '{org}' ='310' then '825' when '{org}' = '412' then '826' else '809' end",
            'case(sql.equal(org, "310"), "825", sql.equal(org, "412"), "826", "809")',
        ),
        ("_function if('{a}' = 'PDD', 1, 2)", 'case(sql.equal(sql.text(a), "PDD"), 1, 2)'),
        ("_function IF('{flag}' = '1', 'a', 'b')", 'case(sql.equal(sql.text(flag), "1"), "a", "b")'),
        ("_function case when '{p}' > 0 then 'a' else 'b' end", 'case(sql.greater(sql.text(p), 0), "a", "b")'),
        ("_function case when {q} < 0 then 0 else {q} end", "case(sql.less(sql.operand(q), 0), 0, sql.value(q))"),
        ("_function CONCAT('{a}', '-', '{b}')", 'f"{sql.text(a)}-{sql.text(b)}"'),
        (
            "_function IF({a} IS NULL OR NOT ({b} = 2 AND {c} IS NOT NULL), 1, 0)",
            "case(empty(a) or (sql.not_equal(sql.operand(b), 2) or empty(c)), 1, 0)",
        ),
        (f"{FIND} FBillNo={{{{no}}}}", 'find("orders", no).FID'),
        (
            f"_function IFNULL({FIND} FBillNo={{{{no}}}} _endFind, '0')",
            'coalesce(sql.value(find("orders", no).FID), "0")',
        ),
        (f"{FIND} FBillNo={{no}} FStatus='A' type=1", 'find("orders", no, "A", "1").FID'),
        (
            f'_mongoQuery {UUID} findField=content.FID where={{"content.FBillNo":{{"$eq":"{{no}}"}},"n":{{"$gt":1}}}}',
            'first(row.FID for row in rows("orders", no) if sql.greater(sql.operand(row.n), sql.operand(1), "exact"))',
        ),
        (
            f'_mongoQuery {UUID} findField=content.FID where={{"$or":[{{"a":"x"}},{{"b":{{"$in":["y","{{z}}"]}}}}]}}',
            (
                'first(row.FID for row in rows("orders") if '
                '(sql.same(row.a, "x") or (sql.same(row.b, "y") or sql.same(row.b, z))))'
            ),
        ),
    ],
)
def test_what_is_written_reads_plainly(value, expression):
    assert native(value) == expression


def test_what_the_schema_says_makes_expressions_shorter():
    kinds = {"price": "number", "name": "text"}

    assert (
        native("_function case when '{price}' > 0 then 1 else 2 end", kinds=kinds)
        == "case(sql.greater(price, 0), 1, 2)"
    )
    assert native("_function IF('{name}' = 'PDD', 1, 2)", kinds=kinds) == 'case(sql.equal(name, "PDD"), 1, 2)'
    assert native("{{name}}-{{price}}", kinds=kinds) == 'f"{name}-{sql.text(price)}"'


def test_a_case_at_the_top_says_its_tests_one_by_one():
    found = translate("_function case {a} when 1 then 'x' when 2 then {b} else 'z' end", Head())

    assert [(test, value.expression) for test, value in found.cases] == [
        ("sql.equal(sql.operand(a), 1)", '"x"'),
        ("sql.equal(sql.operand(a), 2)", "sql.value(b)"),
    ]
    assert found.otherwise.expression == '"z"'


def test_a_literal_is_a_constant_and_nothing_is_nothing():
    assert translate("QTRKD01_SYS", Head()).constant == "QTRKD01_SYS"
    assert translate("  ", Head()) == NOTHING


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("{{n}} === 2 ? 'two' : {{n}} === 3 ? 'three' : 'many'", "three"),
        ("({{n}} == 3 ? 1 : 2) + ({{n}} !== 3 ? 10 : 20)", 21),
        ("{{n}} > 1 && {{n}} < 5 ? 'in' : 'out'", "in"),
        ("switch({{n}}, 1, 'one', 3, 'three', 'many')", "three"),
        ("switch({{n}}, 1, 'one', 2, 'two')", None),
        ("if(isEmpty({{gone}}), 'none', 'some')", "none"),
        ("sum({{rows}}, 'n') / count({{rows}}, 'n')", 3),
        ("first({{rows}}).k", "a"),
        ("last({{rows}}, 'k')", "c"),
        ("join({{rows}}, 'k', '/')", "a/b/c"),
        ("join({{rows.k}}, '/')", "a/b/c"),
        ("formatDate({{at}}, 'yyyy年MM月dd日')", "2026年03月19日"),
        ("{{n}} BETWEEN 2 AND 4", 1),
        ("NOW() - INTERVAL 1 DAY", "2026-03-19 10:00:00"),
        ("GREATEST(2, {{n}}, 1.5)", 3),
        ("CONCAT_WS('-', 'a', NULL, 'b')", "a-b"),
        ("LPAD({{n}}, 4, '0')", "0003"),
        ("MOD({{n}}, 2)", 1),
        ("TRUNCATE(-1.999, 1)", D("-1.9")),
        ("SUBSTR('abcdef', 2, 3)", "bcd"),
        ("DATEDIFF({{at}}, '2026-03-01')", 18),
        ("YEAR({{at}}) * 100 + MONTH({{at}})", 202603),
        ("DATE({{at}})", "2026-03-19"),
        ('CONCAT("double ", "quotes")', "double quotes"),
        ("'C:\\\\x\\n'", "C:\\x\n"),
    ],
)
def test_other_spellings_and_further_functions(expression, outcome):
    record = {"n": 3, "rows": [{"n": 1, "k": "a"}, {"n": None, "k": "b"}, {"n": "5", "k": "c"}], "at": RECORD["at"]}

    assert comparable(value_of(f"_function {expression}", record)) == comparable(outcome)


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ("_function FOO({a})", "FUNCTION_ERROR", "no function FOO"),
        ("_function ROUN({a})", "FUNCTION_ERROR", "did you mean ROUND"),
        ("_function {a} +", "FUNCTION_ERROR", "is no expression: an operand or a part of it is missing"),
        ("_function case when {a} then 1", "FUNCTION_ERROR", "END"),
        ("_function {a} {b}", "FUNCTION_ERROR", ""),
        ("_function 'open", "FUNCTION_ERROR", "not closed"),
        ("_function order_no = 1", "FUNCTION_ERROR", "has the word order_no"),
        ("_function select 1 from users", "FUNCTION_ERROR", "has the word select"),
        ("_function 1; 2", "FUNCTION_ERROR", "no expression has"),
        ("_function 1 -- comment", "FUNCTION_ERROR", ""),
        ("_function 1 /* comment */", "FUNCTION_ERROR", ""),
        ("_function `a`", "FUNCTION_ERROR", "no expression has"),
        ("_function @@version", "FUNCTION_ERROR", "no expression has"),
        ("_function 0x10", "FUNCTION_ERROR", ""),
        ("_function (1, 2)", "FUNCTION_ERROR", ""),
        ("_function SUM({a} * 2)", "FUNCTION_ERROR", "path into a list"),
        ("_function LEFT('a')", "FUNCTION_ERROR", "with 1 values"),
        ("_function COUNT(*)", "FUNCTION_ERROR", ""),
        ("_function DATE_FORMAT({a}, '%W')", "FUNCTION_ERROR", "%W"),
        ("_function DATE_ADD({a}, 1)", "FUNCTION_ERROR", "INTERVAL"),
        ("_function DATE_ADD({a}, INTERVAL 1 FORTNIGHT)", "FUNCTION_ERROR", ""),
        ("_function 1 = {a} ? 2", "FUNCTION_ERROR", "without its :"),
        ("_function md5('{a}')", "REFUSED_CODE", "md5"),
        ("_function Math.round({a})", "REFUSED_CODE", "Math."),
        ("_function Date.now()", "REFUSED_CODE", "Date."),
        ("_function sleep(10)", "REFUSED_CODE", "sleep"),
        ("{{a|upper}}", "UNKNOWN_FILTER", "upper"),
        ("_findCollection find FID from x", "BAD_LOOKUP", ""),
        (f"{FIND} FBillNo>{{no}}", "BAD_LOOKUP", "condition"),
        (f"{FIND} a={{b}} or c=d", "BAD_LOOKUP", "condition"),
        (f"_mongoQuery {UUID} findField=a where={{b:1}}", "BAD_LOOKUP", "no JSON"),
        (f'_mongoQuery {UUID} findField=a where={{"$where":"1"}}', "BAD_LOOKUP", "$where"),
        (f'_mongoQuery {UUID} findField=a where={{"b":{{"$elemMatch":{{}}}}}}', "BAD_LOOKUP", "$elemMatch"),
        ("_function " + "(" * 40 + "1" + ")" * 40, "FUNCTION_ERROR", "nested"),
        ("_function " + "NOT " * 1500 + "1", "FUNCTION_ERROR", ""),
        ("_function " + "1+" * 5000 + "1", "FUNCTION_ERROR", "parts"),
        ("_function " + "1?1:" * 480, "FUNCTION_ERROR", ""),
        (f"{FIND} a={'{b}' * 40}'", "BAD_LOOKUP", "condition"),
        ("x" * 30_000, "FUNCTION_ERROR", "longer"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_its_code(value, code, said):
    with pytest.raises(SchemeError) as refusal:
        translate(value, Head())

    assert refusal.value.code == code
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "warning"),
    [
        (" _function 1", "LEADING_SPACE"),
        ("function 1", "SUSPICIOUS_LITERAL"),
        ("{{ship_time datetime}}", "UNKNOWN_PLACEHOLDER"),
        (f"_function IFNULL({FIND} a={{b}}, 1)", "MISSING_ENDFIND"),
    ],
)
def test_what_is_odd_is_said(value, warning):
    place = Head()

    translate(value, place)

    assert place.warnings == [warning]


def test_keywords_without_their_underscore_are_read_on_demand():
    assert value_of("function 1 + 1", {}, lenient_keywords=True) == 2


PIECES = [
    "{a}",
    "{{b|date}}",
    "'",
    '"',
    "(",
    ")",
    ",",
    "case",
    " when ",
    " then ",
    " end",
    "IFNULL(",
    "+",
    "-",
    "*/",
    "=",
    "?",
    ":",
]
PIECES += [
    "_findCollection find x from y where z={a}",
    "_endFind",
    "_mongoQuery ",
    "{",
    "}",
    "|",
    "\\",
    "1",
    ".",
    "in",
    "like",
    "interval",
    "中",
    "x",
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["", "_function ", "_findCollection ", "_mongoQuery "]),
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map("".join)),
)
def test_any_text_is_translated_or_refused(keyword, text):
    try:
        found = translate(keyword + text, Head())
    except SchemeError:
        return  # and nothing else is raised

    assert found.expression is None or ast.parse(found.expression, mode="eval")


def test_data_never_changes_an_expression():
    for nasty in ("' or '1'='1", "1); drop table x; --", "{{b}}", "_endFind", '"""', "\\'", "__import__('os')"):
        assert value_of("_function CONCAT('<{a}>', {b})", {"a": nasty, "b": "x"}) == f"<{nasty}>x"
        assert value_of("_function IF('{a}' = 'no', 1, 2)", {"a": nasty}) == 2


@pytest.mark.parametrize(
    ("policy", "expression", "outcome"),
    [
        ("null", "{{a}} / 0", None),
        ("null", "{{a}} / 2", D("2.5")),
        ("raw_text", "{{a}} / 0", "5 / 0"),
        ("raw_text", "UNHEARD_OF({{a}})", "UNHEARD_OF(5)"),
        ("null", "UNHEARD_OF({{a}})", None),
    ],
)
def test_a_failing_expression_gives_what_the_option_says(policy, expression, outcome):
    assert value_of(f"_function {expression}", {"a": 5}, on_function_error=policy) == outcome


def test_without_an_option_a_failing_expression_fails_its_record():
    with pytest.raises(RecordError):
        value_of("_function {{a}} / 0", {"a": 5})


@pytest.mark.parametrize(
    ("expression", "loose", "exact"),
    [
        ("'{a}' = 'abc'", 1, 0),
        ("{a} <> 'ABC '", 0, 1),
        ("{a} IN ('abc', 'x')", 1, 0),
        ("{a} LIKE 'ab_'", 1, 0),
        ("IF({a} = 'abc', 'yes', 'no')", "yes", "no"),
        ("case {a} when 'abc' then 'yes' else 'no' end", "yes", "no"),
        ("{a} < 'B'", 1, 1),
    ],
)
def test_texts_are_compared_loosely_or_exactly(expression, loose, exact):
    assert value_of(f"_function {expression}", {"a": "ABC"}) == loose
    assert value_of(f"_function {expression}", {"a": "ABC"}, string_compare="exact") == exact


def test_bare_times_count_seconds_or_milliseconds():
    assert value_of("{{CURRENT_TIME}}", {}) == 1773972000
    assert value_of("{{CURRENT_TIME}}", {}, time_unit="ms") == 1773972000000


def test_an_alias_or_variable_stands_in_for_a_field_that_is_not_there():
    assert value_of("{{company}}", {}, variables={"company": "甲"}) == "甲"
    assert value_of("{{company}}", {"company": "乙"}, variables={"company": "甲"}) == "乙"
    assert value_of("{{currentTime|date}}", {"currentTime": "2020-01-01"}) == "2020-01-01"


def test_a_cast_needs_no_second_look_at_zeros():
    assert cast("sql.plain(sql.divide(a, 100))", "float") == "sql.float(sql.divide(a, 100))"
    assert cast("sql.plain(a) or (b)", "int") == "sql.int(sql.plain(a) or (b))"
    assert cast("a", "string") == "a"


@pytest.mark.parametrize(
    ("form", "value", "outcome"),
    [
        ("date", "2026-03-19 16:20:05", "2026-03-19"),
        ("time", "2026-03-19 16:20:05", "16:20:05"),
        ("dateTime", "2026/03/19 16:20:05", "2026-03-19 16:20"),
        ("shortDate", 1773908405, "03-19"),
        ("shortTime", "1773908405123", "16:20"),
        ("shortDateTime", "20260319162005", "03-19 16:20"),
        ("date", "soon", "soon"),
        ("dateDescription", "2026-03-20 09:59:30", "刚刚"),
        ("dateDescription", "2026-03-20 08:00:00", "一小时前"),
        ("dateDescription", "2026-03-01", "一周前"),
        ("dateDescription", "2020-03-01", "一年前"),
        ("longText(5)", "1234567", "12345..."),
        ("longText(7)", "1234567", "1234567"),
        ("longText", "一二三四五六七八九十一二三四五六", "一二三四五六七八九十一二三四五..."),
        ("intval", "10.8 kg", 10),
        ("intval", "kg", 0),
        ("round(2)", "19.9956", 20),
        ("round", "-0.125", D("-0.13")),
        ("amount", "1234.5", "￥1,234.50"),
        ("implode('|')", ["a", "b", 1], "a|b|1"),
        ("implode", ["a", "b"], "a,b"),
    ],
)
def test_the_formats_of_a_source(form, value, outcome):
    assert run(format_response(form, "x", Options()).expression, {"x": value}) == outcome


def test_a_format_may_show_seconds_and_must_be_known():
    with_seconds = format_response("dateTime", "x", Options(datetime_seconds=True)).expression

    assert run(with_seconds, {"x": 1773908405}) == "2026-03-19 16:20:05"
    with pytest.raises(SchemeError, match="there is no format weekday"):
        format_response("weekday", "x", Options())


@pytest.mark.parametrize(
    ("kind", "value", "outcome"),
    [
        ("int", "10.8", 10),
        ("int", "-3 kg", -3),
        ("int", "", None),
        ("int", D("7.9"), 7),
        ("float", "3.0", 3),
        ("number", "12.50", D("12.5")),
        ("float", None, None),
        ("bool", "YES", True),
        ("boolean", "", False),
        ("bool", 0, False),
        ("bool", None, None),
        ("int", "kg", RecordError),
        ("float", "3 kg", RecordError),
        ("bool", "perhaps", RecordError),
    ],
)
def test_casts(kind, value, outcome):
    if outcome is RecordError:
        with pytest.raises(RecordError):
            run(cast("x", kind), {"x": value})
    else:
        assert comparable(run(cast("x", kind), {"x": value})) == comparable(outcome)
