"""商品库存: how much of each SKU there is, in one warehouse or in all of them (contract 8.16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sandbox.clock import to_text
from erp_sandbox.jushuitan.figures import FIRST_TS
from erp_sandbox.jushuitan.goods import product_of
from erp_sandbox.jushuitan.parties import wms_co_id
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from collections.abc import Collection

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Stock


@dataclass
class Inventory:
    """The stock that a call selects; ``warehouse`` 0 means all of them, summed."""

    erp: Erp
    query: Query
    warehouse: int
    products: Collection[int] | None = None

    def count(self) -> int:
        """Count it; the answer does not say it."""
        return len(self._found(0, -1))

    def rows(self, offset: int, limit: int) -> list[Row]:
        """Return so many rows."""
        found = self._found(offset, limit)
        goods = self.erp.goods.by_number(self.erp.context.db, {stock.product_id for stock in found})
        locks = bool(self.query.values.get("has_lock_qty"))
        return [_row(stock, goods[stock.product_id], locks=locks) for stock in found]

    def edit(self, number: int, now: int) -> None:
        """Stock moves with documents only."""

    def _found(self, offset: int, limit: int) -> list[Stock]:
        query = self.query
        by = "modified" if query.cursor is None else "version"
        start = query.start if query.cursor is None else query.cursor - FIRST_TS
        if self.warehouse:
            products = None if self.products is None else list(self.products)
            return facts.stock(
                self.erp.context.db, warehouse=self.warehouse, products=products, by=by, start=start, end=query.end,
                limit=limit, offset=offset,
            )  # fmt: skip
        found = self.erp.totals.between(self.erp.context.db, by, start, query.end)
        if self.products is not None:
            found = [stock for stock in found if stock.product_id in self.products]
        return found[offset:] if limit < 0 else found[offset : offset + limit]


def select(erp: Erp, query: Query) -> Inventory:
    """Select stock by SKU."""
    values = query.values
    warehouse = values.get("wms_co_id", 0)
    selected = Inventory(erp, query, 0 if warehouse == 0 else warehouse - wms_co_id(0))
    found: set[int] | None = None
    for name, prefix in (("sku_ids", "SKU"), ("i_ids", "K")):
        if name in values:
            named = {product_of(number, prefix) for number in values[name]}
            found = named if found is None else found & named
    if "names" in values:
        named = {row.product_id for row in facts.products(erp.context.db) if row.name in values["names"]}
        found = named if found is None else found & named
    selected.products = found
    return selected


BLANKS: dict[str, Any] = {
    "virtual_qty": 0,
    "purchase_qty": 0,
    "allocate_qty": 0,
    "sale_refund_qty": 0,
    "return_qty": 0,
    "in_qty": 0,
    "defective_qty": 0,
    "customize_qty_1": 0,
    "customize_qty_2": 0,
    "customize_qty_3": 0,
    "min_qty": None,
    "max_qty": None,
}


def _row(stock: Stock, sku: Sku, *, locks: bool) -> Row:
    row = BLANKS | {
        "sku_id": sku.sku_id,
        "i_id": sku.i_id,
        "name": sku.name,
        "qty": stock.quantity,
        "order_lock": stock.locked,
        "pick_lock": stock.locked // 2,
        "modified": to_text(stock.modified),
        "ts": FIRST_TS + stock.version,
    }
    if stock.warehouse:
        row["wms_co_id"] = wms_co_id(stock.warehouse)  # only where one warehouse was asked for
    if locks:
        row["lock_qty"] = 0
    return row
