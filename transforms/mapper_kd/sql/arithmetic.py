"""Arithmetic with MySQL's digits: a quotient has four more than its dividend, halves are rounded away from zero.

Values of the record can be calculated with as they are: an empty text is no number, another text counts with the number
it begins with. What is calculated with null is null.
"""

from __future__ import annotations

from decimal import (
    ROUND_05UP,
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Any

from mapper_kd import arithmetic
from mapper_kd.arithmetic import describe
from mapper_kd.failures import Invalid, RecordError
from mapper_kd.sql.comparison import less
from mapper_kd.sql.values import calculated, operand, text, whole

_MORE_DIGITS = -4
_MAX_PLACES = 30

# Digits beyond what is kept are cut so that rounding a second time cannot go wrong.
_quotient = Context(prec=160, rounding=ROUND_05UP, traps=[InvalidOperation, DivisionByZero, Overflow])
_wide = Context(prec=160, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


def add(left: Any, right: Any) -> Any:
    """``left + right``."""
    one, other = calculated(left), calculated(right)
    return None if one is None or other is None else arithmetic.add(one, other)


def subtract(left: Any, right: Any) -> Any:
    """``left - right``."""
    one, other = calculated(left), calculated(right)
    return None if one is None or other is None else arithmetic.subtract(one, other)


def multiply(left: Any, right: Any) -> Any:
    """``left * right``."""
    one, other = calculated(left), calculated(right)
    return None if one is None or other is None else arithmetic.multiply(one, other)


def divide(left: Any, right: Any) -> Decimal | None:
    """``left / right``."""
    one, other = calculated(left), calculated(right)
    if one is None or other is None:
        return None
    if not other:
        raise RecordError(f"{describe(left)} cannot be divided by {describe(right)}")
    dividend = Decimal(one) + 0 if one.__class__ is Decimal else Decimal(one)
    try:
        return _wide.quantize(_quotient.divide(dividend, other), dividend.scaleb(_MORE_DIGITS))
    except InvalidOperation:
        raise Invalid(f"{describe(left)} / {describe(right)} is out of range") from None


def modulo(left: Any, right: Any) -> Any:
    """``left % right``: with the sign of the left side."""
    one, other = calculated(left), calculated(right)
    if one is None or other is None:
        return None
    if not other:
        raise RecordError(f"{describe(left)} cannot be divided by {describe(right)}")
    rest = _wide.remainder(Decimal(one), Decimal(other))
    return int(rest) if one.__class__ is int and other.__class__ is int else rest


def negative(value: Any) -> Any:
    """``-value``."""
    exact = calculated(value)
    return None if exact is None else arithmetic.negate(exact)


def absolute(value: Any) -> Any:
    """``ABS(value)``."""
    exact = calculated(value)
    return None if exact is None else abs(exact) if exact.__class__ is int else _wide.abs(exact)


def rounded(value: Any, places: Any = 0) -> Any:
    """``ROUND(value, places)``: half away from zero."""
    exact, digits = calculated(value), whole(places)
    if exact is None or digits is None:
        return None
    if abs(digits) > _MAX_PLACES:
        raise Invalid(f"rounding to {digits} digits is out of range")
    result = _wide.quantize(Decimal(exact), Decimal(1).scaleb(-digits))
    return int(result) if digits <= 0 else result


def truncated(value: Any, places: Any) -> Any:
    """``TRUNCATE(value, places)``: cut off."""
    exact, digits = calculated(value), whole(places)
    if exact is None or digits is None:
        return None
    if abs(digits) > _MAX_PLACES:
        raise Invalid(f"cutting to {digits} digits is out of range")
    result = Decimal(exact).quantize(Decimal(1).scaleb(-digits), "ROUND_DOWN", _wide)
    return int(result) if digits <= 0 else result


def floor(value: Any) -> int | None:
    """``FLOOR(value)``."""
    exact = calculated(value)
    return None if exact is None else int(Decimal(exact).to_integral_value(ROUND_FLOOR))


def ceil(value: Any) -> int | None:
    """``CEIL(value)``."""
    exact = calculated(value)
    return None if exact is None else int(Decimal(exact).to_integral_value(ROUND_CEILING))


def total(values: Any) -> Any:
    """``SUM`` of a list: 0 of none."""
    result: Any = 0
    for value in _present(values):
        result = add(result, value)
    return result


def average(values: Any) -> Decimal | None:
    """``AVG`` of a list: null of none."""
    present = _present(values)
    return divide(total(present), len(present)) if present else None


def count(values: Any) -> int:
    """``COUNT`` of a list."""
    return len(_present(values))


def smallest(values: Any) -> Any:
    """``MIN`` of a list: null of none."""
    return _extreme(_present(values), smallest=True)


def largest(values: Any) -> Any:
    """``MAX`` of a list: null of none."""
    return _extreme(_present(values), smallest=False)


def least(*values: Any) -> Any:
    """``LEAST(a, b, …)``: null when one of them is."""
    return None if None in values else _extreme(list(values), smallest=True)


def greatest(*values: Any) -> Any:
    """``GREATEST(a, b, …)``: null when one of them is."""
    return None if None in values else _extreme(list(values), smallest=False)


def _present(values: Any) -> list[Any]:
    # Nulls and blanks do not count, and what looks like a number is one.
    if values is None:
        return []
    listed = values if values.__class__ is list else [values]
    return [one for one in map(operand, _spread(listed)) if one is not None]


def _spread(values: list[Any]) -> list[Any]:
    # A list in each row of a list: its items, too.
    if not any(one.__class__ is list for one in values):
        return values
    return [inner for one in values for inner in (one if one.__class__ is list else [one])]


def _extreme(values: list[Any], *, smallest: bool) -> Any:
    if not values:
        return None
    texts = any(value.__class__ is str for value in values)
    found, best = values[0], text(values[0]) if texts else values[0]
    for value in values[1:]:
        one = text(value) if texts else value
        if less(one, best) if smallest else less(best, one):
            found, best = value, one
    return int(found) if found.__class__ is bool else found
