"""The second account 账套: the same vendor, other organisations, documents of its own."""

import pytest

FORM = "STK_MISCELLANEOUS"


@pytest.fixture
def second(erp_sandbox, client_class):
    """A client signed in to the second account; its settings are put back afterwards."""
    yield client_class(erp_sandbox.credentials["kingdee_b"]["galaxy"]).login()
    erp_sandbox.post("kingdee_b/reset-settings")


@pytest.fixture
def other_stock_in(catalog, new_number):
    """Make a Model of 其他入库单 in an organisation."""

    def make(org, **changes):
        return {
            "FBillTypeID": {"FNumber": "QTRKD01_SYS"},
            "FBillNo": new_number("B"),
            "FDate": "2026-03-31",
            "FStockOrgId": {"FNumber": org},
            "FStockDirect": "GENERAL",
            "FDEPTID": {"FNumber": "BM000002"},
            "FOwnerTypeIdHead": "BD_OwnerOrg",
            "FEntity": [
                {"FMATERIALID": {"FNumber": catalog.materials[0]}, "FSTOCKID": {"FNumber": "CK01"}, "FQty": "1.5"}
            ],
            **changes,
        }

    return make


def test_base_data_is_the_second_accounts_own(galaxy, second):
    assert [row[0] for row in second.query("ORG_Organizations", "FNumber", "", "FNumber ASC")] == [
        "109", "121", "125", "126",
    ]  # fmt: skip
    for form, key in {"BD_MATERIAL": "FMATERIALID", "BD_Customer": "FCUSTID", "BD_UNIT": "FUNITID"}.items():
        ask = {"keys": f"{key},FNumber,FForbidStatus", "order": f"{key} ASC", "Limit": 50}
        first_rows, second_rows = galaxy.query(form, **ask), second.query(form, **ask, where="FUseOrgId.FNumber='109'")
        assert [row[1:] for row in second_rows] == [row[1:] for row in first_rows]
        assert not {row[0] for row in first_rows} & {row[0] for row in second_rows}
    assert second.query("BD_STOCK", "FNumber", "FNumber='406'") == []


def test_documents_go_to_the_account_that_is_asked(erp_sandbox, galaxy, second, other_stock_in, held):
    orgs = ("125", "126", "121", "109", "100")
    models = [other_stock_in(org) for org in orgs]
    status = second.batch(models, FORM, IsAutoSubmitAndAudit=True, IsVerifyBaseDataField=True)["ResponseStatus"]
    assert {entity["DIndex"] for entity in status["SuccessEntitys"]} == {0, 1, 2, 3}
    assert {error["FieldName"] for error in status["Errors"]} == {"FStockOrgId"}
    number = models[0]["FBillNo"]
    assert held(number, FORM) is None
    assert galaxy.query(FORM, "FID", f"FBillNo='{number}'") == []
    (document,) = erp_sandbox.show("kingdee_b", FORM, number=number)
    assert (document["FDocumentStatus"], document["FStockOrgId"]["FNumber"]) == ("C", "125")
    assert erp_sandbox.summary("kingdee_b", FORM)["by_status"]["C"] >= 4
    assert erp_sandbox.post("kingdee_b/delete-documents", {"form": FORM, "numbers": [number]})["deleted"] == 1
    assert erp_sandbox.show("kingdee_b", FORM, number=number) == []


def test_sessions_settings_and_sites_are_apart(erp_sandbox, galaxy, second, client_class):
    first, other = erp_sandbox.credentials["kingdee"]["galaxy"], erp_sandbox.credentials["kingdee_b"]["galaxy"]
    assert first["base_url"] != other["base_url"]
    mixed = client_class({**other, "acct_id": first["acct_id"]})
    body = {"acctID": first["acct_id"], "username": first["username"], "password": first["password"], "lcid": 2052}
    answer = mixed.post("ValidateUser", body, "Kingdee.BOS.WebApi.ServicesStub.AuthService.")
    assert (answer.status_code, answer.text) == (500, "Fail to verify thirty passport")
    crossed = client_class(other, http=galaxy.http)
    assert crossed.query("BD_UNIT", "FNumber")[0][0]["Result"]["ResponseStatus"]["MsgCode"] == 1
    erp_sandbox.post("kingdee_b/settings", {"no_permission": ["BD_UNIT"]})
    assert second.query("BD_UNIT", "FNumber") == []
    assert galaxy.query("BD_UNIT", "FNumber", "FNumber='Pcs'") == [["Pcs"]]
    upper = client_class({**other, "base_url": other["base_url"].replace("k3cloud-b", "K3Cloud-B")}, second.http)
    assert upper.query("ORG_Organizations", "FNumber", "FNumber='109'") == [["109"]]
    url = second.url("ExecuteBillQuery")
    signed = {"formid": "", "data": {"FormId": "ORG_Organizations", "FieldKeys": "FNumber", "Limit": 1}}
    fresh = client_class(other)
    assert fresh.post("ExecuteBillQuery", signed, headers=fresh.signed_headers(url)).json() == [["109"]]
