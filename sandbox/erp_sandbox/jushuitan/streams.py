"""The kinds of documents by the name of the stream that a tap reads them as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jushuitan import aftersales, counts, moves, outbounds, purchasing, sales

if TYPE_CHECKING:
    from erp_sandbox.jushuitan.documents import Form

FORMS: dict[str, tuple[Form, ...]] = {
    "orders": (sales.ORDERS,),
    "sales_outbounds": (outbounds.OUTBOUNDS,),
    "refunds": (aftersales.REFUNDS,),
    "aftersale_receipts": (aftersales.RECEIPTS,),
    "purchase_orders": (purchasing.ORDERS,),
    "purchase_ins": (purchasing.INS,),
    "purchase_returns": (purchasing.RETURNS,),
    "other_inouts": (moves.OTHER_INS, moves.OTHER_OUTS),
    "allocations": (moves.SENDINGS, moves.RECEIPTS),
    "inventory_counts": (counts.COUNTS,),
}
