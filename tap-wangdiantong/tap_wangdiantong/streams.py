"""The streams: where each is read from in each family of dialects, and what is asked for (vendor contract 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_wangdiantong.client import AllRows, ChangedRows, WangdiantongStream
from tap_wangdiantong.dialects import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from erp_sdk.stream import Params

    from tap_wangdiantong.tap import TapWangdiantong

ENTERPRISE_STATUSES = ("95", "105", "110", "113", "5")
"""已发货, 部分打款, 已完成, 异常发货, 已取消; in the order a document passes through them, so that one that moves on
while it is read is seen twice and not missed."""

FLAGSHIP_STATUSES = ("90", "110", "5")
"""延时发货, 已完成, 已取消."""

_CANCELLED = "5"


def _enterprise_stockouts(config: Mapping[str, Any]) -> Sequence[Params]:
    """One call a status; by modified for all of them, or by consign_time for those from 95 on (contract 8.E1)."""
    statuses = [str(status) for status in config.get("statuses") or ENTERPRISE_STATUSES]
    if config["status_list"]:
        statuses = [",".join(statuses)]
    by = {"is_by_modified": 1} if config["filter_by"] == "modified" else {}
    return [{"status": status, **by} for status in statuses]


def _flagship_stockouts(config: Mapping[str, Any]) -> Sequence[Params]:
    """One call for all statuses by modified; by consign_time the shipped ones, and cancelled ones apart (8.F1)."""
    statuses = [str(status) for status in config.get("statuses") or FLAGSHIP_STATUSES]
    if config["filter_by"] == "modified":
        return ({"status_type": 3, "status": ",".join(statuses)},)
    cancelled = ({"status_type": 1},) if _CANCELLED in statuses else ()
    return ({"status_type": 0}, *cancelled)


def _enabled_and_disabled(config: Mapping[str, Any]) -> Sequence[Params]:
    """One query shows one of the two (8.E11, 8.E12)."""
    return ({"is_disabled": 0}, {"is_disabled": 1}) if config["include_disabled"] else ({"is_disabled": 0},)


def _deleted_goods_too(config: Mapping[str, Any]) -> Sequence[Params]:
    return ({"deleted": 1},) if config["include_deleted"] else ({},)


def _hidden_goods_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """Hidden unless told otherwise (8.F18)."""
    return ({"hide_deleted": 0 if config["include_deleted"] else 1},)


def _hidden_warehouses_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """Hidden unless told otherwise (8.F21)."""
    return ({"hide_delete": 0 if config["include_disabled"] else 1},)


class SalesStockouts(ChangedRows):
    """销售出库单: what was shipped to customers, with its lines."""

    name = "sales_stockouts"
    primary_keys = ("stockout_id",)
    enterprise = Endpoint(
        "stockout_order_query_trade", "stockout_list", window=timedelta(days=30), asks=_enterprise_stockouts
    )
    flagship = Endpoint(
        "wms.stockout.Sales.queryWithDetail", "order", window=timedelta(minutes=60), asks=_flagship_stockouts
    )

    def __init__(self, tap: TapWangdiantong) -> None:
        super().__init__(tap)
        self.replication_key = str(self.config.get("filter_by", "modified"))


class Goods(ChangedRows):
    """货品档案: goods with their specs (单品)."""

    name = "goods"
    primary_keys = ("goods_id",)
    replication_key = "modified"
    enterprise = Endpoint("goods_query", "goods_list", window=timedelta(days=30), asks=_deleted_goods_too)
    flagship = Endpoint("goods.Goods.queryWithSpec", "goods_list", window=timedelta(days=30), asks=_hidden_goods_too)


class Shops(AllRows):
    """店铺."""

    name = "shops"
    primary_keys = ("shop_id",)
    enterprise = Endpoint("shop", "shoplist", asks=_enabled_and_disabled)
    flagship = Endpoint("setting.Shop.queryShop", "details")


class Warehouses(AllRows):
    """仓库."""

    name = "warehouses"
    primary_keys = ("warehouse_id",)
    enterprise = Endpoint("warehouse_query", "warehouses", asks=_enabled_and_disabled)
    flagship = Endpoint("setting.Warehouse.queryWarehouse", "details", asks=_hidden_warehouses_too)


STREAMS: tuple[type[WangdiantongStream], ...] = (SalesStockouts, Goods, Shops, Warehouses)
