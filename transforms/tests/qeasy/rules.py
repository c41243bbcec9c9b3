"""Single rules of the vendor contract with values worked out by hand.

`RULES` are (name, entry, outcome) tuples, all for `RECORD`. An outcome is the field's value,
`ABSENT`, or a reject's code.
"""

from __future__ import annotations

from decimal import Decimal

ABSENT = "the field is left out"
FAILS, MISSING, WRONG, UNKNOWN = "FUNCTION_ERROR", "REQUIRED_MISSING", "TYPE_ERROR", "MAP_MISS"
REJECTS = {FAILS, MISSING, WRONG, UNKNOWN}

RECORD = {
    "text": "Abc",
    "count": "12.50",
    "whole": 13,
    "third": 3,
    "nothing": None,
    "blank": "",
    "yes": True,
    "no": False,
    "cjk": "中文",
    "at": "2026-03-19 16:20:05",
    "rows": [{"n": 1, "m": "2.5", "k": "a"}, {"n": None, "m": "", "k": "b"}, {"n": 5, "m": "4", "k": "c"}],
    "empty": [],
    "one": {"n": 7},
    "deep": {"er": {"x": "y"}},
    "tags": ["a", "b", "a"],
}
CONTEXT = {
    "now": "2026-03-20 10:00:00",
    "last_sync_time": "2026-03-18 09:30:00",
    "timezone": "Asia/Shanghai",
    "vars": {"company": "甲"},
    "collections": {
        "11111111-aaaa-4bbb-8ccc-000000000001": [
            {"code": "Abc", "n": 1, "flag": True, "primaryWriteback": {"code": "PW-1"}},
            {"code": "Abc", "n": 2, "flag": False},
            {"code": "other", "n": 13, "flag": None},
        ]
    },
    "mappings": {
        "table": {
            "rows": [{"a_value": "13", "b_value": "M"}, {"a_value": "Abc", "b_value": 5}],
            "unmatched": "exception",
        }
    },
}
_WHERE = "from 11111111-aaaa-4bbb-8ccc-000000000001 where"
_MONGO = "_mongoQuery 11111111-aaaa-4bbb-8ccc-000000000001 findField=content.n where="


def value(template, outcome, **entry):
    return (template, {"value": template} | entry, outcome)


def function(expression, outcome):
    return value(f"_function {expression}", outcome)


def rows(outcome, *children, **entry):
    made = [{"field": field, "value": template} for field, template in children]
    return (str(children), {"type": "array", "children": made} | entry, outcome)


PLACEHOLDERS = [
    value("{count}", "12.50"),
    value("{{ count }}", "12.50"),
    value(" {{whole}} ", 13),
    value("{{yes}}", True),
    value("{{tags}}", ["a", "b", "a"]),
    value("{{tags}}!", "a,b,a!"),
    value("{{yes}}/{{no}}/{{nothing}}/{gone}", "true/false//"),
    value("{{nothing}}", ABSENT),
    value("{{gone}}", ABSENT),
    value("{{blank}}", ""),
    value("{{deep.er.x}}", "y"),
    value("{{deep.er.gone}}", ABSENT),
    value("{{source.text}}", "Abc"),
    value("{{rows.1.k}}", "b"),
    value("{{tags.2}}", "a"),
    value("{a b}", "{a b}"),
    value('{"a":"{text}"}', '{"a":"Abc"}'),
    value("{{company}}", "甲"),
    value("{{at|date}}", "2026-03-19"),
    value("{at|timestamp}", 1773908405),
    value("{{at|timestamp_ms}}", 1773908405000),
    value("{{text|date}}", "Abc"),
    value("{{blank|date}}", ""),
    value("{{nothing|date}}", ABSENT),
    value("{{LAST_SYNC_TIME}}", 1773797400),
    value("{{CURRENT_TIME|datetime}}", "2026-03-20 10:00:00"),
    value("{{DAYS_AGO_3|datetime}}", "2026-03-17 10:00:00"),
    value("_function {{CURRENT_TIME}} - 600", 1773971400),
]
EXPRESSIONS = [
    function("{{count}} + 1", Decimal("13.5")),
    function("{{count}} * 2", 25),
    function("{{whole}} / {{third}}", Decimal("4.3333")),
    function("{{count}} / {{third}}", Decimal("4.166667")),
    function("-{{whole}} / {{third}}", Decimal("-4.3333")),
    function("2 / 3", Decimal("0.6667")),
    function("{{whole}} % 5", 3),
    function("-13 % 5", -3),
    function("1 / 0", FAILS),
    function("{{whole}} / {{gone}}", ABSENT),
    function("{{whole}} / {{blank}}", ABSENT),
    function("{{gone}} + 1", ABSENT),
    function("'{{gone}}'", ""),
    function("ROUND(2.5)", 3),
    function("ROUND(-2.5)", -3),
    function("ROUND(1.005, 2)", Decimal("1.01")),
    function("CEIL(-1.2)", -1),
    function("FLOOR(-1.2)", -2),
    function("'abc' = 'ABC  '", 1),
    function("'12abc' = 12", 1),
    function("'x' = 0", 1),
    function("NULL = NULL", ABSENT),
    function("{{gone}} IS NULL", 1),
    function("{{text}} IS NOT NULL", 1),
    function("NULL AND 0", 0),
    function("NULL OR 1", 1),
    function("NOT NULL", ABSENT),
    function("NOT 1 = 2", 1),
    function("'abc' LIKE 'A_%'", 1),
    function("'50%' like '50\\%'", 1),
    function("'500' like '50\\%'", 0),
    function("{{text}} IN ('x', 'abc')", 1),
    function("{{text}} NOT IN ('x', NULL)", ABSENT),
    function("case when {{yes}} then 'a' else 'b' end", "a"),
    function("case {{yes}} when '1' then 'a' else 'b' end", "a"),
    function("case {{yes}} when true then 'a' else 'b' end", "a"),
    function("case '{{yes}}' when true then 'a' else 'b' end", "a"),
    function("case {{no}} when true then 'a' else 'b' end", "b"),
    function("case {{gone}} when true then 'a' else 'b' end", "b"),
    function("case 1 when 2 then 'a' end", ABSENT),
    function("IFNULL({{gone}}, 'z')", "z"),
    function("COALESCE({{gone}}, {{blank}}, 5)", 5),
    function("NULLIF({{text}}, 'ABC')", ABSENT),
    function("IF({{whole}} > 3, 'big', 'small')", "big"),
    function("CONCAT('a', NULL)", ABSENT),
    function("CONCAT('a', {{whole}}, '{{cjk}}')", "a13中文"),
    function("LENGTH('{{cjk}}')", 6),
    function("CHAR_LENGTH('{{cjk}}')", 2),
    function("SUBSTRING('{{text}}', 2)", "bc"),
    function("SUBSTRING('{{text}}', -2, 1)", "b"),
    function("SUBSTRING('{{text}}', 0)", ""),
    function("SUBSTRING_INDEX('a-b-c', '-', 2)", "a-b"),
    function("SUBSTRING_INDEX('a-b-c', '-', -1)", "c"),
    function("LEFT('{{cjk}}', 1)", "中"),
    function("RIGHT('abc', 2)", "bc"),
    function("LOCATE('B', '{{text}}')", 2),
    function("LOCATE('z', '{{text}}')", 0),
    function("REPLACE('{{text}}', 'b', '')", "Ac"),
    function("UPPER('{{text}}')", "ABC"),
    function("TRIM('  a ')", "a"),
    function("'it''s'", "it's"),
    function("'a\\'b'", "a'b"),
    function("SUM({{rows.n}})", 6),
    function("SUM({{rows.m}})", Decimal("6.5")),
    function("AVG({{rows.m}})", Decimal("3.25")),
    function("AVG({{rows.n}})", 3),
    function("MAX({{rows.m}})", 4),
    function("MIN({{rows.n}})", 1),
    function("COUNT({{rows.n}})", 2),
    function("SUM({{empty.n}})", 0),
    function("COUNT({{gone.n}})", 0),
    function("MAX({{empty.n}})", ABSENT),
    function("NOW()", "2026-03-20 10:00:00"),
    function("CURDATE()", "2026-03-20"),
    function("UNIX_TIMESTAMP('{{at}}')", 1773908405),
    function("FROM_UNIXTIME(1710403200)", "2024-03-14 16:00:00"),
    function("FROM_UNIXTIME(1710403200, '%Y/%m')", "2024/03"),
    function("DATE_FORMAT('{{at}}', '%Y%m%d%H%i%s')", "20260319162005"),
    function("DATE_SUB('2026-03-31 00:00:00', INTERVAL 1 MONTH)", "2026-02-28 00:00:00"),
    function("DATE_ADD('{{at}}', INTERVAL 8 HOUR)", "2026-03-20 00:20:05"),
    function("DAY('{{at}}')", 19),
    function("LAST_DAY('2024-02-10')", "2024-02-29"),
    function("FORMAT_DATE(1773908405123, 'yyyy-MM-dd HH:mm:ss')", "2026-03-19 16:20:05"),
    value("_functionIFNULL({{gone}}, 1)", 1),
]
LOOKUPS = [
    value(f"_findCollection find n {_WHERE} code={{{{text}}}}", 1),
    value(f"_findCollection find n {_WHERE} code={{{{text}}}} n=2", 2),
    value(f"_findCollection find code {_WHERE} n={{whole}}", "other"),
    value(f"_findCollection find n {_WHERE} code='other'", 13),
    value(f"_findCollection find n {_WHERE} primaryWriteback.code=PW-1", 1),
    value(f"_findCollection find n {_WHERE} code={{{{gone}}}}", ABSENT),
    value(f"_findCollection find n {_WHERE} code={{{{gone}}}}", MISSING, is_required=True),
    function(f"case _findCollection find flag {_WHERE} n=1 _endFind when true then 'a' else 'b' end", "a"),
    function(f"case _findCollection find flag {_WHERE} n=2 _endFind when true then 'a' else 'b' end", "b"),
    function(f"case _findCollection find flag {_WHERE} n=9 _endFind when true then 'a' else 'b' end", "b"),
    function(f"IFNULL(_findCollection find n {_WHERE} code=zzz, 'none')", "none"),
    value(_MONGO + '{"content.code":{"$eq":"{text}"},"content.n":{"$gt":1}}', 2),
    value(_MONGO + '{"$or":[{"content.code":"zzz"},{"content.n":"{{whole}}"}]}', 13),
    value(_MONGO + '{"content.code":{"$nin":["Abc"]}}', 13),
    value(_MONGO + '{"content.primaryWriteback":{"$exists":false}}', 2),
]
CASTS_AND_PARSERS = [
    value("10.8", 10, type="int"),
    value("-10.8", -10, type="int"),
    value("{{blank}}", ABSENT, type="int"),
    value("3.0", 3, type="float"),
    value("{{count}}", Decimal("12.5"), type="number"),
    value("YES", True, type="bool"),
    value("{{blank}}", False, type="boolean"),
    value("{{whole}}", WRONG, type="bool"),
    value("{{whole}}", "M", mapping={"target": "table", "direction": "positive"}),
    value("5", "Abc", mapping={"target": "table", "direction": "negative"}),
    value("{{cjk}}", UNKNOWN, mapping={"target": "table", "direction": "positive"}),
    value("{{gone}}", ABSENT, mapping={"target": "table", "direction": "positive"}),
    value("{{text}}", {"FNumber": "Abc"}, parser={"name": "ConvertObjectParser", "params": "FNumber"}),
    value("{{blank}}", ABSENT, parser={"name": "ConvertObjectParser", "params": "FNumber"}),
    value("{{blank}}", MISSING, parser={"name": "ConvertObjectParser", "params": "FNumber"}, is_required=True),
    value("{{deep}}", {"er": {"x": "y"}}, parser={"name": "ConvertObjectParser", "params": "FNumber"}),
    value("{{no}}", {"FNumber": False}, parser={"name": "ConvertObjectParser", "params": "FNumber"}),
    value(
        "{{text}}", {"a": {"b": "Abc"}}, parser={"name": "ConvertTwoStageObjectParser", "params1": "a", "params2": "b"}
    ),
    value("a, b", ["a", " b"], parser={"name": "StringToArray", "params": ","}),
    value("{{gone}}", [], parser={"name": "StringToArray", "params": ","}),
    value("{{tags}}", "a|b|a", parser={"name": "ArrayToString", "params": "|"}),
    value("{{whole}}", "13", parser={"name": "ArrayToString", "params": "|"}),
    value('{"1":"x","k":2}', [{"Key": 1, "Value": "x"}, {"Key": "k", "Value": 2}], parser={"name": "ConvertJson"}),
    value(0, 0),
    value(False, False),
]
LISTS = [
    rows(
        [{"a": "a", "b": "Abc"}, {"a": "b", "b": "Abc"}, {"a": "c", "b": "Abc"}],
        ("a", "{{rows.k}}"),
        ("b", "{text}"),
        value="rows",
    ),
    rows([{"a": 1, "b": 0}, {"b": 0}, {"a": 5, "b": 0}], ("a", "{{rows.n}}"), ("b", 0), value="{{rows}}"),
    rows([{"a": 7}], ("a", "{{one.n}}"), value="source.one"),
    rows([{"a": "Abc", "b": "y"}], ("a", "{{text}}"), ("b", "{{deep.er.x}}")),
    rows(
        [{"a": "a", "b": "Abc"}, {"a": "b", "b": "Abc"}, {"a": "c", "b": "Abc"}], ("a", "{{rows.k}}"), ("b", "{text}")
    ),
    rows(ABSENT, ("a", "{{gone.n}}"), value="gone"),
    rows(ABSENT, ("a", "x"), value="empty"),
    rows(MISSING, ("a", "x"), value="empty", is_required=True),
    rows([{"a": 6}, {"a": 6}, {"a": 6}], ("a", "_function SUM({{rows.n}})"), value="rows"),
    ("an object", {"type": "object", "children": [{"field": "a", "value": "{{text}}"}]}, {"a": "Abc"}),
    ("an empty object", {"type": "object", "children": [{"field": "a", "value": "{{gone}}"}]}, ABSENT),
]
RULES = [*PLACEHOLDERS, *EXPRESSIONS, *LOOKUPS, *CASTS_AND_PARSERS, *LISTS]


def scheme_of(entry):
    """Return a scheme whose only field is this entry."""
    return {"target": {"api": "save", "effect": "EXECUTE", "request": [{"field": "F"} | entry]}}
