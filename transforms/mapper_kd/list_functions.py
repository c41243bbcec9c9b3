"""Functions on lists: of lines (``details_list.goods_count``), of parts of a text, or of plain values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_kd.allotment import LONG_LIST, MAX_ITEMS, take
from mapper_kd.arithmetic import add, describe, divide
from mapper_kd.failures import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def unique_rows(rows: list[Any], keys: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Return the first row of each key."""
    return [found[0] for found in _by_key(rows, keys).values()]


def group(rows: list[Any], keys: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return a row for each key, in order of first appearance: its parts, and the list of its rows."""
    return [(*key, found) for key, found in _by_key(rows, keys).items()]


def sort(values: Any) -> list[Any]:
    """Return the values from the smallest to the largest; empty ones last."""
    found = _list(values) if values else []
    return sort_rows(found, [(value,) for value in found], (False,))


def sort_rows(rows: list[Any], keys: Sequence[tuple[Any, ...]], downwards: Sequence[bool]) -> list[Any]:
    """Return the rows in the order of their keys; equal ones as they were, empty keys last."""
    order = list(range(len(rows)))
    for index, down in reversed(list(enumerate(downwards))):
        present = [one for one in order if keys[one][index] is not None]
        try:
            present.sort(key=lambda one, part=index: keys[one][part], reverse=down)  # type: ignore[misc]  # mypy does not see the default's type
        except TypeError:
            raise Invalid("the values to sort by are not all texts, or not all numbers") from None
        order = [*present, *(one for one in order if keys[one][index] is None)]
    return [rows[one] for one in order]


def chunks(values: Any, size: Any) -> list[tuple[list[Any], int]]:
    """Return rows of so many items each, and their number from 1."""
    if size.__class__ is not int or size < 1:
        raise Invalid(f"chunks() of {describe(size)} items cannot be made")
    found = _list(values) if values else []
    take(2 * len(found) // size)  # rows are larger than items
    return [(found[start : start + size], start // size + 1) for start in range(0, len(found), size)]


def pairs(value: Any) -> list[tuple[str, Any]]:
    """Return the parts of an object as rows of key and value."""
    if value is None:
        return []
    if value.__class__ is not dict:
        raise TypeError(f"{describe(value)} is no object")
    return list(value.items())


def flatten(values: Any) -> list[Any]:
    """Return the items of the lists in a list, one after the other; empty lists give none."""
    found: list[Any] = []
    for value in _list(values) if values else []:
        if value is not None:
            found += _list(value)
        if len(found) > MAX_ITEMS:
            raise Invalid(f"the expression makes a list of more than {MAX_ITEMS} items")
    return found


def count(values: Any) -> int:
    """Return how many items are not empty."""
    return sum(1 for value in _list(values) if not empty(value)) if values else 0


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
    if len(value) > LONG_LIST:
        take(len(value))
    return value


def _by_key(rows: list[Any], keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Any]]:
    found: dict[tuple[Any, ...], list[Any]] = {}
    take(2 * len(rows))  # rows are larger than items
    try:
        for row, key in zip(rows, keys, strict=True):
            found.setdefault(key, []).append(row)
    except TypeError:
        raise Invalid("a column to tell rows apart by is a list or an object") from None
    return found


def _present(values: Any) -> list[Any]:
    return [value for value in _list(values) if value is not None] if values else []


def _spread(values: tuple[Any, ...]) -> list[Any]:
    alone = len(values) == 1 and (values[0] is None or values[0].__class__ is list)
    return _present(values[0] if alone else list(values))
