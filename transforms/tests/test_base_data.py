"""Base data that goes along with a document, so that a target can make what Kingdee misses."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from erp_sdk.command import SetupError

ROOM = Path(__file__).resolve().parents[1]
SHIPPED = (ROOM / "mappings/wangdiantong/sales_stockouts.yml").read_text(encoding="utf-8")
CUSTOMER = """
base_data:
  BD_Customer:
    FNumber: =code("customer", buyer)
    FName: =buyer
    FCreateOrgId.FNumber: "100"
"""
MATERIAL = """
base_data:
  BD_MATERIAL:
    each: =lines
    fields:
      FNumber: =line.sku
      FName: =concat("货", line.sku)
      SubHeadEntity.FBaseUnitId.FNumber: Pcs
"""
BOTH = MATERIAL.rstrip() + CUSTOMER.replace("base_data:\n", "")


@pytest.fixture
def companions(project):
    """Map records of `orders`; return what came with each as its base data."""
    project.table("customer", "buyer,customer", "甲,KH1", "乙,KH2")

    def run(section, *values):
        project.mapping(project.flow(section))
        messages = project.run(project.schema(), *(project.record(**one) for one in values))
        return [one.get("base_data") for one in messages if one["type"] == "RECORD"]

    return run


def test_what_a_document_refers_to_goes_along_with_it(companions):
    assert companions(CUSTOMER, {"buyer": "甲"}, {"buyer": "乙"}) == [
        [{"form": "BD_Customer", "model": {"FNumber": "KH1", "FName": "甲", "FCreateOrgId": {"FNumber": "100"}}}],
        [{"form": "BD_Customer", "model": {"FNumber": "KH2", "FName": "乙", "FCreateOrgId": {"FNumber": "100"}}}],
    ]


def test_a_list_gives_one_a_row_and_each_number_once(companions):
    rows = [{"sku": "A"}, {"sku": "B"}, {"sku": "A"}]

    (made,) = companions(MATERIAL, {"lines": rows})

    assert [one["model"]["FNumber"] for one in made] == ["A", "B"]
    assert made[0]["model"]["SubHeadEntity"] == {"FBaseUnitId": {"FNumber": "Pcs"}}


def test_forms_come_in_the_order_in_which_they_are_written(companions):
    (made,) = companions(BOTH, {"buyer": "甲", "lines": [{"sku": "A"}]})

    assert [one["form"] for one in made] == ["BD_MATERIAL", "BD_Customer"]


def test_without_the_section_nothing_goes_along(companions):
    assert companions("", {"buyer": "甲"}) == [None]


def test_what_cannot_be_mapped_is_left_out_with_its_reason_and_holds_nothing_back(companions):
    rows = [{"sku": "A"}, {"sku": None}, {"sku": "C"}, {"sku": ""}]

    (made,) = companions(BOTH, {"buyer": "丙", "lines": rows})

    assert [one.get("model", {}).get("FNumber") for one in made] == ["A", None, "C", None, None]
    assert "BD_MATERIAL[1].FNumber: the document has no number" in made[1]["problem"]
    assert "fill line.sku in the source" in made[1]["problem"]
    assert "BD_MATERIAL[3].FNumber" in made[3]["problem"]
    assert "BD_Customer.FNumber" in made[4]["problem"]
    assert "丙" in made[4]["problem"]
    assert "Fix: " in made[4]["problem"]


def test_a_list_that_is_none_is_a_problem_of_its_form_only(companions):
    section = BOTH.replace("each: =lines", "each: =anything")

    (made,) = companions(section, {"buyer": "甲", "anything": "x"})

    assert [(one["form"], "problem" in one) for one in made] == [("BD_MATERIAL", True), ("BD_Customer", False)]


def test_conditions_names_and_inner_lists_are_those_of_documents(companions):
    section = """
let:
  name: =upper(shop)
base_data:
  BD_Customer:
    when: =open
    let:
      short: =left(name, 2)
    number: FCode
    fields:
      FCode: =short
      FName: =name
    lines:
      FT_BD_CUSTLOCATION:
        each: =tags
        fields:
          FAddress: =line
  BD_MATERIAL:
    each: =lines
    where: =line.count > 0
    let:
      double: =line.count * 2
    fields:
      FNumber: =line.sku
      FCount: =double
      FShop: =name
"""
    record = {"shop": "abc", "tags": ["x", "y"], "lines": [{"sku": "A", "count": 2}, {"sku": "B", "count": 0}]}

    closed, opened = companions(section, record | {"open": False}, record | {"open": True})

    material = {"form": "BD_MATERIAL", "model": {"FNumber": "A", "FCount": 4, "FShop": "ABC"}}
    customer = {"FCode": "AB", "FName": "ABC", "FT_BD_CUSTLOCATION": [{"FAddress": "x"}, {"FAddress": "y"}]}
    assert closed == [material]
    assert opened == [{"form": "BD_Customer", "model": customer}, material]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("  BD_Customer:\n    FName: =buyer", "has no field FNumber"),
        ("  BD_Customer:\n    FNumber: =byuer", "did you mean buyer?"),
        ("  BD_Customer:\n    FNumber: =line.sku", "the head"),
        ("  BD_Customer:\n    where: =open\n    fields: {FNumber: =buyer}", "needs each:"),
        ("  BD_Customer:\n    eahc: =lines\n    fields: {FNumber: =buyer}", "did you mean each?"),
        ("  BD_Customer: =buyer", "needs keys and values below it"),
    ],
)
def test_what_is_written_wrong_is_told_before_a_record_is_read(companions, section, said):
    with pytest.raises(SetupError) as refused:
        companions(f"base_data:\n{section}\n", {"buyer": "甲"})

    assert said in str(refused.value)


def test_check_holds_it_against_its_own_form(project):
    field = {"Key": "FName", "MustInput": 1}
    number = {"Key": "FNumber", "MustInput": 1}
    group = {"Key": "FGroup", "LookUpObjectFormId": "BD_CustomerGroup"}
    info = {"Id": "BD_Customer", "Entrys": [{"Key": "FBillHead", "Fields": [field, number, group]}]}
    metadata = project.write("customer.json", project.wire([{"Result": {"NeedReturnData": info}}]).decode())
    project.mapping(project.flow("base_data:\n  BD_Customer:\n    FNumber: =buyer\n    FGruop.FNumber: G1\n"))

    answer = project.ask("check", "mappings", "--form-metadata", str(metadata))

    assert answer.returncode == 2
    assert "the form has no field FGruop; did you mean FGroup?" in answer.stderr
    assert "FName is mandatory (必录) in BD_Customer, but not mapped" in answer.stderr


def test_preview_shows_it_beside_the_document(project):
    project.table("customer", "buyer,customer", "甲,KH1")
    project.mapping(project.flow(BOTH))
    record = project.record(buyer="丙", lines=[{"sku": "A"}])
    project.write("in.singer", project.wire([project.schema(), record]).decode())

    answer = project.ask("preview", "mappings/orders.yml", "--codes", "codes", "--input", "in.singer")

    assert "+++ base data BD_MATERIAL\n{" in answer.stdout
    assert "+++ base data BD_Customer: left out: BD_Customer.FNumber" in answer.stdout


def shipped_section():
    """The commented section of the shipped mapping, as a user puts it to use."""
    commented = SHIPPED[SHIPPED.index("# base_data:") :]
    return re.sub(r"^# ", "", commented, flags=re.MULTILINE)


def test_the_commented_section_of_the_shipped_mapping_works_when_it_is_put_to_use(project):
    whole = SHIPPED[: SHIPPED.index("# base_data:")] + shipped_section()
    project.table("customer_seller", "customer,seller", "KH00900,XS01")
    text, number = {"type": ["string", "null"]}, {"type": ["number", "null"]}
    names = ["order_no", "status", "consign_time", "fenxiao_nick", "nick_name", "remark", "logistics_no"]
    line = {"src_tid": text, "goods_no": text, "goods_name": text, "goods_count": number, "sell_price": number}
    properties = {
        **dict.fromkeys([*names, "src_trade_no", "warehouse_no"], text),
        "details_list": {"type": "array", "items": {"type": "object", "properties": line}},
    }
    goods = {"goods_count": Decimal(1), "sell_price": Decimal("2.50")}
    record = {
        "order_no": "CK1",
        "status": "110",
        "consign_time": "2026-01-05T09:30:51+08:00",
        "fenxiao_nick": "华南经销",
        "nick_name": "会员0900",
        "warehouse_no": "WH02",
        "details_list": [{"goods_no": "G1", "goods_name": "酱油"} | goods, {"goods_no": "G2"} | goods],
    }
    project.mapping(whole)

    messages = project.run(
        project.schema("sales_stockouts", ("order_no",), **properties),
        {"type": "RECORD", "stream": "sales_stockouts", "record": record},
        codes=[str(ROOM / "codes"), "codes"],
    )

    (made,) = [one["base_data"] for one in messages if one["type"] == "RECORD"]
    assert [(one["form"], one["model"]["FNumber"], one["model"]["FName"]) for one in made] == [
        ("BD_Customer", "KH00900", "会员0900"),
        ("BD_MATERIAL", "G1", "酱油"),
        ("BD_MATERIAL", "G2", "G2"),
    ]
    assert made[1]["model"]["SubHeadEntity"] == {
        "FErpClsID": "1",
        "FCategoryID": {"FNumber": "CHLB01_SYS"},
        "FBaseUnitId": {"FNumber": "Pcs"},
    }
