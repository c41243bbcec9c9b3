from __future__ import annotations

import fcntl
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from erp_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLICATION_ID = 0x45525053
"""Written into the SQLite header, so that another program's database is never taken for a sandbox state."""

SCHEMA_VERSION = 2


class Seeded(msgspec.Struct, frozen=True):
    """What a state was seeded with. ``until`` is the last trading day, ``yyyy-MM-dd``."""

    days: int
    until: str
    taobao_shops: int


def open_state(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the writer connection of a state file.

    Args:
        path: the SQLite file; its directory is made when ``create`` is set.
        create: make the file when it is missing.

    Raises:
        SandboxError: no such file, or not a sandbox state.
    """
    if not create and not path.exists():
        raise _missing(path)
    db = _connect(str(path))
    try:
        application = db.execute("PRAGMA application_id").fetchone()[0]
        empty = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError:
        db.close()
        raise SandboxError(f"{path} is not a sandbox state (not a database): name another file with --state.") from None
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if not (create and empty) and (application, version) != (APPLICATION_ID, SCHEMA_VERSION):
        db.close()
        raise _foreign(path, application)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")  # a sandbox's data can be seeded again
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    db.execute("CREATE TABLE IF NOT EXISTS sandbox (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    return db


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a read-only connection: a snapshot beside whoever serves the state.

    Raises:
        SandboxError: no such file, or not a sandbox state.
    """
    if not path.exists():
        raise _missing(path)
    db = _connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        application, version = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if (application, version) != (APPLICATION_ID, SCHEMA_VERSION):
            raise _foreign(path, application)
        yield db
    except sqlite3.DatabaseError as error:
        if "not a database" not in str(error):
            raise
        raise SandboxError(f"{path} is not a sandbox state (not a database): name another file with --state.") from None
    finally:
        db.close()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the state for one process that writes: a server or a seeding.

    Raises:
        SandboxError: another process holds it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = path.with_name(path.name + ".lock").open("a")
    except OSError as error:
        raise SandboxError(f"The sandbox state {path} cannot be written: {error.strerror}.") from None
    with held as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SandboxError(
                f"The sandbox state {path} is in use by another erp-sandbox: stop that one, or name another --state.",
                exit_code=1,
            ) from None
        yield


def seeded(db: sqlite3.Connection) -> Seeded | None:
    """Return what the state was seeded with, or None for an empty one."""
    row = db.execute("SELECT value FROM sandbox WHERE key = 'seeded'").fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=Seeded)


def remember_seeded(db: sqlite3.Connection, what: Seeded) -> None:
    """Write down what the state was seeded with."""
    db.execute("INSERT OR REPLACE INTO sandbox VALUES ('seeded', ?)", (msgspec.json.encode(what).decode(),))


def drop_everything(db: sqlite3.Connection) -> None:
    """Empty the state: every table but our own is dropped, and the file shrinks."""
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    for (name,) in tables:
        if name != "sandbox":
            db.execute(f'DROP TABLE "{name}"')
    db.execute("DELETE FROM sandbox")
    db.commit()
    db.execute("VACUUM")


def _missing(path: Path) -> SandboxError:
    return SandboxError(f"There is no sandbox state at {path}: run `erp-sandbox --state {path} seed` first.")


def _foreign(path: Path, application: int) -> SandboxError:
    if application == APPLICATION_ID:
        return SandboxError(f"{path} was made by another version of erp-sandbox: delete it and seed again.")
    return SandboxError(f"{path} is not a sandbox state: name another file with --state.")


def _connect(name: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(name, uri=uri, cached_statements=512, timeout=10)
