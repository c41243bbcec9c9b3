"""What people and other programs read from the ledger; nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from erp_sdk.messages import encode
from sqlalchemy import func, select

from target_kingdee.ledger_schema import books, dead_letters, deliveries, runs, source_schemas
from target_kingdee.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Row, Select

    from target_kingdee.ledger import Ledger
    from target_kingdee.ledger_rows import DeadLetter

ROWS_A_TIME = 500
LAST_RUNS = 5


class Delivered(NamedTuple):
    """A delivery as reconciling needs it.

    Attributes:
        is_as_sent: Kingdee holds the content whose totals these are.
    """

    number: str
    status: str
    kingdee_id: str | None
    is_as_sent: bool
    totals: Totals


def deliveries_by_number(ledger: Ledger, account: str, form: str, numbers: Sequence[str]) -> dict[str, Delivered]:
    """Return what the ledger has of these numbers."""
    chosen = _deliveries(account, form).where(deliveries.c.number.in_(numbers))
    with ledger.reading() as connection:
        return {row[0]: _delivered(row) for row in connection.execute(chosen)}


def deliveries_of_days(ledger: Ledger, account: str, form: str, first: str, last: str) -> Iterator[Delivered]:
    """Yield deliveries of these document dates, both included, in the order of their numbers."""
    number, day = deliveries.c.number, deliveries.c.document_date
    chosen = _deliveries(account, form).where(day.between(first, last)).order_by(number).limit(ROWS_A_TIME)
    behind = ""
    while True:
        with ledger.reading() as connection:
            rows = connection.execute(chosen.where(number > behind)).all()
        for row in rows:
            yield _delivered(row)
        if len(rows) < ROWS_A_TIME:
            return
        behind = rows[-1][0]


def count_undated_letters(ledger: Ledger, account: str, form: str) -> int:
    """Count open dead letters that never became a document."""
    letter, document = dead_letters.c, deliveries.c
    is_there = (document.book_id == letter.book_id) & (document.number == letter.number)
    chosen = (
        select(func.count())
        .select_from(dead_letters)
        .join(books, books.c.book_id == letter.book_id)
        .where(books.c.account == account, books.c.form == form, letter.closed_at.is_(None))
        .where(~select(document.number).where(is_there).exists())
    )
    with ledger.reading() as connection:
        return int(connection.execute(chosen).scalar() or 0)


def _deliveries(account: str, form: str) -> Select[Any]:
    row = deliveries.c
    columns = (
        row.number, row.status, row.kingdee_id, row.content_hash, row.delivered_hash, row.document_date,
        row.line_count, row.quantity, row.amount,
    )  # fmt: skip
    book = select(books.c.book_id).where(books.c.account == account, books.c.form == form).scalar_subquery()
    return select(*columns).where(row.book_id == book)


def _delivered(row: Row[Any]) -> Delivered:
    number, status, kingdee_id, sent, held, *totals = row
    return Delivered(number, status, kingdee_id, held is not None and bytes(held) == bytes(sent), Totals(*totals))


def with_open_letters(ledger: Ledger, letters: Sequence[DeadLetter]) -> set[tuple[str, str, str]]:
    """Return form, source stream and source key of those of these dead letters that are open in the ledger."""
    letter = dead_letters.c
    found: set[tuple[str, str, str]] = set()
    streams: dict[tuple[str, str], list[str]] = {}
    for one in letters:
        streams.setdefault((one.form, one.source_stream), []).append(one.source_key)
    with ledger.reading() as connection:
        for (form, stream), keys in streams.items():
            chosen = select(letter.source_key).join(books, books.c.book_id == letter.book_id)
            chosen = chosen.where(books.c.account == ledger.account, books.c.form == form)
            chosen = chosen.where(letter.source_stream == stream, letter.closed_at.is_(None))
            for start in range(0, len(keys), ROWS_A_TIME):
                some = chosen.where(letter.source_key.in_(keys[start : start + ROWS_A_TIME]))
                found.update((form, stream, key) for key in connection.execute(some).scalars())
    return found


def read_source_schemas(ledger: Ledger) -> dict[str, tuple[list[str], dict[str, Any]]]:
    """Return key properties and schema of each source stream that was ever declared."""
    chosen = select(source_schemas.c.source_stream, source_schemas.c.key_properties, source_schemas.c.schema)
    with ledger.reading() as connection:
        rows = connection.execute(chosen).all()
    return {stream: (msgspec.json.decode(keys), msgspec.json.decode(schema)) for stream, keys, schema in rows}


def summarise(ledger: Ledger) -> dict[str, Any]:
    """Return documents by account, form and status, open dead letters by reason, and the last runs."""
    document, letter = deliveries.c, dead_letters.c
    by_status = (
        select(books.c.account, books.c.form, document.status, func.count().label("documents"))
        .join(books, books.c.book_id == document.book_id)
        .group_by(books.c.account, books.c.form, document.status)
        .order_by(books.c.account, books.c.form, document.status)
    )
    by_reason = (
        select(books.c.account, books.c.form, letter.reason, func.count().label("dead_letters"))
        .join(books, books.c.book_id == letter.book_id)
        .where(letter.closed_at.is_(None))
        .group_by(books.c.account, books.c.form, letter.reason)
        .order_by(books.c.account, books.c.form, letter.reason)
    )
    last_runs = select(runs).order_by(runs.c.run_id.desc()).limit(LAST_RUNS)
    with ledger.reading() as connection:
        told_runs = [dict(row) for row in connection.execute(last_runs).mappings()]
        for run in told_runs:
            run["summary"] = msgspec.json.decode(run["summary"]) if run["summary"] else None
        return {
            "ledger": ledger.shown,
            "documents": [dict(row) for row in connection.execute(by_status).mappings()],
            "open_dead_letters": [dict(row) for row in connection.execute(by_reason).mappings()],
            "last_runs": told_runs,
        }


def as_json(value: Any) -> str:
    """Spell a value as one line of JSON, numbers exact."""
    return encode(value).decode()
