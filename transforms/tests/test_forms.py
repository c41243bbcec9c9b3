"""Values held against what Kingdee says of its forms: in the SCHEMA, while records are mapped, and before any comes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from erp_sdk.command import SetupError

HEAD = [
    {"Key": "FBillNo", "Name": "单据编号", "FieldType": 231, "Length": 8},
    {"Key": "FDate", "Name": "日期", "FieldType": 61, "MustInput": 1},
    {"Key": "FNote", "Name": "备注", "FieldType": 231, "Length": 10},
    {"Key": "FCount", "Name": "件数", "FieldType": 56},
    {"Key": "FRate", "Name": "汇率", "FieldType": 106, "Precision": 10, "Scale": 4},
    {"Key": "FFree", "FieldType": 175},
    {"Key": "FRowType", "FieldType": 167, "Extends": [{"Value": "Standard", "Caption": "标准产品"}, {"Value": "Son"}]},
    {"Key": "FCustomerID", "Name": "客户", "FieldType": 56, "MustInput": 1, "LookUpObjectFormId": "BD_Customer"},
    {"Key": "FOwnerId", "Name": "货主", "FieldType": 56},
]
LINE = [
    {"Key": "FMaterialID", "MustInput": 1, "LookUpObjectFormId": "BD_MATERIAL"},
    {"Key": "FRealQty", "Name": "实发数量", "FieldType": 106, "Precision": 23, "Scale": 10, "MustInput": 1},
]
FORM = {
    "Id": "SAL_OUTSTOCK",
    "Entrys": [{"Key": "FBillHead", "Fields": HEAD}, {"Key": "FEntity", "ParentKey": "FBillHead", "Fields": LINE}],
}


@pytest.fixture
def form(project):
    project.write("forms/SAL_OUTSTOCK.json", json.dumps(FORM))
    return project


def one(form, field, **values):
    """Map one record with one field; return the field's value, or its dead letter."""
    (record,) = form.map(form.flow(f"  {field}"), values, forms="forms")
    return record if "reason" in record else record.get(field.partition(":")[0])


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        (
            "FNote: =remark",
            {"remark": "一二三四五六七八九十一"},
            "a text of 11 characters is too long: FNote 备注 of SAL_OUTSTOCK takes 10",
        ),
        ("FNote: =remark", {"remark": "😀😀😀😀😀😀"}, "a text of 12 characters is too long"),
        ("FNote: =open", {"open": True}, None),
        ("FNote: =anything", {"anything": {"a": 1}}, "is no text, and FNote 备注 of SAL_OUTSTOCK is one"),
        (
            "FRate: =paid",
            {"paid": Decimal("1.00001")},
            "1.00001 has 5 digits after the point: FRate 汇率 of SAL_OUTSTOCK takes 4",
        ),
        ("FRate: =paid / 3", {"paid": 1}, "has 28 digits after the point"),
        (
            "FRate: =paid",
            {"paid": Decimal(1000000)},
            "is too large: FRate 汇率 of SAL_OUTSTOCK takes 6 digits before the point",
        ),
        ("FRate: =remark", {"remark": "viel"}, '"viel" is no number, and FRate 汇率 of SAL_OUTSTOCK is one'),
        ("FCount: =paid", {"paid": Decimal("1.5")}, "1.5 is no whole number, and FCount 件数"),
        ("FCount: =anything", {"anything": True}, "is no number, and FCount"),
        (
            "FRowType: =remark",
            {"remark": "son"},
            '"son" is none of what FRowType of SAL_OUTSTOCK takes: Standard 标准产品, Son',
        ),
        ("FDate: =remark", {"remark": "5.1.2026"}, '"5.1.2026" is no date, and FDate 日期 of SAL_OUTSTOCK is one'),
        ("FDate: =remark", {"remark": "2026-02-30"}, '"2026-02-30" is no date'),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_a_dead_letter_with_field_value_and_rule(form, field, values, message):
    if message is None:
        form.mapping(form.flow(f"  {field}"))
        with pytest.raises(SetupError, match="gives boolean, and FNote 备注 of SAL_OUTSTOCK is a text"):
            form.run(form.schema(), form.record(**values), forms="forms")
        return

    letter = one(form, field, **values)

    assert letter["reason"] == "value_invalid"
    assert letter["field"] == field.partition(":")[0]
    assert message in letter["message"]


@pytest.mark.parametrize(
    ("field", "values", "value"),
    [
        ("FNote: =remark", {"remark": "一二三四五六七八九十"}, "一二三四五六七八九十"),
        ("FNote: =remark", {"remark": "😀😀😀😀😀"}, "😀😀😀😀😀"),
        ("FNote: =remark", {"remark": ""}, ""),
        ("FNote: =paid", {"paid": Decimal("1.50")}, Decimal("1.50")),
        ("FNote: =anything", {"anything": [{"Key": 2052, "Value": "中"}]}, [{"Key": 2052, "Value": "中"}]),
        ("FRate: =paid", {"paid": Decimal("1.10000000")}, Decimal("1.10000000")),
        ("FRate: =remark", {"remark": "12.5"}, "12.5"),
        ("FCount: =paid", {"paid": Decimal("2.00")}, Decimal("2.00")),
        ("FRowType: =remark", {"remark": "Son"}, "Son"),
        ("FDate: =remark", {"remark": "2026-01-05 09:30:51"}, "2026-01-05 09:30:51"),
        ("FFree: =open", {"open": True}, True),
        ("FOwnerId.FNumber: =remark", {"remark": "100"}, None),
        ("FUnknown: =remark", {"remark": "x" * 999}, "x" * 999),
    ],
)
def test_a_value_that_fits_goes_through_as_it_is(form, field, values, value):
    for _ in range(2):  # the second time it is known to be right
        assert one(form, field, **values) == value


def test_numbers_are_never_cut_but_rounded_where_the_mapping_says_so(form):
    assert one(form, "FRate: =round(paid / 3, 4)", paid=1) == Decimal("0.3333")


@pytest.mark.parametrize("value", [None, ""])
def test_a_mandatory_field_that_is_empty_is_a_dead_letter(form, value):
    letter = one(form, "FCustomerID.FNumber: =buyer", buyer=value)

    assert (letter["reason"], letter["field"]) == ("value_missing", "FCustomerID.FNumber")
    assert "buyer" in letter["message"] or "mandatory (必录)" in letter["message"]


@pytest.mark.parametrize("policy", ["when: =open", "when_empty: drop"])
def test_a_mapping_may_leave_a_mandatory_field_to_kingdees_default(form, policy):
    assert one(form, f"FDate:\n    value: =remark\n    {policy}", open=False) is None


def test_zero_is_no_empty_value(form):
    body = "lines:\n  FEntity:\n    each: =lines\n    fields: {FRealQty: =line.count}"

    (good,) = form.map(form.flow(body), {"lines": [{"count": 0}]}, forms="forms")
    (letter,) = form.map(form.flow(body), {"lines": [{"count": 1}, {"count": None}]}, forms="forms")

    assert good["FEntity"] == [{"FRealQty": 0}]
    assert (letter["field"], letter["reason"]) == ("FEntity[1].FRealQty", "value_missing")


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("FNote: 一二三四五六七八九十一", "a text of 11 characters is too long"),
        ("FRowType: Standart", '"Standart" is none of what FRowType of SAL_OUTSTOCK takes'),
        ("FRate: 1.23456", "has 5 digits after the point"),
        ('FDate: "tomorrow"', '"tomorrow" is no date'),
        ('FCustomerID.FNumber: ""', "mandatory (必录)"),
        ("FDate: =paid", "gives decimal, and FDate 日期 of SAL_OUTSTOCK is a date"),
        ("FRate: =date(time)", "gives date, and FRate 汇率 of SAL_OUTSTOCK is a number"),
    ],
)
def test_a_constant_that_does_not_fit_stops_the_run_before_a_record_comes(form, field, problem):
    form.mapping(form.flow(f"  {field}"))

    with pytest.raises(SetupError) as stopped:
        form.run(form.schema(), forms="forms")

    assert problem in str(stopped.value)
    assert f"head.{field.partition(':')[0]}" in str(stopped.value)


def test_the_schema_requires_what_the_form_demands_and_the_mapping_surely_gives(form):
    body = """
  FDate: {value: =time, required: true}
  FCustomerID.FNumber: =buyer
  FNote: 电商
lines:
  FEntity:
    each: =lines
    fields:
      FMaterialID.FNumber: {value: =line.sku, %s}
      FRealQty: =line.count
"""

    def required(policy):
        form.mapping(form.flow(body % policy))
        schema = form.run(form.schema(), forms="forms")[-1]["schema"]
        lines = schema["properties"]["FEntity"]["items"]
        return schema["required"], lines["required"], lines["properties"]["FMaterialID"].get("required")

    assert required("type: text") == (["FDate", "FCustomerID"], ["FMaterialID", "FRealQty"], ["FNumber"])
    assert required("when: =open") == (["FDate", "FCustomerID"], ["FRealQty"], None)


def test_of_two_mappings_into_a_form_the_schema_requires_what_both_give(form):
    for name, head in (("one", "FDate: =time\n  FRate: 1.5"), ("two", "FCustomerID.FNumber: =buyer\n  FDate: =time")):
        form.mapping(form.flow(f"  {head}\n  FNote: =remark"), name)

    *_, first, second = form.run(form.schema(), forms="forms")

    assert first["schema"]["required"] == ["FDate"]
    assert second["schema"]["required"] == ["FDate"]
    assert list(second["schema"]["properties"]) == ["FBillNo", "FDate", "FRate", "FNote", "FCustomerID"]
    assert second["schema"]["properties"]["FNote"]["maxLength"] == 10


def test_the_schema_says_what_the_form_takes(form):
    body = "  FNote: =remark\n  FRate: =paid\n  FRowType: =shop\n  FDate: =date(time)\n  FCustomerID.FNumber: =buyer"
    form.mapping(form.flow(body))

    schema = form.run(form.schema(), forms="forms")[-1]["schema"]["properties"]

    assert schema["FBillNo"] == {"type": "string", "maxLength": 8, "description": "单据编号"}
    assert schema["FNote"] == {"type": ["string", "null"], "maxLength": 10, "description": "备注"}
    assert schema["FRate"]["multipleOf"] == Decimal("0.0001")
    assert schema["FRowType"]["enum"] == ["Standard", "Son", "", None]
    assert schema["FDate"]["format"] == "date"
    assert schema["FCustomerID"]["properties"]["FNumber"] == {"type": ["string", "null"]}


def test_base_data_is_held_against_its_own_form(form):
    entity = {"Key": "FBillHead", "Fields": [{"Key": "FNumber", "FieldType": 231, "Length": 3}]}
    form.write("forms/BD_Customer.json", json.dumps({"Id": "BD_Customer", "Entrys": [entity]}))
    base = "base_data:\n  BD_Customer:\n    FNumber: =buyer\n"
    form.mapping(base + form.flow())

    messages = form.run(form.schema(), form.record(buyer="K123"), form.record(buyer="K1"), forms="forms")

    long, short = [message["base_data"] for message in messages if message["type"] == "RECORD"]
    assert "a text of 4 characters is too long: FNumber of BD_Customer takes 3" in long[0]["problem"]
    assert short == [{"form": "BD_Customer", "model": {"FNumber": "K1"}}]


def test_without_metadata_nothing_is_checked(project):
    (record,) = project.map(project.flow("  FNote: =remark"), {"remark": "x" * 999}, forms="nowhere")

    assert record["FNote"] == "x" * 999


def test_a_later_folder_wins_and_a_saved_answer_is_taken_too(form):
    field = {"Key": "FNote", "Name": [{"Key": 2052, "Value": "备注"}], "FieldType": 231, "Length": 3}
    info = {"Id": "SAL_OUTSTOCK", "Entrys": [{"Key": "FBillHead", "Fields": [field]}]}
    form.write("own/SAL_OUTSTOCK.json", json.dumps({"Result": {"NeedReturnData": info}}))

    (letter,) = form.map(form.flow("  FNote: =remark"), {"remark": "long"}, forms=["forms", "own"])

    assert "a text of 4 characters is too long: FNote 备注 of SAL_OUTSTOCK takes 3" in letter["message"]


def test_a_file_that_is_no_metadata_is_one_sentence(form):
    form.write("forms/SAL_OUTSTOCK.json", "[]")
    form.mapping(form.flow())

    with pytest.raises(SetupError, match=r"forms/SAL_OUTSTOCK.json is no answer of Kingdee's QueryBusinessInfo"):
        form.run(form.schema(), forms="forms")
