"""售后单 and 销售退仓: what came back, as it was asked for and as it was received (contract 8.9, 8.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.jushuitan.documents import Documents, Form, States
from erp_sandbox.jushuitan.figures import FIRST_LINE, to_text, ts, unit_price, yuan
from erp_sandbox.jushuitan.parties import (
    MASKED,
    distributor_id,
    distributor_name,
    shop_id,
    shop_name,
    shop_stores,
    warehouse_name,
    wms_co_id,
)
from erp_sandbox.jushuitan.sales import ORDER_NUMBERS, baskets
from erp_sandbox.jushuitan.stockmarks import batchs, sns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact, Item

RETURNS_WAREHOUSE = "销退仓"
RETURNS_WH_ID = 2
RECEIVED = frozenset({"received", "finished"})
STATES = States(
    {
        "cancelled": ("Cancelled", "Merged"),
        "created": ("WaitConfirm",),
        "received": ("Confirmed",),
        "finished": ("Confirmed",),
    }
)
GOODS_STATES = {
    "cancelled": "BUYER_RECEIVED",
    "created": "BUYER_RETURNED_GOODS",
    "received": "SELLER_RECEIVED",
    "finished": "SELLER_RECEIVED",
}
SHOP_STATES = {
    "cancelled": "CLOSED",
    "created": "WAIT_SELLER_CONFIRM_GOODS",
    "received": "等待卖家退款",  # a Chinese value among the English ones (contract 8.9)
    "finished": "SUCCESS",
}
TYPES = ("普通退货", "普通退货", "普通退货", "拒收退货", "普通退货", "其它")


def refunds(erp: Erp, query: Query) -> Documents:
    """Select after-sale documents."""
    values = query.values
    selected = _selected(erp, query, REFUNDS)
    selected.numbers = values.get("as_ids")
    if "status" in values:
        selected.statuses = [values["status"]]
    buyers, goods, kind = values.get("shop_buyer_ids"), values.get("good_status"), values.get("type")
    if not (buyers is None and goods is None and kind is None):
        selected.keep = lambda fact: (
            (buyers is None or buyer(fact) in buyers)
            and (goods is None or GOODS_STATES[fact.status] == goods)
            and (kind is None or _type(fact) == kind)
        )
    return selected


def receipts(erp: Erp, query: Query) -> Documents:
    """Select returns received."""
    values = query.values
    selected = _selected(erp, query, RECEIPTS)
    selected.numbers = values.get("io_ids")
    if "as_ids" in values:
        numbers = [number - REFUNDS.first_number + RECEIPTS.first_number for number in values["as_ids"]]
        selected.numbers = numbers if selected.numbers is None else sorted(set(numbers).intersection(selected.numbers))
    return selected


def _selected(erp: Erp, query: Query, form: Form) -> Documents:
    values = query.values
    selected = Documents(erp, query, [form])
    if "o_ids" in values:
        selected.narrowed["references"] = [number - ORDER_NUMBERS for number in values["o_ids"]]
    if "so_ids" in values:
        selected.narrowed["baskets"] = baskets(values["so_ids"], "T")
    if "shop_id" in values or "is_offline_shop" in values:
        selected.narrowed["stores"] = shop_stores(erp, values)
    return selected


def buyer(fact: Fact) -> str:
    """Return the 买家账号 of a sale or return."""
    return f"会员{fact.household:04d}"


def _type(fact: Fact) -> str:
    return TYPES[fact.id // 20 % len(TYPES)]


REFUND_BLANKS: dict[str, Any] = {
    "payment": 0,
    "free_amount": 0,
    "freight": 0,
    "shop_freight": 0,
    "order_status": "Sent",
    "order_type": "普通订单",
    "node": "",
    "result": "",
    "shop_type": None,
    "warehouse": RETURNS_WAREHOUSE,
    "wh_id": RETURNS_WH_ID,
    "drp_co_id_to": None,
    "refund_version": None,
    "refund_phase": None,
    "currency": None,
    "creator_name": "",
    "receiver_name": MASKED,
    "receiver_mobile": MASKED,
    "images": [],
}
REFUND_LINE_BLANKS: dict[str, Any] = {
    "defective_qty": 0,
    "type": "退货",
    "is_gift": False,
    "combine_sku_id": None,
    "sku_type": "normal",
    "pic": "",
    "remark": None,
}


def write_refunds(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write after-sale documents."""
    goods = erp.goods.of(erp.context.db, found)
    return [_refund(fact, goods, batches=erp.settings.batches) for fact in found]


def _refund(fact: Fact, goods: dict[int, Sku], *, batches: bool) -> Row:
    number = REFUNDS.number(fact)
    amount = sum(item.amount for item in fact.items)
    received = fact.status in RECEIVED
    return REFUND_BLANKS | {
        "as_id": number,
        "outer_as_id": f"RF{fact.basket}",
        "o_id": ORDER_NUMBERS + fact.reference,
        "so_id": f"T{fact.basket}",
        "as_date": to_text(fact.created),
        "created": to_text(fact.created + 2),
        "modified": to_text(fact.modified),
        "confirm_date": to_text(fact.happened) if received else "",
        "status": STATES.of(fact),
        "shop_status": SHOP_STATES[fact.status],
        "good_status": GOODS_STATES[fact.status],
        "type": _type(fact),
        "question_type": "七天无理由退换货" if fact.id % 3 else "",
        "remark": fact.remark,
        "refund": yuan(amount),
        "buyer_apply_refund": yuan(amount),
        "receive_refund": yuan(amount) if fact.status == "finished" else 0,
        "buyer_receive_refund": yuan(amount) if fact.status == "finished" else None,
        "shop_id": shop_id(fact.store),
        "shop_name": shop_name(fact.store),
        "wms_co_id": wms_co_id(fact.warehouse),
        "logistics_company": "顺丰速运" if received else "",
        "l_id": f"TH{fact.basket}" if received else "",
        "drp_co_id_from": distributor_id(fact.store),  # a number here, a text in orders (contract 9.4)
        "labels": "" if fact.id % 4 else None,
        "order_labels": ["分销", "门店"] if fact.id % 5 == 0 else None,
        "shop_buyer_id": buyer(fact),
        "ts": str(ts(fact)),  # a text here (contract 9.4)
        "items": [_refund_line(item, goods[item.product_id], number, fact, received=received) for item in fact.items],
        "batchs": batchs(fact, FIRST_LINE, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }


def _refund_line(item: Item, sku: Sku, number: int, fact: Fact, *, received: bool) -> Row:
    return REFUND_LINE_BLANKS | {
        "asi_id": FIRST_LINE + item.line_id,
        "as_id": number,
        "sku_id": sku.sku_id,
        "i_id": sku.i_id,
        "name": sku.name,
        "properties_value": sku.properties,
        "qty": item.quantity,
        "r_qty": item.quantity if received else 0,
        "price": unit_price(item.amount, item.quantity),
        "amount": yuan(item.amount),
        "shop_amount": yuan(item.amount),
        "receive_date": to_text(fact.happened) if received else None,
        "outer_oi_id": f"T{fact.basket}",
        "shop_sku_id": sku.sku_id,
    }


def write_receipts(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write returns received."""
    goods = erp.goods.of(erp.context.db, found)
    return [_receipt(fact, goods, batches=erp.settings.batches) for fact in found]


def _receipt(fact: Fact, goods: dict[int, Sku], *, batches: bool) -> Row:
    number = RECEIPTS.number(fact)
    received = fact.status in RECEIVED
    return {
        "io_id": number,
        "as_id": REFUNDS.number(fact),
        "o_id": ORDER_NUMBERS + fact.reference,
        "so_id": f"T{fact.basket}",
        "status": STATES.of(fact),
        "type": _type(fact),
        "io_date": to_text(fact.happened) if received else "",
        "modified": to_text(fact.modified),
        "warehouse": RETURNS_WAREHOUSE if fact.id % 2 else warehouse_name(fact.warehouse),
        "wh_id": RETURNS_WH_ID,
        "wms_co_id": wms_co_id(fact.warehouse),
        "shop_id": shop_id(fact.store),
        "drp_co_name": distributor_name(fact.store) if fact.id % 2 else None,
        "drp_co_id_to": distributor_id(fact.store) if fact.id % 2 else None,
        "l_id": f"TH{fact.basket}" if received else "",
        "lc_id": "",
        "logistics_company": "顺丰速运" if received else "",
        "aftersale_remark": fact.remark,
        "creator": 501,
        "creator_name": "客服",
        "ts": ts(fact),
        "items": [_receipt_line(item, goods[item.product_id], number) for item in fact.items],
        "batchs": batchs(fact, FIRST_LINE, enabled=batches, text_ids=True),
        "sns": sns(fact, enabled=batches),
    }


def _receipt_line(item: Item, sku: Sku, number: int) -> Row:
    return {
        "ioi_id": str(FIRST_LINE + item.line_id),  # a text here, a number elsewhere (contract 9.4)
        "io_id": number,
        "sku_id": sku.sku_id,
        "i_id": sku.i_id,
        "name": sku.name,
        "properties_value": sku.properties,
        "unit": "件",
        "qty": item.quantity,
        "sale_price": unit_price(item.amount, item.quantity),
        "sale_amount": yuan(item.amount),
    }


REFUNDS = Form("return", 30_000_000, STATES, RECEIVED, write_refunds)
RECEIPTS = Form("return", 40_000_000, STATES, RECEIVED, write_receipts)
