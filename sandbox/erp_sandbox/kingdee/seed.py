"""The seller's Kingdee: organisations, base data, and the documents it holds before any client writes."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.clock import CST
from erp_sandbox.kingdee import trading
from erp_sandbox.kingdee.account import FIRST, USER_NUMBER
from erp_sandbox.kingdee.books import Books
from erp_sandbox.kingdee.metadata import Form, load_forms
from erp_sandbox.kingdee.purchasing import Purchasing
from erp_sandbox.kingdee.selling import SALERS, Selling
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from erp_sandbox.kingdee.account import Account
    from erp_sandbox.kingdee.documents import Document, Documents
    from erp_sandbox.retail.world import World

FORBIDDEN_PRODUCTS = (2500, 3)
"""Products with this remainder are 禁用 in Kingdee, as discontinued goods are in real life."""
RECENT_DAYS = 31
SUPPLIERS = [{"FNumber": supplier.number, "FName": supplier.name} for supplier in facts.SUPPLIERS]
OPENING = "2020-01-01T08:00:00"
ROWS = 500
GUIDS = uuid.UUID("0a4cf2a5-5a31-4cf8-9d0c-5e2f6a7b8c9d")

Reference = dict[str, Any]
Record = dict[str, Any]


class Seeder:
    """Fills empty tables.

    Args:
        db: the writer connection, in the caller's transaction.
        documents: the account's tables.
        account: whose they are.
    """

    def __init__(self, db: sqlite3.Connection, documents: Documents, account: Account = FIRST) -> None:
        self._db = db
        self._documents = documents
        self._account = account
        self._references: dict[tuple[str, str], Reference] = {}
        users = load_forms()["SEC_User"]
        self._user: Reference = {"FNumber": USER_NUMBER, "id": documents.first(users.sequence(users.head))}

    def seed(self, world: World) -> None:
        """Write everything that is not there yet; the same world gives the same data and ids."""
        for form_id, records in preset_records(self._account).items():
            self._base(form_id, [*records, *SUPPLIERS] if form_id == "BD_Supplier" else records)
        self._base("BD_Customer", self._customers(world))
        self._base("BD_MATERIAL", self._materials())
        if self._account.trades:
            self._documents_of_facts(world)

    def _documents_of_facts(self, world: World) -> None:
        """Write documents: those of forms with many of them of the last days only."""
        since = datetime.combine(world.until, time(), CST) - timedelta(days=RECENT_DAYS - 1)
        books = Books(self._db, self._documents, self._reference, self._user, int(since.timestamp()))
        Selling(books, world.households()).seed()
        books.write("STK_MISCELLANEOUS", trading.other_ins(books))
        books.write("STK_MisDelivery", trading.other_outs(books))
        books.write("STK_StockCountInput", trading.counts(books))
        Purchasing(books).seed()
        books.store("STK_Inventory", trading.inventory(books))

    def _base(self, form_id: str, records: Iterable[Record]) -> None:
        """Write base data, created and used by the head office, audited."""
        form = load_forms()[form_id]
        table = self._documents.tables[form_id]
        if table.count(self._db):
            return
        batch: list[Document] = []
        first = key = self._documents.first(form.sequence(form.head))
        for record in records:
            document = self._record(form, record, key)
            key += 1
            self._references[form_id, document[form.number_key]] = {
                "FNumber": document[form.number_key],
                "id": document[form.key],
            }
            batch.append(document)
            if len(batch) >= ROWS:
                table.insert(self._db, batch)
                batch = []
        table.insert(self._db, batch)
        self._documents.take(self._db, form.sequence(form.head), key - first)

    def _record(self, form: Form, record: Record, key: int) -> Document:
        number = record[form.number_key]
        own = str(uuid.uuid5(GUIDS, f"{form.id}/{number}")) if form.guid else key
        document: Document = {form.key: own, **record, "FMasterId": own}
        if "FUseOrgId" in form.head.fields:
            office = self._reference("ORG_Organizations", self._account.head_org)
            document |= {"FCreateOrgId": office, "FUseOrgId": office}
        document |= {"FDocumentStatus": "C", "FForbidStatus": record.get("FForbidStatus", "A")}
        return document | self._history(OPENING)

    def _history(self, when: str) -> Document:
        return {
            "FCreatorId": self._user,
            "FCreateDate": when,
            "FModifierId": self._user,
            "FModifyDate": when,
            "FApproverId": self._user,
            "FApproveDate": when,
        }

    def _reference(self, form_id: str, number: str) -> Reference:
        return self._references[form_id, number]

    def _customers(self, world: World) -> Iterator[Record]:
        for household in world.households():
            yield {
                "FNumber": f"KH{household:05d}",
                "FName": f"会员{household:04d}",
                "FTRADINGCURRID": self._reference("BD_Currency", "PRE001"),
                "FSELLER": self._reference("BD_Saler", f"XS{household % SALERS + 1:02d}"),
            }

    def _materials(self) -> Iterator[Record]:
        modulus, remainder = FORBIDDEN_PRODUCTS
        unit = self._reference("BD_UNIT", "Pcs")
        base = {
            "FErpClsID": "1",
            "FCategoryID": self._reference("BD_MATERIALCATEGORY", "CHLB01_SYS"),
            "FBaseUnitId": unit,
            "FIsInventory": True,
            "FIsSale": True,
            "FIsPurchase": True,
        }
        for product in facts.products(self._db):
            record = {
                "FNumber": f"G{product.product_id}",
                "FName": product.name,
                "FOldNumber": f"SKU{product.product_id}",
                "SubHeadEntity": base,
                "FForbidStatus": "B" if product.product_id % modulus == remainder else "A",
            }
            if product.size:
                record["FSpecification"] = product.size
            yield record


@cache
def preset_records(account: Account) -> dict[str, list[Record]]:
    """Return the records every data centre has, and this seller's few, by form in the order of dependence."""
    found: dict[str, list[Record]] = {}
    for name in account.presets:
        found |= msgspec.yaml.decode(resources.files(__package__).joinpath(name).read_bytes())
    return found
