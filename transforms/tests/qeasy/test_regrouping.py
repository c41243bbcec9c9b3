"""Records regrouped before they are mapped, held against the contract's plain interpreter."""

from __future__ import annotations

import pytest

from transforms.tests.qeasy.agreement import comparable, documents_of
from transforms.tests.qeasy.oracle.interpreter import interpret
from transforms.tests.qeasy.product import Product

CONTEXT = {"now": "2026-03-20 10:00:00"}
RECORDS = {
    "records": [
        {"no": "1", "shop": 7, "sku": "A", "amount": "1", "odd-name!": "x"},
        {"no": "1", "shop": "7", "sku": "A", "qty": 2, "amount": 1},
        {"no": "2", "shop": "7", "sku": "B", "qty": "3", "odd-name!": "y"},
        {"no": "1", "shop": 8, "sku": "B", "qty": 3, "amount": 10},
        {"no": "1", "shop": 7, "sku": "A", "qty": 1, "amount": None},
    ]
}
RAW = {
    "raw": [
        {"no": "N1", "shop": 1, "items": [{"wh": "W1", "q": 1}, {"wh": "W2", "q": 2}, {"wh": "W1", "q": 5}]},
        {"no": "N2", "shop": 1, "items": [{"wh": "W2", "q": 7}, {"q": 1}]},
        {"no": "N3", "shop": 2, "items": []},
    ]
}
FLAT = {"api": "demo.query", "effect": "QUERY", "id": "no", "number": "no", "request": [], "beatFlat": ["items"]}


def fields(*columns):
    return [{"field": f"F{at}", "value": f"{{{{{column}}}}}"} for at, column in enumerate(columns)]


def array(name, *columns, more=()):
    children = [*fields(*(f"{name}.{column}" for column in columns)), *more]
    return {"field": "FRows", "type": "array", "value": name, "children": children}


def target(request, **settings):
    return {"target": {"api": "save", "effect": "EXECUTE", "request": request} | settings}


def calculate(header, body, limit=0, **calculations):
    grouping = {"headerGroup": header, "bodyGroup": body, "bodyName": "lines", "calculate": calculations}
    return {"groupCalculate": grouping | ({"bodyMaxLine": limit} if limit else {})}


def merge(field, *body, header=None, name="docs", **settings):
    operation = {"method": "merge", "field": field, "header": header or field.split(","), "bodyName": name}
    return {"operation": operation | {"body": list(body)} | settings}


HEAD = fields("shop", "no")
LINES = array("lines", "sku", "qty", "amount", more=[{"field": "FHead", "value": "of {{shop}}"}])
DOCS = array("docs", "no", more=[LINES | {"field": "FInner", "value": "docs.lines"}])
DOCS["children"][1] = {
    "field": "FInner",
    "type": "array",
    "value": "docs.lines",
    "children": fields("docs.lines.sku", "docs.lines.qty", "docs.no", "shop"),
}
CASES = {
    f"{first} and {second}": (target([*HEAD, LINES], **calculate(["shop"], ["sku"], qty=first, amount=second)), RECORDS)
    for first, second in [("$push", "$addToSet"), ("$sum", "$avg"), ("$first", "$last"), ("$avg", "$push")]
} | {
    "by two columns, each with two texts": (
        target([*HEAD, LINES], **calculate(["shop", "no"], ["sku"], qty="$sum")),
        RECORDS,
    ),
    "cut into parts": (target([*HEAD, LINES], **calculate(["shop"], ["sku"], limit=1, qty="$sum")), RECORDS),
    "a column with an odd name": (
        target(
            [*fields("odd-name!"), array("lines", "odd-name!")], **calculate(["odd-name!"], ["odd-name!"], no="$sum")
        ),
        RECORDS,
    ),
    "no header columns": (target([LINES], **calculate([], ["sku"], qty="$sum")), RECORDS),
    "merged": (target([*HEAD, array("docs", "sku", "qty")], **merge("shop,no", "sku", "qty")), RECORDS),
    "merged with sums": (
        target([*HEAD, array("docs", "sku", "qty")], **merge("shop", "sku", "qty", bodySum=["qty"])),
        RECORDS,
    ),
    "calculated, then merged": (
        target([*HEAD, DOCS], **calculate(["no", "shop"], ["sku"], qty="$sum"), **merge("shop", "no", "lines")),
        RECORDS,
    ),
    "calculated and cut, then merged": (
        target(
            [*HEAD, DOCS], **calculate(["no", "shop"], ["sku"], limit=1, qty="$avg"), **merge("shop", "no", "lines")
        ),
        RECORDS,
    ),
    "calculated by a flattened column": (
        {"source": FLAT}
        | target(
            [*fields("items_wh"), array("lines", "items_q", "no")], **calculate(["items_wh"], ["no"], items_q="$sum")
        ),
        RAW,
    ),
    "merged by a flattened column": (
        {"source": FLAT}
        | target([*fields("items_wh"), array("docs", "items_q", "no")], **merge("items_wh", "no", "items_q")),
        RAW,
    ),
    "calculated by a flattened column, then merged": (
        {"source": FLAT}
        | target(
            [array("docs", "items_wh"), *fields("shop")],
            **calculate(["shop", "items_wh"], ["no"], items_q="$sum"),
            **merge("shop", "items_wh"),
        ),
        RAW,
    ),
}


@pytest.mark.parametrize("way", [Product.preview, Product.preview_imported], ids=["as it is", "imported"])
@pytest.mark.parametrize("name", CASES)
def test_records_are_regrouped_as_the_contract_says(name, way, tmp_path):
    scheme, given = CASES[name]

    result = way(Product(tmp_path), scheme, given, CONTEXT)

    assert result["dead_letters"] == []
    assert comparable(result["documents"]) == comparable(documents_of(interpret(scheme, CONTEXT, given)))
