"""Stock changes 库存变化: each line of each document that moved goods (contract 8.F25)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from erp_sandbox.retail import facts
from erp_sandbox.wangdiantong import documents, movements
from erp_sandbox.wangdiantong.listing import FactRows, Source, happened
from erp_sandbox.wangdiantong.tables import PRICE_UNITS

if TYPE_CHECKING:
    from erp_sandbox.retail.facts import Fact
    from erp_sandbox.wangdiantong.documents import Scene, Values

IN, OUT = 1, 2
"""The kinds of change; the vendor's codes are not public."""


class Move(NamedTuple):
    """How a kind of document moves goods: src_order_type, sign (0: the line's own), numbers, and where."""

    src_order_type: int
    sign: int
    prefix: str
    source: str
    receiving: bool = False


def rows(move: Move, scene: Scene, fact: Fact) -> list[Values]:
    """Tell the changes that a document made."""
    warehouse = fact.to_warehouse if move.receiving else fact.warehouse
    wanted = [item for item in fact.items if item.quantity and scene.product in {None, item.product_id}]
    left = {
        row.product_id: row.quantity
        for row in (
            facts.stock(scene.db, warehouse=warehouse, products=[item.product_id for item in wanted]) if wanted else []
        )
    }
    sale = fact.kind == "sale"
    head = {
        **documents.warehouse(warehouse),
        "src_order_type": move.src_order_type,
        "number": f"{move.prefix}{fact.basket if sale else fact.id}",
        "src_order_no": f"{move.source}{_source_id(fact)}",
        "created": fact.happened + (movements.TRAVELS_SECONDS if move.receiving else 0),
        "defect": False,
    }
    changes = []
    for item in wanted:
        units = item.quantity * move.sign if move.sign else item.quantity
        now = left.get(item.product_id, 0)
        changes.append({
            **head,
            "spec_no": f"G{item.product_id}-1",
            "type": IN if units > 0 else OUT,
            "change": units * PRICE_UNITS,
            "stock_new": now * PRICE_UNITS,
            "stock_old": (now - units) * PRICE_UNITS,
        })  # fmt: skip
    return changes


def _source_id(fact: Fact) -> int:
    return {"sale": fact.basket, "purchase_in": fact.reference}.get(fact.kind, fact.id)


def _source(kind: str, statuses: tuple[str, ...], order_type: int, move: Move) -> Source:
    return Source(
        kind, partial(rows, move), dict.fromkeys(statuses, 1), order_type=order_type, receiving=move.receiving,
        later=movements.TRAVELS_SECONDS if move.receiving else 0,
    )  # fmt: skip


SHIPPED = ("shipped", "partly_paid", "shipped_abnormal", "finished")
STOCK_CHANGES = FactRows(
    section="stock_changes",
    sources=(
        _source("sale", SHIPPED, 1, Move(1, -1, "CK", "JY")),
        _source("transfer", ("shipped", "finished"), 2, Move(2, -1, "DC", "DB")),
        _source("transfer", ("finished",), 3, Move(2, 1, "DR", "DB", receiving=True)),
        _source("count", ("finished",), 4, Move(4, 0, "PD", "PD")),
        _source("purchase_in", ("finished",), 10, Move(10, 1, "RK", "CG")),
        _source("return", ("received", "finished"), 12, Move(12, 1, "TR", "TK")),
        _source("purchase_return", ("finished",), 14, Move(14, -1, "CT", "TH")),
        _source("other_in", ("finished",), 20, Move(20, 1, "QTRK", "QR")),
        _source("other_out", ("finished",), 21, Move(21, -1, "QTCK", "QC")),
    ),
    times={"": happened()},
    equal={"spec_no": "spec_no", "type": "type", "defect": "defect"},
    flat=True,
)
