"""Comparisons of a record filter (高级查询条件), by the names they have in a scheme (contract 11).

Both sides are compared as numbers when both look like numbers, else as texts; an empty value equals nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mapper_kd.sql.times import unix_timestamp
from mapper_kd.sql.values import leading, text
from mapper_kd.sql.values import value as looked_at


def _sides(left: Any, right: Any) -> tuple[Any, Any]:
    first, second = text(left), text(right)
    if _looks_numeric(first) and _looks_numeric(second):
        return leading(first), leading(second)
    return first, second


def _looks_numeric(value: str) -> bool:
    return looked_at(value).__class__ in {int, Decimal}


def is_empty(value: Any) -> bool:
    """Whether there is nothing to compare."""
    return value is None or value == ""


def eq(value: Any, other: Any) -> bool:
    """Whether they are equal."""
    if is_empty(value):
        return False
    left, right = _sides(value, other)
    return bool(left == right)


def neq(value: Any, other: Any) -> bool:
    """Whether they differ; an empty value does."""
    return not eq(value, other)


def lt(value: Any, other: Any) -> bool:
    """Whether the value is less."""
    if is_empty(value):
        return False
    left, right = _sides(value, other)
    return bool(left < right)


def gt(value: Any, other: Any) -> bool:
    """Whether the value is greater."""
    if is_empty(value):
        return False
    left, right = _sides(value, other)
    return bool(left > right)


def egt(value: Any, other: Any) -> bool:
    """Whether the value is greater or equal."""
    return not is_empty(value) and not lt(value, other)


def elt(value: Any, other: Any) -> bool:
    """Whether the value is less or equal."""
    return not is_empty(value) and not gt(value, other)


def like(value: Any, part: Any) -> bool:
    """Whether the part is in it; capitals count, and there are no wildcards."""
    return not is_empty(value) and text(part) in text(value)


def notlike(value: Any, part: Any) -> bool:
    """Whether the part is not in it; it is in no empty value."""
    return not like(value, part)


def between(value: Any, low: Any, high: Any) -> bool:
    """Whether the value is from low to high, both included."""
    return egt(value, low) and elt(value, high)


def one_of(value: Any, *listed: Any) -> bool:
    """Whether the value equals one of these."""
    if is_empty(value):
        return False
    # Written the same is equal, and takes no look at what each of them might mean.
    return text(value) in listed or any(eq(value, one) for one in listed)


def none_of(value: Any, *listed: Any) -> bool:
    """Whether the value equals none of these."""
    return not one_of(value, *listed)


def notnull(value: Any) -> bool:
    """Whether there is a value."""
    return not is_empty(value)


def isnull(value: Any) -> bool:
    """Whether the value is null, missing or an empty text."""
    return is_empty(value)


def seconds(value: Any) -> int | None:
    """Return a time as whole seconds since 1970; empty for what is no time."""
    return unix_timestamp(value)
