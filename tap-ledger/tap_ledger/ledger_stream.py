"""The base stream: a table of the ledger, whole or from a bookmark on, each row a record.

Rows come in the order of their keys, so a run has read everything or nothing in particular: the bookmark moves once,
at the end, and a stopped run starts again where the last complete one ended. It moves to the newest change that was
read, but never into the last ``overlap_minutes`` before the run: a run of target-kingdee takes a row's time before it
gets to write the row, and clocks of several hosts differ. What lies at or behind the bookmark is read again.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from erp_sdk.command import SetupError
from erp_sdk.messages import decode
from erp_sdk.times import now, parse_time, rfc3339
from singer_sdk import SchemaDirectory, Stream, StreamSchema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from sqlalchemy import select

from tap_ledger.client import LedgerReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from singer_sdk.helpers import types
    from singer_sdk.singerlib import Catalog
    from sqlalchemy import ColumnElement, Row, Select, Table

    from tap_ledger.client import Book
    from tap_ledger.tap import TapLedger

CHANGED = "updated_at"


class LedgerStream(Stream):
    """A table of the ledger; properties of the schema that are columns of the table are read from it.

    Attributes:
        table: The table.
        key: Its columns that are unique within a book.
        json_columns: Its columns that hold JSON text.
        filters: The settings that narrow it.
    """

    schema: ClassVar[StreamSchema] = StreamSchema(SchemaDirectory(Path(__file__).with_name("schemas")))
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records are clean; schema tests hold them to that
    replication_key = CHANGED
    table: ClassVar[Table]
    key: ClassVar[tuple[str, ...]]
    json_columns: ClassVar[frozenset[str]] = frozenset()
    filters: ClassVar[tuple[str, ...]] = ("form", "account", "number")

    def __init__(self, tap: TapLedger) -> None:
        super().__init__(tap=tap)
        self.tap = tap

    # What streams.py declares.

    @property
    @abstractmethod
    def changed(self) -> ColumnElement[str]:
        """When a row last changed: RFC 3339 with +08:00 and seconds, which sorts as text."""

    def narrowed(self, chosen: Select[Any]) -> Select[Any]:
        """Apply the stream's own filters."""
        return chosen

    def complete(self, record: dict[str, Any]) -> None:
        """Add what is not a column."""

    # Records.

    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """Yield the rows of all books, or of the chosen form's."""
        began, newest = now(), ""
        chosen = self._chosen(context)
        with LedgerReader(self.tap.ledger_url) as reader:
            for book in self._books(reader):
                pages = reader.pages(chosen.where(self.table.c.book_id == book.book_id), self._key_columns())
                for rows in pages:
                    for row in rows:
                        newest = max(newest, row[-1])
                        yield self._record(book, row)
                    self.tap.check_stop()
        self._move_bookmark(context, newest, began)

    def _key_columns(self) -> list[Any]:
        return [self.table.c[name] for name in self.key]

    def _chosen(self, context: types.Context | None) -> Select[Any]:
        columns = [column for column in self.table.c if column.name in self.schema["properties"]]
        chosen = self.narrowed(select(*columns, self.changed.label("changed")))
        if self.config.get("number") is not None:
            chosen = chosen.where(self.table.c.number == self.config["number"])
        moments = (self._bookmark(context), self.tap.moment("since"))
        start = max((moment for moment in moments if moment is not None), default=None)
        end = self.tap.moment("until", end_of_day=True)
        if start is not None:
            chosen = chosen.where(self.changed >= rfc3339(start))
        return chosen if end is None else chosen.where(self.changed <= rfc3339(end))

    def _books(self, reader: LedgerReader) -> list[Book]:
        form, account = self.config.get("form"), self.config.get("account")
        found = [book for book in reader.books() if account in (None, book.account)]
        kept = [book for book in found if form in (None, book.form)]
        if form and not kept:
            known = ", ".join(sorted({book.form for book in found})) or "no form yet"
            self.logger.warning("The ledger %s has nothing of form %s; it has %s", reader.shown, form, known)
        return kept

    def _record(self, book: Book, row: Row[Any]) -> dict[str, Any]:
        record: dict[str, Any] = {"account": book.account, "form": book.form}
        for name, value in zip(row._fields[:-1], row, strict=False):
            if isinstance(value, (bytes, memoryview)):
                record[name] = value.hex()
            else:
                record[name] = _read_json(value) if name in self.json_columns else value
        record[CHANGED] = row[-1]
        self.complete(record)
        return record

    # State: a bookmark holds for the filters that it was made with.

    def _filtered_by(self) -> dict[str, str]:
        return {name: str(self.config[name]) for name in self.filters if self.config.get(name) is not None}

    def _bookmark(self, context: types.Context | None) -> datetime | None:
        state: Mapping[str, Any] = self.get_context_state(context)
        value = state.get("replication_key_value")
        if self.replication_method != REPLICATION_INCREMENTAL or value is None:
            return None
        if state.get("filters", {}) != self._filtered_by():
            self.logger.info("The bookmark was made with other filters: reading from the start")
            return None
        try:
            return parse_time(value)
        except (ValueError, AttributeError):
            raise SetupError(
                f"the state of {self.name} holds {value!r}, which is no date and time; mend or clear it "
                "(meltano state list, meltano state clear)."
            ) from None

    def _move_bookmark(self, context: types.Context | None, newest: str, began: datetime) -> None:
        if self.replication_method != REPLICATION_INCREMENTAL or not newest:
            return
        settled = rfc3339(began - timedelta(minutes=self.config["overlap_minutes"]))
        before = self._bookmark(context)
        reached = min(newest, settled)
        state = self.get_context_state(context)
        state["replication_key"] = CHANGED
        state["replication_key_value"] = reached if before is None else max(reached, rfc3339(before))
        state["filters"] = self._filtered_by()

    # What singer-sdk would do with state. Two of the names are private: the tests of the bookmark fail if they change.

    def _increment_stream_state(self, latest_record: Any, *, context: types.Context | None = None) -> None:
        """Do nothing: rows come in the order of their keys, so one says nothing about the others' times."""

    def _write_starting_replication_value(self, context: types.Context | None) -> None:
        """Do nothing: bookmark and since are read above, and state holds nothing but bookmarks."""

    def get_replication_key_signpost(self, context: types.Context | None = None) -> None:
        """No signpost: the bookmark stays behind the run's start by itself."""

    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """No BATCH files: state would run ahead of a file that is not written yet."""
        del config

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take the catalog's selection and method; the time of the last change stays what is compared."""
        declared = self.replication_key
        super().apply_catalog(catalog)
        if self.replication_key:
            self.replication_key = declared


def _read_json(text: str | None) -> Any:
    """Decode an object or null; anything else is kept as ``unreadable``: one row must not hold up the others."""
    if text is None:
        return None
    try:
        value = decode(text)
    except (ValueError, ArithmeticError, RecursionError):
        return {"unreadable": text}
    return value if value is None or isinstance(value, dict) else {"unreadable": value}
