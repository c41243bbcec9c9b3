"""What happened at the retailer, apart from any ERP: sold, returned, bought, moved, counted; and what is left in stock.

One table of documents for all vendors, so that an order sold is an outbound shipped is stock moved. A vendor writes its
answers from these rows at the moment of a call, and keeps tables of its own only for what is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence

KINDS = (
    "sale",
    "return",
    "purchase",
    "purchase_in",
    "purchase_return",
    "transfer",
    "other_in",
    "other_out",
    "count",
)

_TIMES = ("modified", "created", "happened", "version")
_COLUMNS = (
    "kind, id, status, warehouse, to_warehouse, store, household, supplier, reference, basket, happened, created, "
    "modified, version, remark, items"
)


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of a document.

    Attributes:
        line_id: Unique within the kind.
        quantity: What was gained (+) or lost (-) in a count; elsewhere 0 or more.
        amount: The line's total in cents; 0 where money has no part.
        discount: Cents off the shelf price (sales).
        counted: What a count found; the book said ``counted - quantity``.
    """

    line_id: int
    product_id: int
    quantity: int
    amount: int
    discount: int = 0
    counted: int = 0


class Fact(msgspec.Struct, frozen=True):
    """One document; what a kind does not have is 0.

    Attributes:
        kind: One of `KINDS`.
        id: Unique within the kind, the same for the same world.
        status: sale: cancelled, audited (not shipped), shipped, partly_paid, shipped_abnormal, finished; return:
            cancelled, created, received, finished; purchase: cancelled, created, partly, finished; transfer: cancelled,
            created, shipped, finished; the others: cancelled, created, finished.
        warehouse: 1 to 5; of a transfer the sending one.
        to_warehouse: Of a transfer the receiving one.
        store: Shop of a sale or return.
        household: Buyer of a sale or return.
        supplier: Number in `SUPPLIERS`.
        reference: Of a return its sale; of a purchase_in or purchase_return its purchase.
        basket: Of a sale or return the basket's number.
        happened: When it was shipped, received or counted; unix seconds, as ``created`` and ``modified``.
        version: Grows with every change, over all kinds.
    """

    kind: str
    id: int
    status: str
    warehouse: int
    to_warehouse: int
    store: int
    household: int
    supplier: int
    reference: int
    basket: int
    happened: int
    created: int
    modified: int
    version: int
    remark: str
    items: tuple[Item, ...]


class Stock(NamedTuple):
    """How much of a product is in a warehouse; ``locked`` of it is sold and not shipped yet."""

    product_id: int
    warehouse: int
    quantity: int
    locked: int
    modified: int
    version: int


class ProductRow(NamedTuple):
    """A product sold in the seeded days; ``price`` is the last shelf price in 1/10000 yuan."""

    product_id: int
    name: str
    department: str
    brand: str
    size: str
    price: int
    disabled: int
    created: int
    modified: int
    version: int


class StoreRow(NamedTuple):
    """A shop that sold in the seeded days; times in unix seconds."""

    store_id: int
    created: int
    modified: int


class Supplier(NamedTuple):
    """Who delivers a department's goods."""

    id: int
    number: str
    name: str


_DEPARTMENTS = tuple(dict.fromkeys((*words.DEPARTMENTS.values(), words.UNKNOWN_DEPARTMENT)))
SUPPLIERS = tuple(
    Supplier(at, f"GYS{at:02d}", f"{department}供应商") for at, department in enumerate(_DEPARTMENTS, start=1)
)

_items = msgspec.msgpack.Decoder(tuple[Item, ...])
encode_items = msgspec.msgpack.Encoder().encode


def find(
    db: sqlite3.Connection,
    kind: str,
    *,
    by: str = "modified",
    start: int | None = None,
    end: int | None = None,
    limit: int | None = None,
    offset: int = 0,
    descending: bool = False,
    **narrowed: Collection[Any] | None,
) -> list[Fact]:
    """Return documents of a kind, ordered by a time (or version) and id.

    Args:
        db: Any connection of the state.
        kind: One of `KINDS`.
        by: modified, created, happened or version.
        start: First moment (unix seconds) or version, included.
        end: Last one, included.
        limit: At most so many.
        offset: After leaving out so many.
        descending: Newest first.
        narrowed: ``ids``, ``statuses``, ``stores``, ``households``, ``warehouses``, ``baskets``, ``references``: only
            these; None: all.
    """
    where, values = _where(kind, by, start, end, narrowed)
    order = f"{by} DESC, id DESC" if descending else f"{by}, id"
    page = "" if limit is None and not offset else f" LIMIT {-1 if limit is None else int(limit)} OFFSET {int(offset)}"
    found = db.execute(f"SELECT {_COLUMNS} FROM retail_facts WHERE {where} ORDER BY {order}{page}", values)  # noqa: S608 - names of ours
    return [_fact(row) for row in found]


def each(
    db: sqlite3.Connection,
    kind: str,
    *,
    by: str = "modified",
    start: int | None = None,
    end: int | None = None,
    **narrowed: Collection[Any] | None,
) -> Iterator[Fact]:
    """Yield what `find` returns, one by one."""
    where, values = _where(kind, by, start, end, narrowed)
    for row in db.execute(f"SELECT {_COLUMNS} FROM retail_facts WHERE {where} ORDER BY {by}, id", values):  # noqa: S608 - names of ours
        yield _fact(row)


def count(
    db: sqlite3.Connection,
    kind: str,
    *,
    by: str = "modified",
    start: int | None = None,
    end: int | None = None,
    **narrowed: Collection[Any] | None,
) -> int:
    """Count what `find` would return."""
    where, values = _where(kind, by, start, end, narrowed)
    (counted,) = db.execute(f"SELECT count(*) FROM retail_facts WHERE {where}", values).fetchone()  # noqa: S608 - names of ours
    return int(counted)


def summary(db: sqlite3.Connection, kind: str, **narrowed: Collection[Any] | None) -> dict[str, Any]:
    """Add up documents, lines, quantity and amount (yuan), in all and by status."""
    where, values = _where(kind, "modified", None, None, narrowed)
    sums = db.execute(
        "SELECT status, count(*), sum(line_count), sum(quantity), sum(amount) FROM retail_facts "  # noqa: S608 - names of ours
        f"WHERE {where} GROUP BY status ORDER BY status",
        values,
    ).fetchall()
    whole = [sum(row[at] for row in sums) for at in range(1, 5)]
    return {**_sums(*whole), "by_status": {row[0]: _sums(*row[1:]) for row in sums}}


def touch(
    db: sqlite3.Connection, kind: str, number: int, *, now: int, status: str | None = None, remark: str | None = None
) -> Fact:
    """Let somebody edit a document: it is modified now, and its version grows. The caller commits.

    Raises:
        SandboxError: There is no such document.
    """
    changed = db.execute(
        "UPDATE retail_facts SET modified = ?, status = coalesce(?, status), remark = coalesce(?, remark), "
        "version = 1 + (SELECT max(version) FROM retail_facts) WHERE kind = ? AND id = ?",
        (now, status, remark, kind, number),
    ).rowcount
    if not changed:
        raise SandboxError(f"There is no {kind} {number}.")
    return find(db, kind, ids=[number])[0]


def stock(
    db: sqlite3.Connection,
    *,
    warehouse: int | None = None,
    products: Sequence[int] | None = None,
    by: str = "product",
    start: int | None = None,
    end: int | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Stock]:
    """Return stock by product and warehouse.

    Args:
        db: Any connection of the state.
        warehouse: Only this one.
        products: Only these.
        by: product, modified or version: the order, and what start and end (both included) are about.
        start: First product, moment (unix seconds) or version.
        end: Last one.
        limit: At most so many.
        offset: After leaving out so many.
    """
    wheres, values = _range(_column(by), start, end)
    if warehouse is not None:
        wheres.append("warehouse = ?")
        values.append(warehouse)
    found = _paged(db, "retail_stock", Stock._fields, wheres, values, products, by, limit, offset)
    return [Stock(*row) for row in found]


def products(
    db: sqlite3.Connection,
    *,
    by: str = "product",
    start: int | None = None,
    end: int | None = None,
    ids: Sequence[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[ProductRow]:
    """Return products; ``by``, ``start``, ``end``, ``limit`` and ``offset`` as in `stock`."""
    wheres, values = _range(_column(by), start, end)
    found = _paged(db, "retail_products", ProductRow._fields, wheres, values, ids, by, limit, offset)
    return [ProductRow(*row) for row in found]


def stores(db: sqlite3.Connection) -> list[StoreRow]:
    """Return the shops by number."""
    return [StoreRow(*row) for row in db.execute("SELECT store_id, created, modified FROM retail_stores ORDER BY 1")]


def last_version(db: sqlite3.Connection) -> int:
    """Return the newest version of any document."""
    (version,) = db.execute("SELECT coalesce(max(version), 0) FROM retail_facts").fetchone()
    return int(version)


_NARROWED = {
    "ids": "id",
    "statuses": "status",
    "stores": "store",
    "households": "household",
    "warehouses": "warehouse",
    "baskets": "basket",
    "references": "reference",
}


def _where(
    kind: str, by: str, start: int | None, end: int | None, narrowed: dict[str, Collection[Any] | None]
) -> tuple[str, list[Any]]:
    if kind not in KINDS or by not in _TIMES:
        raise ValueError(f"no such kind or order: {kind}, {by}")
    wheres, values = _range(by, start, end)
    for name, wanted in narrowed.items():
        column = _NARROWED[name]
        if wanted is not None:
            wheres.append(f"{column} IN ({','.join('?' * len(wanted))})")
            values.extend(wanted)
    return " AND ".join(["kind = ?", *wheres]), [kind, *values]


def _range(column: str, start: int | None, end: int | None) -> tuple[list[str], list[Any]]:
    bounds = [(f"{column} {sign} ?", value) for sign, value in ((">=", start), ("<=", end)) if value is not None]
    return [text for text, _ in bounds], [value for _, value in bounds]


def _column(by: str) -> str:
    return {"product": "product_id", "modified": "modified", "version": "version"}[by]


def _paged(  # noqa: PLR0917 - the parts of one statement
    db: sqlite3.Connection,
    table: str,
    columns: tuple[str, ...],
    wheres: list[str],
    values: list[Any],
    ids: Sequence[int] | None,
    by: str,
    limit: int | None,
    offset: int,
) -> sqlite3.Cursor:
    if ids is not None:
        wheres.append(f"product_id IN ({','.join('?' * len(ids))})")
        values.extend(ids)
    last = ", warehouse" if "warehouse" in columns else ""
    return db.execute(
        f"SELECT {', '.join(columns)} FROM {table} WHERE {' AND '.join(wheres) or '1'} "  # noqa: S608 - names of ours
        f"ORDER BY {_column(by)}, product_id{last} LIMIT ? OFFSET ?",
        [*values, -1 if limit is None else limit, offset],
    )


def _fact(row: tuple[Any, ...]) -> Fact:
    *columns, items = row
    return Fact(*(*columns, _items.decode(items)))


def _sums(documents: int, lines: int, quantity: int, amount: int) -> dict[str, Any]:
    sign, cents = ("-" if amount < 0 else ""), abs(amount)
    return {
        "documents": documents,
        "lines": lines,
        "quantity": str(quantity),
        "amount": f"{sign}{cents // 100}.{cents % 100:02d}",
    }
