"""Exact decimals: amounts, prices and quantities never pass through a binary float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

CENT = Decimal("0.01")


def decimal_or_none(value: str | int | Decimal | None) -> Decimal | None:
    """Read a vendor's number, which may come as text, as an integer or as an exact decimal.

    Args:
        value: ``"2.0000"``, ``3``, ``Decimal("0.1")``; None and blank text mean "no value".

    Raises:
        TypeError: A float or a boolean: its exact value is already lost, or it is no number.
        ValueError: Text that is no finite number.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{value!r} is not a number") from None
    elif isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        raise TypeError(f"{value!r} ({type(value).__name__}) is not an exact number")
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number
