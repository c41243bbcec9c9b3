"""Documents and base data in SQLite: one table a form, each row one whole document as JSON beside what is looked up."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.kingdee.account import FIRST
from erp_sandbox.kingdee.metadata import Entity, Form, load_forms

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from erp_sandbox.kingdee.account import Account

    Document = dict[str, Any]
    Key = int | str

DECODE = msgspec.json.Decoder(float_hook=Decimal).decode
ENCODE = msgspec.json.Encoder(decimal_format="number").encode

INTEGER_BITS = 63
"""A key beyond SQLite's integers is nobody's."""

STATUS = "FDocumentStatus"
FORBID = "FForbidStatus"
MODIFIED = "FModifyDate"
USE_ORG = "FUseOrgId"


class FormTable:
    """The rows of one form. Looked up by ``id`` (its primary key), ``number``, ``status`` and ``modified``.

    Args:
        form: its id names the table, so that no name comes from a request.
        account: whose table it is.
    """

    def __init__(self, form: Form, account: Account) -> None:
        self.form = form
        self._stem = f"{account.vendor}_{form.id.lower()}"
        self.name = f'"{self._stem}"'
        self._totals = form.totals
        columns = "id, number, status, forbid, org, modified, lines, quantity, amount, defaults, body"
        marks = ", ".join("?" for _ in columns.split(","))
        # The table's name is the only thing pasted into these texts, and it is the form's own.
        self._insert = f"INSERT INTO {self.name} ({columns}) VALUES ({marks})"  # noqa: S608 - see above
        self._replace = f"INSERT OR REPLACE INTO {self.name} ({columns}) VALUES ({marks})"  # noqa: S608 - see above
        self._delete = f"DELETE FROM {self.name} WHERE id = ?"  # noqa: S608 - see above
        self._select = f"SELECT body FROM {self.name}"  # noqa: S608 - see above
        self._numbers = f"SELECT number, id FROM {self.name} WHERE number IN (SELECT value FROM json_each(?))"  # noqa: S608 - see above
        self._counted = f"SELECT status, lines, quantity, amount FROM {self.name}"  # noqa: S608 - see above

    def create(self, db: sqlite3.Connection) -> None:
        """Create the table and its indexes where they are missing."""
        key = "TEXT" if self.form.guid else "INTEGER"
        db.execute(
            f"CREATE TABLE IF NOT EXISTS {self.name} (id {key} PRIMARY KEY, number TEXT, status TEXT, forbid TEXT,"
            " org, modified TEXT, lines INTEGER, quantity TEXT, amount TEXT, defaults TEXT, body BLOB NOT NULL)"
        )
        for column in ("number", "modified"):
            index = f'"{self._stem}_{column}"'
            db.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {self.name} ({column})")

    def empty(self, db: sqlite3.Connection) -> None:
        """Delete every row."""
        db.execute(f"DELETE FROM {self.name}")  # noqa: S608 - the form's own table

    def insert(self, db: sqlite3.Connection, documents: Iterable[Document]) -> None:
        """Write new documents."""
        db.executemany(self._insert, map(self._row, documents))

    def replace(self, db: sqlite3.Connection, documents: Iterable[Document]) -> None:
        """Write documents over those with the same primary key."""
        db.executemany(self._replace, map(self._row, documents))

    def delete(self, db: sqlite3.Connection, keys: Iterable[Key]) -> None:
        """Delete the documents with these primary keys."""
        db.executemany(self._delete, [(key,) for key in keys])

    def get(self, db: sqlite3.Connection, key: Key) -> Document | None:
        """Return the document with this primary key."""
        if isinstance(key, int) and key.bit_length() > INTEGER_BITS:
            return None
        row = db.execute(f"{self._select} WHERE id = ?", (key,)).fetchone()
        return None if row is None else DECODE(row[0])

    def by_keys(self, db: sqlite3.Connection, keys: Sequence[Key]) -> list[Document]:
        """Return the documents with these primary keys, in key order; unknown keys are left out."""
        return self._in(db, "id", keys)

    def by_numbers(self, db: sqlite3.Connection, numbers: Sequence[str]) -> list[Document]:
        """Return the documents with these numbers, in key order; unknown numbers are left out."""
        return self._in(db, "number", numbers)

    def numbered(self, db: sqlite3.Connection, numbers: Sequence[str]) -> dict[str, Key]:
        """Return which of these numbers are taken, with the key of a document that has it."""
        return dict(db.execute(self._numbers, (ENCODE(numbers).decode(),)).fetchall()) if numbers else {}

    def scan(
        self, db: sqlite3.Connection, where: str = "1", parameters: Sequence[Any] = (), tail: str = "ORDER BY id"
    ) -> Iterator[Document]:
        """Yield documents; ``where`` and ``tail`` are SQL over the table's columns, made by this package only."""
        for (body,) in db.execute(f"{self._select} WHERE {where} {tail}", tuple(parameters)):
            yield DECODE(body)

    def keys(
        self, db: sqlite3.Connection, where: str, parameters: Sequence[Any], tail: str
    ) -> Iterator[tuple[Key, int]]:
        """Yield (primary key, number of lines) without reading the documents."""
        sql = f"SELECT id, coalesce(lines, 0) FROM {self.name} WHERE {where} {tail}"  # noqa: S608 - see `scan`
        yield from db.execute(sql, tuple(parameters))

    def counted(self, db: sqlite3.Connection) -> Iterator[tuple[str, int, str | None, str | None]]:
        """Yield (status, lines, quantity, amount) of every document; quantity and amount are decimal texts."""
        yield from db.execute(self._counted)

    def count(self, db: sqlite3.Connection) -> int:
        """Count the rows."""
        count: int = db.execute(f"SELECT count(*) FROM {self.name}").fetchone()[0]  # noqa: S608 - the form's own table
        return count

    def _in(self, db: sqlite3.Connection, column: str, values: Sequence[Key]) -> list[Document]:
        where = f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608 - "id" or "number", from the two callers
        return list(self.scan(db, where, (ENCODE(values).decode(),)))

    def _row(self, document: Document) -> tuple[Any, ...]:
        form, totals = self.form, self._totals
        lines = quantity = amount = None
        if totals is not None:
            entries = document.get(totals.entity, ())
            lines = len(entries)
            quantity = str(sum((line.get(totals.quantity, 0) for line in entries), Decimal()))
            amount = str(sum((line.get(totals.amount, 0) for line in entries), Decimal()))
        org = document.get(USE_ORG if form.kind == "base" else form.main_org or "")
        return (
            document[form.key],
            document.get(form.number_key),
            document.get(STATUS),
            document.get(FORBID),
            org["id"] if org else None,
            document.get(MODIFIED),
            lines,
            quantity,
            amount,
            defaults_of(form, document),
            ENCODE(document),
        )


class Documents:
    """All forms' tables of an account, and the counters that number them."""

    def __init__(self, account: Account = FIRST) -> None:
        self.tables = {form_id: FormTable(form, account) for form_id, form in load_forms().items()}
        self._first = {
            form.sequence(entity): account.ids_from + (form.first_id if entity is form.head else entity.first_id)
            for form in load_forms().values()
            for entity in form.entities()
        }
        self._sequences = f"{account.vendor}_sequence"
        self._repeats = f"{account.vendor}_repeat"

    def create(self, db: sqlite3.Connection) -> None:
        """Create whatever is missing."""
        for table in self.tables.values():
            table.create(db)
        db.execute(
            f"CREATE TABLE IF NOT EXISTS {self._sequences} (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID"
        )
        db.execute(f"CREATE TABLE IF NOT EXISTS {self._repeats} (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def first(self, sequence: str) -> int:
        """Return the first id a counter gives out."""
        return self._first.get(sequence, 1)

    def take(self, db: sqlite3.Connection, sequence: str, count: int) -> int:
        """Reserve ``count`` consecutive ids and return the first."""
        row = db.execute(f"SELECT next FROM {self._sequences} WHERE name = ?", (sequence,)).fetchone()  # noqa: S608 - our own table
        first: int = row[0] if row else self.first(sequence)
        db.execute(f"INSERT OR REPLACE INTO {self._sequences} VALUES (?, ?)", (sequence, first + count))  # noqa: S608 - our own table
        return first

    def repeated(self, db: sqlite3.Connection, digest: bytes) -> bool:
        """Whether this JSON was saved before (ValidateRepeatJson)."""
        return db.execute(f"SELECT 1 FROM {self._repeats} WHERE digest = ?", (digest,)).fetchone() is not None  # noqa: S608 - our own table

    def remember(self, db: sqlite3.Connection, digest: bytes) -> None:
        """Keep the digest of a JSON that was saved."""
        db.execute(f"INSERT OR IGNORE INTO {self._repeats} VALUES (?)", (digest,))  # noqa: S608 - our own table

    def forget(self, db: sqlite3.Connection) -> None:
        """Forget what was saved before."""
        db.execute(f"DELETE FROM {self._repeats}")  # noqa: S608 - our own table


def defaults_of(form: Form, document: Document) -> str | None:
    """Return, as JSON, the properties of a base-data record that other forms' defaults read; None for other forms."""
    names = _referenced_defaults().get(form.id)
    if names is None:
        return None
    return ENCODE({name: _find_value(form.head, document, name) for name in names}).decode()


def _find_value(entity: Entity, document: Document, key: str) -> Any:
    """Return the value of a head field, wherever in the head's 1:1 parts it lies."""
    if key in entity.fields:
        return document.get(key)
    for child in entity.entities.values():
        if child.kind == "single":
            found = _find_value(child, document.get(child.key, {}), key)
            if found is not None:
                return found
    return None


@cache
def _referenced_defaults() -> dict[str, tuple[str, ...]]:
    """Collect, by base-data form, what other forms read of its records: ``=FMaterialID.FBaseUnitId``, ``of``."""
    wanted: dict[str, dict[str, None]] = {}
    for form in load_forms().values():
        for entity in form.entities():
            for field in entity.fields.values():
                if isinstance(field.default, str) and field.default.startswith("=") and "." in field.default:
                    key, _, name = field.default[1:].partition(".")
                    source = entity.fields[key].form
                    if isinstance(source, str):
                        wanted.setdefault(source, {})[name] = None
                if field.of:
                    wanted.setdefault(str(field.form), {})[field.of] = None
    return {form_id: tuple(names) for form_id, names in wanted.items()}
