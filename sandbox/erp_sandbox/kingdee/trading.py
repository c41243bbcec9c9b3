"""What the seller's own Kingdee holds of the retailer's documents before any client writes: 其他入库单 and the like."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from erp_sandbox.clock import CST
from erp_sandbox.kingdee import datetext
from erp_sandbox.kingdee.metadata import ENTRY_ID, SEQ, load_forms
from erp_sandbox.kingdee.money import line_amount, unit_price
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from erp_sandbox.kingdee.documents import Document, Documents
    from erp_sandbox.retail.facts import Fact, Item

    Reference = Callable[[str, str], dict[str, Any]]

STOCK_IN_ORGS = ("100", "202", "204", "103")
STOCK_IN_TYPES = ("QTRKD01_SYS",) * 6 + ("QTRKD03_SYS", "QTRKD02_SYS", "QTRKD07_SYS", "QTRKD01_SYS")
SCRAP_STOCK = "406"
SCRAP_LINES, SCRAP_DOCUMENTS = 7, 11
"""Every so many-th line lies in the warehouse for scrap, and every so many-th document as a whole."""
IDS_A_DAY = 1_000
UNAUDITED = ("A", "B", "D")
ROWS = 200
HOUR = 3_600


class Trading:
    """Writes documents from the retailer's facts into empty tables.

    Args:
        db: the writer connection, in the caller's transaction.
        documents: the account's tables.
        reference: gives base data by form and number.
        user: who made and audited everything.
    """

    def __init__(
        self, db: sqlite3.Connection, documents: Documents, reference: Reference, user: dict[str, Any]
    ) -> None:
        self._db = db
        self._documents = documents
        self._ref = reference
        self._user = user

    def seed(self) -> None:
        """Write every form's documents, unless it has some."""
        self._write("STK_MISCELLANEOUS", self._other_ins())

    def _write(self, form_id: str, documents: Iterator[Document]) -> None:
        """Give documents and their lines their keys, and store them."""
        form = load_forms()[form_id]
        table = self._documents.tables[form_id]
        if table.count(self._db):
            return
        entry = form.head.entities[form.totals.entity] if form.totals else form.head
        head_ids, line_ids = form.sequence(form.head), form.sequence(entry)
        key, line_key = (self._documents.first(sequence) for sequence in (head_ids, line_ids))
        first, first_line = key, line_key
        while batch := list(islice(documents, ROWS)):
            for document in batch:
                document[form.key] = key
                key += 1
                for at, line in enumerate(document[entry.key], start=1):
                    line |= {ENTRY_ID: line_key, SEQ: at}
                    line_key += 1
            table.insert(self._db, batch)
        self._documents.take(self._db, head_ids, key - first)
        self._documents.take(self._db, line_ids, line_key - first_line)

    def _other_ins(self) -> Iterator[Document]:
        for fact in facts.each(self._db, "other_in", by="created"):
            day, place = divmod(fact.id, IDS_A_DAY)
            org = self._ref("ORG_Organizations", STOCK_IN_ORGS[(day + place) % len(STOCK_IN_ORGS)])
            kind = STOCK_IN_TYPES[(3 * day + place) % len(STOCK_IN_TYPES)]
            yield {
                "FBillNo": f"QTRK{fact.id}",
                "FBillTypeID": self._ref("BOS_BillType", kind),
                "FDate": _day(fact.happened),
                "FStockOrgId": org,
                "FStockDirect": "GENERAL",
                "FDEPTID": self._ref("BD_Department", "BM000002"),
                "FOwnerTypeIdHead": "BD_OwnerOrg",
                "FOwnerIdHead": org,
                "FBaseCurrId": self._ref("BD_Currency", "PRE001"),
                **({"FNOTE": fact.remark} if fact.remark else {}),
                "FEntity": [self._other_in_line(fact, item, org) for item in fact.items],
                **self._history(fact),
            }

    def _other_in_line(self, fact: Fact, item: Item, org: dict[str, Any]) -> Document:
        scrap = item.line_id % SCRAP_LINES == 0 or fact.id % SCRAP_DOCUMENTS == 0
        stock = SCRAP_STOCK if scrap else f"CK{fact.warehouse:02d}"
        price = unit_price(item.amount, item.quantity)
        return {
            "FMATERIALID": self._ref("BD_MATERIAL", f"G{item.product_id}"),
            "FUnitID": self._ref("BD_UNIT", "Pcs"),
            "FSTOCKID": self._ref("BD_STOCK", stock),
            "FSTOCKSTATUSID": self._ref("BD_StockStatus", "KCZT01_SYS"),
            "FQty": item.quantity,
            "FPrice": price,
            "FAmount": line_amount(item.quantity, price),
            "FOWNERTYPEID": "BD_OwnerOrg",
            "FOWNERID": org,
            "FKEEPERTYPEID": "BD_KeeperOrg",
            "FKEEPERID": org,
        }

    def _history(self, fact: Fact) -> Document:
        """Return a document's state, and who did what when; the finished ones are audited together, at full hours."""
        created = _time(fact.created)
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
        hours = max(fact.happened, fact.created) // HOUR + 1 + fact.id % 3
        audited = _time(hours * HOUR)
        return history | {
            "FDocumentStatus": "C",
            "FModifyDate": audited,
            "FApproverId": self._user,
            "FApproveDate": audited,
        }


def _time(seconds: int) -> str:
    return datetext.write(datetime.fromtimestamp(seconds, CST))


def _day(seconds: int) -> str:
    return datetext.read_day(_time(seconds)) or ""
