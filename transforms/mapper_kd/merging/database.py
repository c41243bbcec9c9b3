"""The database behind a merge book: its connections, its one writer, and what its errors mean to a user."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError, UserError
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

_BUSY_SECONDS = 60
_CACHE_KIBIBYTES = 8192
_LOCK_CLASS = 0x6B64_6D67  # "kdmg"
_IN_MEMORY = (None, "", ":memory:")


class Database:
    """An open merge book's database.

    With SQLite a commit survives the end of the process in any moment; after a power cut the last ones may be missing,
    and then their records are read again, since their STATE was not passed on.

    Args:
        url: SQLAlchemy URL.
        folder: Where a relative SQLite file lies.
        must_exist: Do not make a file that is not there.

    Raises:
        SetupError: Nothing can be opened with this URL.
    """

    def __init__(self, url: str, folder: Path, *, must_exist: bool = False) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise SetupError(
                "merge_book is no database URL; it looks like sqlite:///merge-book.sqlite or postgresql://user@host/db."
            ) from None
        self._file: Path | None = None
        self._held: list[Connection] = []
        self._locks: list[int] = []
        if parsed.get_backend_name() == "sqlite":
            if parsed.database not in _IN_MEMORY:
                self._file = folder / str(parsed.database)
                if must_exist and not self._file.exists():
                    raise SetupError(
                        f"there is no merge book at {self._file.as_posix()}; check the setting merge_book."
                    )
                parsed = parsed.set(database=str(self._file))
        elif parsed.get_backend_name() in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        else:
            raise SetupError(f"a merge book is SQLite or Postgres, not {parsed.get_backend_name()}.")
        self.shown = self._file.as_posix() if self._file else parsed.render_as_string()
        self._engine = self._open(parsed)

    def _open(self, url: Any) -> Engine:
        try:
            if url.get_backend_name() != "sqlite":
                return create_engine(url, pool_pre_ping=True)
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
        except (SQLAlchemyError, ImportError, OSError) as error:
            raise SetupError(f"merge_book cannot be used: {_first_line(error)}; check it and its driver.") from None

        @event.listens_for(engine, "connect")
        def set_up(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # transactions begin below, not where the driver guesses
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIBIBYTES}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            reads = connection.get_execution_options().get("reads")
            connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

        return engine

    @property
    def dialect(self) -> Any:
        """The database's dialect."""
        return self._engine.dialect

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write in one transaction.

        Raises:
            UserError: The database refuses, or is gone.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._failure(error) from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one transaction that keeps no writer waiting.

        Raises:
            UserError: The database refuses, or is gone.
        """
        try:
            with self._engine.connect().execution_options(reads=True) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self._failure(error) from None

    def _failure(self, error: DBAPIError) -> UserError:
        return UserError(
            f"the merge book {self.shown} failed: {_first_line(error)}. Mend that and run again; what is not in it yet "
            "is read again."
        )

    def hold(self, mapping_id: int, name: str) -> None:
        """Become the one writer of a mapping, until the end of the process at the latest.

        Raises:
            UserError: Another process is.
        """
        is_ours = self._hold_file(mapping_id) if self._file else self._hold_server(mapping_id)
        if not is_ours:
            raise UserError(
                f"another run merges with the mapping {name} and the merge book {self.shown}; let it end first."
            )

    def _hold_file(self, mapping_id: int) -> bool:
        # A lock of the operating system: whatever ends its holder, it is gone with it.
        if not self._locks:
            self._locks.append(os.open(f"{self._file}.lock", os.O_RDWR | os.O_CREAT, 0o644))
        try:
            fcntl.lockf(self._locks[0], fcntl.LOCK_EX | fcntl.LOCK_NB, 1, mapping_id)
        except OSError:
            return False
        return True

    def _hold_server(self, mapping_id: int) -> bool:
        if self.dialect.name != "postgresql":  # in memory: nobody else can see it
            return True
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.execute(select(func.pg_try_advisory_lock(_LOCK_CLASS, mapping_id))).scalar():
            connection.close()
            return False
        self._held.append(connection)
        return True

    def close(self) -> None:
        """Close all connections, and let go of what is held."""
        while self._held:
            self._held.pop().close()
        while self._locks:
            os.close(self._locks.pop())
        self._engine.dispose()


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")
