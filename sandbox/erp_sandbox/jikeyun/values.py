"""How the vendor writes values: times as texts or milliseconds, numbers as texts or numbers, ids as long texts."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from erp_sandbox.clock import CST_SECONDS
from erp_sandbox.retail import words

if TYPE_CHECKING:
    from erp_sandbox.jikeyun.settings import Settings

DAY_SECONDS = 86_400
LONG = 1_650_000_000_000_000_000
"""Ids are longs beyond 2^53, which a double cannot hold; each kind has its own range."""
RANGE = 10_000_000_000_000
IMPOSSIBLE = "0021-03-01 00:00:00"
IMPOSSIBLE_MS = -61_499_376_000_000
"""The year 0021, which real records have."""


def long_id(kind: int, number: int) -> str:
    """Return the vendor's own id of a thing: nineteen digits, growing with our number."""
    return str(LONG + kind * RANGE + number)


def number_of(kind: int, text: str | int) -> int:
    """Return our number of a vendor's id; below any of the kind's numbers for an id below all of them."""
    return int(text) - LONG - kind * RANGE


def digits(text: str, prefix: str) -> int:
    """Return the number behind a prefix; -1, which nothing has, for any other text."""
    rest = text.removeprefix(prefix)
    right = text.startswith(prefix) and rest.isascii() and rest.isdigit() and len(rest) < 16  # noqa: PLR2004 - ours are shorter
    return int(rest) if right else -1


@lru_cache(maxsize=1024)
def _day(day: int) -> str:
    return date.fromordinal(719_163 + day).isoformat()  # 719163 is 1970-01-01


def time(epoch: int) -> str:
    """Write unix seconds as ``yyyy-MM-dd HH:mm:ss`` in +08:00; several times a row, so the days are kept."""
    day, seconds = divmod(epoch + CST_SECONDS, DAY_SECONDS)
    minutes, seconds = divmod(seconds, 60)
    return f"{_day(day)} {minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


@lru_cache(maxsize=1 << 15)
def cents_text(cents: int) -> str:
    """Write cents as yuan with two decimals."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


@lru_cache(maxsize=1 << 15)
def short(units: int, decimals: int) -> str:
    """Write a decimal without trailing zeros."""
    one = 10**decimals
    whole, rest = divmod(abs(units), one)
    text = f"{whole}.{rest:0{decimals}d}".rstrip("0") if rest else str(whole)
    return f"-{text}" if units < 0 else text


@lru_cache(maxsize=1 << 15)
def number(units: int, decimals: int) -> msgspec.Raw:
    """Write a decimal as a JSON number, exactly."""
    return msgspec.Raw(short(units, decimals).encode())


def unit_price(amount: int, quantity: int) -> int:
    """Return 1/10000 yuan a unit, rounded half up; of a line without quantity its amount (cents)."""
    return (2 * amount * 100 + quantity) // (2 * quantity) if quantity else amount * 100


class Style:
    """How one answer writes values; ``mixed`` lets the record's number choose between the ways there are."""

    def __init__(self, settings: Settings, *, cents: bool = False) -> None:
        self._mixed = settings.mixed
        self._cents = cents and settings.money == "cents"

    def odd(self, record: int, every: int = 3) -> bool:
        """Whether this record is one of those that are written the other way."""
        return self._mixed and record % every == 0

    def amount(self, cents: int, *, as_number: bool) -> str | int | msgspec.Raw:
        """Write an amount of money."""
        if self._cents:
            return cents if as_number else str(cents)
        return number(cents, 2) if as_number else cents_text(cents)

    def price(self, units: int, *, as_number: bool) -> str | msgspec.Raw:
        """Write a unit price, given in 1/10000 yuan."""
        decimals = 2 if self._cents else 4
        return number(units, decimals) if as_number else short(units, decimals)

    def quantity(self, units: int, *, as_text: bool) -> str | int:
        """Write a quantity."""
        return str(units) if as_text else units

    def moment(self, epoch: int, *, as_text: bool) -> str | int:
        """Write a time as a text of Beijing time, or as milliseconds."""
        return time(epoch) if as_text else epoch * 1000

    def identifier(self, text: str, record: int) -> str | int:
        """Write an id: a text, now and then a number beyond 2^53."""
        return int(text) if self.odd(record, 7) else text


def warehouse_code(warehouse: int) -> str:
    """Return 仓库编码 of a warehouse."""
    return f"JK{warehouse:02d}"


def warehouse_name(warehouse: int) -> str:
    """Return 仓库名称 of a warehouse."""
    return words.WAREHOUSES[warehouse - 1]


def warehouse_of(code: str) -> int:
    """Return the warehouse of a 仓库编码; 0 for one that there is not."""
    found = digits(code, "JK")
    return found if 0 < found <= len(words.WAREHOUSES) and warehouse_code(found) == code else 0


def shop_code(store: int) -> str:
    """Return 渠道编码 of a shop."""
    return f"S{store:04d}"


def shop_name(store: int) -> str:
    """Return 渠道名称 of a shop."""
    return f"社区店{store:04d}号店"


def barcode(product: int) -> str:
    """Return 条码 of a product."""
    return f"69{product:011d}"
