"""Functions on lists: of lines (``details_list.goods_count``), of parts of a text, or of plain values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mapper_kd.arithmetic import add, describe, divide
from mapper_kd.failures import Invalid


def empty(value: Any) -> bool:
    """Whether there is nothing."""
    return value is None or value in ("", [])


def length(value: Any) -> int:
    """Return the number of items or characters."""
    return 0 if value is None else len(value) if value.__class__ is str else len(_list(value))


def first(values: Any) -> Any:
    """Return the first item."""
    return _list(values)[0] if values else None


def last(values: Any) -> Any:
    """Return the last item."""
    return _list(values)[-1] if values else None


def unique(values: Any) -> list[Any]:
    """Return each value once."""
    try:
        return list(dict.fromkeys(_list(values))) if values else []
    except TypeError:
        raise Invalid("unique() needs a list of texts or numbers") from None


def total(values: Any) -> Decimal:
    """Return the sum of a list."""
    result: Decimal = Decimal(0)
    for value in _present(values):
        result = add(result, value)
    return result


def average(values: Any) -> Decimal | None:
    """Return the average of a list."""
    present = _present(values)
    return divide(total(present), len(present)) if present else None


def smallest(*values: Any) -> Any:
    """Return the smallest value of a list, or of the arguments."""
    return min(_spread(values), default=None)


def largest(*values: Any) -> Any:
    """Return the largest value of a list, or of the arguments."""
    return max(_spread(values), default=None)


def _list(value: Any) -> list[Any]:
    if value.__class__ is not list:
        raise TypeError(f"{describe(value)} is no list")
    return value


def _present(values: Any) -> list[Any]:
    return [value for value in _list(values) if value is not None] if values else []


def _spread(values: tuple[Any, ...]) -> list[Any]:
    alone = len(values) == 1 and (values[0] is None or values[0].__class__ is list)
    return _present(values[0] if alone else list(values))
