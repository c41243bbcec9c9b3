"""Other stock-ins and stock-outs, transfers 调拨单 with both halves, counts 盘点单 with gains and losses.

Contract 8.E7 to 8.E9 and 8.F9 to 8.F17.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.wangdiantong import documents
from erp_sandbox.wangdiantong.documents import LINES_A_TYPE, stock_id
from erp_sandbox.wangdiantong.tables import PRICE_UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.retail.facts import Fact, Item
    from erp_sandbox.wangdiantong.documents import Scene, Values

SALE, TRANSFER, GAIN_LOSS, OTHER_IN, OTHER_OUT = 1, 2, 4, 6, 7
"""Order types: the first three among stock-outs, 2, 4 and 6 among stock-ins (contract 8.E7)."""
TYPE_NAMES = {"in": {2: "调拨入库", 4: "盘盈入库", 6: "其他入库"}, "out": {2: "调拨出库", 4: "盘亏出库", 7: "其他出库"}}

STOCKIN_STATUS = {"cancelled": 10, "created": 30, "finished": 80}
STOCKOUT_STATUS = {"cancelled": 5, "created": 50, "finished": 110}
OTHER_OUT_STATUS = {"cancelled": 80, "created": 10, "finished": 70}
"""旗舰版 tells other stock-outs in the codes of the business document: 已取消, 待审核, 已完成 (contract 8.F10)."""
TRANSFER_STATUS = {"cancelled": 10, "created": 40, "shipped": 60, "finished": 90}
FLAGSHIP_TRANSFER_STATUS = {"cancelled": 10, "created": 40, "shipped": 50, "finished": 90}
TRANSFER_PROGRESS = {"shipped": 30, "finished": 60}
TRANSFER_IN_STATUS = {"shipped": 30, "finished": 80}
"""The goods of a transfer are awaited from the moment they were sent; before, there is no stock-in."""
TRANSFER_OUT_STATUS = {"cancelled": 5, "created": 50, "shipped": 110, "finished": 110}
COUNT_OUT_STATUS = {"created": 50, "finished": 110}
"""A cancelled count loses nothing (contract 8.F17 has no code for it)."""
COUNT_STATUS = {"cancelled": 10, "created": 30, "finished": 40}
TRAVELS_SECONDS = 3_600
"""How long after they were sent the goods of a transfer arrive."""


def _stock(
    scene: Scene, fact: Fact, items: Sequence[Item], *, inward: bool, order_type: int, number: str, status: int
) -> Values:
    """Tell a warehouse document of any type."""
    document_id = stock_id(order_type, fact.id)
    lines = []
    for item in items:
        values = documents.line(
            scene, fact, item, rec_id=order_type * LINES_A_TYPE + item.line_id, units=abs(item.quantity)
        )
        values |= {
            "stockin_id": document_id,
            "stockout_id": document_id,
            "position_no": "A-01-01",
            "src_detail": item.line_id,
        }
        values["position"] = [values]
        lines.append(values)
    return documents.head(fact, items) | {
        "stockin_id": document_id,
        "stockout_id": document_id,
        "number": number,
        "status": status,
        "flag_status": status,
        "order_type": order_type,
        "order_type_name": TYPE_NAMES["in" if inward else "out"][order_type],
        "done": fact.happened if fact.status == "finished" else None,
        "line": lines,
    }


def other_in(scene: Scene, fact: Fact) -> list[Values]:
    """Tell goods that came otherwise."""
    values = _stock(
        scene, fact, fact.items, inward=True, order_type=OTHER_IN, number=f"QTRK{fact.id}",
        status=STOCKIN_STATUS[fact.status],
    )  # fmt: skip
    return [values | {"src_order_no": f"QR{fact.id}", "reason": "盘点外找回"}]


def other_out(scene: Scene, fact: Fact) -> list[Values]:
    """Tell goods that left otherwise."""
    values = _stock(
        scene, fact, fact.items, inward=False, order_type=OTHER_OUT, number=f"QTCK{fact.id}",
        status=STOCKOUT_STATUS[fact.status],
    )  # fmt: skip
    return [values | {"src_order_no": f"QC{fact.id}", "reason": "报损", "flag_status": OTHER_OUT_STATUS[fact.status]}]


def _route(fact: Fact) -> Values:
    return {
        **documents.warehouse(fact.warehouse, "from_"),
        **documents.warehouse(fact.to_warehouse, "to_"),
        "transfer_id": fact.id,
        "src_order_no": f"DB{fact.id}",
        "st_created": fact.created,
        "reason": "调拨",
    }


def transfer(scene: Scene, fact: Fact) -> list[Values]:
    """Tell the order to move goods."""
    values = documents.head(fact)
    out = fact.status in {"shipped", "finished"}
    arrived = fact.status == "finished"
    lines = []
    for item in fact.items:
        line = documents.line(scene, fact, item, rec_id=item.line_id)
        lines.append(line | {
            "transfer_id": fact.id,
            "out_num": line["num"] if out else 0,
            "in_num": line["num"] if arrived else 0,
        })  # fmt: skip
    return [values | _route(fact) | {
        "number": f"DB{fact.id}",
        "status": TRANSFER_STATUS[fact.status],
        "flag_status": FLAGSHIP_TRANSFER_STATUS[fact.status],
        "progress": TRANSFER_PROGRESS.get(fact.status, 10),
        "goods_out_count": values["goods_count"] if out else 0,
        "goods_in_count": values["goods_count"] if arrived else 0,
        "check_time": None if fact.status == "cancelled" else fact.created + 600,
        "line": lines,
    }]  # fmt: skip


def transfer_in(scene: Scene, fact: Fact) -> list[Values]:
    """Tell the receiving half of a transfer."""
    values = _stock(
        scene, fact, fact.items, inward=True, order_type=TRANSFER, number=f"DR{fact.id}",
        status=TRANSFER_IN_STATUS[fact.status],
    )  # fmt: skip
    done = fact.happened + TRAVELS_SECONDS if fact.status == "finished" else None
    return [values | _route(fact) | documents.warehouse(fact.to_warehouse) | {"done": done, "created": fact.happened}]


def transfer_out(scene: Scene, fact: Fact) -> list[Values]:
    """Tell the sending half of a transfer."""
    values = _stock(
        scene, fact, fact.items, inward=False, order_type=TRANSFER, number=f"DC{fact.id}",
        status=TRANSFER_OUT_STATUS[fact.status],
    )  # fmt: skip
    return [values | _route(fact) | {"done": fact.happened if fact.status in {"shipped", "finished"} else None}]


def count(scene: Scene, fact: Fact) -> list[Values]:
    """Tell a count; its lines are asked for on their own."""
    return [documents.head(fact) | {
        "pd_id": fact.id,
        "number": f"PD{fact.id}",
        "creator": "admin",
        "status": COUNT_STATUS[fact.status],
        "flag_status": COUNT_STATUS[fact.status],
        "line": count_details(scene, fact),
    }]  # fmt: skip


def count_details(scene: Scene, fact: Fact) -> list[Values]:
    """Tell each line of a count: what the book said, and what was found."""
    return [
        documents.line(scene, fact, item, rec_id=item.line_id)
        | {
            "pd_id": fact.id,
            "number": f"PD{fact.id}",
            "warehouse_no": f"WH{fact.warehouse:02d}",
            "status": COUNT_STATUS[fact.status],
            "old_num": (item.counted - item.quantity) * PRICE_UNITS,
            "new_num": item.counted * PRICE_UNITS,
        }
        for item in fact.items
    ]


def gained(fact: Fact) -> list[Item]:
    """Return the lines of a count that found more than the book said."""
    return [item for item in fact.items if item.quantity > 0]


def lost(fact: Fact) -> list[Item]:
    """Return the lines of a count that found less."""
    return [item for item in fact.items if item.quantity < 0]


def count_in(scene: Scene, fact: Fact) -> list[Values]:
    """Tell the gains of a count as a stock-in."""
    values = _stock(
        scene, fact, gained(fact), inward=True, order_type=GAIN_LOSS, number=f"PYRK{fact.id}",
        status=STOCKIN_STATUS[fact.status],
    )  # fmt: skip
    return [values | {"src_order_no": f"PD{fact.id}", "reason": "盘盈"}]


def count_out(scene: Scene, fact: Fact) -> list[Values]:
    """Tell the losses of a count as a stock-out."""
    values = _stock(
        scene, fact, lost(fact), inward=False, order_type=GAIN_LOSS, number=f"PKCK{fact.id}",
        status=STOCKOUT_STATUS[fact.status],
    )  # fmt: skip
    return [values | {"src_order_no": f"PD{fact.id}", "reason": "盘亏"}]
