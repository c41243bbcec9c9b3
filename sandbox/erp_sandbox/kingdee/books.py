"""Writing the documents that the seller's own Kingdee holds before any client writes."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from erp_sandbox.clock import CST
from erp_sandbox.kingdee import datetext
from erp_sandbox.kingdee.metadata import ENTRY_ID, SEQ, load_forms
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from erp_sandbox.kingdee.documents import Document, Documents
    from erp_sandbox.retail.facts import Fact

    Reference = Callable[[str, str], dict[str, Any]]

HISTORY = (
    "FDocumentStatus",
    "FCancelStatus",
    "FCreatorId",
    "FCreateDate",
    "FModifierId",
    "FModifyDate",
    "FApproverId",
    "FApproveDate",
)
UNAUDITED = ("A", "B", "D")
ROWS = 200
HOUR = 3_600


class Books:
    """What the seeds of documents share.

    Args:
        db: the writer connection, in the caller's transaction.
        documents: the account's tables.
        reference: gives base data by form and number.
        user: who made and audited everything.
        since: unix seconds; of the forms with many documents only those from then on are kept.
    """

    def __init__(
        self, db: sqlite3.Connection, documents: Documents, reference: Reference, user: dict[str, Any], since: int
    ) -> None:
        self.db = db
        self.ref = reference
        self.since = since
        self._documents = documents
        self._user = user

    def told(self, kind: str) -> Iterator[Fact]:
        """Yield all facts of a kind in the order they were made."""
        return facts.each(self.db, kind, by="created")

    def lately(self, kind: str) -> Iterator[Fact]:
        """Yield the facts of a kind from `since` on."""
        return facts.each(self.db, kind, by="created", start=self.since)

    def material(self, product_id: int) -> dict[str, Any]:
        """Return the reference of a product's material."""
        return self.ref("BD_MATERIAL", f"G{product_id}")

    def write(self, form_id: str, documents: Iterator[Document]) -> None:
        """Give documents and their lines (and what is below) their keys, and store them, unless the form has some."""
        form = load_forms()[form_id]
        table = self._documents.tables[form_id]
        if table.count(self.db) or form.totals is None:
            return
        entry = form.head.entities[form.totals.entity]
        sequences = [form.sequence(entity) for entity in (form.head, entry, *entry.entities.values())]
        first = [self._documents.first(sequence) for sequence in sequences]
        following = list(first)
        below = list(enumerate(entry.entities, start=2))
        while batch := list(islice(documents, ROWS)):
            for document in batch:
                document[form.key] = following[0]
                following[0] += 1
                for at, line in enumerate(document[entry.key], start=1):
                    line |= {ENTRY_ID: following[1], SEQ: at}
                    following[1] += 1
                    for place, key in below:
                        for seq, part in enumerate(line.get(key, ()), start=1):
                            part |= {ENTRY_ID: following[place], SEQ: seq}
                            following[place] += 1
            table.insert(self.db, batch)
        for sequence, began, end in zip(sequences, first, following, strict=True):
            self._documents.take(self.db, sequence, end - began)

    def store(self, form_id: str, rows: list[Document]) -> None:
        """Store rows that have their keys, unless the form has some."""
        table = self._documents.tables[form_id]
        if not table.count(self.db):
            table.insert(self.db, rows)

    def history(self, fact: Fact, *, later: int = 0) -> Document:
        """Return a document's state, and who did what when; the finished ones are audited together, at full hours."""
        created = written(fact.created)
        history: Document = {
            "FDocumentStatus": "A",
            "FCancelStatus": "A",
            "FCreatorId": self._user,
            "FCreateDate": created,
            "FModifierId": self._user,
            "FModifyDate": created,
        }
        if fact.status == "cancelled":
            return history | {"FCancelStatus": "B", "FCancellerId": self._user, "FCancelDate": created}
        if fact.status == "created":
            return history | {"FDocumentStatus": UNAUDITED[fact.id % len(UNAUDITED)]}
        hours = max(fact.happened, fact.created) // HOUR + 1 + fact.id % 3 + later
        return self.audited(hours * HOUR) | {"FCreateDate": created}

    def audited(self, seconds: int) -> Document:
        """Return the state of a document that was made and audited at one moment."""
        when = written(seconds)
        return {
            "FDocumentStatus": "C",
            "FCancelStatus": "A",
            "FCreatorId": self._user,
            "FCreateDate": when,
            "FModifierId": self._user,
            "FModifyDate": when,
            "FApproverId": self._user,
            "FApproveDate": when,
        }


def written(seconds: int) -> str:
    """Return a moment as Galaxy writes it."""
    return datetext.write(datetime.fromtimestamp(seconds, CST))


def day(seconds: int) -> str:
    """Return the day of a moment as a date field holds it."""
    return datetext.read_day(written(seconds)) or ""
