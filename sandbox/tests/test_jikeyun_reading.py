"""What 吉客云 gives, page by page and by cursor, held against what it really holds (contract 6, 8 and 9)."""

import json
from decimal import Decimal

import pytest

ALL = {"from": "2026-03-01 00:00:00", "to": "2026-05-01 00:00:00"}
DAYS = [(f"2026-03-{day} 00:00:00", f"2026-03-{day} 23:59:59") for day in (29, 30, 31)]
DAYS.append(("2026-04-01 00:00:00", "2026-04-01 23:59:59"))
WEEK = {"startModified": "2026-03-28 00:00:00", "endModified": "2026-04-04 00:00:00"}
TRADE_FIELDS = "tradeId,tradeNo,gmtModified,payment,goodsDetail.subTradeId,goodsDetail.sellCount,goodsDetail.sellTotal"
DOC_FIELDS = {"selelctFields": "recId,goodsdocNo,inouttype,goodsDocDetailList.recId,goodsDocDetailList.quantity"}


def refunds(jky):
    """Read listrefund: pages from 1, data as a JSON text."""
    rows = []
    for page in range(1, 99):
        asked = {"memberName": "demo", "gmtModifiedBegin": ALL["from"], "gmtModifiedEnd": ALL["to"]}
        text = jky.data("omsapi-business.refund.listrefund", pageInfo={"pageIndex": page, "pageSize": 15}, **asked)
        got = json.loads(text)
        assert got["count"] == 0
        rows += got["tradeAfterOnlineDtoArr"]
        if len(got["tradeAfterOnlineDtoArr"]) < 15:
            return rows
    raise AssertionError


def scrolled(jky, size=100, **business):
    """Read sales orders by cursor, as the contract says."""
    rows, scroll = [], ""
    while True:
        asked = {**WEEK, "fields": f"{TRADE_FIELDS},scrollId", "scrollId": scroll, "pageSize": size, **business}
        got = jky.data("oms.trade.fullinfoget", **asked)
        rows += got["trades"]
        if len(got["trades"]) < size or got.get("scrollId", scroll) == scroll:
            return rows
        scroll = got["scrollId"]


def by_largest(jky, method, take, key, *, cursor, size=200, **business):
    """Read by the largest id received."""
    rows, largest = [], 0
    while True:
        got = take(jky.data(method, **{cursor: largest}, pageIndex=0, pageSize=size, **business))
        rows += got
        if len(got) < size:
            return rows
        largest = max(int(row[key]) for row in got)


def window(start, end):
    return {start: ALL["from"], end: ALL["to"]}


def documents(rows, key, lines, *names, inside=None):
    """Bring documents to id → lines: id, quantity and, where it is named, the amount."""
    found = {}
    for row in rows:
        number = str((row if inside is None else row[inside])[key])
        assert number not in found
        found[number] = sorted(
            tuple(
                str(Decimal(str(line[name])).quantize(Decimal(unit))) for name, unit in zip(names, UNITS, strict=False)
            )
            for line in row[lines]
        )
    return found


UNITS = ("1", "1", "0.01")
STREAMS = {
    "transfers": lambda jky: {
        row["allocateNo"]: sorted((line["goodsNo"], str(line["skuCount"])) for line in row["stockAllocateDetailViews"])
        for row in jky.pages(
            "erp.allocate.get", 20, lambda d: d["stockAllocate"], **window("startCreateTime", "endCreateTime")
        )
    },
    "trades": lambda jky: documents(scrolled(jky), "tradeId", "goodsDetail", "subTradeId", "sellCount", "sellTotal"),
    "stock_outs": lambda jky: documents(
        jky.pages("erp.storage.goodsdocout.v2", 150, **DOC_FIELDS, **window("gmtModifiedStart", "gmtModifiedEnd")),
        *("recId", "goodsDocDetailList", "recId", "quantity"),
    ),
    "stock_ins": lambda jky: documents(
        jky.pages("erp.goodsdocin.v2", 50, **DOC_FIELDS, **window("gmtCreateStart", "gmtCreateEnd")),
        *("recId", "goodsDocDetailList", "recId", "quantity"),
    ),
    "wms_orders": lambda jky: documents(
        (
            row
            for start, end in DAYS
            for row in jky.pages("wms.order.query-info.page", 200, startModifyTime=start, endModifyTime=end)
        ),
        *("orderNo", "goodsDetail", "detailId", "sellCount"),
    ),
    "refunds": lambda jky: documents(
        refunds(jky),
        *("id", "tradeAfterOnlineGoodsDTOList", "id", "refundCount", "refundTotal"),
        inside="tradeAfterOnlineDTO",
    ),
    "return_changes": lambda jky: documents(
        jky.pages(
            "ass-business.returnchange.fullinfoget",
            15,
            lambda d: d["returnChangeList"],
            **window("startModified", "endModified"),
        ),
        *("returnChangeId", "returnChangeGoodsDetail", "detailId", "returnCount", "returnTotal"),
    ),
    "purchases": lambda jky: documents(
        jky.pages("erp.purch.get", 20, lambda d: d["purchOrder"], **window("startModifyDate", "endModifyDate")),
        *("id", "purchOrderDetailList", "id", "quantity", "amount"),
    ),
}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_read_page_by_page_is_what_the_vendor_holds(erp_sandbox, jky, stream):
    read = STREAMS[stream](jky)
    shown = erp_sandbox.show("jikeyun", stream)

    key = "number" if stream in {"transfers", "wms_orders"} else "id"
    names = ("goods_no" if stream == "transfers" else "id", "quantity", "amount")
    columns = len(next(iter(read.values()))[0])
    assert len(read) == len(shown) > 25
    assert read == {
        document[key]: sorted(tuple(line[name] for name in names[:columns]) for line in document["lines"])
        for document in shown
    }


FLAT = {
    "transfer_lines": ("erp.allocate.search", "startCreateTime", "endCreateTime", "allocateDetailId", "goodsSkuCount"),
    "stock_outs": (
        "erp-busiorder.goodsdocout.search",
        "gmtModifiedDateStart",
        "gmtModifiedDateEnd",
        "recId",
        "quantity",
    ),
    "stock_ins": ("erp-busiorder.goodsdocin.search", "inOutDateStart", "inOutDateEnd", "recId", "quantity"),
    "purchases": ("erp.purch.search", "startDate", "endDate", "id", "quantity"),
}


@pytest.mark.parametrize("stream", FLAT)
def test_the_flat_searches_give_each_line_once(erp_sandbox, jky, stream):
    method, start, end, key, quantity = FLAT[stream]
    asked = window(start, end)

    rows = jky.pages(method, 190, cols=f"{key},{quantity},nonsense", **asked)

    shown = erp_sandbox.show("jikeyun", stream, lines=1)
    assert sorted((row[key], str(row[quantity])) for row in rows) == sorted((s["id"], s["quantity"]) for s in shown)
    assert {tuple(row) for row in rows} == {(key, quantity)}
    if method.startswith("erp-busiorder"):
        assert jky.data(f"{method}.count", **asked) == {"count": len(rows)}
        assert jky.data(method, cols=key, archived=1) == []


def test_the_old_stock_document_methods_page_with_lower_case_names(erp_sandbox, jky):
    asked = window("startDate", "endDate")
    method, take = "erp.storage.goodsdocout", lambda data: data["goodsDocList"]

    count = jky.data("erp.storage.outcount", pagesize=200, **asked)["page"]
    rows = [row for page in range(count) for row in take(jky.data(method, pageindex=page, pagesize=200, **asked))]

    shown = erp_sandbox.summary("jikeyun", "stock_outs")
    assert len({str(row["recId"]) for row in rows}) == len(rows) == shown["documents"]
    assert take(jky.data(method, pageindex=count, pagesize=200, **asked)) == []
    assert len(take(jky.data(method, pageIndex=1, pageSize=7, **asked))) == 50  # names of the newer methods: ignored


CURSORS = {
    "goods": ("erp-goods.goods.sku.search", list, "skuId", "lastMaxId", {"isQueryDelete": "1", "cols": "skuId"}),
    "bundles": ("erp-goods.goods.listgoodspackage", lambda d: d["goods"], "skuId", "maxSkuId", {}),
    "inventory": ("erp.stockquantity.get", lambda d: d["goodsStockQuantity"], "quantityId", "maxQuantityId", {}),
    "trades": ("oms.trade.fullinfoget", lambda d: d["trades"], "tradeId", "currentMaxId",
               {**WEEK, "fields": "tradeId"}),
}  # fmt: skip


@pytest.mark.parametrize("stream", CURSORS)
def test_the_largest_id_is_a_cursor(erp_sandbox, jky, stream):
    method, take, key, cursor, asked = CURSORS[stream]

    rows = by_largest(jky, method, take, key, cursor=cursor, **asked)

    shown = sorted(row["id"] for row in erp_sandbox.show("jikeyun", stream))
    assert [str(row[key]) for row in rows] == shown
    if stream in {"goods", "inventory"}:
        assert [str(row[key]) for row in take(jky.data(method, pageIndex=1, pageSize=200, **asked))] == shown[200:400]
    if stream == "goods":
        rest = jky.data("erp.storage.goodslist", pageSize=200, maxSkuId=shown[199], isQueryDelete="1")["goods"]
        assert [row["skuId"] for row in rest] == shown[200:400]
    if stream in {"bundles", "trades"}:
        assert sorted(str(row[key]) for row in jky.pages(method, 200, take, **asked)) == shown


def test_one_event_is_the_same_in_every_module_and_vendor(erp_sandbox, jky):
    stockout = next(
        s for s in erp_sandbox.show("wangdiantong", "sales_stockouts", status="110") if len(s["details"]) > 2
    )
    basket = stockout["src_order_no"].removeprefix("JY")
    fields = "tradeNo,sourceTradeNo,shopName,warehouseName,consignTime,goodsDetail.goodsNo,goodsDetail.sellTotal"

    (trade,) = jky.data("oms.trade.fullinfoget", tradeNo=f"JY{basket}", fields=fields)["trades"]
    (out,) = jky.data("erp.storage.goodsdocout.v2", billNo=f"JY{basket}", selelctFields="goodsDocDetailList")

    sold = [(d["goods_no"], d["share_amount"][:-2]) for d in stockout["details"]]
    assert [(line["goodsNo"], line["sellTotal"]) for line in trade["goodsDetail"]] == sold
    assert [line["goodsNo"] for line in out["goodsDocDetailList"]] == [goods for goods, _ in sold]
    assert (trade["sourceTradeNo"], trade["shopName"]) == (stockout["src_trade_no"], stockout["shop_name"])
    assert trade["consignTime"] == stockout["consign_time"]


def test_an_edited_transfer_stays_in_its_window_with_another_time(erp_sandbox, jky):
    shipped = next(t for t in erp_sandbox.show("jikeyun", "transfers") if t["status"] == "2" and t["out_status"] == 3)
    asked = {
        "allocateNos": shipped["number"],
        "startCreateTime": shipped["created"],
        "endCreateTime": shipped["created"],
    }
    (before,) = jky.data("erp.allocate.get", **asked)["stockAllocate"]
    edit = {"kind": shipped["kind"], "id": shipped["fact"]}

    erp_sandbox.post("jikeyun/edit", {**edit, "status": "finished", "modified": 1774999999})
    (after,) = jky.data("erp.allocate.get", **asked)["stockAllocate"]
    erp_sandbox.post(
        "jikeyun/edit", {**edit, "status": "shipped", "modified": milliseconds(before["gmtModified"]) // 1000}
    )

    assert (after["status"], after["inStatus"]) == (20, 3)
    assert milliseconds(after["gmtModified"]) == 1774999999000
    assert after["gmtCreate"] == before["gmtCreate"]
    assert {line["inCount"] for line in after["stockAllocateDetailViews"]} != {0}


def milliseconds(value):
    from datetime import datetime

    return value if isinstance(value, int) else int(datetime.fromisoformat(f"{value}+08:00").timestamp() * 1000)


def test_a_cursor_ends_with_a_short_page_and_may_expire(erp_sandbox, jky, jky_switch):
    asked = {**WEEK, "fields": "tradeNo,scrollId", "pageSize": 200}
    first = jky.data("oms.trade.fullinfoget", scrollId="", **asked)
    total = erp_sandbox.summary("jikeyun", "trades")["documents"]
    scroll = first["scrollId"]
    for _ in range(total // 200 - 1):
        scroll = jky.data("oms.trade.fullinfoget", scrollId=scroll, **asked)["scrollId"]

    last = jky.data("oms.trade.fullinfoget", scrollId=scroll, pageIndex=9, **asked)

    assert len(last["trades"]) == total % 200
    assert "scrollId" not in last
    jky_switch(scroll_end="same", scroll_seconds=60)
    assert jky.data("oms.trade.fullinfoget", scrollId=scroll, **asked)["scrollId"] == scroll
    try:
        erp_sandbox.post("clock", {"skew": 120})
        jky_switch(timestamp_minutes=0)
        assert "scrollId" in jky("oms.trade.fullinfoget", scrollId=scroll, **asked)["msg"]
    finally:
        erp_sandbox.post("clock", {"skew": 0})


def test_edits_between_pages_lose_rows_to_page_numbers_but_not_to_the_cursor(erp_sandbox, jky, jky_switch):
    held = {s["number"]: s for s in erp_sandbox.show("jikeyun", "trades")}
    times = {s["fact"]: milliseconds(s["modified"]) // 1000 for s in held.values()}
    asked = {**WEEK, "fields": "tradeNo"}
    jky_switch(live_edits=2)
    try:
        by_cursor = {row["tradeNo"] for row in scrolled(jky, fields="tradeNo,scrollId")}
        by_page = {r["tradeNo"] for r in jky.pages("oms.trade.fullinfoget", 100, lambda d: d["trades"], **asked)}
    finally:
        jky_switch(live_edits=0)
        for trade in erp_sandbox.show("jikeyun", "trades"):
            if milliseconds(trade["modified"]) // 1000 != times[trade["fact"]]:
                erp_sandbox.post(
                    "jikeyun/edit", {"kind": "sale", "id": trade["fact"], "modified": times[trade["fact"]]}
                )

    assert by_cursor == set(held)
    assert by_page < set(held)


def test_an_edit_of_goods_does_not_always_move_the_time_of_the_sku(jky):
    hours = ("2026-03-30 08:00:00", "2026-03-30 11:00:00")

    def read(what):
        times = dict(zip((f"startDateModified{what}", f"endDateModified{what}"), hours, strict=True))
        found = jky.pages("erp.storage.goodslist", 200, lambda data: data["goods"], isQueryDelete="1", **times)
        return {row["skuId"]: int(row["goodsGmtModified"]) > int(row["skuGmtModified"]) for row in found}

    by_goods, by_sku = read("Goods"), read("Sku")

    assert set(by_goods.values()) == {False, True}
    assert by_sku == {key: stale for key, stale in by_goods.items() if not stale}


def test_taobao_orders_hide_their_lines_and_stay_out_of_the_warehouse_methods(serve_sandbox, jky):
    served = serve_sandbox("--taobao-shops", "40", "--limits", "off", "--jky", "mixed=false")
    own = type(jky)(served.credentials["jikeyun"]["openapi"])
    asked = {**WEEK, "fields": "tradeNo,payment,shopTypeCode,goodsDetail.goodsNo"}

    trades = own.pages("oms.trade.fullinfoget", 200, lambda data: data["trades"], **asked)

    hidden = {trade["tradeNo"] for trade in trades if not trade["goodsDetail"]}
    assert hidden == {trade["tradeNo"] for trade in trades if trade["shopTypeCode"] == "1"}
    at_work = {
        row["erporderNo"]
        for start, end in DAYS
        for row in own.pages("wms.order.query-info.page", 200, startModifyTime=start, endModifyTime=end)
    }
    assert hidden
    assert at_work == {trade["tradeNo"] for trade in trades} - hidden
    assert len(at_work) == served.summary("jikeyun", "wms_orders")["documents"]
    served.post("jikeyun/settings", {"taobao_lines": "shown"})
    assert all(row["goodsDetail"] for row in own.data("oms.trade.fullinfoget", **asked)["trades"])


def test_archived_orders_are_in_the_other_table(erp_sandbox, jky, jky_switch):
    jky_switch(archive_before="2026-03-30 12:00:00")

    current, archived = (jky.data("oms.trade.countget", isTableSwitch=at, **WEEK)["totalResults"] for at in (1, 2))

    assert min(current, archived) > 0
    assert current + archived == erp_sandbox.summary("jikeyun", "trades")["documents"]
