from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from erp_sandbox.retail.facts import Stock

if TYPE_CHECKING:
    import sqlite3

SUMS = """
SELECT product_id, 0, sum(quantity), sum(locked), max(modified), max(version) FROM retail_stock
GROUP BY product_id
"""


def totals(db: sqlite3.Connection) -> list[Stock]:
    """Return each product's stock over all warehouses; it changed when one of them last did."""
    return [Stock(*row) for row in db.execute(SUMS)]


class Totals:
    """The sums over all warehouses, kept until stock changes: making them looks at every row there is."""

    def __init__(self) -> None:
        self._version = -1
        self._sorted: dict[str, tuple[list[int], list[Stock]]] = {}

    def between(self, db: sqlite3.Connection, by: str, start: int | None, end: int | None) -> list[Stock]:
        """Return the sums by ``modified`` or ``version``, from ``start`` to ``end``, both included."""
        (version,) = db.execute("SELECT coalesce(max(version), 0) FROM retail_stock").fetchone()
        if version != self._version:
            self._version = version
            found = totals(db)
            for name in ("modified", "version"):
                rows = sorted(found, key=lambda stock: (getattr(stock, name), stock.product_id))
                self._sorted[name] = ([getattr(stock, name) for stock in rows], rows)
        keys, rows = self._sorted[by]
        first = 0 if start is None else bisect_left(keys, start)
        return rows[first : len(keys) if end is None else bisect_right(keys, end)]
