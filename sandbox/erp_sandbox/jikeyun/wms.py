"""仓储单: ``wms.order.query-info`` and its ``.page`` (contract 8.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun import documents
from erp_sandbox.jikeyun.documents import Part, Selection, products_of
from erp_sandbox.jikeyun.trade_rows import SHIPPED, number, taobao_shops
from erp_sandbox.jikeyun.transfers import SKU_ID
from erp_sandbox.jikeyun.values import (
    DAY_SECONDS,
    Style,
    barcode,
    long_id,
    shop_name,
    time,
    warehouse_code,
    warehouse_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_sandbox.jikeyun.asking import Asked
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item, ProductRow

    Row = dict[str, Any]

PART = Part("sale", ids=(23, 24))
PAIRS = (
    ("startFinishTime", "endFinishTime", "happened", SHIPPED),
    ("startModifyTime", "endModifyTime", "modified", None),
    ("startGmtCreate", "endGmtCreate", "created", None),
)
UNFINISHED, COMPLETED, CANCELLED = (0, 1, 3, 4, 5, 6, 15), 7, 8
SALE_OUT = 201


def order_number(fact: Fact) -> str:
    """Return 仓储单号."""
    return f"WMS{fact.id}"


def status(fact: Fact) -> int:
    """Return orderStatus."""
    if fact.status == "cancelled":
        return CANCELLED
    return COMPLETED if fact.status in SHIPPED else UNFINISHED[fact.id // 100 % len(UNFINISHED)]


def query(erp: Erp, asked: Asked) -> list[Row]:
    """Answer both methods; Taobao's orders are never in."""
    selection, page = _selection(erp, asked), asked.page()
    found = [fact for _, fact in documents.rows(erp, selection, page)]
    products = products_of(erp.db, found)
    custom = asked.flag("isNeedCustomFields") or False
    style = Style(erp.settings)
    return [_order(fact, products, style, custom=custom) for fact in found]


def _selection(erp: Erp, asked: Asked) -> Selection:
    windows = [(window, by, only) for start, end, by, only in PAIRS if (window := asked.window(start, end)) is not None]
    if not any(window.start is not None and window.end is not None for window, _, _ in windows):
        raise asked.wrong("完成时间、修改时间、创建时间至少传入一组")
    for window, _, _ in windows:
        if window.start is None or window.end is None or window.end - window.start > DAY_SECONDS:
            raise asked.wrong("开始时间和结束时间间隔不能超过24小时")
    taobao = taobao_shops(erp.db)
    statuses, types = set(asked.wholes("orderStatusList")), set(asked.wholes("outTypeList"))
    named = [
        (asked.text("orderNo"), order_number),
        (asked.text("relNo"), number),
    ]

    def holds(fact: Fact) -> bool:
        return (
            fact.store not in taobao
            and (not statuses or status(fact) in statuses)
            and (not types or SALE_OUT in types)
            and all(text in {"", of(fact)} for text, of in named)
            and all(
                window.holds(getattr(fact, by)) and (only is None or fact.status in only)
                for window, by, only in windows
            )
        )

    window, by, only = windows[0]
    plain = not (taobao or statuses or types or len(windows) > 1 or any(text for text, _ in named))
    part = PART._replace(statuses=only) if plain else PART._replace(statuses=only, holds=holds)
    key = f"wms {asked.key('pageIndex', 'pageSize', 'isNeedCustomFields')}"
    return Selection(key, (part,), by=by, window=window)


def _order(fact: Fact, products: Mapping[int, ProductRow], style: Style, *, custom: bool) -> Row:
    shipped = fact.status in SHIPPED
    odd = style.odd(fact.id)
    return {
        "orderNo": order_number(fact),
        "erporderNo": number(fact),
        "platOrderNo": f"T{fact.basket}",
        "orderStatus": style.quantity(status(fact), as_text=odd),
        "outType": SALE_OUT,
        "warehouseCode": warehouse_code(fact.warehouse),
        "warehouseName": warehouse_name(fact.warehouse),
        "shopName": shop_name(fact.store),
        "LogisticCode": "SF",
        "logisticName": "顺丰速运",
        "logisticNo": f"SF{fact.basket}" if shipped else "",
        "gmtCreate": style.moment(fact.created, as_text=not odd),
        "gmtModified": time(fact.modified),
        "finishTime": time(fact.happened) if shipped else None,
        "buyerMemo": fact.remark or None,
        **({"customFields": {}} if custom else {}),
        "goodsDetail": [_line(item, products, style, shipped=shipped) for item in fact.items],
    }


def _line(item: Item, products: Mapping[int, ProductRow], style: Style, *, shipped: bool) -> Row:
    product = products[item.product_id]
    return {
        "detailId": style.identifier(long_id(PART.ids[1], item.line_id), item.line_id),
        "goodsNo": f"G{item.product_id}",
        "goodsName": product.name,
        "skuId": long_id(SKU_ID, item.product_id),
        "skuName": product.size,
        "skuBarcode": barcode(item.product_id),
        "unitName": "个",
        "sellCount": style.quantity(item.quantity, as_text=style.odd(item.line_id)),
        "sendCount": item.quantity if shipped else 0,
    }
