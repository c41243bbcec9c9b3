"""From the baskets of the year to all that a retailer's ERP would hold; every rule here is deterministic.

A day's documents depend on that day's baskets alone, so they are the same however many days are seeded.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from erp_sandbox.clock import CST_SECONDS
from erp_sandbox.retail import words
from erp_sandbox.retail.day import FIRST_ID, IDS_A_DAY, WAREHOUSES, Day, Links, Row, documents, row
from erp_sandbox.retail.facts import SUPPLIERS, Item
from erp_sandbox.retail.world import (
    AUDITED,
    CANCELLED,
    DAY_SECONDS,
    FINISHED,
    PARTLY_PAID,
    SHIPPED,
    SHIPPED_ABNORMAL,
    SHIPPED_STATES,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from erp_sandbox.retail.world import Basket, Line, World

LINE_IDS_A_DOCUMENT = 100
RETURNED = (20, 4)
"""Shipped sales whose number has this remainder come back, in whole or in part."""
COST_PERCENT = 60
HOUR, MINUTE = 3_600, 60
SPREAD_SECONDS = 7_200
DISABLED_PRODUCTS = (1_000, 500)
EPOCH_ORDINAL = 719_163  # 1970-01-01

SALE_STATUS = {
    CANCELLED: "cancelled",
    AUDITED: "audited",
    SHIPPED: "shipped",
    PARTLY_PAID: "partly_paid",
    SHIPPED_ABNORMAL: "shipped_abnormal",
    FINISHED: "finished",
}
_TEN = ("cancelled", "created", *("finished",) * 8)
_TRANSFERS = ("cancelled", "created", "shipped", *("finished",) * 7)
_PURCHASES = ("cancelled", "created", "partly", *("finished",) * 7)
_RETURNS = ("cancelled", "created", "received", *("finished",) * 7)


def seed(db: sqlite3.Connection, world: World) -> None:
    """Fill the empty tables. The caller commits."""
    told = _Telling(world)
    db.execute(
        "CREATE TEMP TABLE told (kind, id, status, warehouse, to_warehouse, store, household, supplier, reference, "
        "basket, happened, created, modified, remark, items, line_count, quantity, amount)"
    )
    db.executemany("INSERT INTO told VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", told.rows())
    db.execute(
        "INSERT INTO retail_facts SELECT kind, id, status, warehouse, to_warehouse, store, household, supplier, "
        "reference, basket, happened, created, modified, row_number() OVER (ORDER BY modified, kind, id), remark, "
        "items, line_count, quantity, amount FROM told ORDER BY kind, id"
    )
    db.execute("DROP TABLE told")
    db.executemany("INSERT INTO retail_stock VALUES (?,?,?,?,?,?)", told.stock())
    db.executemany("INSERT INTO retail_products VALUES (?,?,?,?,?,?,?,?,?,?)", told.products())
    opened = told.opened
    db.executemany(
        "INSERT INTO retail_stores VALUES (?,?,?)", ((store, opened, opened + store) for store in world.stores())
    )


def warehouse_of(store_id: int) -> int:
    """Return the warehouse, 1 to 5, that delivers a shop's orders."""
    return store_id % WAREHOUSES + 1


class _Telling:
    """One pass over the baskets."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._first_midnight = (world.until.toordinal() - EPOCH_ORDINAL) * DAY_SECONDS - CST_SECONDS
        self.opened = self._first_midnight - 400 * DAY_SECONDS
        self._ends = self._first_midnight + DAY_SECONDS
        self._known = {product.product_id: product for product in world.products()}
        numbers = {supplier.name: supplier.id for supplier in SUPPLIERS}
        self._supplier = {at: numbers[f"{product.department}供应商"] for at, product in self._known.items()}
        self._prices: dict[int, int] = {}
        self._first_sold: dict[int, int] = {}
        self._moves: dict[tuple[int, int], list[int]] = {}  # by product and warehouse: came, locked, last time

    def rows(self) -> Iterator[Row]:
        """Yield one row a document, day by day."""
        for day_index, baskets in groupby(self._world.baskets(), key=self._day_index):
            day = Day(365 - day_index, self._first_midnight - day_index * DAY_SECONDS)
            for basket in baskets:
                yield from self._sale(basket, day)
            yield from self._transfers(day)
            yield from self._purchases(day)
            yield from self._by_warehouse(day, "other_in", 40, 7, 11 * HOUR)
            yield from self._by_warehouse(day, "other_out", 40, 9, 13 * HOUR)
            yield from self._by_warehouse(day, "count", 10, 4, 21 * HOUR)

    def stock(self) -> Iterator[Row]:
        """Yield what is left: it began with as much as ever left, and something more."""
        moved = sorted(self._moves.items(), key=lambda item: (item[1][2], item[0]))
        for version, ((product, warehouse), (came, locked, last)) in enumerate(moved, start=1):
            yield product, warehouse, came + product % 97 + 20, locked, last, version

    def products(self) -> Iterator[Row]:
        """Yield the products; each was last modified an hour before its first sale."""
        modulus, remainder = DISABLED_PRODUCTS
        rows = [
            (
                *product,
                self._prices.get(product.product_id, 0),
                int(product.product_id % modulus == remainder),
                self.opened + product.product_id % DAY_SECONDS,
                self._first_sold[product.product_id] - HOUR,
            )
            for product in self._known.values()
        ]
        rows.sort(key=lambda row: (row[-1], row[0]))
        return ((*row, version) for version, row in enumerate(rows, start=1))

    def _day_index(self, basket: Basket) -> int:
        return (self._world.until - basket.consigned_at.date()).days

    def _sale(self, basket: Basket, day: Day) -> Iterator[Row]:
        at = int(basket.consigned_at.timestamp())
        warehouse = warehouse_of(basket.store_id)
        shipped = basket.status in SHIPPED_STATES
        items = [Item(line.rec_id, line.product_id, line.quantity, line.amount, line.discount) for line in basket.lines]
        for line in basket.lines:
            self._learn(line, at)
            if shipped:
                day.add(warehouse, line)
                self._move(line.product_id, warehouse, -line.quantity, at)
            elif basket.status == AUDITED:
                self._move(line.product_id, warehouse, 0, at, locked=line.quantity)
        number = basket.stockout_id
        people: Links = {"store": basket.store_id, "household": basket.household_id, "basket": basket.basket_id}
        remark = words.REMARKS[number // 10 % len(words.REMARKS)] if number % 10 == 0 else ""
        yield row(
            "sale",
            number,
            SALE_STATUS[basket.status],
            warehouse=warehouse,
            happened=at,
            items=items,
            remark=remark,
            created=at - HOUR + 10 * MINUTE,
            modified=at + number % SPREAD_SECONDS,
            **people,
        )
        if shipped and number % RETURNED[0] == RETURNED[1]:
            yield from self._return(number, warehouse, at, items, people)

    def _return(self, sale: int, warehouse: int, shipped: int, items: list[Item], people: Links) -> Iterator[Row]:
        """A sale comes back two to twenty hours later: whole, every second line, or half the quantity."""
        at = shipped + (2 + sale // 20 % 19) * HOUR
        if at + HOUR >= self._ends:
            return
        links: Links = {**people, "reference": sale}
        manner = sale // RETURNED[0] % 3
        chosen = items[::2] if manner == 1 else items
        back = []
        for item in chosen:
            units = max(1, item.quantity // 2) if manner == 2 and item.quantity else item.quantity  # noqa: PLR2004 - the third manner
            amount = item.amount if units == item.quantity else item.amount * units // item.quantity
            back.append(Item(item.line_id, item.product_id, units, amount))
        status = _RETURNS[sale // RETURNED[0] % 10]
        if status in {"received", "finished"}:
            for item in back:
                self._move(item.product_id, warehouse, item.quantity, at)
        yield row(
            "return",
            FIRST_ID + sale,
            status,
            warehouse=warehouse,
            happened=at,
            items=back,
            created=at - HOUR,
            modified=at + sale % HOUR,
            **links,
        )

    def _transfers(self, day: Day) -> Iterator[Row]:
        """Each warehouse gets a part of what it sold from the next one."""
        for warehouse, sold in day.sold.items():
            sender = warehouse % WAREHOUSES + 1
            for chosen in documents(sold, 6, 0):
                number = day.next_id("transfer")
                status = _TRANSFERS[number % 10]
                at = day.midnight + 10 * HOUR + number % IDS_A_DAY * MINUTE
                items = self._items(number, [(product, units, self._cost(product, units)) for product, units in chosen])
                for item in items:
                    if status in {"shipped", "finished"}:
                        self._move(item.product_id, sender, -item.quantity, at)
                    if status == "finished":
                        self._move(item.product_id, warehouse, item.quantity, at + HOUR)
                yield row(
                    "transfer",
                    number,
                    status,
                    warehouse=sender,
                    happened=at,
                    items=items,
                    to_warehouse=warehouse,
                    created=at - 2 * HOUR,
                    modified=at + number * 37 % (6 * HOUR),
                )

    def _purchases(self, day: Day) -> Iterator[Row]:
        """Each department's supplier delivers twice of what was sold, in the afternoon; some of it goes back."""
        wanted: dict[int, dict[int, list[int]]] = defaultdict(dict)
        for sold in day.sold.values():
            for product, (units, _cents) in sold.items():
                wanted[self._supplier[product]].setdefault(product, [0])[0] += units
        for supplier in sorted(wanted):
            for chosen in documents(wanted[supplier], 8, 1):
                yield from self._purchase(day, supplier, chosen)

    def _purchase(self, day: Day, supplier: int, chosen: list[tuple[int, int]]) -> Iterator[Row]:
        number = day.next_id("purchase")
        status = _PURCHASES[number % 10]
        warehouse = supplier % WAREHOUSES + 1
        at = day.midnight + 9 * HOUR + number % IDS_A_DAY * MINUTE
        items = self._items(number, [(product, 2 * units, self._cost(product, 2 * units)) for product, units in chosen])
        link: Links = {"supplier": supplier, "reference": number}
        yield row(
            "purchase",
            number,
            status,
            warehouse=warehouse,
            happened=at,
            items=items,
            supplier=supplier,
            created=at - HOUR,
            modified=at + number * 31 % (4 * HOUR),
        )
        if status not in {"partly", "finished"}:
            return
        arrived = items if status == "finished" else items[: max(1, len(items) // 2)]
        yield from self._delivered(number, warehouse, at + 6 * HOUR, arrived, link)

    def _delivered(self, number: int, warehouse: int, came: int, arrived: list[Item], link: Links) -> Iterator[Row]:
        """What was bought arrives; of every fifth purchase one piece goes back."""
        for item in arrived:
            self._move(item.product_id, warehouse, item.quantity, came)
        yield row(
            "purchase_in",
            number,
            "finished",
            warehouse=warehouse,
            happened=came,
            items=arrived,
            created=came - MINUTE,
            modified=came + number % HOUR,
            **link,
        )
        if number % 5 == 0:
            one = Item(arrived[0].line_id, arrived[0].product_id, 1, self._cost(arrived[0].product_id, 1))
            back = came + 2 * HOUR
            self._move(one.product_id, warehouse, -1, back)
            yield row(
                "purchase_return",
                number,
                "finished",
                warehouse=warehouse,
                happened=back,
                items=[one],
                created=back - MINUTE,
                modified=back + number % HOUR,
                **link,
            )

    def _by_warehouse(self, day: Day, kind: str, modulus: int, remainder: int, hour: int) -> Iterator[Row]:
        """Found, broken and counted goods: the products with a remainder, warehouse by warehouse."""
        for warehouse, sold in day.sold.items():
            for chosen in documents(sold, modulus, remainder):
                number = day.next_id(kind)
                status = _TEN[number % 10]
                at = day.midnight + hour + number % IDS_A_DAY * MINUTE
                items = [self._found(kind, number, place, product) for place, (product, _) in enumerate(chosen, 1)]
                if status == "finished":
                    sign = -1 if kind == "other_out" else 1
                    for item in items:
                        self._move(item.product_id, warehouse, sign * item.quantity, at)
                yield row(
                    kind,
                    number,
                    status,
                    warehouse=warehouse,
                    happened=at,
                    items=items,
                    created=at - HOUR,
                    modified=at + number * 29 % HOUR,
                )

    def _found(self, kind: str, number: int, place: int, product: int) -> Item:
        line_id = number * LINE_IDS_A_DOCUMENT + place
        if kind != "count":
            units = product // 40 % 5 + 1
            return Item(line_id, product, units, self._cost(product, units))
        difference = product // 10 % 5 - 2
        return Item(line_id, product, difference, 0, counted=50 + product % 60 + difference)

    def _items(self, number: int, lines: Iterable[tuple[int, int, int]]) -> list[Item]:
        return [
            Item(number * LINE_IDS_A_DOCUMENT + place, product, units, cents)
            for place, (product, units, cents) in enumerate(lines, start=1)
        ]

    def _cost(self, product: int, units: int) -> int:
        """Return what so many units cost, in cents rounded half up."""
        return (self._prices.get(product, 0) * units * COST_PERCENT + 5_000) // 10_000

    def _learn(self, line: Line, at: int) -> None:
        """Remember a product's last shelf price and its first sale."""
        self._first_sold.setdefault(line.product_id, at)
        if line.quantity:
            cents = 100 * (line.amount + line.discount)
            self._prices[line.product_id] = (2 * cents + line.quantity) // (2 * line.quantity)

    def _move(self, product: int, warehouse: int, units: int, at: int, *, locked: int = 0) -> None:
        moved = self._moves.setdefault((product, warehouse), [0, 0, 0])
        moved[0] += max(0, units)
        moved[1] += locked
        moved[2] = max(moved[2], at)
