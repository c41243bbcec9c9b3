"""``groupCalculate`` and ``merge`` one after the other, on the rows of one group (contract 9.2, 9.3).

Each alone is the section ``merge:`` of a mapping; together they make lists in lists, which that has not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.arithmetic import describe
from mapper_kd.failures import Invalid
from mapper_kd.sql.arithmetic import add, divide
from mapper_kd.sql.values import number_of, plain, text, value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def row(*cells: Any) -> dict[str, Any]:
    """Return an object of pairs of a name and a value."""
    return dict(zip(cells[::2], cells[1::2], strict=True))


def group_calculate(
    rows: Any, header: str, body: str, name: str, most: int, *calculations: str
) -> list[dict[str, Any]]:
    """Return a record for each group of rows, with a list of what is calculated of them.

    Args:
        rows: Objects.
        header: Columns that tell groups apart, with commas between them.
        body: Columns that tell the rows of the list apart, likewise.
        name: The list's name.
        most: How many rows of the list a record has at most; 0 is without limit.
        calculations: Each a column and a function, with a blank between them.
    """
    above, below = _columns(header), _columns(body)
    parts = [calculation.rpartition(" ")[::2] for calculation in calculations]
    made = []
    for group in _groups(rows, above):
        lines = [
            {column: one[0].get(column) for column in below}
            | {column: _CALCULATIONS[function]([each.get(column) for each in one]) for column, function in parts}
            for one in _groups(group, below)
        ]
        size = most or len(lines)
        start = {column: group[0].get(column) for column in above}
        made += [start | {name: lines[at : at + size]} for at in range(0, len(lines), size)]
    return made


def merge(  # noqa: PLR0917 - expressions give them by their place
    rows: Any, by: str, header: str, name: str, body: str, sums: str
) -> list[dict[str, Any]]:
    """Return a record for each group of rows, with a list of their columns.

    Args:
        rows: Objects.
        by: Columns that tell groups apart, with commas between them.
        header: The record's own columns, of its first row.
        name: The list's name.
        body: The list's columns.
        sums: Those that are added up, so that rows with the same other columns become one.
    """
    columns, added = _columns(body), _columns(sums)
    made = []
    for group in _groups(rows, _columns(by)):
        lines = [{column: one.get(column) for column in columns} for one in group]
        if added:
            alike = _groups(lines, [column for column in columns if column not in added])
            lines = [one[0] | {column: _sum([each.get(column) for each in one]) for column in added} for one in alike]
        made.append({column: group[0].get(column) for column in _columns(header)} | {name: lines})
    return made


def distinct(values: Any) -> list[Any]:
    """Return the values of a list whose texts differ, each once."""
    if values is None:
        return []
    if values.__class__ is not list:
        raise Invalid(f"{describe(values)} is no list")
    found: dict[str, Any] = {}
    for one in values:
        found.setdefault(text(one), one)
    return list(found.values())


def _columns(written: str) -> list[str]:
    return written.split(",") if written else []


def _groups(rows: Any, columns: Sequence[str]) -> list[list[dict[str, Any]]]:
    if rows.__class__ is not list or any(one.__class__ is not dict for one in rows):
        raise Invalid(f"{describe(rows)} is no list of rows")
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for one in rows:
        groups.setdefault(tuple([text(one.get(column)) for column in columns]), []).append(one)
    return list(groups.values())


def _numbers(values: Sequence[Any]) -> list[Any]:
    return [number_of(one) for one in values if value(one) is not None]


def _sum(values: Sequence[Any]) -> Any:
    total: Any = 0
    for one in _numbers(values):
        total = add(total, one)
    return plain(total)


def _average(values: Sequence[Any]) -> Any:
    found = _numbers(values)
    return plain(divide(_sum(found), len(found))) if found else None


_CALCULATIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "$sum": _sum,
    "$avg": _average,
    "$min": lambda values: min(_numbers(values), default=None),
    "$max": lambda values: max(_numbers(values), default=None),
    "$push": list,
    "$addToSet": distinct,
    "$first": lambda values: values[0],
    "$last": lambda values: values[-1],
}
