"""Dead letters as people and other programs choose and count them; nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sdk.messages import decode
from sqlalchemy import func, select

from target_kingdee.ledger_schema import books, dead_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement

    from target_kingdee.ledger import Ledger

STATES = ("open", "parked", "delivered", "discarded", "all")
ROWS_A_TIME = 500
_UNTOLD = ("book_id",)


@dataclass(frozen=True)
class LetterFilter:
    """Which letters are meant; what is None does not matter.

    Attributes:
        state: One of `STATES`.
        ids: Only these.
        since: Failed last at this time or later; RFC 3339 as the ledger spells it.
        until: Failed last at this time or before.
    """

    state: str = "open"
    form: str | None = None
    reason: str | None = None
    number: str | None = None
    stream: str | None = None
    since: str | None = None
    until: str | None = None
    ids: Sequence[int] | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        """Return the conditions on `dead_letters` and `books`."""
        letter = dead_letters.c
        exact = {
            letter.state: None if self.state == "all" else self.state,
            books.c.form: self.form,
            letter.reason: self.reason,
            letter.number: self.number,
            letter.source_stream: self.stream,
        }
        wanted: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
        if self.since is not None:
            wanted.append(letter.last_at >= self.since)
        if self.until is not None:
            wanted.append(letter.last_at <= self.until)
        if self.ids is not None:
            wanted.append(letter.dead_letter_id.in_(self.ids))
        return wanted


def read_letters(ledger: Ledger, wanted: LetterFilter) -> Iterator[dict[str, Any]]:
    """Yield letters, oldest first; what is JSON in them is decoded with exact numbers.

    Page by page, each a transaction of its own, behind the last letter of the one before: memory does not grow, no
    writer waits, and what changes meanwhile is met once.
    """
    letter = dead_letters.c
    columns = [column for column in letter if column.name not in _UNTOLD]
    chosen = select(books.c.account, books.c.form, *columns).join(books, books.c.book_id == letter.book_id)
    chosen = chosen.where(*wanted.clauses()).order_by(letter.dead_letter_id).limit(ROWS_A_TIME)
    last = 0
    while True:
        with ledger.reading() as connection:
            rows = connection.execute(chosen.where(letter.dead_letter_id > last)).mappings().all()
        for row in rows:
            told = dict(row)
            for name in ("record", "model", "waits_for"):
                told[name] = None if told[name] is None else decode(told[name].encode())
            yield told
        if len(rows) < ROWS_A_TIME:
            return
        last = rows[-1]["dead_letter_id"]


def letter_ids(ledger: Ledger, wanted: LetterFilter) -> list[int]:
    """Return the ids of letters, oldest first."""
    chosen = select(dead_letters.c.dead_letter_id).join(books, books.c.book_id == dead_letters.c.book_id)
    with ledger.reading() as connection:
        found = connection.execute(chosen.where(*wanted.clauses()).order_by(dead_letters.c.dead_letter_id))
        return [int(one) for one in found.scalars()]


def count_letters(ledger: Ledger, wanted: LetterFilter) -> list[dict[str, Any]]:
    """Return how many letters there are by account, form, state and reason, the most first, with their times."""
    letter = dead_letters.c
    groups = (books.c.account, books.c.form, letter.state, letter.reason)
    count = func.count().label("dead_letters")
    times = func.min(letter.first_at).label("first_at"), func.max(letter.last_at).label("last_at")
    chosen = (
        select(*groups, count, *times)
        .join(books, books.c.book_id == letter.book_id)
        .where(*wanted.clauses())
        .group_by(*groups)
        .order_by(count.desc(), *groups)
    )
    with ledger.reading() as connection:
        return [dict(row) for row in connection.execute(chosen).mappings()]
