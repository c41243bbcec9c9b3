"""Comparisons: texts without regard to capitals and to blanks at their end, a text with a number by its number.

Each gives 1 or 0, or null when a side is null. With ``"exact"`` as the last value, texts are compared as they are.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from mapper_kd.failures import Invalid
from mapper_kd.sql.values import leading, text

_FLAGS = {"true": 1, "false": 0}
_NUMBERS = {int, Decimal}
_MAX_PATTERN = 1_000


def equal(left: Any, right: Any, mode: str | None = None) -> int | None:
    """``left = right``."""
    if left.__class__ is str and right.__class__ is str:
        return 1 if left == right or (mode is None and _folded(left) == _folded(right)) else 0
    if left is None or right is None:
        return None
    if left.__class__ is int and right.__class__ is int:  # a status or a flag, as `_sides` leaves it
        return 1 if left == right else 0
    one, other = _sides(left, right, mode)
    return 1 if one == other else 0


def not_equal(left: Any, right: Any, mode: str | None = None) -> int | None:
    """``left <> right``."""
    answer = equal(left, right, mode)
    return None if answer is None else 1 - answer


def less(left: Any, right: Any, mode: str | None = None) -> int | None:
    """``left < right``."""
    if left is None or right is None:
        return None
    one, other = _sides(left, right, mode)
    return 1 if one < other else 0


def less_or_equal(left: Any, right: Any, mode: str | None = None) -> int | None:
    """``left <= right``."""
    if left is None or right is None:
        return None
    one, other = _sides(left, right, mode)
    return 1 if one <= other else 0


def greater(left: Any, right: Any, mode: str | None = None) -> int | None:
    """``left > right``."""
    if left is None or right is None:
        return None
    one, other = _sides(left, right, mode)
    return 1 if one > other else 0


def greater_or_equal(left: Any, right: Any, mode: str | None = None) -> int | None:
    """``left >= right``."""
    if left is None or right is None:
        return None
    one, other = _sides(left, right, mode)
    return 1 if one >= other else 0


def same(value: Any, other: Any) -> int:
    """Whether two values are spelled alike: 1 is "1"; an empty one is like none."""
    spelled = text(value)
    return 1 if spelled and spelled == text(other) else 0


def one_of(value: Any, *listed: Any) -> int | None:
    """``value IN (…)``: null rather than 0 when one of them is null."""
    answers = [equal(value, one) for one in listed]
    return 1 if 1 in answers else None if None in answers else 0


def like(value: Any, pattern: Any, mode: str | None = None) -> int | None:
    """``value LIKE pattern``: ``%`` stands for any text, ``_`` for one character, a backslash for what follows."""
    if value is None or pattern is None:
        return None
    return 1 if _pattern(text(pattern), exact=mode is not None).fullmatch(text(value)) else 0


def is_null(value: Any) -> int:
    """``value IS NULL``."""
    return 1 if value is None else 0


def true(value: Any) -> int | None:
    """Return 1 or 0 for a value as a condition: a number other than 0 holds."""
    return None if value is None else 1 if leading(value) else 0


def both(*values: Any) -> int | None:
    """``a AND b``: 0 when one of them is false, else null when one of them is null."""
    answers = [true(value) for value in values]
    return 0 if 0 in answers else None if None in answers else 1


def either(*values: Any) -> int | None:
    """``a OR b``: 1 when one of them is true, else null when one of them is null."""
    answers = [true(value) for value in values]
    return 1 if 1 in answers else None if None in answers else 0


def opposite(value: Any) -> int | None:
    """``NOT value``."""
    answer = true(value)
    return None if answer is None else 1 - answer


def _folded(value: str) -> str:
    return value.rstrip(" ").lower()


def _sides(left: Any, right: Any, mode: str | None) -> tuple[Any, Any]:
    """Return both sides as what is compared: two texts, or two numbers."""
    kinds = {left.__class__, right.__class__}
    if kinds <= _NUMBERS:
        return left, right
    if bool in kinds:
        return _counted(left), _counted(right)
    one, other = _comparable(left), _comparable(right)
    if one.__class__ is str and other.__class__ is str:
        return (_folded(one), _folded(other)) if mode is None else (one, other)
    return leading(one), leading(other)


def _comparable(value: Any) -> Any:
    return text(value) if value.__class__ is list or value.__class__ is dict else value


def _counted(value: Any) -> Any:
    # Beside true or false, the texts "true" and "false" are what they say.
    flag = _FLAGS.get(value.lower()) if value.__class__ is str else None
    return leading(value) if flag is None else flag


@lru_cache(maxsize=512)
def _pattern(pattern: str, *, exact: bool) -> Any:
    import re2  # noqa: PLC0415 - only who uses patterns waits for it

    if len(pattern) > _MAX_PATTERN:
        raise Invalid(f"a pattern of more than {_MAX_PATTERN} characters is out of range")
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    regular = "".join(wild.get(piece) or re2.escape(piece[-1]) for piece in pieces)
    return re2.compile(f"(?s{'' if exact else 'i'}){regular}")
