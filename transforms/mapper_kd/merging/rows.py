"""Records whose rows are merged one by one (``each:``): a member of the merge book is then a row, not the record.

A row is known by its record's key and its position from 1. When a record comes again with fewer rows, those that were
at its end are not there any more, and the book has to be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sdk.messages import decode, encode_sorted

from mapper_kd.merging.statements import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper_kd.merging.book import Gathered, Page

ROW = "row"


def record_key(member: str) -> dict[str, Any]:
    """Return the key of the record that a row is of."""
    key: dict[str, Any] = decode(member)
    del key[ROW]
    return key


class Rows:
    """The rows of the records of a batch."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[dict[str, Any], int, Gathered]] = {}

    def __len__(self) -> int:
        """How many records."""
        return len(self._ends)

    def put(
        self, batch: dict[str, Gathered], key: dict[str, Any], rows: Sequence[Gathered], otherwise: Gathered
    ) -> None:
        """Put the rows of a record into a batch, in place of those that it had when it came before.

        Args:
            batch: By the key of the row.
            key: The record's.
            rows: What each gives.
            otherwise: What a row gives that the record had earlier and has no more.
        """
        name = encode_sorted(key).decode()
        _, before, _ = self._ends.get(name, (key, 0, otherwise))
        for number in range(len(rows), before):
            batch.pop(_member(key, number + 1), None)
        for number, row in enumerate(rows, start=1):
            batch[_member(key, number)] = row
        self._ends[name] = key, len(rows), otherwise

    def add_gone(self, batch: dict[str, Gathered], page: Page) -> None:
        """Add the rows to a batch that the book knows and its records have no more."""
        ends, self._ends = list(self._ends.values()), {}
        while ends:
            some, ends = ends[:AT_ONCE], ends[AT_ONCE:]
            asked = {_member(key, count + 1): (key, count + 1, otherwise) for key, count, otherwise in some}
            for member in page.known(list(asked)):
                batch[member] = asked[member][2]
                ends.append(asked[member])


def _member(key: dict[str, Any], number: int) -> str:
    return encode_sorted({**key, ROW: number}).decode()
