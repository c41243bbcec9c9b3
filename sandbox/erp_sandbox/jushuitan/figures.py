"""How numbers and times are written.

Amounts are whole cents inside, and a JSON number of yuan outside: a division of whole numbers, whose shortest text is
the exact decimal for every amount below ten trillion yuan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.clock import to_text

if TYPE_CHECKING:
    from erp_sandbox.retail.facts import Fact

FIRST_TS = 9_000_000_000
"""Row versions and line numbers need more than 32 bits (contract 9.9)."""
FIRST_LINE = 10_000_000_000
PRICE_UNITS = 10_000


def yuan(cents: int) -> int | float:
    """Write an amount as the vendor does: 198, 198.5, 0.29; whole ones without decimals."""
    whole, part = divmod(cents, 100)
    return cents / 100 if part else whole


def text_yuan(cents: int) -> str:
    """Write an amount as a text with two decimals, which some fields are."""
    return f"{cents // 100}.{cents % 100:02d}"


def price(units: int) -> int | float:
    """Write a price given in 1/10000 yuan."""
    whole, part = divmod(units, PRICE_UNITS)
    return units / PRICE_UNITS if part else whole


def unit_price(cents: int, quantity: int) -> int | float:
    """Return yuan a piece, rounded half up to four decimals; the whole amount where there is no quantity."""
    if not quantity:
        return yuan(cents)
    return price((200 * cents + quantity) // (2 * quantity))


def milliseconds(seconds: int, number: int) -> str:
    """Write a time with the milliseconds that the vendor stores; most endpoints leave them out."""
    return f"{to_text(seconds)}.{number % 999 + 1:03d}"


def ts(fact: Fact) -> int:
    """Return a document's row version."""
    return FIRST_TS + fact.version


__all__ = ["FIRST_LINE", "FIRST_TS", "milliseconds", "price", "text_yuan", "to_text", "ts", "unit_price", "yuan"]
