"""What the ledger writes: its statements, compiled once, and the rows that cases and dead letters make."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sdk.times import parse_time, rfc3339
from sqlalchemy import Text, and_, bindparam, case, func, literal_column, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from target_kingdee.case import Case, Fate
from target_kingdee.ledger_schema import dead_letters, deliveries, is_unfinished, source_schemas
from target_kingdee.outcomes import DELETED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Dialect, Row
    from sqlalchemy.sql import ClauseElement

    from target_kingdee.document import Entry


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A source record that did not become a document, with everything needed to mend and replay it."""

    form: str
    source_stream: str
    source_key: str
    reason: str
    message: str
    fix: str
    record: str
    number: str | None = None
    mapping: str = ""
    field: str | None = None
    model: str | None = None
    occurred_at: str | None = None
    state: str = "open"
    protection: str = "none"
    waits_for: str | None = None


class Unfinished(NamedTuple):
    """A document that a run before left on its way, and its dead letter where there is an open one.

    Attributes:
        letter_id: None without a letter, and so are those that follow it.
        record: The source record's JSON, as `protection` says.
        model: The Kingdee model's JSON, as `protection` says.
        waits_for: JSON, see `Case.waits_for`.
    """

    number: str
    entry: Entry
    letter_id: int | None
    mapping: str | None
    record: str | None
    model: str | None
    protection: str | None
    waits_for: str | None


class Statement:
    """A statement compiled once, run with plain tuples: SQLAlchemy's own way costs several times as much.

    Args:
        clause: What to compile; every value in it is a named parameter.
        dialect: The database's.
    """

    def __init__(self, clause: ClauseElement, dialect: Dialect) -> None:
        kind: Any = type(dialect)
        compiled: Any = clause.compile(dialect=dialect if dialect.positional else kind(paramstyle="format"))
        self._sql = str(compiled)
        self._pick = itemgetter(*compiled.positiontup)

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once a row."""
        if rows:
            connection.exec_driver_sql(self._sql, list(map(self._pick, rows)))

    def fetch(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Run it once and return what it finds."""
        return connection.exec_driver_sql(self._sql, self._pick(values)).all()


ENTRY_COLUMNS = tuple(
    deliveries.c[name]
    for name in (
        "number", "status", "source_stream", "source_key", "content_hash", "delivered_hash", "kingdee_id",
        "document_status", "floor_id", "modified_at",
    )
)  # fmt: skip


def known_clause(count: int) -> Any:
    """Find what is known of so many numbers; the columns after the number are those of `Entry`, in order."""
    columns = deliveries.c
    numbers = [bindparam(f"number_{index}", type_=Text) for index in range(count)]
    return select(*ENTRY_COLUMNS).where(columns.book_id == bindparam("book"), columns.number.in_(numbers))


def unfinished_clause(statuses: Sequence[str]) -> Any:
    """Find documents of these statuses, in the order of their numbers: number, `Entry`, the rest of `Unfinished`."""
    return _left_clause(or_(*(deliveries.c.status == _literal(status) for status in statuses)))


def parked_clause() -> Any:
    """Find documents that wait for base data, those among them that an unfinished attempt has taken up; likewise."""
    document, letter = deliveries.c, dead_letters.c
    taken_up = and_(document.status == _literal("sending"), letter.state == _literal("parked"))
    return _left_clause(or_(document.status == _literal("parked"), taken_up))


def _left_clause(wanted: ColumnElement[bool]) -> Any:
    document, letter = deliveries.c, dead_letters.c
    of_one_record = and_(
        letter.book_id == document.book_id,
        letter.source_stream == document.source_stream,
        letter.source_key == document.source_key,
        letter.closed_at.is_(None),
    )
    told = (letter.dead_letter_id, letter.mapping, letter.record, letter.model, letter.protection, letter.waits_for)
    return (
        select(*ENTRY_COLUMNS, *told)
        .select_from(deliveries.outerjoin(dead_letters, of_one_record))
        .where(
            document.book_id == bindparam("book"),
            document.number > bindparam("after"),
            is_unfinished,
            wanted,
        )
        .order_by(document.number)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLAlchemy would make a parameter of its own
    )


def _literal(text: str) -> Any:
    return literal_column(f"'{text}'")


def _upsert(dialect: str) -> Any:
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


_TOTALS = ("document_date", "line_count", "quantity", "amount")


def intend_clause(dialect: str) -> Any:
    """A delivery begins: insert its row, or turn the row it had back to sending."""
    columns = deliveries.c
    names = [
        "book_id", "number", "status", "source_stream", "source_key", "content_hash", "floor_id", "attempts",
        "first_sent_at", "updated_at", "run_id", *_TOTALS,
    ]  # fmt: skip
    made = _upsert(dialect)(deliveries).values({name: bindparam(name) for name in names})
    fresh = made.excluded
    return made.on_conflict_do_update(
        index_elements=[columns.book_id, columns.number],
        set_={
            "source_stream": fresh.source_stream,
            "source_key": fresh.source_key,
            "content_hash": fresh.content_hash,
            # An attempt without a known outcome may be the one that made the document: its floor counts.
            "floor_id": case((columns.status == fresh.status, columns.floor_id), else_=fresh.floor_id),
            "status": fresh.status,
            "attempts": columns.attempts + literal_column("1"),
            "updated_at": fresh.updated_at,
            "run_id": fresh.run_id,
            **{name: fresh[name] for name in _TOTALS},
        },
    )


def settle_clause() -> Any:
    """A delivery ends."""
    columns = deliveries.c
    names = ["status", "delivered_hash", "kingdee_id", "document_status", "modified_at", "updated_at", "run_id"]
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    for name in ("returned", "delivered_at"):  # what was once known stays known
        changed[name] = func.coalesce(bindparam(f"new_{name}"), columns[name])
    return (
        update(deliveries)
        .where(columns.book_id == bindparam("book"), columns.number == bindparam("of_number"))
        .values(changed)
    )


def letter_clause(dialect: str) -> Any:
    """A dead letter: a new one, or the one of the same source record once more."""
    columns = dead_letters.c
    names = [column.name for column in columns if column.name not in ("dead_letter_id", "closed_at")]
    made = _upsert(dialect)(dead_letters).values({name: bindparam(name) for name in names})
    kept = {"book_id", "source_stream", "source_key", "attempts", "first_at"}
    changed: dict[str, Any] = {name: made.excluded[name] for name in names if name not in kept}
    # What a person discarded stays so as long as the same record is refused for the same reason.
    is_discarded = and_(
        columns.state == _literal("discarded"),
        columns.record == made.excluded.record,
        columns.reason == made.excluded.reason,
    )
    changed["state"] = case((is_discarded, columns.state), else_=made.excluded.state)
    changed["note"] = case((is_discarded, columns.note), else_=null())
    changed["closed_at"] = case((is_discarded, columns.closed_at), else_=null())
    return made.on_conflict_do_update(
        index_elements=[columns.book_id, columns.source_stream, columns.source_key],
        set_={**changed, "attempts": columns.attempts + literal_column("1")},
    )


def source_schema_clause(dialect: str) -> Any:
    """How a source stream is declared: a new one, or in place of what was known; runs of several forms may race."""
    columns = source_schemas.c
    changed = ["key_properties", "schema", "updated_at"]
    names = ["source_stream", *changed]
    made = _upsert(dialect)(source_schemas).values({name: bindparam(name) for name in names})
    return made.on_conflict_do_update(
        index_elements=[columns.source_stream], set_={name: made.excluded[name] for name in changed}
    )


def amend_letter_clause() -> Any:
    """What a dead letter says changes, its record and model stay."""
    columns = dead_letters.c
    names = ["reason", "message", "fix", "field", "last_at", "updated_at", "run_id"]
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    changed["attempts"] = columns.attempts + literal_column("1")
    changed["state"], changed["waits_for"] = literal_column("'open'"), null()  # it waits for no base data any more
    return update(dead_letters).where(columns.dead_letter_id == bindparam("letter_id")).values(changed)


def close_letter_clause() -> Any:
    """A source record went through after all."""
    columns = dead_letters.c
    return (
        update(dead_letters)
        .where(
            columns.book_id == bindparam("book"),
            columns.source_stream == bindparam("stream"),
            columns.source_key == bindparam("key"),
            columns.closed_at.is_(None),
        )
        .values(closed_at=bindparam("at"), updated_at=bindparam("at"), state=_literal("delivered"), waits_for=null())
    )


def outcome(one: Case, book_id: int, at: str, run_id: int) -> dict[str, Any]:
    """Make the row of a case that ended."""
    is_delivered = one.fate in (Fate.DELIVERED, Fate.UPDATED)
    status = "delivered" if is_delivered else _left_as(one)
    held_hash, kingdee_id = one.held_hash, one.kingdee_id
    if one.fate is Fate.EXISTING:
        status = "delivered" if one.is_ours else "existing"
    elif not one.is_ours:
        kingdee_id = None  # somebody else's document: the next attempt must not take it for ours
    if one.fate is Fate.DEAD and held_hash is None and one.prior is not None and kingdee_id is not None:
        held_hash = one.prior.delivered_hash
    return {
        "book": book_id,
        "of_number": one.number,
        "new_status": status,
        "new_delivered_hash": held_hash,
        "new_kingdee_id": None if kingdee_id is None else str(kingdee_id),
        "new_document_status": one.status or None,
        "new_modified_at": one.modified_at,
        "new_returned": one.returned.decode() if one.returned else None,
        "new_updated_at": at,
        "new_delivered_at": at if is_delivered else None,
        "new_run_id": run_id,
    }


def _left_as(one: Case) -> str:
    if one.fate is Fate.SAVED:
        return "saved"
    return "parked" if one.fate is Fate.PARKED else "deleted" if one.reason is DELETED else "dead"


def letter_of(one: Case, form: str) -> DeadLetter:
    """Make the dead letter of a case that Kingdee did not take, or did not audit."""
    document, reason = one.document, one.reason
    return DeadLetter(
        form=form,
        source_stream=document.source_stream,
        source_key=document.source_key,
        reason=reason.name if reason else "rejected",
        message=one.message,
        fix=reason.fix if reason else "",
        record=bytes(document.record).decode(),
        number=one.number,
        mapping=document.mapping,
        field=one.field_name,
        model=None if one.is_resumed else bytes(document.model).decode(),
        state="parked" if one.fate is Fate.PARKED else "open",
        protection="omitted" if one.is_resumed else "none",
        waits_for=one.waits_for,
    )


def letter_amendment(one: Case, at: str, run_id: int) -> dict[str, Any]:
    """Make what a resumed case changes in the letter that it has: it knows neither record nor model."""
    return {
        "letter_id": one.letter_id,
        "new_reason": one.reason.name if one.reason else "rejected",
        "new_message": one.message,
        "new_fix": one.reason.fix if one.reason else "",
        "new_field": one.field_name,
        "new_last_at": at,
        "new_updated_at": at,
        "new_run_id": run_id,
    }


def letter_row(letter: DeadLetter, book_id: int, at: str, run_id: int) -> dict[str, Any]:
    """Make the row of a dead letter."""
    occurred = _own_spelling(letter.occurred_at) or at
    return {
        "book_id": book_id,
        "source_stream": letter.source_stream,
        "source_key": letter.source_key,
        "number": letter.number,
        "mapping": letter.mapping,
        "field": letter.field,
        "reason": letter.reason,
        "message": letter.message,
        "fix": letter.fix,
        "record": letter.record,
        "model": letter.model,
        "attempts": 1,
        "first_at": occurred,
        "last_at": occurred,
        "updated_at": at,
        "run_id": run_id,
        "state": letter.state,
        "protection": letter.protection,
        "waits_for": letter.waits_for,
        "note": None,
    }


def _own_spelling(time: str | None) -> str | None:
    """Spell a mapper's time as the ledger does, so that times compare as text; None when it is none."""
    try:
        moment = parse_time(time)
    except ValueError:
        return None
    return None if moment is None else rfc3339(moment)
