"""The kinds of documents by the name of the stream that a tap reads them as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jushuitan import counts, sales

if TYPE_CHECKING:
    from erp_sandbox.jushuitan.documents import Form

FORMS: dict[str, tuple[Form, ...]] = {
    "orders": (sales.ORDERS,),
    "sales_outbounds": (sales.OUTBOUNDS,),
    "inventory_counts": (counts.COUNTS,),
}
