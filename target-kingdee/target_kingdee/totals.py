"""What of a document is compared with Kingdee's later: its date, lines, quantity and amount."""

from __future__ import annotations

import msgspec


class Totals(msgspec.Struct, frozen=True, gc=False):
    """What a model tells of itself; None where it does not.

    Attributes:
        date: FDate as yyyy-MM-dd, Beijing time.
        lines: How many lines it has.
        quantity: Over all lines, as exact decimal text.
        amount: Over all lines, tax included, in the document's currency, as exact decimal text.
    """

    date: str | None = None
    lines: int | None = None
    quantity: str | None = None
    amount: str | None = None


UNKNOWN = Totals()
