"""What a merge book asks and writes: statements compiled once, run with plain tuples.

SQLAlchemy's own way of running a statement costs several times what the statement does.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from mapper_kd.merging.tables import documents, groups, is_due, is_waiting, members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row
    from sqlalchemy.sql import ClauseElement

AT_ONCE = 1_000
"""Rows a page, and records a batch."""
DOCUMENTS_AT_ONCE = 250

_NONE: Any = literal_column("0")  # SQLAlchemy would make a parameter of its own
_document, _group, _member = documents.c, groups.c, members.c


class Statement:
    """A statement compiled once.

    Args:
        clause: What to compile; every value in it is a named parameter.
        dialect: The database's.
    """

    def __init__(self, clause: ClauseElement, dialect: Any) -> None:
        compiled: Any = clause.compile(
            dialect=dialect if dialect.positional else type(dialect)(paramstyle="format"),
            compile_kwargs={"render_postcompile": True},
        )
        self._sql = str(compiled)
        names = compiled.positiontup
        self._pick: Any = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once a row."""
        if rows:
            connection.exec_driver_sql(self._sql, list(map(self._pick, rows)))

    def fetch(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Run it once and return what it finds."""
        return connection.exec_driver_sql(self._sql, self._pick(values)).all()


def listed(name: str, values: Sequence[Any], places: int) -> dict[str, Any]:
    """Return the parameters of a list of so many places; the last value fills it up."""
    return {f"{name}_{index}": values[min(index, len(values) - 1)] for index in range(places)}


def _list(name: str, places: int) -> list[Any]:
    return [bindparam(f"{name}_{index}") for index in range(places)]


def known_members() -> Any:
    """Find what is known of the members with these keys."""
    columns = (
        _member.key, _member.member_id, _member.group_id, _member.part, _member.shape, _member.contribution,
        _member.astray,
    )  # fmt: skip
    return select(*columns).where(_member.mapping_id == bindparam("mapping"), _member.key.in_(_list("key", AT_ONCE)))


def known_groups() -> Any:
    """Find the groups with these keys."""
    return select(_group.key, _group.group_id, _group.waits).where(
        _group.mapping_id == bindparam("mapping"), _group.key.in_(_list("key", AT_ONCE))
    )


def new_group(dialect: str) -> Any:
    """Insert a group unless it is there."""
    made = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(groups)
    values: dict[str, Any] = {name: bindparam(name) for name in ("mapping_id", "key", "parts", "waits")}
    return made.values(values).on_conflict_do_nothing(index_elements=["mapping_id", "key"])


def waiting_group() -> Any:
    """A group has records that are in no document yet."""
    return update(groups).where(_group.group_id == bindparam("of_group")).values(waits=true())


def new_member() -> Any:
    """Insert a member."""
    names = ("mapping_id", "key", "group_id", "part", "shape", "contribution", "record", "astray")
    return insert(members).values({name: bindparam(name) for name in names})


def changed_member() -> Any:
    """A member's record has come again: what it gives now, and in which group."""
    names = ("group_id", "shape", "contribution", "record", "astray")
    return (
        update(members)
        .where(_member.member_id == bindparam("of_member"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


def stray_member() -> Any:
    """A member's record belongs elsewhere now, or back to its document."""
    return update(members).where(_member.member_id == bindparam("of_member")).values(astray=bindparam("new_astray"))


def gone_member() -> Any:
    """A member that is in no document is wanted in none."""
    return delete(members).where(_member.member_id == bindparam("of_member"))


def due_document() -> Any:
    """A document has to be sent."""
    due: Any = bindparam("new_due")
    return (
        update(documents)
        .where(_document.group_id == bindparam("of_group"), _document.part == bindparam("of_part"))
        .values(due=case((_document.due > due, _document.due), else_=due))
    )


def first_record() -> Any:
    """The source record that a document keeps has changed."""
    return (
        update(documents)
        .where(
            _document.group_id == bindparam("of_group"),
            _document.part == bindparam("of_part"),
            _document.first_member == bindparam("of_member"),
        )
        .values(record=bindparam("new_record"))
    )


def number_of() -> Any:
    """Find the number of a document."""
    return select(_document.number).where(
        _document.group_id == bindparam("of_group"), _document.part == bindparam("of_part")
    )


# --- the end of the input


def waiting_groups() -> Any:
    """Find groups whose records wait, behind one of them."""
    return (
        select(_group.group_id, _group.parts)
        .where(_group.mapping_id == bindparam("mapping"), is_waiting, _group.group_id > bindparam("after"))
        .order_by(_group.group_id)
        .limit(literal_column(str(AT_ONCE)))
        .offset(_NONE)
    )


def waiting_bounds() -> Any:
    """Find the first and the last waiting member of groups, and how many there are."""
    return (
        select(_member.group_id, func.min(_member.member_id), func.max(_member.member_id), func.count())
        .where(_member.group_id.in_(_list("group", AT_ONCE)), _member.part == literal_column("0"))
        .group_by(_member.group_id)
        .order_by(_member.group_id)
    )


def waiting_members() -> Any:
    """Find the waiting members of a group, behind one of them."""
    return (
        select(_member.member_id, _member.contribution)
        .where(
            _member.group_id == bindparam("group"),
            _member.part == literal_column("0"),
            _member.member_id > bindparam("after"),
        )
        .order_by(_member.member_id)
        .limit(literal_column(str(AT_ONCE)))
        .offset(_NONE)
    )


def _between() -> Any:
    return and_(
        _member.group_id == bindparam("of_group"),
        _member.part == literal_column("0"),
        _member.member_id >= bindparam("first"),
        _member.member_id <= bindparam("last"),
    )


def new_document() -> Any:
    """Insert a document; its record is the first that its members have."""
    record = (
        select(_member.record)
        .where(_between(), _member.record.is_not(None))
        .order_by(_member.member_id)
        .limit(literal_column("1"))
        .offset(_NONE)
        .scalar_subquery()
    )
    return insert(documents).values(
        group_id=bindparam("of_group"),
        part=bindparam("new_part"),
        mapping_id=bindparam("mapping"),
        due=literal_column("1"),
        size=bindparam("new_size"),
        first_member=bindparam("first"),
        record=record,
    )


def member_of_part() -> Any:
    """Members get their document."""
    return update(members).where(_between()).values(part=bindparam("new_part"), record=null())


def parted_group() -> Any:
    """A group's records are all in documents."""
    return (
        update(groups)
        .where(_group.group_id == bindparam("of_group"))
        .values(parts=bindparam("new_parts"), waits=literal_column("false"))
    )


def due_documents() -> Any:
    """Find documents to be sent, behind one of them."""
    after: Any = (bindparam("group"), bindparam("part"))
    columns = (
        _document.group_id, _document.part, _document.due, _document.size, _group.key, _document.record,
        _document.number,
    )  # fmt: skip
    return (
        select(*columns)
        .join(groups, _group.group_id == _document.group_id)
        .where(
            _document.mapping_id == bindparam("mapping"),
            is_due,
            tuple_(_document.group_id, _document.part) > tuple_(*after),
        )
        .order_by(_document.group_id, _document.part)
        .limit(literal_column(str(DOCUMENTS_AT_ONCE)))
        .offset(_NONE)
    )


_place = (_member.group_id, _member.part)
_told = (*_place, _member.member_id, _member.key, _member.shape, _member.contribution, _member.astray)


def members_of_some() -> Any:
    """Find the members of documents, in order."""
    wanted = [
        and_(_member.group_id == bindparam(f"group_{index}"), _member.part == bindparam(f"part_{index}"))
        for index in range(DOCUMENTS_AT_ONCE)
    ]  # a list of pairs would make SQLite read the whole table
    return select(*_told).where(or_(*wanted)).order_by(*_place, _member.member_id)


def members_of_one() -> Any:
    """Find the members of a document in order, behind one of them."""
    return (
        select(*_told)
        .where(
            _member.group_id == bindparam("group"),
            _member.part == bindparam("part"),
            _member.member_id > bindparam("after"),
        )
        .order_by(_member.member_id)
        .limit(literal_column(str(AT_ONCE)))
        .offset(_NONE)
    )


def sent_document() -> Any:
    """A document is on its way; one that could not be made again is known by the number it had before."""
    number: Any = bindparam("new_number", type_=_document.number.type)
    nothing: Any = literal_column("''")  # these statements take plain tuples, so no constant may be a parameter
    known = case((number == nothing, func.coalesce(_document.number, nothing)), else_=number)
    return (
        update(documents)
        .where(_document.group_id == bindparam("of_group"), _document.part == bindparam("of_part"))
        .values(number=known, sent_at=bindparam("at"))
    )


def all_sent() -> Any:
    """All documents are out."""
    return update(documents).where(_document.mapping_id == bindparam("mapping"), is_due).values(due=literal_column("0"))
