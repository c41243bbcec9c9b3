"""One retailer's year, told as the documents of an ERP. Each rule here is deterministic, and money is whole cents."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from erp_sandbox.clock import CST, CST_SECONDS
from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import dataset, words

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_STOCKOUT_ID = 800_001
FIRST_REC_ID = 9_000_001
DAY_SECONDS = 86_400

CANCELLED, AUDITED, SHIPPED, PARTLY_PAID, FINISHED, SHIPPED_ABNORMAL = 5, 55, 95, 105, 110, 113
"""出库单状态: 已取消, 已审核, 已发货, 部分打款, 已完成, 异常发货."""
SHIPPED_STATES = frozenset({SHIPPED, PARTLY_PAID, FINISHED, SHIPPED_ABNORMAL})

STATUS_BY_REMAINDER = (
    (CANCELLED, AUDITED) + (PARTLY_PAID,) * 3 + (SHIPPED_ABNORMAL,) * 2 + (SHIPPED,) * 18 + (FINISHED,) * 75
)
"""The status of a stock-out by ``stockout_id % 100``."""

RETAIL_TRADE, WHOLESALE_TRADE = 1, 4
WHOLESALE_HOUSEHOLDS = 33
"""Every so many-th household buys wholesale (批发): its shipped stock-outs have a sale order in Kingdee."""

UNKNOWN_CUSTOMERS = (400, 7)
"""Households with this remainder are missing from the customer code table, as new customers are in real life."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of a basket. ``quantity`` may be 0; ``amount`` and ``discount`` (off the shelf price) are cents."""

    rec_id: int
    product_id: int
    quantity: int
    amount: int
    discount: int


class Basket(msgspec.Struct, frozen=True):
    """One basket: one sales stock-out. ``consigned_at`` is aware, +08:00; ``status`` is the 企业版 code."""

    stockout_id: int
    basket_id: int
    household_id: int
    store_id: int
    consigned_at: datetime
    status: int
    lines: tuple[Line, ...]

    @property
    def wholesale(self) -> bool:
        """Whether it is a shipped wholesale delivery (批发), which has a sale order in Kingdee."""
        return self.household_id % WHOLESALE_HOUSEHOLDS == 0 and self.status in SHIPPED_STATES


class Product(NamedTuple):
    """One product; texts may be empty. ``name`` is the full Chinese and English name, as ``goods_name``."""

    product_id: int
    name: str
    department: str
    brand: str
    size: str


class World:
    """The chosen part of the year: the last ``days`` calendar days, moved so that they end with ``until``.

    Args:
        days: 1 to 365; 365 is all there is.
        until: the last trading day in the sandbox.
        taobao_shops: so many shops, lowest number first, sell on Taobao (platform 1).

    Raises:
        SandboxError: days or taobao_shops out of range.
    """

    def __init__(self, *, days: int, until: date, taobao_shops: int = 0) -> None:
        if not 1 <= days <= dataset.WHOLE_YEAR:
            raise SandboxError(f"--days must be between 1 and {dataset.WHOLE_YEAR} (the whole year), not {days}.")
        if taobao_shops < 0:
            raise SandboxError(f"--taobao-shops must be 0 or more, not {taobao_shops}.")
        self.days = days
        self.until = until
        self.taobao_shops = taobao_shops
        last = date.fromisoformat(dataset.LAST_DAY)
        first = date.min if days == dataset.WHOLE_YEAR else last - timedelta(days=days - 1)
        self._from_seconds = int((first - date(1970, 1, 1)).total_seconds())
        self._shift_seconds = (until - last).days * DAY_SECONDS - CST_SECONDS

    def baskets(self) -> Iterator[Basket]:
        """Yield the baskets in time order; memory for one batch of the data set only."""
        stockout_id = FIRST_STOCKOUT_ID - 1
        basket_id = -1
        head: tuple[int, int, int] = (0, 0, 0)
        lines: list[Line] = []
        for batch in dataset.transactions(self._from_seconds):
            if basket_id < 0:
                stockout_id += batch.baskets_before
            sales = zip(batch.product, batch.quantity, batch.amount, batch.discount, strict=True)
            for row, (basket, sale) in enumerate(zip(batch.basket, sales, strict=True)):
                if basket != basket_id:
                    if lines:
                        yield self._basket(stockout_id, basket_id, head, lines)
                        lines = []
                    stockout_id += 1
                    basket_id = basket
                    head = (batch.household[row], batch.store[row], batch.time[row])
                lines.append(Line(FIRST_REC_ID + batch.first_row + row, *sale))
        if lines:
            yield self._basket(stockout_id, basket_id, head, lines)

    def products(self) -> Iterator[Product]:
        """Yield the products sold in the chosen days, by number; the few that are not described come last."""
        wanted = set(self._sold[1])
        for row in dataset.products():
            if row["product_id"] in wanted:
                wanted.discard(row["product_id"])
                department = words.DEPARTMENTS.get(row["department"], words.UNKNOWN_DEPARTMENT)
                size = row["package_size"] or ""
                name = " ".join(part for part in (department, row["product_type"] or "", size) if part)
                yield Product(row["product_id"], name, department, words.BRANDS.get(row["brand"], ""), size)
        for product_id in sorted(wanted):
            yield Product(product_id, words.UNKNOWN_DEPARTMENT, words.UNKNOWN_DEPARTMENT, "", "")

    def households(self) -> Iterator[int]:
        """Yield every household of the year, by number: customers exist whether they bought this week or not."""
        yield from dataset.households()

    def stores(self) -> Iterator[int]:
        """Yield the stores that sold in the chosen days, by number."""
        yield from sorted(self._sold[0])

    @cached_property
    def _sold(self) -> tuple[set[int], set[int]]:
        return dataset.sold(self._from_seconds)

    def _basket(self, stockout_id: int, basket_id: int, head: tuple[int, int, int], lines: list[Line]) -> Basket:
        household_id, store_id, seconds = head
        return Basket(
            stockout_id=stockout_id,
            basket_id=basket_id,
            household_id=household_id,
            store_id=store_id,
            consigned_at=datetime.fromtimestamp(seconds + self._shift_seconds, CST),
            status=STATUS_BY_REMAINDER[stockout_id % 100],
            lines=tuple(lines),
        )
