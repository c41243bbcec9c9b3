"""Tables in a database: asked key by key, or loaded as a whole."""

from __future__ import annotations

import functools
from contextlib import closing
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError

from mapper_kd.kinds import Kind, UnknownNameError
from mapper_kd.tables.database import Database, NoSuchValueError
from mapper_kd.tables.ledger import LedgerQuestion
from mapper_kd.tables.memory import MemoryTable
from mapper_kd.tables.questions import NamedTable, TextQuery
from mapper_kd.tables.table import Row, Table, spelled

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from mapper_kd.tables.questions import Question
    from mapper_kd.tables.spec import TableSpec

_QUESTIONS: dict[str, type[Question]] = {"sql": TextQuery, "table": NamedTable, "ledger": LedgerQuestion}


def open_database_table(spec: TableSpec, url: str) -> Table:
    """Return a table of the database at this URL; it is not asked anything yet.

    Raises:
        SetupError: The URL is none, its driver is missing, or the query is not what the mapping says.
    """
    question = _QUESTIONS[spec.source](spec, Database(spec, url))
    return PreloadedTable(question) if spec.preload else AskedTable(question)


class AskedTable(Table):
    """Rows that the database is asked for; the last answers are kept, those of keys without a row among them."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.spec, question.database.place)
        self.key, self.values = question.key, question.values
        self._question = question
        self._row_of = functools.lru_cache(maxsize=self.spec.cache)(self._ask_row)
        self._rows_of = functools.lru_cache(maxsize=self.spec.cache)(self._ask_rows)
        self._code_at = 0
        self._there: list[str] = []

    def kind_of(self, column: str) -> Kind:
        """As `Table.kind_of`."""
        return self._question.kind_of(column)

    def _load(self) -> None:
        if "all_rows" in self._asked:
            raise SetupError(f"{self.spec.place}: gives all its rows only when it is preloaded; say preload: true.")
        if self._asked.keys() & {"code", "convert"} and self.values:
            self._code_at = self.index(self.values[0])
        there = present(self, self._question, [*self._question.key_columns, *self.values, *self._read])
        self._there = [name for name in there if name in self._read]
        self.refresh()

    def refresh(self) -> None:
        """As `Table.refresh`: what comes next is asked anew."""
        self._row_of.cache_clear()
        self._rows_of.cache_clear()

    def find(self, *key: Any) -> Row | None:
        """As `Table.find`."""
        asked = spelled(key)
        if asked is None:
            return None
        try:
            return self._row_of(*asked)
        except _NoRowError:
            return None

    def rows(self, *key: Any) -> list[Row]:
        """As `Table.rows`."""
        asked = spelled(key)
        return [] if asked is None else self._rows_of(*asked)

    def all_rows(self) -> list[Row]:
        """Return nothing: `load` has refused to be asked so."""
        return []

    def code(self, *key: Any) -> Any:
        """As `Table.code`."""
        row = self.find(*key)
        if row is None:
            raise self._miss(key)
        return row[self._code_at]

    def _ask_row(self, *key: str) -> Row | None:
        rows = self._ask(key, whole=False)
        if not rows and not self._question.keeps_misses:
            raise _NoRowError
        return rows[0] if rows else None

    def _ask_rows(self, *key: str) -> list[Row]:
        return self._ask(key, whole=True)

    def _ask(self, key: tuple[str, ...], *, whole: bool) -> list[Row]:
        try:
            query, values = self._question.of(self._there, dict(zip(self.key, key, strict=True)))
            names, found = self._question.database.ask(query, values, whole=whole)
        except NoSuchValueError:
            return []
        return [tuple(cells) for cells in cells_of(self._question, self._read, names, found)]


class _NoRowError(Exception):
    """A key without a row, where that is not to be kept in the cache."""


class PreloadedTable(MemoryTable):
    """Rows that the database gives once, at the start and whenever they are loaded again."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.spec, question.database.place)
        self.key, self.values = question.key, question.values
        self._question = question

    def kind_of(self, column: str) -> Kind:
        """As `Table.kind_of`."""
        return self._question.kind_of(column)

    def refresh(self) -> None:
        """As `Table.refresh`."""
        self._load()

    def _picked(self, columns: Sequence[str]) -> Generator[tuple[int, list[Any]], None, None]:
        there = present(self, self._question, [*columns, *self.values])
        query = self._question.of_all([name for name in there if name in columns])
        number = 0
        with closing(self._question.database.pages(query)) as pages:
            for names, rows in pages:
                for cells in cells_of(self._question, columns, names, rows):
                    number += 1
                    yield number, cells


def present(table: Table, question: Question, wanted: Sequence[str]) -> list[str]:
    """Return those of the wanted columns that the database has; all, but for those that it may lack.

    Raises:
        SetupError: It has not.
    """
    known = question.columns()
    for name in wanted:
        if name not in known and name not in table.may_lack:
            raise SetupError(f"{table.spec.place}: {UnknownNameError('column', name, known, question.where)}.")
    return [name for name in dict.fromkeys(wanted) if name in known]


def cells_of(
    question: Question, columns: Iterable[str], names: list[str], rows: Iterable[Sequence[Any]]
) -> Iterator[list[Any]]:
    """Yield the cells of these columns, row by row; None for a column that the database lacks."""
    at = [(name, names.index(name) if name in names else None) for name in columns]
    for row in rows:
        yield [None if index is None else question.cell(name, row[index]) for name, index in at]
