"""What a merge book says of documents, for people; nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sdk.messages import decode
from sqlalchemy import literal, or_, select, tuple_

from mapper_kd.merging.tables import documents, groups, mappings, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapper_kd.merging.book import Book

_ROWS_A_TIME = 1000
_document, _member = documents.c, members.c


def documents_in(book: Book, number: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield documents in order, all or those of a number: mapping, form, numbers, group, part, members, sent_at."""
    place = (_document.group_id, _document.part)
    columns = (mappings.c.name, mappings.c.form, groups.c.key, _document.number, _document.size, _document.sent_at)
    chosen = (
        select(*place, *columns)
        .join(groups, groups.c.group_id == _document.group_id)
        .join(mappings, mappings.c.mapping_id == _document.mapping_id)
        .order_by(*place)
        .limit(_ROWS_A_TIME)
    )
    if number is not None:
        whole = literal("\n") + _document.number + literal("\n")
        chosen = chosen.where(or_(_document.number == number, whole.contains(f"\n{number}\n", autoescape=True)))
    after = (0, 0)
    while True:
        with book.database.reading() as connection:
            rows = connection.execute(chosen.where(tuple_(*place) > tuple_(*map(literal, after)))).all()
        for group_id, part, name, form, key, numbers, size, sent_at in rows:
            yield {
                "mapping": name,
                "form": form,
                "numbers": numbers.split("\n") if numbers else [],
                "group": decode(key),
                "part": part,
                "members": size,
                "sent_at": sent_at,
                "place": (group_id, part),
            }
        if len(rows) < _ROWS_A_TIME:
            return
        after = tuple(rows[-1][:2])


def members_in(book: Book, place: tuple[int, int]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield the keys of a document's records in order, and whether the record belongs elsewhere by now."""
    chosen = (
        select(_member.member_id, _member.key, _member.astray)
        .where(_member.group_id == place[0], _member.part == place[1])
        .order_by(_member.member_id)
        .limit(_ROWS_A_TIME)
    )
    after = 0
    while True:
        with book.database.reading() as connection:
            rows = connection.execute(chosen.where(_member.member_id > after)).all()
        for _, key, is_astray in rows:
            yield decode(key), bool(is_astray)
        if len(rows) < _ROWS_A_TIME:
            return
        after = rows[-1][0]
