"""What the tap reads is what Kingdee holds."""

from decimal import Decimal

import pytest
from tap_kingdee.streams import STREAMS


@pytest.fixture
def some_outstocks(bookkeeper):
    return bookkeeper.save_outstocks(1, 3, 2, 9, 1, 1, 4, 20, 1, 2, 5, 1)


@pytest.mark.usefixtures("some_outstocks")
def test_every_stream_holds_as_many_documents_and_lines_as_kingdee_does(tap, erp_sandbox):
    reading = tap()

    for stream in STREAMS:
        truth = erp_sandbox.summary("kingdee", stream.form)
        records = reading.records(stream.name)
        assert len(records) == truth["documents"], stream.name
        if stream.entry:
            assert sum(len(record[stream.entry]) for record in records) == truth["lines"], stream.name


@pytest.mark.parametrize("auth", ["password", "app_secret", "signed"])
def test_every_way_to_prove_who_calls_reads_the_same(tap, erp_sandbox, auth):
    assert len(tap("stocks", auth=auth).records("stocks")) == erp_sandbox.summary("kingdee", "BD_STOCK")["documents"]


def test_lines_quantity_and_amount_of_sale_orders_are_exact(tap, erp_sandbox):
    truth = erp_sandbox.summary("kingdee", "SAL_SaleOrder")

    lines = [line for order in tap("sale_orders").records("sale_orders") for line in order["FSaleOrderEntry"]]

    assert len(lines) == truth["lines"]
    assert sum(Decimal(line["FQty"]) for line in lines) == Decimal(truth["quantity"])
    assert sum(Decimal(line["FAllAmount"]) for line in lines) == Decimal(truth["amount"])


@pytest.mark.usefixtures("some_outstocks")
@pytest.mark.parametrize("page_size", [2, 3, 7, 2000])
def test_documents_are_whole_wherever_a_page_ends(tap, erp_sandbox, page_size):
    held = {document["FID"]: document for document in erp_sandbox.show("kingdee", "SAL_OUTSTOCK")}

    outstocks = tap("outstocks", page_size=page_size).records("outstocks")

    assert [document["FID"] for document in outstocks] == sorted(held)
    for document in outstocks:
        lines = held[document["FID"]]["FEntity"]
        assert [line["FEntryID"] for line in document["FEntity"]] == [line["FEntryID"] for line in lines]
        assert [line["FSeq"] for line in document["FEntity"]] == list(range(1, len(lines) + 1))


def test_a_document_comes_with_its_references_times_and_exact_numbers(tap, bookkeeper):
    model = bookkeeper.outstock(1, FNote="请放门口 & “轻拿轻放”，\n谢谢", FCarriageNO="SF1")
    model["FEntity"][0].update(FRealQty="3.1000", FTaxPrice="0.1000")
    saved = bookkeeper.call("Save", "SAL_OUTSTOCK", {"Model": model})

    (document,) = (d for d in tap("outstocks").records("outstocks") if d["FID"] == saved["Id"])

    assert document["FBillNo"] == model["FBillNo"]
    assert document["FNote"] == model["FNote"]
    assert document["FDate"] == "2026-03-30T00:00:00+08:00"
    assert document["FDocumentStatus"] == "A"
    assert document["FApproveDate"] is None
    assert document["FCustomerID"] == {"FNumber": "KH00001", "FName": "会员0001"}
    assert document["FSaleOrgId"] == {"FNumber": "101"}
    assert document["FSalesManID"] == {"FNumber": None}
    assert set(document["SubHeadEntity"]) == {"FSettleCurrID", "FIsIncludedTax"}
    (line,) = document["FEntity"]
    assert line["FRealQty"] == Decimal("3.1")
    assert line["FTaxPrice"] == Decimal("0.1")
    assert line["FIsFree"] is False
    assert line["FStockID"] == {"FNumber": "CK01"}


@pytest.mark.usefixtures("some_outstocks")
def test_a_deselected_field_is_neither_asked_for_nor_emitted(tap):
    def deselect(entry):
        for part in entry["metadata"]:
            if part["breadcrumb"] in (["properties", "FNote"], ["properties", "FCustomerID", "properties", "FName"]):
                part["metadata"]["selected"] = False
        entry["metadata"].append(
            {
                "breadcrumb": ["properties", "FEntity", "items", "properties", "FSrcType"],
                "metadata": {"selected": False},
            }
        )

    document = tap("outstocks", changes=deselect).records("outstocks")[0]

    assert "FNote" not in document
    assert set(document["FCustomerID"]) == {"FNumber"}
    assert "FSrcType" not in document["FEntity"][0]
    assert "FRealQty" in document["FEntity"][0]


def test_documents_come_without_lines_when_the_lines_are_deselected(tap, some_outstocks):
    def deselect(entry):
        next(part for part in entry["metadata"] if part["breadcrumb"] == ["properties", "FEntity"])["metadata"].update(
            selected=False
        )

    outstocks = tap("outstocks", changes=deselect, page_size=5).records("outstocks")

    assert {document["FID"] for document in outstocks} >= set(some_outstocks)
    assert all("FEntity" not in document for document in outstocks)


def test_a_field_of_the_tenant_is_read_once_the_catalog_has_it(tap, bookkeeper):
    (fid,) = bookkeeper.save_outstocks(1, F_ora_Text2="SF-我的")

    def add(entry):
        entry["schema"]["properties"]["F_ora_Text2"] = {"type": ["string", "null"]}

    documents = {d["FID"]: d for d in tap("outstocks", changes=add).records("outstocks")}

    assert documents[fid]["F_ora_Text2"] == "SF-我的"


@pytest.mark.usefixtures("some_outstocks")
def test_a_filter_narrows_a_stream(tap):
    reading = tap("stocks", "organizations", filters={"stocks": "FNumber='CK02' or FNumber='CK03'"})

    assert [stock["FNumber"] for stock in reading.records("stocks")] == ["CK02", "CK03"]
    assert len(reading.records("organizations")) > 1
