from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import dataset, words
from erp_sandbox.retail.world import UNKNOWN_CUSTOMERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FIRST_SALE_ORG = 101


def sale_orgs() -> Iterable[tuple[str, str]]:
    """Yield distributor 分销商 → Kingdee sales organisation."""
    for index, name in enumerate(words.DISTRIBUTORS):
        yield name, str(FIRST_SALE_ORG + index)


def warehouses() -> Iterable[tuple[str, str]]:
    """Yield warehouse 仓库编号 → Kingdee stock."""
    for number, _name in enumerate(words.WAREHOUSES, start=1):
        yield f"WH{number:02d}", f"CK{number:02d}"


def customers() -> Iterable[tuple[str, str]]:
    """Yield buyer 网名 → Kingdee customer; a few new customers are not in the table yet."""
    modulus, remainder = UNKNOWN_CUSTOMERS
    for household_id in dataset.households():
        if household_id % modulus != remainder:
            yield f"会员{household_id:04d}", f"KH{household_id:05d}"


TABLES = {
    "sale_org": (("fenxiao_nick", "sale_org"), sale_orgs),
    "warehouse": (("warehouse_no", "stock"), warehouses),
    "customer": (("nick_name", "customer"), customers),
}


def write(directory: Path) -> Iterable[Path]:
    """Write one CSV file (UTF-8, header row) a table, and yield its path.

    Raises:
        SandboxError: the directory cannot be made or written.
    """
    for name, (header, rows) in TABLES.items():
        path = directory / f"{name}.csv"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(header)
                writer.writerows(rows())
        except OSError as error:
            raise SandboxError(f"{path} cannot be written: {error.strerror}.", exit_code=1) from None
        yield path
