"""Reads the sections of a mapping that hold bodies: lists of lines, several documents, base data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd.mapping.fields import fields
from mapper_kd.mapping.model import BaseData, Body, Documents, LineList
from mapper_kd.mapping.values import condition, keys, lets

if TYPE_CHECKING:
    from mapper_kd.yaml_nodes import Entry

LIST_KEYS = ("each", "where", "when", "required", "let", "organisations", "fields", "lines")
DOCUMENTS_KEYS = ("each", "where", "let")
BASE_DATA_KEYS = ("each", "where", "when", "number", "let", "fields", "lines")
_MAX_NESTING = 6
_NUMBER_KEYS = {"BD_Empinfo": "FStaffNumber"}  # of other base data it is FNumber (contract 8.19)


def lists(entry: Entry | None, depth: int = 1) -> tuple[LineList, ...]:
    """Read the section ``lines:``, of the document or of a list."""
    if entry is None:
        return ()
    if depth > _MAX_NESTING:
        entry.wrong(f"is nested deeper than {_MAX_NESTING} lists")
        return ()
    return tuple(_list(key, one, depth) for key, one in entry.entries())


def _list(key: str, entry: Entry, depth: int) -> LineList:
    parts = entry.known(LIST_KEYS)
    if "fields" not in parts:
        entry.wrong("has no fields:")
    return LineList(
        keys=keys(key, entry),
        place=entry.place,
        body=Body(
            lets(parts.get("let")),
            fields(parts.get("fields"), of_rows="each" in parts),
            lists(parts.get("lines"), depth + 1),
        ),
        each=condition(parts, "each"),
        when=condition(parts, "when"),
        where=condition(parts, "where"),
        required=parts["required"].flag() if "required" in parts else False,
        organisations=parts.get("organisations"),
    )


def documents(entry: Entry | None) -> Documents | None:
    """Read the section ``documents:``."""
    if entry is None:
        return None
    parts = entry.known(DOCUMENTS_KEYS)
    each = condition(parts, "each")
    if each is None:
        entry.wrong("has no each:, the list that gives one document for each of its rows")
        return None
    return Documents(entry.place, each, condition(parts, "where"), lets(parts.get("let")))


def base_data(entry: Entry | None) -> tuple[BaseData, ...]:
    """Read the section ``base_data:``."""
    return () if entry is None else tuple(_companion(form, one) for form, one in entry.entries())


def _companion(form: str, entry: Entry) -> BaseData:
    """Read the fields of one form's base data, written alone or, with more to say, below ``fields:``."""
    names = [key for key, _ in entry.entries()] if entry.is_mapping else []
    parts = entry.known(BASE_DATA_KEYS) if "fields" in names else {"fields": entry}
    read = fields(parts["fields"])
    number = parts["number"].text() if "number" in parts else _NUMBER_KEYS.get(form, "FNumber")
    if (number,) not in [one.keys for one in read]:
        entry.wrong(f"has no field {number}, the number by which Kingdee knows it")
    if "where" in parts and "each" not in parts:
        parts["where"].wrong("chooses rows and needs each:; use when: without it")
    one = LineList(
        keys=(form,),
        place=entry.place,
        body=Body(lets(parts.get("let")), read, lists(parts.get("lines"))),
        each=condition(parts, "each"),
        when=condition(parts, "when"),
        where=condition(parts, "where"),
    )
    return BaseData(form, number, one)


def document_number(entry: Entry | None, body: Body) -> str | None:
    """Read ``number:``, which names a plain field of the head."""
    if entry is None:
        return None
    number = entry.text()
    if number not in [".".join(one.keys) for one in body.fields]:
        entry.wrong(f"names {number}, which is no field of head")
    elif "." in number:
        entry.wrong("must be a plain field such as FBillNo, not a part of a reference")
    return number
