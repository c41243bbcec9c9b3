"""The documents beside 销售出库单: each is saved, audited, asked for and described (vendor contract 8.19 to 8.31)."""

from decimal import Decimal

import pytest
from erp_sandbox.kingdee.metadata import load_forms

ORG, CUSTOMER_ORG = {"FNumber": "100"}, {"FNumber": "101"}
STOCK, OTHER_STOCK = {"FNumber": "CK01"}, {"FNumber": "CK02"}
OWNER, SUPPLIER = "BD_OwnerOrg", {"FNumber": "GYS01"}

DOCUMENTS = {
    "SAL_RETURNSTOCK": (
        {"FBillTypeID": {"FNumber": "XSTHD01_SYS"}, "FSaleOrgId": CUSTOMER_ORG, "FRetcustId": "customer",
         "FStockOrgId": ORG},
        "FEntity",
        {"FMaterialId": "material", "FRealQty": 3, "FTaxPrice": "1.2900", "FReturnType": {"FNumber": "THLX01_SYS"},
         "FStockId": STOCK},
        "FRealQty", "FAllAmount",
    ),
    "STK_MISCELLANEOUS": (
        {"FBillTypeID": {"FNumber": "QTRKD01_SYS"}, "FStockOrgId": ORG, "FStockDirect": "GENERAL",
         "FDEPTID": {"FNumber": "BM000002"}, "FOwnerTypeIdHead": OWNER},
        "FEntity",
        {"FMATERIALID": "material", "FSTOCKID": STOCK, "FQty": 3, "FPrice": "1.2900"},
        "FQty", "FAmount",
    ),
    "STK_TransferDirect": (
        {"FBillTypeID": {"FNumber": "ZJDB01_SYS"}, "FBizType": "NORMAL", "FTransferDirect": "GENERAL",
         "FTransferBizType": "InnerOrgTransfer", "FStockOutOrgId": ORG, "FStockOrgId": ORG,
         "FOwnerTypeOutIdHead": OWNER, "FOwnerTypeIdHead": OWNER},
        "FBillEntry",
        {"FMaterialId": "material", "FQty": 3, "FPrice": "1.2900", "FSrcStockId": STOCK, "FDestStockId": OTHER_STOCK},
        "FQty", "FAmount",
    ),
    "STK_MisDelivery": (
        {"FBillTypeID": {"FNumber": "QTCKD01_SYS"}, "FStockOrgId": ORG, "FPickOrgId": ORG, "FStockDirect": "GENERAL",
         "FDeptId": {"FNumber": "BM000002"}, "FOwnerTypeIdHead": OWNER},
        "FEntity",
        {"FMaterialId": "material", "FQty": 3, "FStockId": STOCK},
        "FQty", None,
    ),
    "STK_InStock": (
        {"FBillTypeID": {"FNumber": "RKD01_SYS"}, "FStockOrgId": ORG, "FPurchaseOrgId": ORG, "FSupplierId": SUPPLIER,
         "FOwnerTypeIdHead": OWNER, "FOwnerIdHead": ORG, "FInStockFin": {"FSettleOrgId": ORG}},
        "FInStockEntry",
        {"FMaterialId": "material", "FRealQty": 3, "FTaxPrice": "1.2900", "FStockId": STOCK},
        "FRealQty", "FAllAmount",
    ),
    "PUR_PurchaseOrder": (
        {"FBillTypeID": {"FNumber": "CGDD01_SYS"}, "FSupplierId": SUPPLIER, "FPurchaseOrgId": ORG},
        "FPOOrderEntry",
        {"FMaterialId": "material", "FQty": 3, "FTaxPrice": "1.2900", "FDeliveryDate": "2026-04-02"},
        "FQty", "FAllAmount",
    ),
    "PUR_MRB": (
        {"FBillTypeID": {"FNumber": "TLD01_SYS"}, "FStockOrgId": ORG, "FPurchaseOrgId": ORG, "FSupplierID": SUPPLIER},
        "FPURMRBENTRY",
        {"FMATERIALID": "material", "FRMREALQTY": 3, "FTAXPRICE": "1.2900", "FSTOCKID": STOCK},
        "FRMREALQTY", "FALLAMOUNT",
    ),
    "AP_Payable": (
        {"FBillTypeID": {"FNumber": "YFD01_SYS"}, "FSUPPLIERID": SUPPLIER, "FCURRENCYID": {"FNumber": "PRE001"},
         "FSETTLEORGID": ORG, "FPAYORGID": ORG},
        "FEntityDetail",
        {"FMATERIALID": "material", "FPriceQty": 3, "FTaxPrice": "1.2900"},
        "FPriceQty", "FALLAMOUNTFOR_D",
    ),
    "AR_receivable": (
        {"FBillTypeID": {"FNumber": "YSD01_SYS"}, "FCUSTOMERID": "customer", "FCURRENCYID": {"FNumber": "PRE001"},
         "FSETTLEORGID": ORG, "FPAYORGID": ORG},
        "FEntityDetail",
        {"FMATERIALID": "material", "FPriceQty": 3, "FTaxPrice": "1.2900"},
        "FPriceQty", "FALLAMOUNTFOR_D",
    ),
    "STK_StockCountInput": (
        {"FBillTypeID": {"FNumber": "WLPDZY01_SYS"}, "FStockOrgId": ORG},
        "FBillEntry", {"FMaterialId": "material", "FCountQty": 3, "FStockId": STOCK}, "FCountQty", None,
    ),
    "STK_StockCountGain": (
        {"FBillTypeID": {"FNumber": "PY01_SYS"}, "FStockOrgId": ORG},
        "FBillEntry", {"FMaterialId": "material", "FGainQty": 3, "FStockId": STOCK}, "FGainQty", None,
    ),
    "STK_StockCountLoss": (
        {"FBillTypeID": {"FNumber": "PK01_SYS"}, "FStockOrgId": ORG},
        "FBillEntry", {"FMaterialId": "material", "FLossQty": 3, "FStockId": STOCK}, "FLossQty", None,
    ),
}  # fmt: skip
FORMS = pytest.mark.parametrize("form", DOCUMENTS)


@pytest.fixture
def document(catalog, new_number):
    """Make a Model of a form with two lines."""

    def make(form, **changes):
        head, entry, line, _quantity, _amount = DOCUMENTS[form]
        lines = [_filled(line, catalog, at) for at in range(2)]
        model = {"FID": 0, "FBillNo": new_number(form[-4:]), "FDate": "2026-03-31", **_filled(head, catalog, 0)}
        return {**model, entry: lines, **changes}

    return make


def _filled(values, catalog, at):
    words = {"material": {"FNumber": catalog.materials[at]}, "customer": {"FNumber": catalog.customers[at]}}
    return {key: words.get(value, value) if isinstance(value, str) else value for key, value in values.items()}


@FORMS
def test_it_is_saved_audited_and_found(galaxy, erp_sandbox, document, form):
    _head, entry, _line, quantity, amount = DOCUMENTS[form]
    models = [document(form), document(form)]
    saved = galaxy.batch(models, form, IsAutoSubmitAndAudit=True, IsVerifyBaseDataField=True)["ResponseStatus"]
    assert saved["IsSuccess"], saved["Errors"]
    numbers = [model["FBillNo"] for model in models]
    where = "FBillNo in ('{}','{}')".format(*numbers)
    keys = f"FBillNo,FDocumentStatus,FCancelStatus,{entry}_FSeq,{quantity},{amount or quantity}"
    rows = galaxy.query(form, keys, f"{where} and FApproveDate is not null", f"FID ASC,{entry}_FEntryID ASC")
    assert rows == [
        [number, "C", "A", seq, Decimal(3), Decimal("3.87") if amount else Decimal(3)]
        for number in numbers
        for seq in (1, 2)
    ]
    shown = erp_sandbox.show("kingdee", form, number=numbers[0])
    assert len(shown[0][entry]) == 2
    assert galaxy.move("UnAudit", numbers[0], form=form)["IsSuccess"]
    assert galaxy.move("Delete", numbers[0], form=form)["IsSuccess"]
    assert erp_sandbox.show("kingdee", form, number=numbers[0]) == []


@FORMS
def test_every_field_it_needs_is_asked_for_and_described(galaxy, document, form):
    head, entry, line, *_sums = DOCUMENTS[form]
    info = galaxy.call("QueryBusinessInfo", None, {"FormId": form})["Result"]["NeedReturnData"]
    fields = {each["Key"]: each["Fields"] for each in info["Entrys"]}
    described = {each["Key"]: each["MustInput"] for part in fields.values() for each in part}
    described |= {"FInStockFin": 1, "FDATE": 1, "FDate": 1}  # a part with a mandatory field; the vendor's two spellings
    assert head.keys() | line.keys() <= described.keys()
    lacking = dict.fromkeys(("FDate", *head))
    models = [document(form, **{key: None}) for key in lacking]
    for key in line:
        model = document(form)
        del model[entry][1][key]
        models.append(model)
    answer = galaxy.batch(models, form)["ResponseStatus"]
    refused = {error["DIndex"] for error in answer["Errors"]}
    needed = [at for at, key in enumerate([*lacking, *line]) if described[key] or key in {"FDEPTID", "FDeptId"}]
    assert refused == set(needed)


def test_supplier_or_department_is_needed_unless_the_tenant_lets_it_be(galaxy, document, settings):
    model = document("STK_MISCELLANEOUS", FDEPTID=None)
    refused = galaxy.save(model, "STK_MISCELLANEOUS")["ResponseStatus"]["Errors"]
    assert [error["FieldName"] for error in refused] == ["FSUPPLIERID"]
    assert "“供应商”、“部门”至少录入一个" in refused[0]["Message"]
    settings(one_of="optional")
    assert galaxy.save(model, "STK_MISCELLANEOUS")["ResponseStatus"]["IsSuccess"]


def test_a_type_of_another_document_is_none_of_this_one(galaxy, document):
    model = document("STK_MISCELLANEOUS", FBillTypeID={"FNumber": "XSCKD01_SYS"})
    for verify, message in ((True, "“XSCKD01_SYS”不属于当前单据"), (False, "字段“单据类型”是必填项")):
        status = galaxy.save(model, "STK_MISCELLANEOUS", IsVerifyBaseDataField=verify)["ResponseStatus"]
        assert message in status["Errors"][0]["Message"]


def test_an_amount_without_a_price_stands(galaxy, document, held):
    model = document("STK_MISCELLANEOUS")
    for line in model["FEntity"]:
        line["FPrice"] = None
        line["FAmount"] = "9.99"
    galaxy.save(model, "STK_MISCELLANEOUS")
    assert [line["FAmount"] for line in held(model["FBillNo"], "STK_MISCELLANEOUS")["FEntity"]] == ["9.99", "9.99"]


def test_a_transfer_moves_stock_from_one_warehouse_to_the_other(galaxy, erp_sandbox, document, settings, catalog):
    settings(stock_control=True)
    for material in catalog.materials[:2]:
        for stock, quantity in (("CK01", 5), ("CK02", 0)):
            erp_sandbox.post("kingdee/stock", {"stock": stock, "material": material, "quantity": quantity})
    stocks = "FMaterialId.FNumber in ('{}','{}') and FStockId.FNumber in ('CK01','CK02')".format(*catalog.materials[:2])

    def quantities():
        rows = galaxy.query("STK_Inventory", "FStockId.FNumber,FBaseQty", f"FStockOrgId.FNumber='100' and {stocks}")
        return {(stock, quantity) for stock, quantity in rows}

    first, second = document("STK_TransferDirect"), document("STK_TransferDirect")
    assert galaxy.save(first, "STK_TransferDirect", IsAutoSubmitAndAudit=True)["ResponseStatus"]["IsSuccess"]
    assert quantities() == {("CK01", 2), ("CK02", 3)}
    refused = galaxy.save(second, "STK_TransferDirect", IsAutoSubmitAndAudit=True)["ResponseStatus"]["Errors"]
    assert [error["FieldName"] for error in refused] == ["AbstractInteractionResult"]
    galaxy.move("UnAudit", first["FBillNo"], form="STK_TransferDirect")
    assert quantities() == {("CK01", 5), ("CK02", 0)}


def test_payables_sum_up_their_lines(galaxy, document):
    model = document("AP_Payable")
    galaxy.save(model, "AP_Payable")
    rows = galaxy.query("AP_Payable", "FALLAMOUNTFOR,FDATE", f"FBillNo='{model['FBillNo']}'")
    assert rows == [[Decimal("7.74"), "2026-03-31T00:00:00"]]


def test_a_stock_in_of_a_purchase_order_is_written_back(galaxy, document, held):
    order, arrival = document("PUR_PurchaseOrder"), document("STK_InStock")
    galaxy.save(order, "PUR_PurchaseOrder", IsAutoSubmitAndAudit=True)
    source = held(order["FBillNo"], "PUR_PurchaseOrder")
    prefix = "FInStockEntry_Link"
    for line, ordered in zip(arrival["FInStockEntry"], source["FPOOrderEntry"], strict=True):
        line[prefix] = [
            {
                f"{prefix}_FRuleId": "PUR_PurchaseOrder-STK_InStock",
                f"{prefix}_FSTableName": "t_PUR_POOrderEntry",
                f"{prefix}_FSBillId": source["FID"],
                f"{prefix}_FSId": ordered["FEntryID"],
            }
        ]
    assert galaxy.save(arrival, "STK_InStock", IsAutoSubmitAndAudit=True)["ResponseStatus"]["IsSuccess"]
    rows = galaxy.query("PUR_PurchaseOrder", "FStockInQty", f"FBillNo='{order['FBillNo']}'")
    assert rows == [[Decimal(3)], [Decimal(3)]]
    closed = galaxy.call("ExcuteOperation", "PUR_PurchaseOrder", {"Numbers": [order["FBillNo"]]}, opNumber="BillClose")
    assert closed["Result"]["ResponseStatus"]["IsSuccess"]
    assert held(order["FBillNo"], "PUR_PurchaseOrder")["FCloseStatus"] == "B"


def test_every_key_that_a_form_names_is_one_of_its_own():
    forms = load_forms()
    for form in forms.values():
        entities = {entity.key: entity.fields.keys() for entity in form.entities()}
        head = form.head.fields.keys()
        named = {form.main_org, form.period and form.period.date, form.period and form.period.org} - {None}
        assert named | {key for group in form.one_of for key in group} <= head
        for stock in form.stock:
            assert {stock.material, stock.warehouse, stock.status, stock.quantity} <= entities[stock.entity]
            assert stock.org in head
        for totals in filter(None, (form.totals, form.total)):
            assert {totals.amount} - {""} <= entities[totals.entity]
        for entity in form.entities():
            for field in entity.fields.values():
                classes = field.form if isinstance(field.form, dict) else {"": field.form} if field.form else {}
                assert {value for key, value in classes.items() if key != "by"} <= forms.keys()
                assert classes.get("by", field.key) in entity.fields
                if str(field.default).startswith("="):
                    assert str(field.default)[1:].partition(".")[0] in entity.fields.keys() | head
