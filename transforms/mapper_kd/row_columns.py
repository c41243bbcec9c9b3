"""Rows that functions make, such as those of ``group()``: tuples, whose columns are known while compiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd.kinds import ANY, INTEGER, TEXT, Kind, ListKind, UnknownNameError, list_of, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class TupleColumns:
    """The columns of a tuple, in order; see `kinds.Columns`."""

    def __init__(self, columns: Mapping[str, Kind], place: str) -> None:
        self._kinds = columns
        self._place = place

    def column(self, row: str, name: str, *, certain: bool) -> tuple[str, Kind]:
        """As `kinds.Columns.column`."""
        if name not in self._kinds:
            raise UnknownNameError("column", name, self._kinds, self._place)
        index = list(self._kinds).index(name)
        return (f"{row}[{index}]" if certain else f"_cell({row}, {index})"), self._kinds[name]


def rows_with(columns: Mapping[str, Kind], place: str) -> ListKind:
    """Return the kind of a list of such rows."""
    return list_of(row_of(TupleColumns(columns, place), certain=True))


def as_list(kind: Kind) -> ListKind:
    """Return the kind of what is a list, of whatever kind."""
    return kind if isinstance(kind, ListKind) else list_of(ANY)


def chunk_rows(arguments: Sequence[Kind]) -> Kind:
    """Return the kind of the rows of ``chunks()``."""
    return rows_with({"rows": as_list(arguments[0]), "part": INTEGER}, "the rows of chunks()")


def pair_rows(_arguments: Sequence[Kind]) -> Kind:
    """Return the kind of the rows of ``pairs()``."""
    return rows_with({"key": TEXT, "value": ANY}, "the rows of pairs()")


def flattened(arguments: Sequence[Kind]) -> Kind:
    """Return the kind of what ``flatten()`` gives."""
    return as_list(as_list(arguments[0]).item)
