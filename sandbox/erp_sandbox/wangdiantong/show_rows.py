"""What the lists beside sales stock-outs really hold, in one form whatever the dialect.

``status`` is the 企业版 code and ``flagship_status`` the 旗舰版 one; the same for ``process_status``.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.retail import facts
from erp_sandbox.wangdiantong import aftersales, catalogue, changes, documents, enterprise_lists, movements, purchases
from erp_sandbox.wangdiantong import trades as sales
from erp_sandbox.wangdiantong.fields import money, time
from erp_sandbox.wangdiantong.listing import Source
from erp_sandbox.wangdiantong.query import Query
from erp_sandbox.wangdiantong.settings import Settings
from erp_sandbox.wangdiantong.tables import CENT_UNITS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from erp_sandbox.retail.facts import Fact
    from erp_sandbox.wangdiantong.catalogue import ListRows
    from erp_sandbox.wangdiantong.documents import Scene, Values

    Document = dict[str, Any]

STOCKINS, STOCKOUTS = enterprise_lists.STOCKINS, enterprise_lists.STOCKOUTS


class Shown(NamedTuple):
    """A stream of documents: its key, and what it is told from."""

    key: str
    sources: tuple[Source, ...]


DOCUMENTS = {
    "refund_stockins": Shown("stockin_id", STOCKINS[2:3]),
    "refunds": Shown("refund_id", (Source("return", aftersales.refund, aftersales.STOCKIN_STATUS, shops=True),)),
    "trades": Shown("trade_id", (Source("sale", sales.trade, sales.STATUS, shops=True),)),
    "raw_trades": Shown("rec_id", (Source("sale", sales.raw_trade, sales.STATUS, shops=True),)),
    "purchase_orders": Shown("purchase_id", (Source("purchase", purchases.order, purchases.ORDER_STATUS),)),
    "purchase_stockins": Shown("stockin_id", STOCKINS[:1]),
    "purchase_return_stockouts": Shown("stockout_id", STOCKOUTS[2:3]),
    "stockins": Shown("stockin_id", STOCKINS),
    "stockouts": Shown("stockout_id", STOCKOUTS),
    "other_stockins": Shown("stockin_id", STOCKINS[4:]),
    "other_stockouts": Shown("stockout_id", STOCKOUTS[4:]),
    "transfers": Shown("transfer_id", (Source("transfer", movements.transfer, movements.TRANSFER_STATUS),)),
    "transfer_stockins": Shown("stockin_id", STOCKINS[1:2]),
    "transfer_stockouts": Shown("stockout_id", STOCKOUTS[1:2]),
    "stock_counts": Shown("pd_id", (Source("count", movements.count, movements.COUNT_STATUS),)),
    "count_stockins": Shown("stockin_id", STOCKINS[3:4]),
    "count_stockouts": Shown("stockout_id", STOCKOUTS[3:4]),
}
ROWS = {
    "stock_count_details": (Source("count", movements.count_details, movements.COUNT_STATUS),),
    "stock_changes": changes.STOCK_CHANGES.sources,
}
LISTS: dict[str, tuple[str, ListRows]] = {
    "suites": ("suite_id", catalogue.SUITES),
    "suppliers": ("provider_id", catalogue.SUPPLIERS),
    "logistics": ("logistics_id", catalogue.LOGISTICS),
    "stock": ("rec_id", catalogue.STOCK),
}
STREAMS = (*DOCUMENTS, *ROWS, *LISTS)

PLAIN = (
    "number", "status", "order_type", "type", "process_status", "refund_no", "src_order_no", "purchase_no",
    "stockin_status", "platform_status", "src_order_type", "tid", "trade_no", "stockout_no", "shop_no", "shop_name",
    "platform_id", "fenxiao_nick", "warehouse_no", "from_warehouse_no", "to_warehouse_no", "provider_no",
    "provider_name", "logistics_no", "logistics_name", "suite_name", "spec_no", "goods_no", "pd_id", "reason",
    "deleted", "remark",
)  # fmt: skip
FLAGSHIP = {"flag_status": "flagship_status", "flag_process_status": "flagship_process_status"}
DECIMALS = (
    "goods_count",
    "amount",
    "discount",
    "paid",
    "old_num",
    "new_num",
    "change",
    "stock",
    "locked",
    "retail_price",
)
TIMES = (
    "trade_time", "pay_time", "consign_time", "received", "settled", "done", "created", "modified", "last_purchase_time"
)  # fmt: skip
LINE_DECIMALS = ("num", "price", "amount", "discount", "stockin_num", "out_num", "in_num", "old_num", "new_num")


def documents_of(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[Document]:
    """Yield whole documents, or rows where a stream has no documents; ``lines`` gives line by line."""
    by_line = query.get("lines", "") not in {"", "0"}
    for key, values in _values(db, what, query):
        if query.get("number", values["number"]) != values["number"]:
            continue
        if "status" in query and str(values.get("status")) not in query["status"].split(","):
            continue
        shown = _document(key, values)
        if by_line and "lines" in shown:
            head = {name: shown[name] for name in ("id", "number", "status")}
            yield from ({**head, **line} for line in shown["lines"])
        else:
            yield shown


def _values(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[tuple[str, Values]]:
    scene = documents.scene(db, details=True)
    if what in LISTS:
        key, rows = LISTS[what]
        everything = Query({}, None, 0, 1, counted=False, through_qimen=True, settings=Settings())
        for row in rows.find(everything, db):
            yield key, rows.tell(scene, everything, row)
        return
    key, sources = DOCUMENTS[what] if what in DOCUMENTS else ("rec_id", ROWS[what])
    for source, fact in _facts(scene, sources, query):
        for values in source.values(scene, fact):
            yield key, values


def _facts(scene: Scene, sources: tuple[Source, ...], query: Mapping[str, str]) -> Iterator[tuple[Source, Fact]]:
    """Yield what a dialect would see."""
    hidden = scene.taobao if query.get("dialect", "qimen") in {"openapi", "flagship"} else frozenset()
    for source in sources:
        for fact in facts.each(scene.db, source.kind, by="created", statuses=source.statuses):
            if (source.keep is None or source.keep(fact)) and not (source.shops and fact.store in hidden):
                yield source, fact


def _document(key: str, values: Values) -> Document:
    shown: Document = {"id": values.get(key)}
    shown |= {name: values[name] for name in PLAIN if name in values}
    shown |= {name: values[ours] for ours, name in FLAGSHIP.items() if ours in values}
    shown |= {name: money(values[name]) for name in DECIMALS if name in values}
    shown |= {name: None if values[name] is None else time(values[name]) for name in TIMES if name in values}
    if "line" in values:
        shown["lines"] = [
            {
                "rec_id": line["rec_id"],
                "goods_no": line["goods_no"],
                "spec_no": line["spec_no"],
                **{name: money(line[name]) for name in LINE_DECIMALS if name in line},
            }
            for line in values["line"]
        ]
    return shown


def summary_of(db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Document:
    """Count and add up what `documents_of` would yield: lines, quantity and amount; refunds by both their states."""
    if what not in DOCUMENTS or not set(query) <= {"dialect", "status"}:
        return _counted(documents_of(db, what, query))
    scene = documents.scene(db)
    asked = query["status"].split(",") if "status" in query else None
    by: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for source, fact in _facts(scene, DOCUMENTS[what].sources, query):
        status = source.statuses[fact.status]
        if fact.kind == "return":
            process = aftersales.process_status(fact, flagship=False)
            status = process if what == "refunds" else status
        if asked is not None and str(status) not in asked:
            continue
        items = fact.items if source.keep is None else source.keep(fact)
        sums = (1, len(items), sum(abs(item.quantity) for item in items), sum(item.amount for item in items))
        groups = [("by_status", status)]
        if fact.kind == "return":
            groups.append(("by_process_status", process))
            groups.append(("by_flagship_process_status", aftersales.process_status(fact, flagship=True)))
        for group, code in groups:
            into = by[group].setdefault(str(code), [0, 0, 0, 0])
            into[:] = [one + more for one, more in zip(into, sums, strict=True)]
    whole = [sum(sums[at] for sums in by["by_status"].values()) for at in range(4)]
    return _sums(whole) | {
        group: {code: _sums(sums) for code, sums in sorted(codes.items())} for group, codes in by.items()
    }


def _counted(shown: Iterator[Document]) -> Document:
    """Count rows, and add up what stands in stock, was moved or was counted."""
    documents, quantity = 0, Decimal()
    for document in shown:
        documents += 1
        quantity += Decimal(next((document[name] for name in ("stock", "change", "new_num") if name in document), 0))
    return {"documents": documents, "quantity": str(int(quantity))}


def _sums(sums: list[int]) -> Document:
    documents, lines, quantity, cents = sums
    return {
        "documents": documents,
        "lines": lines,
        "quantity": str(quantity),
        "amount": f"{cents // CENT_UNITS}.{cents % CENT_UNITS:02d}",
    }
