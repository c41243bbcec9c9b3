"""旺店通销售出库单 → 金蝶销售出库单: the committed mapping with the committed code tables."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

ROOM = Path(__file__).resolve().parents[1]
MAPPING = ROOM / "mappings/wangdiantong/sales_stockouts.yml"
TEXT, NUMBER = {"type": ["string", "null"]}, {"type": ["number", "null"]}
LINE = {"rec_id": {"type": "integer"}, "src_tid": TEXT, "goods_no": TEXT, "goods_count": NUMBER, "sell_price": NUMBER}
HEAD = ["order_no", "status", "consign_time", "fenxiao_nick", "nick_name"]
HEAD += ["remark", "logistics_no", "src_trade_no", "warehouse_no"]
PROPERTIES = {
    "stockout_id": {"type": "integer"},
    **dict.fromkeys(HEAD, TEXT),
    "details_list": {"type": ["array", "null"], "items": {"type": "object", "properties": LINE}},
}
STOCKOUT = {
    "stockout_id": 810077,
    "order_no": "CK31198705046",
    "status": "110",
    "consign_time": "2026-01-05T09:30:51+08:00",
    "fenxiao_nick": "华南经销",
    "nick_name": "会员0900",
    "remark": "请放门口",
    "logistics_no": "SF31198705046",
    "src_trade_no": "T31198705046",
    "warehouse_no": "WH02",
    "details_list": [
        {"rec_id": 1, "goods_no": "G1095275", "goods_count": Decimal("2.0000"), "sell_price": Decimal("0.5000")},
        {"rec_id": 2, "goods_no": "G9878513", "goods_count": Decimal("0.0000"), "sell_price": Decimal("0.0000")},
    ],
}


@pytest.fixture
def stockouts(project):
    """Map stock-outs; the two tables that come from Kingdee are the test's own."""

    def run(*changes, entries=()):
        project.table("customer_seller", "customer,seller", "KH00900,XS01", "KH00901,")
        if entries:
            project.table("sale_order_entry", "bill_no,material,fid,entry_id", *entries)
        messages = project.run(
            project.schema("sales_stockouts", ("stockout_id",), **PROPERTIES),
            *(project.record("sales_stockouts", **(STOCKOUT | change)) for change in changes),
            flows=str(MAPPING),
            codes=[str(ROOM / "codes"), "codes"],
        )
        return [one["record"] for one in messages if one["type"] == "RECORD"]

    return run


def test_a_stockout_becomes_the_whole_outstock_document(stockouts):
    (model,) = stockouts({}, entries=["T31198705046,G1095275,100123,200456"])

    line = {
        "FMaterialID": {"FNumber": "G1095275"},
        "FRealQty": Decimal("2.0000"),
        "FTaxPrice": Decimal("0.5000"),
        "FEntryTaxRate": 13,
        "FIsFree": False,
        "FStockID": {"FNumber": "CK02"},
        "FStockStatusID": {"FNumber": "KCZT01_SYS"},
        "FSrcType": "SAL_SaleOrder",
        "FSrcBillNo": "T31198705046",
        "FSoorDerno": "T31198705046",
    }
    link = {
        "FEntity_Link_FRuleId": "SaleOrder-OutStock",
        "FEntity_Link_FSTableName": "T_SAL_ORDERENTRY",
        "FEntity_Link_FSTableId": "0",
        "FEntity_Link_FSBillId": "100123",
        "FEntity_Link_FSId": "200456",
    }
    gift = {"FMaterialID": {"FNumber": "G9878513"}, "FRealQty": Decimal(0), "FTaxPrice": Decimal(0), "FIsFree": True}
    assert model == {
        "FBillTypeID": {"FNumber": "XSCKD01_SYS"},
        "FBillNo": "CK31198705046",
        "FDate": "2026-01-05 09:30:51",
        "FStockOrgId": {"FNumber": "100"},
        "FSaleOrgId": {"FNumber": "102"},
        "FCustomerID": {"FNumber": "KH00900"},
        "FSalesManID": {"FNumber": "XS01"},
        "FNote": "请放门口",
        "F_ora_Text2": "SF31198705046",
        "FCarriageNO": "SF31198705046",
        "F_USQR_TEXT": "T31198705046",
        "SubHeadEntity": {"FSettleCurrID": {"FNumber": "PRE001"}, "FIsIncludedTax": True},
        "FEntity": [line | {"FEntity_Link": [link]}, line | gift],
    }
    assert list(model)[-1] == "FEntity"


def test_only_shipped_stockouts_go(stockouts):
    models = stockouts(*({"status": status, "order_no": status} for status in ("5", "55", "95", "105", "110", "113")))

    assert [model["FBillNo"] for model in models] == ["95", "105", "110", "113"]


@pytest.mark.parametrize(("price", "free"), [("0.0001", False), ("0.0000", True), ("-1.0000", True)])
def test_a_line_is_free_when_its_price_is_not_above_zero(stockouts, price, free):
    lines = [STOCKOUT["details_list"][0] | {"sell_price": Decimal(price)}]

    (model,) = stockouts({"details_list": lines})

    assert model["FEntity"][0]["FIsFree"] is free


def test_without_a_sale_order_there_is_no_link(stockouts):
    (model,) = stockouts({}, entries=["T1,G1095275,1,2"])

    assert not any("FEntity_Link" in line for line in model["FEntity"])


def test_a_line_of_a_merged_stockout_is_linked_to_its_own_order(stockouts):
    lines = [line | {"src_tid": tid} for line, tid in zip(STOCKOUT["details_list"], ("T1", "T2"), strict=True)]

    (model,) = stockouts(
        {"src_trade_no": "T1,T2", "details_list": lines}, entries=["T1,G1095275,10,11", "T2,G9878513,20,21"]
    )

    assert [line["FEntity_Link"][0]["FEntity_Link_FSId"] for line in model["FEntity"]] == ["11", "21"]


@pytest.mark.parametrize("buyer", ["会员0901", "会员0902"])
def test_a_customer_without_a_salesman_is_delivered_without_one(stockouts, buyer):
    (model,) = stockouts({"nick_name": buyer})

    assert "FSalesManID" not in model


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"nick_name": "会员0407"}, "FCustomerID.FNumber", "code_missing"),
        ({"nick_name": None}, "FCustomerID.FNumber", "value_missing"),
        ({"fenxiao_nick": "海外"}, "FSaleOrgId.FNumber", "code_missing"),
        ({"warehouse_no": "WH09"}, "FEntity[0].FStockID.FNumber", "code_missing"),
        ({"order_no": None}, "FBillNo", "number_missing"),
        ({"details_list": []}, "FEntity", "value_missing"),
        ({"details_list": [{"goods_count": 1, "sell_price": 1}]}, "FEntity[0].FMaterialID.FNumber", "value_missing"),
    ],
)  # fmt: skip
def test_what_a_stockout_lacks_is_a_dead_letter_at_its_field(stockouts, change, field, reason):
    (letter,) = stockouts(change)

    assert (letter["field"], letter["reason"]) == (field, reason)
    assert letter["mapping"] == "wangdiantong/sales_stockouts"
    assert letter["record"]["stockout_id"] == 810077


@pytest.mark.parametrize(
    ("table", "header", "rows"),
    [
        ("sale_org", ["fenxiao_nick", "sale_org"], 4),
        ("warehouse", ["warehouse_no", "stock"], 5),
        ("customer", ["nick_name", "customer"], 2462),
    ],
)
def test_the_code_tables_describe_the_retailer(table, header, rows):
    with (ROOM / "codes" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))

    assert lines[0] == header
    assert len(lines) == rows + 1
    assert len({line[0] for line in lines}) == len(lines)


def test_some_new_customers_have_no_code_yet():
    known = (ROOM / "codes/customer.csv").read_text(encoding="utf-8")

    assert "会员0406,KH00406" in known
    assert "会员0407," not in known
