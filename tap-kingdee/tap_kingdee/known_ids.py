"""The primary keys that a target may hold, in a file: what the sweep for deleted documents compares with.

One row a document: as many as Kingdee holds, some 20 bytes each. Keys come in from the records that are read and from
each sweep; a key leaves when its deletion has been told and the bookmark says that the target has it.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TABLES = """
CREATE TABLE IF NOT EXISTS scopes (scope INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sweep INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS known (
    scope INTEGER NOT NULL, id INTEGER NOT NULL, seen INTEGER NOT NULL, gone TEXT, PRIMARY KEY (scope, id)
) WITHOUT ROWID;
"""
_NOTE = """
INSERT INTO known (scope, id, seen) SELECT scope, ?, sweep FROM scopes WHERE scope = ?
ON CONFLICT (scope, id) DO UPDATE SET seen = excluded.seen, gone = NULL
"""
_CHUNK = 500


class KnownIds:
    """The file of known keys; safe for several threads, and for several processes.

    Args:
        path: The file; its folder is made.

    Raises:
        OSError, sqlite3.Error: It cannot be used.
    """

    def __init__(self, path: str | Path) -> None:
        place = Path(path).expanduser()
        place.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(place, timeout=60, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_TABLES)
        self._scopes: dict[str, int] = {}

    def note(self, name: str, keys: Iterable[int]) -> None:
        """Remember keys, safely before it returns."""
        scope = self._scope(name)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(_NOTE, [(key, scope) for key in keys])

    def begin_sweep(self, name: str) -> int:
        """Begin a sweep: what is noted from now on is there; returns how many keys are known."""
        scope = self._scope(name)
        with self._lock, self._db:
            self._db.execute("UPDATE scopes SET sweep = sweep + 1 WHERE scope = ?", (scope,))
        return self._count("gone IS NULL", scope)

    def missing(self, name: str) -> int:
        """Return how many of the known keys the sweep has not met."""
        return self._count(f"gone IS NULL AND {_NOT_MET}", self._scope(name))

    def each_missing(self, name: str) -> Iterator[list[int]]:
        """Yield the keys that the sweep has not met, in ascending chunks."""
        yield from self._each(f"gone IS NULL AND {_NOT_MET}", self._scope(name))

    def mark_gone(self, name: str, keys: Sequence[int], moment: str) -> None:
        """Note that documents are gone, and since when that is known."""
        scope = self._scope(name)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "UPDATE known SET gone = ? WHERE scope = ? AND id = ?", [(moment, scope, key) for key in keys]
            )

    def forget_told(self, name: str, bookmark: str) -> None:
        """Forget what was told to be gone up to the bookmark: the target has it."""
        scope = self._scope(name)
        with self._lock, self._db:
            self._db.execute("DELETE FROM known WHERE scope = ? AND gone <= ?", (scope, bookmark))

    def each_gone(self, name: str) -> Iterator[tuple[str, list[int]]]:
        """Yield what is to be told: moments, and the keys that were found to be gone then, in chunks."""
        scope = self._scope(name)
        with self._lock:
            found = self._db.execute(
                "SELECT DISTINCT gone FROM known WHERE scope = ? AND gone IS NOT NULL ORDER BY gone", (scope,)
            ).fetchall()
        for (moment,) in found:
            for keys in self._each("gone = ?", scope, moment):
                yield moment, keys

    def _each(self, condition: str, scope: int, *values: str) -> Iterator[list[int]]:
        last: int | None = None
        while True:
            after, bound = ("", ()) if last is None else (" AND id > ?", (last,))
            with self._lock:
                rows = self._db.execute(
                    f"SELECT id FROM known WHERE scope = ? AND {condition}{after} ORDER BY id LIMIT {_CHUNK}",  # noqa: S608 - our own words, values as parameters
                    (scope, *values, *bound),
                ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [row[0] for row in rows]

    def _count(self, condition: str, scope: int) -> int:
        with self._lock:
            (count,) = self._db.execute(
                f"SELECT count(*) FROM known WHERE scope = ? AND {condition}",  # noqa: S608 - our own words, values as parameters
                (scope,),
            ).fetchone()
        return int(count)

    def _scope(self, name: str) -> int:
        with self._lock:
            if name not in self._scopes:
                self._db.execute("INSERT OR IGNORE INTO scopes (name, sweep) VALUES (?, 0)", (name,))
                found = self._db.execute("SELECT scope FROM scopes WHERE name = ?", (name,)).fetchone()
                self._scopes[name] = int(found[0])
            return self._scopes[name]


_NOT_MET = "seen < (SELECT sweep FROM scopes WHERE scopes.scope = known.scope)"
