"""Operators of expressions: exact, and bounded in what they may cost.

Python's own would turn ``1/3`` into a binary float, ``"a" * 10**9`` into a gigabyte and ``"%s" % record`` into a
formatting language.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any

from mapper_kd.allotment import LONG_TEXT, take_text
from mapper_kd.failures import Invalid, RecordError

MAX_TEXT = 200_000
"""Characters: an expression that builds a longer text fails."""

_MAX_DIGITS = 60
_MAX_INTEGER = 10**_MAX_DIGITS
_MAX_EXPONENT = 40
_QUOTIENT_DIGITS = 28

_exact = Context(prec=_MAX_DIGITS, traps=[InvalidOperation, DivisionByZero, Inexact, Overflow])
_rounding = Context(prec=_QUOTIENT_DIGITS, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def number(value: Any) -> int | Decimal:
    """Return the value if it is an exact number of a sane size."""
    kind = value.__class__
    if kind is Decimal:
        if -_MAX_EXPONENT <= value.adjusted() <= _MAX_EXPONENT:
            return value  # type: ignore[no-any-return]  # its class is Decimal
        raise Invalid(f"the number {value!s:.40} is out of range")
    if kind is int:
        if -_MAX_INTEGER < value < _MAX_INTEGER:
            return value  # type: ignore[no-any-return]  # its class is int
        raise Invalid(f"an integer of more than {_MAX_DIGITS} digits is out of range")
    raise TypeError(f"{describe(value)} is no number")


def describe(value: Any) -> str:
    """Return a short spelling of a value for a message; long ones are cut."""
    if value is None:
        return "an empty value"
    if isinstance(value, str):
        return f'"{value[:60]}{"…" if len(value) > 60 else ""}"'  # noqa: PLR2004 - as much as a message bears
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return f"{value!s:.60}"
    if isinstance(value, list):
        return "a list"
    return "a row" if isinstance(value, tuple) else "an object"


def bounded(text: str) -> str:
    """Return the text unless it is too long."""
    if len(text) > LONG_TEXT:
        take_text(len(text))
        if len(text) > MAX_TEXT:
            raise Invalid(f"the expression makes a text of more than {MAX_TEXT} characters")
    return text


def add(left: Any, right: Any) -> Any:
    """``left + right`` of two numbers, or of two texts."""
    if left.__class__ is str and right.__class__ is str:
        return bounded(left + right)
    return _calculate("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """``left - right`` of two numbers."""
    return _calculate("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """``left * right`` of two numbers."""
    return _calculate("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """``left / right``, a decimal of 28 significant digits."""
    try:
        return _rounding.divide(Decimal(number(left)), Decimal(number(right)))
    except (DivisionByZero, InvalidOperation):
        raise RecordError(f"{describe(left)} cannot be divided by {describe(right)}") from None


def floor_divide(left: Any, right: Any) -> Any:
    """``left // right``: the whole part."""
    return _whole("//", left, right)


def modulo(left: Any, right: Any) -> Any:
    """``left % right``: what is left over."""
    return _whole("%", left, right)


def negate(value: Any) -> Any:
    """``-value``."""
    return _exact.minus(value) if number(value).__class__ is Decimal else -value


def _calculate(operator: str, left: Any, right: Any) -> Any:
    left, right = number(left), number(right)
    if left.__class__ is int and right.__class__ is int:
        result: Any = left + right if operator == "+" else left - right if operator == "-" else left * right
        return number(result)
    try:
        if operator == "+":
            return _exact.add(left, right)
        return _exact.subtract(left, right) if operator == "-" else _exact.multiply(left, right)
    except Inexact:
        raise RecordError(
            f"{describe(left)} {operator} {describe(right)} needs more than {_MAX_DIGITS} digits; round() before"
        ) from None


def _whole(operator: str, left: Any, right: Any) -> Any:
    left, right = number(left), number(right)
    try:
        if left.__class__ is int and right.__class__ is int:
            return left // right if operator == "//" else left % right
        quotient = _rounding.divide_int(Decimal(left), Decimal(right))
        rest = _rounding.remainder(Decimal(left), Decimal(right))
    except (ZeroDivisionError, DivisionByZero, InvalidOperation):
        raise RecordError(f"{describe(left)} {operator} {describe(right)} cannot be calculated") from None
    if rest and (rest < 0) != (right < 0):  # decimals cut towards zero, integers down: both go down here
        quotient, rest = quotient - 1, rest + right
    return quotient if operator == "//" else rest
