"""What every document told from a fact has, whatever the dialect: numbers, ids, places, people, goods on its lines.

Values are for `shapes`: decimals in 1/10000, times in unix seconds, ``status`` in the 企业版 code and ``flag_status``
in the 旗舰版 one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sandbox.retail import words
from erp_sandbox.wangdiantong import goods, stockouts
from erp_sandbox.wangdiantong.tables import CENT_UNITS, OWN_PLATFORM, PRICE_UNITS, TAOBAO, WAREHOUSE_PLACES, unit_price

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from erp_sandbox.retail.facts import Fact, Item

    Values = dict[str, Any]

IDS_A_TYPE = 10_000_000
LINES_A_TYPE = 200_000_000
"""Stock-ins of all types share one number space, and so do stock-outs (contract 8.E7): a type has this much of it."""
GOODS_REMEMBERED = 50_000
PROVINCES = ("310000", "440000", "110000", "420000", "510000")

_goods: dict[int, Values] = {}


@dataclass(frozen=True)
class Scene:
    """Where values are read: the state, and which shops sell on Taobao."""

    db: sqlite3.Connection
    taobao: frozenset[int]
    details: bool = False
    """Whether the call asked for the lists that come only then."""
    product: int | None = None
    """The product that the call is about, where only its lines are asked for."""


def scene(db: sqlite3.Connection, *, details: bool = False, product: int | None = None) -> Scene:
    """Open a scene for one call."""
    rows = db.execute("SELECT shop_id FROM wdt_shops WHERE platform = ?", (TAOBAO,))
    return Scene(db, frozenset(row[0] for row in rows), details, product)


def stock_id(order_type: int, number: int) -> int:
    """Return a stockin_id or stockout_id: unique over all types."""
    return order_type * IDS_A_TYPE + number


def spec(db: sqlite3.Connection, product_id: int) -> Values:
    """Return what a line says of its goods; goods never change while a state is served, so they are kept."""
    found = _goods.get(product_id)
    if found is None:
        row = goods.Goods._make(db.execute("SELECT * FROM wdt_goods WHERE goods_id = ?", (product_id,)).fetchone())
        if len(_goods) >= GOODS_REMEMBERED:
            _goods.clear()
        found = _goods[product_id] = {
            "goods_id": product_id,
            "goods_no": f"G{product_id}",
            "goods_name": row.name,
            "class_name": row.department,
            "brand_name": row.brand or "无",
            "spec_id": goods.spec_id(product_id),
            "spec_no": f"G{product_id}-1",
            "spec_name": row.size or goods.DEFAULT_SPEC,
            "barcode": f"69{product_id:011d}",
            "retail_price": row.price,
            "spec_deleted": row.deleted,
            "spec_created": row.created,
            "spec_modified": row.modified,
        }
    return found


def line(scene: Scene, fact: Fact, item: Item, *, rec_id: int, units: int | None = None) -> Values:
    """Return a line's values; ``units`` when it is not the item's quantity that counts."""
    quantity = item.quantity if units is None else units
    price = unit_price(item.amount, quantity)
    return {
        **spec(scene.db, item.product_id),
        "rec_id": rec_id,
        "num": quantity * PRICE_UNITS,
        "price": price,
        "amount": item.amount * CENT_UNITS,
        "created": fact.created,
        "modified": fact.modified,
    }


def head(fact: Fact, items: Sequence[Item] | None = None) -> Values:
    """Return what the head of any document has."""
    items = fact.items if items is None else items
    return {
        **warehouse(fact.warehouse),
        "remark": fact.remark,
        "created": fact.created,
        "modified": fact.modified,
        "goods_count": sum(abs(item.quantity) for item in items) * PRICE_UNITS,
        "goods_type_count": len(items),
        "amount": sum(item.amount for item in items) * CENT_UNITS,
    }


def warehouse(number: int, prefix: str = "") -> Values:
    """Return a warehouse's id, number and name, under names with a prefix (``from_``, ``to_``)."""
    return {
        f"{prefix}warehouse_id": number,
        f"{prefix}warehouse_no": f"WH{number:02d}",
        f"{prefix}warehouse_name": words.WAREHOUSES[number - 1],
    }


def people(scene: Scene, fact: Fact) -> Values:
    """Return shop and buyer; the buyer is told for own-platform shops only (contract 1)."""
    platform = TAOBAO if fact.store in scene.taobao else OWN_PLATFORM
    own = platform == OWN_PLATFORM
    place = stockouts.warehouse(fact.store) - 1
    return {
        "shop_id": fact.store,
        "shop_no": f"S{fact.store:04d}",
        "shop_name": f"社区店{fact.store:04d}号店",
        "platform_id": platform,
        "fenxiao_nick": stockouts.distributor(fact.store),
        "nick": f"会员{fact.household:04d}" if own else "",
        "customer_no": f"KH{fact.household:05d}" if own else "",
        "customer_id": fact.household if own else 0,
        "area": " ".join(WAREHOUSE_PLACES[place]) if own else "",
        "province": int(PROVINCES[place]) if own else 0,
        "tid": f"T{fact.basket}",
        "trade_no": f"JY{fact.basket}",
    }
