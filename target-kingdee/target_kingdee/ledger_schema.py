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
    select,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

VERSION = 1

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
    Column("status", Text, nullable=False, comment="sending, saved, delivered, existing, dead"),
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
    sqlite_with_rowid=False,
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
    Column("closed_at", Text, comment="when it was delivered after all"),
    Column("updated_at", Text, nullable=False, comment="when this row was written; last_at may be the mapper's time"),
    Column("run_id", Integer, nullable=False),
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

UPGRADES: dict[int, Callable[[Connection], None]] = {}
"""Version to the function that makes it of the version before; the first has none."""


class LedgerVersionError(UserError):
    """The ledger was written by a newer target-kingdee."""


def bring_up_to_date(connection: Connection) -> None:
    """Create the tables, or upgrade them step by step; in the caller's transaction.

    Raises:
        LedgerVersionError: The ledger is newer than this program.
    """
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
