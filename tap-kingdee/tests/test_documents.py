"""Rows to documents, without a server."""

from decimal import Decimal

import pytest
from tap_kingdee.documents import WrongCellError, layout

TEXT = {"type": ["string", "null"]}
SCHEMA = {
    "properties": {
        "FBillNo": TEXT,
        "FID": {"type": "integer"},
        "FDate": {"type": ["string", "null"], "format": "date-time"},
        "FCustomerID": {"type": "object", "properties": {"FNumber": TEXT, "FName": TEXT}},
        "SubHeadEntity": {
            "type": "object",
            "properties": {
                "FSettleCurrID": {"type": "object", "properties": {"FNumber": TEXT}},
                "FIsIncludedTax": {"type": ["boolean", "null"]},
            },
        },
        "FEntity": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "FEntryID": {"type": "integer"},
                    "FSeq": {"type": ["integer", "null"]},
                    "FMaterialID": {"type": "object", "properties": {"FNumber": TEXT}},
                    "FRealQty": {"type": ["number", "null"]},
                    "FOwn": {},
                },
            },
        },
    }
}
HEAD = [7, "CK7", "2026-01-05T00:00:00", "KH1", "甲", "PRE001", True]


def outstock(selected=lambda _: True, **changes):
    return layout(
        SCHEMA,
        primary_key="FID",
        entry="FEntity",
        sub_heads=frozenset({"SubHeadEntity"}),
        selected=selected,
        **changes,
    )


def test_the_schema_says_what_is_asked_for():
    assert outstock().field_keys == (
        "FID,FBillNo,FDate,FCustomerID.FNumber,FCustomerID.FName,FSettleCurrID.FNumber,FIsIncludedTax,"
        "FEntity_FEntryID,FEntity_FSeq,FMaterialID.FNumber,FRealQty,FOwn"
    )


def test_rows_become_one_document():
    rows = [[*HEAD, 71, 1, "G1", 2, ["own"]], [*HEAD, 72, 2, None, Decimal("0.1000000000"), " "]]

    assert outstock().document(rows) == {
        "FID": 7,
        "FBillNo": "CK7",
        "FDate": "2026-01-05T00:00:00+08:00",
        "FCustomerID": {"FNumber": "KH1", "FName": "甲"},
        "SubHeadEntity": {"FSettleCurrID": {"FNumber": "PRE001"}, "FIsIncludedTax": True},
        "FEntity": [
            {"FEntryID": 71, "FSeq": 1, "FMaterialID": {"FNumber": "G1"}, "FRealQty": 2, "FOwn": ["own"]},
            {"FEntryID": 72, "FSeq": 2, "FMaterialID": {"FNumber": None}, "FRealQty": Decimal("0.1"), "FOwn": None},
        ],
    }


@pytest.mark.parametrize("nothing", [None, 0, ""])
def test_a_document_without_lines_has_an_empty_list(nothing):
    assert outstock().document([[*HEAD, nothing, None, None, None, None]])["FEntity"] == []


def test_what_is_not_selected_is_not_asked_for_but_keys_are():
    chosen = {("properties", "FEntity"), ("properties", "FEntity", "items", "properties", "FRealQty")}

    assert outstock(chosen.__contains__).field_keys == "FID,FEntity_FEntryID,FRealQty"
    assert outstock(lambda _: False, needed=("FDate",)).field_keys == "FID,FDate"


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("string", " ", None),
        ("string", "", None),
        ("string", " x ", " x "),
        ("string", 1, "1"),
        ("integer", "12", 12),
        ("integer", Decimal("12.0"), 12),
        ("number", "1.50", Decimal("1.50")),
        ("number", "", None),
        ("boolean", "1", True),
        ("boolean", "0", False),
        ("boolean", "False", False),
        ("boolean", " ", None),
        ("date-time", "2026-01-05T09:30:51.5", "2026-01-05T09:30:51+08:00"),
        ("date-time", "0001-01-01T00:00:00", None),
        ("date-time", None, None),
    ],
)
def test_cells_come_out_as_the_schema_says(kind, cell, expected):
    declared = {"type": ["string", "null"], "format": kind} if kind == "date-time" else {"type": [kind, "null"]}
    schema = {"properties": {"FID": {"type": "integer"}, "FX": declared}}

    value = layout(schema, primary_key="FID").document([[1, cell]])["FX"]

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("cell", "place"), [(3, 6), ("maybe", 6), ("x", 8), ("1.5", 8), ({}, 10), ("n/a", 10), (True, 9), ("no day", 2)]
)
def test_a_cell_of_another_type_is_refused_with_its_place(cell, place):
    row = [*HEAD, 71, 1, "G1", 2, None]
    row[place] = cell
    key = outstock().field_keys.split(",")[place]

    with pytest.raises(WrongCellError, match=f"{key} of FID 7 holds"):
        outstock().document([row])


def test_a_row_with_too_few_cells_is_refused():
    with pytest.raises(WrongCellError, match="FID 7 has fewer cells"):
        outstock().document([[*HEAD, 71, 1]])
