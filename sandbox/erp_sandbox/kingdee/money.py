"""Prices and amounts of seeded documents: exact, from whole cents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
PRICE = Decimal("0.0001")


def unit_price(cents: int, quantity: int) -> Decimal:
    """Return what one piece costs, half up to four decimals; nothing sold keeps its amount as price."""
    amount = Decimal(cents).scaleb(-2)
    return (amount / quantity if quantity else amount).quantize(PRICE, rounding=ROUND_HALF_UP)


def line_amount(quantity: int, price: Decimal) -> Decimal:
    """Return quantity times price, half up to the cent."""
    return (quantity * price).quantize(CENT, rounding=ROUND_HALF_UP)
