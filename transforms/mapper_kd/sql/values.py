"""Values as a database takes them, and the forms in which they come to it.

A value is null, a number (int or Decimal), a text, or a boolean; the answer of a comparison is 1 or 0. Lists and
objects of a record have a text form only.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from mapper_kd.arithmetic import bounded, number
from mapper_kd.failures import Invalid

_KEPT = 20_000
_KEPT_LENGTH = 40
_MAX_DIGITS = 60

# Exponents are left out: a code such as 12E3 is no number.
_DIGITS = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NUMERIC = re.compile(rf"\s*({_DIGITS})\s*")
_LEADING = re.compile(rf"\s*({_DIGITS})")

_wide = Context(prec=120, traps=[InvalidOperation])
_json = msgspec.json.Encoder(decimal_format="number")


def text(value: Any) -> str:
    """Return a value as it is spelled inside a text; nothing of an empty one, ``2`` of 2.00, a list with commas."""
    kind = value.__class__
    if kind is str:
        return value  # type: ignore[no-any-return]  # its class is str
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is Decimal:
        exact = plain(value)
        return format(exact, "f") if exact.__class__ is Decimal else str(exact)
    return bounded(",".join(map(text, value)) if kind is list else _json.encode(value).decode())


def plain(value: Any) -> Any:
    """Return a number without zeros at the end of its fraction: 13 of 13.00; anything else as it is."""
    if value.__class__ is not Decimal:
        return number(value) if value.__class__ is int else value
    number(value)
    whole = value.to_integral_value()
    return int(whole) if whole == value else value.normalize(_wide)


def value(given: Any) -> Any:
    """Return what a value means without quotes around it: a number if it looks like one, null if it is an empty text.

    True and false are 1 and 0.
    """
    bound = operand(given)
    return int(bound) if bound.__class__ is bool else bound


def operand(given: Any) -> Any:
    """As `value`, for one side of a comparison, where true and false also equal their texts."""
    kind = given.__class__
    if kind is str:
        return _read(given) if len(given) > _KEPT_LENGTH else _kept(given)
    if given is None or kind is Decimal or kind is int or kind is bool:
        return given
    return text(given) or None


def leading(given: Any) -> int | Decimal:
    """Return the number a value begins with, 0 without one, and of null."""
    kind = given.__class__
    if kind is Decimal or kind is int:
        return number(given)
    if kind is str:
        return _kept_leading(given) if len(given) <= _KEPT_LENGTH else _leading(given)
    return int(given) if kind is bool else _leading(text(given))


def number_of(given: Any) -> int | Decimal | None:
    """As `leading`, but null of null."""
    return None if given is None else leading(given)


def begins_with_number(given: str) -> bool:
    """Whether a text begins with a number, so that `leading` does not make one up."""
    return _LEADING.match(given) is not None


def calculated(given: Any) -> int | Decimal | None:
    """Return what to calculate with: an empty text is no number, another text counts with the number it begins with."""
    kind = given.__class__
    if kind is Decimal or kind is int:
        return number(given)
    bound = operand(given)
    return None if bound is None else leading(bound)


def whole(given: Any) -> int | None:
    """Return a count or a position: rounded half away from zero."""
    exact = calculated(given)
    if exact.__class__ is Decimal:
        return int((exact + (_HALF if exact > 0 else -_HALF)).to_integral_value("ROUND_DOWN"))
    return exact  # type: ignore[return-value]  # an int or None


_HALF = Decimal("0.5")


def _read(given: str) -> Any:
    if not given:
        return None
    found = _NUMERIC.fullmatch(given)
    return _exact(found[1]) if found and len(given) <= _MAX_DIGITS else given


def _leading(given: str) -> int | Decimal:
    found = _LEADING.match(given)
    return _exact(found[1]) if found else 0


# Prices and quantities repeat.
_kept, _kept_leading = lru_cache(maxsize=_KEPT)(_read), lru_cache(maxsize=_KEPT)(_leading)


def _exact(digits: str) -> int | Decimal:
    if len(digits) > _MAX_DIGITS:
        raise Invalid(f"the number {digits:.40}… is out of range")
    return number(Decimal(digits) if "." in digits else int(digits))
