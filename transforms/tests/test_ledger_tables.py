"""Earlier documents as a table: what target-kingdee's ledger knows of them, in SQLite and in Postgres."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from erp_sdk.command import SetupError, UserError
from sqlalchemy import create_engine, insert
from sqlalchemy.pool import NullPool
from target_kingdee import ledger_schema

ACCOUNT = "5f0a7c@erp.example.com"
RETURNED = {
    "FBillNo": "P1",
    "FSaleOrderEntry": [
        {"FEntryID": 501, "FMaterialId": {"FNumber": "A"}},
        {"FEntryID": 502, "FMaterialId": {"FNumber": "B"}},
    ],
}
HEAD = "tables: {orders: {ledger: SAL_SaleOrder, database: books}}"


class Ledger:
    """A ledger as target-kingdee makes it."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url, poolclass=NullPool)
        self.books: dict[tuple[str, str], int] = {}
        with self.engine.begin() as connection:
            ledger_schema.bring_up_to_date(connection)

    def deliver(self, number, fid, *, status="delivered", returned=None, form="SAL_SaleOrder", account=ACCOUNT):
        with self.engine.begin() as connection:
            if (account, form) not in self.books:
                self.books[account, form] = len(self.books) + 1
                book = insert(ledger_schema.books).values(book_id=len(self.books), account=account, form=form, beat=0)
                connection.execute(book)
            connection.execute(
                insert(ledger_schema.deliveries).values(
                    book_id=self.books[account, form], number=number, status=status, kingdee_id=fid,
                    returned=None if returned is None else json.dumps(returned), document_status="C",
                    source_stream="s", source_key="{}", content_hash=b"", attempts=1, first_sent_at="", updated_at="",
                    run_id=1,
                )
            )  # fmt: skip


@pytest.fixture
def ledger(database):
    made = Ledger(database.url)
    made.deliver("P1", "4001", returned=RETURNED)
    made.deliver("P2", "4002", status="existing")
    made.deliver("P3", "4003", status="deleted")
    made.deliver("P4", None, status="dead")
    made.deliver("OUT1", "9", form="SAL_OUTSTOCK")
    return made


@pytest.fixture
def books(database):
    return {"books": database.url}


@pytest.mark.parametrize("how", ["", ", preload: true"])
@pytest.mark.usefixtures("ledger")
def test_a_document_in_kingdee_is_found_by_its_number(project, books, how):
    body = """
  FId: =find("orders", shop).fid
  FState: =find("orders", shop).status
  FKingdee: =find("orders", shop).document_status
  FEntry: =find("orders", shop).entry_ids[1]
  FByMaterial: =first(row.FEntryID for row in order.returned.FSaleOrderEntry if row.FMaterialId.FNumber == buyer)
"""
    content = project.flow(body, HEAD.replace("books", f"books{how}") + '\nlet:\n  order: =find("orders", shop)')
    shops = ("P1", "P2", "P3", "P4", "OUT1", None)

    models = project.map(content, *({"shop": shop, "buyer": "B"} for shop in shops), databases=books)

    found = {"FState": "delivered", "FKingdee": "C", "FEntry": 502, "FByMaterial": 502}
    assert models[0] == {"FBillNo": "N1", "FId": "4001", **found}
    assert models[1] == {"FBillNo": "N1", "FId": "4002", "FState": "existing", "FKingdee": "C"}
    assert models[2:] == [{"FBillNo": "N1"}] * 4


@pytest.mark.usefixtures("ledger")
def test_a_link_is_made_of_what_the_ledger_knows(project, books):
    body = """
lines:
  FEntity:
    each: =record.lines
    let:
      order: =lookup("orders", shop)
      entry: =first(row.FEntryID for row in order.returned.FSaleOrderEntry if row.FMaterialId.FNumber == line.sku)
    fields: {FSku: =line.sku}
    lines:
      FEntity_Link:
        when: =entry
        fields:
          FEntity_Link_FSBillId: =order.fid
          FEntity_Link_FSId: =entry
"""
    record = {"shop": "P1", "lines": [{"sku": "B"}, {"sku": "C"}]}

    (model,) = project.map(project.flow(body, HEAD), record, databases=books)

    link = {"FEntity_Link_FSBillId": "4001", "FEntity_Link_FSId": 502}
    assert model["FEntity"] == [{"FSku": "B", "FEntity_Link": [link]}, {"FSku": "C"}]


def test_a_document_that_is_delivered_during_the_run_is_found(project, ledger, books):
    project.mapping(project.flow('  FId: =find("orders", shop).fid', HEAD))

    def lines():
        yield project.wire([project.schema()])
        yield project.wire([project.record(shop="P9")])
        ledger.deliver("P9", "4009")
        yield project.wire([project.record(shop="P9")])

    assert [one.get("FId") for one in project.listen(lines(), databases=books)] == [None, "4009"]


def test_the_account_has_to_be_said_where_the_ledger_holds_several(project, ledger, books):
    ledger.deliver("P1", "77", account="other@erp.example.com")
    content = project.flow('  FId: =find("orders", shop).fid', HEAD)

    with pytest.raises(SetupError) as failure:
        project.map(content, {"shop": "P1"}, databases=books)
    said = content.replace("database: books", "database: books, account: other@erp.example.com")
    with pytest.raises(SetupError, match=r"there is no account othr@.* in the ledger; did you mean other@"):
        project.map(said.replace("other@", "othr@"), {"shop": "P1"}, databases=books)

    assert (
        "tables.orders: the ledger holds SAL_SaleOrder of several accounts (5f0a7c@erp.example.com, "
        "other@erp.example.com); say account: in it."
    ) in str(failure.value)
    assert project.map(said, {"shop": "P1"}, databases=books)[0]["FId"] == "77"


@pytest.mark.usefixtures("ledger")
def test_a_form_that_the_ledger_does_not_know_is_refused_unless_optional(project, books):
    content = project.flow('  FId: =find("orders", shop).fid', HEAD.replace("SAL_SaleOrder", "SAL_SaleOrdr"))

    with pytest.raises(SetupError, match=r"there is no form SAL_SaleOrdr in the ledger; did you mean SAL_SaleOrder\?"):
        project.map(content, {"shop": "P1"}, databases=books)

    optional = content.replace("database: books", "database: books, optional: true")
    assert project.map(optional, {"shop": "P1"}, databases=books) == [{"FBillNo": "N1"}]


def test_a_database_that_is_no_ledger_is_said_so(project, database):
    database.execute("CREATE TABLE t (a integer)")

    with pytest.raises(
        UserError, match=r"books did not answer: .*books.* A ledger is made by the first run of target-"
    ):
        project.map(project.flow('  FId: =find("orders", shop).fid', HEAD), {}, databases={"books": database.url})


def test_the_ledger_of_target_kingdee_is_found_by_itself_and_may_come_later(project):
    head = "tables: {orders: {ledger: SAL_SaleOrder, optional: true}}"
    project.mapping(project.flow('  FId: =find("orders", shop).fid', head))

    def lines():
        yield project.wire([project.schema()])
        yield project.wire([project.record(shop="P1")])
        Ledger(f"sqlite:///{project.folder}/kingdee-ledger.sqlite").deliver("P1", "4001")
        yield project.wire([project.record(shop="P1")])

    assert [one.get("FId") for one in project.listen(lines())] == [None, "4001"]


@pytest.mark.usefixtures("ledger")
def test_a_column_that_a_ledger_does_not_have_is_refused(project, books):
    with pytest.raises(SetupError, match=r"there is no column entry_id in table orders .*did you mean entry_ids\?"):
        project.map(project.flow('  FId: =find("orders", shop).entry_id', HEAD), {}, databases=books)


def test_what_target_kingdee_has_delivered_is_linked_to_by_the_next_document(project, erp_sandbox):
    material = next(one for one in erp_sandbox.show("kingdee", "BD_MATERIAL") if one["FForbidStatus"] == "A")["FNumber"]
    line = {"FMaterialID": {"FNumber": material}, "FRealQty": 2, "FTaxPrice": 1, "FStockID": {"FNumber": "CK01"}}
    document = {
        "FBillTypeID": {"FNumber": "XSCKD01_SYS"},
        "FBillNo": "LINKED-1",
        "FDate": "2026-03-31",
        "FStockOrgId": {"FNumber": "100"},
        "FSaleOrgId": {"FNumber": "101"},
        "FCustomerID": {"FNumber": "KH00001"},
        "SubHeadEntity": {"FSettleCurrID": {"FNumber": "PRE001"}},
        "FEntity": [line | {"FStockStatusID": {"FNumber": "KCZT01_SYS"}} for _ in range(2)],
    }
    messages = [
        {"type": "SCHEMA", "stream": "SAL_OUTSTOCK", "schema": {"properties": {}}, "key_properties": ["FBillNo"]},
        {"type": "RECORD", "stream": "SAL_OUTSTOCK", "record": document},
    ]
    config = {**erp_sandbox.galaxy, "auth": "app_secret", "NeedReturnFields": ["FEntity.FEntryID"]}
    settings = project.write("target.json", json.dumps(config))
    delivery = subprocess.run(
        [Path(sys.executable).parent / "target-kingdee", "--config", settings],
        input=project.wire(messages), cwd=project.folder, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert delivery.returncode == 0, delivery.stderr.decode()
    body = '  FId: =lookup("sent", shop).fid\n  FEntry: =lookup("sent", shop).entry_ids[1]'

    (model,) = project.map(
        project.flow(body, "tables: {sent: {ledger: SAL_OUTSTOCK, reload: 1 minute}}"), {"shop": "LINKED-1"}
    )

    (held,) = erp_sandbox.show("kingdee", "SAL_OUTSTOCK", number="LINKED-1")
    assert (model["FId"], model["FEntry"]) == (str(held["FID"]), held["FEntity"][1]["FEntryID"])
