"""Tables whose rows are all in memory: each way of asking is one look into a dictionary."""

from __future__ import annotations

import abc
from contextlib import closing
from typing import TYPE_CHECKING, Any, NoReturn

from erp_sdk.command import SetupError

from mapper_kd.failures import Invalid
from mapper_kd.tables.table import Row, Table, spelled
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from mapper_kd.tables.spec import TableSpec

_NOT_THERE = object()
"""Stands for a code that is not in the table; an empty one is."""

Key = str | tuple[str, ...]
"""One text, or several."""


class _Found(dict[Key, Any]):
    """What a table has for its keys; taking what is not there raises the table's miss.

    Generated code looks into it itself: that costs a quarter of a call. So it stays the same one over reloads.
    """

    def __init__(self, miss: Callable[[Row], Exception]) -> None:
        super().__init__()
        self._miss = miss

    def __missing__(self, key: Key) -> NoReturn:
        raise self._miss((key,))

    def become(self, found: dict[Key, Any]) -> None:
        """Take over what was read."""
        self.clear()
        self.update(found)


class MemoryTable(Table):
    """Rows by their key. Only the columns that mappings read are kept, and only in the ways in which they ask."""

    keys_may_be_empty = True
    """Whether rows without a key are left out instead of being wrong."""

    def __init__(self, spec: TableSpec, place: str) -> None:
        super().__init__(spec, place)
        self._rows = _Found(self._miss)
        self._codes = _Found(self._miss)
        self._groups: dict[Key, list[Row]] = {}
        self._every: list[Row] = []

    @abc.abstractmethod
    def _picked(self, columns: Sequence[str]) -> Generator[tuple[int, list[Any]], None, None]:
        """Yield the number of each row, as a person counts, and its cells of these columns.

        Raises:
            SetupError: There is no such column, or the rows cannot be read.
        """

    def _load(self) -> None:
        loading = _Loading(self, self._asked.keys())
        columns = [*self.key, *self._read, *([self.values[0]] if loading.codes is not None and self.values else [])]
        width, end = len(self.key), len(self.key) + len(self._read)
        with closing(self._picked(columns)) as rows:
            for number, cells in rows:
                loading.add(number, cells[:width], tuple(cells[width:end]), cells[-1])
        # All at once, and not before all was read: what goes wrong leaves the rows as they were.
        self._rows.become(loading.rows or {})
        self._codes.become(loading.codes or {})
        self._groups, self._every = loading.groups or {}, loading.every or []

    def by_text(self, function: str) -> dict[Key, Any] | None:
        """As `Table.by_text`."""
        return {"code": self._codes, "lookup": self._rows, "find": self._rows}.get(function)

    def find(self, *key: Any) -> Row | None:
        """As `Table.find`; the common case, a key of texts, is one look into a dictionary."""
        found: Row | None
        try:
            found = self._rows.get(key[0] if len(key) == 1 else key)
        except TypeError:  # a list as a key: `spelled` says so
            found = None
        if found is None:
            found = _spelled_in(self._rows, key, None)
        return found

    def code(self, *key: Any) -> Any:
        """As `Table.code`, and as fast as `find`."""
        try:
            found = self._codes.get(key[0] if len(key) == 1 else key, _NOT_THERE)
        except TypeError:
            found = _NOT_THERE
        if found is _NOT_THERE:
            found = _spelled_in(self._codes, key, _NOT_THERE)
        if found is _NOT_THERE:
            raise self._miss(key)
        return found

    def rows(self, *key: Any) -> list[Row]:
        """As `Table.rows`, and as fast as `find`."""
        try:
            found = self._groups.get(key[0] if len(key) == 1 else key)
        except TypeError:
            found = None
        return _spelled_in(self._groups, key, []) if found is None else found

    def all_rows(self) -> list[Row]:
        """Return all rows in their order."""
        return self._every


def _spelled_in(rows: dict[Key, Any], key: Row, otherwise: Any) -> Any:
    """Look for a key by the text of its parts: a number asks with its digits."""
    asked = spelled(key)
    return otherwise if asked is None else rows.get(asked[0] if len(asked) == 1 else asked, otherwise)


class _Loading:
    """The dictionaries of a table while its rows come in; None for those that nobody asks."""

    def __init__(self, table: MemoryTable, asked: Any) -> None:
        self._table = table
        self._policy = table.spec.duplicates
        self.rows: dict[Key, Row] | None = {} if asked & {"find", "lookup"} else None
        self.codes: dict[Key, Any] | None = {} if asked & {"code", "convert"} else None
        self.groups: dict[Key, list[Row]] | None = {} if "rows" in asked else None
        self.every: list[Row] | None = [] if "all_rows" in asked else None
        self._unique = self.rows is not None or self.codes is not None
        self._seen: dict[Key, int] = {}

    def add(self, number: int, cells: list[Any], row: Row, code: Any) -> None:
        if self.every is not None:
            self.every.append(row)
        key = self._key(number, cells)
        if key is None:
            return
        if self.groups is not None:
            self.groups.setdefault(key, []).append(row)
        if not self._unique:
            return
        if key in self._seen:
            if self._policy == "error":
                raise self._twice(key, number)
            if self._policy == "first":
                return
        self._seen[key] = number
        if self.rows is not None:
            self.rows[key] = row
        if self.codes is not None:
            self.codes[key] = code

    def _key(self, number: int, cells: list[Any]) -> Key | None:
        if len(cells) == 1 and cells[0].__class__ is str and cells[0]:  # so it is nearly always
            return cells[0]
        try:
            parts = [cell if cell.__class__ is str else text(cell) for cell in cells]
        except Invalid as error:
            raise SetupError(f"{self._table.place}:{number}: its key cannot be asked for: {error}.") from None
        if not all(parts):
            if self._table.keys_may_be_empty:
                return None
            name = next(name for name, part in zip(self._table.key, parts, strict=True) if not part)
            raise SetupError(f"{self._table.place}:{number}: has no {name}, which is the key.")
        return parts[0] if len(parts) == 1 else tuple(parts)  # type: ignore[arg-type]  # none is empty

    def _twice(self, key: Key, number: int) -> SetupError:
        shown = key if isinstance(key, str) else ", ".join(key)
        return SetupError(
            f"{self._table.place}:{number}: {shown} is there already (line {self._seen[key]}); "
            "remove one, or say duplicates: first or last in the mapping."
        )
