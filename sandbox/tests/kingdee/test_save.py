"""Save and Draft of one document (vendor contract 8.3, 8.8)."""

from decimal import Decimal

import pytest


def errors(result):
    status = result["ResponseStatus"]
    assert status["IsSuccess"] is False
    assert status["ErrorCode"] == 500
    return [(error["FieldName"], error["Message"]) for error in status["Errors"]]


class TestInsert:
    def test_a_saved_document_is_created_and_whole(self, galaxy, outstock, held, catalog):
        model = outstock(FNote="请放门口", F_ora_Text2="SF1", F_USQR_TEXT="T1", FCarriageNO="SF1")
        result = galaxy.save(model)
        document = held(model["FBillNo"])
        status = result["ResponseStatus"]
        assert status["IsSuccess"] is True
        assert status["SuccessEntitys"] == [{"Id": document["FID"], "Number": model["FBillNo"], "DIndex": 0}]
        assert (result["Id"], result["Number"]) == (document["FID"], model["FBillNo"])
        assert result["NeedReturnData"] == [{}]
        assert status["MsgCode"] == 0
        assert document["FDocumentStatus"] == "A"
        assert document["FCustomerID"]["FNumber"] == catalog.customers[0]
        assert document["FNote"] == "请放门口"
        assert (document["F_ora_Text2"], document["F_USQR_TEXT"], document["FCarriageNO"]) == ("SF1", "T1", "SF1")
        assert document["FCreatorId"]["FNumber"] == "demo"
        assert [entry["FSeq"] for entry in document["FEntity"]] == [1, 2]
        assert len({entry["FEntryID"] for entry in document["FEntity"]}) == 2

    def test_defaults_fill_what_is_not_given(self, galaxy, outstock, held):
        model = outstock()
        galaxy.save(model)
        document = held(model["FBillNo"])
        assert document["FSettleID"] == document["FCustomerID"]
        assert document["FOwnerIdHead"] == document["FStockOrgId"]
        assert document["SubHeadEntity"]["FSettleCurrID"]["FNumber"] == "PRE001"
        assert document["SubHeadEntity"]["FSettleOrgID"] == document["FSaleOrgId"]
        assert document["FEntity"][0]["FUnitID"]["FNumber"] == "Pcs"
        assert document["FEntity"][0]["FStockStatusID"]["FNumber"] == "KCZT01_SYS"

    def test_a_part_of_the_head_takes_what_is_given(self, galaxy, outstock, held):
        model = outstock(SubHeadEntity={"FSettleCurrID": {"FNumber": "PRE007"}, "FIsIncludedTax": "false"})
        galaxy.save(model)
        part = held(model["FBillNo"])["SubHeadEntity"]
        assert (part["FSettleCurrID"]["FNumber"], part["FIsIncludedTax"], part["FIsPriceExcludeTax"]) == (
            "PRE007",
            False,
            True,
        )

    def test_unknown_keys_are_ignored(self, galaxy, outstock, held, line):
        model = outstock(FNope="x", FEntity=[line(FNopeEither=1, **{"FEntrynote ": "trailing blank"})])
        assert galaxy.save(model)["ResponseStatus"]["IsSuccess"] is True
        document = held(model["FBillNo"])
        assert "FNope" not in document
        assert "FEntrynote" not in document["FEntity"][0]

    def test_keys_match_in_any_case_unless_the_build_is_strict(self, galaxy, outstock, held, line, settings):
        source = {"FSRCTYPE": "SAL_SaleOrder", "FSRCBillNo": "T9", "FSOORDERNO": "T9"}
        for sensitive in (False, True):
            settings(key_case="sensitive" if sensitive else "insensitive")
            model = outstock(FEntity=[line(**source)], fnote="x")
            galaxy.save(model)
            document = held(model["FBillNo"])
            found = {key for key in ("FSrcType", "FSrcBillNo", "FSoorDerno") if key in document["FEntity"][0]}
            assert len(found) == (0 if sensitive else 3)
            assert ("FNote" in document) is not sensitive

    def test_a_document_without_a_number_gets_one_by_the_code_rule(self, galaxy, outstock, held):
        numbers = [galaxy.save(outstock(FBillNo=number))["Number"] for number in ("", None, " " * 0)]
        assert len(set(numbers)) == 3
        assert all(number.startswith("XSCKD") and len(number) == 11 for number in numbers)
        assert held(numbers[0])["FBillNo"] == numbers[0]

    def test_the_code_rule_steps_over_a_number_that_is_taken(self, galaxy, outstock):
        last = galaxy.save(outstock(FBillNo=""))["Number"]
        following = f"XSCKD{int(last[5:]) + 1:06d}"
        assert galaxy.save(outstock(following))["Number"] == following
        assert galaxy.save(outstock(FBillNo=""))["Number"] > following

    def test_a_taken_number_is_refused_in_the_vendor_s_words(self, galaxy, outstock, held):
        model = outstock(FNote="first")
        galaxy.save(model)
        result = galaxy.save({**model, "FNote": "second"})
        assert errors(result) == [
            ("FBillNo", f"违反字段唯一性要求：编码唯一。[{model['FBillNo']}]在当前系统中已经被使用。")
        ]
        assert (result["Id"], result["Number"], result["NeedReturnData"]) == ("", "", [{}])
        assert result["ResponseStatus"]["MsgCode"] == 11
        assert held(model["FBillNo"])["FNote"] == "first"

    def test_a_tenant_may_have_switched_uniqueness_off(self, galaxy, outstock, erp_sandbox, settings):
        settings(unique_numbers=False)
        model = outstock()
        for _ in range(2):
            assert galaxy.save(model)["ResponseStatus"]["IsSuccess"] is True
        assert len(erp_sandbox.show("kingdee", "SAL_OUTSTOCK", number=model["FBillNo"])) == 2

    @pytest.mark.parametrize(
        "date", ["2026-03-31", "2026-03-31 09:30:51", "2026-03-31T09:30:51", "2026-03-31T09:30:51+08:00", "2026/3/31"]
    )
    def test_a_date_is_taken_in_each_writing(self, galaxy, outstock, held, date):
        model = outstock(FDate=date)
        galaxy.save(model)
        assert held(model["FBillNo"])["FDate"] == "2026-03-31T00:00:00"

    @pytest.mark.parametrize(
        ("model", "many", "code"),
        [
            (None, False, 8),
            ({}, False, 8),
            ([], True, 8),
            ([{}], False, 8),
            ({"FDate": "2026-01-01"}, True, 8),
            ("x", False, 8),
        ],
    )
    def test_a_missing_or_misshapen_model_is_a_bad_parameter(self, galaxy, model, many, code):
        answer = galaxy.call("BatchSave" if many else "Save", "SAL_OUTSTOCK", {"Model": model})
        assert answer["Result"]["ResponseStatus"]["MsgCode"] == code

    def test_a_form_that_does_not_exist(self, galaxy):
        status = galaxy.save({"FDate": "2026-01-01"}, form="STK_OutStock")["ResponseStatus"]
        assert (status["MsgCode"], status["Errors"][0]["Message"]) == (
            4,
            "标识为“STK_OutStock”的业务对象不存在，或者被删除",
        )

    def test_without_permission_nothing_is_saved(self, galaxy, outstock, held, settings):
        settings(no_permission=["SAL_OUTSTOCK"])
        model = outstock()
        status = galaxy.save(model)["ResponseStatus"]
        assert status["MsgCode"] == 2
        assert "权限" in status["Errors"][0]["Message"]
        assert held(model["FBillNo"]) is None


class TestNumbers:
    @pytest.mark.parametrize(
        "case",
        [
            ("2.0000", "1.2900", "2.58"),
            ("3", "0.3350", "1.01"),
            ("1", "0.0050", "0.01"),
            ("0.0000", "4.5600", "0.00"),
            (0, 0, "0.00"),
            ("-1", "0.1250", "-0.13"),
            ("0.1", "0.2", "0.02"),
            ("9999999999999", "1.0000000001", "10000000000999.00"),
            ("123456789012.1234567890", "0.0000000001", "12.35"),
        ],
    )
    def test_an_amount_is_exact_and_half_up(self, galaxy, outstock, held, line, case):
        quantity, price, amount = case
        model = outstock(FEntity=[line(quantity=quantity, price=price)])
        galaxy.save(model)
        entry = held(model["FBillNo"])["FEntity"][0]
        assert Decimal(entry["FAllAmount"]) == Decimal(amount)
        assert Decimal(entry["FRealQty"]) == Decimal(quantity)

    def test_json_numbers_stay_exact(self, galaxy, outstock, held, line):
        model = outstock(FEntity=[line(quantity=-1, price=-1)])
        body = {"formid": "SAL_OUTSTOCK", "data": {"Model": model}}
        text = __import__("json").dumps(body).replace(": -1", ": 0.1000000000000000055", 1)
        galaxy.http.post(galaxy.url("Save"), data=text, headers={"content-type": "application/json"}, timeout=30)
        assert str(held(model["FBillNo"])["FEntity"][0]["FRealQty"]) == "0.1000000000000000055"

    def test_a_net_price_gives_the_price_with_tax(self, galaxy, outstock, held, line):
        model = outstock(FEntity=[line(price=None, FPrice="10", FEntryTaxRate=13)])
        galaxy.save(model)
        entry = held(model["FBillNo"])["FEntity"][0]
        assert (Decimal(entry["FTaxPrice"]), Decimal(entry["FAllAmount"])) == (Decimal("11.3"), Decimal("22.60"))

    @pytest.mark.parametrize("quantity", ["viel", "1e99", "NaN", "Infinity", [1], {"a": 1}, True])
    def test_what_is_no_number_is_an_error(self, galaxy, outstock, line, quantity):
        found = errors(galaxy.save(outstock(FEntity=[line(quantity=quantity)])))
        assert found[0][0] == "FRealQty"
        assert "第【1】行" in found[0][1]


class TestMandatory:
    @pytest.mark.parametrize(
        ("key", "name"),
        [
            ("FCustomerID", "客户"),
            ("FDate", "日期"),
            ("FStockOrgId", "发货组织"),
            ("FSaleOrgId", "销售组织"),
            ("FBillTypeID", "单据类型"),
        ],
    )
    @pytest.mark.parametrize("blank", [None, "", {}, {"FNumber": ""}])
    def test_a_head_field_must_be_there(self, galaxy, outstock, held, key, name, blank):  # noqa: PLR0917 - fixtures
        if key == "FDate" and isinstance(blank, dict):
            blank = ""
        model = {**outstock(), key: blank}
        assert (key, f"字段“{name}”是必填项") in errors(galaxy.save(model))
        assert held(model["FBillNo"]) is None

    @pytest.mark.parametrize(
        ("key", "name"), [("FMaterialID", "物料编码"), ("FStockID", "仓库"), ("FRealQty", "实发数量")]
    )
    def test_a_line_field_must_be_there_and_is_named(self, galaxy, outstock, line, key, name):
        model = outstock(FEntity=[line(), line(1, **{key: None})])
        if key == "FRealQty":
            model["FEntity"][1].pop("FRealQty", None)
        assert errors(galaxy.save(model)) == [(key, f"单据体实体【明细信息】第【2】行分录，【{name}】字段必录")]

    def test_all_that_is_missing_is_said_at_once(self, galaxy, outstock, line):
        found = errors(galaxy.save(outstock(FCustomerID=None, FDate=None, FEntity=[line(FStockID=None)])))
        assert {key for key, _message in found} == {"FCustomerID", "FDate", "FStockID"}

    @pytest.mark.parametrize("lines", [None, []])
    def test_a_document_must_have_lines(self, galaxy, outstock, lines):
        assert [key for key, _message in errors(galaxy.save(outstock(FEntity=lines)))] == ["FEntity"]

    @pytest.mark.parametrize("lines", [{"FRealQty": 1}, "x", 5])
    def test_lines_must_be_a_list(self, galaxy, outstock, lines):
        assert "FEntity" in [key for key, _message in errors(galaxy.save(outstock(FEntity=lines)))]

    def test_without_validation_a_document_may_lack_them(self, galaxy, outstock, held):
        model = outstock(FCustomerID=None)
        assert galaxy.save(model, ValidateFlag="false")["ResponseStatus"]["IsSuccess"] is True
        assert "FCustomerID" not in held(model["FBillNo"])


class TestDraft:
    def test_a_draft_is_not_validated(self, galaxy, outstock, held):
        model = outstock(FCustomerID=None, FEntity=[])
        result = galaxy.call("Draft", "SAL_OUTSTOCK", {"Model": model})["Result"]
        assert result["ResponseStatus"]["IsSuccess"] is True
        assert held(model["FBillNo"])["FDocumentStatus"] == "Z"

    def test_a_draft_may_have_no_number(self, galaxy, outstock):
        result = galaxy.call("Draft", "SAL_OUTSTOCK", {"Model": outstock(FBillNo="")})["Result"]
        assert (result["ResponseStatus"]["IsSuccess"], result["Number"]) == (True, "")

    def test_saving_a_draft_creates_it(self, galaxy, outstock, held):
        model = outstock()
        draft = galaxy.call("Draft", "SAL_OUTSTOCK", {"Model": model})["Result"]
        saved = galaxy.save({**model, "FID": draft["Id"]})
        assert saved["Id"] == draft["Id"]
        assert held(model["FBillNo"])["FDocumentStatus"] == "A"


class TestUpdate:
    @pytest.fixture
    def stored(self, galaxy, outstock, held):
        """A saved document of two lines."""
        model = outstock(FNote="alt", FLinkMan="alt")
        galaxy.save(model)
        return held(model["FBillNo"])

    def test_a_given_key_updates_that_document(self, galaxy, stored, held):
        result = galaxy.save({"FID": str(stored["FID"]), "FNote": "neu", "FLinkMan": ""})
        assert result["Id"] == stored["FID"]
        now = held(stored["FBillNo"])
        assert now["FNote"] == "neu"
        assert "FLinkMan" not in now
        assert now["FEntity"] == stored["FEntity"]
        assert now["FCreateDate"] == stored["FCreateDate"]

    def test_lines_that_are_not_given_are_deleted(self, galaxy, stored, held):
        kept = stored["FEntity"][1]
        galaxy.save({"FID": stored["FID"], "FEntity": [{"FEntryID": kept["FEntryID"], "FRealQty": 7}]})
        lines = held(stored["FBillNo"])["FEntity"]
        assert [(entry["FEntryID"], entry["FSeq"], Decimal(entry["FRealQty"])) for entry in lines] == [
            (kept["FEntryID"], 1, 7)
        ]
        assert lines[0]["FMaterialID"] == kept["FMaterialID"]
        assert Decimal(lines[0]["FAllAmount"]) == 7 * Decimal(kept["FTaxPrice"])

    def test_lines_without_their_key_are_made_anew(self, galaxy, stored, held, line):
        galaxy.save({"FID": stored["FID"], "FEntity": [line(), line(1)]})
        before = {entry["FEntryID"] for entry in stored["FEntity"]}
        assert before.isdisjoint(entry["FEntryID"] for entry in held(stored["FBillNo"])["FEntity"])

    def test_without_delete_entry_lines_stay_and_new_ones_follow(self, galaxy, stored, held, line):
        galaxy.save({"FID": stored["FID"], "FEntity": [line(2)]}, IsDeleteEntry=False)
        lines = held(stored["FBillNo"])["FEntity"]
        assert [entry["FEntryID"] for entry in lines[:2]] == [entry["FEntryID"] for entry in stored["FEntity"]]
        assert [entry["FSeq"] for entry in lines] == [1, 2, 3]

    def test_only_the_wanted_fields_are_updated(self, galaxy, stored, held):
        changed = {"FEntryID": stored["FEntity"][0]["FEntryID"], "FRealQty": 9, "FTaxPrice": 9}
        galaxy.save(
            {"FID": stored["FID"], "FNote": "neu", "FLinkMan": "neu", "FEntity": [changed]},
            NeedUpDateFields=["FNote", "FEntity", "FRealQty"],
            IsDeleteEntry=False,
        )
        now = held(stored["FBillNo"])
        assert (now["FNote"], now["FLinkMan"]) == ("neu", "alt")
        assert Decimal(now["FEntity"][0]["FRealQty"]) == 9
        assert now["FEntity"][0]["FTaxPrice"] == stored["FEntity"][0]["FTaxPrice"]

    def test_without_their_entity_no_line_is_touched(self, galaxy, stored, held):
        galaxy.save({"FID": stored["FID"], "FNote": "neu", "FEntity": []}, NeedUpDateFields=["FNote"])
        assert held(stored["FBillNo"])["FEntity"] == stored["FEntity"]

    def test_an_unknown_line_is_an_error(self, galaxy, stored, held):
        found = errors(galaxy.save({"FID": stored["FID"], "FEntity": [{"FEntryID": 17, "FRealQty": 1}]}))
        assert "FEntryID" in {key for key, _message in found}
        assert held(stored["FBillNo"]) == stored

    def test_an_unknown_document_is_an_error(self, galaxy):
        assert errors(galaxy.save({"FID": 999_999_999, "FNote": "x"}))[0][0] == "FID"

    def test_the_number_of_another_document_is_refused(self, galaxy, stored, outstock):
        other = outstock()
        galaxy.save(other)
        found = errors(galaxy.save({"FID": stored["FID"], "FBillNo": other["FBillNo"]}))
        assert found[0][0] == "FBillNo"

    @pytest.mark.parametrize("states", [("Submit",), ("Submit", "Audit")])
    def test_a_submitted_or_audited_document_is_not_changed(self, galaxy, stored, held, states):
        for service in states:
            assert galaxy.move(service, stored["FBillNo"])["IsSuccess"] is True
        before = held(stored["FBillNo"])
        found = errors(galaxy.save({"FID": stored["FID"], "FNote": "neu"}))
        assert stored["FBillNo"] in found[0][1]
        assert ("已审核" in found[0][1]) == (len(states) == 2)
        assert held(stored["FBillNo"]) == before

    def test_a_re_audit_document_can_be_changed(self, galaxy, stored, held):
        for service in ("Submit", "Audit", "UnAudit"):
            galaxy.move(service, stored["FBillNo"])
        assert galaxy.save({"FID": stored["FID"], "FNote": "neu"})["ResponseStatus"]["IsSuccess"] is True
        now = held(stored["FBillNo"])
        assert (now["FNote"], now["FDocumentStatus"]) == ("neu", "D")


class TestReturnedFields:
    def test_head_and_line_fields_come_back(self, galaxy, outstock, held):
        model = outstock()
        wanted = ["FBillNo", "fdocumentstatus", "FEntity.FEntryID", "FEntity.FRealQty", "FEntity.FNope", "FNope"]
        returned = galaxy.save(model, NeedReturnFields=wanted)["NeedReturnData"][0]
        lines = held(model["FBillNo"])["FEntity"]
        assert returned["FBillNo"] == model["FBillNo"]
        assert returned["FDocumentStatus"] == "A"
        assert [entry["FEntryID"] for entry in returned["FEntity"]] == [entry["FEntryID"] for entry in lines]
        assert set(returned) == {"FBillNo", "FDocumentStatus", "FEntity"}
        assert set(returned["FEntity"][0]) == {"FEntryID", "FRealQty"}


class TestRepeatedJson:
    def test_the_same_json_is_refused_when_asked_for(self, galaxy, outstock, settings, erp_sandbox):
        settings(unique_numbers=False)
        model = outstock()
        assert galaxy.save(model, ValidateRepeatJson=True)["ResponseStatus"]["IsSuccess"] is True
        refused = galaxy.save(model, ValidateRepeatJson=True)["ResponseStatus"]
        assert (refused["IsSuccess"], refused["MsgCode"]) == (False, 11)
        assert len(erp_sandbox.show("kingdee", "SAL_OUTSTOCK", number=model["FBillNo"])) == 1
        assert galaxy.save({**model, "FNote": "x"}, ValidateRepeatJson=True)["ResponseStatus"]["IsSuccess"] is True

    def test_what_was_refused_may_be_sent_again(self, galaxy, outstock, settings):
        settings(closed_until={"100": "2099-01-01"})
        model = outstock()
        assert galaxy.save(model, ValidateRepeatJson=True)["ResponseStatus"]["IsSuccess"] is False
        settings(closed_until={})
        assert galaxy.save(model, ValidateRepeatJson=True)["ResponseStatus"]["IsSuccess"] is True


class TestOddRequests:
    """What no client should send must not break the server."""

    @pytest.mark.parametrize("odd", [5, True, {}, "", "FNote, FEntity", [None, 3]])
    def test_options_of_a_wrong_kind_do_no_harm(self, galaxy, outstock, held, odd):
        model = outstock()
        options = dict.fromkeys(
            ("NeedUpDateFields", "NeedReturnFields", "BatchCount", "InterationFlags", "SubSystemId"), odd
        )
        assert galaxy.save(model, **options)["ResponseStatus"]["IsSuccess"] is True
        assert held(model["FBillNo"]) is not None

    @pytest.mark.parametrize("key", [10**30, "9" * 40, -1, "abc", 1.5])
    def test_a_key_that_nobody_has_is_not_found(self, galaxy, key):
        assert galaxy.save({"FID": key, "FNote": "x"})["ResponseStatus"]["IsSuccess"] is False
        assert galaxy.call("View", "SAL_OUTSTOCK", {"Id": key})["Result"]["ResponseStatus"]["MsgCode"] == 10
        assert galaxy.call("Audit", "SAL_OUTSTOCK", {"Ids": str(key)})["Result"]["ResponseStatus"]["MsgCode"] == 10
