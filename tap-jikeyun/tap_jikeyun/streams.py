"""The streams: by which method each is read, what it is filtered by, and what is asked for (vendor contract 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from erp_sdk.scrolling import AscendingStream, ScrolledStream

from tap_jikeyun.client import AllRows, ChangedRows, CreatedRows, JikeyunStream, TimeFilter
from tap_jikeyun.selectors import Selector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from erp_sdk.calls import PageRequest
    from erp_sdk.stream import Params

    from tap_jikeyun.tap import TapJikeyun

_CREATED = TimeFilter("startCreateTime", "endCreateTime", "gmtCreate")


class Transfers(CreatedRows):
    """调拨单: transfers between warehouses, with their lines."""

    name = "transfers"
    method = "erp.allocate.get"
    list_key = "stockAllocate"
    total_key = "totalCount"
    primary_keys = ("allocateId",)
    replication_key = version_key = "gmtModified"
    filters = (_CREATED,)
    longest_window = timedelta(days=7)


class TransferLines(CreatedRows):
    """调拨单明细: the same transfers line by line, for those who need a key of the line."""

    name = "transfer_lines"
    method = "erp.allocate.search"
    total_key = "totalCount"
    selector = Selector("cols")
    primary_keys = ("allocateDetailId",)
    replication_key = version_key = "gmtModified"
    filters = (_CREATED,)
    longest_window = timedelta(days=7)


class Trades(ScrolledStream, ChangedRows):
    """销售单: sales orders with their lines."""

    name = "trades"
    method = "oms.trade.fullinfoget"
    list_key = "trades"
    total_key = "totalResults"
    cursor_parameter = "scrollId"
    selector = Selector("fields", always=("scrollId",), renamed=(("tradeOrderColumnExt", "columnExt"),))
    primary_keys = ("tradeId",)
    replication_key = version_key = "gmtModified"
    filters = (TimeFilter("startModified", "endModified", "gmtModified"),)
    longest_window = timedelta(days=7)

    def queries(self) -> Sequence[Params]:
        """Return the current tables, then the archive if it is wanted: a trade that moves there is seen in both."""
        return ({"isTableSwitch": 1}, {"isTableSwitch": 2}) if self.config["archived_trades"] else ({},)

    def asked(self, page: PageRequest) -> dict[str, Any]:
        """Return the parameters; the whole list is counted with the first page only."""
        return {**super().asked(page), **({"hasTotal": 1} if page.with_total else {})}

    def next_cursor(self, beside: Mapping[str, msgspec.Raw]) -> str | None:
        """Return the scrollId of the answer."""
        raw = beside.get("scrollId")
        found = None if raw is None else msgspec.json.decode(raw)
        return None if found is None else str(found)


class _StockDocuments(ChangedRows):
    selector = Selector("selelctFields", whole_lists=True)
    primary_keys = ("recId",)
    replication_key = version_key = "gmtModified"
    filters = (TimeFilter("gmtModifiedStart", "gmtModifiedEnd", "gmtModified"),)
    longest_window = timedelta(days=7)


class StockOuts(_StockDocuments):
    """出库单: stock documents of everything that left a warehouse (销售, 调拨, 盘亏, 采购退货 …)."""

    name = "stock_outs"
    method = "erp.storage.goodsdocout.v2"


class StockIns(_StockDocuments):
    """入库单: stock documents of everything that came into a warehouse (采购, 调拨, 盘盈, 销售退货 …)."""

    name = "stock_ins"
    method = "erp.storage.goodsdocin.v2"


class WmsOrders(ChangedRows):
    """仓储发货单: what the warehouses are told to ship; without 淘系 and 拼多多."""

    name = "wms_orders"
    method = "wms.order.query-info.page"
    primary_keys = ("orderNo",)
    replication_key = version_key = "gmtModified"
    filters = (TimeFilter("startModifyTime", "endModifyTime", "gmtModified", sure=False),)
    longest_window = timedelta(hours=24)


_tuples = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


class Refunds(ChangedRows):
    """平台退款单: refunds as the platforms report them; needs member_name."""

    name = "refunds"
    method = "omsapi-business.refund.listrefund"
    list_key = "tradeAfterOnlineDtoArr"
    primary_keys = ("refundNo",)
    replication_key = version_key = "gmtModified"
    filters = (TimeFilter("gmtModifiedBegin", "gmtModifiedEnd", "gmtModified", sure=False),)
    longest_window = timedelta(days=7)
    first_page = 1
    largest_page = 100

    def __init__(self, tap: TapJikeyun) -> None:
        self.selected_by_default = bool(tap.config.get("member_name"))
        super().__init__(tap)

    def asked(self, page: PageRequest) -> dict[str, Any]:
        """Return the parameters; the page is an object of its own, counted from 1 (contract 8.9)."""
        paging = {"pageIndex": page.number, "pageSize": self.page_size}
        member = self.config.get("member_name") or self.tap.missing_member_name()
        return {**page.params, "memberName": member, "isQueryCount": False, "pageInfo": paging}

    def plain_rows(self, rows: bytes) -> bytes:
        """Return each refund with its lines inside, in place of the two side by side."""
        return b"[" + b",".join(map(_with_lines, _tuples.decode(rows))) + b"]"


def _with_lines(parts: Mapping[str, msgspec.Raw]) -> bytes:
    head = bytes(parts.get("tradeAfterOnlineDTO", b"{}")).strip()
    lines = bytes(parts.get("tradeAfterOnlineGoodsDTOList", b"null"))
    comma = b"," if head[1:-1].strip() else b""
    return head[:-1] + comma + b'"tradeAfterOnlineGoodsDTOList":' + lines + b"}"


class ReturnChanges(ChangedRows):
    """退换单: returns and exchanges of the after-sale department, with their lines."""

    name = "return_changes"
    method = "ass-business.returnchange.fullinfoget"
    list_key = "returnChangeList"
    primary_keys = ("returnChangeNo",)
    replication_key = version_key = "gmtModified"
    filters = (TimeFilter("startModified", "endModified", "gmtModified"),)
    longest_window = timedelta(days=7)


class Goods(AscendingStream, ChangedRows):
    """货品规格: goods, one row a SKU."""

    name = "goods"
    method = "erp.storage.goodslist"
    list_key = "goods"
    cursor_parameter = "maxSkuId"
    primary_keys = ("skuId",)
    replication_key = version_key = "skuGmtModified"
    # A change of the goods does not always move the SKU's time (contract 8.5).
    filters = (
        TimeFilter("startDateModifiedSku", "endDateModifiedSku", "skuGmtModified"),
        TimeFilter("startDateModifiedGoods", "endDateModifiedGoods", "goodsGmtModified"),
    )
    longest_window = timedelta(days=30)

    def queries(self) -> Sequence[Params]:
        """Return one query, which shows deleted goods too if they are wanted."""
        return ({"isQueryDelete": "1"},) if self.config["include_disabled"] else ({},)


class Bundles(AscendingStream, AllRows):
    """组合装: goods that are sold as one and made of several."""

    name = "bundles"
    method = "erp-goods.goods.listgoodspackage"
    list_key = "goods"
    cursor_parameter = "maxSkuId"
    primary_keys = ("skuId",)


class Inventory(AscendingStream, AllRows):
    """库存: what lies in each warehouse at the moment of reading."""

    name = "inventory"
    method = "erp.stockquantity.get"
    list_key = "goodsStockQuantity"
    cursor_parameter = "maxQuantityId"
    primary_keys = ("quantityId",)


class Warehouses(AllRows):
    """仓库."""

    name = "warehouses"
    method = "erp.warehouse.get"
    list_key = "warehouseInfo"
    primary_keys = ("warehouseId",)
    hidden_too: ClassVar[Mapping[str, Any]] = {"includeDeleteAndBlockup": 1}


class Channels(AllRows):
    """销售渠道: shops and other channels."""

    name = "channels"
    method = "erp.sales.get"
    list_key = "salesChannelInfo"
    primary_keys = ("channelId",)


class Vendors(AllRows):
    """供应商."""

    name = "vendors"
    method = "erp.vend.get"
    list_key = "vendInfo"
    primary_keys = ("vendId",)
    hidden_too: ClassVar[Mapping[str, Any]] = {"includeDeleteAndBlockup": 1}


STREAMS: tuple[type[JikeyunStream], ...] = (
    Transfers,
    TransferLines,
    Trades,
    StockOuts,
    StockIns,
    WmsOrders,
    Refunds,
    ReturnChanges,
    Goods,
    Bundles,
    Warehouses,
    Channels,
    Vendors,
    Inventory,
)
