"""销售出库单: what was sold, as what left the warehouse (contract 8.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jushuitan.accounts import CO_ID
from erp_sandbox.jushuitan.documents import Documents, Form, States
from erp_sandbox.jushuitan.figures import FIRST_LINE, to_text, ts, unit_price, yuan
from erp_sandbox.jushuitan.parties import MASKED, distributor_id, shop_id, shop_name, wms_co_id
from erp_sandbox.jushuitan.refusals import Refusal
from erp_sandbox.jushuitan.sales import FINANCE, ORDER_NUMBERS, SHIPPED, baskets, order_type, sold
from erp_sandbox.jushuitan.stockmarks import batchs, sns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact, Item

NUMBERS = 20_000_000
STATES = States(
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
SHIPPED_A_WAVE = 20
TWO_PARCELS = 500
"""Every so many-th shipment went in two parcels."""
COLUMNS = frozenset({"Volume", "Package", "OuterDrpCoId", "CusId", "LogisticsStatus"})
"""Further columns of outbounds; other names are refused (contract 8.8). Which ones there are is our choice."""


def select(erp: Erp, query: Query) -> Documents:
    """Select sales outbounds."""
    values = query.values
    selected = sold(erp, query, OUTBOUNDS)
    selected.numbers = values.get("io_ids")
    if "o_ids" in values:
        numbers = {number - ORDER_NUMBERS + NUMBERS for number in values["o_ids"]}
        selected.numbers = sorted(numbers.intersection(values.get("io_ids", numbers)))
    if "drp_co_id" in values:
        store = values["drp_co_id"] - distributor_id(0)
        selected.narrowed["stores"] = [at for at in [store] if at in (selected.narrowed.get("stores") or [store])]
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


def _wave(fact: Fact) -> int | None:
    return 7_000_000 + fact.id // SHIPPED_A_WAVE if fact.status in SHIPPED else None


def write(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write sales outbounds."""
    goods = erp.goods.of(erp.context.db, found)
    batches = erp.settings.batches
    return [_outbound(fact, goods, batches=batches) for fact in found]


BLANKS: Row = {
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
    return BLANKS | _state(fact) | {
        "io_id": NUMBERS + fact.id,
        "o_id": ORDER_NUMBERS + fact.id,
        "so_id": so_id,
        "shop_id": shop_id(fact.store),
        "shop_name": shop_name(fact.store),
        "order_type": order_type(fact),
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
        "items": [_line(place, item, goods[item.product_id], so_id) for place, item in lines],
        "batchs": batchs(fact, FIRST_LINE, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }  # fmt: skip


def _state(fact: Fact) -> Row:
    """Write what depends on how far a shipment has come."""
    shipped = fact.status in SHIPPED
    state: Row = {
        "status": STATES.of(fact),
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
        state["ClusterInfos"] = [{"io_id": NUMBERS + fact.id, **parcel}]
    return state


LINE_BLANKS: Row = {
    "unit": "件",
    "combine_sku_id": None,
    "pic": None,
    "batch_id": None,
    "product_date": None,
    "supplier_id": None,
    "expiration_date": None,
}


def _line(place: int, item: Item, sku: Sku, so_id: str) -> Row:
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
        **LINE_BLANKS,
    }


OUTBOUNDS = Form("sale", NUMBERS, STATES, SHIPPED, write)
