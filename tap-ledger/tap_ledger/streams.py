"""The streams; their properties stand in schemas/<name>.json, their tables in `target_kingdee.ledger_schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_kingdee.ledger_schema import dead_letters, deliveries

from tap_ledger.ledger_stream import LedgerStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Select


class Deliveries(LedgerStream):
    """What became of each document."""

    name, primary_keys = "deliveries", ("account", "form", "number")
    table, key = deliveries, ("number",)
    json_columns = frozenset({"returned"})

    @property
    def changed(self) -> ColumnElement[str]:
        """The time of the last attempt or outcome."""
        return deliveries.c.updated_at

    def complete(self, record: dict[str, Any]) -> None:
        """Lift the ids of the lines out of what Kingdee returned."""
        returned = record["returned"]
        record["entry_ids"] = None if returned is None else list(_entry_ids(returned))


class DeadLetters(LedgerStream):
    """Source records that did not become documents, and those that did after all (``closed_at``)."""

    name, primary_keys = "dead_letters", ("account", "form", "source_stream", "source_key")
    table, key = dead_letters, ("source_stream", "source_key")
    json_columns = frozenset({"record", "model"})
    filters = ("form", "account", "number", "reason")

    @property
    def changed(self) -> ColumnElement[str]:
        """The time of the last failure, or of its end, as the ledger's writer saw it."""
        return dead_letters.c.updated_at

    def narrowed(self, chosen: Select[Any]) -> Select[Any]:
        """Keep the letters of one reason."""
        reason = self.config.get("reason")
        return chosen if reason is None else chosen.where(dead_letters.c.reason == reason)


def _entry_ids(value: Any) -> Iterator[int]:
    """Yield the line ids in an answer to NeedReturnFields, in the lines' order."""
    for line in value if isinstance(value, list) else [value]:
        if not isinstance(line, dict):
            continue
        for name, inner in line.items():
            if name.casefold() == "fentryid" and isinstance(inner, int):
                yield inner
            elif isinstance(inner, (dict, list)):
                yield from _entry_ids(inner)


STREAMS = (Deliveries, DeadLetters)
