"""Values turned into the type that a field declares (contract 6.1), and the forms that a source may ask for (10.1)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from mapper_kd.arithmetic import describe
from mapper_kd.failures import Invalid
from mapper_kd.sql.values import begins_with_number, leading, operand, plain, text

_TRUE = frozenset({"true", "1", "yes", "y"})
_FALSE = frozenset({"false", "0", "no", "n", ""})
_wide = Context(prec=160, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


def to_int(value: Any) -> Any:
    """Return the number that a value begins with, its fraction cut off; null of an empty one."""
    kind = value.__class__
    if value is None or kind is int or kind is list or kind is dict:
        return value
    if kind is not Decimal:
        spelled = text(value)
        if not spelled:
            return None
        if not begins_with_number(spelled):
            raise Invalid(f"{describe(value)} is no number")
    return int(leading(value))


def to_float(value: Any) -> Any:
    """Return an exact number without zeros at its end; null of an empty value."""
    kind = value.__class__
    if value is None or kind is int or kind is Decimal or kind is list or kind is dict:
        return plain(value)
    exact = operand(value)
    if exact.__class__ is str or exact.__class__ is bool:
        raise Invalid(f"{describe(value)} is no number")
    return plain(exact)


def to_bool(value: Any) -> Any:
    """Return what a value says: true, 1, yes and y, or false, 0, no, n and an empty text; null of null."""
    kind = value.__class__
    if value is None or kind is bool or kind is list or kind is dict:
        return value
    spelled = text(value).strip().lower()
    if spelled in _TRUE:
        return True
    if spelled in _FALSE:
        return False
    raise Invalid(f"{describe(value)} is neither true nor false")


def intval(value: Any) -> int | None:
    """Return the whole number that a value begins with, 0 without one."""
    return None if value is None else int(leading(value))


def amount(value: Any) -> str | None:
    """Return a sum of money as ``￥1,234.50``."""
    if value is None:
        return None
    return f"￥{Decimal(leading(value)).quantize(Decimal('0.01'), context=_wide):,f}"
