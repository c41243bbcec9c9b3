"""The tables of a merge book, SQLite and Postgres alike."""

from __future__ import annotations

from erp_sdk.command import UserError
from erp_sdk.times import now, rfc3339
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
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
    text,
)

VERSION = 1

metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")

versions = Table(
    "merge_book_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", Text, nullable=False),
)

mappings = Table(
    "merge_mappings",
    metadata,
    Column("mapping_id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True, comment="by its path below mappings/"),
    Column("form", Text, nullable=False),
)

groups = Table(
    "merge_groups",
    metadata,
    Column("group_id", _Id, primary_key=True, comment="in the order of first appearance"),
    Column("mapping_id", Integer, nullable=False),
    Column("key", Text, nullable=False, comment="the values of by:, canonical JSON"),
    Column("parts", Integer, nullable=False, comment="how many documents it has"),
    Column("waits", Boolean, nullable=False, comment="whether records of it are in no document yet"),
    UniqueConstraint("mapping_id", "key"),
)
# As text: SQLite uses a partial index only for a query that says the same.
is_waiting = text("waits")
Index(
    "merge_groups_waiting",
    groups.c.mapping_id,
    groups.c.group_id,
    sqlite_where=is_waiting,
    postgresql_where=is_waiting,
)

documents = Table(
    "merge_documents",
    metadata,
    Column("group_id", _Id, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False, comment="1 for the first document of a group"),
    Column("mapping_id", Integer, nullable=False),
    Column("due", Integer, nullable=False, comment="0: it is out; 1: to be sent; 2: to be sent as a replay"),
    Column("number", Text, comment="as it was last sent; numbers with line ends between them where there are several"),
    Column("size", Integer, nullable=False, comment="how many members it has"),
    Column("first_member", _Id, nullable=False),
    Column("record", LargeBinary, comment="the source record of the first member, JSON"),
    Column("sent_at", Text),
    sqlite_with_rowid=False,
)
is_due = text("due > 0")
Index(
    "merge_documents_due",
    documents.c.mapping_id,
    documents.c.group_id,
    documents.c.part,
    sqlite_where=is_due,
    postgresql_where=is_due,
)
Index("merge_documents_number", documents.c.number)

members = Table(
    "merge_members",
    metadata,
    Column("member_id", _Id, primary_key=True, comment="in the order of arrival"),
    Column("mapping_id", Integer, nullable=False),
    Column("key", Text, nullable=False, comment="the source record's key, canonical JSON"),
    Column("group_id", _Id, nullable=False),
    Column("part", Integer, nullable=False, comment="0: in no document yet"),
    Column("shape", Text, nullable=False, comment="which merge: gathered it"),
    Column("contribution", LargeBinary, nullable=False, comment="what the record gives to its document, JSON"),
    Column("record", LargeBinary, comment="the source record, JSON, until its document is made"),
    Column("astray", Boolean, nullable=False, comment="the record belongs elsewhere now; the document is as it was"),
    UniqueConstraint("mapping_id", "key"),
    Index("merge_members_of", "group_id", "part", "member_id"),
)

_UPGRADE_LOCK = 0x6B64_6D65_7267_6531  # "kdmerge1"


def bring_up_to_date(connection: Connection) -> None:
    """Create the tables, in the caller's transaction.

    Raises:
        UserError: A newer mapper-kd has written them.
    """
    if connection.dialect.name == "postgresql":  # with SQLite the transaction itself is the one that writes
        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
    versions.create(connection, checkfirst=True)
    version: int = connection.execute(select(func.max(versions.c.version))).scalar() or 0
    if version > VERSION:
        raise UserError(
            f"the merge book has schema version {version}, this mapper-kd knows {VERSION}; install the newer release."
        )
    if version == 0:
        metadata.create_all(connection)
        connection.execute(insert(versions).values(version=VERSION, applied_at=rfc3339(now())))
