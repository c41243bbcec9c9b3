"""The stock mapper's settings: meltano-map-transform with the head of the sales stock-outs mapping.

It maps the top level of a record only and knows no look-ups; code tables travel in ``stream_map_config`` as objects,
which is the way its users do it. `details_list` passes through, for the target to map (`benchmarks.stock.target`).
A record whose customer is in no table is filtered out, since the stock mapper has nowhere else to put it (ours makes a
dead letter of it, which is charged to us).
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

HEAD = {
    "FBillTypeID": "'XSCKD01_SYS'",
    "FBillNo": "order_no",
    "FDate": "consign_time",
    "FStockOrgId": "'100'",
    "FSaleOrgId": "config['sale_org'][fenxiao_nick]",
    "FCustomerID": "config['customer'][nick_name]",
    "FSalesManID": "config['customer_seller'][config['customer'][nick_name]]",
    "FNote": "remark",
    "F_ora_Text2": "logistics_no",
    "FCarriageNO": "logistics_no",
    "F_USQR_TEXT": "src_trade_no",
    "FSRCBillNo": "src_trade_no",
    "FSoorDerno": "src_trade_no",
    "FStockID": "config['warehouse'][warehouse_no]",
    "FStockStatusID": "'KCZT01_SYS'",
    "FSrcType": "'SAL_SaleOrder'",
    "details_list": "details_list",
}
SHIPPED = "str(status) in ('95', '105', '110', '113') and nick_name in config['customer']"


def read_codes(codes: Path, name: str) -> dict[str, str]:
    """Read a code table of two columns."""
    with (codes / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {row[0]: row[1] for row in rows}


def settings(codes: Path) -> dict[str, Any]:
    """Return the mapper's configuration."""
    tables = ("sale_org", "customer", "customer_seller", "warehouse")
    stream = {"__alias__": "SAL_OUTSTOCK", "__filter__": SHIPPED, "__key_properties__": ["FBillNo"], "__else__": None}
    return {
        "stream_maps": {"sales_stockouts": {**stream, **HEAD}},
        "stream_map_config": {name: read_codes(codes, name) for name in tables},
    }
