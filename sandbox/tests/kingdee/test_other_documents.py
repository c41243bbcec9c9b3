"""The documents beside 销售出库单: each is saved, audited, asked for and described (vendor contract 8.19 to 8.31)."""

from decimal import Decimal

import pytest

ORG, CUSTOMER_ORG = {"FNumber": "100"}, {"FNumber": "101"}
STOCK, OTHER_STOCK = {"FNumber": "CK01"}, {"FNumber": "CK02"}
OWNER = "BD_OwnerOrg"

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
    keys = f"FBillNo,FDocumentStatus,{entry}_FSeq,{quantity},{amount},FApproveDate"
    rows = galaxy.query(form, keys, where, f"FID ASC,{entry}_FEntryID ASC")
    assert [row[:5] for row in rows] == [
        [number, "C", seq, Decimal(3), Decimal("3.87") if amount else 0] for number in numbers for seq in (1, 2)
    ]
    assert all(row[5] for row in rows)
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
    assert head.keys() | line.keys() <= described.keys()
    lacking = dict.fromkeys(("FDate", *head))
    models = [document(form, **{key: None}) for key in lacking]
    for key in line:
        model = document(form)
        model[entry][1] = {name: value for name, value in model[entry][1].items() if name != key}
        models.append(model)
    answer = galaxy.batch(models, form)["ResponseStatus"]
    refused = {error["DIndex"] for error in answer["Errors"]}
    needed = [at for at, key in enumerate([*lacking, *line]) if described[key] or key == "FDEPTID"]
    assert refused == set(needed)


def test_supplier_or_department_is_needed_unless_the_tenant_lets_it_be(galaxy, document, settings):
    model = document("STK_MISCELLANEOUS", FDEPTID=None)
    refused = galaxy.save(model, "STK_MISCELLANEOUS")["ResponseStatus"]["Errors"]
    assert [error["FieldName"] for error in refused] == ["FSUPPLIERID"]
    assert "“供应商”、“部门”至少录入一个" in refused[0]["Message"]
    settings(one_of="optional")
    assert galaxy.save(model, "STK_MISCELLANEOUS")["ResponseStatus"]["IsSuccess"]


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
