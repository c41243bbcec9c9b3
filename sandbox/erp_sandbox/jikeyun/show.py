"""What Jikeyun really holds, in one canonical form whatever the method."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from erp_sandbox.errors import SandboxError
from erp_sandbox.jikeyun import (
    aftersale,
    documents,
    goods,
    inventory,
    masters,
    purchases,
    stockdoc_rows,
    stockdocs,
    trade_rows,
    transfers,
    wms,
)
from erp_sandbox.jikeyun.documents import Selection
from erp_sandbox.jikeyun.settings import Settings
from erp_sandbox.jikeyun.values import Style, cents_text, long_id, shop_code, short, time, unit_price, warehouse_code

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from erp_sandbox.jikeyun.documents import Part
    from erp_sandbox.retail.facts import Fact, Item

    Document = dict[str, Any]

PARAMETERS = frozenset({"number", "status", "lines"})
STEADY = Style(Settings(mixed=False))


class Shown(NamedTuple):
    """A stream of documents.

    Attributes:
        parts: the facts it is made of.
        number: 单号.
        status: 状态, in the vendor's numbers.
        more: what else tests want to see.
        taobao: whether the orders of Taobao's shops are there.
    """

    parts: tuple[Part, ...]
    number: Callable[[Part, Fact], str]
    status: Callable[[Part, Fact], object]
    more: Callable[[Fact], Document] = lambda _fact: {}
    taobao: bool = True


def _transfer(fact: Fact) -> Document:
    _status, out_status, in_status = transfers.states(fact)
    return {
        "out_status": out_status,
        "in_status": in_status,
        "to_warehouse_code": warehouse_code(fact.to_warehouse),
    }


def _order(fact: Fact) -> Document:
    return {"shop_code": shop_code(fact.store), "customer_code": f"KH{fact.household:05d}"}


TRANSFERS = Shown(
    (transfers.PART,), lambda _, fact: transfers.number(fact), lambda _, fact: transfers.states(fact)[0], _transfer
)
DOCUMENTS = {
    "transfers": TRANSFERS,
    "transfer_lines": TRANSFERS,
    "trades": Shown(
        (trade_rows.PART,), lambda _, fact: trade_rows.number(fact), lambda _, fact: trade_rows.status(fact), _order
    ),
    "stock_outs": Shown(stockdocs.OUTS, stockdoc_rows.number, lambda part, _: part.type),
    "stock_ins": Shown(stockdocs.INS, stockdoc_rows.number, lambda part, _: part.type),
    "wms_orders": Shown(
        (wms.PART,), lambda _, fact: wms.order_number(fact), lambda _, fact: wms.status(fact), _order, taobao=False
    ),
    "return_changes": Shown(
        (aftersale.CHANGES,),
        lambda _, fact: aftersale.change_number(fact),
        lambda _, fact: aftersale.STATUSES[fact.status],
        _order,
    ),
    "refunds": Shown(
        (aftersale.REFUNDS,),
        lambda _, fact: aftersale.refund_number(fact),
        lambda _, fact: aftersale.REFUND_STATUSES[fact.status],
        _order,
    ),
    "purchases": Shown(
        (purchases.ORDERS,),
        lambda _, fact: purchases.order_number(fact),
        lambda _, fact: purchases.STATUSES[fact.status],
    ),
    "purchase_returns": Shown(
        (purchases.RETURNS,),
        lambda _, fact: purchases.return_number(fact),
        lambda _, fact: purchases.STATUSES[fact.status],
    ),
}
ROWS: dict[str, tuple[Callable[[sqlite3.Connection], Iterator[tuple[int, Document]]], str, str]] = {
    "warehouses": (lambda _db: masters.all_warehouses(STEADY), "warehouseId", "warehouseCode"),
    "channels": (lambda db: masters.all_channels(db, STEADY), "channelId", "channelCode"),
    "goods": (lambda db: ((row.modified, goods.row(row, STEADY)) for row in goods.each(db)), "skuId", "goodsNo"),
    "bundles": (
        lambda db: ((row.modified, goods.bundle(row, STEADY)) for row in goods.bundled(db)),
        "skuId",
        "goodsNo",
    ),
    "inventory": (inventory.shown, "quantityId", "goodsNo"),
    "vendors": (lambda _db: masters.all_vendors(STEADY), "vendId", "code"),
}
"""The streams without lines: rows with their modified time, and which fields are id and number."""


def documents_of(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[Document]:
    """Yield whole documents of a stream; ``lines`` gives one a line.

    Raises:
        SandboxError: an unknown stream or parameter.
    """
    if what not in DOCUMENTS and what not in ROWS:
        raise SandboxError(f"Jikeyun has no {what!r} to show; it has {', '.join([*DOCUMENTS, *ROWS])}.")
    if not set(query) <= PARAMETERS:
        unknown = ", ".join(sorted(set(query) - PARAMETERS))
        raise SandboxError(f"{what} cannot be shown by {unknown}; by {', '.join(sorted(PARAMETERS))} it can.")
    found = _documents(db, DOCUMENTS[what]) if what in DOCUMENTS else _rows(db, what)
    statuses = set(query.get("status", "").split(",")) - {""}
    chosen = (
        document
        for document in found
        if query.get("number", document["number"]) == document["number"]
        and (not statuses or document["status"] in statuses)
    )
    by_line = query.get("lines", "") not in {"", "0"} or what == "transfer_lines"
    return _flat(chosen) if by_line and what in DOCUMENTS else chosen


def summary(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Document:
    """Sum up what `documents_of` would yield, in all and by status."""
    whole = {name: value for name, value in query.items() if name != "lines"}
    streamed = documents_of(db, "transfers" if what == "transfer_lines" else what, whole)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for document in streamed:
        lines = document.get("lines", ())
        units = sum(int(line["quantity"]) for line in lines) + int(document.get("currentQuantity", 0))
        counts = 1, len(lines), units, sum(_cents(line) for line in lines)
        sums[document["status"]] = [have + more for have, more in zip(sums[document["status"]], counts, strict=True)]
    total = [sum(column) for column in zip(*sums.values(), strict=True)] or [0, 0, 0, 0]
    return {**_sums(total), "by_status": {status: _sums(counts) for status, counts in sorted(sums.items())}}


def _documents(db: sqlite3.Connection, shown: Shown) -> Iterator[Document]:
    hidden = frozenset() if shown.taobao else trade_rows.taobao_shops(db)
    for _, place, fact in documents.each(db, Selection("", shown.parts)):
        part = shown.parts[place]
        if fact.store in hidden:
            continue
        yield {
            "id": long_id(part.ids[0], fact.id),
            "number": shown.number(part, fact),
            "status": str(shown.status(part, fact)),
            "kind": fact.kind,
            "fact": fact.id,
            "warehouse_code": warehouse_code(stockdoc_rows.warehouse(part, fact)),
            "created": time(fact.created),
            "modified": time(fact.modified),
            "happened": time(fact.happened),
            "remark": fact.remark,
            **shown.more(fact),
            "lines": [_line(part, item) for item in part.lines(fact)],
        }


def _line(part: Part, item: Item) -> Document:
    return {
        "id": long_id(part.ids[1], item.line_id),
        "goods_no": f"G{item.product_id}",
        "quantity": str(item.quantity),
        "price": short(unit_price(item.amount, item.quantity), 4),
        "amount": cents_text(item.amount),
    }


def _rows(db: sqlite3.Connection, what: str) -> Iterator[Document]:
    read, identifier, number = ROWS[what]
    for modified, row in read(db):
        yield {
            "id": row[identifier],
            "number": row[number],
            "status": _use(row),
            "modified": time(modified),
            **{name: _plain(value) for name, value in row.items()},
        }


def _use(row: Document) -> str:
    """Return whether a thing is deleted or out of use; empty: neither."""
    if str(row.get("isDelete", 0)) != "0":
        return "deleted"
    return "" if str(row.get("isBlockup", 0)) == "0" else "blocked"


def _flat(found: Iterator[Document]) -> Iterator[Document]:
    for document in found:
        head = {name: value for name, value in document.items() if name not in {"lines", "id"}}
        for line in document["lines"]:
            yield {**head, "document_id": document["id"], **line}


def _plain(value: Any) -> Any:
    """Write a number that is JSON already as the text it is."""
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else value


def _cents(line: Document) -> int:
    return int(line["amount"].replace(".", ""))


def _sums(counts: list[int]) -> Document:
    documents_, lines, quantity, cents = counts
    return {"documents": documents_, "lines": lines, "quantity": str(quantity), "amount": cents_text(cents)}
