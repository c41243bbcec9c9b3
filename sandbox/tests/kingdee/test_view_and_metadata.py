"""View and QueryBusinessInfo (vendor contract 8.2, 8.15)."""

from decimal import Decimal

import pytest


class TestView:
    @pytest.fixture
    def number(self, galaxy, outstock, line):
        """The number of an audited document of two lines."""
        model = outstock(
            FNote="备注", FSalesManID={"FNumber": "XS03"}, FEntity=[line(quantity=3), line(1, FIsFree=True)]
        )
        galaxy.save(model, IsAutoSubmitAndAudit=True)
        return model["FBillNo"]

    def view(self, galaxy, **data):
        return galaxy.call("View", "SAL_OUTSTOCK", data)["Result"]

    def test_a_document_is_shown_under_its_property_names(self, galaxy, number, held, catalog):
        result = self.view(galaxy, Number=number)
        document, stored = result["Result"], held(number)
        assert result["ResponseStatus"]["IsSuccess"] is True
        assert (document["Id"], document["BillNo"], document["DocumentStatus"]) == (stored["FID"], number, "C")
        assert document["Note"] == "备注"
        assert document["LinkMan"] == " "
        assert document["SalesManID_Id"] == stored["FSalesManID"]["id"]
        saler = document["SalesManID"]
        assert (saler["Number"], saler["Name"]) == ("XS03", [{"Key": 2052, "Value": "华东三组销售员"}])
        assert saler["MultiLanguageText"][0]["LocaleId"] == 2052
        assert (document["CarrierID_Id"], document["CarrierID"]) == (0, None)
        lines = document["SAL_OUTSTOCKENTRY"]
        assert [(line["Seq"], line["MaterialID"]["Number"], line["IsFree"]) for line in lines] == [
            (1, catalog.materials[0], False),
            (2, catalog.materials[1], True),
        ]
        assert [line["Id"] for line in lines] == [line["FEntryID"] for line in stored["FEntity"]]
        assert lines[0]["RealQty"] == Decimal(3)
        assert document["SAL_OUTSTOCKFIN"][0]["SettleCurrID"]["Number"] == "PRE001"

    def test_it_may_be_asked_for_by_id(self, galaxy, number, held):
        assert self.view(galaxy, Id=str(held(number)["FID"]), Number="")["Result"]["BillNo"] == number

    @pytest.mark.parametrize(
        ("data", "code"), [({"Number": "NOPE"}, 10), ({"Id": "17"}, 10), ({"Id": "x"}, 10), ({}, 8), ({"Id": 0}, 8)]
    )
    def test_what_is_not_there_fails_without_a_result(self, galaxy, data, code):
        result = self.view(galaxy, **data)
        assert (result["ResponseStatus"]["IsSuccess"], result["ResponseStatus"]["MsgCode"]) == (False, code)
        assert result["Result"] is None

    def test_base_data_shows_its_name_in_its_languages(self, galaxy):
        warehouse = galaxy.call("View", "BD_STOCK", {"Number": "CK01"})["Result"]["Result"]
        assert warehouse["Name"] == [{"Key": 2052, "Value": "华东中心仓"}]
        assert warehouse["UseOrgId"]["Number"] == "100"


class TestBusinessInfo:
    def info(self, galaxy, form):
        return galaxy.call("QueryBusinessInfo", None, {"FormId": form})["Result"]

    def test_it_lists_entities_and_fields(self, galaxy):
        result = self.info(galaxy, "SAL_OUTSTOCK")["NeedReturnData"]
        assert (result["Id"], result["Name"]) == ("SAL_OUTSTOCK", [{"Key": 2052, "Value": "销售出库单"}])
        entries = {entry["Key"]: entry for entry in result["Entrys"]}
        assert list(entries) == ["FBillHead", "SubHeadEntity", "FEntity", "FEntity_Link"]
        assert entries["FEntity_Link"]["ParentKey"] == "FEntity"
        fields = {field["Key"]: field for field in entries["FBillHead"]["Fields"]}
        assert fields["FCustomerID"]["LookUpObjectFormId"] == "BD_Customer"
        assert fields["FCustomerID"]["MustInput"] == 1
        assert fields["FNote"]["MustInput"] == 0
        assert {"F_ora_Text2", "F_USQR_TEXT"} <= set(fields)
        assert entries["FEntity"]["EntryName"] == "SAL_OUTSTOCKENTRY"

    def test_it_tells_what_a_field_holds(self, galaxy):
        entries = self.info(galaxy, "SAL_OUTSTOCK")["NeedReturnData"]["Entrys"]
        fields = {field["Key"]: field for entry in entries for field in entry["Fields"]}
        assert (fields["FBillNo"]["FieldType"], fields["FBillNo"]["Length"]) == (231, 80)
        assert [fields["FTaxPrice"][part] for part in ("FieldType", "Precision", "Scale")] == [106, 23, 10]
        assert [one["Value"] for one in fields["FRowType"]["Extends"]] == ["Standard", "Service", "Parent", "Son"]
        assert "Length" not in fields["FDate"]

    def test_every_reference_names_a_form_that_is_there(self, galaxy, erp_sandbox):
        known = [form["id"] for form in erp_sandbox.show("kingdee", "forms")]
        assert {"SAL_OUTSTOCK", "SAL_SaleOrder", "BD_Customer", "BD_MATERIAL", "BD_STOCK", "ORG_Organizations"} <= set(
            known
        )
        assert {"BD_Saler", "BD_OPERATOR", "BD_UNIT", "BD_Currency", "BD_StockStatus", "BOS_BillType"} <= set(known)
        for form in known:
            for entry in self.info(galaxy, form)["NeedReturnData"]["Entrys"]:
                for field in entry["Fields"]:
                    assert field["LookUpObjectFormId"] in {None, *known}

    def test_every_form_answers_a_query_of_all_its_fields(self, galaxy, erp_sandbox):
        for form in [form["id"] for form in erp_sandbox.show("kingdee", "forms")]:
            entries = self.info(galaxy, form)["NeedReturnData"]["Entrys"]
            keys = [field["Key"] for entry in entries for field in entry["Fields"]]
            rows = galaxy.query(form, ",".join(keys), Limit=3)
            assert all(len(row) == len(keys) for row in rows)

    def test_an_unknown_form_fails(self, galaxy):
        assert self.info(galaxy, "NOPE")["ResponseStatus"]["MsgCode"] == 4
