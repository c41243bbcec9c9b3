"""The ledger: for each document that ever left, where it came from, what became of it, and what is known in Kingdee.

SQLite by default, with a write-ahead log and ``synchronous=NORMAL``: what is committed survives the end of the process
in any moment (kill -9 included), because it is in the operating system's hands. A power cut may take back the last
commits; then the documents are looked up or refused by number, since the bookmark and Kingdee are ahead of the ledger,
never behind it. Another database by URL, through SQLAlchemy.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sdk.messages import encode, encode_sorted
from erp_sdk.times import now, rfc3339
from sqlalchemy import insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from target_kingdee.case import Case, Fate
from target_kingdee.document import Entry
from target_kingdee.ledger_engine import LedgerError, open_engine, told_by
from target_kingdee.ledger_rows import (
    ENTRY_COLUMNS,
    DeadLetter,
    Statement,
    Unfinished,
    amend_letter_clause,
    close_letter_clause,
    intend_clause,
    known_clause,
    letter_amendment,
    letter_clause,
    letter_of,
    letter_row,
    outcome,
    parked_clause,
    settle_clause,
    source_schema_clause,
    unfinished_clause,
)
from target_kingdee.ledger_schema import books, bring_up_to_date, dead_letters, deliveries, runs, source_schemas
from target_kingdee.privacy import Privacy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.sql import ClauseElement

LOOKUP_STEP = 50  # look-ups are compiled for multiples of so many numbers; the last number fills up
_REFUSED = (Fate.DEAD, Fate.SAVED, Fate.PARKED)
_STAYING = (*_REFUSED, Fate.LEFT, Fate.ASIDE)
_RESUMED = ("saved", "sending")
UNFINISHED_A_TIME = 500


class Book(NamedTuple):
    """The part of a ledger that belongs to one form of the account."""

    id: int
    form: str


class Ledger:
    """One open ledger.

    Args:
        url: SQLAlchemy URL; see `ledger_engine.ledger_url`.
        account: ``acct_id@host``.
        must_exist: Do not make one that is not there.
        privacy: How personal data in dead letters is kept; as it is by default.
    """

    def __init__(self, url: str, account: str, *, must_exist: bool = False, privacy: Privacy | None = None) -> None:
        self.account = account
        self._privacy = privacy or Privacy()
        self.url = url
        if must_exist and make_url(url).drivername == "sqlite" and not Path(self.shown).exists():
            raise LedgerError(f"there is no ledger at {self.shown}; set ledger_path to the one of your runs.")
        self._engine = open_engine(url)
        self._is_file = self._engine.dialect.name == "sqlite"
        self._has_open_letters: dict[int, bool] = {}
        self._lookups: dict[int, Statement] = {}
        self._run_id = 0
        self._owner = threading.get_ident()
        self._kept: Connection | None = None
        with self.transaction() as connection:
            bring_up_to_date(connection)
        dialect = self._engine.dialect.name
        self._intend = self.statement(intend_clause(dialect))
        self._settle = self.statement(settle_clause())
        self._letter = self.statement(letter_clause(dialect))
        self._source_schema = source_schema_clause(dialect)
        self._amend_letter = self.statement(amend_letter_clause())
        self._close_letter = self.statement(close_letter_clause())
        self._resumed = self.statement(unfinished_clause(_RESUMED))
        self._parked = self.statement(parked_clause())

    def statement(self, clause: ClauseElement) -> Statement:
        """Compile a statement for this database."""
        return Statement(clause, self._engine.dialect)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write in one transaction.

        Raises:
            LedgerError: The database refuses, or is gone.
        """
        is_at_commit = False
        try:
            with self._own_connection() as connection, connection.begin():
                yield connection
                is_at_commit = True
        except DBAPIError as error:
            raise self._failure(error, is_at_commit=is_at_commit) from None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one transaction that keeps no writer waiting.

        Raises:
            LedgerError: The database refuses, or is gone.
        """
        try:
            with self._engine.connect().execution_options(reads=True) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self._failure(error) from None

    @contextmanager
    def _own_connection(self) -> Iterator[Connection]:
        """Give the thread that opened a ledger file one connection for good.

        Any other thread gets one for once, and so does everyone where the ledger is a server: the pool sees whether
        the connection still stands, and makes another when it does not.
        """
        if not self._is_file or threading.get_ident() != self._owner:
            with self._engine.connect() as connection:
                yield connection
            return
        if self._kept is None:
            self._kept = self._engine.connect()
        yield self._kept

    def _failure(self, error: DBAPIError, *, is_at_commit: bool = False) -> LedgerError:
        return LedgerError(f"the ledger {self.shown} failed: {told_by(error, is_at_commit=is_at_commit)}")

    @property
    def shown(self) -> str:
        """Where the ledger is, without its password."""
        url = make_url(self.url)
        return url.database or "in memory" if url.drivername.startswith("sqlite") else url.render_as_string()

    def close(self) -> None:
        """Close all connections."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self._engine.dispose()

    # Books: one for each form of the account.

    def book(self, form: str) -> Book:
        """Return the form's book, made when it is not there."""
        with self.transaction() as connection:
            chosen = select(books.c.book_id).where(books.c.account == self.account, books.c.form == form)
            found = connection.execute(chosen).scalar()
            if found is None:
                made = connection.execute(insert(books).values(account=self.account, form=form, beat=0))
                found = made.inserted_primary_key[0] if made.inserted_primary_key else 0
            return Book(int(found), form)

    def known(self, connection: Connection, book: Book, numbers: Sequence[str]) -> dict[str, Entry]:
        """Return what is known of these numbers."""
        places = -(-len(numbers) // LOOKUP_STEP) * LOOKUP_STEP
        lookup = self._lookups.get(places)
        if lookup is None:
            lookup = self._lookups[places] = self.statement(known_clause(places))
        padded = [*numbers, *[numbers[-1]] * (places - len(numbers))]
        named = {f"number_{index}": number for index, number in enumerate(padded)}
        rows = lookup.fetch(connection, {"book": book.id, **named})
        return {number: Entry(*_as_bytes(values)) for number, *values in rows}

    # What earlier runs left on its way.

    def unfinished(
        self, connection: Connection, book: Book, after: str = "", most: int = UNFINISHED_A_TIME
    ) -> list[Unfinished]:
        """Return documents that are ``saved`` or ``sending``, in the order of their numbers.

        Args:
            connection: In a transaction.
            book: The form's book.
            after: Only numbers behind this one: the last of the call before.
            most: How many at most; fewer are the last ones.
        """
        return self._left(self._resumed, connection, book, after, most)

    def parked(
        self, connection: Connection, book: Book, after: str = "", most: int = UNFINISHED_A_TIME
    ) -> list[Unfinished]:
        """Return documents that wait for base data; as `unfinished`.

        Among them are those that were on their way again when their run was killed.
        """
        return self._left(self._parked, connection, book, after, most)

    def _left(
        self, statement: Statement, connection: Connection, book: Book, after: str, most: int
    ) -> list[Unfinished]:
        rows = statement.fetch(connection, {"book": book.id, "after": after, "most": most})
        entries = len(ENTRY_COLUMNS)
        return [Unfinished(row[0], Entry(*_as_bytes(row[1:entries])), *row[entries:]) for row in rows]

    # One batch: its intention before any call, its outcomes after the last.

    def intend(self, connection: Connection, book: Book, cases: Iterable[Case], floor_id: int | None) -> None:
        """Note that these documents are about to be sent."""
        at = rfc3339(now())
        fixed = {"book_id": book.id, "status": "sending", "floor_id": floor_id, "attempts": 1, "run_id": self._run_id}
        stamped = {**fixed, "first_sent_at": at, "updated_at": at}
        rows = [
            {
                **stamped,
                "number": one.document.number,
                "source_stream": one.document.source_stream,
                "source_key": one.document.source_key,
                "content_hash": one.document.content_hash,
                "document_date": one.document.totals.date,
                "line_count": one.document.totals.lines,
                "quantity": one.document.totals.quantity,
                "amount": one.document.totals.amount,
            }
            for one in cases
        ]
        self._intend.execute(connection, rows)

    def settle(
        self,
        connection: Connection,
        book: Book,
        cases: Sequence[Case],
        intended: frozenset[str],
        *,
        with_letters: bool = True,
    ) -> None:
        """Note how documents ended.

        Args:
            connection: In a transaction.
            book: The form's book.
            cases: Those with a fate.
            intended: The numbers whose rows are ours to change: another record's row stays as it is.
            with_letters: Write dead letters too; not for base data, whose trouble is told in its documents' letters.
        """
        at = rfc3339(now())
        self._settle.execute(
            connection, [outcome(one, book.id, at, self._run_id) for one in cases if one.number in intended]
        )
        if not with_letters:
            return
        refused = [one for one in cases if one.fate in _REFUSED]
        self._store_letters(connection, book, [letter_of(one, book.form) for one in refused if one.letter_id is None])
        amended = [letter_amendment(one, at, self._run_id) for one in refused if one.letter_id is not None]
        self._amend_letter.execute(connection, amended)
        if self._is_any_letter_open(connection, book.id):
            keys = [
                {"at": at, "book": book.id, "stream": one.document.source_stream, "key": key}
                for one in cases
                for key in _mapped_keys(one)
            ]
            self._close_letter.execute(connection, keys)

    # Dead letters.

    def store_letters(self, letters: Iterable[DeadLetter]) -> None:
        """Keep dead letters that came as messages; a letter of the same source record is replaced, not doubled."""
        by_form: dict[str, list[DeadLetter]] = {}
        for letter in letters:
            by_form.setdefault(letter.form, []).append(letter)
        shelf = {form: self.book(form) for form in by_form}
        with self.transaction() as connection:
            for form, some in by_form.items():
                self._store_letters(connection, shelf[form], some)

    def _store_letters(self, connection: Connection, book: Book, letters: Sequence[DeadLetter]) -> None:
        if letters:
            at = rfc3339(now())
            self._has_open_letters[book.id] = True
            kept = map(self._privacy.protected, letters)
            self._letter.execute(connection, [letter_row(letter, book.id, at, self._run_id) for letter in kept])

    def _is_any_letter_open(self, connection: Connection, book_id: int) -> bool:
        known = self._has_open_letters.get(book_id)
        if known is None:
            chosen = select(dead_letters.c.dead_letter_id).where(
                dead_letters.c.book_id == book_id, dead_letters.c.closed_at.is_(None)
            )
            known = self._has_open_letters[book_id] = connection.execute(chosen.limit(1)).first() is not None
        return known

    def discard(self, letter_ids: Iterable[int], note: str) -> int:
        """Close open letters because a person says so; their documents are not taken up again.

        A document with other content opens its letter again when it is refused.

        Returns:
            How many letters were open, and are no more.
        """
        at, count = rfc3339(now()), 0
        letter, document = dead_letters.c, deliveries.c
        with self.transaction() as connection:
            for letter_id in letter_ids:
                chosen = select(letter.book_id, letter.number).where(
                    letter.dead_letter_id == letter_id, letter.closed_at.is_(None)
                )
                found = connection.execute(chosen).first()
                if found is None:
                    continue
                count += 1
                closed = update(dead_letters).where(letter.dead_letter_id == letter_id)
                connection.execute(closed.values(state="discarded", note=note, closed_at=at, updated_at=at))
                left = update(deliveries).where(
                    document.book_id == found.book_id,
                    document.number == found.number,
                    document.status.in_(("dead", "deleted", "saved", "parked")),
                )
                connection.execute(left.values(status="discarded", updated_at=at))
        return count

    # Source schemas: what replaying needs to declare a stream as its tap did.

    def store_source_schema(self, stream: str, key_properties: Sequence[str], schema: Mapping[str, Any]) -> None:
        """Keep how a source stream was declared; one that is kept as it is costs no write."""
        told = (encode(list(key_properties)).decode(), encode_sorted(schema).decode())
        column = source_schemas.c
        chosen = select(column.key_properties, column.schema).where(column.source_stream == stream)
        with self.transaction() as connection:
            found = connection.execute(chosen).first()
            if found is not None and tuple(found) == told:
                return
            values = {"key_properties": told[0], "schema": told[1], "updated_at": rfc3339(now())}
            connection.execute(self._source_schema, {"source_stream": stream, **values})

    # Runs.

    def begin_run(self) -> int:
        """Note that a run has begun; returns its id."""
        with self.transaction() as connection:
            row = {"account": self.account, "started_at": rfc3339(now()), "result": "running"}
            made = connection.execute(insert(runs).values(**row))
            self._run_id = int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0
        return self._run_id

    def end_run(self, result: str, seconds: float, summary: str) -> None:
        """Note how a run ended."""
        values = {"ended_at": rfc3339(now()), "result": result, "seconds": seconds, "summary": summary}
        with self.transaction() as connection:
            connection.execute(update(runs).where(runs.c.run_id == self._run_id).values(**values))


def _mapped_keys(one: Case) -> Sequence[str]:
    """Return the source keys whose letters a case closes.

    A letter of a record that is in a document with others, or in several, says that it could not be mapped: it is over
    whatever becomes of the document, which has a letter of its own.
    """
    document = one.document
    return document.members if one.fate in _STAYING else [document.source_key, *document.members]


def _as_bytes(values: Sequence[Any]) -> list[Any]:
    """Some drivers give binary columns as views of memory."""
    return [bytes(value) if isinstance(value, memoryview) else value for value in values]
