"""其它出入库 and 调拨单: what came, went or changed place without sale or purchase (contract 8.14, 8.15)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from erp_sandbox.jushuitan.accounts import CO_ID
from erp_sandbox.jushuitan.documents import Documents, Form, States
from erp_sandbox.jushuitan.figures import FIRST_LINE, to_text, ts, unit_price, yuan
from erp_sandbox.jushuitan.parties import MASKED, warehouse_name, wms_co_id
from erp_sandbox.jushuitan.stockmarks import batchs, sns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact, Item

ANY = frozenset({"cancelled", "created", "shipped", "finished"})
OTHER_STATES = States(
    {
        "cancelled": ("Cancelled", "Delete"),
        "created": ("WaitConfirm", "OuterConfirming"),
        "finished": ("Confirmed",),
    }
)
OTHER_TYPES = {"other_in": "其它进仓", "other_out": "其它出库"}
REASONS = {"other_in": ("赠品入库", "其它", ""), "other_out": ("报损", "领用", "样品")}
SENDING_STATES = States(
    {"cancelled": ("Cancelled",), "created": ("Creating",), "shipped": ("Confirmed",), "finished": ("Confirmed",)}
)
RECEIVING_STATES = States(
    {"cancelled": ("Cancelled",), "created": ("Creating",), "shipped": ("OuterConfirming",), "finished": ("Confirmed",)}
)
SENT, RECEIVED = "调拨出", "调拨入"


def others(erp: Erp, query: Query) -> Documents:
    """Select other stock-ins and stock-outs, which are one list."""
    values = query.values
    types = values.get("types", list(OTHER_TYPES.values()))
    forms = [form for form in (OTHER_INS, OTHER_OUTS) if OTHER_TYPES[form.kind] in types]
    statuses = [values["status"]] if "status" in values else None
    selected = Documents(erp, query, forms, numbers=values.get("io_ids"), statuses=statuses)
    if "wms_co_id" in values:
        selected.narrowed["warehouses"] = [values["wms_co_id"] - wms_co_id(0)]
    if "so_ids" in values:
        selected.numbers = []  # these documents have no external number
    return selected


def transfers(erp: Erp, query: Query) -> Documents:
    """Select transfers: a sending and a receiving document each, unless one type is asked for."""
    values = query.values
    wanted = values.get("type")
    forms = [form for name, form in ((SENT, SENDINGS), (RECEIVED, RECEIPTS)) if wanted in {None, name}]
    numbers = values.get("io_ids")
    if "so_ids" in values:  # a number that receiving documents have only
        texts = [text.removeprefix("DB") for text in values["so_ids"]]
        named = {RECEIPTS.first_number + RECEIPTS.step * int(text) for text in texts if text.isdecimal()}
        numbers = sorted(named.intersection(numbers) if numbers is not None else named)
    return Documents(erp, query, forms, numbers=numbers)


OTHER_BLANKS: dict[str, Any] = {
    "so_id": None,
    "f_status": "WaitConfirm",
    "wh_id": 1,
    "inout_user": None,
    "creator_name": "仓管员",
    "receiver_name": MASKED,
    "receiver_mobile": MASKED,
    "receiver_address": "",
    "l_id": None,
    "lc_id": None,
    "logistics_company": "",
    "wave_id": None,
    "labels": "",
    "lock_wh_id": None,
    "lock_wh_name": None,
}
NO_BATCH: dict[str, Any] = {"batch_id": None, "product_date": None, "supplier_id": None, "expiration_date": None}


def write_others(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write other stock-ins or stock-outs; whether they carry a row version is a switch."""
    goods = erp.goods.of(erp.context.db, found)
    rows = [_other(fact, goods, batches=erp.settings.batches) for fact in found]
    if erp.settings.other_ts:
        for fact, row in zip(found, rows, strict=True):
            row["ts"] = ts(fact)
    return rows


def _other(fact: Fact, goods: dict[int, Sku], *, batches: bool) -> Row:
    form = OTHER_INS if fact.kind == OTHER_INS.kind else OTHER_OUTS
    number = form.number(fact)
    return OTHER_BLANKS | {
        "io_id": number,
        "type": OTHER_TYPES[fact.kind],
        "drop_co_name": REASONS[fact.kind][fact.id % 3],
        "status": OTHER_STATES.of(fact),
        "io_date": to_text(fact.happened),
        "created": to_text(fact.created),
        "modified": to_text(fact.modified),
        "warehouse": warehouse_name(fact.warehouse),
        "wms_co_id": wms_co_id(fact.warehouse),
        "remark": fact.remark,
        "items": [
            NO_BATCH
            | _ware(item, goods[item.product_id], number, form.first_line)
            | {
                "unit": "件",
                "cost_price": unit_price(item.amount, item.quantity),
                "cost_amount": yuan(item.amount),
                "sale_price": 0,
                "sale_amount": 0,
                "remark": "",
            }
            for item in fact.items
        ],
        "batchs": batchs(fact, form.first_line, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }


def _ware(item: Item, sku: Sku, number: int, first_line: int) -> Row:
    return {
        "ioi_id": first_line + item.line_id,
        "io_id": number,
        "sku_id": sku.sku_id,
        "i_id": sku.i_id,
        "name": sku.name,
        "properties_value": sku.properties,
        "qty": item.quantity,
    }


TRANSFER_BLANKS: dict[str, Any] = {
    "f_status": "WaitConfirm",
    "co_id": CO_ID,
    "wh_id": 1,
    "link_wh_id": 1,
    "out_io_id": None,
    "wave_id": None,
    "creator_name": "仓管员",
    "lock_wh_id": None,
    "lock_link_wh_id": None,
    "l_id": None,
    "lc_id": None,
    "logistics_company": "",
    "unit": None,
    "receiver_name_en": MASKED,
    "receiver_mobile_en": MASKED,
    "receiver_state": "",
    "receiver_city": "",
    "receiver_district": "",
    "receiver_address": MASKED,
}


def write_transfers(erp: Erp, found: Sequence[Fact], *, sending: bool) -> list[Row]:
    """Write one side of transfers."""
    goods = erp.goods.of(erp.context.db, found)
    return [_transfer(fact, goods, sending=sending, batches=erp.settings.batches) for fact in found]


def _transfer(fact: Fact, goods: dict[int, Sku], *, sending: bool, batches: bool) -> Row:
    form, other = (SENDINGS, RECEIPTS) if sending else (RECEIPTS, SENDINGS)
    number = form.number(fact)
    here, there = wms_co_id(fact.warehouse), wms_co_id(fact.to_warehouse)
    arrived = fact.status in ({"shipped", "finished"} if sending else {"finished"})
    labels = ["门店补货"] if fact.id % 2 else []
    return TRANSFER_BLANKS | {
        "io_id": number,
        "link_io_id": other.number(fact),
        "type": SENT if sending else RECEIVED,
        "status": form.states.of(fact),
        "io_date": to_text(fact.happened),
        "modified": to_text(fact.modified),
        "wms_co_id": here if sending else there,
        "link_wms_co_id": there if sending else here,
        "warehouse": warehouse_name(fact.warehouse),  # the sender's on both documents
        "link_warehouse": warehouse_name(fact.to_warehouse),
        "so_id": None if sending else f"DB{fact.id}",
        "labels": labels,  # an array here, a text elsewhere (contract 9.4)
        "lables": labels,
        "remark": fact.remark,
        "items": [
            NO_BATCH
            | _ware(item, goods[item.product_id], number, form.first_line)
            | {"r_qty": item.quantity if arrived else 0}
            for item in fact.items
        ],
        "batchs": batchs(fact, form.first_line, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }


OTHER_INS = Form("other_in", 80_000_000, OTHER_STATES, ANY, write_others)
OTHER_OUTS = Form("other_out", 85_000_000, OTHER_STATES, ANY, write_others, first_line=2 * FIRST_LINE)
SENDINGS = Form("transfer", 90_000_000, SENDING_STATES, ANY, partial(write_transfers, sending=True), step=2)
RECEIPTS = Form(
    "transfer", 90_000_001, RECEIVING_STATES, ANY, partial(write_transfers, sending=False), step=2,
    first_line=2 * FIRST_LINE,
)  # fmt: skip
