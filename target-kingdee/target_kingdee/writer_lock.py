"""One writer for each form of an account: a lock in the ledger that a dead holder loses by itself.

A holder's beat moves every few seconds. Who wants the lock watches the beat with a clock of its own, so that hosts with
different times do not matter: a beat that moves is alive, one that stands still is dead. On the holder's own host the
process table says so at once.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from erp_sdk.command import UserError
from sqlalchemy import bindparam, func, select, update

from target_kingdee.ledger_schema import books

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from target_kingdee.ledger import Book, Ledger

BEAT_SECONDS = 5.0
DEAD_SECONDS = 20.0
POLL_SECONDS = 0.5


class _Holder(NamedTuple):
    holder: str
    place: str
    pid: int
    started: str
    beat: int


class LockedError(UserError):
    """Another run writes the same form of the same account."""


class WriterLock:
    """The locks of one run.

    Args:
        ledger: Where they are.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._holder = uuid.uuid4().hex
        held = select(books.c.book_id).where(books.c.book_id == bindparam("book"), books.c.holder == bindparam("mine"))
        # With Postgres the row is locked until the commit: who evicts waits for that. SQLite has one who writes anyway.
        self._confirm = ledger.statement(held.with_for_update())
        self._held: list[int] = []
        self._released = threading.Event()
        self._beating: threading.Thread | None = None

    def acquire(self, book: Book) -> None:
        """Become the one writer of this book.

        Raises:
            LockedError: Another run is, and lives.
        """
        deadline: float | None = None
        last_beat: int | None = None
        while not self._take(book.id):
            holder = self._holder_of(book.id)
            if holder is None:
                continue
            if _is_same_place(holder) and _is_alive(holder):
                raise self._refusal(book.form, holder)
            if _is_same_place(holder):
                self._evict(book.id, holder)
                continue
            if last_beat is not None and holder.beat != last_beat:
                raise self._refusal(book.form, holder)
            if deadline is None:
                deadline = time.monotonic() + DEAD_SECONDS
            last_beat = holder.beat
            if time.monotonic() >= deadline:
                self._evict(book.id, holder)
            else:
                time.sleep(min(POLL_SECONDS, DEAD_SECONDS / 4))
        self._held.append(book.id)
        self._start_beating()

    def confirm(self, connection: Connection, book: Book) -> None:
        """Make sure, within a transaction that writes, that this run is still the one writer.

        Raises:
            LockedError: It was taken away while this process stood still.
        """
        if not self._confirm.fetch(connection, {"book": book.id, "mine": self._holder}):
            raise LockedError(f"another run took over {book.form} while this one stood still; let that one finish.")

    def release(self) -> None:
        """Let go of everything."""
        self._released.set()
        if self._beating is not None:
            self._beating.join(timeout=BEAT_SECONDS)
        if self._held:
            with self._ledger.transaction() as connection:
                connection.execute(update(books).where(books.c.holder == self._holder).values(**_NOBODY))
        self._held = []

    def _take(self, book_id: int) -> bool:
        place, pid, started = _this_process()
        mine = {"holder": self._holder, "holder_place": place, "holder_pid": pid, "holder_started": started}
        with self._ledger.transaction() as connection:
            free = update(books).where(books.c.book_id == book_id, books.c.holder.is_(None))
            return connection.execute(free.values(**mine, beat=func.coalesce(books.c.beat, 0) + 1)).rowcount == 1

    def _holder_of(self, book_id: int) -> _Holder | None:
        columns = books.c
        chosen = select(
            columns.holder, columns.holder_place, columns.holder_pid, columns.holder_started, columns.beat
        ).where(columns.book_id == book_id, columns.holder.is_not(None))
        with self._ledger.transaction() as connection:
            row = connection.execute(chosen).first()
        return None if row is None else _Holder(*row)

    def _evict(self, book_id: int, holder: _Holder) -> None:
        """Take a lock from a dead holder, unless it has moved or changed hands just now."""
        dead = update(books).where(
            books.c.book_id == book_id, books.c.holder == holder.holder, books.c.beat == holder.beat
        )
        with self._ledger.transaction() as connection:
            connection.execute(dead.values(**_NOBODY))

    def _refusal(self, form: str, holder: _Holder) -> LockedError:
        host = holder.place.partition("/")[0]
        return LockedError(
            f"another run (process {holder.pid} on {host}) is writing {form} of {self._ledger.account} "
            f"with the ledger {self._ledger.shown}; wait for it or end it, then run again."
        )

    def _start_beating(self) -> None:
        if self._beating is None:
            self._beating = threading.Thread(target=self._beat, name="ledger-lock", daemon=True)
            self._beating.start()

    def _beat(self) -> None:
        while not self._released.wait(BEAT_SECONDS):
            for book_id in list(self._held):  # one transaction each: it waits for no more than one row that is written
                with suppress(UserError), self._ledger.transaction() as connection:  # the writer meets the same
                    mine = update(books).where(books.c.book_id == book_id, books.c.holder == self._holder)
                    connection.execute(mine.values(beat=books.c.beat + 1))


_NOBODY = {"holder": None, "holder_place": None, "holder_pid": None, "holder_started": None}


def _this_process() -> tuple[str, int, str]:
    return _place(), os.getpid(), _started(os.getpid())


def _place() -> str:
    """Name the host, its boot and its space of process ids.

    Two hosts may share a name, and containers of one host do not see each other's processes.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot = space = ""
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(pid: int) -> str:
    """Return when a process began, as a mark to tell it from a later one; empty for one that has ended."""
    try:
        # The state and what follows it, counted after the command in brackets, which may hold blanks.
        state, *fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state == "Z" else fields[18]


def _is_same_place(holder: _Holder) -> bool:
    return sys.platform != "win32" and holder.place == _place()


def _is_alive(holder: _Holder) -> bool:
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's process is a process
    return _started(holder.pid) == holder.started
