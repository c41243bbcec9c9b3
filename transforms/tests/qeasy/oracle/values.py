"""JSON values as the scheme dialect sees them: text forms, numbers, normal forms (contract 4.3, 5.1, 6.1).

Numbers are `int` or `Decimal`, never float: records are to be read with `parse_float=Decimal`.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction

_NUMERIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_LEADING = re.compile(r"\s*([+-]?(\d+(\.\d*)?|\.\d+))")


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def normal(number):
    """Return a number without a useless fraction: 13.00 is 13, an integral number is an `int`."""
    if isinstance(number, int):
        return number
    if number == number.to_integral_value():
        return int(number)
    return Decimal(format(number, "f").rstrip("0"))


def text(value):
    """Return a value's text form (contract 4.3)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return format(normal(value), "f") if isinstance(normal(value), Decimal) else str(normal(value))
    if isinstance(value, list):
        return ",".join(text(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
    return value


def is_empty(value):
    """Say whether a value is null or an empty text, which many rules treat alike."""
    return value is None or value == ""


def looks_numeric(value):
    if isinstance(value, str):
        return _NUMERIC.fullmatch(value.strip()) is not None
    return is_number(value)


def leading_number(value):
    """Return the number a text begins with as a Decimal, or None."""
    found = _LEADING.match(value)
    return Decimal(found[1]) if found else None


def as_number(value):
    """Return a value as SQL counts with it: a text's leading number or else 0, a boolean's 1 or 0."""
    if isinstance(value, bool):
        return Decimal(int(value))
    if is_number(value):
        return Decimal(value)
    return leading_number(text(value)) or Decimal(0)


def decimals(number):
    """Return how many digits of a Decimal stand after the point."""
    return max(0, -Decimal(number).as_tuple().exponent)


def rounded(fraction, digits):
    """Round a Fraction half away from zero to a Decimal of that many decimals (fewer than none: tens, hundreds)."""
    scaled = abs(Fraction(fraction)) * Fraction(10) ** digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if fraction < 0 and whole else ""
    if digits < 0:
        return Decimal(f"{sign}{whole * 10**-digits}")
    return Decimal(f"{sign}{whole}").scaleb(-digits)


def divided(dividend, divisor):
    """Divide as MySQL does: four decimals more than the dividend has, half away from zero (contract 5.1)."""
    return rounded(Fraction(Decimal(dividend)) / Fraction(Decimal(divisor)), decimals(dividend) + 4)


def truncated(number):
    """Return a number's whole part, towards zero."""
    return int(Decimal(number))
