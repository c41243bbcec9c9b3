"""Reading a ledger without disturbing who writes it: read-only, page by page in key order.

Each page is a transaction of its own. A run can write and clean up its write-ahead log between two pages, and a page
begins behind the last key of the one before, so a row that is there all the time is read exactly once. What changes
meanwhile carries a later time and is the next run's.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError, UserError
from sqlalchemy import create_engine, func, inspect, literal, select, tuple_
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool
from target_kingdee.ledger_engine import BUSY_SECONDS, LedgerError
from target_kingdee.ledger_schema import VERSION, books, deliveries, schema_versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Column, Connection, Engine, Row, Select
    from typing_extensions import Self

PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Book:
    """One form of one account.

    Attributes:
        account: ``acct_id@host``.
        form: Kingdee's FormId.
    """

    book_id: int
    account: str
    form: str


class LedgerReader:
    """One ledger, open for reading.

    Args:
        url: SQLAlchemy URL, as `target_kingdee.ledger.ledger_url` makes it.

    Raises:
        SetupError: There is no ledger, or what is there is none.
        UserError: It cannot be read, or a release of another age wrote it.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._is_file = parsed.drivername.startswith("sqlite")
        if self._is_file:
            path = Path(parsed.database or "")
            self.shown = str(path)
            self._engine = _read_file(path)
        else:
            self.shown = f"{parsed.database} at {parsed.host or 'this host'}"
            self._engine = _read_server(url)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def books(self) -> list[Book]:
        """Return the forms that the ledger knows, in the order of account and form."""
        chosen = select(books.c.book_id, books.c.account, books.c.form)
        with self._reading() as connection:
            found = [Book(*row) for row in connection.execute(chosen)]
        return sorted(found, key=lambda book: (book.account, book.form))

    def rows(self, chosen: Select[Any]) -> Sequence[Row[Any]]:
        """Return all that a query gives; for few rows."""
        with self._reading() as connection:
            return connection.execute(chosen).all()

    def pages(self, chosen: Select[Any], key: Sequence[Column[Any]]) -> Iterator[Sequence[Row[Any]]]:
        """Yield what a query gives, in pages of `PAGE_ROWS`.

        Args:
            chosen: The query, without an order.
            key: Unique together within what is chosen, and among its columns; an index on them makes a page cheap.
        """
        page = chosen.order_by(*key).limit(PAGE_ROWS)
        behind = page
        while True:
            with self._reading() as connection:
                rows = connection.execute(behind).all()
            if rows:
                yield rows
            if len(rows) < PAGE_ROWS:
                return
            last = rows[-1]._mapping  # noqa: SLF001 - SQLAlchemy's documented name
            behind = page.where(tuple_(*key) > tuple_(*(literal(last[column]) for column in key)))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                if not self._is_file:
                    connection.execution_options(postgresql_readonly=True)
                yield connection
        except DBAPIError as error:
            cause = _first_line(error)
            if "not a database" in cause:
                raise self._no_ledger() from None
            raise LedgerError(f"the ledger {self.shown} cannot be read: {cause}. {self._hint}") from None

    @property
    def _hint(self) -> str:
        if self._is_file:
            return "SQLite keeps a -wal and a -shm file beside it: check the rights on the file and on its folder."
        return "Check ledger_url, the server and the network."

    def _check(self) -> None:
        with self._reading() as connection:
            there = set(inspect(connection).get_table_names())
            version = None
            if there.issuperset({schema_versions.name, books.name, deliveries.name}):
                version = connection.execute(select(func.max(schema_versions.c.version))).scalar()
        if version is None:
            raise self._no_ledger()
        if version > VERSION:
            raise UserError(
                f"the ledger {self.shown} has schema version {version}, this tap-ledger knows {VERSION}; install the "
                "newer release."
            )
        if version < VERSION:
            raise UserError(
                f"the ledger {self.shown} has schema version {version}, this tap-ledger reads {VERSION}; the next run "
                "of target-kingdee brings it up to date."
            )

    def _no_ledger(self) -> SetupError:
        return SetupError(
            f"{self.shown} is no ledger of target-kingdee; set ledger_path or ledger_url to what target-kingdee has."
        )


def _read_file(path: Path) -> Engine:
    if not path.is_file():
        raise SetupError(
            f"there is no ledger at {path.absolute()}; set ledger_path to the one of target-kingdee, which makes it in "
            "its first run."
        )
    address = f"{path.absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)

    return create_engine("sqlite://", creator=connect, poolclass=QueuePool)


def _read_server(url: str) -> Engine:
    try:
        return create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise SetupError(f"ledger_url cannot be used: {_first_line(error)}; check it and its driver.") from None


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]
