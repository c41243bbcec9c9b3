"""批次 and 唯一码 of a document's lines, which merchants have who switched them on (contract 9.19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.clock import to_text

if TYPE_CHECKING:
    from erp_sandbox.jushuitan.query import Row
    from erp_sandbox.retail.facts import Fact

BATCHED = 10
"""Every so many-th product is kept by batch, and every so many-th but one by unique code."""
DAY_SECONDS = 86_400


def batchs(fact: Fact, first_line: int, *, enabled: bool, text_ids: bool = False) -> list[Row]:
    """Return the batches of a document's lines; ``text_ids`` where the vendor writes ids as texts."""
    if not enabled:
        return []
    return [
        {
            "batch_no": f"P{item.product_id % 1000:03d}",
            "ioi_id": str(first_line + item.line_id) if text_ids else first_line + item.line_id,
            "sku_id": f"SKU{item.product_id}",
            "qty": item.quantity,
            "product_date": to_text(fact.created - fact.created % DAY_SECONDS - 30 * DAY_SECONDS),
            "supplier_id": str(fact.supplier) if text_ids else fact.supplier,
            "supplier_name": None,
            "expiration_date": to_text(fact.created - fact.created % DAY_SECONDS + 300 * DAY_SECONDS),
        }
        for item in fact.items
        if item.product_id % BATCHED == 0
    ]


def sns(fact: Fact, *, enabled: bool) -> list[Row]:
    """Return the unique codes of a document's lines."""
    if not enabled:
        return []
    return [
        {
            "sku_id": f"SKU{item.product_id}",
            "sn": f"SN{item.line_id}",
            "is_pack_sn": False,
            "is_opened": False,
            "pack_sn": None,
        }
        for item in fact.items
        if item.product_id % BATCHED == 1
    ]
