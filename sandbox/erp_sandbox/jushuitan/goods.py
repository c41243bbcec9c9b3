"""商品: what a line of a document says about the product it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from erp_sandbox.retail.facts import Fact


class Sku(NamedTuple):
    """商品编码, 款式编码, name, 颜色规格, unit price in 1/10000 yuan."""

    sku_id: str
    i_id: str
    name: str
    properties: str
    price: int


class Goods:
    """The products met so far by number; they are read when a page first has them, and do not change."""

    def __init__(self) -> None:
        self._known: dict[int, Sku] = {}

    def of(self, db: sqlite3.Connection, documents: Iterable[Fact]) -> dict[int, Sku]:
        """Return at least the products of some documents, by number."""
        return self.by_number(db, {item.product_id for document in documents for item in document.items})

    def by_number(self, db: sqlite3.Connection, wanted: set[int]) -> dict[int, Sku]:
        """Return at least some products, by number."""
        missing = sorted(wanted - self._known.keys())
        for row in facts.products(db, ids=missing) if missing else ():
            self._known[row.product_id] = Sku(
                sku_id(row.product_id), i_id(row.product_id), row.name, row.size, row.price
            )
        return self._known


def sku_id(product_id: int) -> str:
    """Return the 商品编码."""
    return f"SKU{product_id}"


def i_id(product_id: int) -> str:
    """Return the 款式编码: every style of this retailer has one SKU."""
    return f"K{product_id}"


def product_of(number: str, prefix: str = "SKU") -> int:
    """Return the product that a code names, -1 for none."""
    digits = number.removeprefix(prefix)
    return int(digits) if digits != number and digits.isascii() and digits.isdecimal() else -1
