"""The ledger's tables, and how an older ledger becomes a current one. SQLite and Postgres alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sdk.command import UserError
from erp_sdk.times import now, rfc3339
from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    literal_column,
    or_,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

VERSION = 2

metadata = MetaData()

schema_versions = Table(
    "schema_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", Text, nullable=False),
)

books = Table(
    "books",
    metadata,
    Column("book_id", Integer, primary_key=True),
    Column("account", Text, nullable=False, comment="acct_id@host"),
    Column("form", Text, nullable=False, comment="Kingdee's FormId"),
    Column("holder", Text, comment="the run that may write; null when none does"),
    Column("holder_place", Text, comment="host and process-id space of the holder"),
    Column("holder_pid", Integer),
    Column("holder_started", Text, comment="tells the process from a later one with the same id"),
    Column("beat", BigInteger, nullable=False, default=0, comment="moves as long as the holder lives"),
    UniqueConstraint("account", "form"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("book_id", Integer, ForeignKey(books.c.book_id), primary_key=True),
    Column("number", Text, primary_key=True, comment="FBillNo or FNumber"),
    Column(
        "status", Text, nullable=False, comment="sending, saved, parked, delivered, existing, dead, deleted, discarded"
    ),
    Column("source_stream", Text, nullable=False),
    Column("source_key", Text, nullable=False, comment="canonical JSON"),
    Column("content_hash", LargeBinary, nullable=False, comment="of the last attempt"),
    Column("delivered_hash", LargeBinary, comment="of what Kingdee holds"),
    Column("kingdee_id", Text, comment="FID"),
    Column("document_status", Text, comment="FDocumentStatus"),
    Column("returned", Text, comment="what NeedReturnFields asked for, JSON"),
    Column("floor_id", BigInteger, comment="the form's highest id before the first attempt"),
    Column("attempts", Integer, nullable=False),
    Column("first_sent_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("delivered_at", Text),
    Column("run_id", Integer, nullable=False),
    Column("document_date", Text, comment="FDate of the model, yyyy-MM-dd"),
    Column("line_count", Integer, comment="lines of the model; null when the form's lines are not known"),
    Column("quantity", Text, comment="exact decimal, over all lines"),
    Column("amount", Text, comment="exact decimal, tax included; null when the model does not tell it"),
    Column("modified_at", Text, comment="FModifyDate as Kingdee last told it"),
    sqlite_with_rowid=False,
)

# What a run takes up at its start. Spelled out, and with literals: SQLite uses a partial index only for a query that
# says the same. Few rows are in it at any time, so that it costs a settled document next to nothing.
is_unfinished = or_(
    *(deliveries.c.status == literal_column(f"'{status}'") for status in ("sending", "saved", "parked"))
)
Index(
    "deliveries_unfinished",
    deliveries.c.book_id,
    deliveries.c.number,
    sqlite_where=is_unfinished,
    postgresql_where=is_unfinished,
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("dead_letter_id", Integer, primary_key=True),
    Column("book_id", Integer, ForeignKey(books.c.book_id), nullable=False),
    Column("source_stream", Text, nullable=False),
    Column("source_key", Text, nullable=False, comment="canonical JSON"),
    Column("number", Text),
    Column("mapping", Text, nullable=False),
    Column("field", Text, comment="Kingdee field key"),
    Column("reason", Text, nullable=False, comment="a class, snake_case"),
    Column("message", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("record", Text, nullable=False, comment="source record, JSON, verbatim"),
    Column("model", Text, comment="Kingdee model, JSON, verbatim"),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("closed_at", Text, comment="when it was delivered after all, or discarded"),
    Column("updated_at", Text, nullable=False, comment="when this row was written; last_at may be the mapper's time"),
    Column("run_id", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default="open", comment="open, parked, delivered, discarded"),
    Column("protection", Text, nullable=False, server_default="none", comment="none, encrypted, omitted"),
    Column("waits_for", Text, comment='of a parked one: [{"form": …, "number": …}, …]'),
    Column("note", Text, comment="why a person discarded it"),
    UniqueConstraint("book_id", "source_stream", "source_key"),
    Index("dead_letters_open", "closed_at", "book_id"),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text),
    Column("result", Text, nullable=False, comment="running, done, failed, terminated"),
    Column("seconds", Float),
    Column("summary", Text, comment="JSON"),
)

source_schemas = Table(
    "source_schemas",
    metadata,
    Column("source_stream", Text, primary_key=True),
    Column("key_properties", Text, nullable=False, comment="JSON"),
    Column("schema", Text, nullable=False, comment="JSON, as the tap declared it"),
    Column("updated_at", Text, nullable=False),
)


# An upgrade is spelled out: it makes what that version was, whatever the tables above have become since.
_TO_VERSION_2 = """
ALTER TABLE deliveries ADD COLUMN document_date TEXT;
ALTER TABLE deliveries ADD COLUMN line_count INTEGER;
ALTER TABLE deliveries ADD COLUMN quantity TEXT;
ALTER TABLE deliveries ADD COLUMN amount TEXT;
ALTER TABLE deliveries ADD COLUMN modified_at TEXT;
CREATE INDEX deliveries_unfinished ON deliveries (book_id, number)
    WHERE status = 'sending' OR status = 'saved' OR status = 'parked';
ALTER TABLE dead_letters ADD COLUMN state TEXT DEFAULT 'open' NOT NULL;
ALTER TABLE dead_letters ADD COLUMN protection TEXT DEFAULT 'none' NOT NULL;
ALTER TABLE dead_letters ADD COLUMN waits_for TEXT;
ALTER TABLE dead_letters ADD COLUMN note TEXT;
UPDATE dead_letters SET state = 'delivered' WHERE closed_at IS NOT NULL;
CREATE TABLE source_schemas (
    source_stream TEXT NOT NULL PRIMARY KEY, key_properties TEXT NOT NULL, schema TEXT NOT NULL,
    updated_at TEXT NOT NULL
)
"""


def _to_version_2(connection: Connection) -> None:
    """What reconciles, what resumes, what a person decides on a letter, and what replay needs."""
    for statement in _TO_VERSION_2.split(";"):
        connection.exec_driver_sql(statement)


UPGRADES: dict[int, Callable[[Connection], None]] = {2: _to_version_2}
"""Version to the function that makes it of the version before; the first has none."""

_UPGRADE_LOCK = 0x6B64_6C65_6467_6572  # "kdledger"


class LedgerVersionError(UserError):
    """The ledger was written by a newer target-kingdee."""


def bring_up_to_date(connection: Connection) -> None:
    """Create the tables, or upgrade them step by step; in the caller's transaction.

    Of several processes at once one does it, and the others wait for that one.

    Raises:
        LedgerVersionError: The ledger is newer than this program.
    """
    if connection.dialect.name == "postgresql":  # with SQLite the transaction itself is the one that writes
        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
    schema_versions.create(connection, checkfirst=True)
    version: int = connection.execute(select(func.max(schema_versions.c.version))).scalar() or 0
    if version > VERSION:
        raise LedgerVersionError(
            f"the ledger has schema version {version}, this target-kingdee knows {VERSION}; install the newer release."
        )
    if version == VERSION:
        return
    if version == 0:
        metadata.create_all(connection)
    else:
        for step in range(version + 1, VERSION + 1):
            UPGRADES[step](connection)
    connection.execute(insert(schema_versions).values(version=VERSION, applied_at=rfc3339(now())))
