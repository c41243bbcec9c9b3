"""Code tables and lookups: files, databases, the ledger, or rows in memory; each gives rows for a key."""

from mapper_kd.tables.shelf import TableShelf
from mapper_kd.tables.spec import LEDGER_DATABASE, TABLE_KEYS, TableSpec, read_tables
from mapper_kd.tables.table import Table

__all__ = ["LEDGER_DATABASE", "TABLE_KEYS", "Table", "TableShelf", "TableSpec", "read_tables"]
