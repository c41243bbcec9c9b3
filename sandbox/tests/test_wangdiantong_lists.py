"""Every list beside sales stock-outs, in each dialect, against what the ERP really holds (contract 8.E2 to 8.F25)."""

from decimal import Decimal
from typing import Any, NamedTuple

import pytest

WINDOW = {"start_time": "2026-03-29 00:00:00", "end_time": "2026-04-02 23:59:59"}
HOUR = {"start_time": "2026-03-30 17:00:00", "end_time": "2026-03-30 17:59:59"}
MODIFIED = {"modified_from": WINDOW["start_time"], "modified_to": WINDOW["end_time"]}
CHANGED = {"start_date": HOUR["start_time"], "end_date": HOUR["end_time"]}
ALL_STOCKINS = {**WINDOW, "status": "10,20,30,80"}
ALL_PURCHASES = {**WINDOW, "status": "10,30,50,90"}
BY_MODIFIED = {**WINDOW, "time_type": 3}


class List(NamedTuple):
    """What an answer's row calls its key, its number, its lines, and an amount or a quantity of it."""

    stream: str
    key: str
    number: str
    lines: str
    amount: str
    parameters: dict[str, Any] = WINDOW
    hour: str = ""  # the time that an hour's window is about


ENTERPRISE = {
    "stockin_order_query_refund": List(
        "refund_stockins", "stockin_id", "order_no", "details_list", "goods_amount", ALL_STOCKINS
    ),
    "refund_query": List("refunds", "refund_id", "refund_no", "refund_order_list", "refund_amount"),
    "trade_query": List("trades", "trade_id", "trade_no", "goods_list", "receivable", HOUR, "modified"),
    "stockin_order_query_purchase": List(
        "purchase_stockins", "stockin_id", "order_no", "details_list", "", ALL_STOCKINS
    ),
    "purchase_order_query": List(
        "purchase_orders", "purchase_id", "purchase_no", "details_list", "goods_fee", ALL_PURCHASES
    ),
    "stockout_order_query_return": List(
        "purchase_return_stockouts", "stockout_id", "order_no", "details_list", "goods_total_amount"
    ),
    "stockin_order_query": List("stockins", "stockin_id", "order_no", "details_list", "total_price", ALL_STOCKINS),
    "stockout_order_query": List(
        "stockouts",
        "stockout_id",
        "order_no",
        "details_list",
        "goods_total_amount",
        {**HOUR, "status": "5,50,55,95,110,113"},
        "modified",
    ),
    "stock_transfer_query": List(
        "transfers", "transfer_id", "transfer_no", "details_list", "", {**WINDOW, "status": "10,40,60,90"}
    ),
    "stock_pd_order_query": List("stock_counts", "rec_id", "pd_no", "", ""),
    "stat_stock_pd_detail_query": List("stock_count_details", "rec_id", "pd_no", "", "new_num"),
    "suites_query": List("suites", "suite_id", "suite_no", "", "retail_price"),
    "purchase_provider_query": List("suppliers", "provider_id", "provider_no", "", "", {"is_deleted": 1}),
    "logistics": List("logistics", "logistics_id", "logistics_code", "", "", {}),
    "stock_query": List("stock", "rec_id", "spec_no", "", "stock_num", HOUR, "modified"),
}
FLAGSHIP = {
    "wms.stockin.Refund.queryWithDetail": List(
        "refund_stockins", "stockin_id", "order_no", "details_list", "refund_amount", ALL_STOCKINS
    ),
    "aftersales.refund.Refund.search": List(
        "refunds", "refund_id", "refund_no", "detail_list", "return_goods_amount", MODIFIED
    ),
    "sales.TradeQuery.queryWithDetail": List(
        "trades", "trade_id", "trade_no", "detail_list", "receivable", HOUR, "modified"
    ),
    "sales.RawTrade.search": List("raw_trades", "rec_id", "tid", "trade_orders", "receivable", HOUR, "modified"),
    "wms.stockin.Purchase.queryWithDetail": List(
        "purchase_stockins", "stockin_id", "order_no", "details_list", "goods_amount", ALL_STOCKINS
    ),
    "purchase.PurchaseOrder.queryWithDetail": List(
        "purchase_orders", "purchase_id", "purchase_no", "detail_list", "goods_fee", ALL_PURCHASES
    ),
    "wms.stockout.PurchaseReturn.queryWithDetail": List(
        "purchase_return_stockouts", "stockout_id", "order_no", "details_list", "goods_total_amount", BY_MODIFIED
    ),
    "wms.stockin.Other.queryWithDetail": List(
        "other_stockins", "stockin_id", "order_no", "detail_list", "total_cost", ALL_STOCKINS
    ),
    "wms.stockout.OtherQuery.queryWithDetail": List(
        "other_stockouts", "stockout_id", "order_no", "detail_list", "goods_total_amount", BY_MODIFIED
    ),
    "wms.stocktransfer.Manage.queryWithDetail": List(
        "transfers", "transfer_id", "transfer_no", "details_list", "", {**WINDOW, "status": "10,40,50,90"}
    ),
    "wms.stockin.Transfer.queryWithDetail": List(
        "transfer_stockins", "stockin_id", "order_no", "detail_list", "total_price"
    ),
    "wms.stockout.Transfer.queryWithDetail": List(
        "transfer_stockouts", "stockout_id", "order_no", "detail_list", "goods_total_amount"
    ),
    "wms.StockPd.queryStockPd": List("stock_counts", "rec_id", "pd_no", "", ""),
    "wms.StockPd.queryStockPdInDetail": List(
        "count_stockins", "stockin_id", "order_no", "detail_list", "total_price", ALL_STOCKINS
    ),
    "wms.StockPd.queryStockPdOutDetail": List(
        "count_stockouts", "stockout_id", "order_no", "detail_list", "goods_total_cost"
    ),
    "goods.Suite.search": List("suites", "suite_id", "suite_no", "detail_list", "retail_price"),
    "setting.PurchaseProvider.queryDetail": List("suppliers", "provider_id", "provider_no", "", "", {}),
    "setting.Logistics.queryLogistics": List(
        "logistics", "logistics_id", "logistics_no", "", "", {"hide_delete": False}
    ),
    "wms.StockSpec.search2": List("stock", "rec_id", "spec_no", "", "stock_num", HOUR, "modified"),
    "wms.StockSpec.queryChangeHistory": List("stock_changes", "", "stockio_no", "", "num", CHANGED, "created"),
}
LEFT_OUT = {
    "suites": lambda row: row["deleted"],
    "stockouts": lambda row: row["status"] == 105,  # 企业版's list of all types has no 部分打款
    "transfer_stockouts": lambda row: row["done"] is None,  # filtered on the consign time
    "count_stockouts": lambda row: row["status"] == 5,
}


def unwrapped(answer):
    """Return rows and total of any dialect's answer."""
    answer = answer.get("response", answer)
    assert answer.get("code", answer.get("errorcode", answer.get("status"))) == 0, answer
    holder = answer.get("data", answer)
    if isinstance(holder, list):
        return holder, answer.get("total")
    rows = next((value for value in holder.values() if isinstance(value, list)), [])
    return rows, holder.get("total_count")


def reading(fetch, *, first=0):
    """Read every page, the last one first."""
    rows, total = unwrapped(fetch(first))
    if total is None or total <= len(rows) or not rows:
        return rows
    size = len(rows)
    return rows + [row for page in range(-(-total // size) - 1, 0, -1) for row in unwrapped(fetch(first + page))[0]]


def held(erp_sandbox, declared):
    rows = erp_sandbox.show("wangdiantong", declared.stream)
    if declared.hour:
        rows = [row for row in rows if HOUR["start_time"] <= row[declared.hour] <= HOUR["end_time"]]
    rows = [row for row in rows if not LEFT_OUT.get(declared.stream, lambda _row: False)(row)]
    assert rows
    amount = next((name for name in ("stock", "change", "new_num", "amount", "retail_price") if name in rows[0]), "")
    return sorted(
        (
            str(row["id"]) if declared.key else "",
            row["number"],
            Decimal(row[amount]) if declared.amount else 0,
            tuple((str(line["rec_id"]), Decimal(line["num"])) for line in row["lines"]) if declared.lines else (),
        )
        for row in rows
    )


def read(rows, declared):
    """Return what is compared: key, number, amount, and the keys and quantities of the lines."""
    return sorted(
        (
            str(row[declared.key]) if declared.key else "",
            row[declared.number],
            Decimal(str(row[declared.amount])) if declared.amount else 0,
            tuple(line_of(line) for line in row.get(declared.lines, ())),
        )
        for row in rows
    )


def line_of(line):
    quantity = next(line[name] for name in ("num", "order_num", "goods_count") if name in line)
    return str(line.get("rec_id", line.get("order_id"))), Decimal(str(quantity))


@pytest.mark.parametrize("method", ENTERPRISE)
def test_an_enterprise_list_gives_what_is_held_on_both_ways(method, wdt, erp_sandbox):
    declared = ENTERPRISE[method]
    gateway = "wdt." + method.replace("_", ".") + (".query" if method == "logistics" else "")
    size = 30 if method == "stock_transfer_query" else 100

    direct = reading(lambda page: wdt.enterprise(method, **declared.parameters, page_no=page, page_size=size))
    qimen = reading(lambda page: wdt.qimen(gateway, **declared.parameters, page_no=page, page_size=size))

    assert read(direct, declared) == held(erp_sandbox, declared)
    assert read(qimen, declared) == read(direct, declared)
    flat = [value for row in direct for value in row.values() if not isinstance(value, list)]
    assert all(isinstance(value, str) for value in flat)  # 企业版 writes texts (contract 9.1)
    assert isinstance(qimen[0][declared.key], int)


@pytest.mark.parametrize("method", FLAGSHIP)
def test_a_flagship_list_gives_what_is_held_on_both_ways(method, wdt, erp_sandbox):
    declared = FLAGSHIP[method]
    size = 1000 if method == "wms.StockSpec.search2" else 200
    gateway = f"wdt.{method.lower()}"

    direct = reading(lambda page: wdt.flagship(method, declared.parameters, page_no=page, page_size=size))
    qimen = reading(
        lambda page: wdt.qimen_flagship(gateway, declared.parameters, {"page_no": page, "page_size": size}), first=1
    )

    assert read(direct, declared) == held(erp_sandbox, declared)
    assert qimen == direct
