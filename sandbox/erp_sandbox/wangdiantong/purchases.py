"""Purchase orders 采购单, their stock-ins 采购入库单 and returns 采购退货出库单 (contract 8.E5, 8.E6, 8.F6 to 8.F8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.retail.facts import SUPPLIERS
from erp_sandbox.wangdiantong import documents
from erp_sandbox.wangdiantong.documents import LINES_A_TYPE, stock_id

if TYPE_CHECKING:
    from erp_sandbox.retail.facts import Fact
    from erp_sandbox.wangdiantong.documents import Scene, Values

PURCHASE_IN, PURCHASE_OUT = 1, 3
"""Their order types among stock-ins, and among stock-outs."""
ORDER_STATUS = {"cancelled": 10, "created": 30, "partly": 50, "finished": 90}
STOCKIN_STATUS = {"cancelled": 10, "created": 30, "finished": 80}
STOCKOUT_STATUS = {"cancelled": 5, "created": 50, "finished": 110}
ARRIVAL = {"partly": 2, "finished": 3}
ARRIVES_AFTER_SECONDS = 6 * 3_600
CHECKED_AFTER_SECONDS = 1_200


def _provider(fact: Fact) -> Values:
    supplier = SUPPLIERS[fact.supplier - 1]
    return {"provider_id": supplier.id, "provider_no": supplier.number, "provider_name": supplier.name}


def order(scene: Scene, fact: Fact) -> list[Values]:
    """Tell a purchase as the order; when it came in part, the first half of its lines is there."""
    came = {"partly": max(1, len(fact.items) // 2), "finished": len(fact.items)}.get(fact.status, 0)
    checked = None if fact.status in {"cancelled", "created"} else fact.created + CHECKED_AFTER_SECONDS
    lines = []
    for at, item in enumerate(fact.items):
        values = documents.line(scene, fact, item, rec_id=item.line_id)
        arrived = at < came
        lines.append(values | {
            "purchase_id": fact.id,
            "stockin_num": values["num"] if arrived else 0,
            "stockin_amount": values["amount"] if arrived else 0,
            "lack_num": 0 if arrived else values["num"],
        })  # fmt: skip
    values = documents.head(fact) | _provider(fact)
    return [values | {
        "purchase_id": fact.id,
        "number": f"CG{fact.id}",
        "status": ORDER_STATUS[fact.status],
        "flag_status": ORDER_STATUS[fact.status],
        "stockin_status": ARRIVAL.get(fact.status, 1),
        "goods_stockin_count": sum(line["stockin_num"] for line in lines),
        "check_time": checked,
        "expect_arrive_time": fact.happened + ARRIVES_AFTER_SECONDS,
        "line": lines,
    }]  # fmt: skip


def stockin(scene: Scene, fact: Fact) -> list[Values]:
    """Tell what came as the stock-in."""
    finished = fact.status == "finished"
    stockin_id = stock_id(PURCHASE_IN, fact.id)
    lines = [
        documents.line(scene, fact, item, rec_id=PURCHASE_IN * LINES_A_TYPE + item.line_id)
        | {"stockin_id": stockin_id, "position_no": "A-01-01"}
        for item in fact.items
    ]
    values = documents.head(fact) | _provider(fact)
    return [values | {
        "stockin_id": stockin_id,
        "number": f"RK{fact.id}",
        "src_order_no": f"CG{fact.reference}",
        "purchase_id": fact.reference,
        "status": STOCKIN_STATUS[fact.status],
        "flag_status": STOCKIN_STATUS[fact.status],
        "done": fact.happened if finished else None,
        "order_type": PURCHASE_IN,
        "order_type_name": "采购入库",
        "reason": "采购入库",
        "line": lines,
    }]  # fmt: skip


def stockout(scene: Scene, fact: Fact) -> list[Values]:
    """Tell what went back to the supplier as the stock-out."""
    stockout_id = stock_id(PURCHASE_OUT, fact.id)
    lines = [
        documents.line(scene, fact, item, rec_id=PURCHASE_OUT * LINES_A_TYPE + item.line_id)
        | {"stockout_id": stockout_id, "position_no": "A-01-01", "position": []}
        for item in fact.items
    ]
    for line in lines:
        line["position"] = [line]
    values = documents.head(fact) | _provider(fact)
    return [values | {
        "stockout_id": stockout_id,
        "number": f"CT{fact.id}",
        "src_order_no": f"TH{fact.id}",
        "purchase_no": f"CG{fact.reference}",
        "status": STOCKOUT_STATUS[fact.status],
        "flag_status": STOCKOUT_STATUS[fact.status],
        "done": fact.happened if fact.status == "finished" else None,
        "order_type": PURCHASE_OUT,
        "order_type_name": "采购退货",
        "reason": "采购退货",
        "line": lines,
    }]  # fmt: skip
