"""Sales as ERP orders 订单 and as the platform's raw orders 原始单 (contract 8.E4, 8.F4, 8.F5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.retail.world import WHOLESALE_HOUSEHOLDS, WHOLESALE_TRADE
from erp_sandbox.wangdiantong import documents
from erp_sandbox.wangdiantong.stockout_rows import (
    CHECKED_AFTER_SECONDS,
    CREATED_AFTER_SECONDS,
    FIRST_TRADE_ID,
    ORDERED_BEFORE_SECONDS,
    PAID_AFTER_SECONDS,
)
from erp_sandbox.wangdiantong.tables import CENT_UNITS, unit_price

if TYPE_CHECKING:
    from erp_sandbox.retail.facts import Fact
    from erp_sandbox.wangdiantong.documents import Scene, Values

STATUS = {
    "cancelled": 5,
    "audited": 55,
    "shipped": 95,
    "partly_paid": 105,
    "shipped_abnormal": 113,
    "finished": 110,
}
FLAGSHIP_STATUS = {"cancelled": 5, "audited": 55} | dict.fromkeys(
    ("shipped", "partly_paid", "shipped_abnormal", "finished"), 110
)
"""旗舰版 calls all that is shipped 已完成, as its stock-outs' trade_status does."""
RAW_STATUS = {"cancelled": 90, "audited": 30, "finished": 70}
RAW_SHIPPED = 50
RAW_PROCESS = {"cancelled": 70, "audited": 20, "finished": 60}
RAW_PROCESS_SHIPPED = 40
FIRST_RAW_ID = 7_000_000
CONSIGNED_BITS = 4 + 8
"""consign_status: 出库 and 物流同步 (contract 8.E4)."""
ORDERED_LATER_SECONDS = -ORDERED_BEFORE_SECONDS
PAID_LATER_SECONDS = PAID_AFTER_SECONDS - ORDERED_BEFORE_SECONDS
UNSHIPPED = frozenset({"cancelled", "audited"})


def _shared(scene: Scene, fact: Fact) -> Values:
    ordered = fact.happened - ORDERED_BEFORE_SECONDS
    shipped = fact.status not in UNSHIPPED
    discount = sum(item.discount for item in fact.items) * CENT_UNITS
    values = documents.head(fact) | documents.people(scene, fact)
    return values | {
        "status": STATUS[fact.status],
        "flag_status": FLAGSHIP_STATUS[fact.status],
        "trade_id": FIRST_TRADE_ID + fact.id,
        "trade_type": WHOLESALE_TRADE if shipped and fact.household % WHOLESALE_HOUSEHOLDS == 0 else 1,
        "trade_time": ordered,
        "pay_time": ordered + PAID_AFTER_SECONDS,
        "created": ordered + CREATED_AFTER_SECONDS,
        "check_time": ordered + CHECKED_AFTER_SECONDS,
        "consign_time": fact.happened if shipped else None,
        "end_time": fact.happened if fact.status == "finished" else None,
        "consign_status": CONSIGNED_BITS if shipped else 0,
        "discount": discount,
        "goods_amount": values["amount"] + discount,
        "paid": 0 if fact.status == "cancelled" else values["amount"],
        "logistics_no": f"SF{fact.basket}" if shipped else "",
        "logistics": 1 if shipped else 2,
        "stockout_no": "" if fact.status == "cancelled" else f"CK{fact.basket}",
    }


def trade(scene: Scene, fact: Fact) -> list[Values]:
    """Tell a sale as the order in the ERP."""
    values = _shared(scene, fact)
    values["number"] = values["trade_no"]
    values["single_spec_no"] = documents.spec(scene.db, fact.items[0].product_id)["spec_no"] if fact.items else ""
    values["line"] = [_line(scene, fact, at, values) for at in range(len(fact.items))]
    return [values]


def raw_trade(scene: Scene, fact: Fact) -> list[Values]:
    """Tell a sale as the platform's order."""
    values = _shared(scene, fact)
    values |= {
        "rec_id": FIRST_RAW_ID + fact.id,
        "number": values["tid"],
        "platform_status": RAW_STATUS.get(fact.status, RAW_SHIPPED),
        "process_status": RAW_PROCESS.get(fact.status, RAW_PROCESS_SHIPPED),
    }
    values["line"] = [_line(scene, fact, at, values) for at in range(len(fact.items))]
    values["discount_line"] = [line for line in values["line"] if line["discount"]] if scene.details else None
    return [values]


def stockout(scene: Scene, fact: Fact) -> list[Values]:
    """Tell a sale as one of the stock-outs of all types."""
    values = _shared(scene, fact)
    values |= {
        "stockout_id": fact.id,
        "number": f"CK{fact.basket}",
        "src_order_no": values["trade_no"],
        "order_type": 1,
        "order_type_name": "销售出库",
        "reason": "",
        "done": values["consign_time"],
    }
    lines = [_line(scene, fact, at, values) for at in range(len(fact.items))]
    values["line"] = [line | {"stockout_id": fact.id, "position": []} for line in lines]
    return [values]


def _line(scene: Scene, fact: Fact, at: int, head: Values) -> Values:
    item = fact.items[at]
    values = documents.line(scene, fact, item, rec_id=item.line_id)
    values |= {
        "trade_id": head["trade_id"],
        "platform_id": head["platform_id"],
        "tid": head["tid"],
        "oid": f"{head['tid']}-{at + 1}",
        "list_price": unit_price(item.amount + item.discount, item.quantity),
        "list_amount": (item.amount + item.discount) * CENT_UNITS,
        "discount": item.discount * CENT_UNITS,
        "actual_num": 0 if fact.status == "cancelled" else values["num"],
        "gift_type": 0 if values["price"] else 1,
        "consigned": fact.status not in UNSHIPPED,
        "process_status": head.get("process_status", 0),
        "platform_status": head.get("platform_status", 0),
        "pay_time": head["pay_time"],
        "logistics_no": head["logistics_no"],
        "paid": head["paid"] and values["amount"],
    }
    return values
