"""The streams: where each is read from in each family of dialects (vendor contract 8); `queries` says what is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from erp_sdk.messages import encode
from erp_sdk.paging import Seen

from tap_wangdiantong import queries
from tap_wangdiantong.client import AllRows, ChangedRows, WangdiantongStream
from tap_wangdiantong.dialects import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from erp_sdk.stream import Params
    from erp_sdk.windows import Window

    from tap_wangdiantong.tap import TapWangdiantong

MINUTES_60, DAYS_30 = timedelta(minutes=60), timedelta(days=30)


class SalesStockouts(ChangedRows):
    """销售出库单: what was shipped to customers, with its lines."""

    name = "sales_stockouts"
    primary_keys = ("stockout_id",)
    enterprise = Endpoint(
        "stockout_order_query_trade", "stockout_list", DAYS_30, queries.enterprise_stockouts,
        history="his_stockout_order_query_trade",
    )  # fmt: skip
    flagship = Endpoint(
        "wms.stockout.Sales.queryWithDetail", "order", MINUTES_60, queries.flagship_stockouts,
        history="wms.stockout.Sales.queryHistoryWithDetail",
    )  # fmt: skip

    def __init__(self, tap: TapWangdiantong) -> None:
        super().__init__(tap)
        self.replication_key = str(self.config.get("filter_by", "modified"))


class RefundStockins(ChangedRows):
    """退货入库单: what customers sent back and a warehouse received, with its lines."""

    name = "refund_stockins"
    primary_keys = ("stockin_id",)
    replication_key = "modified"
    enterprise = Endpoint(
        "stockin_order_query_refund", "stockin_list", DAYS_30, queries.each_status("20", "30", "60", "80", "10"),
        history="his_stockin_order_query_refund",
    )  # fmt: skip
    flagship = Endpoint(
        "wms.stockin.Refund.queryWithDetail", "order", DAYS_30, queries.statuses("10", "20", "30", "80", time_type=0),
        history="wms.stockin.Refund.queryHisWithDetail",
    )  # fmt: skip

    def __init__(self, tap: TapWangdiantong) -> None:
        super().__init__(tap)
        self._settled_from = int(self.config.get("refund_process_status_from") or 0)
        if self._settled_from:
            self.filter_times = ("process_status",)  # not a time: what `kept` looks at, read whatever is selected

    def kept(self, rows: list[Any], params: Params, window: Window) -> list[Any]:
        """Leave out those whose refund has not come far enough: no parameter of the vendor's does (8.F2)."""
        del params, window
        if not self._settled_from:
            return rows
        codes = [row.times[0] for row in rows]
        if not all(codes) and "process_status" not in self._told:
            self._told.add("process_status")
            self.logger.warning("%s: rows without process_status are left out (refund_process_status_from)", self.name)
        return [row for row, code in zip(rows, codes, strict=True) if code and int(code) >= self._settled_from]


class Refunds(ChangedRows):
    """退换单: what customers want to send back, exchange or have refunded, with its lines."""

    name = "refunds"
    primary_keys = ("refund_id",)
    replication_key = "modified"
    enterprise = Endpoint(
        "refund_query", "refunds", DAYS_30, queries.always({"time_type": 0}, {"time_type": 0, "process_status": 10})
    )
    flagship = Endpoint(
        "aftersales.refund.Refund.search", "order", DAYS_30, queries.always({}, {"status": 10}),
        times=("modified_from", "modified_to"),
    )  # fmt: skip


class Trades(ChangedRows):
    """系统订单: orders as the ERP handles them, with their lines."""

    name = "trades"
    primary_keys = ("trade_id",)
    replication_key = "modified"
    enterprise = Endpoint("trade_query", "trades", MINUTES_60, history="his_trade_query")
    flagship = Endpoint(
        "sales.TradeQuery.queryWithDetail", "order", MINUTES_60,
        queries.statuses(*queries.FLAGSHIP_TRADE_STATUSES, time_type=1),
        history="sales.TradeQuery.queryHistoryWithDetail",
    )  # fmt: skip


class RawTrades(ChangedRows):
    """原始单: orders as the sales platform gave them, with their lines."""

    name = "raw_trades"
    primary_keys = ("rec_id",)
    replication_key = "modified"
    flagship = Endpoint(
        "sales.RawTrade.search", "order", DAYS_30, queries.always({"detail_mask": 1}),
        history="sales.RawTrade.searchHistory",
    )  # fmt: skip


class PurchaseOrders(ChangedRows):
    """采购单: what was ordered from suppliers, with its lines."""

    name = "purchase_orders"
    primary_keys = ("purchase_id",)
    replication_key = "modified"
    enterprise = Endpoint("purchase_order_query", "purchase_list", DAYS_30, queries.always({}, {"status": 10}))
    flagship = Endpoint(
        "purchase.PurchaseOrder.queryWithDetail", "order", DAYS_30,
        queries.statuses("10", "20", "30", "35", "40", "50", "60", "70", "80", "90"),
    )  # fmt: skip


class PurchaseStockins(ChangedRows):
    """采购入库单: what came from suppliers, with its lines."""

    name = "purchase_stockins"
    primary_keys = ("stockin_id",)
    replication_key = "modified"
    enterprise = Endpoint(
        "stockin_order_query_purchase", "stockin_list", DAYS_30,
        queries.each_status("20", "25", "30", "60", "80", "10"),
    )  # fmt: skip
    flagship = Endpoint(
        "wms.stockin.Purchase.queryWithDetail", "order", DAYS_30,
        queries.statuses("10", "20", "30", "37", "40", "80"),
    )  # fmt: skip


class PurchaseReturnStockouts(ChangedRows):
    """采购退货出库单: what was sent back to suppliers, with its lines."""

    name = "purchase_return_stockouts"
    primary_keys = ("stockout_id",)
    replication_key = "modified"
    flagship = Endpoint(
        "wms.stockout.PurchaseReturn.queryWithDetail", "order", DAYS_30,
        queries.statuses("5", "48", "50", "77", "110", time_type=3),
    )  # fmt: skip


class Stockins(ChangedRows):
    """入库单: what came into a warehouse for whatever reason, with its lines; no business document behind it."""

    name = "stockins"
    primary_keys = ("stockin_id",)
    replication_key = "modified"
    enterprise = Endpoint(
        "stockin_order_query", "stockin_list", DAYS_30, queries.each_status("20", "30", "60", "80", "10")
    )


class Stockouts(ChangedRows):
    """出库单: what left a warehouse for whatever reason, with its lines; no business document behind it."""

    name = "stockouts"
    primary_keys = ("stockout_id",)
    replication_key = "modified"
    enterprise = Endpoint(
        "stockout_order_query", "stockout_list", DAYS_30, queries.each_status("50", "55", "95", "113", "110", "5")
    )


class OtherStockins(ChangedRows):
    """其他入库单: what came into a warehouse for other reasons, with its lines; `modified` is not sent."""

    name = "other_stockins"
    primary_keys = ("stockin_id",)
    replication_key = "modified"
    version_key = None
    flagship = Endpoint(
        "wms.stockin.Other.queryWithDetail", "order", DAYS_30, queries.statuses("10", "20", "30", "37", "40", "80")
    )


class OtherStockouts(ChangedRows):
    """其他出库单: what left a warehouse for other reasons, with its lines."""

    name = "other_stockouts"
    primary_keys = ("stockout_id",)
    replication_key = "modified"
    flagship = Endpoint(
        "wms.stockout.OtherQuery.queryWithDetail", "order", DAYS_30,
        queries.always({"time_type": 3}, {"time_type": 3, "status": 80}),
    )  # fmt: skip


class Transfers(ChangedRows):
    """调拨单: what moves from one warehouse to another, with its lines."""

    name = "transfers"
    primary_keys = ("transfer_id",)
    replication_key = "modified"
    enterprise = Endpoint(
        "stock_transfer_query", "transfer_list", DAYS_30, queries.always({}, {"status": 10}), page_size=30
    )
    flagship = Endpoint(
        "wms.stocktransfer.Manage.queryWithDetail", "order", DAYS_30,
        queries.statuses("10", "20", "30", "40", "50", "80", "90"),
    )  # fmt: skip


class TransferStockins(ChangedRows):
    """调拨入库单: what came from another warehouse, with its lines."""

    name = "transfer_stockins"
    primary_keys = ("stockin_id",)
    replication_key = "modified"
    flagship = Endpoint(
        "wms.stockin.Transfer.queryWithDetail", "order", DAYS_30, queries.statuses("10", "20", "30", "37", "40", "80")
    )


class TransferStockouts(ChangedRows):
    """调拨出库单: what left for another warehouse, with its lines; the vendor lists it by the time of shipping."""

    name = "transfer_stockouts"
    primary_keys = ("stockout_id",)
    replication_key = "consign_time"
    version_key = None
    flagship = Endpoint(
        "wms.stockout.Transfer.queryWithDetail", "order", DAYS_30, queries.statuses("5", "48", "50", "77", "110")
    )

    @property
    def lookback(self) -> timedelta:
        """Days: a later edit does not change the time by which the list is read (8.F13)."""
        return max(super().lookback, timedelta(days=float(self.config["consign_lookback_days"])))


class StockCounts(ChangedRows):
    """盘点单: counts of a warehouse, without lines."""

    name = "stock_counts"
    primary_keys = ("rec_id",)
    replication_key = "modified"
    flagship = Endpoint("wms.StockPd.queryStockPd", "pd_list", DAYS_30, queries.always({}, {"status": 10}))

    def numbers(self, window: Window, limit: int | None) -> Iterator[str]:
        """Yield the numbers of the counts that have changed in a window."""
        for rows in self.read_window(window, self._seen(), limit):
            for row in rows:
                yield self.rows.dictionary(row)["pd_no"]


class StockCountDetails(ChangedRows):
    """盘点单明细: the lines of counts; one call or more for each count that has changed."""

    name = "stock_count_details"
    primary_keys = ("rec_id",)
    replication_key = "modified"
    flagship = Endpoint("wms.StockPd.queryStockPdDetail", "pd_detail_list", DAYS_30)

    def __init__(self, tap: TapWangdiantong) -> None:
        super().__init__(tap)
        self._counts = StockCounts(tap)

    def read_window(self, window: Window, seen: Seen[Any], limit: int | None) -> Iterator[list[Any]]:
        """Read the counts of a window, and the lines of each (8.F15 takes nothing but a count's number)."""
        for number in self._counts.numbers(window, limit):
            yield from self._walk({"pd_no": number}, seen, what=f"盘点单 {number}", limit=None)


class CountStockins(ChangedRows):
    """盘点入库单: what a count found too much, with its lines; `modified` is not sent."""

    name = "count_stockins"
    primary_keys = ("stockin_id",)
    replication_key = "modified"
    version_key = None
    flagship = Endpoint(
        "wms.StockPd.queryStockPdInDetail", "order", DAYS_30,
        queries.statuses("10", "20", "30", "37", "40", "60", "70", "80", time_type=1),
    )  # fmt: skip


class CountStockouts(ChangedRows):
    """盘点出库单: what a count found missing, with its lines; `modified` is not sent."""

    name = "count_stockouts"
    primary_keys = ("stockout_id",)
    replication_key = "modified"
    version_key = None
    flagship = Endpoint(
        "wms.StockPd.queryStockPdOutDetail", "order", DAYS_30, queries.statuses("50", "90", "110", time_type=1)
    )


class Goods(ChangedRows):
    """货品档案: goods with their specs (单品)."""

    name = "goods"
    primary_keys = ("goods_id",)
    replication_key = "modified"
    enterprise = Endpoint("goods_query", "goods_list", DAYS_30, queries.deleted_goods_too)
    flagship = Endpoint("goods.Goods.queryWithSpec", "goods_list", DAYS_30, queries.hidden_goods_too)


class Suites(ChangedRows):
    """组合装: sets of goods that are sold as one, with what they are made of; 旗舰版 does not send `modified`."""

    name = "suites"
    primary_keys = ("suite_id",)
    replication_key = "modified"
    enterprise = Endpoint("suites_query", "suites", DAYS_30)
    flagship = Endpoint("goods.Suite.search", "suite_list", DAYS_30, queries.hidden_goods_too)


class Stock(ChangedRows):
    """库存: what is in stock, a row for each warehouse and spec whose stock has changed."""

    name = "stock"
    primary_keys: Sequence[str] = ("warehouse_no", "spec_no")
    replication_key = "modified"
    enterprise = Endpoint("stock_query", "stocks", DAYS_30)
    flagship = Endpoint("wms.StockSpec.search2", "detail_list", DAYS_30, queries.always({"mask": 2}), page_size=1000)

    def __init__(self, tap: TapWangdiantong) -> None:
        if tap.dialect.family == "flagship":
            self.primary_keys = ("warehouse_no", "spec_no", "defect")
        super().__init__(tap)


class StockChanges(ChangedRows):
    """库存变化: every movement of stock; movements have no key of their own, so all that tells them apart is one."""

    name = "stock_changes"
    primary_keys = (
        "stockio_no", "warehouse_no", "spec_no", "type", "created", "num", "stock_num_old", "defect",
    )  # fmt: skip
    replication_key = "created"
    version_key = None
    flagship = Endpoint(
        "wms.StockSpec.queryChangeHistory", "data", MINUTES_60, queries.always({"defect": False}, {"defect": True}),
        times=("start_date", "end_date"),
    )  # fmt: skip

    def _seen(self) -> Seen[Any]:
        return Seen(lambda row: encode(row.key), lambda _: None)  # amounts that came as text cannot be hashed


class Shops(AllRows):
    """店铺: shops."""

    name = "shops"
    primary_keys = ("shop_id",)
    enterprise = Endpoint("shop", "shoplist", asks=queries.enabled_and_disabled)
    flagship = Endpoint("setting.Shop.queryShop", "details")


class Warehouses(AllRows):
    """仓库: warehouses."""

    name = "warehouses"
    primary_keys = ("warehouse_id",)
    enterprise = Endpoint("warehouse_query", "warehouses", asks=queries.enabled_and_disabled)
    flagship = Endpoint("setting.Warehouse.queryWarehouse", "details", asks=queries.hidden_warehouses_too)


class Suppliers(AllRows):
    """供应商: suppliers."""

    name = "suppliers"
    primary_keys = ("provider_id",)
    enterprise = Endpoint("purchase_provider_query", "provider_list", asks=queries.deleted_suppliers_too)
    flagship = Endpoint("setting.PurchaseProvider.queryDetail", "details", asks=queries.hidden_suppliers_too)


class Logistics(AllRows):
    """物流公司: carriers."""

    name = "logistics"
    primary_keys = ("logistics_id",)
    may_ignore_pages = True  # 企业版 names no page parameters for it (8.2)
    enterprise = Endpoint("logistics", "logistics_list")
    flagship = Endpoint("setting.Logistics.queryLogistics", "details", asks=queries.hidden_logistics_too)


STREAMS: tuple[type[WangdiantongStream], ...] = (
    SalesStockouts, RefundStockins, Refunds, Trades, RawTrades, PurchaseOrders, PurchaseStockins,
    PurchaseReturnStockouts, Stockins, Stockouts, OtherStockins, OtherStockouts, Transfers, TransferStockins,
    TransferStockouts, StockCounts, StockCountDetails, CountStockins, CountStockouts, Goods, Suites, Stock,
    StockChanges, Shops, Warehouses, Suppliers, Logistics,
)  # fmt: skip
