"""What is between the two sides, read as it lies: the ledger's tables and Meltano's state."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from chaos.truth import Letter

if TYPE_CHECKING:
    from pathlib import Path

LETTERS = "select source_key, number, reason from dead_letters where closed_at is null"
STATUSES = "select number, status from deliveries"
ROWS = "select count(*) from deliveries"
STREAM = "sales_stockouts"


class LedgerView:
    """A look at a ledger that keeps nobody waiting and leaves nothing behind; one that is not there yet is empty.

    Args:
        url: SQLAlchemy URL.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool)

    def rows(self) -> int:
        """Count the documents that the ledger knows."""
        counted = self._read(ROWS)
        return int(counted[0][0]) if counted else 0

    def letters(self) -> list[Letter]:
        """Return the open dead letters."""
        return [Letter(_source_id(key), number, reason) for key, number, reason in self._read(LETTERS)]

    def statuses(self) -> dict[str, str]:
        """Return the status of each document by its number."""
        return {str(number): str(status) for number, status in self._read(STATUSES)}

    def _read(self, query: str) -> list[Any]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(text(query)).all())
        except SQLAlchemyError:
            return []  # before the first run, or while a run makes the tables


def _source_id(key: str) -> str:
    return str(json.loads(key)["stockout_id"])


def bookmark(meltano_db: Path) -> str:
    """Return the stream's bookmark in Meltano's database as the source writes times; empty for none.

    Meltano keeps what a finished run left and what an unfinished one got to; the next run reads both, the later first.
    """
    with closing(sqlite3.connect(f"{meltano_db.as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        rows = db.execute("select partial_state, completed_state from state").fetchall()
    found = [_value(json.loads(one)) for row in rows for one in row if one]
    return max(found, default="")


def _value(state: dict[str, Any]) -> str:
    marks = state.get("singer_state", {}).get("bookmarks", {}).get(STREAM, {})
    return str(marks.get("replication_key_value", ""))[:19].replace("T", " ")
