"""The data that a fresh Kingdee holds: base data, and the sale orders of wholesale deliveries."""

from decimal import Decimal


def test_organisations_warehouses_and_salers_are_there(galaxy):
    orgs = galaxy.query("ORG_Organizations", "FNumber", "FNumber<'2'", "FNumber ASC")
    assert [row[0] for row in orgs] == ["100", "101", "102", "103", "104"]
    stocks = galaxy.query("BD_STOCK", "FNumber,FName", "FNumber like 'CK0_'", "FNumber ASC")
    assert [row[0] for row in stocks] == ["CK01", "CK02", "CK03", "CK04", "CK05"]
    salers = galaxy.query("BD_Saler", "FNumber,FName", "", "FNumber ASC")
    assert [row[0] for row in salers] == [f"XS{n:02d}" for n in range(1, 13)]


def test_preset_codes_of_every_data_centre_are_there(galaxy):
    for form, numbers in {
        "BD_Currency": ["PRE001"],
        "BD_StockStatus": ["KCZT01_SYS", "KCZT02_SYS"],
        "BOS_BillType": ["XSCKD01_SYS", "XSCKD07_SYS", "XSDD01_SYS"],
        "BD_TaxRate": ["SL02_SYS"],
        "BD_UNIT": ["Pcs"],
        "BD_RateType": ["HLTX01_SYS"],
        "BD_SETTLETYPE": ["JSFS04_SYS"],
    }.items():
        for number in numbers:
            assert galaxy.query(form, "FNumber,FDocumentStatus,FForbidStatus", f"FNumber='{number}'") == [
                [number, "C", "A"]
            ]


def test_each_household_is_a_customer_with_its_saler(galaxy):
    rows = galaxy.query(
        "BD_Customer", "FNumber,FName,FSELLER.FNumber", "FNumber like 'KH_____'", "FCUSTID ASC", Limit=9999
    )
    assert len(rows) == 2469
    for number, name, saler in rows:
        household = int(number[2:])
        assert (name, saler) == (f"会员{household:04d}", f"XS{household % 12 + 1:02d}")


def test_materials_are_those_that_were_sold_and_a_few_are_forbidden(galaxy, erp_sandbox):
    sold = {
        line["goods_no"]
        for document in erp_sandbox.show("wangdiantong", "sales_stockouts")
        for line in document["details"]
    }
    rows = galaxy.query("BD_MATERIAL", "FNumber,FForbidStatus,FBaseUnitId.FNumber", "FNumber like 'G%'", Limit=10_000)
    assert {row[0] for row in rows} == sold
    assert {row[2] for row in rows} == {"Pcs"}
    for number, forbidden, _unit in rows:
        assert forbidden == ("B" if int(number[1:]) % 2500 == 3 else "A")


def test_a_wholesale_delivery_has_its_audited_order_line_by_line(galaxy, erp_sandbox):
    documents = {document["src_trade_no"]: document for document in erp_sandbox.show("wangdiantong", "sales_stockouts")}
    keys = "FBillNo,FSaleOrderEntry_FSeq,FMaterialId.FNumber,FQty,FTaxPrice,FAllAmount,FDocumentStatus,FCustId.FNumber"
    rows = galaxy.query("SAL_SaleOrder", keys, "FBillNo like 'T%'", "FID ASC,FSaleOrderEntry_FEntryID ASC", Limit=9999)
    orders = {}
    for row in rows:
        orders.setdefault(row[0], []).append(row)
    shipped = {"95", "105", "110", "113"}
    wholesale = {
        number
        for number, document in documents.items()
        if int(document["nick_name"].removeprefix("会员")) % 33 == 0 and str(document["status"]) in shipped
    }
    assert set(orders) == wholesale
    assert wholesale
    for number, lines in orders.items():
        document = documents[number]
        assert {row[6] for row in lines} == {"C"}
        assert {row[7] for row in lines} == {f"KH{int(document['nick_name'].removeprefix('会员')):05d}"}
        assert [row[1] for row in lines] == list(range(1, len(document["details"]) + 1))
        for row, detail in zip(lines, document["details"], strict=True):
            assert row[2] == detail["goods_no"]
            assert row[3] == Decimal(detail["goods_count"])
            assert row[4] == Decimal(detail["sell_price"])


def test_other_stock_ins_have_what_tells_organisations_types_and_warehouses_apart(galaxy, erp_sandbox):
    documents = [
        document
        for document in erp_sandbox.show("kingdee", "STK_MISCELLANEOUS")
        if document["FBillNo"].startswith("QTRK1")
    ]
    assert {document["FStockOrgId"]["FNumber"] for document in documents} == {"100", "202", "204", "103"}
    types = {document["FBillTypeID"]["FNumber"] for document in documents}
    assert types == {"QTRKD01_SYS", "QTRKD02_SYS", "QTRKD03_SYS", "QTRKD07_SYS"}
    assert {document["FDocumentStatus"] for document in documents} > {"C"}
    wanted = {
        (document["FBillNo"], line["FSeq"], str(line["FQty"]))
        for document in documents
        for line in document["FEntity"]
        if document.get("FApproveDate", "") >= "2026-03-30T14:00:00"
        and document["FBillTypeID"]["FNumber"] not in {"QTRKD03_SYS", "QTRKD07_SYS"}
        and line["FSTOCKID"]["FNumber"] != "406"
    }
    where = (
        "FAPPROVEDATE>='2026-03-30 14:00:00' and FBillTypeID.FNumber<>'QTRKD03_SYS' and "
        "FBillTypeID.FNumber<>'QTRKD07_SYS' and FSTOCKID.FNumber<>'406' and FBillNo like 'QTRK1%'"
    )
    rows = galaxy.query("STK_MISCELLANEOUS", "FBillNo,FEntity_FSeq,FQty", where, "FID ASC", Limit=2000)
    assert {(row[0], row[1], str(int(row[2]))) for row in rows} == wanted
    assert 0 < len(rows) < sum(len(document["FEntity"]) for document in documents)


def test_a_material_keeps_its_old_number(galaxy):
    rows = galaxy.query("BD_MATERIAL", "FNumber,FOldNumber", "FNumber like 'G%'", "FMATERIALID ASC", Limit=20)
    assert [row[1] for row in rows] == [f"SKU{row[0][1:]}" for row in rows]


def test_purchases_are_linked_from_order_to_payable(galaxy, erp_sandbox):
    orders = {order["FID"]: order for order in erp_sandbox.show("kingdee", "PUR_PurchaseOrder")}
    arrivals = [found for found in erp_sandbox.show("kingdee", "STK_InStock") if found["FBillNo"].startswith("CGRK1")]
    assert len(arrivals) > 10
    arrived = {}
    for arrival in arrivals:
        for line in arrival["FInStockEntry"]:
            (link,) = line["FInStockEntry_Link"]
            ordered = {each["FEntryID"]: each for each in orders[link["FInStockEntry_Link_FSBillId"]]["FPOOrderEntry"]}[
                link["FInStockEntry_Link_FSId"]
            ]
            assert ordered["FMaterialId"] == line["FMaterialId"]
            arrived[ordered["FEntryID"]] = line["FRealQty"]
    lines = galaxy.query("PUR_PurchaseOrder", "FPOOrderEntry_FEntryID,FStockInQty", "FBillNo like 'CG1%'", Limit=9999)
    assert {key: quantity for key, quantity in lines if quantity} == {
        key: Decimal(q) for key, q in arrived.items() if q
    }
    payables = erp_sandbox.summary("kingdee", "AP_Payable")
    assert payables["documents"] >= len(arrivals)
    sources = {row[0] for row in galaxy.query("AP_Payable", "FSourceBillNo", "FBillNo like 'YF1%'", Limit=9999)}
    assert sources == {arrival["FBillNo"] for arrival in arrivals}
