"""Rows to documents, without a server."""

from decimal import Decimal

import pytest
from erp_sdk.messages import decode, encode
from tap_kingdee.documents import Fields, WrongCellError, flat_schema

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
    fields = {"primary_key": "FID", "entry": "FEntity", "sub_heads": frozenset({"SubHeadEntity"}), **changes}
    return Fields(SCHEMA, **fields).layout(selected)


def read(layout, *rows):
    """One document's rows as they come over the wire, as records."""
    return [decode(record.record) for record in layout.records([layout.rows(encode(rows))])]


def test_the_schema_says_what_is_asked_for():
    assert outstock().field_keys == (
        "FID,FBillNo,FDate,FCustomerID.FNumber,FCustomerID.FName,FSettleCurrID.FNumber,FIsIncludedTax,"
        "FEntity_FEntryID,FEntity_FSeq,FMaterialID.FNumber,FRealQty,FOwn"
    )


def test_rows_become_one_document():
    rows = [[*HEAD, 71, 1, "G1", 2, ["own"]], [*HEAD, 72, 2, None, Decimal("0.1000000000"), " "]]

    (document,) = read(outstock(), *rows)

    assert document == {
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
    (document,) = read(outstock(), [*HEAD, nothing, None, None, None, None])

    assert document["FEntity"] == []


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

    (document,) = read(Fields(schema, primary_key="FID").layout(), [1, cell])
    value = document["FX"]

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
        read(outstock(), row)


def test_a_row_with_too_few_cells_is_refused():
    with pytest.raises(WrongCellError, match="a row has not the cells"):
        read(outstock(), [*HEAD, 71, 1])


def test_a_number_keeps_the_digits_that_kingdee_sends():
    layout = outstock()
    rows = layout.rows(b'[[7,"CK7",null,"KH1","A","PRE001",true,71,1,"G1",0.0000000000,null]]')

    assert b'"FRealQty":0.0000000000,' in bytes(layout.records([rows])[0].record)


def test_flat_rows_have_the_line_beside_the_head():
    schema = flat_schema(SCHEMA, "FEntity")
    flat = Fields(schema, primary_key="FID", entry="FEntity", flat=True, sub_heads=frozenset({"SubHeadEntity"}))
    layout = flat.layout()
    place = {key: at for at, key in enumerate(layout.field_keys.split(","))}
    row = [None] * len(place)
    row[place["FID"]], row[place["FCustomerID.FNumber"]], row[place["FRealQty"]] = 7, "KH1", 2
    empty = list(row)
    row[place["FEntity_FEntryID"]] = 71

    (record, without_line) = read(layout, row, empty)

    assert (record["FID"], record["FEntity_FEntryID"]) == (7, 71)
    assert record["FCustomerID"]["FNumber"] == "KH1"
    assert record["FRealQty"] == 2
    assert "FEntity" not in record
    assert without_line["FEntity_FEntryID"] == 0
    assert schema["required"] == ["FEntity_FEntryID"]


def test_an_imported_row_counts_by_its_creation():
    moment = {"type": ["string", "null"], "format": "date-time"}
    schema = {"properties": {"FID": {"type": "integer"}, "FModifyDate": moment, "FCreateDate": moment}}
    layout = Fields(schema, primary_key="FID", stand_ins={"FModifyDate": "FCreateDate"}).layout()

    (record,) = read(layout, [1, None, "2026-01-05T09:30:51"])

    assert record["FModifyDate"] == "2026-01-05T09:30:51+08:00"


def test_two_threads_may_meet_a_wrong_type_in_the_same_column():
    """Windows share a layout: what the other thread has learnt while this one decoded is no error."""
    layout = outstock()
    content = encode([[*HEAD[:1], 77, *HEAD[2:], 71, 1, "G1", 2, None]])  # the number came as a number
    strict = layout._decoder

    class Overtaken:
        def decode(self, content):
            layout._decoder = strict
            layout.rows(content)
            return strict.decode(content)

    layout._decoder = Overtaken()

    assert layout.rows(content)[0][1] == 77
