"""Streams that a job has loaded into Postgres, against what the sandbox holds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text

from demo.reconciliation import Reconciliation, Totals
from demo.stage import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.ground import Ground


@dataclass(frozen=True)
class Stream:
    """One loaded table.

    Attributes:
        truth: Path of what the sandbox holds.
        table: Schema and name.
        key: SQL of what tells one document from another.
        lines: SQL of how many lines a row has; 0 for base data.
        quantity: SQL of a row's quantity.
        amount: SQL of a row's amount.
    """

    truth: str
    table: str
    key: str
    lines: str = "0"
    quantity: str = "0"
    amount: str = "0"


@dataclass(frozen=True)
class Loaded:
    """Whether each table holds what its source holds: counts, and sums of quantity and amount."""

    streams: Sequence[Stream]

    def __call__(self, ground: Ground, _: dict[str, str]) -> Reconciliation:
        """Compare stream by stream."""
        result = Reconciliation()
        engine = create_engine(ground.postgres)
        with engine.connect() as connection:
            for stream in self.streams:
                wanted = _totals(summary(ground.url, stream.truth))
                statement = (
                    f"SELECT count(*), coalesce(sum({stream.lines}), 0), coalesce(sum({stream.quantity}), 0), "  # noqa: S608 - declared in jobs.py
                    f"coalesce(sum({stream.amount}), 0) FROM {stream.table}"
                )
                documents, lines, quantity, amount = connection.execute(text(statement)).one()
                (distinct,) = connection.execute(
                    text(f"SELECT count(DISTINCT {stream.key}) FROM {stream.table}")  # noqa: S608 - declared in jobs.py
                ).one()
                held = Totals(documents, lines, Decimal(quantity), Decimal(amount))
                result.source += wanted
                result.delivered += held
                if held != wanted:
                    result.problems.append(f"{stream.table} differs: {wanted} in the source, {held} in Postgres")
                if distinct != documents:
                    result.problems.append(f"{stream.table} holds {documents - distinct} documents twice")
        engine.dispose()
        return result


def _totals(held: dict[str, Any]) -> Totals:
    return Totals(
        int(held["documents"]),
        int(held.get("lines") or 0),
        Decimal(held.get("quantity") or 0),
        Decimal(held.get("amount") or 0),
    )
