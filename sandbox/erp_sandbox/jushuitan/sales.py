"""订单: what was sold (contract 8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jushuitan.accounts import CO_ID
from erp_sandbox.jushuitan.documents import Documents, Form, States
from erp_sandbox.jushuitan.figures import FIRST_LINE, to_text, ts, unit_price, yuan
from erp_sandbox.jushuitan.parties import MASKED, distributor_id, shop_id, shop_name, shop_stores, wms_co_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact, Item

ORDER_NUMBERS = 10_000_000
SHIPPED = frozenset({"shipped", "partly_paid", "shipped_abnormal", "finished"})
ORDER_STATES = States(
    {
        "cancelled": ("Cancelled", "Cancelled", "Merged", "Split"),
        "audited": ("WaitConfirm", "Delivering"),
        "shipped": ("Sent",),
        "partly_paid": ("Sent",),
        "shipped_abnormal": ("Sent",),
        "finished": ("Sent",),
    }
)
WHOLESALE_HOUSEHOLDS = 33
FINANCE = ("rebate_fee", "product_tax", "shipping_tax", "other_income", "voucher_from_seller", "platform_commission",
           "transition_fee", "transaction_fee", "opaque_bagging_fee", "other_expense")  # fmt: skip


def orders(erp: Erp, query: Query) -> Documents:
    """Select orders."""
    values = query.values
    selected = sold(erp, query, ORDERS)
    if "o_ids" in values:
        selected.numbers = values["o_ids"]
    wanted = values.get("order_types")
    if wanted is not None:
        selected.keep = lambda fact: order_type(fact) in wanted
    if values.get("is_get_cbfinance"):
        selected.added["cb_finances"] = dict.fromkeys(FINANCE, 0)
    return selected


def sold(erp: Erp, query: Query, form: Form) -> Documents:
    """Select sales, as orders or outbounds, by what both may be asked by."""
    values = query.values
    selected = Documents(erp, query, [form])
    if "so_ids" in values:
        selected.narrowed["baskets"] = baskets(values["so_ids"], "T")
    if "shop_id" in values or "is_offline_shop" in values:
        selected.narrowed["stores"] = shop_stores(erp, values)
    if "status" in values:
        selected.statuses = [values["status"]]
    return selected


def baskets(numbers: Sequence[str], prefix: str) -> list[int]:
    """Return the baskets that online order or tracking numbers name."""
    return [
        int(number[len(prefix) :])
        for number in numbers
        if number.startswith(prefix) and number[len(prefix) :].isdecimal()
    ]


def order_type(fact: Fact) -> str:
    """Return the 订单类型 of a sale: wholesale buyers order as distributors."""
    return "分销Plus" if fact.household % WHOLESALE_HOUSEHOLDS == 0 else "普通订单"


def write_orders(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write orders."""
    goods = erp.goods.of(erp.context.db, found)
    return [_order(fact, goods) for fact in found]


ORDER_BLANKS: Row = {
    "co_id": CO_ID,
    "shop_site": "商家自有商城",
    "plan_delivery_date": None,
    "sign_time": "",
    "freight": "0.00",  # a text here, a number in outbounds (contract 9.4)
    "platform_free_amount": "",  # null as "" (contract 9.5)
    "pay_free_amount": "",
    "referrer_free_amount": "",
    "cb_total_tax": None,
    "currency": None,
    "is_cod": False,
    "question_type": "",
    "question_desc": "",
    "drp_co_id_to": "",
    "open_id": None,
    "receiver_country": "CN",
    "receiver_state": "",
    "receiver_city": "",
    "receiver_district": "",
    "receiver_town": "",
    "receiver_name": MASKED,
    "receiver_address": MASKED,
    "receiver_mobile": MASKED,
    "receiver_phone": "",
    "receiver_zip": None,
    "receiver_email": None,
    "node": "",
    "buyer_message": "",
    "invoice_title": None,
    "creator_name": "",
    "as_id": None,
    "f_weight": None,
}


def _order(fact: Fact, goods: dict[int, Sku]) -> Row:
    amount = sum(item.amount for item in fact.items)
    discount = sum(item.discount for item in fact.items)
    created = to_text(fact.created)
    so_id = f"T{fact.basket}"
    buyer = f"会员{fact.household:04d}"
    lines = enumerate(fact.items, start=1)
    return ORDER_BLANKS | _order_state(fact) | {
        "o_id": ORDER_NUMBERS + fact.id,
        "so_id": so_id,
        "shop_id": shop_id(fact.store),
        "shop_name": shop_name(fact.store),
        "type": order_type(fact),
        "order_date": created,
        "created": created,
        "modified": to_text(fact.modified),
        "pay_date": to_text(fact.created + 5),
        "pay_amount": amount / 100,
        "paid_amount": yuan(amount),
        "free_amount": yuan(discount),
        "shop_free_amount": yuan(discount) if discount else "",
        "buyer_paid_amount": yuan(amount),
        "seller_income_amount": yuan(amount),
        "wms_co_id": str(wms_co_id(fact.warehouse)),  # a text here, a number elsewhere (contract 9.4)
        "drp_co_id_from": str(distributor_id(fact.store)),
        "buyer_id": buyer,
        "shop_buyer_id": buyer,
        "remark": fact.remark,
        "labels": "" if fact.id % 4 else "分销,门店",
        "seller_flag": fact.id % 6 or None,
        "weight": len(fact.items) / 2,
        "skus": _skus(fact),
        "ts": ts(fact),
        "items": [_order_line(fact, place, item, goods[item.product_id], so_id) for place, item in lines],
        "pays": [_payment(fact, amount)],
    }  # fmt: skip


def _order_state(fact: Fact) -> Row:
    """Write what depends on how far an order has come."""
    status = ORDER_STATES.of(fact)
    shipped = fact.status in SHIPPED
    finished = fact.status == "finished"
    return {
        "status": status,
        "shop_status": "TRADE_FINISHED" if finished else "WAIT_SELLER_SEND_GOODS",
        "order_from": {"Merged": "MERGE", "Split": "SPLIT"}.get(status, "ERP"),
        "send_date": to_text(fact.happened) if shipped else "",
        "end_time": to_text(fact.modified) if finished else None,
        "is_merge": False,
        "is_split": False,
        "link_o_id": str(ORDER_NUMBERS + fact.id + 1) if status in {"Merged", "Split"} else None,
        "merge_so_id": f"T{fact.basket},T{fact.basket + 1}" if status == "Merged" else None,
        "l_id": f"SF{fact.basket}" if shipped else "",
        "lc_id": "SF" if shipped else "",
        "logistics_company": "顺丰速运" if shipped else "",
    }


def _payment(fact: Fact, amount: int) -> Row:
    return {
        "pay_id": str(FIRST_LINE + fact.id),
        "o_id": ORDER_NUMBERS + fact.id,
        "outer_pay_id": f"P{fact.basket}",
        "amount": yuan(amount),
        "payment": "门店收款",
        "pay_type": None,
        "pay_date": to_text(fact.created + 5),
        "status": "Confirmed",
        "is_order_pay": True,
        "buyer_account": None,
    }


def _skus(fact: Fact) -> str:
    first = fact.items[0] if fact.items else None
    total = sum(item.quantity for item in fact.items)
    return f"{total}" if first is None else f"{total}.SKU{first.product_id}*{first.quantity}"


ORDER_LINE_BLANKS: Row = {
    "refund_status": "none",
    "refund_id": "",
    "sku_type": "normal",
    "is_presale": False,
    "pic": None,
    "remark": None,
}


def _order_line(fact: Fact, place: int, item: Item, sku: Sku, so_id: str) -> Row:
    return {
        "oi_id": FIRST_LINE + item.line_id,
        "sku_id": sku.sku_id,
        "i_id": sku.i_id,
        "name": sku.name,
        "properties_value": sku.properties,
        "qty": item.quantity,
        "price": unit_price(item.amount, item.quantity),
        "base_price": unit_price(item.amount + item.discount, item.quantity),
        "amount": yuan(item.amount),
        "item_status": "Sent" if fact.status in SHIPPED else "",
        "outer_oi_id": f"{so_id}-{place}",
        "raw_so_id": so_id,
        "shop_sku_id": sku.sku_id,
        "shop_i_id": sku.i_id,
        "is_gift": item.amount == 0,
        **ORDER_LINE_BLANKS,
    }


ORDERS = Form("sale", ORDER_NUMBERS, ORDER_STATES, SHIPPED, write_orders)
