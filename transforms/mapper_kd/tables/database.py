"""Databases that tables are read from: by SQLAlchemy URL, read-only, with errors in one sentence."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from erp_sdk.command import SetupError, UserError
from erp_sdk.redaction import protect
from sqlalchemy.pool import QueuePool

from mapper_kd.kinds import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from mapper_kd.tables.spec import TableSpec

_POSTGRES = ("postgresql", "postgres")
_DRIVER = "postgresql+psycopg"
_CONNECT_SECONDS = 15
_PAGE_ROWS = 5_000
_NO_SUCH_VALUE = frozenset({"22P02", "22003", "22007", "22008"})
"""What Postgres says when a key cannot be a value of its column at all: text for a number, a date that is none."""


class NoSuchValueError(Exception):
    """A key that no row can have, since its column is of another type."""


class Database:
    """One database, and the table that is read from it, for messages.

    Raises:
        SetupError: The URL is none, or its driver is missing.
    """

    def __init__(self, spec: TableSpec, url: str) -> None:
        self._spec = spec
        self.place = f"database {spec.database}"
        parsed = _parse_url(spec, url)
        protect([parsed.password])
        self.has_schemas = parsed.get_backend_name() != "sqlite"
        self._file = Path(parsed.database) if not self.has_schemas and parsed.database else None
        try:
            self._engine = _create(parsed)
        except (sqlalchemy.exc.ArgumentError, ImportError) as error:
            raise SetupError(f"{spec.place}: database {spec.database} cannot be used: {error}.") from None
        weakref.finalize(self, self._engine.dispose)

    def ask(
        self, query: sqlalchemy.Executable, values: Mapping[str, Any], *, whole: bool
    ) -> tuple[list[str], Sequence[Any]]:
        """Return the names of a query's columns, and its first row or (``whole``) all rows; for few rows."""
        with self._connection() as connection:
            result = connection.execute(query, values)
            return list(result.keys()), result.all() if whole else result.fetchmany(1)

    def pages(self, query: sqlalchemy.Executable) -> Generator[tuple[list[str], Sequence[Any]], None, None]:
        """Yield the names of a query's columns with some rows at a time, for any number of rows."""
        with (
            self._connection() as connection,
            connection.execution_options(stream_results=True).execute(query) as result,
        ):
            names = list(result.keys())
            for rows in result.partitions(_PAGE_ROWS):
                yield names, rows

    def columns(self, name: str, schema: str | None) -> dict[str, Any]:
        """Return the columns of a table or view with their types.

        Raises:
            SetupError: There is no such table.
        """
        with self._connection() as connection:
            inspector = sqlalchemy.inspect(connection)
            try:
                found = inspector.get_columns(name, schema)
            except sqlalchemy.exc.NoSuchTableError:
                found = []
            if not found:
                known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
                where = f"{self.place}, schema {schema}" if schema else self.place
                raise SetupError(f"{self._spec.place}: {UnknownNameError('table', name, known, where)}.")
        return {column["name"]: column["type"] for column in found}

    @contextmanager
    def _connection(self) -> Iterator[sqlalchemy.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except sqlalchemy.exc.SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            if getattr(cause, "sqlstate", None) in _NO_SUCH_VALUE or isinstance(cause, OverflowError):
                raise NoSuchValueError(str(cause)) from None
            if self._file is not None and not self._file.exists():
                raise UserError(f"table {self._spec.name}: {self.place} has no file {self._file}.") from None
            said = (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")
            raise UserError(f"table {self._spec.name}: {self.place} did not answer: {said}.") from None


def _parse_url(spec: TableSpec, url: str) -> sqlalchemy.URL:
    try:
        parsed = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise SetupError(
            f"the setting databases.{spec.database} is no database URL such as sqlite:///file.db."
        ) from None
    return parsed.set(drivername=_DRIVER) if parsed.drivername in _POSTGRES else parsed


def _create(url: sqlalchemy.URL) -> sqlalchemy.Engine:
    if url.drivername.startswith("sqlite") and url.database and not url.query:
        # An URL would make an empty file where there is none.
        address = f"{Path(url.database).absolute().as_uri()}?mode=ro"
        return sqlalchemy.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, timeout=_CONNECT_SECONDS, check_same_thread=False),
            poolclass=QueuePool,
        )
    if url.get_backend_name() == "postgresql":
        return sqlalchemy.create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "options": "-c default_transaction_read_only=on"},
        )
    return sqlalchemy.create_engine(url, pool_pre_ping=True)


def plain(value: Any) -> Any:
    """Return a cell as expressions take it: exact, and without blanks around a text (fixed-width columns have them)."""
    if value.__class__ is str:
        return value.strip()
    if isinstance(value, float):
        return Decimal(repr(value))  # what the database shows; its binary digits mean nothing here
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, Decimal, list, dict)) else str(value)
