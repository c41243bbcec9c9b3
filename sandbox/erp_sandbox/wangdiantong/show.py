"""What Wangdiantong really holds, in one canonical form whatever the dialect."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from erp_sandbox.errors import SandboxError
from erp_sandbox.retail.world import SHIPPED
from erp_sandbox.wangdiantong import bases, goods, show_rows, stockouts
from erp_sandbox.wangdiantong.fields import money, time
from erp_sandbox.wangdiantong.tables import CENT_UNITS, OWN_PLATFORM, TAOBAO, Stockout, unit_price

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    Document = dict[str, Any]

DIALECTS = ("openapi", "flagship", "qimen", "qimen_flagship")
PARAMETERS = frozenset({"number", "dialect", "status", "lines"})


def documents(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[Document]:
    """Yield whole documents of a stream.

    Raises:
        SandboxError: an unknown stream or parameter.
    """
    if what not in SHOWN and what not in show_rows.STREAMS:
        known = ", ".join((*SHOWN, *show_rows.STREAMS))
        raise SandboxError(f"Wangdiantong has no {what!r} to show; it has {known}.")
    if not set(query) <= PARAMETERS:
        unknown = ", ".join(sorted(set(query) - PARAMETERS))
        raise SandboxError(f"{what} cannot be shown by {unknown}; by {', '.join(sorted(PARAMETERS))} it can.")
    if query.get("dialect", DIALECTS[0]) not in DIALECTS:
        raise SandboxError(f"There is no dialect {query['dialect']!r}; there are {', '.join(DIALECTS)}.")
    return show_rows.documents_of(db, what, query) if what in show_rows.STREAMS else SHOWN[what](db, query)


def summary(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Document:
    """Sum up what `documents` would yield; documents also by status."""
    documents(db, what, query)  # refuses what it does not know
    if what in show_rows.STREAMS:
        return show_rows.summary_of(db, what, query)
    if what != "sales_stockouts":
        return {"documents": sum(1 for _ in documents(db, what, query))}
    where, arguments = _condition(query)
    rows = db.execute(
        "SELECT status, count(*), sum(line_count), sum(quantity), sum(priced) FROM wdt_stockouts "  # noqa: S608 - ours
        f"WHERE {where} GROUP BY status ORDER BY status",
        arguments,
    ).fetchall()
    totals = [sum(row[column] for row in rows) for column in range(1, 5)]
    return {**_sums(*totals), "by_status": {str(row[0]): _sums(*row[1:]) for row in rows}}


def _sums(documents: int, lines: int, quantity: int, cents: int) -> Document:
    return {
        "documents": documents,
        "lines": lines,
        "quantity": str(quantity),
        "amount": f"{cents // CENT_UNITS}.{cents % CENT_UNITS:02d}",
    }


def _condition(query: Mapping[str, str]) -> tuple[str, list[Any]]:
    """Turn the parameters into SQL; a dialect sees what its interface would."""
    where: list[str] = []
    arguments: list[Any] = []
    dialect = query.get("dialect")
    if dialect is not None and not dialect.startswith("qimen"):
        where.append("platform <> ?")
        arguments.append(TAOBAO)
    if "status" in query:
        codes = query["status"].split(",")
        where.append(f"status IN ({','.join('?' * len(codes))})")
        arguments.extend(codes)
    if "number" in query:
        found = stockouts.NUMBER_PATTERNS["stockout_no"].fullmatch(query["number"])
        where.append("basket_id = ? AND reaudits = ?")
        arguments.extend((int(found[1]), int(found[2] or 0)) if found else (-1, 0))
    return " AND ".join(where) or "1", arguments


def _stockouts(db: sqlite3.Connection, query: Mapping[str, str]) -> Iterator[Document]:
    where, arguments = _condition(query)
    names = dict(db.execute("SELECT shop_id, name FROM wdt_shops").fetchall())
    cursor = db.execute(f"SELECT * FROM wdt_stockouts WHERE {where} ORDER BY stockout_id", arguments)  # noqa: S608 - ours
    by_line = query.get("lines", "") not in {"", "0"}
    for row in map(Stockout._make, cursor):
        document = _stockout(row, names[row.store_id])
        if by_line:
            head = {name: document[name] for name in ("stockout_id", "order_no", "status")}
            yield from ({**head, **line} for line in document["details"])
        else:
            yield document


def _stockout(row: Stockout, shop_name: str) -> Document:
    return {
        "stockout_id": row.stockout_id,
        "order_no": stockouts.order_no(row),
        "status": row.status,
        "consign_time": time(row.consigned) if row.status >= SHIPPED else None,
        "modified": time(row.modified),
        "shop_no": f"S{row.store_id:04d}",
        "shop_name": shop_name,
        "platform_id": row.platform,
        "warehouse_no": f"WH{stockouts.warehouse(row.store_id):02d}",
        "fenxiao_nick": stockouts.distributor(row.store_id),
        "nick_name": f"会员{row.household_id:04d}" if row.platform == OWN_PLATFORM else "",
        "src_order_no": f"JY{row.basket_id}",
        "src_trade_no": f"T{row.basket_id}",
        "logistics_no": f"SF{row.basket_id}" if row.status >= SHIPPED else "",
        "trade_type": stockouts.trade_type(row),
        "remark": stockouts.remark(row),
        "details": [
            {
                "rec_id": row.first_rec_id + index,
                "goods_no": f"G{product_id}",
                "goods_count": money(quantity * 10_000),
                "sell_price": money(unit_price(amount, quantity)),
                "share_amount": money(amount * CENT_UNITS),
            }
            for index, (product_id, quantity, amount, _discount) in enumerate(struct.iter_unpack("<4I", row.lines))
        ],
    }


def _goods(db: sqlite3.Connection, query: Mapping[str, str]) -> Iterator[Document]:
    where, arguments = "1", []
    if "number" in query:
        where, arguments = "goods_id = ?", [goods.goods_id_of(query["number"])]
    for row in map(goods.Goods._make, db.execute(f"SELECT * FROM wdt_goods WHERE {where}", arguments)):  # noqa: S608 - ours
        yield {
            "goods_id": row.goods_id,
            "goods_no": f"G{row.goods_id}",
            "spec_no": f"G{row.goods_id}-1",
            "goods_name": row.name,
            "class_name": row.department,
            "brand_name": row.brand,
            "retail_price": money(row.price),
            "deleted": row.deleted,
            "modified": time(row.modified),
        }


def _shops(db: sqlite3.Connection, query: Mapping[str, str]) -> Iterator[Document]:
    for row in map(bases.Shop._make, db.execute("SELECT * FROM wdt_shops")):
        if query.get("number", row.shop_no) == row.shop_no:
            yield {
                "shop_id": row.shop_id,
                "shop_no": row.shop_no,
                "shop_name": row.name,
                "platform_id": row.platform,
                "is_disabled": bool(row.disabled),
                "modified": time(row.modified),
            }


def _warehouses(db: sqlite3.Connection, query: Mapping[str, str]) -> Iterator[Document]:
    for row in map(bases.Warehouse._make, db.execute("SELECT * FROM wdt_warehouses")):
        if query.get("number", row.warehouse_no) == row.warehouse_no:
            yield {
                "warehouse_id": row.warehouse_id,
                "warehouse_no": row.warehouse_no,
                "name": row.name,
                "type": row.type,
                "is_disabled": bool(row.disabled),
                "modified": time(row.modified),
            }


SHOWN: dict[str, Callable[[sqlite3.Connection, Mapping[str, str]], Iterator[Document]]] = {
    "sales_stockouts": _stockouts,
    "goods": _goods,
    "shops": _shops,
    "warehouses": _warehouses,
}
