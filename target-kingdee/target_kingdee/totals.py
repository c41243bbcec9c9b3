"""What of a document is compared with Kingdee's later: its date, lines, quantity and amount."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from target_kingdee.forms import TotalKeys

CENT = Decimal("0.01")
_DISTINCT_LINES = 65536
_PLAIN = (int, str)


class Totals(msgspec.Struct, frozen=True, gc=False):
    """What a model tells of itself; None where it does not.

    Attributes:
        date: FDate as yyyy-MM-dd, Beijing time.
        lines: How many lines it has.
        quantity: Over all lines, as exact decimal text.
        amount: Over all lines, tax included, in the document's currency, as exact decimal text.
    """

    date: str | None = None
    lines: int | None = None
    quantity: str | None = None
    amount: str | None = None


UNKNOWN = Totals()


def totals_of(model: dict[str, Any], keys: TotalKeys) -> Totals:
    """Read a model's totals.

    The amount is what its lines carry, or tax price times quantity, each line rounded half up to the cent; gifts are 0.
    A line that tells neither, or that has a discount, leaves the amount unknown.

    Args:
        model: As `document.read_model` gives it.
        keys: The form's.
    """
    date = _day(model.get(keys.date))
    lines = model.get(keys.entry)
    if type(lines) is not list:
        return Totals(date)
    counted, told, priced, free = keys.quantity, keys.amount, keys.tax_price, keys.free
    read, get, Raw = _read.get, dict.get, msgspec.Raw  # noqa: N806 - a class
    quantity: Decimal | int = 0
    amount: int | None = 0 if told else None
    for line in lines:  # the way of every document of a run: what lines have in common is read once
        if type(line) is not dict:
            return Totals(date)
        count, price, worth = get(line, counted), get(line, priced), get(line, told)
        is_told = worth is not None
        if type(count) is not int:
            count = _key(count)
        if type(price) is not int:
            price = bytes(price) if type(price) is Raw else _key(price)
        known = (count, price, _key(worth) if is_told else None)
        found = read(known) or _read_line(known)
        if found[0] is None:
            return Totals(date, len(lines))
        quantity += found[0]
        if amount is not None:
            is_plain = is_told or not (line.get(free) or line.get("FDiscountRate") or line.get("FDiscount"))
            worth = found[1] if is_plain else 0 if line.get(free) is True else None
            amount = None if worth is None else amount + worth
    return Totals(date, len(lines), spelled(quantity), None if amount is None else _yuan(amount))


_Known = tuple[Any, Any, Any]
_read: dict[_Known, tuple[Decimal | int | None, int | None]] = {}


def _read_line(known: _Known) -> tuple[Decimal | int | None, int | None]:
    """Return quantity, and amount in cents, of a line's quantity, tax price and amount, and keep them at hand."""
    count, price, told = map(_exact, known)
    worth = None
    if known[2] is not None:
        worth = None if told is None else cents(Decimal(told))
    elif count is not None and price is not None:
        worth = cents(Decimal(count) * Decimal(price))
    read = (count, None if worth is None else int(worth * 100))
    if len(_read) >= _DISTINCT_LINES:
        _read.clear()
    _read[known] = read
    return read


def _key(value: Any) -> str | bytes | int | None:
    """Return what a value is known by; an empty text for what is no number at all."""
    if type(value) is msgspec.Raw:
        return bytes(value)
    return value if value is None or type(value) in _PLAIN else ""


def _yuan(amount: int) -> str:
    whole, part = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole}.{part:02}"


def spelled(value: Decimal | int | None) -> str | None:
    """Spell a number plainly and as shortly as it goes, so that equal numbers are equal text."""
    if value is None:
        return None
    plain = format(value, "f") if isinstance(value, Decimal) else str(value)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def cents(value: Decimal) -> Decimal:
    """Round half up to the cent."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def _exact(value: str | bytes | int | None) -> Decimal | int | None:
    """Read a number of a model: an integer, or any other as it is spelled."""
    if value is None or type(value) is int:
        return value
    try:
        exact = Decimal(value.decode() if isinstance(value, bytes) else value)
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _day(value: Any) -> str | None:
    """Return the day of Kingdee's date text, ``2026-03-31`` or ``2026-03-31T10:00:00``; None for anything else."""
    if type(value) is not str or len(value) < len("2026-03-31") or value[4] != "-" or value[7] != "-":
        return None
    return value[:10]
