"""``groupCalculate`` and ``operation.method: merge`` as the section ``merge:`` (contract 9.2, 9.3).

Both tell records apart by the text of their columns: 7 and "7" are one. So the section's ``by:`` has texts, and the
columns themselves are taken from the first record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mapper_kd.qeasy.draft import DraftLet, DraftLines, DraftMerge
from mapper_kd.qeasy.roots import MergedRoot, NamedRoot, PlainRoot, is_name, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mapper_kd.qeasy.roots import FlatRoot, Root
    from mapper_kd.qeasy.scheme import Grouping, Operation
    from mapper_kd.qeasy.shaping import Shape

_FUNCTIONS = {
    "$sum": "sum(sql.number({0}) if sql.value({0}) is not None else None)",
    "$min": "min(sql.value({0}))",
    "$max": "max(sql.value({0}))",
    "$push": "list({0})",
    "$addToSet": "list({0})",
    "$first": "from_first({0})",
    "$last": "from_last({0})",
}
_COUNT = "count(1 if sql.value({0}) is not None else None)"
_TAKEN = {"part", "record", "line", "parent", "rows"}
_ROWS, _REGROUPED = "rows_of_group", "regrouped"


@dataclass
class Regrouped:
    """What regrouping comes to.

    Attributes:
        root: What the target's entries read.
        each: What gives one document each, where a group is cut into several.
        let: Names of the merged record.
    """

    merge: DraftMerge
    root: Root
    each: str | None = None
    let: list[DraftLet] = field(default_factory=list)


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
        return self._flat is not None and (column == "_id" or self.read(column).startswith("line"))

    def name(self, column: str) -> str:
        """Return a name for a column that the merged record can have, each time another."""
        name = column if is_name(column) and not column.startswith("_") else re.sub(r"\W", "_", f"c_{column}")
        while name in self._taken or name in _TAKEN:
            name += "_"
        self._taken.add(name)
        return name

    def flattening(self) -> str | None:
        """Return the list that is flattened, as ``each:`` takes it."""
        return None if self._flat is None else f"={self._flat.each}"

    def text_keys(self, columns: Iterable[str], otherwise: str) -> dict[str, str]:
        """Return what tells records apart by these columns; all are one without any."""
        keys = {self.name(f"{column}_key"): f"=sql.text({self.read(column)})" for column in columns}
        return keys or {self.name(otherwise): "=1"}


def regrouped(
    grouping: Grouping | None, operation: Operation | None, shape: Shape | None, flat: FlatRoot | None
) -> Regrouped:
    """Translate one of the two, or both: ``groupCalculate`` comes first."""
    if grouping is not None and operation is not None:
        return _both(grouping, operation, _Columns(shape, flat))
    if grouping is not None:
        return _calculated(grouping, _Columns(shape, flat), _Columns(shape, flat))
    assert operation is not None  # noqa: S101 - narrows the type; the caller has looked
    return _merged(operation, _Columns(shape, flat), _Columns(shape, flat))


def _calculated(grouping: Grouping, columns: _Columns, own: _Columns) -> Regrouped:
    name = columns.name(grouping.list)
    header, values = _kept(grouping.header, columns)
    rows = _Rows(own)
    rows.keep(grouping.body)
    for column, function, _ in grouping.values:
        rows.calculate(column, function)
    lines = DraftLines(name=name, by=own.text_keys(grouping.body, "all_rows"), values=rows.values)
    merge = DraftMerge(grouping.node, columns.text_keys(grouping.header, "all_records"), values, [lines])
    _explode(merge, lines, columns, grouping.header)
    if grouping.max_lines is None:
        return Regrouped(merge, MergedRoot(header, grouping.list, name, rows.columns))
    root = MergedRoot(header, grouping.list, "rows", rows.columns, is_cut=True)
    return Regrouped(merge, root, each=f"=chunks({name}, {grouping.max_lines})")


def _merged(operation: Operation, columns: _Columns, own: _Columns) -> Regrouped:
    name = columns.name(operation.list)
    header, values = _kept(operation.header, columns)
    rows = _Rows(own)
    lines = DraftLines(name=name)
    if operation.sums:
        apart = [column for column in operation.body if column not in operation.sums]
        rows.keep(apart)
        for column in operation.sums:
            rows.calculate(column, "$sum")
        lines.by = own.text_keys(apart, "all_rows")
    else:
        rows.keep(operation.body, "{0}")
    lines.values = rows.values
    merge = DraftMerge(operation.node, columns.text_keys(operation.by, "all_records"), values, [lines])
    _explode(merge, lines, columns, (*operation.by, *operation.header))
    return Regrouped(merge, MergedRoot(header, operation.list, name, rows.columns))


def _both(grouping: Grouping, operation: Operation, columns: _Columns) -> Regrouped:
    """Keep the rows of each group whole, and regroup them where the document is made."""
    kept = dict.fromkeys([*grouping.header, *grouping.body, *(name for name, _, _ in grouping.values)])
    cells = ", ".join(f"{quoted(column)}, {columns.read(column)}" for column in kept)
    by = [column for column in operation.by if column in grouping.header]
    values = {_ROWS: f"=list(qeasy.row({cells}))"}
    merge = DraftMerge(operation.node, columns.text_keys(by, "all_records"), values)
    if any(columns.is_of_row(column) for column in kept):
        merge.each = columns.flattening()
    calculations = "".join(f", {quoted(f'{column} {function}')}" for column, function, _ in grouping.values)
    calculated = (
        f"qeasy.group_calculate({_ROWS}, {_list(grouping.header)}, {_list(grouping.body)}, {quoted(grouping.list)}, "
        f"{grouping.max_lines or 0}{calculations})"
    )
    text = (
        f"=first(qeasy.merge({calculated}, {_list(operation.by)}, {_list(operation.header)}, "
        f"{quoted(operation.list)}, {_list(operation.body)}, {_list(operation.sums)}))"
    )
    inner = {(operation.list, grouping.list)} if grouping.list in operation.body else set()
    root = NamedRoot(_REGROUPED, frozenset({*operation.header, operation.list}), frozenset({(operation.list,), *inner}))
    return Regrouped(merge, root, let=[DraftLet(_REGROUPED, text, grouping.node)])


def _list(columns: Iterable[str]) -> str:
    return quoted(",".join(columns))


def _kept(header: Iterable[str], columns: _Columns) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of the columns of the group itself, and what they are."""
    names = {column: columns.name(column) for column in dict.fromkeys(header)}
    return names, {name: f"=from_first({columns.read(column)})" for column, name in names.items()}


def _explode(merge: DraftMerge, lines: DraftLines, columns: _Columns, header: Iterable[str]) -> None:
    """Merge flattened rows one by one if they may go to several groups; else they are lines of their record."""
    if any(columns.is_of_row(column) for column in header):
        merge.each = columns.flattening()
    else:
        lines.each = columns.flattening()


class _Rows:
    """The columns of the list in the making.

    Attributes:
        values: What each is made of.
        columns: How each is read, ``{row}`` standing for the row.
    """

    def __init__(self, columns: _Columns) -> None:
        self._of = columns
        self.values: dict[str, str] = {}
        self.columns: dict[str, str] = {}

    def keep(self, columns: Iterable[str], how: str = "from_first({0})") -> None:
        """Add columns as they are."""
        for column in dict.fromkeys(columns):
            self.columns[column] = "{row}." + self._add(column, how)

    def calculate(self, column: str, function: str) -> None:
        """Add a column calculated of all rows; it hides one of the same name."""
        if function != "$avg":
            name = self._add(column, _FUNCTIONS[function])
            self.columns[column] = f"qeasy.distinct({{row}}.{name})" if function == "$addToSet" else f"{{row}}.{name}"
            return
        total, count = (
            self._add(f"{column}_sum", _FUNCTIONS["$sum"], column),
            self._add(f"{column}_count", _COUNT, column),
        )
        self.columns[column] = f"(sql.divide(sql.plain({{row}}.{total}), {{row}}.{count}) if {{row}}.{count} else None)"

    def _add(self, name: str, how: str, column: str | None = None) -> str:
        name, column = self._of.name(name), column or name
        self.values[name] = "=" + how.format(self._of.read(column))
        return name
