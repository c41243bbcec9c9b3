"""Rules of the vendor contract that need a look at the data: what is a list, and what only looks like one."""

from __future__ import annotations

import pytest

from transforms.tests.qeasy.agreement import cause_of, comparable, documents_of
from transforms.tests.qeasy.oracle.interpreter import interpret
from transforms.tests.qeasy.product import Product

REFERENCE = {"name": "ConvertObjectParser", "params": "FNumber"}
CONTEXT = {
    "now": "2026-03-20 10:00:00",
    "last_sync_time": "2026-03-18 09:30:00",
    "mappings": {"table": {"rows": [{"a_value": "S1", "b_value": 107}], "unmatched": "exception"}},
}
NUMBER = {"field": "FBillNo", "value": "{{no}}"}
SOURCE = {"api": "demo.query", "effect": "QUERY", "id": "no", "number": "no", "request": []}


def target(*entries, **settings):
    return {"api": "save", "effect": "EXECUTE", "request": [NUMBER, *entries]} | settings


def filtered(logic, value):
    source = SOURCE | {"condition": [[{"field": "customer.code", "logic": logic, "value": value}]]}
    return {"source": source, "target": target({"field": "F", "value": "{{customer}}"})}


LINES = {
    "field": "FEntity",
    "type": "array",
    "value": "lines",
    "children": [{"field": "FSku", "value": "{{lines.sku}}"}, {"field": "FQty", "value": "{{lines.qty}}"}],
}
GROUPED = {"headerGroup": ["shop", "no"], "bodyGroup": ["sku"], "bodyName": "lines", "calculate": {"qty": "$sum"}}
CUSTOMERS = [{"no": "N-1", "customer": {"code": "K1"}}, {"no": "N-2"}]
CASES = {
    "a list that nothing else names, in the header": (
        {"target": target({"field": "F", "value": "{{rows.k}}"})},
        {"records": [{"no": "N-1", "rows": [{"k": "a"}, {"k": "b"}]}]},
    ),
    "a condition on an object": (filtered("eq", "K1"), {"raw": CUSTOMERS}),
    "a condition on an object that is not there": (filtered("isnull", ""), {"raw": CUSTOMERS}),
    "groups by the text of a value": (
        {"target": target(LINES, groupCalculate=GROUPED)},
        {"records": [{"no": "N-1", "shop": shop, "sku": "A", "qty": 1} for shop in (7, "7")]},
    ),
    "flattened lines that keep their document's number": (
        {"source": SOURCE | {"beatFlat": ["rows"]}, "target": target({"field": "F", "value": "{{rows_k}}"})},
        {"raw": [{"no": "N-1", "rows": [{"k": "a"}, {"k": "b"}]}]},
    ),
    "a map to numbers under a reference": (
        {
            "target": target(
                {
                    "field": "F",
                    "value": "{{shop}}",
                    "mapping": {"target": "table", "direction": "positive"},
                    "parser": REFERENCE,
                }
            )
        },
        {"records": [{"no": "N-1", "shop": "S1"}]},
    ),
}


@pytest.mark.parametrize("way", [Product.preview, Product.preview_imported], ids=["as it is", "imported"])
@pytest.mark.parametrize("name", CASES)
def test_the_data_decide(name, way, tmp_path):
    scheme, given = CASES[name]

    result = way(Product(tmp_path), scheme, given, CONTEXT)

    assert [cause_of(letter) for letter in result["dead_letters"]] == []
    assert comparable(result["documents"]) == comparable(documents_of(interpret(scheme, CONTEXT, given)))
