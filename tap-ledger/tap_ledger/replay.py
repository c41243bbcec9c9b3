"""Replay: the source records of open dead letters, as their tap once sent them, for the mapping of today.

One stream for each source stream, declared as its tap declared it. There is no bookmark: what is open is what is left.
A record is sent once, also when several forms refused it, as its newest letter holds it. Only letters of runs that
began before this one are read, so that what is refused again meanwhile does not come round. Each RECORD says that it
is a ``replay``, beside its record: what a person deleted in Kingdee is delivered again only so.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import SetupError
from erp_sdk.messages import NOTHING, decode, encode
from erp_sdk.times import rfc3339
from singer_sdk import Stream
from singer_sdk.singerlib import SchemaMessage
from sqlalchemy import and_, exists, func, or_, select
from target_kingdee.ledger_schema import dead_letters, runs, source_schemas
from target_kingdee.privacy import ENCRYPTED, OMITTED_STATE, LockedError, Vault

from tap_ledger.client import LedgerReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers import types
    from sqlalchemy import ColumnElement, Row, Select, Table

    from tap_ledger.client import Book
    from tap_ledger.tap import TapLedger

ANY_RECORD: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
"""For a stream that was refused before ledgers kept how it was declared."""

_AGAIN = "read their period from the source again: set back its tap's bookmark or start_date"
SKIPPED = {
    "omitted": f"their personal data was left out (personal_data=omit); {_AGAIN}",
    "recordless": f"they were kept without a source record (the mapper's setting source=key, or an old run); {_AGAIN}",
    "unreadable": f"their source records are no JSON that can be read; mend the source and {_AGAIN}",
    "locked": "personal_data_key does not open them; put the key they were encrypted with behind it, after a comma",
}
"""Why letters cannot be replayed, and the way out."""


class _Line(msgspec.Struct, tag_field="type", tag="RECORD"):
    stream: str
    record: msgspec.Raw
    replay: bool = True


@dataclass(frozen=True)
class Plan:
    """What a replay reads, fixed when it begins.

    Attributes:
        newest_run: Letters of later runs are left alone.
        books: The books whose letters are meant.
        streams: Key properties and schema by source stream.
    """

    newest_run: int
    books: Sequence[int]
    streams: Mapping[str, tuple[list[str], dict[str, Any]]] = field(default_factory=dict)


def make_plan(tap: TapLedger) -> Plan:
    """See which streams have open letters.

    Raises:
        SetupError: There is no ledger, or its letters belong to several accounts.
    """
    with LedgerReader(tap.ledger_url) as reader:
        newest_run = reader.rows(select(func.coalesce(func.max(runs.c.run_id), 0)))[0][0]
        plan = Plan(newest_run, [book.book_id for book in _books(tap, reader.books())])
        letter = dead_letters.c
        some = select(letter.source_stream, func.min(letter.source_key)).where(letter.book_id.in_(plan.books))
        found = reader.rows(some.where(*_wanted(tap, plan, dead_letters)).group_by(letter.source_stream))
        declared = source_schemas.c
        known = reader.rows(select(declared.source_stream, declared.key_properties, declared.schema))
    schemas = {stream: (decode(keys), decode(schema)) for stream, keys, schema in known}
    streams = {stream: schemas.get(stream) or (_keys_in(key), ANY_RECORD) for stream, key in found}
    return replace(plan, streams=streams)


class ReplayStream(Stream):
    """The records of one source stream that did not become documents."""

    forced_replication_method = "FULL_TABLE"
    replication_key = None

    def __init__(self, tap: TapLedger, plan: Plan, name: str) -> None:
        self._declared_keys, self._declared = plan.streams[name]
        super().__init__(tap=tap, schema=self._declared, name=name)
        self.primary_keys = self._declared_keys
        self.tap = tap
        self._plan = plan
        self._skipped: dict[str, int] = {}

    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """Yield each record as ``{"record": <its bytes>}``, whole, whatever a catalog deselects."""
        del context
        sent: msgspec.Raw | None = None
        with LedgerReader(self.tap.ledger_url) as reader:
            for book_id in self._plan.books:
                for rows in reader.pages(self._chosen(book_id), [dead_letters.c.source_key]):
                    for row in rows:
                        raw = self._record(row)
                        if raw is not None and not (raw == sent and self._is_of_a_part(row.source_key)):
                            yield {"record": raw}
                            sent = raw
                    self.tap.check_stop()
        for cause, count in self._skipped.items():
            self.logger.warning("%d dead letters of %s are not replayed: %s", count, self.name, SKIPPED[cause])

    def _chosen(self, book_id: int) -> Select[Any]:
        """Choose a form's letters, but not those whose record another form holds in a newer letter."""
        letter, other = dead_letters.c, dead_letters.alias()
        names = ("source_key", "record", "model", "mapping", "protection")
        chosen = select(*(letter[name] for name in names)).where(
            letter.book_id == book_id,
            letter.source_stream == self.name,
            *_wanted(self.tap, self._plan, dead_letters),
        )
        others = [one for one in self._plan.books if one != book_id]
        if not others:
            return chosen
        newer = or_(
            other.c.updated_at > letter.updated_at,
            and_(other.c.updated_at == letter.updated_at, other.c.dead_letter_id > letter.dead_letter_id),
        )
        # The books are spelled out: SQLite then finds the other letters by their index.
        same = (
            other.c.book_id.in_(others),
            other.c.source_stream == self.name,
            other.c.source_key == letter.source_key,
        )
        held = exists(select(other.c.dead_letter_id).where(*same, newer, *_wanted(self.tap, self._plan, other)))
        return chosen.where(~held)

    def _is_of_a_part(self, source_key: str) -> bool:
        """Whether a letter is of one document of a record that made several: they stand side by side."""
        return set(_keys_in(source_key)) > set(self._declared_keys)

    def _record(self, row: Row[Any]) -> msgspec.Raw | None:
        """Return a letter's source record; None, and counted, where it has none to send."""
        _, record, model, mapping, protection = row
        cause = _hindrance(record, model, mapping, protection)
        if cause is None and protection == ENCRYPTED:
            try:
                return msgspec.Raw(encode(self.tap.vault.opened(decode(record))))
            except LockedError:
                cause = "locked"
        if cause is None:
            return msgspec.Raw(record.encode())
        self._skipped[cause] = self._skipped.get(cause, 0) + 1
        return None

    # What singer-sdk would do: take a record apart by its schema and the catalog, and write state.

    def _generate_schema_messages(self) -> Iterator[SchemaMessage]:  # type: ignore[override]  # a generator there
        yield SchemaMessage(self.name, self._declared, self._declared_keys)

    def _write_record_message(self, record: dict[str, Any]) -> None:
        sys.stdout.buffer.write(encode(_Line(self.name, record["record"])) + b"\n")

    def _increment_stream_state(self, latest_record: Any, *, context: types.Context | None = None) -> None:
        """Do nothing: there is no bookmark."""

    def _write_state_message(self) -> None:
        """Write none: there is no bookmark."""

    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """No BATCH files: target-kingdee takes none."""
        del config


def make_vault(tap: TapLedger) -> Vault:
    """Return what opens encrypted letters.

    Raises:
        SetupError: The key is missing or none.
    """
    keys = tap.config.get("personal_data_key")
    if not keys:
        raise SetupError(
            "the dead letters are encrypted: set personal_data_key to what target-kingdee has, to replay them."
        )
    return Vault(keys)


def _wanted(tap: TapLedger, plan: Plan, letters: Table | Any) -> list[ColumnElement[bool]]:
    """Return the conditions of the settings on letters, but for those on their books."""
    letter, config = letters.c, tap.config
    exact = {letter.reason: config.get("reason"), letter.number: config.get("number")}
    wanted: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    since, until = tap.moment("since"), tap.moment("until", end_of_day=True)
    if since is not None:
        wanted.append(letter.last_at >= rfc3339(since))
    if until is not None:
        wanted.append(letter.last_at <= rfc3339(until))
    return [*wanted, letter.state == "open", letter.run_id <= plan.newest_run]


def _books(tap: TapLedger, found: Sequence[Book]) -> list[Book]:
    """Return the books that the settings mean.

    Raises:
        SetupError: They are of several accounts.
    """
    account, form = tap.config.get("account"), tap.config.get("form")
    accounts = sorted({book.account for book in found})
    if account is None and len(accounts) > 1:
        raise SetupError(
            f"the ledger holds several accounts ({', '.join(accounts)}): set account to the one that target-kingdee "
            "delivers to, or a document of one would be replayed into the other."
        )
    return [book for book in found if account in (None, book.account) and form in (None, book.form)]


def _keys_in(source_key: str) -> list[str]:
    """Guess key properties from a key."""
    try:
        key = decode(source_key)
    except ValueError:
        return []
    return sorted(key) if isinstance(key, dict) else []


def _hindrance(record: str, model: str | None, mapping: str, protection: str) -> str | None:
    """Return why a letter cannot be replayed: one of `SKIPPED`; None when it can."""
    if protection == OMITTED_STATE:
        return "omitted"
    try:
        outside = msgspec.json.decode(record, type=dict[str, msgspec.Raw] | None)
    except (msgspec.DecodeError, RecursionError):
        return "unreadable"
    if outside is None or (mapping and record == model):
        return "recordless"
    return "unreadable" if list(outside) == ["unreadable"] or NOTHING in outside.values() else None
