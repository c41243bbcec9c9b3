from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import dataset, words
from erp_sandbox.retail.world import UNKNOWN_CUSTOMERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FIRST_SALE_ORG = 101
BRANCHES_FROM = 90_000
STOCK_ORG = "100"


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


def shop_orgs() -> Iterable[tuple[str, str]]:
    """Yield shop 店铺编号 → Kingdee sales organisation: the one of the distributor who runs it."""
    for store_id in dataset.stores():
        yield f"S{store_id:04d}", str(FIRST_SALE_ORG + store_id % len(words.DISTRIBUTORS))


def jushuitan_warehouses() -> Iterable[tuple[str, str]]:
    """Yield 聚水潭 branch warehouse 分仓编号 → Kingdee stock."""
    for number in range(1, len(words.WAREHOUSES) + 1):
        yield str(BRANCHES_FROM + number), f"CK{number:02d}"


def jikeyun_warehouses() -> Iterable[tuple[str, str, str]]:
    """Yield 吉客云 warehouse 仓库编码 → Kingdee stock and its organisation."""
    for number in range(1, len(words.WAREHOUSES) + 1):
        yield f"JK{number:02d}", f"CK{number:02d}", STOCK_ORG


TABLES: dict[str, tuple[tuple[str, ...], Callable[[], Iterable[tuple[str, ...]]]]] = {
    "sale_org": (("fenxiao_nick", "sale_org"), sale_orgs),
    "warehouse": (("warehouse_no", "stock"), warehouses),
    "customer": (("nick_name", "customer"), customers),
    "shop_org": (("shop_no", "sale_org"), shop_orgs),
    "jushuitan_warehouse": (("wms_co_id", "stock"), jushuitan_warehouses),
    "jikeyun_warehouse": (("warehouse_code", "stock", "stock_org"), jikeyun_warehouses),
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
