"""Field keys of a query turned into columns: how to read one from a row, compare it and print it (contract 8.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.kingdee import datetext
from erp_sandbox.kingdee.documents import FORBID, MODIFIED, STATUS, USE_ORG
from erp_sandbox.kingdee.envelope import EXCEPTION, NO_FIELD, Refused
from erp_sandbox.kingdee.filters import FilterError
from erp_sandbox.kingdee.metadata import ENTRY_ID, SEQ, Entity, Field, Form, load_forms
from erp_sandbox.kingdee.values import to_bool

if TYPE_CHECKING:
    from collections.abc import Callable

    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document

    Row = tuple[Document | None, ...]
    Read = Callable[[Row], Any]

BLANK_TEXT = " "
"""What the vendor's database holds for an empty text."""

NUMERIC = frozenset({"decimal", "integer", "bool"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field lies: the chain of entities from the head (left out) down to its own."""

    field: Field
    path: tuple[Entity, ...]


@dataclass(slots=True)
class Column:
    """One column of a query.

    Args:
        read: the stored value from a row; None where the entry has no line.
        type: the field's type, or ``key`` for a primary key and ``reference`` for a bare reference.
        sql: the table's own column that holds it, when there is one.
        to_sql: turns a filter's literal into what that column holds, when it holds something else.
        guid: keys and references are texts instead of numbers.
    """

    read: Read
    type: str
    sql: str | None = None
    guid: bool = False
    to_sql: Callable[[Any], Any] | None = None

    def value(self, row: Row) -> Any:
        """Return what is compared and sorted: a text, a number, or None."""
        found = self.read(row)
        if self.type == "reference":
            return found["id"] if found else None
        if self.type == "bool":
            return int(found or 0)
        return found

    def cell(self, row: Row) -> Any:
        """Return what the answer shows."""
        found = self.read(row)
        if self.type == "decimal":
            return None if found is None else msgspec.Raw(format(Decimal(found), ".10f").encode())
        if self.type == "reference":
            return found["id"] if found else found
        return found

    def sql_value(self, literal: str | Decimal) -> Any:
        """Return a filter's literal as the table's column holds it; raises as `coerce`."""
        return self.coerce(literal) if self.to_sql is None else self.to_sql(literal)

    def coerce(self, literal: str | Decimal) -> Any:
        """Return a filter's literal as this column compares.

        Raises:
            FilterError: the database could not convert it either.
        """
        text = format(literal, "f") if isinstance(literal, Decimal) else literal
        if self.type in {"key", "reference"} and not self.guid:
            return int(_number(text))
        if self.type == "bool":
            flag = to_bool(text)
            if flag is None:
                raise FilterError(f"将值 '{text}' 转换为数据类型 bit 时失败")
            return int(flag)
        if self.type in NUMERIC:
            return _number(text)
        if self.type in {"date", "datetime"}:
            stored = datetext.read(text)
            if stored is None:
                raise FilterError(f"从字符串 '{text}' 转换日期和/或时间时失败")
            return stored
        return text.rstrip(" ")  # blanks at the end do not count in SQL


@dataclass
class Scope:
    """The columns of one query and the entry lists that they fan out over, parents first."""

    centre: DataCentre
    form: Form
    lists: list[tuple[Entity, ...]] = field(default_factory=list)
    _records: dict[tuple[str, Any], Document] = field(default_factory=dict)

    def column(self, key: str) -> Column:
        """Resolve a field key.

        Raises:
            Refused: MsgCode 9 for an unknown field, 4 for a property that the referenced form does not have.
        """
        name, *properties = key.strip().split(".")
        name = self._cased(name)
        if name == "FID" and self.form.key.upper() != "FID":
            self._without_fid()
        places = _places(self.form.id)
        if name == self.form.key:
            return Column(lambda row: _of(row[0], name), "key", "id", self.form.guid)
        special = _entry_keys(self.form.id).get(name)
        if special is not None and not properties:
            path, own = special
            slot = self._slot(path)
            return Column(lambda row: _of(row[slot], own), "integer")
        place = places.get(name)
        if place is None:
            if name in {entity.key for entity in self.form.entities()}:
                raise Refused(EXCEPTION, f"GetRealExpress error：解析字段(Key:{key})出错，实体不存在此属性")
            raise Refused(NO_FIELD, f"元数据中标识为 {key} 的字段不存在")
        return self._of_place(place, properties, key)

    def rows(self, document: Document) -> list[Row]:
        """Return the rows of a document: one a line of the entries in use, one alone where there are none."""
        rows: list[Row] = [(document,)]
        for path in self.lists:
            parent = self.lists.index(path[:-1]) + 1 if len(path) > 1 else 0
            key = path[-1].key
            rows = [(*row, line) for row in rows for line in ((row[parent] or {}).get(key) or (None,))]
        return rows

    def _of_place(self, place: Place, properties: list[str], key: str) -> Column:
        lists = tuple(entity for entity in place.path if entity.kind == "list")
        slot = self._slot(lists)
        singles = tuple(entity.key for entity in place.path if entity.kind == "single")
        read = _reader(slot, singles, place.field)
        own = place.field
        if properties:
            return self._property(read, own, properties, key)
        column = Column(read, "reference" if own.type == "ref" else own.type)
        if own.type == "ref":
            column.guid = isinstance(own.form, str) and load_forms()[own.form].guid
        elif not place.path:
            column.sql = _sql_column(self.form, own.key)
        return column

    def _property(self, read: Read, own: Field, properties: list[str], key: str) -> Column:
        """Return the column of a referenced record's property, which may itself be a reference."""
        if own.type != "ref":
            raise Refused(EXCEPTION, f"GetRealExpress error：解析字段(Key:{key})出错，实体不存在此属性")
        forms = set(own.form.values()) - {own.form["by"]} if isinstance(own.form, dict) else {str(own.form)}
        form = load_forms()[min(forms)]
        number = form.number_key
        name, *rest = properties
        place = _places(form.id).get(self._cased(name, form))
        if place is None and name.lower() == "fnumber":
            place = _places(form.id).get(number)
        if place is None:
            raise Refused(EXCEPTION, f"GetRealExpress error：解析字段(Key:{key})出错，实体不存在此属性")
        if not rest and place.field.key == number:
            column = Column(lambda row: _of(read(row), "FNumber"), "base_number")
            if own.key == (USE_ORG if self.form.kind == "base" else self.form.main_org):
                column.sql, column.to_sql = "org", self._org_id
            return column
        target = place.field
        path = tuple(entity.key for entity in place.path)
        inner = _reader(0, path, target)

        def through(row: Row) -> Any:
            value = read(row)
            return inner((self._record(form.id, value["id"]),)) if value else None

        if rest:
            return self._property(through, target, rest, key)
        return Column(through, "reference" if target.type == "ref" else target.type)

    def _record(self, form_id: str, key: Any) -> Document:
        """Return a referenced record, read once a query."""
        known = form_id, key
        record = self._records.get(known)
        if record is None:
            record = self.centre.documents.tables[form_id].get(self.centre.db, key) or {}
            self._records[known] = record
        return record

    def _slot(self, path: tuple[Entity, ...]) -> int:
        """Return the row's place for the lines of this entry, adding it (and its parents) to the fan-out."""
        for depth in range(1, len(path) + 1):
            if path[:depth] not in self.lists:
                self.lists.append(path[:depth])
        return self.lists.index(path) + 1 if path else 0

    def _cased(self, name: str, form: Form | None = None) -> str:
        """Return the form's own spelling of a key."""
        if self.centre.settings.key_case == "sensitive":
            return name
        return _spellings((form or self.form).id).get(name.lower(), name)

    def _without_fid(self) -> None:
        if self.form.without_fid == "column":
            raise Refused(EXCEPTION, "列名 'FID' 无效。")
        raise Refused(NO_FIELD, "元数据中标识为 FID 的字段不存在")

    def _org_id(self, literal: Any) -> int:
        ref = self.centre.base.form("ORG_Organizations").find(str(literal))
        return -1 if ref is None else int(ref.id)


def _reader(slot: int, singles: tuple[str, ...], own: Field) -> Read:
    """Return what reads a field from a row; blanks are what the vendor's database holds for them."""
    key = own.key
    blank: Any = None
    if own.type == "text":
        blank = BLANK_TEXT
    elif own.type in {"texts", "enum"}:
        blank = ""
    elif own.type in NUMERIC:
        blank = False if own.type == "bool" else 0
    elif own.type == "ref":
        blank = 0

    def read(row: Row) -> Any:
        holder = row[slot]
        if holder is None:
            return None
        for name in singles:
            holder = holder.get(name, {})
        return holder.get(key, blank)

    return read


def _of(holder: Any, key: str) -> Any:
    return holder.get(key) if holder else None


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise FilterError(f"在将 nvarchar 值 '{text}' 转换成数据类型 int 时失败") from None


def _sql_column(form: Form, key: str) -> str | None:
    """Return the table's column of a head field (`documents.FormTable`)."""
    columns = {form.number_key: "number", STATUS: "status", FORBID: "forbid", MODIFIED: "modified"}
    return columns.get(key)


@cache
def _places(form_id: str) -> dict[str, Place]:
    """Return every field of a form by key; where entities share a key the first one has it."""
    places: dict[str, Place] = {}

    def walk(entity: Entity, path: tuple[Entity, ...]) -> None:
        for key, own in entity.fields.items():
            places.setdefault(key, Place(own, path))
        for child in entity.entities.values():
            walk(child, (*path, child))

    walk(load_forms()[form_id].head, ())
    return places


@cache
def _entry_keys(form_id: str) -> dict[str, tuple[tuple[Entity, ...], str]]:
    """Return ``FEntity_FEntryID``, ``FEntity_FSeq`` … with the entry they belong to."""
    found: dict[str, tuple[tuple[Entity, ...], str]] = {}

    def walk(entity: Entity, path: tuple[Entity, ...]) -> None:
        for child in entity.entities.values():
            lists = (*path, child) if child.kind == "list" else path
            if child.kind == "list":
                for own in (ENTRY_ID, SEQ):
                    found[f"{child.key}_{own}"] = (lists, own)
            walk(child, lists)

    walk(load_forms()[form_id].head, ())
    return found


@cache
def _spellings(form_id: str) -> dict[str, str]:
    """Return every key a query may ask for, by its lower-case spelling."""
    form = load_forms()[form_id]
    entities = (entity.key for entity in form.entities())
    # A form's own key comes after "FID": BD_Saler's is spelt "fid".
    keys = ["FID", *entities, *_places(form_id), *_entry_keys(form_id), form.key]
    return {key.lower(): key for key in keys}
