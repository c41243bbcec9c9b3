"""盘点单: what was counted in a warehouse (contract 8.17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jushuitan.documents import Documents, Form, States
from erp_sandbox.jushuitan.figures import FIRST_LINE, to_text
from erp_sandbox.jushuitan.parties import warehouse_name, wms_co_id
from erp_sandbox.jushuitan.stockmarks import batchs, sns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.goods import Sku
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import Fact, Item

STATES = States(
    {
        "cancelled": ("Cancelled", "Delete"),
        "created": ("WaitConfirm",),
        "finished": (*("Confirmed",) * 9, "Archive"),
    }
)


def select(erp: Erp, query: Query) -> Documents:
    """Select counts."""
    values = query.values
    statuses = [values["status"]] if "status" in values else None
    return Documents(erp, query, [COUNTS], numbers=values.get("io_ids"), statuses=statuses)


def write(erp: Erp, found: Sequence[Fact]) -> list[Row]:
    """Write counts."""
    goods = erp.goods.of(erp.context.db, found)
    return [_count(fact, goods, batches=erp.settings.batches) for fact in found]


def _count(fact: Fact, goods: dict[int, Sku], *, batches: bool) -> Row:
    status = STATES.of(fact)
    number = COUNTS.number(fact)
    return {
        "io_id": number,
        "type": "盘点",
        "status": status,
        "f_status": "Confirmed" if status == "Archive" else "WaitConfirm",
        "io_date": to_text(fact.happened),
        "modified": to_text(fact.modified),
        "warehouse": warehouse_name(fact.warehouse),
        "wh_id": 1,
        "wms_co_id": wms_co_id(fact.warehouse),
        "creator_name": "仓管员",
        "remark": fact.remark,
        "labels": None if fact.id % 3 else "",
        "lock_wh_id": None,
        "lock_wh_name": None,
        "items": [_line(item, goods[item.product_id], number) for item in fact.items],
        "batchs": batchs(fact, FIRST_LINE, enabled=batches),
        "sns": sns(fact, enabled=batches),
    }


def _line(item: Item, sku: Sku, number: int) -> Row:
    return {
        "ioi_id": FIRST_LINE + item.line_id,
        "io_id": number,
        "sku_id": sku.sku_id,
        "i_id": sku.i_id,
        "name": sku.name,
        "properties_value": sku.properties,
        "r_qty": item.counted,  # what was found; qty is the difference (contract 9.13)
        "qty": item.quantity,
        "batch_id": None,
        "product_date": None,
        "supplier_id": None,
        "expiration_date": None,
    }


COUNTS = Form("count", 100_000_000, STATES, frozenset({"cancelled", "created", "finished"}), write)
