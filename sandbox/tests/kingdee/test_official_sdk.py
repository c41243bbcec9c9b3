"""The vendor's own Python client, unchanged, against the sandbox."""

import json
from decimal import Decimal

import pytest
from k3cloud_webapi_sdk.main import K3CloudApiSdk


@pytest.fixture
def sdk(galaxy):
    c = galaxy.credentials
    client = K3CloudApiSdk(c["base_url"])
    client.InitConfig(c["acct_id"], c["username"], c["app_id"], c["app_secret"], c["base_url"], c["lcid"], 100)
    return client


def result(text):
    return json.loads(text)["Result"]


def status(text):
    found = result(text)["ResponseStatus"]
    assert found["IsSuccess"] is True, found
    return found


def test_a_document_is_saved_viewed_submitted_audited_and_taken_back(sdk, outstock):
    model = outstock(FNote="官方SDK")
    number = model["FBillNo"]
    key = result(sdk.Save("SAL_OUTSTOCK", {"Model": model}))["Id"]
    viewed = result(sdk.View("SAL_OUTSTOCK", {"Number": number}))["Result"]
    assert (viewed["Id"], viewed["Note"], viewed["DocumentStatus"]) == (key, "官方SDK", "A")
    for service, state in (
        (sdk.Submit, "B"),
        (sdk.Audit, "C"),
        (sdk.UnAudit, "D"),
        (sdk.Submit, "B"),
        (sdk.CancelAssign, "D"),
    ):
        assert status(service("SAL_OUTSTOCK", {"Numbers": [number]}))["SuccessEntitys"][0]["Id"] == key
        asked = {"FormId": "SAL_OUTSTOCK", "FieldKeys": "FDocumentStatus", "FilterString": f"FBillNo='{number}'"}
        assert json.loads(sdk.ExecuteBillQuery(asked)) == [[state]]
    status(sdk.Delete("SAL_OUTSTOCK", {"Ids": str(key)}))
    assert json.loads(sdk.ExecuteBillQuery(asked)) == []


def test_a_batch_is_saved_and_audited(sdk, outstock, held):
    models = [outstock() for _ in range(3)]
    data = {"Model": models, "IsAutoSubmitAndAudit": "true", "IsVerifyBaseDataField": True, "BatchCount": 1}
    assert len(status(sdk.BatchSave("SAL_OUTSTOCK", data))["SuccessEntitys"]) == 3
    assert all(held(model["FBillNo"])["FDocumentStatus"] == "C" for model in models)


def test_a_batch_is_polled(sdk, outstock, held, settings):
    settings(async_polls=1)
    model = outstock()
    status(sdk.BatchSaveQuery("SAL_OUTSTOCK", {"Model": [model]}))
    assert held(model["FBillNo"]) is not None


def test_queries_read_rows_and_objects(sdk):
    asked = {"FormId": "BD_STOCK", "FieldKeys": "FNumber,FName", "FilterString": "FNumber='CK02'"}
    assert json.loads(sdk.ExecuteBillQuery(asked)) == [["CK02", "华南中心仓"]]
    assert json.loads(sdk.BillQuery(asked)) == [{"FNumber": "CK02", "FName": "华南中心仓"}]


def test_further_services_answer(sdk, galaxy, outstock):
    assert result(sdk.QueryBusinessInfo({"FormId": "BD_UNIT"}))["NeedReturnData"]["Id"] == "BD_UNIT"
    assert json.loads(sdk.GetDataCenters())[0]["Id"] == galaxy.credentials["acct_id"]
    status(sdk.SwitchOrg({"OrgNumber": "102"}))
    model = outstock()
    draft = result(sdk.Draft("SAL_OUTSTOCK", {"Model": model}))
    assert draft["ResponseStatus"]["IsSuccess"] is True
    status(sdk.ExcuteOperation("SAL_OUTSTOCK", "Cancel", {"Ids": str(draft["Id"])}))


def test_the_session_it_was_given_is_used_and_remade(sdk, erp_sandbox):
    asked = {"FormId": "BD_STOCK", "FieldKeys": "FNumber", "FilterString": "FNumber='CK02'"}
    sdk.ExecuteBillQuery(asked)
    first = sdk.cookiesStore.SID
    sdk.ExecuteBillQuery(asked)
    assert first == sdk.cookiesStore.SID
    erp_sandbox.post("kingdee/expire-sessions")
    assert json.loads(sdk.ExecuteBillQuery(asked)) == [["CK02"]]
    assert first != sdk.cookiesStore.SID


def test_a_rejection_reaches_its_caller(sdk, outstock):
    found = result(sdk.Save("SAL_OUTSTOCK", {"Model": outstock(FCustomerID=None)}))["ResponseStatus"]
    assert [error["FieldName"] for error in found["Errors"]] == ["FCustomerID"]


def test_a_wrong_account_raises_in_the_client(galaxy):
    c = galaxy.credentials
    client = K3CloudApiSdk(c["base_url"])
    client.InitConfig("nope", c["username"], c["app_id"], c["app_secret"], c["base_url"])
    with pytest.raises(RuntimeError, match="Fail to verify thirty passport"):
        client.ExecuteBillQuery({"FormId": "BD_STOCK", "FieldKeys": "FNumber"})


def test_an_exception_text_raises_in_the_client(sdk, erp_sandbox):
    erp_sandbox.post("faults", [{"vendor": "kingdee", "kind": "response_error", "call": "View"}])
    with pytest.raises(RuntimeError):
        sdk.View("BD_STOCK", {"Number": "CK01"})


def test_amounts_it_sends_as_floats_are_what_it_wrote(sdk, outstock, line, held):
    model = outstock(FEntity=[line(quantity=3.1, price=0.1)])
    status(sdk.Save("SAL_OUTSTOCK", {"Model": model}))
    entry = held(model["FBillNo"])["FEntity"][0]
    assert (Decimal(entry["FRealQty"]), Decimal(entry["FAllAmount"])) == (Decimal("3.1"), Decimal("0.31"))
