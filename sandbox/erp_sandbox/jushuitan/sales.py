"""订单 and 销售出库单: what was sold, as an order and as what left the warehouse (contract 8.7, 8.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jushuitan.accounts import CO_ID
from erp_sandbox.jushuitan.documents import Documents, Form, States
from erp_sandbox.jushuitan.figures import FIRST_LINE, to_text, ts, unit_price, yuan
from erp_sandbox.jushuitan.parties import MASKED, distributor_id, shop_id, shop_name, shop_stores, wms_co_id
from erp_sandbox.jushuitan.refusals import Refusal
from erp_sandbox.jushuitan.stockmarks import batchs, sns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact, Item

ORDER_NUMBERS = 10_000_000
OUTBOUND_NUMBERS = 20_000_000
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
OUTBOUND_STATES = States(
    {
        # before the shipment an order is taken back (Delete), later its shipment is (Cancelled): contract 9.14
        "cancelled": ("Delete", "Cancelled", "Delete", "Delete"),
        "audited": ("WaitConfirm", "OuterConfirming"),
        "shipped": ("Confirmed",),
        "partly_paid": ("Confirmed",),
        "shipped_abnormal": ("Confirmed",),
        "finished": ("Confirmed",),
    }
)
WHOLESALE_HOUSEHOLDS = 33
SHIPPED_A_WAVE = 20
TWO_PARCELS = 500
"""Every so many-th shipment went in two parcels."""
FINANCE = ("rebate_fee", "product_tax", "shipping_tax", "other_income", "voucher_from_seller", "platform_commission",
           "transition_fee", "transaction_fee", "opaque_bagging_fee", "other_expense")  # fmt: skip
COLUMNS = frozenset({"Volume", "Package", "OuterDrpCoId", "CusId", "LogisticsStatus"})
"""Further columns of outbounds; other names are refused (contract 8.8). Which ones there are is our choice."""


def orders(erp: Erp, query: Query) -> Documents:
    """Select orders."""
    values = query.values
    selected = _selected(erp, query, ORDERS)
    if "o_ids" in values:
        selected.numbers = values["o_ids"]
    wanted = values.get("order_types")
    if wanted is not None:
        selected.keep = lambda fact: _order_type(fact) in wanted
    if values.get("is_get_cbfinance"):
        selected.added["cb_finances"] = dict.fromkeys(FINANCE, 0)
    return selected


def outbounds(erp: Erp, query: Query) -> Documents:
    """Select sales outbounds."""
    values = query.values
    selected = _selected(erp, query, OUTBOUNDS)
    if "io_ids" in values:
        selected.numbers = values["io_ids"]
    elif "o_ids" in values:
        selected.numbers = [number - ORDER_NUMBERS + OUTBOUND_NUMBERS for number in values["o_ids"]]
    if "drp_co_id" in values:
        selected.narrowed["stores"] = [values["drp_co_id"] - distributor_id(0)]
    if "wms_co_id" in values:
        selected.narrowed["warehouses"] = [values["wms_co_id"] - wms_co_id(0)]
    if values.get("owner_co_id", CO_ID) != CO_ID:
        selected.numbers = []
    if "l_ids" in values:
        selected.narrowed["baskets"] = baskets(values["l_ids"], "SF")
        selected.statuses = sorted({"Confirmed"}.intersection(selected.statuses or {"Confirmed"}))
    if "wave_ids" in values:
        selected.keep = lambda fact: _wave(fact) in values["wave_ids"]
    _add_columns(selected, values)
    return selected


def _add_columns(selected: Documents, values: Row) -> None:
    if values.get("is_get_cbfinance"):
        selected.added["cb_finance"] = dict.fromkeys(FINANCE, 0)
    if values.get("is_get_cblogistic"):
        selected.added |= dict.fromkeys(("shipment", "deliver_name", "channel_name", "tracking_number"), "")
    for name in ("InoutFlds", "InoutItemFlds"):
        strangers = sorted(set(values.get(name, ())) - COLUMNS)
        if strangers:
            raise Refusal("column_unknown", name=name, value=strangers[0])


def _selected(erp: Erp, query: Query, form: Form) -> Documents:
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
        if number.startswith(prefix) and number[len(prefix) :].isdigit()
    ]


def _order_type(fact: Fact) -> str:
    return "分销Plus" if fact.household % WHOLESALE_HOUSEHOLDS == 0 else "普通订单"


def _wave(fact: Fact) -> int | None:
    return 7_000_000 + fact.id // SHIPPED_A_WAVE if fact.status in SHIPPED else None


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
        "type": _order_type(fact),
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


def write_outbounds(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write sales outbounds."""
    goods = erp.goods.of(erp.context.db, found)
    batches = erp.settings.batches
    return [_outbound(fact, goods, batches=batches) for fact in found]


OUTBOUND_BLANKS: Row = {
    "co_id": CO_ID,
    "freight": 0,
    "f_weight": None,
    "currency": None,
    "node": "",
    "buyer_message": "",
    "stock_enabled": "是",
    "is_cod": False,
    "merge_so_id": None,
    "package_no": None,
    "warehouse_oid": None,
    "business_staff": None,
    "order_staff_id": None,
    "order_staff_name": "",
    "invoice_title": None,
    "open_id": None,
    "receiver_state": "",
    "receiver_city": "",
    "receiver_district": "",
    "receiver_name": MASKED,
    "receiver_address": MASKED,
    "receiver_phone": MASKED,
    "receiver_mobile": "",
}


def _outbound(fact: Fact, goods: dict[int, Sku], *, batches: bool) -> Row:
    amount = sum(item.amount for item in fact.items)
    so_id = f"T{fact.basket}"
    lines = enumerate(fact.items, start=1)
    return OUTBOUND_BLANKS | _outbound_state(fact) | {
        "io_id": OUTBOUND_NUMBERS + fact.id,
        "o_id": ORDER_NUMBERS + fact.id,
        "so_id": so_id,
        "shop_id": shop_id(fact.store),
        "shop_name": shop_name(fact.store),
        "order_type": _order_type(fact),
        "created": to_text(fact.created + 60),
        "modified": to_text(fact.modified),
        "pay_date": to_text(fact.created + 5),
        "pay_amount": yuan(amount),
        "paid_amount": yuan(amount),
        "free_amount": yuan(sum(item.discount for item in fact.items)),
        "weight": len(fact.items) / 2,
        "wms_co_id": wms_co_id(fact.warehouse),
        "drp_co_id_from": str(distributor_id(fact.store)),
        "labels": None if fact.id % 4 else "分销,门店",
        "remark": fact.remark,
        "seller_flag": fact.id % 6 or None,
        "shop_buyer_id": f"会员{fact.household:04d}",
        "ts": ts(fact),
        "items": [_outbound_line(place, item, goods[item.product_id], so_id) for place, item in lines],
        "batchs": batchs(fact, FIRST_LINE, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }  # fmt: skip


def _outbound_state(fact: Fact) -> Row:
    """Write what depends on how far a shipment has come."""
    shipped = fact.status in SHIPPED
    state: Row = {
        "status": OUTBOUND_STATES.of(fact),
        "io_date": to_text(fact.happened) if shipped else None,
        "l_id": f"SF{fact.basket}" if shipped else "",
        "lc_id": "SF" if shipped else "",
        "logistics_company": "顺丰速运" if shipped else "",
        "wave_id": _wave(fact),
        "is_print": shipped,
        "is_print_express": shipped,
    }
    if shipped and fact.id % TWO_PARCELS == 2:  # noqa: PLR2004 - those that are shipped
        parcel = {"l_id": f"SF{fact.basket}Z", "logistic_company": "顺丰速运", "lc_id": "SF", "f_weight": 0.5}
        state["ClusterInfos"] = [{"io_id": OUTBOUND_NUMBERS + fact.id, **parcel}]
    return state


OUTBOUND_LINE_BLANKS: Row = {
    "unit": "件",
    "combine_sku_id": None,
    "pic": None,
    "batch_id": None,
    "product_date": None,
    "supplier_id": None,
    "expiration_date": None,
}


def _outbound_line(place: int, item: Item, sku: Sku, so_id: str) -> Row:
    line = FIRST_LINE + item.line_id
    return {
        "ioi_id": line,
        "sku_id": sku.sku_id,
        "i_id": sku.i_id,
        "name": sku.name,
        "properties_value": sku.properties,
        "qty": item.quantity,
        "sale_price": unit_price(item.amount, item.quantity),
        "sale_amount": yuan(item.amount),
        "sale_base_price": unit_price(item.amount + item.discount, item.quantity),
        "oi_id": str(line),  # a text here, a number in orders (contract 9.4)
        "outer_oi_id": f"{so_id}-{place}",
        "raw_so_id": so_id,
        "is_gift": item.amount == 0,
        **OUTBOUND_LINE_BLANKS,
    }


ORDERS = Form("sale", ORDER_NUMBERS, ORDER_STATES, SHIPPED, write_orders)
OUTBOUNDS = Form("sale", OUTBOUND_NUMBERS, OUTBOUND_STATES, SHIPPED, write_outbounds)
