"""Base data (基础资料) in memory: what a reference in a document is resolved against, by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.documents import DECODE, FORBID, STATUS, USE_ORG, defaults_of
from erp_sandbox.kingdee.metadata import Form, load_forms

if TYPE_CHECKING:
    import sqlite3

    from erp_sandbox.kingdee.documents import Document, Documents, Key

AUDITED = "C"
FORBIDDEN = "B"

MISSING = "不存在"
UNAUDITED = "未审核"
DISABLED = "已禁用"
OTHER_ORG = "在当前组织下不可用"


class Ref:
    """One base-data record as documents refer to it. ``org`` is the id of the organisation that uses it.

    A year's materials are 68,509 of these, so they hold no name; ``defaults`` (what other forms' defaults read, such
    as a material's base unit) is one object for all records with the same.
    """

    __slots__ = ("defaults", "id", "number", "obstacle", "org")

    def __init__(self, key: Key, number: str, obstacle: str | None, org: int | None, defaults: dict[str, Any]) -> None:
        self.id = key
        self.number = number
        self.obstacle = obstacle
        self.org = org
        self.defaults = defaults

    @property
    def value(self) -> dict[str, Any]:
        """What a document stores of the reference."""
        return {"FNumber": self.number, "id": self.id}


class FormIndex:
    """The records of one base-data form by number. A number may be used by several organisations, one record each."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.by_number: dict[str, Ref] = {}
        self._further: dict[str, list[Ref]] = {}
        self._defaults: dict[str, dict[str, Any]] = {"{}": {}}

    def load(self, db: sqlite3.Connection, table: str) -> None:
        """Read every record of the form's table."""
        sql = f"SELECT id, number, status, forbid, org, defaults FROM {table} ORDER BY id"  # noqa: S608 - its own table
        for key, number, status, forbid, org, defaults in db.execute(sql):
            self._add(Ref(key, number, _obstacle(status, forbid), org, self._shared(defaults)))

    def put(self, document: Document) -> None:
        """Take over a record that was saved, audited, forbidden …"""
        number = document.get(self.form.number_key)
        if number is None:
            return
        self.drop(number, document[self.form.key])
        org = document.get(USE_ORG)
        obstacle = _obstacle(document.get(STATUS), document.get(FORBID))
        defaults = self._shared(defaults_of(self.form, document))
        self._add(Ref(document[self.form.key], number, obstacle, org["id"] if org else None, defaults))

    def drop(self, number: str, key: Key) -> None:
        """Forget the record with this number and key."""
        left = [ref for ref in self.named(number) if ref.id != key]
        self.by_number.pop(number, None)
        self._further.pop(number, None)
        for ref in left:
            self._add(ref)

    def named(self, number: str) -> list[Ref]:
        """Return every record with this number."""
        first = self.by_number.get(number)
        return [] if first is None else [first, *self._further.get(number, ())]

    def find(self, number: str) -> Ref | None:
        """Return the first record with this number, whatever its state."""
        return self.by_number.get(number)

    def usable(self, number: str, org: int | None, shared: int | None) -> Ref | str:
        """Return the record an organisation may use, or why there is none (contract 5.4).

        Args:
            number: the record's code.
            org: the document's organisation; None asks for no organisation.
            shared: the organisation whose base data everybody may use.
        """
        obstacle = MISSING
        for ref in self.named(number):
            if org is not None and ref.org is not None and ref.org not in (org, shared):
                obstacle = OTHER_ORG if obstacle is MISSING else obstacle
            elif ref.obstacle is None:
                return ref
            else:
                obstacle = ref.obstacle
        return obstacle

    def _shared(self, text: str | None) -> dict[str, Any]:
        """Return the defaults of a record, one object for all records with the same."""
        key = text or "{}"
        found = self._defaults.get(key)
        if found is None:
            found = self._defaults[key] = DECODE(key)
        return found

    def _add(self, ref: Ref) -> None:
        if self.by_number.setdefault(ref.number, ref) is not ref:
            self._further.setdefault(ref.number, []).append(ref)


class BaseData:
    """The indexes of all base-data forms, each loaded when it is first needed."""

    def __init__(self, db: sqlite3.Connection, documents: Documents) -> None:
        self._db = db
        self._documents = documents
        self._indexes: dict[str, FormIndex] = {}

    def form(self, form_id: str) -> FormIndex:
        """Return the index of one form."""
        index = self._indexes.get(form_id)
        if index is None:
            index = FormIndex(load_forms()[form_id])
            index.load(self._db, self._documents.tables[form_id].name)
            self._indexes[form_id] = index
        return index

    def number_of(self, form_id: str, key: Key) -> str | None:
        """Return the number of the record with this primary key."""
        document = self._documents.tables[form_id].get(self._db, key)
        return None if document is None else document.get(load_forms()[form_id].number_key)

    def saved(self, form: Form, document: Document) -> None:
        """Keep the index right after a base-data record was written."""
        if form.kind == "base":
            self.form(form.id).put(document)

    def deleted(self, form: Form, document: Document) -> None:
        """Keep the index right after a base-data record was deleted."""
        if form.kind == "base":
            self.form(form.id).drop(document.get(form.number_key, ""), document[form.key])


def _obstacle(status: str | None, forbid: str | None) -> str | None:
    if forbid == FORBIDDEN:
        return DISABLED
    return None if status == AUDITED else UNAUDITED
