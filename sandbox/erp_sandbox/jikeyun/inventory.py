"""库存: ``erp.stockquantity.get`` and its kin (contract 8.7)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.jikeyun.selecting import Columns
from erp_sandbox.jikeyun.settings import Settings
from erp_sandbox.jikeyun.transfers import SKU_ID
from erp_sandbox.jikeyun.values import (
    Style,
    barcode,
    digits,
    long_id,
    number_of,
    warehouse_code,
    warehouse_name,
    warehouse_of,
)
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from erp_sandbox.jikeyun.asking import Asked
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import ProductRow, Stock

    Row = dict[str, Any]

QUANTITY_ID = 45
PLACES = 10
"""An id of stock is the product's number and one digit for the warehouse."""
AT_A_TIME = 1_000
MOST_SKUS = 1_000


def number(stock: Stock) -> int:
    """Return the number that a stock's id is made of."""
    return stock.product_id * PLACES + stock.warehouse


def quantities(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.stockquantity.get``: by cursor when ``maxQuantityId`` is sent, else page by page."""
    return {"goodsStockQuantity": _rows(erp, _asked_for(erp, asked))}


def batches(erp: Erp, asked: Asked) -> str:
    """Answer ``erp.batchstockquantity.get``, whose data are a JSON text."""
    if not asked.text("warehouseCode"):
        raise asked.wrong("warehouseCode不能为空")
    rows = [{**row, "batchNo": "", "productionDate": None} for row in _rows(erp, _asked_for(erp, asked))]
    return msgspec.json.encode({"goodsStockQuantity": rows}).decode()


def sku_list(erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp-stock.stock.skulist``."""
    named, skus = asked.texts("cols"), asked.wholes("skuIds")
    if not named:
        raise asked.wrong("cols不能为空")
    if len(skus) > MOST_SKUS:
        raise asked.wrong(f"skuIds不能超过{MOST_SKUS}个")
    chosen = Columns(named)
    products = [number_of(SKU_ID, sku) for sku in skus] or None
    page = asked.page()
    found = facts.stock(erp.db, products=products, limit=page.size, offset=page.offset)
    return [chosen.of(row) for row in _rows(erp, found)]


def each(db: sqlite3.Connection, *, start: int | None = None, **narrowed: Any) -> Iterator[Stock]:
    """Yield stock by product and warehouse, read some at a time."""
    offset = 0
    while chunk := facts.stock(db, start=start, limit=AT_A_TIME, offset=offset, **narrowed):
        yield from chunk
        offset += len(chunk)


def row(stock: Stock, product: ProductRow, style: Style) -> Row:
    """Return all fields of a stock; two names are misspelt as the vendor does, one of them at times."""
    odd = style.odd(number(stock))
    free = stock.quantity - stock.locked
    return {
        "quantityId": style.identifier(long_id(QUANTITY_ID, number(stock)), number(stock)),
        "warehouseCode": warehouse_code(stock.warehouse),
        "warehouseName": warehouse_name(stock.warehouse),
        "goodsNo": f"G{stock.product_id}",
        "goodsName": product.name,
        "skuId": long_id(SKU_ID, stock.product_id),
        "skuName": product.size,
        "skuBarcode": barcode(stock.product_id),
        "unitName": "个",
        "currentQuantity": style.quantity(stock.quantity, as_text=odd),
        "useQuantity": style.quantity(free, as_text=not odd),
        "lockedQuantity": style.quantity(stock.locked, as_text=odd),
        "reserveQuantity": 0,
        "purchasingQuantity": 0,
        "allocateQuantity": "0",
        "orderingQuantity": 0,
        "stockInQuantity": 0,
        "stockOutQuantity" if odd else "stockOutuantity": 0,
        "defectiveQuanity": 0,
        "costPrice": style.price(product.price * 6 // 10, as_number=odd),
        "batchList": None if odd else [],
    }


def _rows(erp: Erp, found: Sequence[Stock]) -> list[Row]:
    numbers = sorted({stock.product_id for stock in found})
    products = {product.product_id: product for product in facts.products(erp.db, ids=numbers)}
    style = Style(erp.settings)
    return [row(stock, products[stock.product_id], style) for stock in found]


def _asked_for(erp: Erp, asked: Asked) -> list[Stock]:
    page = asked.page()
    code = asked.text("warehouseCode")
    goods = [digits(text, "G") for name in ("goodsNo", "goodsNos") for text in asked.texts(name)]
    goods += [digits(text, "69") for text in asked.texts("skuBarcode")]
    warehouse, products = (warehouse_of(code) if code else None), goods or None
    window = asked.window("gmtModifiedStart", "gmtModifiedEnd")
    sent = asked.whole("maxQuantityId")
    if sent is None:
        by, (start, end) = ("modified", window) if window else ("product", (None, None))
        return facts.stock(
            erp.db, by=by, start=start, end=end, limit=page.size, offset=page.offset,
            warehouse=warehouse, products=products,
        )  # fmt: skip
    after = number_of(QUANTITY_ID, sent)
    behind = (
        stock
        for stock in each(erp.db, start=max(after, 0) // PLACES, warehouse=warehouse, products=products)
        if number(stock) > after and (window is None or window.holds(stock.modified))
    )
    return list(islice(behind, page.size))


def shown(db: sqlite3.Connection) -> Iterator[tuple[int, Row]]:
    """Yield modified time and row of all stock, written one way."""
    style = Style(Settings(mixed=False))
    products = {product.product_id: product for product in facts.products(db)}
    for stock in each(db):
        yield stock.modified, row(stock, products[stock.product_id], style)
