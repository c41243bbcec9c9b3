"""货品: ``erp.storage.goodslist``, bundles 组合装 and the newer SKU search (contract 8.5)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun.selecting import Columns
from erp_sandbox.jikeyun.transfers import PRODUCT_ID, SKU_ID
from erp_sandbox.jikeyun.values import Style, barcode, digits, long_id, number_of
from erp_sandbox.retail import facts, words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from erp_sandbox.jikeyun.asking import Asked, Window
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import ProductRow

    Row = dict[str, Any]

BUNDLE_ID, BUNDLE_SKU_ID = 43, 44
BUNDLED, BUNDLED_AT_A_TIME = 50, 1_000
"""Every product whose number has no remainder is sold as a bundle too: two, and one more for nothing."""
STALE = (10, 3)
"""Products with this remainder were changed as goods, which did not move the time of their SKU."""
BLOCKED = (2_500, 3)
CATEGORIES = {
    name: str(at)
    for at, name in enumerate(dict.fromkeys((*words.DEPARTMENTS.values(), words.UNKNOWN_DEPARTMENT)), start=1)
}
GOODS_FIELDS = {f"goodsField{at}": None for at in range(1, 51)}
SKU_FIELDS = {f"skuField{at}": "" for at in range(1, 31)}


def goods_list(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.storage.goodslist``: by cursor when ``maxSkuId`` is sent, else page by page."""
    style = Style(erp.settings)
    return {"goods": [row(product, style) for product in _asked_for(erp, asked, "maxSkuId")]}


def search(erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp-goods.goods.sku.search``: the same rows with the columns that ``cols`` names."""
    named = asked.texts("cols")
    if not named:
        raise asked.wrong("cols不能为空")
    chosen, style = Columns(named), Style(erp.settings)
    return [chosen.of(row(product, style)) for product in _asked_for(erp, asked, "lastMaxId")]


def bundles(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp-goods.goods.listgoodspackage``."""
    page, style = asked.page(), Style(erp.settings)
    numbers = {digits(text, "ZH") for text in asked.texts("goodsNo")}
    window = asked.window("gmtModifiedStart", "gmtModifiedEnd")
    after = _cursor(asked, "maxSkuId", BUNDLE_SKU_ID)
    found = (
        product
        for product in bundled(erp.db, after)
        if (not numbers or product.product_id in numbers) and (window is None or window.holds(product.modified))
    )
    start = page.offset if after is None else 0
    return {"goods": [bundle(product, style) for product in islice(found, start, start + page.size)]}


def bundled(db: sqlite3.Connection, after: int | None = None) -> Iterator[ProductRow]:
    """Yield the products that are sold as bundles, by number."""
    return (product for product in each(db, start=after) if product.product_id % BUNDLED == 0)


def each(
    db: sqlite3.Connection, *, by: str = "product", start: int | None = None, end: int | None = None
) -> Iterator[ProductRow]:
    """Yield products, read some at a time; behind ``start`` when they are ordered by number."""
    offset = 0
    start = start + 1 if start is not None and by == "product" else start
    while chunk := facts.products(db, by=by, start=start, end=end, limit=BUNDLED_AT_A_TIME, offset=offset):
        yield from chunk
        if by == "product":
            start = chunk[-1].product_id + 1
        else:
            offset += len(chunk)


def sku_modified(product: ProductRow) -> int:
    """Return when the SKU was changed, as far as its own time tells."""
    return product.created if product.product_id % STALE[0] == STALE[1] else product.modified


def row(product: ProductRow, style: Style) -> Row:
    """Return all fields of a SKU; the retailer's goods have one each."""
    number, odd = product.product_id, style.odd(product.product_id)
    blocked = int(number % BLOCKED[0] == BLOCKED[1])
    return {
        "goodsId": long_id(PRODUCT_ID, number),
        "goodsNo": f"G{number}",
        "goodsName": product.name,
        "skuId": long_id(SKU_ID, number),
        "skuNo": f"G{number}-1",
        "skuName": product.size,
        "skuBarcode": barcode(number),
        "mainBarcode": barcode(number),
        "skuCode": f"SKU{number}",
        "unitName": "个",
        "cateId": CATEGORIES[product.department],
        "cateName": product.department,
        "cateFullName": f"全部/{product.department}",
        "brandName": product.brand or None,
        "goodsAttr": 1,
        "retailPrice": style.price(product.price, as_number=odd),
        "gmtCreate": style.moment(product.created, as_text=False),
        "goodsGmtModified": str(product.modified * 1000),
        "skuGmtModified": sku_modified(product) * 1000,
        "isDelete": str(product.disabled),
        "isBlockup": style.quantity(blocked, as_text=odd),
        "skuIsBlockup": blocked,
        "isPackageGood": 0,
        "isBatchMgmt": bool(0),
        "isSerialManagement": "0",
        "goodsUnit": [{"unitName": "个", "countRate": 1, "isBase": 1}],
        "flagData": "",
        **GOODS_FIELDS,
        **SKU_FIELDS,
        "extendValue": "{}",
        "imgUrlList": None if odd else [],
    }


def bundle(product: ProductRow, style: Style) -> Row:
    """Return a bundle 买二赠一."""
    number = product.product_id
    part = {"goodsNo": f"G{number}", "goodsName": product.name, "skuId": long_id(SKU_ID, number),
            "skuBarcode": barcode(number), "unitName": "个"}  # fmt: skip
    return {
        "goodsId": long_id(BUNDLE_ID, number),
        "goodsNo": f"ZH{number}",
        "goodsName": f"买二赠一 {product.name}",
        "skuId": long_id(BUNDLE_SKU_ID, number),
        "skuName": product.size,
        "skuBarcode": f"8{barcode(number)[1:]}",
        "unitName": "套",
        "retailPrice": style.price(2 * product.price, as_number=style.odd(number)),
        "isDelete": str(product.disabled),
        "gmtModified": product.modified * 1000,
        "goodsPackageDetail": [
            {**part, "goodsAmount": 2, "isGift": 0, "sharePrice": style.price(product.price, as_number=False)},
            {**part, "goodsAmount": "1", "isGift": "1", "sharePrice": "0"},
        ],
    }


def _asked_for(erp: Erp, asked: Asked, cursor: str) -> list[ProductRow]:
    page, after = asked.page(), _cursor(asked, cursor, SKU_ID)
    goods = asked.window("startDateModifiedGoods", "endDateModifiedGoods")
    if after is None and goods is not None:
        products = each(erp.db, by="modified", start=goods.start, end=goods.end)
    else:
        products = each(erp.db, start=after)
    start = page.offset if after is None else 0
    return list(islice(_narrowed(asked, products, goods), start, start + page.size))


def _narrowed(asked: Asked, products: Iterator[ProductRow], goods: Window | None) -> Iterator[ProductRow]:
    numbers = {text for name in ("goodsNo", "goodsNos") for text in asked.texts(name)}
    barcodes = {*asked.texts("skuBarcode"), *asked.texts("skuBarcodes")}
    codes = set(asked.texts("skuCodes"))
    sku, created = asked.window("startDateModifiedSku", "endDateModifiedSku"), asked.window("startDate", "endDate")
    deleted = asked.flag("isQueryDelete")
    blocked = [flag for name in ("isBlockup", "skuIsBlockup") if (flag := asked.flag(name)) is not None]
    if asked.flag("isPackageGood"):
        return
    for product in products:
        number = product.product_id
        if (
            (deleted or not product.disabled)
            and (not numbers or f"G{number}" in numbers)
            and (not barcodes or barcode(number) in barcodes)
            and (not codes or f"SKU{number}" in codes)
            and (goods is None or goods.holds(product.modified))
            and (sku is None or sku.holds(sku_modified(product)))
            and (created is None or created.holds(product.created))
            and all(flag == (number % BLOCKED[0] == BLOCKED[1]) for flag in blocked)
        ):
            yield product


def _cursor(asked: Asked, name: str, kind: int) -> int | None:
    """Return behind which number the rows begin; None: the call does not go by cursor."""
    sent = asked.whole(name)
    return None if sent is None else max(number_of(kind, sent), -1)
