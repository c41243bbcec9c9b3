"""orders.yml as a Python programmer would write it by hand, for this one mapping: ``python -m … CODES``."""

from __future__ import annotations

import csv
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

STATUSES = (95, 110)


def table(path: Path) -> dict[str, str]:
    """Read a code table."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {row[0]: row[1] for row in rows}


def document(record: dict[str, Any], materials: dict[str, str], stocks: dict[str, str]) -> dict[str, Any]:
    """Return the Kingdee model of a record."""
    order_no = record["order_no"]
    model = {
        "FBillTypeID": {"FNumber": "XSCKD01_SYS"},
        "FBillNo": order_no,
        "FDate": record["shipped_at"][:10],
        "FStockOrgId": {"FNumber": "100"},
        "FSaleOrgId": {"FNumber": record["shop"]},
        "FCustomerID": {"FNumber": record["buyer"]},
        "FNote": record["remark"],
        "FCarriageNO": record["parcel"],
        "F_ora_Text2": f"{record['carrier']}-{record['parcel']}",
        "F_ora_Amount": record["paid"],
        "F_ora_Freight": record["freight"],
        "SubHeadEntity": {"FSettleCurrID": {"FNumber": "PRE001"}},
        "FEntity": [
            {
                "FMaterialID": {"FNumber": materials[line["sku"]]},
                "FStockID": {"FNumber": stocks[line["warehouse"]]},
                "FRealQty": Decimal(line["quantity"]),
                "FTaxPrice": Decimal(line["price"]),
                "FAllAmount": Decimal(line["amount"]),
                "FIsFree": line["is_gift"] == 1,
                "FLot": {"FNumber": line["batch"]},
                "FSoorDerno": order_no,
            }
            for line in record["lines"]
        ],
    }
    return {key: value for key, value in model.items() if value is not None}


def main() -> None:
    """Map standard input to standard output."""
    codes = Path(sys.argv[1])
    materials, stocks = table(codes / "material.csv"), table(codes / "stock.csv")
    decode = msgspec.json.Decoder(float_hook=Decimal).decode
    encode = msgspec.json.Encoder(decimal_format="number").encode
    write = sys.stdout.buffer.write
    for line in sys.stdin.buffer:
        message = decode(line)
        if message["type"] != "RECORD" or message["record"]["status"] not in STATUSES:
            continue
        record = message["record"]
        model = document(record, materials, stocks)
        source = {
            "stream": "orders",
            "key": {"order_id": record["order_id"]},
            "mapping": "mapping/orders",
            "record": record,
        }
        write(encode({"type": "RECORD", "stream": "SAL_OUTSTOCK", "record": model, "source": source}) + b"\n")


if __name__ == "__main__":
    main()
