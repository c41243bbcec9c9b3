"""Returns as refund stock-ins 退货入库单 and as refund orders 退换单 (contract 8.E2, 8.E3, 8.F2, 8.F3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.retail.world import FIRST_STOCKOUT_ID
from erp_sandbox.wangdiantong import documents
from erp_sandbox.wangdiantong.documents import LINES_A_TYPE, stock_id
from erp_sandbox.wangdiantong.stockout_rows import FIRST_TRADE_ID
from erp_sandbox.wangdiantong.tables import OWN_PLATFORM, PRICE_UNITS, TAOBAO

if TYPE_CHECKING:
    from erp_sandbox.retail.facts import Fact
    from erp_sandbox.wangdiantong.documents import Scene, Values

RETURN_TYPE = 3
RETURNED, EXCHANGED = 2, 3
EXCHANGES = (7, 3)
"""Every seventh return is an exchange 换货: the same goods go out again."""

STOCKIN_STATUS = {"cancelled": 10, "created": 30, "received": 80, "finished": 80}
"""The stock-in's: 已取消, 待审核, 已完成. Goods are in as soon as they are received, settled or not."""
PROCESS_STATUS = {
    "cancelled": (10,),
    "created": (20, 30, 50, 60),
    "received": (70, 71),
    "finished": (90, 80, 90, 90, 90),
}
FLAGSHIP_PROCESS_STATUS = {
    "cancelled": (10,),
    "created": (20, 30),
    "received": (40,),
    "finished": (90, 80, 85, 86, 87),
}
"""The refund order's: 80 and above is settled; the stock-in of one that is not settled may be complete all the same."""
PLATFORM_STATUS = {"cancelled": 1, "created": 2, "received": 4, "finished": 5}
RECEIVED = frozenset({"received", "finished"})
CHECKED_AFTER_SECONDS = 600
SETTLED_AFTER_SECONDS = 1_800
REASON = "七天无理由退货"


def _turn(fact: Fact) -> int:
    """Count returns on: every twentieth sale comes back."""
    return (fact.reference - FIRST_STOCKOUT_ID) // 20


def process_status(fact: Fact, *, flagship: bool) -> int:
    """Return the state of the refund order, which is finer than ours."""
    codes = (FLAGSHIP_PROCESS_STATUS if flagship else PROCESS_STATUS)[fact.status]
    return codes[_turn(fact) % len(codes)]


def refund_type(fact: Fact) -> int:
    """Return 2 退货 or 3 换货."""
    return EXCHANGED if _turn(fact) % EXCHANGES[0] == EXCHANGES[1] else RETURNED


def _shared(scene: Scene, fact: Fact) -> Values:
    received = fact.status in RECEIVED
    people = documents.people(scene, fact)
    return {
        **documents.head(fact),
        **people,
        "refund_id": fact.id,
        "refund_no": f"TK{fact.id}",
        "process_status": process_status(fact, flagship=False),
        "flag_process_status": process_status(fact, flagship=True),
        "type": refund_type(fact),
        "reason": REASON,
        "trade_id": FIRST_TRADE_ID + fact.reference,
        "received": fact.happened if received else None,
        "settled": fact.happened + SETTLED_AFTER_SECONDS if fact.status == "finished" else None,
        "checked": None if fact.status in {"cancelled", "created"} else fact.created + CHECKED_AFTER_SECONDS,
    }


def refund_stockin(scene: Scene, fact: Fact) -> list[Values]:
    """Tell a return as the stock-in of its goods."""
    stockin_id = stock_id(RETURN_TYPE, fact.id)
    values = _shared(scene, fact)
    values |= {
        "stockin_id": stockin_id,
        "order_no": f"TR{fact.id}",
        "number": f"TR{fact.id}",
        "status": STOCKIN_STATUS[fact.status],
        "flag_status": STOCKIN_STATUS[fact.status],
        "src_order_no": values["refund_no"],
        "order_type": RETURN_TYPE,
        "order_type_name": "退货入库",
        "done": values["received"],
        "line": [_stockin_line(scene, fact, at, stockin_id) for at in range(len(fact.items))],
    }
    return [values]


def _stockin_line(scene: Scene, fact: Fact, at: int, stockin_id: int) -> Values:
    item = fact.items[at]
    values = documents.line(scene, fact, item, rec_id=RETURN_TYPE * LINES_A_TYPE + item.line_id)
    values |= {
        "stockin_id": stockin_id,
        "refund_id": fact.id,
        "refund_order_id": item.line_id,
        "warehouse_id": fact.warehouse,
        "position_no": "A-01-01",
        "tid": f"T{fact.basket}",
        "oid": f"T{fact.basket}-{at + 1}",
        "stockin_num": values["num"] if fact.status in RECEIVED else 0,
    }
    values["refund_line"] = [values]
    return values


def refund(scene: Scene, fact: Fact) -> list[Values]:
    """Tell a return as the refund order behind it."""
    values = _shared(scene, fact)
    code = FLAGSHIP_PROCESS_STATUS[fact.status]
    values |= {
        "number": values["refund_no"],
        "status": values["process_status"],
        "flag_status": code[_turn(fact) % len(code)],
        "platform_status": PLATFORM_STATUS[fact.status],
        "stockin_status": 3 if fact.status in RECEIVED else 1,
        "paid": values["amount"] if fact.status == "finished" else 0,
        "goods_received": int(fact.status in RECEIVED),
        "line": [_refund_line(scene, fact, at) for at in range(len(fact.items))],
        "amount_line": [{"rec_id": fact.id, "refund_id": fact.id, "amount": values["amount"]}],
        "swap": None,
        "swap_line": [],
    }
    if values["type"] == EXCHANGED:
        lines = [{**line, "oid": f"{line['oid']}H", "rec_id": line["rec_id"] + 1} for line in values["line"]]
        values["swap_line"] = lines
        values["swap"] = {**values, "tid": f"T{fact.basket}H"}
    return [values]


def _refund_line(scene: Scene, fact: Fact, at: int) -> Values:
    item = fact.items[at]
    values = documents.line(scene, fact, item, rec_id=item.line_id)
    values |= {
        "refund_id": fact.id,
        "refund_no": f"TK{fact.id}",
        "tid": f"T{fact.basket}",
        "oid": f"T{fact.basket}-{at + 1}",
        "trade_no": f"JY{fact.basket}",
        "trade_id": FIRST_TRADE_ID + fact.reference,
        "platform_id": TAOBAO if fact.store in scene.taobao else OWN_PLATFORM,
        "process_status": process_status(fact, flagship=False),
        "stockin_num": values["num"] if fact.status in RECEIVED else 0,
        "stockin_amount": values["amount"] if fact.status in RECEIVED else 0,
        "one": PRICE_UNITS,
    }
    return values
