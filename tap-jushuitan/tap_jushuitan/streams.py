"""The streams: where each is read from, and what is asked for (vendor contract 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from tap_jushuitan.client import AllRows, ChangedRows, JushuitanStream, VersionedRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from erp_sdk.calls import Listing, PageRequest
    from erp_sdk.stream import Params
    from erp_sdk.windows import Window

    from tap_jushuitan.tap import TapJushuitan

PURCHASE_IN_STATUSES = ("WaitConfirm", "OuterConfirming", "Confirmed", "Archive", "Cancelled", "Delete")
"""All states of a purchase-in; the vendor shows Confirmed only unless it is asked for the others (contract 8.12)."""

CURRENT_PURCHASE_IN = "/open/webapi/wmsapi/purchasein/purchaseinquery"
OLDER_PURCHASE_IN = "/open/purchasein/query"

_BY_IO_DATE = ({"date_type": 2}, "io_date")
_BY_CREATED = ({"date_field": "created"}, "created")

_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Distributors(AllRows):
    """分销商 (current interface): the distributors that work with this merchant."""

    name = "distributors"
    path = "/open/api/drp/inneropen/partner/supplier/querymychannel"
    primary_keys = ("channel_co_id",)
    list_name = "channel_vos"
    page_name = "page_num"
    total_name = "total"


class DistributorsLegacy(ChangedRows):
    """分销商 (older interface): distributors by their number, name and company."""

    name = "distributors_legacy"
    path = "/open/jushuitan/distributor/query"
    primary_keys = ("drp_co_id",)
    largest_page = 50


class AllDistributorsLegacy(AllRows):
    """分销商 (older interface): distributors by their number, name and company."""

    name = DistributorsLegacy.name
    path = DistributorsLegacy.path
    primary_keys = ("drp_co_id",)
    largest_page = 50


class Shops(AllRows):
    """店铺: the shops that are enabled."""

    name = "shops"
    path = "/open/shops/query"
    primary_keys = ("shop_id",)


class Warehouses(AllRows):
    """仓库: the main warehouse and its branches (分仓) that are enabled."""

    name = "warehouses"
    path = "/open/wms/partner/query"
    primary_keys = ("wms_co_id",)
    largest_page = 50


class Skus(ChangedRows):
    """普通商品资料（按 SKU）: goods by their SKU."""

    name = "skus"
    path = "/open/sku/query"
    primary_keys = ("sku_id",)
    largest_page = 50
    by_date = _BY_CREATED


class Items(ChangedRows):
    """普通商品（按款）: goods by their style, with the SKUs of each."""

    name = "items"
    path = "/open/mall/item/query"
    primary_keys = ("i_id",)
    largest_page = 50
    by_date = _BY_CREATED


class Suppliers(ChangedRows):
    """供应商: suppliers; windows of one day, not seven."""

    name = "suppliers"
    path = "/open/supplier/query"
    primary_keys = ("supplier_id",)
    largest_page = 500
    days = 1


class Orders(VersionedRows):
    """订单: orders with their lines and payments; merged, split and cancelled ones too."""

    name = "orders"
    path = "/open/orders/single/query"
    primary_keys = ("o_id",)
    list_name = "orders"
    by_date = ({"date_type": 2}, "order_date")
    uncounted = {"is_get_total": False}  # noqa: RUF012 - declared as a constant of the class it extends


class SalesOutbounds(VersionedRows):
    """销售出库单: what was shipped to customers, with its lines; cancelled and withdrawn ones too."""

    name = "sales_outbounds"
    path = "/open/orders/out/simple/query"
    primary_keys = ("io_id",)
    largest_page = 50
    by_date = _BY_IO_DATE
    uncounted = {"is_get_total": False}  # noqa: RUF012 - as above


class Refunds(VersionedRows):
    """退货退款（售后单）: what customers want to give back, with its lines."""

    name = "refunds"
    path = "/open/refund/single/query"
    primary_keys = ("as_id",)
    largest_page = 50
    uncounted = {"is_get_total": "false"}  # noqa: RUF012 - a text here (contract 8.9)


class AftersaleReceipts(VersionedRows):
    """实际收货（销售退仓单）: what has come back, with its lines."""

    name = "aftersale_receipts"
    path = "/open/aftersale/received/query"
    primary_keys = ("io_id",)
    largest_page = 50
    by_date = ({"date_type": 4}, "io_date")


class PurchaseOrders(ChangedRows):
    """采购单: purchase orders with their lines."""

    name = "purchase_orders"
    path = "/open/purchase/query"
    primary_keys = ("po_id",)
    largest_page = 50


class PurchaseIns(VersionedRows):
    """采购入库单: what suppliers have delivered, with its lines, in every state."""

    name = "purchase_ins"
    path = CURRENT_PURCHASE_IN
    replication_key = "modified"
    primary_keys = ("io_id",)
    largest_page = 50
    by_date = _BY_IO_DATE
    uncounted = {"is_get_total": False}  # noqa: RUF012 - as above

    def __init__(self, tap: TapJushuitan) -> None:
        self._statuses = list(tap.config.get("purchase_in_statuses") or PURCHASE_IN_STATUSES)
        if self._statuses != ["Confirmed"]:
            self.by_version = False  # by version no status can be asked for, and without one only Confirmed is shown
        super().__init__(tap)
        if self.config["purchase_in_route"] == "older":
            self.path = OLDER_PURCHASE_IN

    def calls(self, window: Window | None) -> Sequence[Params]:
        """Return the window with all states: a cancelled purchase-in is never seen otherwise."""
        return [{**params, "statuss": self._statuses} for params in super().calls(window)]


class PurchaseReturns(ChangedRows):
    """采购退货单: what went back to suppliers, with its lines."""

    name = "purchase_returns"
    path = "/open/purchaseout/query"
    primary_keys = ("io_id",)
    largest_page = 50
    by_date = _BY_IO_DATE


class OtherInouts(VersionedRows):
    """其它出入库单: other movements of stock, in and out (``type``), with their lines."""

    name = "other_inouts"
    path = "/open/other/inout/query"
    primary_keys = ("io_id",)
    largest_page = 50
    by_date = _BY_IO_DATE


class Allocations(ChangedRows):
    """调拨单: transfers between warehouses, with their lines; out and in are two documents (``link_io_id``)."""

    name = "allocations"
    path = "/open/allocate/query"
    primary_keys = ("io_id",)
    largest_page = 50
    by_date = _BY_IO_DATE


class Inventory(VersionedRows):
    """商品库存: stock by SKU, of all warehouses together or of each that is asked for."""

    name = "inventory"
    path = "/open/inventory/query"
    primary_keys = ("sku_id", "wms_co_id")
    list_name = "inventorys"
    version_name = "ts"
    from_the_first_version = True

    def __init__(self, tap: TapJushuitan) -> None:
        self.lists = tuple(dict.fromkeys(str(code) for code in tap.config["inventory_warehouses"]))
        super().__init__(tap)

    @property
    def fixed(self) -> Mapping[str, Any]:
        """Ask for the locked quantity too."""
        return {"has_lock_qty": True}

    def calls(self, window: Window | None) -> Sequence[Params]:
        """Return one call a warehouse."""
        return [{**params, "wms_co_id": int(name)} for params in super().calls(window) for name in self.lists]

    def version_call(self, name: str, version: int) -> Params:
        """Return the parameters that ask for a warehouse's rows from a version on."""
        return {**super().version_call(name, version), "wms_co_id": int(name)}

    def ask(self, request: PageRequest) -> Listing:
        """Make one call; the rows of its answer do not say which warehouse they are about (contract 8.16)."""
        listing = super().ask(request)
        if not listing.rows:
            return listing
        asked = b',"wms_co_id":%d}' % request.params["wms_co_id"]
        rows = b",".join([bytes(row).rstrip()[:-1] + asked for row in _split(listing.rows)])
        return replace(listing, rows=b"[" + rows + b"]")


class InventoryCounts(ChangedRows):
    """库存盘点单: stock counts with their lines; ``qty`` is the gain or loss, ``r_qty`` what was counted."""

    name = "inventory_counts"
    path = "/open/inventory/count/query"
    primary_keys = ("io_id",)
    largest_page = 50


STREAMS: tuple[type[JushuitanStream], ...] = (
    Distributors, DistributorsLegacy, Shops, Warehouses, Skus, Items, Suppliers, Orders, SalesOutbounds, Refunds,
    AftersaleReceipts, PurchaseOrders, PurchaseIns, PurchaseReturns, OtherInouts, Allocations, Inventory,
    InventoryCounts,
)  # fmt: skip
