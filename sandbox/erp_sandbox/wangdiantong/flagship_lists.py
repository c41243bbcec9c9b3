"""旗舰版 lists that are told from facts, declared (contract 8.F2 to 8.F17). To add one, write one more row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.wangdiantong import aftersales, movements, purchases, trades
from erp_sandbox.wangdiantong.listing import CREATED, MODIFIED, NOT_HERE, FactRows, Number, Source, Time, happened
from erp_sandbox.wangdiantong.query import FLAG, LIST, NUMBER, STATUSES, TEXT, Endpoint, Range

if TYPE_CHECKING:
    from erp_sandbox.wangdiantong.query import Check

MINUTES_60 = 60 * 60
DAYS_30 = 30 * 86_400
REFUND_STATUS = {"cancelled": 10, "created": 20, "received": 40, "finished": 90}
MOVED = happened("finished")
NEVER: frozenset[str] = frozenset()
"""No number makes times unnecessary."""


def _endpoint(name: str, rows: FactRows, parameters: dict[str, Check], **more: Any) -> Endpoint:
    """Declare a list with the windows and the key that most have."""
    declared: dict[str, Any] = {
        "list_key": "order",
        "longest": DAYS_30,
        "instead_of_times": frozenset(rows.numbers),
        **more,
    }
    return Endpoint(name=name, qimen_name=f"wdt.{name.lower()}", rows=rows, parameters=parameters, **declared)


REFUND_STOCKINS = FactRows(
    section="refund_stockins",
    sources=(Source("return", aftersales.refund_stockin, aftersales.STOCKIN_STATUS, shops=True),),
    times={0: MODIFIED, 1: happened(*sorted(aftersales.RECEIVED))},
    numbers={"stockin_no": Number("TR"), "refund_no": Number("TK")},
    hidden=(10,),
)
REFUND_STOCKIN_PARAMETERS = {
    "warehouse_no": TEXT, "stockin_no": TEXT, "refund_no": TEXT, "shop_nos": LIST, "status": STATUSES,
    "time_type": NUMBER, "is_slave": FLAG, "need_sn": FLAG, "need_summary": FLAG, "need_gov_subsidy_info": FLAG,
}  # fmt: skip
REFUNDS = FactRows(
    section="refunds",
    sources=(Source("return", aftersales.refund, REFUND_STATUS, shops=True),),
    times={
        "": MODIFIED,
        "modified": MODIFIED,
        "settle": happened("finished", later=aftersales.SETTLED_AFTER_SECONDS),
        "agree": Time("created", aftersales.CHECKED_AFTER_SECONDS, aftersales.RECEIVED),
        "timeout": happened("finished", later=aftersales.SETTLED_AFTER_SECONDS),
    },
    numbers={
        "refund_no": Number("TK"), "raw_refund_nos": Number("TK"), "return_logistics_no": NOT_HERE,
        "tid": Number("T", "baskets"), "trade_no": Number("JY", "baskets"),
    },
    equal={"status": "flag_status", "stockin_status": "stockin_status", "type": "type", "buyer_nick": "nick",
           "rr_status": "platform_status"},
    warehouses={"return_warehouse_nos": "warehouse"},
)  # fmt: skip
REFUND_PARAMETERS = {
    "shop_nos": LIST, "tid": TEXT, "buyer_nick": TEXT, "trade_no": TEXT, "refund_no": TEXT,
    "return_logistics_no": TEXT, "status": NUMBER, "stockin_status": NUMBER, "return_warehouse_nos": LIST,
    "type": NUMBER, "fuzzy_query": FLAG, "return_mask_manual_intercept": FLAG, "refund_mask_reject_return": FLAG,
    "order_type": NUMBER, "rr_status": NUMBER, "need_gov_subsidy_info": FLAG, "raw_refund_nos": TEXT,
}  # fmt: skip
REFUND_RANGES = (
    Range("modified_from", "modified_to", "modified"),
    Range("settle_from", "settle_to", "settle"),
    Range("agree_from", "agree_to", "agree"),
    Range("current_phase_timeout_from", "current_phase_timeout_to", "timeout"),
)
TRADES = FactRows(
    section="trades",
    sources=(Source("sale", trades.trade, trades.FLAGSHIP_STATUS, shops=True),),
    times={
        1: MODIFIED,
        2: Time("happened", trades.PAID_LATER_SECONDS),
        3: Time("happened", trades.ORDERED_LATER_SECONDS),
    },
    numbers={
        "trade_no": Number("JY", "baskets"), "src_tid": Number("T", "baskets"), "logistics_no": Number("SF", "baskets"),
    },
    newest_first=1,
)  # fmt: skip
TRADE_PARAMETERS = {
    "warehouse_no": TEXT, "status": STATUSES, "trade_no": TEXT, "shop_no": TEXT, "logistics_no": TEXT, "src_tid": TEXT,
    "is_slave": FLAG, "cal_share_post_amount": FLAG, "trade_from": TEXT, "order_type": NUMBER, "time_type": NUMBER,
    "need_gift_relation": FLAG, "accurate_query": FLAG, "cut_logistics_no": FLAG,
}  # fmt: skip
RAW_TRADES = FactRows(
    section="raw_trades",
    sources=(Source("sale", trades.raw_trade, trades.FLAGSHIP_STATUS, shops=True),),
    numbers={"tid": Number("T", "baskets")},
)
RAW_TRADE_PARAMETERS = {"tid": TEXT, "shop_no": TEXT, "is_slave": FLAG, "detail_mask": NUMBER}

ENDPOINTS = (
    _endpoint("wms.stockin.Refund.queryWithDetail", REFUND_STOCKINS, REFUND_STOCKIN_PARAMETERS, instead_of_times=NEVER),
    _endpoint(
        "wms.stockin.Refund.queryHisWithDetail", REFUND_STOCKINS, REFUND_STOCKIN_PARAMETERS, instead_of_times=NEVER,
        history=True,
    ),
    _endpoint(
        "aftersales.refund.Refund.search", REFUNDS, REFUND_PARAMETERS, instead_of_times=NEVER, ranges=REFUND_RANGES
    ),
    _endpoint("sales.TradeQuery.queryWithDetail", TRADES, TRADE_PARAMETERS, longest=MINUTES_60),
    _endpoint(
        "sales.TradeQuery.queryHistoryWithDetail", TRADES, TRADE_PARAMETERS, longest=MINUTES_60, history=True
    ),
    _endpoint("sales.RawTrade.search", RAW_TRADES, RAW_TRADE_PARAMETERS),
    _endpoint("sales.RawTrade.searchHistory", RAW_TRADES, RAW_TRADE_PARAMETERS, history=True),
    _endpoint(
        "wms.stockin.Purchase.queryWithDetail",
        FactRows(
            section="purchase_stockins",
            sources=(Source("purchase_in", purchases.stockin, purchases.STOCKIN_STATUS),),
            numbers={"stockin_no": Number("RK"), "purchase_no": Number("CG", "references")},
            hidden=(10,),
        ),
        {"status": STATUSES, "warehouse_no": TEXT, "stockin_no": TEXT, "purchase_no": TEXT},
        instead_of_times=NEVER,
    ),
    _endpoint(
        "purchase.PurchaseOrder.queryWithDetail",
        FactRows(
            section="purchase_orders",
            sources=(Source("purchase", purchases.order, purchases.ORDER_STATUS),),
            numbers={"purchase_no": Number("CG")},
            equal={"provider_no": "provider_no", "stockin_status": "stockin_status"},
            warehouses={"expect_warehouse_no": "warehouse", "receive_warehouse_no": "warehouse"},
            hidden=(10,),
        ),
        {"purchase_no": TEXT, "provider_no": TEXT, "expect_warehouse_no": TEXT, "receive_warehouse_no": TEXT,
         "stockin_status": NUMBER, "status": STATUSES, "fuzzy_query": FLAG},
        alone=frozenset({"purchase_no"}),
    ),
    _endpoint(
        "wms.stockout.PurchaseReturn.queryWithDetail",
        FactRows(
            section="purchase_return_stockouts",
            sources=(Source("purchase_return", purchases.stockout, purchases.STOCKOUT_STATUS),),
            times={1: MOVED, 2: CREATED, 3: MODIFIED},
            numbers={"stockout_no": Number("CT"), "src_order_no": Number("TH")},
            hidden=(5,),
        ),
        {"time_type": NUMBER, "warehouse_no": TEXT, "stockout_no": TEXT, "src_order_no": TEXT, "status": STATUSES},
    ),
    _endpoint(
        "wms.stockin.Other.queryWithDetail",
        FactRows(
            section="other_stockins",
            sources=(Source("other_in", movements.other_in, movements.STOCKIN_STATUS),),
            numbers={"stockin_no": Number("QTRK"), "other_stockin_no": Number("QR"),
                     "wms_stock_change_no": NOT_HERE},
            equal={"reason_name": "reason"},
            hidden=(10,),
        ),
        {"status": STATUSES, "warehouse_no": TEXT, "stockin_no": TEXT, "other_stockin_no": TEXT, "reason_name": TEXT,
         "wms_stock_change_no": TEXT},
        instead_of_times=NEVER,
    ),
    _endpoint(
        "wms.stockout.OtherQuery.queryWithDetail",
        FactRows(
            section="other_stockouts",
            sources=(Source("other_out", movements.other_out, movements.OTHER_OUT_STATUS),),
            times={1: MOVED, 2: CREATED, 3: MODIFIED},
            numbers={"stockout_no": Number("QTCK"), "src_order_no": Number("QC")},
            equal={"reason_name": "reason"},
        ),
        {"time_type": NUMBER, "warehouse_no": TEXT, "src_order_no": TEXT, "stockout_no": TEXT, "status": NUMBER,
         "reason_name": TEXT},
        instead_of_times=NEVER,
    ),
    _endpoint(
        "wms.stocktransfer.Manage.queryWithDetail",
        FactRows(
            section="transfers",
            sources=(Source("transfer", movements.transfer, movements.FLAGSHIP_TRANSFER_STATUS),),
            numbers={"transfer_no": Number("DB")},
            warehouses={"from_warehouse_no": "warehouse", "to_warehouse_no": "to_warehouse"},
            hidden=(10,),
        ),
        {"from_warehouse_no": TEXT, "to_warehouse_no": TEXT, "transfer_no": TEXT, "status": STATUSES,
         "fuzzy_query": FLAG},
        instead_of_times=NEVER,
    ),
    _endpoint(
        "wms.stockin.Transfer.queryWithDetail",
        FactRows(
            section="transfer_stockins",
            sources=(Source("transfer", movements.transfer_in, movements.TRANSFER_IN_STATUS, receiving=True),),
            numbers={"stockin_no": Number("DR"), "transfer_no": Number("DB")},
        ),
        {"status": STATUSES, "warehouse_no": TEXT, "stockin_no": TEXT, "transfer_no": TEXT},
        instead_of_times=NEVER,
    ),
    _endpoint(
        "wms.stockout.Transfer.queryWithDetail",
        FactRows(
            section="transfer_stockouts",
            sources=(Source("transfer", movements.transfer_out, movements.TRANSFER_OUT_STATUS),),
            times={"": happened("shipped", "finished")},
            numbers={"src_order_no": Number("DB"), "stockout_no": Number("DC")},
            hidden=(5,),
        ),
        {"warehouse_no": TEXT, "src_order_no": TEXT, "stockout_no": TEXT, "position": NUMBER, "status": STATUSES},
    ),
    _endpoint(
        "wms.StockPd.queryStockPd",
        FactRows(
            section="stock_counts",
            sources=(Source("count", movements.count, movements.COUNT_STATUS),),
            numbers={"pd_no": Number("PD")},
            equal={"employee_no": "creator"},
        ),
        {"warehouse_no": TEXT, "pd_no": TEXT, "spec_no": TEXT, "goods_no": TEXT, "status": NUMBER,
         "employee_no": TEXT},
        list_key="pd_list",
        instead_of_times=NEVER,
    ),
    _endpoint(
        "wms.StockPd.queryStockPdDetail",
        FactRows(
            section="stock_count_details",
            sources=(Source("count", movements.count_details, movements.COUNT_STATUS),),
            numbers={"pd_no": Number("PD")},
            flat=True,
        ),
        {"pd_no": TEXT},
        list_key="pd_detail_list",
        longest=None,
        required=("pd_no",),
        bare=True,
    ),
    _endpoint(
        "wms.StockPd.queryStockPdInDetail",
        FactRows(
            section="count_stockins",
            sources=(Source("count", movements.count_in, movements.STOCKIN_STATUS, keep=movements.gained),),
            times={1: MODIFIED, 2: MOVED},
            numbers={"stockin_no": Number("PYRK"), "src_order_no": Number("PD")},
            hidden=(10,),
        ),
        {"time_type": NUMBER, "status": STATUSES, "warehouse_no": TEXT, "stockin_no": TEXT, "src_order_no": TEXT},
        instead_of_times=NEVER,
    ),
    _endpoint(
        "wms.StockPd.queryStockPdOutDetail",
        FactRows(
            section="count_stockouts",
            sources=(Source("count", movements.count_out, movements.COUNT_OUT_STATUS, keep=movements.lost),),
            times={1: MODIFIED, 2: MOVED},
            numbers={"stockout_no": Number("PKCK"), "src_order_no": Number("PD")},
        ),
        {"time_type": NUMBER, "warehouse_no": TEXT, "stockout_no": TEXT, "src_order_no": TEXT, "status": STATUSES},
        instead_of_times=NEVER,
    ),
)  # fmt: skip
