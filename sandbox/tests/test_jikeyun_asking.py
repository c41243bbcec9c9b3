"""What a call may ask of 吉客云, and the forms in which values come back (contract 6, 9 and 10)."""

import json
from collections import Counter
from decimal import Decimal

import pytest

DAY = {"startModifyTime": "2026-03-30 00:00:00", "endModifyTime": "2026-03-30 23:59:59"}
WEEK = {"startModified": "2026-03-28 00:00:00", "endModified": "2026-04-04 00:00:00"}
NIGHT = "2026-03-29 00:00:00"


def test_transfers_are_filtered_by_creation_only_and_unknown_names_are_ignored(jky):
    everything = jky.data("erp.allocate.get")["totalCount"]
    first = {"startCreateTime": "2026-03-30 00:00:00", "endCreateTime": "2026-03-30 23:59:59"}

    one_day = jky.data("erp.allocate.get", **first)["totalCount"]

    assert 0 < one_day < everything
    for ignored in ("gmtModifiedStart", "startModified", "startcreatetime", "startCreateDate"):
        assert jky.data("erp.allocate.get", **{ignored: "2030-01-01 00:00:00"})["totalCount"] == everything
    assert jky.data("erp.allocate.get", endCreateTime="2020-01-01 00:00:00")["totalCount"] == 0
    assert jky("erp.allocate.get", startCreateTime="2026-03-30")["subCode"] == "0030000001"


@pytest.mark.parametrize(
    ("asked", "field", "value"),
    [
        ({"status": 20}, "status", 20),
        ({"outStatus": 3, "inStatus": 1}, "inStatus", 1),
        ({"outWarehouseCode": "JK02"}, "outWarehouseCode", "JK02"),
        ({"inWarehouseCode": "JK01"}, "intWarehouseCode", "JK01"),
    ],
)
def test_transfers_are_narrowed_by_state_and_warehouse(jky, asked, field, value):
    found = jky.data("erp.allocate.get", pageSize=200, **asked)

    assert {row[field] for row in found["stockAllocate"]} == {value}
    assert found["totalCount"] == len(found["stockAllocate"]) < jky.data("erp.allocate.get")["totalCount"]
    number = found["stockAllocate"][0]["allocateNo"]
    assert jky.data("erp.allocate.get", allocateNos=f"DB0,{number}")["totalCount"] == 1


def test_only_what_is_named_comes_back(jky):
    fields = "tradeNo,goodsDetail.goodsNo,nonsense,columnExt"
    trade = jky.data("oms.trade.fullinfoget", fields=fields, pageSize=1, **WEEK)["trades"][0]
    assert list(trade) == ["tradeNo", "goodsDetail", "tradeOrderColumnExt"]  # asked for by another name
    assert list(trade["goodsDetail"][0]) == ["goodsNo"]
    whole = jky.data("oms.trade.fullinfoget", fields="goodsDetail", pageSize=1, **WEEK)
    assert list(whole) == ["trades"]  # no scrollId that nobody named, no total that nobody asked for
    assert len(whole["trades"][0]["goodsDetail"][0]) > 20
    assert jky.data("oms.trade.fullinfoget", fields="tradeNo", hasTotal=1, **WEEK)["totalResults"] > 600


@pytest.mark.parametrize(
    ("method", "asked", "sub_code"),
    [
        ("oms.trade.fullinfoget", WEEK, "0040139996"),
        ("oms.trade.fullinfoget", {"fields": "tradeNo"}, "0040139996"),
        ("oms.trade.fullinfoget", {"fields": "tradeNo", "startModified": "2026-03-30 00:00:00"}, "0040139996"),
        ("oms.trade.fullinfoget", {"fields": "tradeNo", **WEEK, "endModified": "2026-04-04 00:00:01"}, "0040139996"),
        ("oms.trade.fullinfoget", {"fields": "tradeNo", **WEEK, "scrollId": "%%"}, None),
        ("oms.trade.fullinfoget", {"fields": "tradeNo,scrollId", **WEEK, "scrollId": "%%"}, "0040139996"),
        ("wms.order.query-info.page", {}, "0050030002"),
        ("wms.order.query-info.page", {"orderNo": "WMS1"}, "0050030002"),
        (
            "wms.order.query-info.page",
            {"startGmtCreate": NIGHT, "endGmtCreate": "2026-03-30 00:00:01"},
            "0050030002",
        ),
        ("wms.order.query-info.page", {"startGmtCreate": NIGHT, "endGmtCreate": "2026-03-30 00:00:00"}, None),
        ("erp.allocate.search", {}, "0030000001"),
        ("erp.storage.goodsdocout.v2", {"selectFields": "recId"}, "0030000001"),
        ("ass-business.returnchange.fullinfoget", {}, "0040139996"),
        (
            "omsapi-business.refund.listrefund",
            {"gmtModifiedBegin": NIGHT, "gmtModifiedEnd": "2026-04-04 00:00:00"},
            "0040139996",
        ),
        ("erp.warehouse.get", {"pageSize": 201}, "0030000001"),
        ("erp.warehouse.get", {"pageSize": 200}, None),
        ("erp.warehouse.get", {"pageSize": 0}, "0030000001"),
        ("erp.warehouse.get", {"pageIndex": "one"}, "0030000001"),
        ("erp.warehouse.get", {"pageIndex": 10**18}, None),
        ("erp.storage.goodslist", {"maxSkuId": "9" * 30}, "0030000001"),
        ("oms.trade.fullinfoget", {"fields": "tradeNo", "tradeIds": [2**61], "tradeNo": f"JY{'9' * 30},JY-1"}, None),
    ],
)
def test_windows_sizes_and_needed_names_are_enforced(jky, method, asked, sub_code):
    answer = jky(method, **asked)

    assert (answer["code"] == 200) is (sub_code is None)
    assert sub_code is None or answer["subCode"] == sub_code


@pytest.mark.parametrize(
    ("asked", "field", "values"),
    [
        ({"tradeStatus": 9090}, "tradeStatus", {9090}),
        ({"tradeStatusList": [5010, "5020", 5030]}, "tradeStatus", {5010, 5020, 5030}),
        ({"tradeType": 9}, "tradeType", {9}),
        ({"isDelete": "1"}, "isDelete", {"1"}),
        ({"shopIds": ["1650520000000000400"]}, "shopCode", {"S0400"}),
        ({"warehouseIds": [1650510000000000002]}, "warehouseCode", {"JK02"}),
        ({"startConsignTime": "2026-03-31 00:00:00", "endConsignTime": "2026-03-31 23:59:59"}, "day", {"2026-03-31"}),
    ],
)
def test_sales_orders_are_narrowed(erp_sandbox, jky, asked, field, values):
    fields = "tradeNo,tradeStatus,tradeType,isDelete,shopCode,warehouseCode,consignTime"
    found = jky.pages("oms.trade.fullinfoget", 200, lambda data: data["trades"], fields=fields, **WEEK, **asked)

    assert {row["consignTime"][:10] if field == "day" else row[field] for row in found} == values
    assert len(found) < erp_sandbox.summary("jikeyun", "trades")["documents"]
    assert jky.data("oms.trade.countget", **WEEK, **asked) == {"totalResults": len(found)}


def test_totals_may_be_off_and_lists_may_be_an_object_or_null(jky, jky_switch):
    day = {"gmtModifiedStart": NIGHT, "gmtModifiedEnd": "2026-04-04 00:00:00", "selelctFields": "recId"}
    (one,) = jky.data("erp.storage.goodsdocout.v2", pageSize=1, **day)
    total = jky.data("erp.allocate.get")["totalCount"]
    jky_switch(totals="half", lone_rows="object")

    assert jky.data("erp.allocate.get")["totalCount"] == total // 2
    assert jky.data("erp.storage.goodsdocout.v2", pageSize=1, **day) == one
    assert jky.data("erp.storage.goodsdocout.v2", goodsdocNo="CK0", **day) is None
    assert len(jky.data("erp.storage.goodsdocout.v2", pageSize=2, **day)) == 2


def test_pages_are_fifty_from_zero_and_larger_ones_can_be_cut(jky, jky_switch):
    first = jky.data("erp.storage.goodslist")["goods"]
    assert len(first) == 50
    assert jky.data("erp.storage.goodslist", pageIndex=0, pageSize=50)["goods"] == first
    assert jky.data("erp.storage.goodslist", pageIndex=1)["goods"] != first
    jky_switch(page_size_over="clamp", same_page="erp.storage.*")
    assert len(jky.data("erp.storage.goodslist", pageSize=500)["goods"]) == 200
    assert jky.data("erp.storage.goodslist", pageIndex=1)["goods"] == first


def test_refunds_begin_with_page_one_and_count_without_rows(erp_sandbox, jky):
    method, asked = (
        "omsapi-business.refund.listrefund",
        {"memberName": "demo", "gmtCreateBegin": NIGHT, "gmtCreateEnd": "2026-04-04 00:00:00"},
    )

    def got(page, **more):
        return json.loads(jky.data(method, pageInfo={"pageIndex": page, "pageSize": 100}, **asked, **more))

    documents_held = erp_sandbox.summary("jikeyun", "refunds")["documents"]
    assert got(0) == {"count": 0, "tradeAfterOnlineDtoArr": []}
    assert len(got(1)["tradeAfterOnlineDtoArr"]) == documents_held
    assert got(1, isQueryCount=True) == {"count": documents_held, "tradeAfterOnlineDtoArr": []}
    assert jky(method, pageInfo={"pageSize": 101}, **asked)["code"] == 0


def test_values_are_mixed_as_they_really_are(jky, jky_switch):
    transfers = jky.data("erp.allocate.get", pageSize=200)["stockAllocate"]
    lines = [line for row in transfers for line in row["stockAllocateDetailViews"]]

    for rows, field in ((transfers, "gmtModified"), (transfers, "totalAmount"), (transfers, "allocateId"),
                        (lines, "skuCount"), (lines, "skuPrice")):  # fmt: skip
        assert {type(row[field]) for row in rows} > {str}, field
    assert all(int(row["allocateId"]) > 2**53 for row in transfers)
    assert {row["memo"] for row in transfers} == {"", None}
    stock = jky.data("erp.stockquantity.get", pageSize=200)["goodsStockQuantity"]
    spelt = Counter(name for row in stock for name in row if name.startswith("stockOut"))
    assert set(spelt) == {"stockOutuantity", "stockOutQuantity"}
    assert {"defectiveQuanity"} <= set(stock[0])
    order = jky.data("wms.order.query-info", pageSize=1, **DAY)[0]
    assert order["LogisticCode"] == "SF"
    rows = jky.data("erp.allocate.search", cols="planInDate", pageSize=200)
    assert isinstance(jky.data("erp.company.query"), dict)
    assert len(rows) == 200
    jky_switch(mixed=False)
    steady = jky.data("erp.allocate.get", pageSize=200)["stockAllocate"]
    assert {type(row["allocateId"]) for row in steady} == {str}
    assert {type(row["gmtModified"]) for row in steady} == {int}


def test_the_amounts_of_transfers_can_be_in_cents_and_nothing_else_changes(erp_sandbox, jky, jky_switch):
    shown = {t["number"]: t for t in erp_sandbox.show("jikeyun", "transfers")}
    trade = {**WEEK, "fields": "totalFee,payment", "pageSize": 20}
    trades = jky.data("oms.trade.fullinfoget", **trade)
    jky_switch(money="cents")

    for row in jky.data("erp.allocate.get", pageSize=200)["stockAllocate"]:
        lines = shown[row["allocateNo"]]["lines"]
        cents = [int(line["amount"].replace(".", "")) for line in lines]
        assert [int(line["totalAmount"]) for line in row["stockAllocateDetailViews"]] == cents
        assert int(row["totalAmount"]) == sum(cents)
        prices = [Decimal(str(line["skuPrice"])) for line in row["stockAllocateDetailViews"]]
        assert prices == [Decimal(line["price"]) * 100 for line in lines]
    assert jky.data("oms.trade.fullinfoget", **trade) == trades


def test_disabled_and_deleted_things_come_when_they_are_asked_for(erp_sandbox, jky):
    working = {row["warehouseCode"] for row in jky.data("erp.warehouse.get")["warehouseInfo"]}
    every = {row["warehouseCode"] for row in jky.data("erp.warehouse.get", includeDeleteAndBlockup=1)["warehouseInfo"]}
    assert working == {f"JK0{at}" for at in range(1, 6)}
    assert every == {row["number"] for row in erp_sandbox.show("jikeyun", "warehouses")} > working
    for stream, method, rows, key in (
        ("channels", "erp.sales.get", "salesChannelInfo", "channelCode"),
        ("vendors", "erp.vend.get", "vendInfo", "code"),
    ):
        found = jky.pages(method, 30, lambda data, rows=rows: data[rows])
        assert [row[key] for row in found] == [row["number"] for row in erp_sandbox.show("jikeyun", stream)]
    assert {row["warehouseName"] for row in jky.data("erp.sales.get", pageSize=200)["salesChannelInfo"]} >= {"无"}
    deleted = [row["number"] for row in erp_sandbox.show("jikeyun", "goods", status="deleted")]
    assert deleted
    asked = {"goodsNos": ",".join(deleted)}
    assert jky.data("erp.storage.goodslist", **asked)["goods"] == []
    assert {g["goodsNo"] for g in jky.data("erp.storage.goodslist", isQueryDelete="1", **asked)["goods"]} == set(
        deleted
    )
