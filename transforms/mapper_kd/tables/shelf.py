"""All tables of a run: where they are looked for, opened once, loaded, and looked at again."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError, UserError

from mapper_kd.kinds import nearest
from mapper_kd.tables.csv_table import CsvTable
from mapper_kd.tables.json_table import CollectionTable, JsonTable, RowsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mapper_kd.tables.spec import TableSpec
    from mapper_kd.tables.table import Table

logger = logging.getLogger(__name__)


@dataclass
class _Opened:
    """A table, and when its source is looked at again, in seconds of the monotonic clock."""

    table: Table
    due: float = math.inf
    told: str = ""


@dataclass
class TableShelf:
    """All tables of a run; each source is read once, however many mappings use it.

    Attributes:
        folders: Where files are looked for; a file in a later folder hides one of the same name in an earlier.
        databases: Database URLs by the name that mappings use.
        collections: Rows in memory, by the name that mappings use in ``collection:``.
    """

    folders: Sequence[Path]
    databases: Mapping[str, str]
    collections: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._opened: dict[tuple[object, ...], _Opened] = {}
        self._due = math.inf

    def open(self, spec: TableSpec) -> Table:
        """Return a table, without its rows.

        Raises:
            SetupError: It is not as the mapping says.
        """
        opened = self._opened.get(spec.identity)
        if opened is None:
            opened = self._opened[spec.identity] = _Opened(_SOURCES[spec.source](spec, self))
        return opened.table

    def load(self, spec: TableSpec) -> None:
        """Read the rows of an opened table, as far as the mappings compiled so far need them.

        Raises:
            SetupError: It is not there, or not as the mapping says.
            UserError: Its database does not answer.
        """
        opened = self._opened[spec.identity]
        opened.table.load()
        if spec.reload:
            opened.due = time.monotonic() + spec.reload
            self._due = min(self._due, opened.due)

    @property
    def reloads(self) -> bool:
        """Whether a table that is loaded has ``reload:``."""
        return self._due < math.inf

    def refresh(self) -> None:
        """Take in what changed in the sources of tables with ``reload:`` whose time has come; call it between records.

        What cannot be read leaves the rows as they were, with one warning.
        """
        now = time.monotonic()
        if now < self._due:
            return
        for opened in self._opened.values():
            if opened.due <= now:
                self._look_again(opened)
                opened.due = time.monotonic() + opened.table.spec.reload
        self._due = min(opened.due for opened in self._opened.values())

    @staticmethod
    def _look_again(opened: _Opened) -> None:
        try:
            opened.table.refresh()
        except UserError as error:
            if str(error) != opened.told:
                logger.warning("%s keeps the rows it has: %s", opened.table, error)
            opened.told = str(error)
        else:
            opened.told = ""

    def path(self, origin: str) -> Path | None:
        """Return the file of that name, or None."""
        found = [folder / origin for folder in self.folders if (folder / origin).is_file()]
        return found[-1] if found else None

    def unknown(self, name: str, declared: Iterable[str]) -> str:
        """Return the sentence about a table that is neither declared nor a file."""
        files = {path.stem for folder in self.folders for path in folder.glob("*.csv")}
        near = nearest(name, {*files, *declared})
        return f"there is no table {name} in the mapping and no {name}.csv in {self._shown}" + (
            f"; did you mean {near}?" if near else ""
        )

    def missing(self, spec: TableSpec) -> str:
        """Return the sentence about a file that is not there."""
        hint = spec.hint or "put it there, or add its folder to the setting codes"
        return f"{spec.place}: code table {spec.name} is not there: no {spec.origin} in {self._shown}; {hint}."

    @property
    def _shown(self) -> str:
        return ", ".join(folder.as_posix() for folder in self.folders) or "no folder at all"


def _open_csv(spec: TableSpec, shelf: TableShelf) -> Table:
    return CsvTable(spec, lambda: shelf.path(spec.origin), shelf.missing(spec))


def _open_json(spec: TableSpec, shelf: TableShelf) -> Table:
    return JsonTable(spec, lambda: shelf.path(spec.origin), shelf.missing(spec))


def _open_rows(spec: TableSpec, _shelf: TableShelf) -> Table:
    return RowsTable(spec)


def _open_collection(spec: TableSpec, shelf: TableShelf) -> Table:
    objects = shelf.collections.get(spec.origin)
    if objects is None:
        near = nearest(spec.origin, shelf.collections)
        raise SetupError(
            f"{spec.place}: the collection {spec.origin} is not given{f'; did you mean {near}?' if near else '.'}"
        )
    return CollectionTable(spec, objects)


def _open_database(spec: TableSpec, shelf: TableShelf) -> Table:
    url = shelf.databases.get(spec.database)
    if url is None:
        near = nearest(spec.database, shelf.databases)
        hint = f"did you mean {near}?" if near else "give its URL in the setting databases."
        raise SetupError(f"{spec.place}: there is no database {spec.database}; {hint}")
    # SQLAlchemy takes longer to import than most runs need it.
    from mapper_kd.tables.sql_tables import open_database_table  # noqa: PLC0415 - see above

    return open_database_table(spec, url)


_SOURCES: Mapping[str, Callable[[TableSpec, TableShelf], Table]] = {
    "csv": _open_csv,
    "json": _open_json,
    "rows": _open_rows,
    "collection": _open_collection,
    "sql": _open_database,
    "table": _open_database,
    "ledger": _open_database,
}
