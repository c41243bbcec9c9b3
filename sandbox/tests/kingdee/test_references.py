"""Base data that documents refer to (vendor contract 5.4, 8.18)."""

import pytest


def errors(result):
    return [(error["FieldName"], error["Message"]) for error in result["ResponseStatus"]["Errors"]]


@pytest.fixture
def customer(galaxy, new_number, made):
    """Make an audited customer of one organisation; gives its number."""

    def make(org="100", *, audited=True):
        number = new_number("KH")
        unit = {"FNumber": org}
        model = {"FNumber": number, "FName": "演示客户", "FCreateOrgId": unit, "FUseOrgId": unit}
        assert galaxy.save(model, form="BD_Customer")["ResponseStatus"]["IsSuccess"] is True
        made("BD_Customer", number)
        if audited:
            for service in ("Submit", "Audit"):
                assert galaxy.move(service, number, form="BD_Customer")["IsSuccess"] is True
        return number

    return make


@pytest.fixture
def forbidden(catalog, erp_sandbox):
    """A material that somebody forbids for the time of the test."""
    named = {"form": "BD_MATERIAL", "numbers": [catalog.materials[-1]]}
    erp_sandbox.post("kingdee/forbid", named)
    yield catalog.materials[-1]
    erp_sandbox.post("kingdee/enable", named)


@pytest.mark.parametrize("verify", [False, True])
class TestWhatIsNotFound:
    """Left empty without IsVerifyBaseDataField, an error with it; a mandatory field then is missing as well."""

    def check(self, galaxy, held, model, verify, text):
        """An optional field is lost silently, or refused by name."""
        result = galaxy.save(model, IsVerifyBaseDataField=verify)
        if verify:
            assert [key for key, _message in errors(result)] == ["FSalesManID"]
            assert text in errors(result)[0][1]
            assert held(model["FBillNo"]) is None
        else:
            assert result["ResponseStatus"]["IsSuccess"] is True
            assert "FSalesManID" not in held(model["FBillNo"])

    def test_an_unknown_code(self, galaxy, outstock, held, verify):
        self.check(galaxy, held, outstock(FSalesManID={"FNumber": "NOPE"}), verify, "不存在")

    def test_a_name_is_no_code(self, galaxy, outstock, held, verify):
        self.check(galaxy, held, outstock(FSalesManID={"FName": "华东一组销售员"}), verify, "FNumber")

    def test_a_plain_text_is_no_reference(self, galaxy, outstock, held, verify):
        self.check(galaxy, held, outstock(FSalesManID="XS01"), verify, "FNumber")

    def test_a_list_is_no_reference(self, galaxy, outstock, held, verify):
        self.check(galaxy, held, outstock(FSalesManID=[{"FNumber": "XS01"}]), verify, "FNumber")

    def test_an_unknown_id(self, galaxy, outstock, held, verify):
        self.check(galaxy, held, outstock(FSalesManID={"fid": 1}), verify, "FNumber")

    def test_a_mandatory_one_is_missing(self, galaxy, outstock, verify):
        found = errors(galaxy.save(outstock(FCustomerID={"FNumber": "NOPE"}), IsVerifyBaseDataField=verify))
        assert ("FCustomerID", "字段“客户”是必填项") in found
        assert any("NOPE" in message for _key, message in found) is verify

    def test_a_forbidden_material(self, galaxy, outstock, line, forbidden, verify):
        model = outstock(FEntity=[line(), line(FMaterialID={"FNumber": forbidden})])
        found = errors(galaxy.save(model, IsVerifyBaseDataField=verify))
        assert ("FMaterialID", "单据体实体【明细信息】第【2】行分录，【物料编码】字段必录") in found
        assert any("已禁用" in message for _key, message in found) is verify

    def test_an_unaudited_customer(self, galaxy, outstock, customer, verify):
        number = customer(audited=False)
        found = errors(galaxy.save(outstock(FCustomerID={"FNumber": number}), IsVerifyBaseDataField=verify))
        assert any("未审核" in message for _key, message in found) is verify
        assert ("FCustomerID", "字段“客户”是必填项") in found

    def test_a_customer_of_another_organisation(self, galaxy, outstock, customer, verify):
        number = customer("102")
        theirs = outstock(FSaleOrgId={"FNumber": "102"}, FCustomerID={"FNumber": number})
        assert galaxy.save(theirs, IsVerifyBaseDataField=verify)["ResponseStatus"]["IsSuccess"] is True
        ours = outstock(FCustomerID={"FNumber": number}, FSaleOrgId={"FNumber": "101"})
        found = errors(galaxy.save(ours, IsVerifyBaseDataField=verify))
        assert any("组织" in message for _key, message in found) is verify
        assert ("FCustomerID", "字段“客户”是必填项") in found


class TestWays:
    """How a reference may be written."""

    @pytest.mark.parametrize("key", ["FNumber", "FNUMBER", "fnumber", "Number"])
    def test_its_code_in_any_case_of_the_key(self, galaxy, outstock, held, key):
        model = outstock(FSalesManID={key: "XS02"})
        galaxy.save(model)
        assert held(model["FBillNo"])["FSalesManID"]["FNumber"] == "XS02"

    def test_a_code_that_is_a_number(self, galaxy, outstock, held):
        model = outstock(FStockOrgId={"FNumber": 100})
        galaxy.save(model)
        assert held(model["FBillNo"])["FStockOrgId"]["FNumber"] == "100"

    @pytest.mark.parametrize("shape", [lambda key: {"FCUSTID": key}, lambda key: {"Id": str(key)}, lambda key: key])
    def test_its_internal_id(self, galaxy, outstock, held, catalog, shape):
        key = galaxy.query("BD_Customer", "FCUSTID", f"FNumber='{catalog.customers[1]}'")[0][0]
        model = outstock(FCustomerID=shape(key))
        galaxy.save(model)
        assert held(model["FBillNo"])["FCustomerID"] == {"FNumber": catalog.customers[1], "id": key}

    def test_an_owner_of_another_class(self, galaxy, outstock, held):
        owner = {"FOwnerTypeIdHead": "BD_Supplier", "FOwnerIdHead": {"FNumber": "VEN00001"}}
        model = {**owner, **outstock()}
        galaxy.save(model, IsVerifyBaseDataField=True)
        assert held(model["FBillNo"])["FOwnerIdHead"]["FNumber"] == "VEN00001"

    def test_an_owner_of_no_class(self, galaxy, outstock):
        model = outstock(FOwnerTypeIdHead="BD_Nobody", FOwnerIdHead={"FNumber": "100"})
        assert errors(galaxy.save(model, IsVerifyBaseDataField=True))[0][0] == "FOwnerIdHead"


class TestOrganisations:
    def test_head_office_data_is_shared_unless_the_tenant_shares_nothing(self, galaxy, outstock, settings):
        assert galaxy.save(outstock())["ResponseStatus"]["IsSuccess"] is True
        settings(shared_org="")
        assert ("FCustomerID", "字段“客户”是必填项") in errors(galaxy.save(outstock()))

    def test_allocated_data_is_usable_there_too(self, galaxy, outstock, customer):
        number = customer("102")
        key = galaxy.query("BD_Customer", "FCUSTID", f"FNumber='{number}'")[0][0]
        org = galaxy.query("ORG_Organizations", "FOrgID", "FNumber='101'")[0][0]
        given = {"PkIds": str(key), "TOrgIds": str(org), "IsAutoSubmitAndAudit": "true"}
        answer = galaxy.call("Allocate", "BD_Customer", given)
        assert answer["Result"]["ResponseStatus"]["IsSuccess"] is True
        assert galaxy.save(outstock(FCustomerID={"FNumber": number}))["ResponseStatus"]["IsSuccess"] is True
        rows = galaxy.query("BD_Customer", "FCUSTID,FUseOrgId.FNumber,FMasterId", f"FNumber='{number}'", "FCUSTID ASC")
        assert [row[1] for row in rows] == ["102", "101"]
        assert {row[2] for row in rows} == {key}
        taken = galaxy.call("CancelAllocate", "BD_Customer", {"PkIds": str(key), "TOrgIds": str(org)})["Result"]
        assert taken["ResponseStatus"]["IsSuccess"] is True
        assert galaxy.save(outstock(FCustomerID={"FNumber": number}))["ResponseStatus"]["IsSuccess"] is False
        again = galaxy.call("CancelAllocate", "BD_Customer", {"PkIds": str(key), "TOrgIds": str(org)})["Result"]
        assert "没有分配给组织“101”" in again["ResponseStatus"]["Errors"][0]["Message"]

    def test_allocated_data_waits_for_its_own_audit_and_comes_once(self, galaxy, outstock, customer):
        number = customer("102")
        key = galaxy.query("BD_Customer", "FCUSTID", f"FNumber='{number}'")[0][0]
        org = galaxy.query("ORG_Organizations", "FOrgID", "FNumber='101'")[0][0]

        def allocate():
            answer = galaxy.call("Allocate", "BD_Customer", {"PkIds": str(key), "TOrgIds": str(org)})
            return answer["Result"]["ResponseStatus"]

        (made,) = allocate()["SuccessEntitys"]
        assert galaxy.save(outstock(FCustomerID={"FNumber": number}))["ResponseStatus"]["IsSuccess"] is False
        for service in ("Submit", "Audit"):
            moved = galaxy.move(service, number, form="BD_Customer", UseOrgId=org)
            assert [entity["Id"] for entity in moved["SuccessEntitys"]] == [made["Id"]]
            assert moved["Errors"] == []
        assert galaxy.save(outstock(FCustomerID={"FNumber": number}))["ResponseStatus"]["IsSuccess"] is True
        assert "已经分配给组织“101”" in allocate()["Errors"][0]["Message"]

    def test_only_audited_data_is_allocated(self, galaxy, customer):
        number = customer(audited=False)
        key = galaxy.query("BD_Customer", "FCUSTID", f"FNumber='{number}'")[0][0]
        org = galaxy.query("ORG_Organizations", "FOrgID", "FNumber='101'")[0][0]
        answer = galaxy.call("Allocate", "BD_Customer", {"PkIds": str(key), "TOrgIds": str(org)})
        assert "未审核" in answer["Result"]["ResponseStatus"]["Errors"][0]["Message"]

    def test_a_record_of_one_organisation_is_saved_again_beside_that_of_another(self, galaxy, customer):
        number = customer("102", audited=False)
        key = galaxy.query("BD_Customer", "FCUSTID", f"FNumber='{number}'")[0][0]
        for service in ("Submit", "Audit"):
            galaxy.move(service, number, form="BD_Customer")
        org = galaxy.query("ORG_Organizations", "FOrgID", "FNumber='101'")[0][0]
        (made,) = galaxy.call("Allocate", "BD_Customer", {"PkIds": str(key), "TOrgIds": str(org)})["Result"][
            "ResponseStatus"
        ]["SuccessEntitys"]
        again = galaxy.save({"FCUSTID": made["Id"], "FNumber": number, "FName": "改名"}, form="BD_Customer")
        assert again["ResponseStatus"]["IsSuccess"] is True, again

    def test_nothing_is_allocated_to_nowhere(self, galaxy):
        answer = galaxy.call("Allocate", "BD_Customer", {"PkIds": "1", "TOrgIds": "2"})
        assert answer["Result"]["ResponseStatus"]["MsgCode"] == 10


class TestForbidAndEnable:
    def test_a_forbidden_customer_is_refused_until_it_is_enabled(self, galaxy, outstock, customer):
        number = customer()

        def operate(code, service="ExcuteOperation"):
            answer = galaxy.call(service, "BD_Customer", {"Numbers": [number]}, opNumber=code)
            return answer["Result"]["ResponseStatus"]

        model = outstock(FCustomerID={"FNumber": number})
        assert operate("Forbid")["IsSuccess"] is True
        assert galaxy.query("BD_Customer", "FForbidStatus", f"FNumber='{number}'") == [["B"]]
        assert galaxy.save(model)["ResponseStatus"]["IsSuccess"] is False
        again = operate("forbid")
        assert (again["IsSuccess"], "已经禁用" in again["Errors"][0]["Message"]) == (False, True)
        assert operate("Enable", "ExecuteOperation")["IsSuccess"] is True
        assert galaxy.save(model)["ResponseStatus"]["IsSuccess"] is True

    def test_only_audited_data_is_forbidden(self, galaxy, customer):
        number = customer(audited=False)
        answer = galaxy.call("ExcuteOperation", "BD_Customer", {"Numbers": [number]}, opNumber="Forbid")
        assert "数据状态为创建" in answer["Result"]["ResponseStatus"]["Errors"][0]["Message"]

    @pytest.mark.parametrize(("code", "msg_code"), [("Nonsense", 9), ("", 3), (None, 3)])
    def test_an_unknown_operation_is_an_error(self, galaxy, code, msg_code):
        answer = galaxy.call("ExcuteOperation", "BD_Customer", {"Numbers": ["x"]}, opNumber=code)
        assert answer["Result"]["ResponseStatus"]["MsgCode"] == msg_code


class TestBaseDataIsSavedToo:
    def test_a_material_is_numbered_and_usable_once_audited(self, galaxy, outstock, line, held, made):
        org = {"FNumber": "100"}
        part = {"FErpClsID": "1", "FCategoryID": {"FNumber": "CHLB01_SYS"}, "FBaseUnitId": {"FNumber": "kg"}}
        model = {"FName": [{"Key": 2052, "Value": "演示商品"}, {"Key": 1033, "Value": "Demo"}], "SubHeadEntity": part}
        saved = galaxy.save({**model, "FCreateOrgId": org, "FUseOrgId": org}, form="BD_MATERIAL")
        number = saved["Number"]
        made("BD_MATERIAL", number)
        assert number.startswith("CH")
        assert galaxy.query("BD_MATERIAL", "FName,FBaseUnitId.FNumber", f"FNumber='{number}'") == [["演示商品", "kg"]]
        for service in ("Submit", "Audit"):
            galaxy.move(service, number, form="BD_MATERIAL")
        sold = outstock(FEntity=[line(FMaterialID={"FNumber": number})])
        galaxy.save(sold, IsVerifyBaseDataField=True)
        assert held(sold["FBillNo"])["FEntity"][0]["FUnitID"]["FNumber"] == "kg"

    @pytest.mark.parametrize("form", ["BD_Customer", "BD_MATERIAL"])
    def test_a_batch_saved_and_audited_at_once_is_used_at_once(self, galaxy, outstock, line, new_number, made, form):  # noqa: PLR0917 - fixtures
        numbers = [new_number("BD") for _ in range(2)]
        for number in numbers:
            made(form, number)
        org = {"FNumber": "100"}
        models = [{"FNumber": n, "FName": n, "FCreateOrgId": org, "FUseOrgId": org} for n in numbers]
        status = galaxy.batch(models, form=form, IsAutoSubmitAndAudit=True, IsVerifyBaseDataField=True)[
            "ResponseStatus"
        ]
        assert [entity["Number"] for entity in status["SuccessEntitys"]] == numbers
        rows = galaxy.query(
            form, "FNumber,FDocumentStatus,FForbidStatus", f"FNumber in ('{numbers[0]}','{numbers[1]}')"
        )
        assert sorted(rows) == sorted([number, "C", "A"] for number in numbers)
        reference = {"FNumber": numbers[1]}
        changes = {"FCustomerID": reference} if form == "BD_Customer" else {"FEntity": [line(FMaterialID=reference)]}
        saved = galaxy.save(outstock(**changes), IsVerifyBaseDataField=True, IsAutoSubmitAndAudit=True)
        assert saved["ResponseStatus"]["IsSuccess"] is True, saved

    def test_of_two_batches_that_want_the_same_code_the_second_is_refused(self, galaxy, new_number, made):
        number, org = new_number("BD"), {"FNumber": "100"}
        made("BD_Customer", number)
        model = {"FNumber": number, "FName": "x", "FCreateOrgId": org, "FUseOrgId": org}
        for at, good in ((0, True), (1, False)):
            status = galaxy.batch([model], form="BD_Customer", IsAutoSubmitAndAudit=True)["ResponseStatus"]
            assert status["IsSuccess"] is good, at
        assert "编码唯一" in status["Errors"][0]["Message"]
        assert len(galaxy.query("BD_Customer", "FCUSTID", f"FNumber='{number}'")) == 1

    def test_mandatory_fields_and_unique_codes_hold_for_it(self, galaxy, customer):
        found = errors(galaxy.save({"FNumber": "X"}, form="BD_Customer"))
        assert {key for key, _message in found} >= {"FName"}
        number, org = customer(), {"FNumber": "100"}
        again = {"FNumber": number, "FName": "x", "FCreateOrgId": org, "FUseOrgId": org}
        assert errors(galaxy.save(again, form="BD_Customer")) == [
            ("FNumber", f"违反字段唯一性要求：编码唯一。[{number}]在当前系统中已经被使用。")
        ]

    def test_a_form_without_a_code_rule_wants_its_code(self, galaxy):
        assert ("FNumber", "字段“编码”是必填项") in errors(galaxy.save({"FName": "打"}, form="BD_UNIT"))

    def test_a_deleted_customer_is_gone(self, galaxy, outstock, customer):
        number = customer(audited=False)
        assert galaxy.move("Delete", number, form="BD_Customer")["IsSuccess"] is True
        assert galaxy.query("BD_Customer", "FCUSTID", f"FNumber='{number}'") == []
        found = errors(galaxy.save(outstock(FCustomerID={"FNumber": number}), IsVerifyBaseDataField=True))
        assert any("不存在" in message for _key, message in found)
