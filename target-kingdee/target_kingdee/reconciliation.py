"""Holds the ledger against Kingdee, document by document, for a range of document dates. Memory stays flat.

Kingdee's documents come in the order of their primary key and are looked up in the ledger a few hundred at a time.
What the ledger delivered and Kingdee did not show is looked up in Kingdee by number, since its date may have changed
or a filter may have left it out; only what is not there either is missing.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from target_kingdee.api.queries import rows_by_key
from target_kingdee.forms import TOTAL_KEYS
from target_kingdee.ledger_reading import count_undated_letters, deliveries_by_number, deliveries_of_days
from target_kingdee.totals import Totals, cents, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from target_kingdee.forms import TotalKeys
    from target_kingdee.ledger import Ledger
    from target_kingdee.ledger_reading import Delivered
    from target_kingdee.settings import FormSettings

    Page = Callable[[Sequence[str], str, str, int], list[list[Any]]]

DOCUMENTS_A_TIME = 200
FINAL = {"audited": "C", "submitted": "BC", "saved": "ABCD"}
_NOT_SENT = ("dead", "parked", "deleted", "discarded")
COUNTERS = {
    "delivered": "delivered",
    "saved": "saved_not_audited",
    "parked": "parked",
    "dead": "dead_letters",
    "deleted": "deleted_in_kingdee",
    "discarded": "discarded",
    "existing": "left_alone_existing",
    "sending": "unconfirmed",
}


class Held(NamedTuple):
    """A document as Kingdee has it."""

    id: str
    number: str
    status: str
    totals: Totals


class Difference(NamedTuple):
    """What is not equal.

    Attributes:
        kind: missing, extra, twice, date, status, lines, quantity or amount.
        ledger: What the ledger has; None when it has nothing.
        kingdee: What Kingdee has; None when it has nothing.
    """

    number: str
    kind: str
    ledger: str | None
    kingdee: str | None


@dataclass
class Sums:
    """Totals over documents."""

    documents: int = 0
    lines: int = 0
    quantity: Decimal = Decimal(0)
    amount: Decimal = Decimal("0.00")

    def add(self, totals: Totals) -> None:
        """Count one document."""
        self.documents += 1
        self.lines += totals.lines or 0
        self.quantity += Decimal(totals.quantity or 0)
        self.amount += Decimal(totals.amount or 0)


@dataclass
class Account:
    """What reconciling found beside the differences themselves.

    Attributes:
        by_status: Documents of the ledger within the range.
        undated_letters: Open dead letters of the form that never became a document, whatever their date.
        differences: By kind.
        not_compared: By what could not be compared: documents without it on the ledger's side.
        ledger: Sums over documents that are delivered and in Kingdee; with `kingdee`, the same documents there.
    """

    by_status: Counter[str] = field(default_factory=Counter)
    undated_letters: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    ledger: Sums = field(default_factory=Sums)
    kingdee: Sums = field(default_factory=Sums)


class Reconciliation:
    """One form, one range of days.

    Args:
        ledger: Where deliveries are.
        account: ``acct_id@host``.
        settings: The form's.
        page: Reads one page of the form's rows from Kingdee.
        days: First and last day, both included, Beijing time.
        filter_string: Narrows what counts as extra.
    """

    def __init__(
        self,
        ledger: Ledger,
        account: str,
        settings: FormSettings,
        page: Page,
        days: tuple[date, date],
        *,
        filter_string: str = "",
    ) -> None:
        self.account = Account()
        self._ledger = ledger
        self._book = (account, settings.keys.form)
        self._keys = settings.keys
        self._total_keys = TOTAL_KEYS.get(settings.keys.form)
        self._final = FINAL[settings.policy.goal]
        self._page = page
        self._first, self._last = (day.isoformat() for day in days)
        self._behind = (days[1] + timedelta(days=1)).isoformat()
        self._filter = filter_string

    def differences(self) -> Iterator[Difference]:
        """Yield every difference; afterwards `account` holds the sums."""
        self.account.undated_letters = count_undated_letters(self._ledger, *self._book)
        for found in self._all():
            self.account.differences[found.kind] += 1
            yield found

    def _all(self) -> Iterator[Difference]:
        seen = _Seen()
        date_key = self._total_keys.date if self._total_keys else "FDate"
        in_range = f"{date_key}>='{self._first}' and {date_key}<'{self._behind}'"
        whole = f"({in_range}) and ({self._filter})" if self._filter else in_range
        for some in _few(self._held(whole)):
            known = deliveries_by_number(self._ledger, *self._book, [one.number for one in some])
            for one in some:
                yield from self._judge(one, known.get(one.number), seen)
        for rows in _few(deliveries_of_days(self._ledger, *self._book, self._first, self._last)):
            self.account.by_status.update(row.status for row in rows)
            unseen = [row for row in rows if row.status == "delivered" and row.number not in seen]
            if unseen:
                yield from self._look_for(unseen, seen)
        seen.close()

    def _judge(self, one: Held, row: Delivered | None, seen: _Seen) -> Iterator[Difference]:
        where = f"{one.totals.date} {one.status} (id {one.id})"
        if row is None:
            yield Difference(one.number, "extra", None, where)
        elif row.kingdee_id not in (None, one.id):
            yield Difference(one.number, "twice", f"id {row.kingdee_id}", where)
        elif row.kingdee_id is None and row.status in _NOT_SENT:
            yield Difference(one.number, "extra", f"refused ({row.status})", where)
        elif row.status == "delivered":
            seen.add(one.number)
            yield from self._compare(row, one)

    def _look_for(self, rows: Sequence[Delivered], seen: _Seen) -> Iterator[Difference]:
        quoted = ",".join("'" + row.number.replace("'", "''") + "'" for row in rows)
        held = {(one.number, one.id): one for one in self._held(f"{self._keys.number} in ({quoted})")}
        by_number = {one.number: one for one in held.values()}
        for row in rows:
            found = held.get((row.number, row.kingdee_id or "")) or (
                None if row.kingdee_id else by_number.get(row.number)
            )
            if found is None:
                yield Difference(row.number, "missing", f"{row.totals.date} (id {row.kingdee_id})", None)
            else:
                seen.add(row.number)
                yield from self._compare(row, found)

    def _compare(self, row: Delivered, one: Held) -> Iterator[Difference]:
        ours, theirs, account = row.totals, one.totals, self.account
        if one.status not in self._final:
            yield Difference(
                row.number, "status", self._final[-1] if len(self._final) == 1 else self._final, one.status
            )
        if not row.is_as_sent:
            account.not_compared["content"] += 1  # Kingdee holds an earlier content, whose totals are not kept
            return
        account.ledger.add(ours)
        account.kingdee.add(theirs if ours.amount is not None else Totals(theirs.date, theirs.lines, theirs.quantity))
        pairs = (
            ("date", ours.date, theirs.date),
            ("lines", ours.lines, theirs.lines),
            ("quantity", ours.quantity, theirs.quantity),
            ("amount", ours.amount, theirs.amount),
        )
        for kind, mine, his in pairs:
            if mine is None or his is None:
                account.not_compared[kind] += 1
            elif mine != his:
                yield Difference(row.number, kind, str(mine), str(his))

    def _held(self, filter_string: str) -> Iterator[Held]:
        """Yield Kingdee's documents with their totals; a document's lines are rows of its key."""
        keys = self._total_keys
        fields = [self._keys.primary_key, self._keys.number, "FDocumentStatus"]
        fields += _fields(keys) if keys else ["FDate"]
        rows = rows_by_key(self._page, fields, self._keys.primary_key, filter_string)
        for _, lines in groupby(rows, key=lambda row: str(row[0])):
            yield _document(list(lines), keys)


def _fields(keys: TotalKeys) -> list[str]:
    told = [keys.date, f"{keys.entry}_FEntryID", keys.quantity]
    return [*told, keys.amount] if keys.amount else told


def _document(rows: list[list[Any]], keys: TotalKeys | None) -> Held:
    head = rows[0]
    number, status, day = str(head[1]).strip(), str(head[2] or "").strip(), str(head[3] or "")[:10] or None
    totals = Totals(day)
    if keys is not None:
        lines = [row for row in rows if row[4]]  # a document without lines is one row without a line's id
        quantity = sum((Decimal(str(row[5] or 0)) for row in lines), Decimal(0))
        worth = sum((cents(Decimal(str(row[6] or 0))) for row in lines), Decimal("0.00")) if keys.amount else None
        totals = Totals(day, len(lines), spelled(quantity), None if worth is None else f"{worth:.2f}")
    return Held(str(head[0]), number, status, totals)


def _few(items: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, DOCUMENTS_A_TIME)):
        yield some


class _Seen:
    """Numbers, on disk beyond a few megabytes: SQLite's nameless database is a file that goes with its connection."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE seen (number TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, number: str) -> None:
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (number,))

    def __contains__(self, number: str) -> bool:
        return self._database.execute("SELECT 1 FROM seen WHERE number = ?", (number,)).fetchone() is not None

    def close(self) -> None:
        self._database.close()
