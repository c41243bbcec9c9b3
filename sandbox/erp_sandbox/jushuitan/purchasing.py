"""采购单, 采购入库 and 采购退货: what was ordered, what came, and what went back (contract 8.11-8.13)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from erp_sandbox.jushuitan.accounts import CO_ID
from erp_sandbox.jushuitan.documents import Documents, Form, States
from erp_sandbox.jushuitan.figures import FIRST_LINE, to_text, ts, unit_price, yuan
from erp_sandbox.jushuitan.parties import MASKED, supplier_id, supplier_name, warehouse_name, wms_co_id
from erp_sandbox.jushuitan.stockmarks import batchs, sns
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact, Item

TAX_RATE = 13
DONE = frozenset({"finished"})
ANY = frozenset({"cancelled", "created", "partly", "finished"})
ORDER_STATES = States(
    {
        "cancelled": ("Cancelled", "Delete"),
        "created": ("WaitConfirm", "Creating"),
        "partly": ("Confirmed", "WaitReceive"),
        "finished": ("Finished",),
    }
)
RECEIVE_STATES = {"partly": "Part_Received", "finished": "Received"}
IN_STATES = States(
    {
        "cancelled": ("Cancelled", "Delete"),
        "created": ("WaitConfirm", "OuterConfirming"),
        "finished": (*("Confirmed",) * 7, "Archive"),
    }
)
RETURN_STATES = States(
    {
        "cancelled": ("Cancelled", "Delete"),
        "created": ("WaitConfirm", "Creating"),
        "finished": ("Confirmed", "Confirmed", "Archive"),
    }
)


def orders(erp: Erp, query: Query) -> Documents:
    """Select purchase orders."""
    values = query.values
    statuses = values.get("statuss", [values["status"]] if "status" in values else None)
    return Documents(erp, query, [ORDERS], numbers=_numbers(values, "po_ids", "PO", ORDERS), statuses=statuses)


def ins(erp: Erp, query: Query, *, newer: bool) -> Documents:
    """Select purchase-ins: those that are confirmed, unless ``statuss`` says others (contract 9.10)."""
    values = query.values
    form = NEWER_INS if newer else INS
    selected = Documents(erp, query, [form], numbers=_numbers(values, "io_ids", "IN", form))
    selected.statuses = values.get("statuss", ["Confirmed"])
    if "po_ids" in values:
        selected.narrowed["references"] = ORDERS.ids(values["po_ids"])
    if "wms_co_id" in values:
        selected.narrowed["warehouses"] = [values["wms_co_id"] - wms_co_id(0)]
    if values.get("owner_co_id", CO_ID) != CO_ID:
        selected.numbers = []
    sellers = values.get("seller_ids")
    if sellers is not None:
        selected.keep = lambda fact: supplier_id(fact.supplier) in sellers
    return selected


def returns(erp: Erp, query: Query) -> Documents:
    """Select purchase returns."""
    values = query.values
    statuses = [values["status"]] if "status" in values else None
    return Documents(erp, query, [RETURNS], numbers=values.get("io_ids"), statuses=statuses)


def _numbers(values: dict[str, Any], name: str, prefix: str, form: Form) -> list[int] | None:
    """Return the document numbers that a call names, directly or by external number 外部单号."""
    if "so_ids" not in values:
        found: list[int] | None = values.get(name)
        return found
    texts = [number.removeprefix(prefix) for number in values["so_ids"] if number.startswith(prefix)]
    outer = {form.first_number + int(text) for text in texts if text.isdecimal()}
    return sorted(outer.intersection(values[name]) if name in values else outer)


def write_orders(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write purchase orders, with how much of each line has come and gone back."""
    db = erp.context.db
    goods = erp.goods.of(db, found)
    moved: dict[str, Counter[tuple[int, int]]] = {}
    for kind in ("purchase_in", "purchase_return"):
        moved[kind] = Counter()
        for fact in facts.find(db, kind, references=[order.id for order in found], statuses=DONE):
            for item in fact.items:
                moved[kind][fact.reference, item.product_id] += item.quantity
    return [_order(fact, goods, moved["purchase_in"], moved["purchase_return"]) for fact in found]


def _order(fact: Fact, goods: dict[int, Sku], came: Counter[tuple[int, int]], back: Counter[tuple[int, int]]) -> Row:
    number = ORDERS.number(fact)
    approved = fact.status in {"partly", "finished"}
    return {
        "po_id": number,
        "so_id": f"PO{fact.id}",
        "merge_po_id": None,
        "po_date": to_text(fact.happened)[:10] + " 00:00:00",
        "confirm_date": to_text(fact.happened) if approved else None,
        "finish_time": to_text(fact.modified) if fact.status == "finished" else None,
        "modified": to_text(fact.modified),
        "status": ORDER_STATES.of(fact),
        "receive_status": RECEIVE_STATES.get(fact.status, "Not_Received"),
        "supplier_id": supplier_id(fact.supplier),
        "seller": supplier_name(fact.supplier),
        "purchaser_name": "采购员",
        "wms_co_id": wms_co_id(fact.warehouse),
        "tax_rate": TAX_RATE,
        "more_rate": None,
        "freight": 0 if fact.id % 2 else None,
        "send_address": "",
        "term": "",
        "item_type": "成品",
        "labels": None,
        "remark": fact.remark,
        "items": [
            {
                "poi_id": FIRST_LINE + item.line_id,
                "po_id": number,
                **_ware(item, goods[item.product_id]),
                "price": unit_price(item.amount, item.quantity),
                "tax_rate": TAX_RATE,
                "delivery_date": to_text(fact.happened + 86_400)[:10] + " 00:00:00",
                "remark": "",
                "inQty": came[fact.id, item.product_id],  # the vendor's own spelling (contract 9.2)
                "return_qty": back[fact.id, item.product_id],
                "qc_qty": None,
                "qc_quality_qty": None,
                "qc_defective_qty": None,
                "is_delivery": 2 if fact.status == "finished" else 0,
            }
            for item in fact.items
        ],
    }


def _ware(item: Item, sku: Sku) -> Row:
    return {"sku_id": sku.sku_id, "i_id": sku.i_id, "name": sku.name, "qty": item.quantity}


def _cost(item: Item) -> Row:
    return {
        "cost_price": unit_price(item.amount, item.quantity),
        "cost_amount": yuan(item.amount),
        "tax_rate": TAX_RATE,
        "batch_no": None,
        "remark": "",
    }


def write_ins(erp: Erp, found: Sequence[Fact], *, newer: bool) -> list[Row]:
    """Write purchase-ins; the newer path has a few things more, and the row version as a text."""
    goods = erp.goods.of(erp.context.db, found)
    rows = [_in(fact, goods, batches=erp.settings.batches) for fact in found]
    if newer:
        for row in rows:
            row |= {"ts": str(row["ts"]), "extend_remark": None, "logistics_company": ""}
    return rows


def _in(fact: Fact, goods: dict[int, Sku], *, batches: bool) -> Row:
    number = INS.number(fact)
    status = IN_STATES.of(fact)
    return {
        "io_id": number,
        "po_id": ORDERS.first_number + fact.reference,
        "supplier_id": supplier_id(fact.supplier),
        "supplier_name": supplier_name(fact.supplier),
        "so_id": f"IN{fact.id}",
        "out_io_id": None,
        "merge_so_id": None,
        "status": status,
        "f_status": "Confirmed" if status == "Archive" else "WaitConfirm",
        "archived": to_text(fact.modified) if status == "Archive" else None,
        "io_date": to_text(fact.happened),
        "modified": to_text(fact.modified),
        "type": "采购进仓",
        "warehouse": warehouse_name(fact.warehouse),
        "wh_id": "1",  # a text here, a number elsewhere (contract 9.4)
        "wms_co_id": wms_co_id(fact.warehouse),
        "tax_rate": TAX_RATE,
        "labels": "",
        "remark": fact.remark,
        "creator_name": "仓管员",
        "l_id": None,
        "lock_wh_id": None,
        "lock_wh_name": None,
        "ts": ts(fact),
        "items": [
            {
                "ioi_id": FIRST_LINE + item.line_id,
                "io_id": number,
                **_ware(item, goods[item.product_id]),
                "unit": "件",
                **_cost(item),
            }
            for item in fact.items
        ],
        "batchs": batchs(fact, FIRST_LINE, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }


def write_returns(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write purchase returns."""
    goods = erp.goods.of(erp.context.db, found)
    return [_return(fact, goods, batches=erp.settings.batches) for fact in found]


RETURN_BLANKS: dict[str, Any] = {
    "created_po_id": None,
    "so_id": None,
    "out_io_id": None,
    "receiver_mobile": MASKED,
    "receiver_state": "",
    "receiver_city": "",
    "receiver_district": "",
    "receiver_address": MASKED,
    "wh_id": 1,
    "free_amount": 0,
    "wave_id": None,
    "lc_id": None,
    "l_id": None,
    "logistics_company": "",
    "labels": "",
    "creator_name": "仓管员",
    "lock_wh_id": None,
    "lock_wh_name": None,
}


def _return(fact: Fact, goods: dict[int, Sku], *, batches: bool) -> Row:
    number = RETURNS.number(fact)
    status = RETURN_STATES.of(fact)
    return RETURN_BLANKS | {
        "io_id": number,
        "po_id": ORDERS.first_number + fact.reference,
        "status": status,
        "f_status": "Confirmed" if status == "Archive" else "WaitConfirm",
        "archived": to_text(fact.modified) if status == "Archive" else None,
        "io_date": to_text(fact.happened),
        "modified": to_text(fact.modified),
        "seller_id": supplier_id(fact.supplier),
        "receiver_name": supplier_name(fact.supplier),
        "warehouse": warehouse_name(fact.warehouse),
        "wms_co_id": str(wms_co_id(fact.warehouse)),  # a text here, a number elsewhere (contract 9.4)
        "remark": fact.remark,
        "items": [
            {
                "ioi_id": FIRST_LINE + item.line_id,
                "io_id": number,
                "co_id": CO_ID,
                **_ware(item, goods[item.product_id]),
                "properties_value": goods[item.product_id].properties,
                **_cost(item),
            }
            for item in fact.items
        ],
        "batchs": batchs(fact, FIRST_LINE, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }


ORDERS = Form("purchase", 50_000_000, ORDER_STATES, ANY, write_orders)
INS = Form("purchase_in", 60_000_000, IN_STATES, ANY, partial(write_ins, newer=False))
NEWER_INS = Form("purchase_in", 60_000_000, IN_STATES, ANY, partial(write_ins, newer=True))
RETURNS = Form("purchase_return", 70_000_000, RETURN_STATES, ANY, write_returns)
