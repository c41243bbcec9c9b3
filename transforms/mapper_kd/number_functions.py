"""Functions on numbers, exact: text and decimals in, decimals out, never a binary float."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from erp_sdk.money import decimal_or_none

from mapper_kd.arithmetic import describe, number
from mapper_kd.failures import Invalid
from mapper_kd.text_functions import text, whole

_MAX_PLACES = 20
_wide = Context(prec=100, traps=[InvalidOperation])


def decimal(value: Any) -> Decimal | None:
    """Return an exact number."""
    if value.__class__ is Decimal:
        return value
    try:
        return decimal_or_none(value)
    except (TypeError, ValueError):
        raise Invalid(f"{describe(value)} is no number") from None


def integer(value: Any) -> int | None:
    """Return a whole number."""
    exact = decimal(value)
    if exact is None:
        return None
    if number(exact) != exact.to_integral_value():
        raise Invalid(f"{describe(value)} is no whole number")
    return int(exact)


def boolean(value: Any) -> bool | None:
    """Return a truth value from what vendors send as one."""
    if value is None or isinstance(value, bool):
        return value
    spelled = (text(value) or "").strip().lower()
    if not spelled:
        return None
    if spelled in {"true", "1", "yes", "y"}:
        return True
    if spelled in {"false", "0", "no", "n"}:
        return False
    raise Invalid(f"{describe(value)} is neither true nor false")


def round_half_up(value: Any, places: Any = 0) -> Decimal | None:
    """Return the number rounded half away from zero."""
    if value is None:
        return None
    digits = whole(places)
    if abs(digits) > _MAX_PLACES:
        raise Invalid(f"round() to {digits} digits is out of range")
    return Decimal(number(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_wide)


def floor(value: Any) -> int | None:
    """Return the next whole number below."""
    return None if value is None else int(Decimal(number(value)).to_integral_value(ROUND_FLOOR))


def ceil(value: Any) -> int | None:
    """Return the next whole number above."""
    return None if value is None else int(Decimal(number(value)).to_integral_value(ROUND_CEILING))


def absolute(value: Any) -> Any:
    """Return the number without its sign."""
    return None if value is None else _wide.abs(number(value)) if value.__class__ is Decimal else abs(number(value))


def number_text(value: Any, places: Any) -> str | None:
    """Return the number's spelling with so many digits after the point."""
    exact = decimal(value)
    if exact is None:
        return None
    digits = whole(places)
    if not 0 <= digits <= _MAX_PLACES:
        raise Invalid(f"number_text() with {digits} digits is out of range")
    return format(round_half_up(exact, digits), "f")


def yuan(value: Any) -> Decimal | None:
    """Return an amount in cents (分) as one in yuan (元), exactly."""
    cents_given = decimal(value)
    return None if cents_given is None else Decimal(number(cents_given)).scaleb(-2, _wide)


def cents(value: Any) -> int | None:
    """Return an amount in yuan (元) as one in cents (分)."""
    given = decimal(value)
    if given is None:
        return None
    exact = Decimal(number(given)).scaleb(2, _wide)
    if exact != exact.to_integral_value():
        raise Invalid(f"{describe(value)} yuan are no whole number of cents; round(…, 2) before")
    return int(exact)
