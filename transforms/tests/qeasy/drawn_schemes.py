"""Schemes with entries of every kind, drawn for the columns of `drawn_records`."""

from __future__ import annotations

from hypothesis import strategies as st

from transforms.tests.qeasy.drawn_expressions import Grammar

CUSTOMERS, STOCK = "11111111-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002"
CONTEXT = {
    "now": "2026-03-20 10:00:00",
    "last_sync_time": "2026-03-18 09:30:00",
    "timezone": "Asia/Shanghai",
    "vars": {"company": "甲", "rate": 3},
    "collections": {
        CUSTOMERS: [
            {"code": "K1", "id": 4001, "title": "First", "shop": "S1", "kept": True},
            {"code": "K1", "id": 4002, "title": "Again", "shop": "S2", "kept": False},
            {"code": "K2", "id": 4003, "title": None, "shop": 7, "kept": True},
        ],
        STOCK: [
            {"sku": "A", "no": "N-1", "entry": 501, "lot": "abc"},
            {"sku": "A", "no": "N-2", "entry": 502, "lot": "ABC"},
            {"sku": "B", "no": "N-1", "entry": 503, "lot": "it's"},
        ],
    },
    "mappings": {
        "strict": {
            "rows": [{"a_value": "S1", "b_value": "101"}, {"a_value": "7", "b_value": 107}],
            "unmatched": "exception",
        },
        "tolerant": {
            "rows": [{"a_value": "S1", "b_value": "101"}, {"a_value": "x", "b_value": "S2"}],
            "unmatched": "keep",
        },
        "default": {"rows": [{"a_value": "S2", "b_value": "102"}], "unmatched": "default", "default": 999},
    },
}
REFERENCE = {"name": "ConvertObjectParser", "params": "FNumber"}

_find_customer = f"_findCollection find id from {CUSTOMERS} where code={{{{customer.code}}}}"
_header = Grammar(
    numbers=["qty", "price", "rate"],
    texts=["name", "备注", "customer.名称"],
    words=["word", "odd-name!", "class"],
    flags=["flag"],
    times=["at"],
    columns=["items.num", "items.cost"],
    finds=[f"{_find_customer} _endFind"],
)
_line = Grammar(
    numbers=["items.num", "items.cost", "qty"],
    texts=["items.note", "name"],
    words=["items.sku", "word"],
    columns=["items.num"],
    finds=[f"_findCollection find entry from {STOCK} where sku={{{{items.sku}}}} no={{{{no}}}} _endFind"],
)
_part = Grammar(
    numbers=["items.parts.count", "items.num", "qty"], texts=["name"], words=["items.parts.lot", "items.sku"]
)


def braces(path):
    return st.sampled_from([f"{{{{{path}}}}}", f"{{{path}}}", f"{{{{ {path} }}}}"])


def entry(value, **others):
    return st.fixed_dictionaries({"value": value} | {key: st.just(each) for key, each in others.items()})


def any_of(paths, **others):
    return st.sampled_from(paths).flatmap(lambda path: entry(braces(path), **others))


def templates(paths):
    """Draw texts of literal pieces and placeholders."""
    pieces = st.one_of(st.sampled_from(["-", "单", " x ", "{ ", " }", "%"]), st.sampled_from(paths).flatmap(braces))
    return st.lists(pieces, min_size=1, max_size=4).map("".join)


literals = st.sampled_from(["XSCKD01_SYS", "单据", "0", "007", "{not one}", "a b", 5, 0, True, False])


def plain_entries(texts, numbers, grammar):
    """Draw entries that any row may have."""
    return st.one_of(
        entry(literals, type="string"),
        any_of([*texts, *numbers], type="string"),
        any_of([*texts, *numbers], is_required=True),
        entry(templates(texts), type="string"),
        any_of(texts, parser=REFERENCE),
        st.sampled_from(["int", "float", "number"]).flatmap(lambda kind: any_of(numbers, type=kind)),
        entry(grammar.expressions().map("_function {}".format)),
        entry(grammar.expressions().map("_function {}".format)),
        entry(grammar.conditions(1).map("_function {}".format)),
        entry(grammar.texts(1).map("_function {}".format), parser=REFERENCE),
        entry(st.just(f"_function {{{{{numbers[0]}}}}} / {{{{{numbers[1]}}}}}")),
        entry(grammar.numbers(1).map("_function {}".format), type="int"),
    )


def _mongo(where):
    return f"_mongoQuery {CUSTOMERS} findField=content.id where={where}"


_lookups = st.sampled_from(
    [
        _find_customer,
        f"_findCollection find title from {CUSTOMERS} where code={{{{customer.code}}}} shop={{shop}}",
        f"_findCollection find id from {CUSTOMERS} where shop=7",
        f"_findCollection find id from {CUSTOMERS} where shop='S2'",
        f"_findCollection find kept from {CUSTOMERS} where code={{{{customer.code}}}}",
        _mongo('{"content.code":{"$eq":"{customer.code}"}}'),
        _mongo('{"content.code":"{{customer.code}}","content.shop":{"$in":["{{shop}}","S2"]}}'),
        _mongo('{"$or":[{"content.shop":"{shop}"},{"content.id":{"$gt":4002}}]}'),
        _mongo('{"$and":[{"content.id":{"$lte":4002}},{"content.code":{"$ne":"K2"}}]}'),
        _mongo('{"content.title":{"$exists":true},"content.id":{"$gte":4002,"$lt":4003}}'),
        f"_function case {_find_customer.replace('find id', 'find kept')} _endFind when true then 'yes' else 'no' end",
    ]
)
header_entries = st.one_of(
    plain_entries(
        ["name", "备注", "customer.code", "no", "word", "odd-name!", "class", "company"], ["qty", "price"], _header
    ),
    st.sampled_from(["strict", "tolerant", "default"]).flatmap(
        lambda table: entry(braces("shop"), mapping={"target": table, "direction": "positive"}, parser=REFERENCE)
    ),
    st.sampled_from(["strict", "tolerant", "default"]).flatmap(
        lambda table: entry(st.sampled_from(["{shop}", "S1", "S2", "7"]), mapping={"target": table})
    ),
    entry(braces("shop"), mapping={"target": "tolerant", "direction": "negative"}),
    entry(st.sampled_from(["{{at|date}}", "{at|datetime}", "{{ at|dateTime }}", "on {{at|date}}", "{{at|timestamp}}"])),
    entry(st.sampled_from(["{{LAST_SYNC_TIME|date}}", "{CURRENT_TIME}", "{{DAYS_AGO_3|datetime}}", "{{rate}}"])),
    entry(braces("truth"), type="bool"),
    entry(braces("flag")),
    entry(braces("customer")),
    entry(st.sampled_from(["{{items.sku}}", "{items.note}", "1: {{items.num}}", "{{items.parts.lot}}", "{{shop.x}}"])),
    entry(st.sampled_from(["{{tags}}", "T:{{tags}}", "{{tags.0}}"])),
    entry(braces("tags"), parser={"name": "ArrayToString", "params": "|"}),
    entry(braces("tags"), parser=REFERENCE),
    entry(braces("listed"), parser={"name": "StringToArray", "params": ","}),
    entry(braces("json"), parser={"name": "ConvertJson"}),
    any_of(["name", "word"], parser={"name": "ConvertTwoStageObjectParser", "params1": "FA", "params2": "FB"}),
    entry(_lookups),
    st.just({"parser": REFERENCE}),
    st.builds(
        lambda inner: {"type": "object", "children": _named(inner)}, st.lists(any_of(["name", "qty"]), max_size=3)
    ),
)
_line_texts = ["items.sku", "items.note", "name", "no"]
line_entries = st.one_of(
    plain_entries(_line_texts, ["items.num", "items.cost", "qty"], _line),
    entry(st.just(f"_findCollection find entry from {STOCK} where sku={{{{items.sku}}}} no={{{{no}}}}")),
)


def _named(entries, prefix="F"):
    return [{"field": f"{prefix}{at}"} | each for at, each in enumerate(entries, start=1)]


def _rows_of(entries, fixed):
    """Give an `array` children that are never all empty."""
    return [{"field": "FFixed", "value": fixed}, *_named(entries, "FRow")]


def _array(entries, driving=None, inner=()):
    given = {} if driving is None else {"value": driving}
    return {"field": "FEntity", "type": "array", "children": [*_rows_of(entries, "line"), *inner]} | given


_inner = st.one_of(
    st.just([]),
    st.lists(
        plain_entries(["items.parts.lot", "items.sku", "no"], ["items.parts.count", "items.num"], _part), max_size=2
    ).map(
        lambda drawn: [{"field": "FSub", "type": "array", "value": "items.parts", "children": _rows_of(drawn, "part")}]
    ),
    st.sampled_from([{}, {"value": "items"}]).map(
        lambda given: [
            {"field": "FLink", "type": "array", "children": [{"field": "FSku", "value": "{{items.sku}}"}]} | given
        ]
    ),
)
arrays = st.one_of(
    st.just([]),
    st.builds(
        _array,
        st.lists(line_entries, min_size=1, max_size=4),
        st.sampled_from(["items", "{{items}}", "source.items"]),
        _inner,
    ).map(lambda made: [made]),
    st.builds(_array, st.lists(any_of(["name", "qty", "word"]), max_size=3)).map(lambda made: [made]),
)
OPERATIONS = ({}, {"operation": {"method": "batchArraySave", "rowsKey": "array", "rows": 2}})


def _flat(entries):
    """Write children beside their parents, which they name: the other layout of the same."""
    for each in entries:
        yield {key: value for key, value in each.items() if key != "children"}
        for child in each.get("children", []):
            yield child | {"parent": each["field"]}


def _aliased(entries):
    names = {"field": "target", "value": "expression"}
    return [{names.get(key, key): value for key, value in each.items()} for each in entries]


@st.composite
def targets(draw):
    """Draw the target side of a scheme for `drawn_records.records`, in either layout."""
    entries = _named(draw(st.lists(header_entries, min_size=2, max_size=6)))
    layout = draw(st.sampled_from([list, _aliased]))
    rows = draw(st.sampled_from([list, lambda made: list(_flat(made))]))(draw(arrays))
    request = [{"field": "FBillNo", "value": "{{no}}"}, *layout(entries), *rows]
    return {"api": "batchSave", "effect": "EXECUTE", "request": request} | draw(st.sampled_from(OPERATIONS))


ENVELOPES = (
    lambda target: {"target": target},
    lambda target: target,
    lambda target: {"metadata": target},
    lambda target: {"id": "x", "name": "方案", "source": {"effect": "QUERY", "request": []}, "target": target},
)


@st.composite
def expressions(draw):
    """Draw a target that is mostly `_function`, in the header and in the lines."""
    heads = draw(st.lists(_header.expressions(), min_size=3, max_size=6))
    lines = draw(st.lists(_line.expressions(), min_size=1, max_size=3))
    request = [{"field": "FBillNo", "value": "{{no}}"}, *_functions(heads), _array(_functions(lines), "items")]
    return {"api": "batchSave", "effect": "EXECUTE", "request": request}


def _functions(drawn):
    return [{"field": f"F{at}", "value": f"_function {each}"} for at, each in enumerate(drawn, start=1)]


def _condition(field, logic, value):
    return {"field": field, "logic": logic, "value": value}


_conditions = st.one_of(
    st.builds(
        _condition,
        st.just("qty"),
        st.sampled_from(["eq", "neq", "gt", "lt", "egt", "elt", "gte"]),
        st.sampled_from(["0", "5", 5]),
    ),
    st.builds(_condition, st.just("qty"), st.just("between"), st.sampled_from(["-5,5", "0,100"])),
    st.builds(
        _condition, st.just("shop"), st.sampled_from(["in", "notin", "nin"]), st.sampled_from(["S1,7", ["S1", "S9"]])
    ),
    st.builds(
        _condition,
        st.just("word"),
        st.sampled_from(["like", "notlike", "eq", "ne"]),
        st.sampled_from(["abc", "中", "b"]),
    ),
    st.builds(
        _condition,
        st.sampled_from(["word", "qty", "customer.code", "customer.code.deep"]),
        st.sampled_from(["isnull", "notnull"]),
        st.just(""),
    ),
    st.builds(_condition, st.just("customer.code"), st.sampled_from(["eq", "neq"]), st.just("K1")),
)
_row_conditions = st.builds(
    lambda field, logic, value, strict: [_condition(field, logic, value) | strict],
    st.sampled_from(["items.num", "items.num", "items.parts.count", "items.half"]),
    st.sampled_from(["gt", "elt", "neq", "isnull", "notnull"]),
    st.sampled_from(["0", "5"]),
    st.sampled_from([{}, {"strictMode": True}, {"strictMode": False}]),
)
_FORMATS = (
    {"old": "at", "new": "at_day", "format": "date"},
    {"old": "at", "new": "at_minute", "format": "dateTime"},
    {"old": "tags", "new": "tags_text", "format": "implode('|')"},
    {"old": "word", "new": "short", "format": "longText(3)"},
    {"old": "items.note", "new": "brief", "format": "longText(3)"},
    {"old": "items.num", "new": "half", "format": "round(1)"},
    {"old": "items.parts.count", "new": "whole", "format": "intval"},
    {"old": "customer.code", "new": "letter", "format": "longText(1)"},
)


@st.composite
def sources(draw):
    """Draw the source side, whose filter may name rows of `items`, and of what is no list."""
    groups = st.lists(st.lists(_conditions, min_size=1, max_size=2), min_size=1, max_size=2)
    condition = [[*group, *draw(st.one_of(st.just([]), _row_conditions))] for group in draw(groups)]
    formats = draw(st.lists(st.sampled_from(_FORMATS), unique_by=lambda each: each["new"], max_size=3))
    return {"api": "demo.query", "effect": "QUERY", "id": "no", "number": "no", "request": []} | draw(
        st.sampled_from(
            [{"condition": condition}, {"formatResponse": formats}, {"condition": condition, "formatResponse": formats}]
        )
    )


_MERGED_AGAIN = {"method": "merge", "field": "shop", "header": ["shop"], "bodyName": "bills", "body": ["no", "lines"]}
_BILLS = {
    "field": "FBills",
    "type": "array",
    "value": "bills",
    "children": [
        {"field": "FNo", "value": "{{bills.no}}"},
        {
            "field": "FSub",
            "type": "array",
            "value": "bills.lines",
            "children": [{"field": "FSku", "value": "{{bills.lines.sku}}"}],
        },
    ],
}


@st.composite
def groupings(draw):
    """Draw a target that regroups flat records first."""
    entries = [
        {"field": "FShop", "value": "{{shop}}", "parser": REFERENCE},
        {
            "field": "FEntity",
            "type": "array",
            "value": "lines",
            "children": [
                {"field": "FSku", "value": "{{lines.sku}}"},
                {"field": "FQty", "value": "{{lines.qty}}"},
                {"field": "FShare", "value": "{{lines.amount}}"},
                {"field": "FHead", "value": "of {{shop}}"},
                {"field": "FNote", "value": "{{lines.note}}"},
            ][draw(st.sampled_from([0, 0, 1, 4])) :],
        },
        _BILLS,
    ]
    functions = st.sampled_from(["$sum", "$avg", "$min", "$max", "$first", "$last", "$push", "$addToSet"])
    return {"api": "batchSave", "effect": "EXECUTE", "request": entries} | draw(
        st.one_of(
            st.builds(
                lambda header, body, qty, amount, limit, both: (
                    {
                        "groupCalculate": {
                            "headerGroup": header,
                            "bodyGroup": body,
                            "bodyName": "lines",
                            "targetBodyName": "FEntity",
                            "calculate": {"qty": qty, "amount": amount},
                        }
                        | limit
                    }
                    | both
                ),
                st.sampled_from([["shop"], ["shop", "no"], ["sku", "shop"]]),
                st.sampled_from([["sku"], ["sku", "no"], ["note"]]),
                functions,
                functions,
                st.sampled_from([{}, {"bodyMaxLine": 1}, {"bodyMaxLine": 2}]),
                st.sampled_from([{}, {}, {"operation": _MERGED_AGAIN}]),
            ),
            st.builds(
                lambda field, sums: {
                    "operation": {
                        "method": "merge",
                        "field": field,
                        "header": field.replace(" ", "").split(","),
                        "bodyName": "lines",
                        "body": ["sku", "qty", "amount"],
                    }
                    | sums
                },
                st.sampled_from(["shop", "shop,no", "shop, no"]),
                st.sampled_from([{}, {"bodySum": ["qty"]}, {"bodySum": ["qty", "amount"]}]),
            ),
        )
    )
