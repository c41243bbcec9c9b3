"""What the mapper is measured on: documents of 12 fields and five lines of 8, exact decimals, and two code tables."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = 5
MATERIALS = 100_000
WAREHOUSES = 500
SHOPS = 200
TEXT, NUMBER, INTEGER = ({"type": ["string", "null"]}, {"type": ["number", "null"]}, {"type": ["integer", "null"]})
LINE = {
    "sku": TEXT, "barcode": TEXT, "warehouse": TEXT, "quantity": NUMBER, "price": NUMBER, "amount": NUMBER,
    "batch": TEXT, "is_gift": INTEGER,
}  # fmt: skip
HEAD = {
    "order_id": INTEGER, "order_no": TEXT, "shop": TEXT, "buyer": TEXT, "status": INTEGER, "shipped_at": TEXT,
    "remark": TEXT, "carrier": TEXT, "parcel": TEXT, "paid": NUMBER, "freight": NUMBER, "currency": TEXT,
}  # fmt: skip
SCHEMA = {
    "type": "SCHEMA",
    "stream": "orders",
    "key_properties": ["order_id"],
    "schema": {
        "type": "object",
        "properties": HEAD | {"lines": {"type": "array", "items": {"type": "object", "properties": LINE}}},
    },
}


def write_code_tables(folder: Path) -> None:
    """Write the code tables: 100,000 materials by SKU, and the warehouses."""
    folder.mkdir(parents=True, exist_ok=True)
    _table(folder / "material.csv", ("sku", "material"), ((_sku(n), f"M.{n:06}") for n in range(MATERIALS)))
    _table(folder / "stock.csv", ("warehouse", "stock"), ((f"W{n:03}", f"CK{n:04}") for n in range(WAREHOUSES)))


def _table(path: Path, header: tuple[str, str], rows: Iterator[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_documents(path: Path, count: int) -> Path:
    """Write a Singer file with so many documents; every run writes the same ones."""
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(SCHEMA) + "\n")
        for number in range(count):
            message = {"type": "RECORD", "stream": "orders", "record": _document(number)}
            file.write(json.dumps(message, ensure_ascii=False) + "\n")
    return path


def _document(number: int) -> dict[str, Any]:
    lines = [_line(number * LINES + position) for position in range(LINES)]
    return {
        "order_id": 5_000_000 + number,
        "order_no": f"XS{number:09}",
        "shop": f"S{number % SHOPS:03}",
        "buyer": f"买家{number % 9973}",
        "status": 110 if number % 7 else 95,
        "shipped_at": f"2026-01-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:07+08:00",
        "remark": "请周末送货" if number % 5 == 0 else None,
        "carrier": "SF",
        "parcel": f"SF{number * 7919 % 10**12:012}",
        "paid": sum(int(line["amount"] * 100) for line in lines) / 100,
        "freight": number % 12 + 0.5,
        "currency": "CNY",
        "lines": lines,
    }


def _line(number: int) -> dict[str, Any]:
    quantity, cents = number % 9 + 1, number * 37 % 30_000 + 99
    return {
        "sku": _sku(number * 7919 % MATERIALS),
        "barcode": f"69{number % 10**11:011}",
        "warehouse": f"W{number % WAREHOUSES:03}",
        "quantity": quantity + (0.5 if number % 11 == 0 else 0),
        "price": cents / 100,
        "amount": quantity * cents / 100,
        "batch": f"B{number % 400}",
        "is_gift": int(number % 20 == 0),
    }


def _sku(number: int) -> str:
    return f"SKU-{number:06}"
