"""``groupCalculate`` and ``operation.method: merge`` as the section ``merge:`` (contract 9.2, 9.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mapper_kd.qeasy.draft import DraftLines, DraftMerge
from mapper_kd.qeasy.roots import MergedRoot, PlainRoot, is_name, reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.roots import FlatRoot
    from mapper_kd.qeasy.scheme import Grouping, Operation
    from mapper_kd.qeasy.shaping import Shape

_FUNCTIONS = {
    "$sum": "sum(sql.number({0}) if sql.value({0}) is not None else None)",
    "$avg": "average(sql.number({0}) if sql.value({0}) is not None else None)",
    "$min": "min(sql.value({0}))",
    "$max": "max(sql.value({0}))",
    "$addToSet": "distinct({0})",
    "$first": "first({0})",
    "$last": "last({0})",
}
_TAKEN = {"part", "record", "line", "parent"}


class _Columns:
    """The columns of records before they are merged: how each is read, and what it is called afterwards."""

    def __init__(self, shape: Shape | None, flat: FlatRoot | None) -> None:
        self._flat = flat
        self._root = shape.root if shape is not None else PlainRoot()
        self._taken: set[str] = set()

    def read(self, column: str) -> str:
        """Return the expression of a column; of a flattened list it is read from the line."""
        root: FlatRoot | PlainRoot = self._flat or self._root
        return root.path((column,), rows=0) or "None"

    def is_of_row(self, column: str) -> bool:
        """Whether the column is one of the flattened list."""
        return self._flat is not None and self.read(column).startswith("line")

    def name(self, column: str) -> str:
        """Return a name for a column that the merged record can have, each time another."""
        name = column if is_name(column) and not column.startswith("_") else re.sub(r"\W", "_", f"c_{column}")
        while name in self._taken or name in _TAKEN:
            name += "_"
        self._taken.add(name)
        return name


def grouped(
    grouping: Grouping, shape: Shape | None, flat: FlatRoot | None, report: Report
) -> tuple[DraftMerge, MergedRoot]:
    """Translate ``groupCalculate``."""
    columns = _Columns(shape, flat)
    header = {column: columns.name(column) for column in grouping.header}
    _check_header(grouping.header, columns, grouping, report)
    own = _Columns(shape, flat)
    body = {column: own.name(column) for column in (*grouping.body, *(name for name, _, _ in grouping.values))}
    values = {}
    for column, function, node in grouping.values:
        if function == "$push":
            report.error("UNSUPPORTED", node, "$push, a list of all values, is not translated.", "Use $addToSet.")
        else:
            values[body[column]] = "=" + _FUNCTIONS[function].format(columns.read(column))
    lines = DraftLines(
        name=grouping.list,
        each=_each(flat),
        by={body[column]: f"={columns.read(column)}" for column in grouping.body} or {"all_rows": "=1"},
        values=values,
    )
    merge = DraftMerge(
        node=grouping.node,
        by={header[column]: f"={columns.read(column)}" for column in grouping.header} or {"all_records": "=1"},
        lines=[lines],
        max_lines=grouping.max_lines,
    )
    return merge, MergedRoot(header, {grouping.list: body})


def merged(
    operation: Operation, shape: Shape | None, flat: FlatRoot | None, report: Report
) -> tuple[DraftMerge, MergedRoot]:
    """Translate the operation ``merge``."""
    columns = _Columns(shape, flat)
    by = {column: columns.name(column) for column in operation.by}
    header = {column: by.get(column) or columns.name(column) for column in operation.header}
    _check_header((*operation.by, *operation.header), columns, operation, report)
    own = _Columns(shape, flat)
    body = {column: own.name(column) for column in operation.body}
    lines = DraftLines(name=operation.list, each=_each(flat))
    if operation.sums:
        lines.by = {name: f"={columns.read(column)}" for column, name in body.items() if column not in operation.sums}
        lines.values = {
            body[column]: "=" + _FUNCTIONS["$sum"].format(columns.read(column))
            for column in operation.sums
            if column in body
        }
        lines.by = lines.by or {"all_rows": "=1"}
    else:
        lines.values = {name: f"={columns.read(column)}" for column, name in body.items()}
    merge = DraftMerge(
        node=operation.node,
        by={name: f"={columns.read(column)}" for column, name in by.items()},
        values={name: f"=first({columns.read(column)})" for column, name in header.items() if column not in by},
        lines=[lines],
    )
    return merge, MergedRoot(header, {operation.list: body})


def _each(flat: FlatRoot | None) -> str | None:
    return None if flat is None else f"=qeasy.flat({reading('', flat.list.split('.'))})"


def _check_header(header: Iterable[str], columns: _Columns, part: Grouping | Operation, report: Report) -> None:
    for column in header:
        if columns.is_of_row(column):
            report.error(
                "UNSUPPORTED",
                part.node,
                f"Grouping by {column}, a column of the flattened list, is not translated.",
                "Group by columns of the record; or let the tap give one record for each row.",
            )
