"""What Wangdiantong holds: compact rows, from which each dialect's answer is written at the moment of the call."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.clock import CST_SECONDS
from erp_sandbox.retail import words
from erp_sandbox.retail.world import DAY_SECONDS, SHIPPED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from erp_sandbox.retail.world import Basket, Line, World

OWN_PLATFORM, TAOBAO = 127, 1
"""平台ID: 自有平台, 淘宝."""

PRICE_UNITS = 10_000
"""Prices have four decimals: whole units are 1/10000 yuan."""
CENT_UNITS = 100

MODIFIED_SPREAD_SECONDS = 7_200
GOODS_DELETED = (1_000, 500)
"""Products with this remainder are deleted in the goods file (they may still stand on documents)."""

DISABLED_SHOP_ID = 90_000
DISABLED_WAREHOUSE_ID = 9
WAREHOUSE_PLACES = (
    ("上海", "上海市", "青浦区"),
    ("广东省", "广州市", "白云区"),
    ("北京", "北京市", "大兴区"),
    ("湖北省", "武汉市", "东西湖区"),
    ("四川省", "成都市", "新都区"),
)

TABLES = f"""
CREATE TABLE IF NOT EXISTS wdt_stockouts (
    stockout_id INTEGER PRIMARY KEY,
    basket_id INTEGER NOT NULL,
    household_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    platform INTEGER NOT NULL,
    status INTEGER NOT NULL,         -- 企业版 code
    consigned INTEGER NOT NULL,      -- unix seconds; also set when not shipped, the other times hang on it
    modified INTEGER NOT NULL,       -- unix seconds
    reaudits INTEGER NOT NULL,       -- each one gave the document a new number
    remark TEXT,                     -- NULL: the rule's
    first_rec_id INTEGER NOT NULL,
    line_count INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    amount INTEGER NOT NULL,         -- cents, sum of the lines' share_amount
    discount INTEGER NOT NULL,       -- cents
    priced INTEGER NOT NULL,         -- cents, sum of the lines' goods_count * sell_price, each rounded half up
    lines BLOB NOT NULL              -- product, quantity, amount, discount: four little-endian uint32 a line
);
CREATE INDEX IF NOT EXISTS wdt_stockouts_basket ON wdt_stockouts (basket_id);
CREATE INDEX IF NOT EXISTS wdt_stockouts_modified ON wdt_stockouts (modified, stockout_id, status, platform, store_id);
CREATE INDEX IF NOT EXISTS wdt_stockouts_consigned ON wdt_stockouts
    (consigned, stockout_id, status, platform, store_id) WHERE status >= {SHIPPED};
CREATE TABLE IF NOT EXISTS wdt_goods (
    goods_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    department TEXT NOT NULL,
    brand TEXT NOT NULL,
    size TEXT NOT NULL,
    price INTEGER NOT NULL,          -- last shelf price, 1/10000 yuan
    deleted INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS wdt_goods_modified ON wdt_goods (modified, goods_id, deleted);
CREATE TABLE IF NOT EXISTS wdt_shops (
    shop_id INTEGER PRIMARY KEY,
    shop_no TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    platform INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS wdt_warehouses (
    warehouse_id INTEGER PRIMARY KEY,
    warehouse_no TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    type INTEGER NOT NULL,
    province TEXT NOT NULL,
    city TEXT NOT NULL,
    district TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS wdt_edited (    -- what shared documents were before somebody edited them
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    status TEXT NOT NULL,
    modified INTEGER NOT NULL,
    remark TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
"""


class Stockout(NamedTuple):
    """One row of ``wdt_stockouts``; the columns in the table's order."""

    stockout_id: int
    basket_id: int
    household_id: int
    store_id: int
    platform: int
    status: int
    consigned: int
    modified: int
    reaudits: int
    remark: str | None
    first_rec_id: int
    line_count: int
    quantity: int
    amount: int
    discount: int
    priced: int
    lines: bytes


def half_up(numerator: int, denominator: int) -> int:
    """Divide whole numbers that are not negative, and round half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def unit_price(cents: int, quantity: int) -> int:
    """Return the price of one, in 1/10000 yuan; without a quantity it is the whole amount."""
    return half_up(cents * CENT_UNITS, quantity) if quantity else cents * CENT_UNITS


def line_total(price: int, quantity: int) -> int:
    """Return ``goods_count * sell_price`` in cents, rounded half up."""
    return half_up(price * quantity, CENT_UNITS)


def create(db: sqlite3.Connection) -> None:
    """Create the tables that are not there."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


def seed(db: sqlite3.Connection, world: World) -> None:
    """Fill the tables from the retailer's year, one basket at a time."""
    taobao = frozenset(list(world.stores())[: world.taobao_shops])
    prices: dict[int, int] = {}
    first_sold: dict[int, int] = {}
    db.executemany(
        f"INSERT INTO wdt_stockouts VALUES ({','.join('?' * len(Stockout._fields))})",  # noqa: S608 - placeholders only
        (_stockout(basket, taobao, prices, first_sold) for basket in world.baskets()),
    )
    opened = _midnight(world) - 400 * DAY_SECONDS
    db.executemany("INSERT INTO wdt_goods VALUES (?,?,?,?,?,?,?,?,?)", _goods(world, prices, first_sold, opened))
    db.executemany("INSERT INTO wdt_shops VALUES (?,?,?,?,?,?,?)", _shops(world, taobao, opened))
    db.executemany("INSERT INTO wdt_warehouses VALUES (?,?,?,?,?,?,?,?,?,?)", _warehouses(opened))


def _stockout(
    basket: Basket, taobao: frozenset[int], prices: dict[int, int], first_sold: dict[int, int]
) -> tuple[Any, ...]:
    consigned = int(basket.consigned_at.timestamp())
    flat: list[int] = []
    priced = 0
    for line in basket.lines:
        flat += (line.product_id, line.quantity, line.amount, line.discount)
        priced += line_total(unit_price(line.amount, line.quantity), line.quantity)
        _learn(line, consigned, prices, first_sold)
    return (
        basket.stockout_id,
        basket.basket_id,
        basket.household_id,
        basket.store_id,
        TAOBAO if basket.store_id in taobao else OWN_PLATFORM,
        basket.status,
        consigned,
        seeded_modified(basket.stockout_id, consigned),
        0,
        None,
        basket.lines[0].rec_id,
        len(basket.lines),
        sum(line.quantity for line in basket.lines),
        sum(line.amount for line in basket.lines),
        sum(line.discount for line in basket.lines),
        priced,
        struct.pack(f"<{len(flat)}I", *flat),
    )


def _learn(line: Line, consigned: int, prices: dict[int, int], first_sold: dict[int, int]) -> None:
    """Remember a product's last shelf price and its first sale."""
    first_sold.setdefault(line.product_id, consigned)
    if line.quantity:
        prices[line.product_id] = unit_price(line.amount + line.discount, line.quantity)


def seeded_modified(stockout_id: int, consigned: int) -> int:
    """Return when a document was last modified, as long as nobody edited it."""
    return consigned + stockout_id % MODIFIED_SPREAD_SECONDS


def _midnight(world: World) -> int:
    return (world.until.toordinal() - 719_163) * DAY_SECONDS - CST_SECONDS  # 719163 is 1970-01-01


def _goods(world: World, prices: dict[int, int], first_sold: dict[int, int], opened: int) -> Iterator[tuple[Any, ...]]:
    modulus, remainder = GOODS_DELETED
    for product in world.products():
        yield (
            product.product_id,
            product.name,
            product.department,
            product.brand,
            product.size,
            prices.get(product.product_id, 0),
            int(product.product_id % modulus == remainder),
            opened + product.product_id % DAY_SECONDS,
            first_sold[product.product_id] - 3_600,
        )


def _shops(world: World, taobao: frozenset[int], opened: int) -> Iterator[tuple[Any, ...]]:
    for store_id in world.stores():
        platform = TAOBAO if store_id in taobao else OWN_PLATFORM
        yield store_id, f"S{store_id:04d}", f"社区店{store_id:04d}号店", platform, 0, opened, opened + store_id
    yield DISABLED_SHOP_ID, "S0000", "总部体验店（已停业）", OWN_PLATFORM, 1, opened, opened + DAY_SECONDS


def _warehouses(opened: int) -> Iterator[tuple[Any, ...]]:
    for index, (name, place) in enumerate(zip(words.WAREHOUSES, WAREHOUSE_PLACES, strict=True), start=1):
        yield index, f"WH{index:02d}", name, 1, *place, 0, opened, opened + index * 3_600
    closed = opened + DAY_SECONDS
    yield DISABLED_WAREHOUSE_ID, "WH09", "西北临时仓（已停用）", 1, "陕西省", "西安市", "灞桥区", 1, opened, closed
