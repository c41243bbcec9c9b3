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

    from sqlalchemy import Connection

    from flows.ground import Ground


@dataclass(frozen=True)
class Stream:
    """One loaded table. What is not named is not compared: base data have no lines, some lists no money.

    Attributes:
        truth: Path of what the sandbox holds.
        table: Schema and name.
        key: The column that tells one document from another.
        lines: The column with the lines; ``*`` when each row is a line.
        quantity: SQL of a line's quantity: the line is ``line``, a JSON object, or the row itself for ``*``.
        amount: SQL of a line's amount.
        hidden: States whose documents the vendor's method does not show.
    """

    truth: str
    table: str
    key: str
    lines: str = ""
    quantity: str = ""
    amount: str = ""
    hidden: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """SQL of documents, rows, lines, quantity and amount."""
        rows = f"{self.table} AS row"
        if self.lines and self.lines != "*":
            rows += f' LEFT JOIN LATERAL unnest("{self.lines}") AS line ON true'
        lines = {"": "0", "*": "count(*)"}.get(self.lines, "count(line)")
        sums = ", ".join(f"coalesce(sum({value or 0}), 0)" for value in (self.quantity, self.amount))
        return f'SELECT count(DISTINCT "{self.key}"), (SELECT count(*) FROM {self.table}), {lines}, {sums} FROM {rows}'  # noqa: S608 - declared in loaded_streams.py

    def loaded(self, connection: Connection) -> tuple[Totals, int]:
        """Return what the table holds, and how many rows are there twice."""
        documents, rows, lines, quantity, amount = connection.execute(text(self.statement)).one()
        repeated = 0 if self.lines == "*" else rows - documents
        return Totals(documents, lines, Decimal(quantity), Decimal(amount)), repeated

    def held(self, url: str) -> Totals:
        """Return what the source holds of what is compared."""
        told: dict[str, Any] = summary(url, self.truth)
        left_out = (told["by_status"][status] for status in self.hidden if status in told["by_status"])
        return self._compared(told) - sum((self._compared(part) for part in left_out), Totals())

    def _compared(self, told: dict[str, Any]) -> Totals:
        return Totals(
            int(told["documents"]),
            int(told["lines"] or 0) if self.lines else 0,
            Decimal(told["quantity"] or 0) if self.quantity else Decimal(0),
            Decimal(told["amount"] or 0) if self.amount else Decimal("0.00"),
        )


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
                wanted = stream.held(ground.url)
                loaded, repeated = stream.loaded(connection)
                result.source += wanted
                result.delivered += loaded
                if loaded != wanted:
                    result.problems.append(f"{stream.table} differs: {wanted} in the source, {loaded} in Postgres")
                if repeated:
                    result.problems.append(f"{stream.table} holds {repeated} rows twice")
        engine.dispose()
        return result
