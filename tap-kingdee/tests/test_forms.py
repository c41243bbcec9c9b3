"""Streams of any form out of the setting forms: what they read, and what is said when they do not fit the form."""

from decimal import Decimal
from itertools import groupby

import pytest
from erp_sdk.command import SetupError
from singer_sdk.exceptions import FatalAPIError
from tap_kingdee.metadata import read_form
from tap_kingdee.tap import TapKingdee

OTHER_INS = "STK_MISCELLANEOUS"


def asked_by(kingdee_settings, stream, **settings):
    """The query keys that a stream asks for, without those that every stream of the form has."""
    tap = TapKingdee(config={**kingdee_settings, **settings})
    return [key for key in tap.streams[stream].layout.field_keys.split(",") if not key.endswith(("_FEntryID", "_FSeq"))]


@pytest.mark.parametrize(
    "stream",
    ["miscellaneous", "purchase_orders", "instocks", "receivables", "mis_deliveries", "customers", "inventory"],
)
def test_a_configured_form_reads_what_the_ready_made_stream_does(tap, kingdee_settings, stream):
    ready = TapKingdee(config=kingdee_settings).streams[stream]
    own = {"name": "own", "form": ready.form, "fields": asked_by(kingdee_settings, stream)}

    reading = tap(stream, "own", forms=[own])

    assert reading.records("own") == reading.records(stream) != []
    if stream != "inventory":
        assert reading.bookmark("own") == reading.bookmark(stream)


def test_without_fields_a_form_is_read_with_all_that_its_metadata_tell(tap, erp_sandbox):
    own = {"name": "own", "form": "STK_InStock", "entry": "FInStockEntry"}

    reading = tap("own", "instocks", forms=[own])

    held = {document["FID"]: document for document in erp_sandbox.show("kingdee", "STK_InStock")}
    ready = {document["FID"]: document for document in reading.records("instocks")}
    assert {document["FID"] for document in reading.records("own")} == set(held) == set(ready)
    for document in reading.records("own"):
        same = ready[document["FID"]]
        assert document["FSupplierId"] == same["FSupplierId"]
        assert document["FCreatorId"]["FName"]
        assert document["FInStockFin"]["FIsIncludedTax"] == same["FInStockFin"]["FIsIncludedTax"]
        assert document["FModifyDate"] == same["FModifyDate"]
        assert [line["FRealQty"] for line in document["FInStockEntry"]] == [
            line["FRealQty"] for line in same["FInStockEntry"]
        ]
    schema = next(m["schema"] for m in reading.messages if m["type"] == "SCHEMA" and m["stream"] == "own")
    assert "供应商" in schema["properties"]["FSupplierId"]["description"]
    assert schema["properties"]["FInStockEntry"]["items"]["properties"]["FRealQty"]["type"] == ["number", "null"]


@pytest.mark.parametrize("page_size", [7, 2000])
def test_flat_rows_are_the_lines_of_the_nested_documents(tap, page_size):
    flat = {"name": "flat", "form": OTHER_INS, "lines": "flat"}
    flat["fields"] = ["FEntity_FSeq", "FBillNo", "FMATERIALID.FNumber", "FQty"]

    reading = tap("flat", "miscellaneous", forms=[flat], page_size=page_size)

    rows = reading.records("flat")
    nested = reading.records("miscellaneous")
    assert [(fid, len(list(lines))) for fid, lines in groupby(rows, key=lambda row: row["FID"])] == [
        (document["FID"], len(document["FEntity"])) for document in nested
    ]
    told = [
        (d["FID"], d["FBillNo"], line["FEntryID"], line["FSeq"], line["FMATERIALID"]["FNumber"], line["FQty"])
        for d in nested
        for line in d["FEntity"]
    ]
    assert told == [
        (r["FID"], r["FBillNo"], r["FEntity_FEntryID"], r["FEntity_FSeq"], r["FMATERIALID"]["FNumber"], r["FQty"])
        for r in rows
    ]
    schema = next(m for m in reading.messages if m["type"] == "SCHEMA" and m["stream"] == "flat")
    assert schema["key_properties"] == ["FID", "FEntity_FEntryID"]


def test_a_ready_made_stream_can_be_flat_and_keep_its_fields(tap):
    nested = tap("instocks").records("instocks")

    rows = tap("instocks", forms=[{"name": "instocks", "lines": "flat"}]).records("instocks")

    assert len(rows) == sum(len(document["FInStockEntry"]) for document in nested)
    assert sum(Decimal(row["FAllAmount"]) for row in rows) == sum(
        Decimal(line["FAllAmount"]) for document in nested for line in document["FInStockEntry"]
    )
    assert rows[0]["FInStockFin"] == nested[0]["FInStockFin"]


AUDITED = {
    "name": "miscellaneous",
    "replication_key": "FApproveDate",
    "filter": "FBillTypeID.FNumber<>'QTRKD03_SYS' and FBillTypeID.FNumber<>'QTRKD07_SYS' and FSTOCKID.FNumber<>'406'",
}


def audit(bookkeeper, erp_sandbox, *stocks):
    """Save and audit a document with a line in each of these warehouses; returns its FID and its number."""
    line = {"FMATERIALID": {"FNumber": bookkeeper.material}, "FQty": 1, "FPrice": 1}
    number = f"TAP-QTRK-{len(erp_sandbox.show('kingdee', OTHER_INS))}"
    fid = bookkeeper.save(
        OTHER_INS,
        {
            "FBillTypeID": {"FNumber": "QTRKD01_SYS"},
            "FBillNo": number,
            "FDate": "2026-03-30",
            "FStockOrgId": {"FNumber": "100"},
            "FStockDirect": "GENERAL",
            "FDEPTID": {"FNumber": "BM000002"},
            "FOwnerTypeIdHead": "BD_OwnerOrg",
            "FEntity": [{**line, "FSTOCKID": {"FNumber": stock}} for stock in stocks],
        },
    )
    erp_sandbox.post("kingdee/edit-document", {"form": OTHER_INS, "number": number, "status": "C"})
    return fid, number


def test_what_was_audited_is_read_by_its_audit_date_less_the_lines_that_the_filter_drops(tap, erp_sandbox, bookkeeper):
    scrapped, number = audit(bookkeeper, erp_sandbox, "406")
    lines = {
        document["FID"]: [line["FEntryID"] for line in document["FEntity"] if line["FSTOCKID"]["FNumber"] != "406"]
        for document in erp_sandbox.show("kingdee", OTHER_INS)
        if document.get("FApproveDate") and document["FBillTypeID"]["FNumber"] not in ("QTRKD03_SYS", "QTRKD07_SYS")
    }
    assert lines[scrapped] == []

    first = tap("miscellaneous", forms=[AUDITED])

    read = {d["FID"]: [line["FEntryID"] for line in d["FEntity"]] for d in first.records("miscellaneous")}
    assert read == {fid: kept for fid, kept in lines.items() if kept}
    bookmark = first.bookmark("miscellaneous")
    assert bookmark == max(document["FApproveDate"] for document in first.records("miscellaneous"))

    # The bookmark did not move past what the filter kept back: once it lets that through, it is read.
    move = {"form": OTHER_INS, "number": number, "lines": [{"FSTOCKID": {"FNumber": "CK01"}}]}
    erp_sandbox.post("kingdee/edit-document", move)
    (fid, _) = audit(bookkeeper, erp_sandbox, "CK02", "406")
    second = tap("miscellaneous", forms=[AUDITED], state=first.states[-1], lookback_minutes=0)

    assert {scrapped, fid} <= {document["FID"] for document in second.records("miscellaneous")}
    assert all(d["FApproveDate"] >= bookmark for d in second.records("miscellaneous"))
    assert second.bookmark("miscellaneous") > bookmark


def test_a_bookmark_of_another_time_is_not_taken_for_one_of_this(tap):
    by_change = tap("miscellaneous")

    by_audit = tap("miscellaneous", forms=[{**AUDITED, "filter": ""}], state=by_change.states[-1])

    assert len(by_audit.records("miscellaneous")) == sum(
        bool(document["FApproveDate"]) for document in by_change.records("miscellaneous")
    )


def test_organisations_narrow_every_stream_that_has_one(tap, erp_sandbox):
    reading = tap("miscellaneous", "materials", "units", organizations=["202", "204"])

    held = [d for d in erp_sandbox.show("kingdee", OTHER_INS) if d["FStockOrgId"]["FNumber"] in ("202", "204")]
    assert [d["FID"] for d in reading.records("miscellaneous")] == sorted(d["FID"] for d in held) != []
    assert reading.records("materials") == []  # all of them are of organisation 100
    assert reading.records("units")
    assert tap("miscellaneous", organizations=["20'2"]).records("miscellaneous") == []  # a quote stays a character


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"form": "STK_Miscellaneus"}, "业务对象"),
        ({}, "needs its form"),
        ({"form": OTHER_INS, "fields": ["FBilNo"]}, r"has no field FBilNo; the nearest that it has is FBillNo"),
        (
            {"form": OTHER_INS, "fields": ["FMaterialId"]},
            r"no field FMaterialId; the nearest that it has is FMATERIALID",
        ),
        ({"form": OTHER_INS, "entry": "FEntry"}, r"no entity FEntry; the nearest that it has is FEntity"),
        ({"form": "SAL_OUTSTOCK", "fields": ["FRealQty", "FEntity_Link_FSId"]}, "field of FEntity_Link"),
        ({"form": OTHER_INS, "fields": [{"key": "FQty", "type": "float"}]}, "number, boolean, date-time"),
        ({"form": OTHER_INS, "fields": ["FBillNo"], "replication_key": "FBillNo"}, "FBillNo is no time"),
        ({"form": OTHER_INS, "fields": ["FBillNo"], "lines": "flat"}, "no entry"),
        ({"form": "BD_STOCK", "name": "materials"}, "ready-made stream of BD_MATERIAL"),
        ({"form": "BD_STOCK", "name": "deletions"}, "more than once"),
    ],
)
def test_an_entry_that_does_not_fit_its_form_is_told_in_one_sentence(tap, plan, said):
    with pytest.raises((SetupError, FatalAPIError), match=said):
        tap("own", forms=[{"name": "own", **plan}])


def test_a_part_of_the_head_that_is_a_list_in_truth_is_noticed(tap, bookkeeper):
    bookkeeper.save_outstocks(3)
    own = {"name": "own", "form": "SAL_OUTSTOCK", "fields": ["FBillNo", "FRealQty"], "sub_heads": ["FEntity"]}

    with pytest.raises(FatalAPIError, match="came as several rows"):
        tap("own", forms=[own])


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("FBilNo='x'", "no field FBilNo; the nearest that it has is FBillNo; correct the filter"),
        ("FBillTypeID.FNumbr='x'", "what FBillTypeID of .* refers to has no FNumbr"),
        ("FBillNo == 'x'", "Kingdee could not carry out the query .* check its text"),
    ],
)
def test_a_filter_that_kingdee_refuses_is_told_with_what_to_mend(tap, condition, said):
    with pytest.raises(FatalAPIError, match=said):
        tap("miscellaneous", filters={"miscellaneous": condition})


def test_metadata_of_another_build_are_taken_as_far_as_they_go():
    """The head elsewhere or under another name, types and keys that say nothing."""
    strange = {"Key": "F_x", "Name": None, "FieldType": "nvarchar"}
    line = {"Key": "FEntity", "ParentKey": "FHead", "Fields": [{"Key": "FQty", "FieldType": 106}, {"Key": ""}]}
    head = {"Key": "FHead", "ParentKey": None, "Fields": [strange]}

    found = read_form({"Id": "X", "Entrys": [head, line]})
    turned = read_form({"Id": "X", "Entrys": [{**line, "ParentKey": ""}, {**head, "Key": "FBillHead"}]})

    for info in (found, turned):
        assert info.head.fields["F_x"].schema() == {"type": ["string", "null"], "description": "F_x"}
        assert [list(entry.fields) for entry in info.entries()] == [["FQty"]]
