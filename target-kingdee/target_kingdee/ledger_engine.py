"""The database behind a ledger: its URL, its connections, and what its errors mean to a user."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_sdk.command import UserError
from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

BUSY_SECONDS = 60
WAL_PAGES = 8000
CACHE_KIBIBYTES = 8192
CONNECT_SECONDS = 15
IDLE_IN_TRANSACTION_SECONDS = 30
"""A transaction here takes milliseconds. What a process that stands still, or a host that is gone, has begun, the
server takes back after so long: its locks go with it."""

_POSTGRES = ("postgresql", "postgres")
_DRIVER = "postgresql+psycopg"


class LedgerError(UserError):
    """The ledger cannot be read or written."""


def ledger_url(path: str | None, url: str | None) -> str:
    """Return the SQLAlchemy URL of the ledger that the settings name.

    Raises:
        LedgerError: The URL cannot be read.
    """
    if not url:
        return f"sqlite:///{Path(path or '').expanduser()}"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerError("ledger_url is no database URL; it looks like postgresql://user@host/db.") from None
    if parsed.drivername in _POSTGRES:
        return parsed.set(drivername=_DRIVER).render_as_string(hide_password=False)
    return url


def open_engine(url: str) -> Engine:
    """Make an engine whose connections are set up as a ledger needs them.

    Raises:
        LedgerError: Nothing can be opened with this URL.
    """
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite"):
        return _open_file(url, parsed.database)
    if parsed.get_backend_name() != "postgresql":
        raise LedgerError(
            f"ledger_url cannot be used: a ledger is SQLite or Postgres, not {parsed.get_backend_name()}."
        )
    # Commits of a ledger are few and small, so asking before each whether the connection stands costs nothing.
    engine = _create(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'")
            cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        connection.commit()

    return engine


def _open_file(url: str, database: str | None) -> Engine:
    if database:
        try:
            Path(database).absolute().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"the ledger's folder cannot be made ({error.strerror}); set ledger_path.") from None
    engine = _create(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver guesses
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE: a transaction that reads and then writes may not find the writer's place taken in between.
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reads") else "BEGIN IMMEDIATE")

    return engine


def _create(url: str, **options: Any) -> Engine:
    try:
        return create_engine(url, **options)
    except ModuleNotFoundError as error:
        if error.name == "psycopg":
            raise LedgerError(
                "ledger_url names a Postgres and its driver psycopg is not installed; "
                "install target-kingdee[postgres], such as pip install 'target-kingdee[postgres]'."
            ) from None
        raise _unusable(error) from None
    except NoSuchModuleError as error:
        raise _unusable(error) from None
    except (SQLAlchemyError, ImportError) as error:
        raise _unusable(error) from None


def _unusable(error: BaseException) -> LedgerError:
    return LedgerError(f"ledger_url cannot be used: {first_line(error)}; check it and its driver.")


def first_line(error: BaseException) -> str:
    """Return what a database said, shortly."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")


def told_by(error: DBAPIError, *, is_at_commit: bool = False) -> str:
    """Say what a database's error means for the run, and what to do.

    Args:
        error: What the database, or its driver, raised.
        is_at_commit: It came while a transaction was being committed.
    """
    hint = _file_hint(error) if isinstance(error.orig, sqlite3.Error) else _server_hint(error, is_at_commit)
    return f"{first_line(error)}. {hint}"


_LOOKED_UP = "what is not confirmed is looked up in Kingdee first."
_HELD = "Another process holds it for long; end that one and run again."


def _file_hint(error: DBAPIError) -> str:
    said = str(error.orig).lower()
    if "full" in said or "disk i/o" in said:
        return f"Make room on its disk and run again; {_LOOKED_UP}"
    return _HELD if "locked" in said else "Check ledger_path, and the rights on the file and its folder."


def _server_hint(error: DBAPIError, is_at_commit: bool) -> str:
    if "lock timeout" in str(error.orig):
        return _HELD
    if not (error.connection_invalidated or _is_lost(error)):
        return "Check ledger_url, and the rights on its database."
    commit = "The connection broke during a commit, so what became of that is not known. " if is_at_commit else ""
    return f"{commit}Run again when the server is there: {_LOOKED_UP}"


def _is_lost(error: DBAPIError) -> bool:
    """Whether there is no connection, or none any more, whatever the driver makes of it."""
    kind = getattr(error.orig, "sqlstate", None)
    # 08: connection exception; 57P: the server is stopped; 25P03: it took back what stood still for too long.
    return kind is None or str(kind).startswith(("08", "57P", "25P03"))
