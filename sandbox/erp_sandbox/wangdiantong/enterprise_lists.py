"""企业版 lists that are told from facts, declared (contract 8.E2 to 8.E9). To add one, write one more row."""

from __future__ import annotations

from erp_sandbox.wangdiantong import aftersales, movements, purchases, trades
from erp_sandbox.wangdiantong.listing import CREATED, MODIFIED, NOT_HERE, FactRows, Number, Source, happened
from erp_sandbox.wangdiantong.query import FLAG, LIST, NUMBER, STATUSES, TEXT, Check, Endpoint, read_integer

MINUTES_60 = 60 * 60
DAYS_30 = 30 * 86_400

STOCKIN_CODES = (10, 20, 25, 30, 60, 80)
STOCKOUT_CODES = (5, 50, 55, 95, 110, 113)
PROCESS_CODES = (5, 10, 20, 30, 40, 50, 60, 63, 64, 65, 69, 70, 71, 80, 90)
TRADE_CODES = (5, 10, 12, 13, 15, 16, 19, 20, 21, 22, 25, 27, 30, 35, 40, 45, 50, 53, 55, 95, 105, 110, 113)
PURCHASE_CODES = (10, 20, 30, 35, 40, 43, 45, 48, 50, 60, 70, 80, 90)
TRANSFER_CODES = (10, 20, 30, 40, 42, 44, 46, 50, 60, 62, 64, 66, 70, 80, 90)


def _stockin(number: str, source: str, narrows: str = "ids") -> dict[str, Number]:
    return {"stockin_no": Number(number), "src_order_no": Number(source, narrows)}


def _stockout(number: str, source: str) -> dict[str, Number]:
    return {"stockout_no": Number(number), "src_order_no": Number(source)}


STOCKINS = (
    Source("purchase_in", purchases.stockin, purchases.STOCKIN_STATUS, order_type=1,
           numbers=_stockin("RK", "CG", "references")),
    Source("transfer", movements.transfer_in, movements.TRANSFER_IN_STATUS, order_type=2,
           later=movements.TRAVELS_SECONDS, receiving=True, numbers=_stockin("DR", "DB")),
    Source("return", aftersales.refund_stockin, aftersales.STOCKIN_STATUS, order_type=3, shops=True,
           numbers=_stockin("TR", "TK")),
    Source("count", movements.count_in, movements.STOCKIN_STATUS, order_type=4, keep=movements.gained,
           numbers=_stockin("PYRK", "PD")),
    Source("other_in", movements.other_in, movements.STOCKIN_STATUS, order_type=6, numbers=_stockin("QTRK", "QR")),
)  # fmt: skip
STOCKOUTS = (
    Source("sale", trades.stockout, trades.STATUS, order_type=1, shops=True,
           numbers={"stockout_no": Number("CK", "baskets"), "src_order_no": Number("JY", "baskets")}),
    Source("transfer", movements.transfer_out, movements.TRANSFER_OUT_STATUS, order_type=2,
           numbers=_stockout("DC", "DB")),
    Source("purchase_return", purchases.stockout, purchases.STOCKOUT_STATUS, order_type=3,
           numbers=_stockout("CT", "TH")),
    Source("count", movements.count_out, movements.STOCKOUT_STATUS, order_type=4, keep=movements.lost,
           numbers=_stockout("PKCK", "PD")),
    Source("other_out", movements.other_out, movements.STOCKOUT_STATUS, order_type=7, numbers=_stockout("QTCK", "QC")),
)  # fmt: skip
PURCHASE_INS, RETURNS = STOCKINS[0], STOCKINS[2]
PURCHASE_OUTS = STOCKOUTS[2]

REFUND_STOCKINS = FactRows(
    section="refund_stockins",
    sources=(RETURNS,),
    default=(80,),
    hidden=(10,),
    known=STOCKIN_CODES,
)
REFUND_STOCKIN_PARAMETERS = {
    "status": STATUSES, "shop_no": TEXT, "warehouse_no": TEXT, "stockin_no": TEXT, "src_order_no": TEXT,
    "app_rights": TEXT,
}  # fmt: skip
HAS_LOGISTICS_NO = Check(lambda value: read_integer(value) or None)
"""0 any, 1 only with, 2 only without."""
TRADES = FactRows(
    section="trades",
    sources=(Source("sale", trades.trade, trades.STATUS, shops=True),),
    numbers={
        "trade_no": Number("JY", "baskets"),
        "src_tid": Number("T", "baskets"),
        "logistics_no": Number("SF", "baskets"),
    },
    equal={"has_logistics_no": "logistics"},
    known=TRADE_CODES,
    every=0,
)
TRADE_PARAMETERS = {
    "status": STATUSES, "trade_no": TEXT, "src_tid": TEXT, "logistics_no": TEXT, "shop_no": TEXT, "shop_nos": LIST,
    "warehouse_no": TEXT, "goodstax": FLAG, "has_logistics_no": HAS_LOGISTICS_NO, "img_url": TEXT, "src": FLAG,
    "is_fuzzy": FLAG,
}  # fmt: skip
TRADE_NUMBERS = frozenset({"trade_no", "src_tid", "logistics_no"})

ENDPOINTS = (
    *(
        Endpoint(
            name=f"{history}stockin_order_query_refund",
            qimen_name=f"wdt.{history.replace('_', '.')}stockin.order.query.refund",
            list_key="stockin_list",
            parameters=REFUND_STOCKIN_PARAMETERS,
            longest=DAYS_30,
            instead_of_times=frozenset({"stockin_no", "src_order_no"}),
            history=bool(history),
            rows=REFUND_STOCKINS,
        )
        for history in ("", "his_")
    ),
    Endpoint(
        name="refund_query",
        qimen_name="wdt.refund.query",
        list_key="refunds",
        parameters={"process_status": STATUSES, "time_type": NUMBER, "refund_no": TEXT, "src_refund_no": TEXT,
                    "trade_no": TEXT, "tid": TEXT, "shop_no": TEXT, "shop_nos": LIST, "logistics_no": TEXT},
        longest=DAYS_30,
        instead_of_times=frozenset({"refund_no", "src_refund_no", "trade_no", "tid"}),
        rows=FactRows(
            section="refunds",
            sources=(Source("return", aftersales.refund, aftersales.STOCKIN_STATUS, shops=True),),
            times={0: MODIFIED, 1: CREATED,
                   2: happened("finished", later=aftersales.SETTLED_AFTER_SECONDS)},
            numbers={"refund_no": Number("TK"), "src_refund_no": Number("TK"), "trade_no": Number("JY", "baskets"),
                     "tid": Number("T", "baskets"), "logistics_no": NOT_HERE},
            equal={"process_status": "process_status"},
        ),
    ),
    *(
        Endpoint(
            name=f"{history}trade_query",
            qimen_name=f"wdt.{history.replace('_', '.')}trade.query",
            list_key="trades",
            parameters=TRADE_PARAMETERS,
            longest=MINUTES_60,
            alone=TRADE_NUMBERS,
            instead_of_times=TRADE_NUMBERS,
            history=bool(history),
            rows=TRADES,
        )
        for history in ("", "his_")
    ),
    Endpoint(
        name="stockin_order_query_purchase",
        qimen_name="wdt.stockin.order.query.purchase",
        list_key="stockin_list",
        parameters={"status": STATUSES, "src_order_no": TEXT, "stockin_no": TEXT, "stockin_outer_no": TEXT,
                    "warehouse_no": TEXT},
        longest=DAYS_30,
        instead_of_times=frozenset({"src_order_no", "stockin_no"}),
        rows=FactRows(
            section="purchase_stockins",
            sources=(PURCHASE_INS,),
            numbers={"stockin_outer_no": NOT_HERE},
            default=(80,),
            hidden=(10,),
            known=STOCKIN_CODES,
        ),
    ),
    Endpoint(
        name="purchase_order_query",
        qimen_name="wdt.purchase.order.query",
        list_key="purchase_list",
        parameters={"purchase_no": TEXT, "outer_no": TEXT, "status": STATUSES, "warehouse_no": TEXT},
        longest=DAYS_30,
        instead_of_times=frozenset({"purchase_no"}),
        rows=FactRows(
            section="purchase_orders",
            sources=(Source("purchase", purchases.order, purchases.ORDER_STATUS),),
            numbers={"purchase_no": Number("CG"), "outer_no": NOT_HERE},
            hidden=(10,),
            known=PURCHASE_CODES,
        ),
    ),
    Endpoint(
        name="stockout_order_query_return",
        qimen_name="wdt.stockout.order.query.return",
        list_key="stockout_list",
        parameters={"src_order_no": TEXT, "outer_no": TEXT, "status": STATUSES},
        longest=DAYS_30,
        instead_of_times=frozenset({"src_order_no"}),
        rows=FactRows(
            section="purchase_return_stockouts",
            sources=(PURCHASE_OUTS,),
            numbers={"outer_no": NOT_HERE},
            hidden=(5,),
            known=STOCKOUT_CODES,
        ),
    ),
    Endpoint(
        name="stockin_order_query",
        qimen_name="wdt.stockin.order.query",
        list_key="stockin_list",
        parameters={"order_type": NUMBER, "status": STATUSES, "warehouse_no": TEXT, "src_order_no": TEXT,
                    "stockin_no": TEXT, "outer_no": TEXT},
        longest=DAYS_30,
        instead_of_times=frozenset({"src_order_no", "stockin_no"}),
        rows=FactRows(
            section="stockins",
            sources=STOCKINS,
            numbers={"outer_no": NOT_HERE},
            hidden=(10,),
            known=STOCKIN_CODES,
            by_type=True,
        ),
    ),
    Endpoint(
        name="stockout_order_query",
        qimen_name="wdt.stockout.order.query",
        list_key="stockout_list",
        parameters={"order_type": NUMBER, "status": STATUSES, "warehouse_no": TEXT, "src_order_no": TEXT,
                    "stockout_no": TEXT, "outer_no": TEXT},
        longest=DAYS_30,
        instead_of_times=frozenset({"src_order_no", "stockout_no"}),
        rows=FactRows(
            section="stockouts",
            sources=STOCKOUTS,
            numbers={"outer_no": NOT_HERE},
            default=(95, 110),
            hidden=(5,),
            known=STOCKOUT_CODES,
            by_type=True,
            without_taobao=True,
        ),
    ),
    Endpoint(
        name="stock_transfer_query",
        qimen_name="wdt.stock.transfer.query",
        list_key="transfer_list",
        parameters={"transfer_no": TEXT, "api_outer_no": TEXT, "from_warehouse_no": TEXT, "to_warehouse_no": TEXT,
                    "status": STATUSES},
        longest=DAYS_30,
        instead_of_times=frozenset({"transfer_no"}),
        page_size=30,
        limit="max_page_size_transfer",
        rows=FactRows(
            section="transfers",
            sources=(Source("transfer", movements.transfer, movements.TRANSFER_STATUS),),
            numbers={"transfer_no": Number("DB"), "api_outer_no": NOT_HERE},
            warehouses={"from_warehouse_no": "warehouse", "to_warehouse_no": "to_warehouse"},
            hidden=(10,),
            known=TRANSFER_CODES,
        ),
    ),
    Endpoint(
        name="stock_pd_order_query",
        qimen_name="wdt.stock.pd.order.query",
        list_key="pd_list",
        parameters={"pd_no": TEXT, "api_outer_no": TEXT, "warehouse_no": TEXT},
        longest=DAYS_30,
        times_needed=False,
        rows=FactRows(
            section="stock_counts",
            sources=(Source("count", movements.count, movements.COUNT_STATUS),),
            numbers={"pd_no": Number("PD"), "api_outer_no": NOT_HERE},
        ),
    ),
    Endpoint(
        name="stat_stock_pd_detail_query",
        qimen_name="wdt.stat.stock.pd.detail.query",
        list_key="pd_detail_list",
        parameters={"pd_no": TEXT},
        longest=DAYS_30,
        instead_of_times=frozenset({"pd_no"}),
        rows=FactRows(
            section="stock_count_details",
            sources=(Source("count", movements.count_details, movements.COUNT_STATUS),),
            times={"": happened()},
            numbers={"pd_no": Number("PD")},
            flat=True,
        ),
    ),
)  # fmt: skip
