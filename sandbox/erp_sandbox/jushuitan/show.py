"""What Jushuitan really holds, stream by stream, in one canonical form: every amount a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.clock import to_text
from erp_sandbox.errors import SandboxError
from erp_sandbox.jushuitan import parties, wares
from erp_sandbox.jushuitan.figures import text_yuan, ts
from erp_sandbox.jushuitan.goods import i_id, sku_id
from erp_sandbox.jushuitan.streams import FORMS
from erp_sandbox.jushuitan.totals import totals
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from erp_sandbox.jushuitan.documents import Form
    from erp_sandbox.retail.facts import Fact

    Document = dict[str, Any]
    Rows = Callable[[sqlite3.Connection, Mapping[str, str]], Iterator[Document]]

PARAMETERS = frozenset({"number", "status", "lines", "all", "wms_co_id"})


def documents(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[Document]:
    """Yield whole documents of a stream; of base data what the vendor lists, with ``all=1`` also what it does not.

    Raises:
        SandboxError: an unknown stream or parameter.
    """
    if what not in FORMS and what not in BASE_DATA:
        raise SandboxError(f"Jushuitan has no {what!r} to show; it has {', '.join((*FORMS, *BASE_DATA))}.")
    if not set(query) <= PARAMETERS:
        unknown = ", ".join(sorted(set(query) - PARAMETERS))
        raise SandboxError(f"{what} cannot be shown by {unknown}; by {', '.join(sorted(PARAMETERS))} it can.")
    found = _documents(db, FORMS[what], query) if what in FORMS else BASE_DATA[what](db, query)
    return _narrowed(found, query)


def summary(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Document:
    """Sum up what `documents` would yield, also by status."""
    by_status: dict[str, list[int]] = {}
    lineless = {name: value for name, value in query.items() if name != "lines"}
    for document in documents(db, what, lineless):
        sums = by_status.setdefault(str(document.get("status", "")), [0, 0, 0, 0])
        lines = document.get("lines", ())
        sums[0] += 1
        sums[1] += len(lines)
        sums[2] += sum(int(line["quantity"]) for line in lines)
        sums[3] += sum(int(line["amount"].replace(".", "")) for line in lines)
    totals = [sum(column) for column in zip(*by_status.values(), strict=True)] or [0, 0, 0, 0]
    return {**_sums(*totals), "by_status": {status: _sums(*sums) for status, sums in sorted(by_status.items())}}


def _sums(documents: int, lines: int, quantity: int, cents: int) -> Document:
    return {"documents": documents, "lines": lines, "quantity": str(quantity), "amount": text_yuan(cents)}


def _narrowed(found: Iterator[Document], query: Mapping[str, str]) -> Iterator[Document]:
    statuses = set(query["status"].split(",")) if "status" in query else None
    by_line = query.get("lines", "") not in {"", "0"}
    for document in found:
        if statuses is not None and str(document.get("status")) not in statuses:
            continue
        if query.get("number", document["number"]) != document["number"]:
            continue
        if by_line:
            head = {name: document[name] for name in ("id", "number", "status")}
            yield from ({**head, **line} for line in document.get("lines", ()))
        else:
            yield document


def _documents(db: sqlite3.Connection, forms: tuple[Form, ...], query: Mapping[str, str]) -> Iterator[Document]:
    number = query.get("number")
    for form in forms:
        ids = None if number is None else form.ids([int(number) if number.isdecimal() else -1])
        for fact in facts.each(db, form.kind, ids=ids):
            yield _document(form, fact)


def _document(form: Form, fact: Fact) -> Document:
    number = form.number(fact)
    return {
        "id": number,
        "number": str(number),
        "status": form.states.of(fact),
        "modified": to_text(fact.modified),
        "happened": to_text(fact.happened) if form.is_dated(fact) else None,
        "ts": ts(fact),
        "wms_co_id": parties.wms_co_id(fact.warehouse),
        "shop_id": parties.shop_id(fact.store) if fact.store else None,
        "supplier_id": parties.supplier_id(fact.supplier) if fact.supplier else None,
        "remark": fact.remark,
        "lines": [
            {
                "id": form.first_line + item.line_id,
                "sku_id": sku_id(item.product_id),
                "quantity": str(item.quantity),
                "amount": text_yuan(item.amount),
            }
            for item in fact.items
        ],
    }


def _is_all(query: Mapping[str, str]) -> bool:
    return query.get("all", "") not in {"", "0"}


def _shops(db: sqlite3.Connection, query: Mapping[str, str]) -> Iterator[Document]:
    for row in parties.every_shop(db, closed=_is_all(query)):
        closed = row["shop_id"] == parties.shop_id(parties.CLOSED_STORE)
        yield {"id": row["shop_id"], "number": row["nick"], "status": "closed" if closed else "enabled",
               "name": row["shop_name"]}  # fmt: skip


def _warehouses(_db: sqlite3.Connection, query: Mapping[str, str]) -> Iterator[Document]:
    for row in parties.every_warehouse(disabled=_is_all(query)):
        yield {"id": row["wms_co_id"], "number": str(row["wms_co_id"]), "status": row.get("status", ""),
               "name": row["name"]}  # fmt: skip


def _distributors(db: sqlite3.Connection, _query: Mapping[str, str]) -> Iterator[Document]:
    for row in parties.every_distributor(db):
        yield {"id": int(row["channel_co_id"]), "number": row["channel_co_id"], "status": str(row["status"]),
               "name": row["co_name"], "salesman": row["supplier_salesman_name"]}  # fmt: skip


def _distributors_legacy(db: sqlite3.Connection, _query: Mapping[str, str]) -> Iterator[Document]:
    for store in facts.stores(db):
        row = parties.legacy_distributor(store)
        yield {"id": row["drp_co_id"], "number": str(row["drp_co_id"]), "status": "", "name": row["name"],
               "co_id": row["co_id"], "salesman": row["salesman"], "modified": row["modified"]}  # fmt: skip


def _suppliers(db: sqlite3.Connection, _query: Mapping[str, str]) -> Iterator[Document]:
    for _, row in parties.every_supplier(db):
        yield {"id": row["supplier_id"], "number": row["supplier_code"],
               "status": "enabled" if row["enabled"] else "disabled", "name": row["name"],
               "modified": row["modified"]}  # fmt: skip


ENABLED = {1: "enabled", 0: "spare", -1: "disabled"}


def _skus(db: sqlite3.Connection, _query: Mapping[str, str]) -> Iterator[Document]:
    for row in facts.products(db):
        number = sku_id(row.product_id)
        yield {"id": number, "number": number, "status": ENABLED[wares.enabled(row)], "name": row.name,
               "modified": to_text(row.modified)}  # fmt: skip


def _items(db: sqlite3.Connection, _query: Mapping[str, str]) -> Iterator[Document]:
    for row in facts.products(db):
        number = i_id(row.product_id)
        yield {"id": number, "number": number, "status": ENABLED[wares.enabled(row)], "name": row.name,
               "modified": to_text(row.modified), "skus": [sku_id(row.product_id)]}  # fmt: skip


def _inventory(db: sqlite3.Connection, query: Mapping[str, str]) -> Iterator[Document]:
    wanted = query.get("wms_co_id", "0")
    if wanted == "each":
        found = facts.stock(db)
    elif wanted == "0":
        found = totals(db)
    else:
        found = facts.stock(db, warehouse=int(wanted) - parties.wms_co_id(0) if wanted.isdecimal() else -1)
    for stock in found:
        number = sku_id(stock.product_id)
        warehouse = parties.wms_co_id(stock.warehouse) if stock.warehouse else 0
        yield {"id": f"{number}@{warehouse}", "number": number, "status": "", "wms_co_id": warehouse,
               "modified": to_text(stock.modified), "lines": [
                   {"id": number, "sku_id": number, "quantity": str(stock.quantity), "amount": "0.00"}]}  # fmt: skip


BASE_DATA: dict[str, Rows] = {
    "shops": _shops,
    "warehouses": _warehouses,
    "distributors": _distributors,
    "distributors_legacy": _distributors_legacy,
    "suppliers": _suppliers,
    "skus": _skus,
    "items": _items,
    "inventory": _inventory,
}
