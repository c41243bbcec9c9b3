"""What the lists beside sales stock-outs filter, refuse, count and leave out (contract 5, 6, 8, 9, 10)."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

WINDOW = {"start_time": "2026-03-29 00:00:00", "end_time": "2026-04-02 23:59:59"}
MODIFIED = {"modified_from": WINDOW["start_time"], "modified_to": WINDOW["end_time"]}
HOUR = {"start_time": "2026-03-30 17:00:00", "end_time": "2026-03-30 17:59:59"}
TOO_LONG = {"start_time": "2026-03-30 17:00:00", "end_time": "2026-03-30 18:00:01"}
MONTH = {"start_time": "2026-03-01 00:00:00", "end_time": "2026-03-31 00:00:01"}

REFUND_STOCKINS = "wms.stockin.Refund.queryWithDetail"
REFUNDS = "aftersales.refund.Refund.search"
TRADES = "sales.TradeQuery.queryWithDetail"
RAW_TRADES = "sales.RawTrade.search"
PURCHASES = "purchase.PurchaseOrder.queryWithDetail"
RETURNED_PURCHASES = "wms.stockout.PurchaseReturn.queryWithDetail"
TRANSFERS = "wms.stocktransfer.Manage.queryWithDetail"
TRANSFER_OUTS = "wms.stockout.Transfer.queryWithDetail"
COUNTS = "wms.StockPd.queryStockPd"
COUNT_LINES = "wms.StockPd.queryStockPdDetail"
STOCK = "wms.StockSpec.search2"
CHANGES = "wms.StockSpec.queryChangeHistory"


def rows(answer):
    assert answer.get("status", answer.get("code")) == 0, answer
    holder = answer.get("data", answer)
    return next((value for value in holder.values() if isinstance(value, list)), [])


def moment(value):
    """Return a time as text, whether it was one or milliseconds."""
    if isinstance(value, str):
        return value
    return datetime.fromtimestamp(value / 1000, timezone(timedelta(hours=8))).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        (REFUND_STOCKINS, {"stockin_no": "TR1"}, "参数中必须包含起止时间"),
        (REFUND_STOCKINS, {**WINDOW, "shop_no": "S0001"}, "shop_no"),
        (REFUND_STOCKINS, MONTH, "您的查询时间过宽,查询时间不能大于30天"),
        (REFUND_STOCKINS, {**WINDOW, "status": "[80]"}, "状态应该是由逗号分隔开的整数数组"),
        (REFUND_STOCKINS, {**WINDOW, "time_type": 3}, "time_type不合法"),
        (REFUND_STOCKINS, {**WINDOW, "shop_nos": "S9999"}, "传入店铺编号全部错误"),
        (REFUNDS, {}, "参数中必须包含起止时间"),
        (REFUNDS, WINDOW, "start_time"),
        (REFUNDS, {"modified_from": WINDOW["start_time"]}, "参数中必须包含起止时间"),
        (TRADES, TOO_LONG, "您的查询时间过宽,查询时间不能大于60分钟"),
        (TRADES, {**HOUR, "shop_nos": "S0001"}, "shop_nos"),
        (CHANGES, {"start_date": TOO_LONG["start_time"], "end_date": TOO_LONG["end_time"]}, "查询时间不能大于60分钟"),
        (TRANSFERS, {"transfer_no": "DB1"}, "参数中必须包含起止时间"),
        (TRANSFERS, {**WINDOW, "to_warehouse_no": "WH77"}, "仓库不存在"),
        (COUNTS, {}, "参数中必须包含起止时间"),
        (COUNT_LINES, {}, "pd_nomust not be null"),
        (COUNT_LINES, {"pd_no": "PD1", **WINDOW}, "start_time"),
        (STOCK, {"warehouse_no": "WH01"}, "参数中必须包含起止时间"),
        ("goods.Suite.search", {}, "参数中必须包含起止时间"),
        ("setting.Logistics.queryLogistics", WINDOW, "start_time"),
    ],
)
def test_a_flagship_call_is_refused(method, parameters, message, wdt):
    answer = wdt.flagship(method, parameters)

    assert answer["status"] == (2 if message.isidentifier() and message.isascii() else 100)
    assert message in answer["message"]


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("stockin_order_query_refund", {}, 2900),
        ("stockin_order_query_refund", MONTH, 2104),
        ("stockin_order_query_refund", {**WINDOW, "status": 77}, 2830),
        ("trade_query", TOO_LONG, 2104),
        ("trade_query", {"start_time": HOUR["start_time"]}, 2102),
        ("stock_transfer_query", {**WINDOW, "status": "40,x"}, 2830),
        ("stock_query", {"goods_no": "G1"}, 2900),
        ("stat_stock_pd_detail_query", {}, 2900),
        ("suites_query", {}, 2900),
    ],
)
def test_an_enterprise_call_is_refused(method, parameters, code, wdt):
    assert wdt.enterprise(method, **parameters)["code"] == code


@pytest.mark.parametrize(
    ("method", "parameters", "field", "kind"),
    [
        (REFUND_STOCKINS, WINDOW, "created_time", int),
        (REFUND_STOCKINS, WINDOW, "modified", str),
        (REFUND_STOCKINS, WINDOW, "shop_id", str),
        (REFUND_STOCKINS, WINDOW, "total_goods_stockin_num", str),
        (REFUND_STOCKINS, WINDOW, "details_list.defect", bool),
        (REFUND_STOCKINS, WINDOW, "details_list.stockin_num", str),
        (REFUND_STOCKINS, WINDOW, "details_list.refund_order_detail_list.stockin_num", (int, float)),
        (REFUNDS, MODIFIED, "modified", int),
        (REFUNDS, MODIFIED, "modified_date", str),
        (REFUNDS, MODIFIED, "platform_id", str),
        (TRADES, HOUR, "trade_time", int),
        (TRADES, HOUR, "pay_time", str),
        (TRADES, HOUR, "detail_list.modified", int),
        (RAW_TRADES, WINDOW, "trade_orders.modified", str),
        (PURCHASES, WINDOW, "modified", int),
        (PURCHASES, WINDOW, "detail_list.purchase_price", str),
        (PURCHASES, WINDOW, "detail_list.price", (int, float)),
        (TRANSFERS, WINDOW, "modified", int),
        (TRANSFERS, WINDOW, "modified_date", str),
        (TRANSFER_OUTS, WINDOW, "consign_time", int),
        (COUNTS, WINDOW, "modified", str),
        ("setting.PurchaseProvider.queryDetail", {}, "modified", int),
        ("setting.PurchaseProvider.queryDetail", {}, "is_disabled", bool),
        (STOCK, WINDOW, "modified", int),
    ],
)
def test_a_flagship_value_has_the_type_of_the_vendors_sample(method, parameters, field, kind, wdt):
    found = rows(wdt.flagship(method, parameters))
    for name in field.split(".")[:-1]:
        found = [line for row in found for line in row[name]]

    assert found
    assert all(type(row[field.split(".")[-1]]) in (kind if isinstance(kind, tuple) else (kind,)) for row in found)


def test_what_is_not_shipped_has_no_consign_time(wdt):
    shipped = {row["trade_status"]: "consign_time" in row for row in rows(wdt.flagship(TRADES, HOUR))}

    assert shipped[110]
    assert shipped.get(55, False) is False
    assert rows(wdt.enterprise("trade_query", **HOUR, status=95))[0]["pay_time"] > "2026"


@pytest.mark.parametrize(
    ("method", "default", "cancelled"),
    [
        ("stockin_order_query_refund", {"80"}, "10"),
        ("stockin_order_query_purchase", {"80"}, "10"),
        ("purchase_order_query", {"30", "50", "90"}, "10"),
        ("stock_transfer_query", {"40", "60", "90"}, "10"),
        ("stockout_order_query", {"95", "110"}, "5"),
    ],
)
def test_an_enterprise_list_without_a_status_shows_the_usual_ones(method, default, cancelled, wdt):
    assert {row["status"] for row in rows(wdt.enterprise(method, **WINDOW, page_size=100))} <= default
    asked = rows(wdt.enterprise(method, **WINDOW, status=cancelled, page_size=100))
    assert {row["status"] for row in asked} <= {cancelled}
    assert asked or method == "stockin_order_query_purchase"  # what came in is never cancelled here


def test_a_flagship_list_hides_what_is_cancelled_unless_asked_or_switched(wdt, switch):
    def statuses():
        return {row["status"] for row in rows(wdt.flagship(TRANSFERS, WINDOW))}

    assert statuses() == {40, 50, 90}
    switch(cancelled="shown")
    assert statuses() == {10, 40, 50, 90}


def test_a_complete_stock_in_may_belong_to_a_refund_order_that_is_not_settled(wdt):
    every = rows(wdt.flagship(REFUND_STOCKINS, {**WINDOW, "status": "10,20,30,80"}))
    complete = rows(wdt.flagship(REFUND_STOCKINS, {**WINDOW, "status": "80"}))

    assert {row["process_status"] for row in every} >= {10, 40, 80, 85, 86, 87, 90}
    assert {row["process_status"] < 80 for row in complete} == {True, False}


@pytest.mark.parametrize(
    ("method", "time_type", "field"),
    [(REFUND_STOCKINS, 0, "modified"), (REFUND_STOCKINS, 1, "check_time"), (TRADES, 2, "pay_time"),
     (TRADES, 3, "trade_time"), (RETURNED_PURCHASES, 1, "consign_time"), (RETURNED_PURCHASES, 2, "create_time")],
)  # fmt: skip
def test_the_window_is_closed_and_about_the_time_asked_for(method, time_type, field, wdt):
    window = HOUR if method == TRADES else WINDOW
    found = rows(wdt.flagship(method, {**window, "time_type": time_type}))
    at = moment(found[0][field])
    exact = rows(wdt.flagship(method, {"start_time": at, "end_time": at, "time_type": time_type}))

    assert all(window["start_time"] <= moment(row[field]) <= window["end_time"] for row in found)
    assert found[0] in exact


def test_beside_a_number_everything_else_is_ignored(wdt):
    trade = rows(wdt.enterprise("trade_query", **HOUR))[0]
    elsewhen = {"start_time": "2026-01-01 00:00:00", "end_time": "2026-01-01 00:10:00", "status": 10}
    purchase = rows(wdt.flagship(PURCHASES, WINDOW))[0]

    assert rows(wdt.enterprise("trade_query", trade_no=trade["trade_no"], **elsewhen)) == [trade]
    assert rows(wdt.flagship(PURCHASES, {"purchase_no": purchase["purchase_no"], "status": "10"})) == [purchase]


def test_refund_orders_are_found_by_settling_time_and_state(wdt):
    settled = rows(wdt.flagship(REFUNDS, {"settle_from": WINDOW["start_time"], "settle_to": WINDOW["end_time"]}))
    ninety = rows(wdt.flagship(REFUNDS, {**MODIFIED, "status": 90}))
    exchanges = rows(wdt.flagship(REFUNDS, {**MODIFIED, "type": 3}))

    assert settled
    assert all(row["settle_time"] for row in settled)
    assert {row["status"] for row in ninety} == {90}
    assert all(row["swap_order"]["swap_order_detail_list"] for row in exchanges)
    assert all("swap_order" not in row for row in rows(wdt.flagship(REFUNDS, {**MODIFIED, "type": 2})))


def test_counts_give_their_lines_by_number_as_a_bare_array(wdt, switch):
    number = rows(wdt.flagship(COUNTS, WINDOW))[0]["pd_no"]
    bare = wdt.flagship(COUNT_LINES, {"pd_no": number})
    switch(count_details="named")

    assert bare["total"] == len(bare["data"]) > 0
    assert wdt.flagship(COUNT_LINES, {"pd_no": number})["data"]["pd_detail_list"] == bare["data"]


def test_a_page_of_transfers_is_cut_where_the_vendor_cuts_it(wdt, switch):
    assert len(rows(wdt.enterprise("stock_transfer_query", **WINDOW, page_size=100))) == 30
    switch(page_size_over="error")
    assert wdt.enterprise("stock_transfer_query", **WINDOW, page_size=100)["code"] == 2220
    assert len(rows(wdt.flagship(STOCK, WINDOW, page_size=1000))) == 1000


def test_stock_is_found_by_warehouse_only_if_it_changed_within_the_hour(wdt):
    assert rows(wdt.enterprise("stock_query", warehouse_no="WH01")) == []
    one = rows(wdt.enterprise("stock_query", **WINDOW, warehouse_no="WH01", page_size=1))[0]
    assert one in rows(wdt.enterprise("stock_query", spec_no=one["spec_no"]))
    mask = rows(wdt.flagship(STOCK, {"spec_nos": [one["spec_no"]], "mask": 3}))
    assert {"cost_price", "today_num"} <= mask[0].keys()


def test_all_stock_is_given_at_night_only(wdt, switch, erp_sandbox):
    switch(full_stock="always")
    assert (
        wdt.enterprise("vip_stock_query_all")["total_count"]
        == erp_sandbox.summary("wangdiantong", "stock")["documents"]
    )
    switch(full_stock="night")
    now = erp_sandbox.get("clock")["now"]
    refused = wdt.enterprise("vip_stock_query_all")["code"] != 0
    assert refused is (now[11:13] >= "02")


def test_the_gateway_may_ignore_unknown_names(wdt, switch):
    pager = {"page_no": 1, "page_size": 10}
    params = {**WINDOW, "shop_no": "S0001"}
    gateway = "wdt.wms.stockin.refund.querywithdetail"

    assert wdt.qimen_flagship(gateway, params, pager)["response"]["status"] == 2
    switch(qimen_unknown="ignore")
    assert wdt.qimen_flagship(gateway, params, pager)["response"]["status"] == 0


def test_history_methods_hold_what_is_older_than_the_cut_off(wdt, switch):
    numbers = {row["order_no"] for row in rows(wdt.flagship(REFUND_STOCKINS, WINDOW))}
    switch(history_before="2026-03-31 00:00:00")
    now = {row["order_no"] for row in rows(wdt.flagship(REFUND_STOCKINS, WINDOW))}
    then = {row["order_no"] for row in rows(wdt.flagship("wms.stockin.Refund.queryHisWithDetail", WINDOW))}

    assert now
    assert then
    assert now | then == numbers
    assert not now & then


@pytest.mark.usefixtures("edits")
@pytest.mark.parametrize(("method", "key"), [(REFUND_STOCKINS, "stockin_id"), (COUNTS, "rec_id")])
def test_rows_that_nobody_edited_slide_away_front_to_back_only(method, key, wdt, switch):
    window = {**WINDOW, "status": "80"} if method == REFUND_STOCKINS else WINDOW

    def keys(**paging):
        return {row[key] for row in rows(wdt.flagship(method, window, **paging))}

    pages = range(-(-len(keys()) // 10))
    assert len(pages) > 1
    switch(live_edits=2)

    backwards = set().union(*(keys(page_no=page, page_size=10) for page in reversed(pages)))
    switch(live_edits=0)
    assert keys() <= backwards
    switch(live_edits=2)
    forwards = set().union(*(keys(page_no=page, page_size=10) for page in pages))
    switch(live_edits=0)
    assert keys() - forwards


def test_a_document_is_edited_and_put_back(edits, erp_sandbox):
    before = next(d for d in erp_sandbox.show("wangdiantong", "transfers") if d["status"] == 60)
    edits("edit-document", {"kind": "transfer", "id": before["id"], "status": "finished", "remark": "补录"})

    (after,) = erp_sandbox.show("wangdiantong", "transfers", number=before["number"])
    assert (after["status"], after["remark"]) == (90, "补录")
    assert after["modified"] > before["modified"]
    erp_sandbox.post("reset?what=wangdiantong-edits")
    assert erp_sandbox.show("wangdiantong", "transfers", number=before["number"]) == [before]


def test_taobao_refunds_and_trades_come_through_the_gateway_only(serve_sandbox, clients):
    served = serve_sandbox("--limits", "off", "--taobao-shops", "60", days=2)
    wdt = clients(served)
    for method, gateway, window in (
        (REFUND_STOCKINS, "wdt.wms.stockin.refund.querywithdetail", WINDOW),
        (REFUNDS, "wdt.aftersales.refund.refund.search", MODIFIED),
        (TRADES, "wdt.sales.tradequery.querywithdetail", HOUR),
    ):  # fmt: skip
        direct = rows(wdt.flagship(method, window))
        pager = {"page_no": 1, "page_size": 200}
        every = rows(wdt.qimen_flagship(gateway, window, pager)["response"])
        served.post("wangdiantong/settings", {"qimen_rows": "taobao"})
        taobao = rows(wdt.qimen_flagship(gateway, window, pager)["response"])
        served.post("wangdiantong/settings", {"qimen_rows": "all"})

        assert direct
        assert taobao
        assert {row["shop_platform_id"] for row in direct} == {127}
        assert all(not row.get("customer_name") for row in taobao)
        assert sorted(map(str, direct + taobao)) == sorted(map(str, every))


def test_what_was_sold_is_what_left_the_warehouse(erp_sandbox):
    trades = erp_sandbox.summary("wangdiantong", "trades")
    stockouts = erp_sandbox.summary("wangdiantong", "sales_stockouts")
    returned = erp_sandbox.summary("wangdiantong", "refund_stockins")

    assert {name: trades[name] for name in ("documents", "lines", "quantity")} == {
        name: stockouts[name] for name in ("documents", "lines", "quantity")
    }
    assert Decimal(0) < Decimal(returned["amount"]) < Decimal(trades["amount"])


@pytest.mark.parametrize(
    ("method", "window", "name", "field"),
    [
        (REFUND_STOCKINS, WINDOW, "refund_no", "refund_no"),
        (REFUND_STOCKINS, WINDOW, "warehouse_no", "warehouse_no"),
        (REFUND_STOCKINS, WINDOW, "shop_nos", "shop_no"),
        (REFUNDS, MODIFIED, "tid", "tid_list"),
        (TRADES, HOUR, "shop_no", "shop_no"),
        (PURCHASES, WINDOW, "provider_no", "provider_no"),
        (TRANSFERS, WINDOW, "to_warehouse_no", "to_warehouse_no"),
        (TRANSFER_OUTS, WINDOW, "src_order_no", "src_order_no"),
        ("wms.stockin.Transfer.queryWithDetail", WINDOW, "warehouse_no", "to_warehouse_no"),
        (COUNTS, WINDOW, "pd_no", "pd_no"),
        (CHANGES, {"start_date": HOUR["start_time"], "end_date": HOUR["end_time"]}, "spec_no", "spec_no"),
        ("goods.Suite.search", WINDOW, "suite_no", "suite_no"),
        ("setting.PurchaseProvider.queryDetail", {}, "provider_name", "provider_name"),
    ],
)
def test_a_parameter_narrows_a_list_to_the_rows_it_names(method, window, name, field, wdt):
    everything = rows(wdt.flagship(method, window, page_size=200))
    wanted = everything[0][field]

    narrowed = rows(wdt.flagship(method, {**window, name: wanted}, page_size=200))

    among = [row for row in everything if row[field] == wanted]
    assert narrowed[: len(among)] == among
    assert {row[field] for row in narrowed} == {wanted}


def test_an_enterprise_list_is_narrowed_by_type_carrier_and_goods(wdt, erp_sandbox):
    stockouts = rows(wdt.enterprise("stockout_order_query", **WINDOW, order_type=7, page_size=100))
    without = rows(wdt.enterprise("trade_query", **HOUR, has_logistics_no=2, page_size=100))
    counted = erp_sandbox.show("wangdiantong", "stock_counts")[0]
    found = rows(wdt.flagship(COUNTS, {**WINDOW, "spec_no": counted["lines"][0]["spec_no"]}))

    assert {row["order_type"] for row in stockouts} == {"7"}
    assert all(row["logistics_no"] == "" for row in without)
    assert counted["number"] in {row["pd_no"] for row in found}
    assert len(found) < len(rows(wdt.flagship(COUNTS, WINDOW)))
    assert rows(wdt.enterprise("stockin_order_query", **WINDOW, outer_no="X1")) == []
