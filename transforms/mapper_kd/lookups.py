"""Code tables and lookups: CSV files, a table in the mapping itself, or a query; each gives a row for a key.

A further source (the delivery ledger, say) is one more class with the same two properties and `_row`, and one more
entry in `_SOURCES`.
"""

from __future__ import annotations

import abc
import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError

from mapper_kd.arithmetic import describe
from mapper_kd.failures import KeyMissing, Miss
from mapper_kd.kinds import ANY, TEXT, Kind, UnknownNameError, nearest
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mapper_kd.mapping import TableSpec

_KEY_AND_VALUE = 2


class Table(abc.ABC):
    """Rows found by a key; also the `kinds.Columns` of such a row, which is a tuple of the value columns."""

    cell_kind: Kind = TEXT

    def __init__(self, spec: TableSpec, place: str) -> None:
        self.spec = spec
        self.place = place
        self.key = spec.key
        self.values = spec.values

    def load(self) -> None:  # noqa: B027 - most sources have nothing to make ready
        """Make the rows ready; called once, before the first record."""

    @abc.abstractmethod
    def _row(self, key: tuple[str, ...]) -> tuple[Any, ...] | None:
        """Return the value columns of the row with this key."""

    def find(self, *key: Any) -> tuple[Any, ...] | None:
        """Return the row, or None when there is none or a part of the key is empty."""
        spelled = tuple(map(text, key))
        return self._row(spelled) if all(spelled) else None  # type: ignore[arg-type]  # no None is left

    def lookup(self, *key: Any) -> tuple[Any, ...]:
        """Return the row.

        Raises:
            Miss: There is none.
        """
        row = self.find(*key)
        if row is None:
            raise self._miss(key)
        return row

    def code(self, *key: Any) -> Any:
        """Return the only value column of the row.

        Raises:
            Miss: There is no such row.
        """
        return self.lookup(*key)[0]

    def column(self, row: str, name: str, *, certain: bool) -> tuple[str, Kind]:
        """As `kinds.Columns.column`."""
        if name not in self.values:
            raise UnknownNameError("column", name, self.values, f"table {self.spec.name} ({self.place})")
        index = self.values.index(name)
        return (f"{row}[{index}]" if certain else f"_cell({row}, {index})"), self.cell_kind

    def _miss(self, key: tuple[Any, ...]) -> Miss:
        table = f"table {self.spec.name} ({self.place})"
        if not all(map(text, key)):
            return KeyMissing(
                f"the key for {table} is empty", "fill the field in the source, or say on_miss: in the mapping"
            )
        asked = ", ".join(describe(part) for part in key)
        return Miss(f"{table} has no row for {asked}", f"add the row for {asked}, then send the document again")


class MissingTable(Table):
    """A table whose file is not there: every key misses. Its columns are known only as far as the mapping says."""

    def find(self, *_key: Any) -> None:
        """Return None, whatever is asked."""

    def _row(self, key: tuple[str, ...]) -> None:  # noqa: ARG002 - there is nothing to look in
        return None

    def column(self, row: str, name: str, *, certain: bool) -> tuple[str, Kind]:
        """As `kinds.Columns.column`, taking any name when none were declared."""
        if self.values:
            return super().column(row, name, certain=certain)
        return f"_cell({row}, 0)", ANY


class RowsTable(Table):
    """A table of one key and one value, written in the mapping itself."""

    def __init__(self, spec: TableSpec, place: str) -> None:
        super().__init__(spec, place)
        self.key, self.values = ("key",), ("value",)

    def _row(self, key: tuple[str, ...]) -> tuple[Any, ...] | None:
        value = self.spec.rows.get(key[0])
        return None if value is None else (value,)


class CsvTable(Table):
    """A CSV file with a header line, UTF-8 with or without a byte order mark (as Excel writes it).

    The first column is the key and the others are values, unless the mapping says otherwise. An empty cell is no
    value: the row is there, but gives nothing.
    """

    def __init__(self, spec: TableSpec, path: Path) -> None:
        super().__init__(spec, path.as_posix())
        self._path = path
        self._rows: dict[tuple[str, ...], tuple[str | None, ...]] = {}
        self._codes: dict[Any, str | None] = {}
        self._header: list[str] = next(self._lines(), [])
        self.key = spec.key or tuple(self._header[:1])
        self.values = spec.values or tuple(name for name in self._header if name not in self.key)
        for name in (*self.key, *self.values):
            if name not in self._header:
                raise SetupError(f"{spec.place}: {UnknownNameError('column', name, self._header, self.place)}.")
        if not self.values:
            raise SetupError(f"{self.place}:1: needs a header line with a key column and at least one value column.")

    def load(self) -> None:
        """Read the rows.

        Raises:
            SetupError: A line is too short, or a key comes twice.
        """
        keys = [self._header.index(name) for name in self.key]
        values = [self._header.index(name) for name in self.values]
        seen: dict[tuple[str, ...], int] = {}
        lines = self._lines()
        next(lines, None)
        for number, cells in enumerate(lines, start=2):
            if not any(cells):
                continue
            if len(cells) < len(self._header):
                raise SetupError(
                    f"{self.place}:{number}: has {len(cells)} columns, the header has {len(self._header)}."
                )
            key = tuple(cells[index] for index in keys)
            if key in seen and self.spec.duplicates == "error":
                raise SetupError(
                    f"{self.place}:{number}: {', '.join(key)} is there already (line {seen[key]}); "
                    "remove one, or say duplicates: first or last in the mapping."
                )
            if not all(key):
                raise SetupError(f"{self.place}:{number}: has no {self.key[key.index('')]}, which is the key.")
            if key not in seen or self.spec.duplicates == "last":
                seen[key] = number
                self._rows[key] = tuple(cells[index] or None for index in values)
        if len(self.key) == 1:
            self._codes = {key[0]: row[0] for key, row in self._rows.items()}

    def code(self, *key: Any) -> Any:
        """As `Table.code`; the common case, one text, is one look into a dictionary."""
        if len(key) == 1:
            try:
                return self._codes[key[0]]
            except (KeyError, TypeError):
                pass
        return super().code(*key)

    def find(self, *key: Any) -> tuple[Any, ...] | None:
        """As `Table.find`; the common case, a key of texts, is one look into a dictionary."""
        try:
            row = self._rows.get(key)
        except TypeError:  # a list as a key: `text` says so
            return super().find(*key)
        if row is None:
            for part in key:
                if part.__class__ is not str:
                    return super().find(*key)
        return row

    def _row(self, key: tuple[str, ...]) -> tuple[Any, ...] | None:
        return self._rows.get(key)

    def _lines(self) -> Iterator[list[str]]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                for cells in csv.reader(file, strict=True):
                    yield [cell.strip() for cell in cells]
        except UnicodeDecodeError:
            raise SetupError(f"{self.place}: is not UTF-8; save it as CSV UTF-8.") from None
        except csv.Error as error:
            raise SetupError(f"{self.place}: is no valid CSV: {error}.") from None
        except OSError as error:
            raise SetupError(f"{self.place}: cannot be read: {error.strerror}.") from None


@dataclass
class TableShelf:
    """All tables of a run; each file is read once, however many mappings use it.

    Attributes:
        folders: Where CSV files are looked for; a file in a later folder hides one of the same name in an earlier.
        databases: Database URLs by the name that mappings use.
    """

    folders: Sequence[Path]
    databases: Mapping[str, str]

    def __post_init__(self) -> None:
        self._opened: dict[tuple[object, ...], Table] = {}
        self._loaded: set[int] = set()

    def open(self, spec: TableSpec, *, load: bool) -> Table:
        """Return a table.

        Args:
            spec: What the mapping declares.
            load: Read its rows too, and refuse a file that is not there and not optional.

        Raises:
            SetupError: It is not there, or not as the mapping says.
            UserError: Its database does not answer.
        """
        identity = (
            spec.source,
            spec.origin,
            spec.database,
            spec.key,
            spec.values,
            spec.duplicates,
            tuple(spec.rows.items()),
        )
        table = self._opened.get(identity)
        if table is None:
            table = self._opened[identity] = _SOURCES[spec.source](spec, self)
        if load and isinstance(table, MissingTable) and not spec.optional:
            raise SetupError(self._missing(spec))
        if load and id(table) not in self._loaded:
            table.load()
            self._loaded.add(id(table))
        return table

    def path(self, origin: str) -> Path | None:
        """Return the file of that name, or None."""
        found = [folder / origin for folder in self.folders if (folder / origin).is_file()]
        return found[-1] if found else None

    def unknown(self, name: str, declared: Iterable[str]) -> str:
        """Return the sentence about a table that is neither declared nor a file."""
        files = {path.stem for folder in self.folders for path in folder.glob("*.csv")}
        near = nearest(name, {*files, *declared})
        folders = ", ".join(folder.as_posix() for folder in self.folders) or "no folder at all"
        return f"there is no table {name} in the mapping and no {name}.csv in {folders}" + (
            f"; did you mean {near}?" if near else ""
        )

    def _missing(self, spec: TableSpec) -> str:
        folders = ", ".join(folder.as_posix() for folder in self.folders) or "no folder at all"
        hint = spec.hint or "put it there, or add its folder to the setting codes"
        return f"{spec.place}: code table {spec.name} is not there: no {spec.origin} in {folders}; {hint}."


def _open_csv(spec: TableSpec, shelf: TableShelf) -> Table:
    path = shelf.path(spec.origin)
    return MissingTable(spec, spec.origin) if path is None else CsvTable(spec, path)


def _open_rows(spec: TableSpec, shelf: TableShelf) -> Table:  # noqa: ARG001 - as every source
    return RowsTable(spec, spec.place.file)


def _open_sql(spec: TableSpec, shelf: TableShelf) -> Table:
    url = shelf.databases.get(spec.database)
    if url is None:
        raise SetupError(f"{spec.place}: there is no database {spec.database}; give its URL in the setting databases.")
    from mapper_kd.sql_lookups import SqlTable  # noqa: PLC0415 - SQLAlchemy takes longer to import than most runs need it

    return SqlTable(spec, url)


_SOURCES: Mapping[str, Callable[[TableSpec, TableShelf], Table]] = {
    "csv": _open_csv,
    "rows": _open_rows,
    "sql": _open_sql,
}
