"""ExecuteBillQuery and BillQuery (vendor contract 6 and 8.1)."""

from decimal import Decimal

import pytest


def failure(answer):
    while isinstance(answer, list):
        answer = answer[0]
    return answer["Result"]["ResponseStatus"]


def message(answer):
    found = failure(answer)
    assert found["IsSuccess"] is False
    return found["MsgCode"], found["Errors"][0]["Message"]


@pytest.fixture
def three(galaxy, outstock, line, new_number):
    """Three audited documents of a test's own, with 1, 2 and 3 lines; gives (number prefix, numbers)."""
    prefix = new_number("Q")
    models = [
        outstock(
            f"{prefix}-{n}",
            FDate=f"2026-01-0{n}",
            F_USQR_TEXT=prefix,
            FNote=None if n == 1 else f"备注'{n}'",
            FEntity=[line(at, quantity=n * 10 + at, price="0.5") for at in range(n)],
        )
        for n in (1, 2, 3)
    ]
    result = galaxy.batch(models, IsAutoSubmitAndAudit=True)
    assert result["ResponseStatus"]["IsSuccess"], result
    return prefix, [model["FBillNo"] for model in models]


class TestColumns:
    def test_they_come_in_the_order_they_were_asked_for(self, galaxy):
        assert galaxy.query("BD_Currency", "FName, FNumber,FCURRENCYID", "FNumber='PRE001'") == [
            ["人民币", "PRE001", 1]
        ]

    def test_bill_query_names_them_as_they_were_asked_for(self, galaxy, three):
        where = f"FBillNo='{three[1][0]}'"
        data = {"FormId": "SAL_OUTSTOCK", "FieldKeys": "fbillno,FCustomerID.fnumber", "FilterString": where}
        rows = galaxy.call("BillQuery", None, data)
        assert list(rows[0]) == ["fbillno", "FCustomerID.fnumber"]
        assert rows[0]["fbillno"] == three[1][0]

    def test_values_have_the_vendor_s_types(self, galaxy, three):
        keys = "FID,FDate,FDocumentStatus,FCustomerID,FCustomerID.FNumber,FRealQty,FIsFree,FNote"
        keys += ",FSalesManID,FSalesManID.FNumber,FModifyDate"
        row = galaxy.query("SAL_OUTSTOCK", keys, f"FBillNo='{three[1][0]}'")[0]
        fid, date, state, customer_id, customer, quantity, free, note, saler_id, saler, modified = row
        assert isinstance(fid, int)
        assert date == "2026-01-01T00:00:00"
        assert state == "C"
        assert isinstance(customer_id, int)
        assert customer.startswith("KH")
        assert str(quantity) == "10.0000000000"
        assert free is False
        assert note == " "
        assert (saler_id, saler) == (0, None)
        assert modified[10] == "T"
        assert len(modified) >= 19

    def test_a_line_makes_a_row_and_the_head_repeats(self, galaxy, three):
        prefix, numbers = three
        keys = "FBillNo,FEntity_FSeq,FEntity_FEntryID,FMaterialID.FNumber,FRealQty"
        rows = galaxy.query("SAL_OUTSTOCK", keys, f"F_USQR_TEXT='{prefix}'", "FID ASC,FEntity_FEntryID ASC")
        assert [(row[0], row[1]) for row in rows] == [
            (numbers[0], 1), (numbers[1], 1), (numbers[1], 2), (numbers[2], 1), (numbers[2], 2), (numbers[2], 3),
        ]  # fmt: skip
        assert len({row[2] for row in rows}) == 6

    def test_a_document_without_lines_still_makes_one_row(self, galaxy, outstock, new_number):
        number = new_number()
        galaxy.call("Draft", "SAL_OUTSTOCK", {"Model": outstock(number, FEntity=[])})
        keys = "FBillNo,FEntity_FEntryID,FRealQty,FMaterialID.FNumber"
        assert galaxy.query("SAL_OUTSTOCK", keys, f"FBillNo='{number}'") == [[number, None, None, None]]

    def test_a_property_of_base_data_is_reached_through_references(self, galaxy, three, catalog):
        keys = "FMaterialID.FNumber,FMaterialID.FName,FMaterialID.FBaseUnitId.FNumber"
        keys += ",FCustomerID.FSELLER.FName,FMaterialID.FBaseUnitId"
        row = galaxy.query("SAL_OUTSTOCK", keys, f"FBillNo='{three[1][0]}'")[0]
        assert row[0] == catalog.materials[0]
        assert row[1]
        assert row[2] == "Pcs"
        assert row[3].endswith("销售员")
        assert isinstance(row[4], int)

    def test_a_field_of_a_part_of_the_head_needs_no_prefix(self, galaxy, three):
        keys = "FSettleCurrID.FNumber,FExchangeRate,FIsIncludedTax"
        assert galaxy.query("SAL_OUTSTOCK", keys, f"FBillNo='{three[1][0]}'") == [["PRE001", Decimal(1), True]]

    def test_a_bill_type_s_own_key_is_a_guid(self, galaxy, three):
        row = galaxy.query("SAL_OUTSTOCK", "FBillTypeID,FBillTypeID.FNumber", f"FBillNo='{three[1][0]}'")[0]
        assert len(row[0]) == 36
        assert row[1] == "XSCKD01_SYS"

    @pytest.mark.parametrize("key", ["fid", "FID"])
    def test_a_salers_own_key_is_spelt_fid(self, galaxy, key):
        [[first, number]] = galaxy.query("BD_Saler", f"{key},FNumber", "FNumber='XS01'", f"{key} ASC")
        assert isinstance(first, int)
        assert number == "XS01"

    def test_sensitive_keys_are_a_setting(self, galaxy, settings):
        assert galaxy.query("BD_Currency", "fnumber", "fnumber='PRE001'") == [["PRE001"]]
        settings(key_case="sensitive")
        assert message(galaxy.query("BD_Currency", "fnumber"))[0] == 9
        assert galaxy.query("BD_Currency", "FNumber", "FNumber='PRE001'") == [["PRE001"]]


class TestFailures:
    @pytest.mark.parametrize(
        ("data", "code", "text"),
        [
            ({"FormId": "STK_OutStock", "FieldKeys": "FID"}, 4, "标识为“STK_OutStock”的业务对象不存在，或者被删除"),
            ({"FormId": "", "FieldKeys": "FID"}, 5, "FormId"),
            ({"FormId": "BD_STOCK", "FieldKeys": "FNope"}, 9, "元数据中标识为 FNope 的字段不存在"),
            ({"FormId": "BD_STOCK", "FieldKeys": "FNumber.FName"}, 4, "实体不存在此属性"),
            ({"FormId": "SAL_OUTSTOCK", "FieldKeys": "FEntity.FRealQty"}, 4, "实体不存在此属性"),
            ({"FormId": "SAL_OUTSTOCK", "FieldKeys": "FCustomerID.FNope"}, 4, "实体不存在此属性"),
            ({"FormId": "BD_STOCK", "FieldKeys": ""}, 8, "data 数据包中的参数 FieldKeys 的值不能为空"),
            ({"FormId": "BD_STOCK", "FieldKeys": " , "}, 8, "FieldKeys"),
            ({"FormId": "BD_STOCK", "FieldKeys": "FNumber", "Limit": "many"}, 8, "limit"),
            ({"FormId": "BD_Customer", "FieldKeys": "FID"}, 9, "元数据中标识为 FID 的字段不存在"),
            ({"FormId": "BD_MATERIAL", "FieldKeys": "FNumber", "OrderString": "FID ASC"}, 9, "FID"),
            ({"FormId": "BD_CURRENCY", "FieldKeys": "FID"}, 4, "列名 'FID' 无效。"),
            ({"FormId": "BD_TaxRate", "FieldKeys": "FNumber", "OrderString": "FID ASC"}, 4, "列名 'FID' 无效。"),
            (
                {"FormId": "BD_STOCK", "FieldKeys": "FNumber", "OrderString": "FNumber SIDEWAYS"},
                4,
                "GetRealExpress error",
            ),
            ({"FormId": "BD_STOCK", "FieldKeys": "FNumber", "OrderString": "FNope"}, 9, "FNope"),
        ],
    )
    def test_a_wrong_question_is_answered_in_a_double_list(self, galaxy, data, code, text):
        answer = galaxy.call("ExecuteBillQuery", None, data)
        assert isinstance(answer, list)
        assert isinstance(answer[0], list)
        found = message(answer)
        assert found[0] == code
        assert text in found[1]

    @pytest.mark.parametrize(
        "where",
        [
            "FNumber=", "=1", "FNumber='a", "FNumber='a' and", "(FNumber='a'", "FNumber='a')", "FNumber in ()",
            "FNumber='a' FName='b'", "FNumber between 1 and 2", "FNumber ! 'a'", "FNumber is 'a'", "FNumber not 'a'",
            "FStockId='abc'", "FModifyDate>'gestern'", "FAllowMinusQty='vielleicht'", "1=1; drop table x",
            "FNumber=FName", "exists (select 1)", "(" * 200 + "1=1" + ")" * 200,
        ],
    )  # fmt: skip
    def test_a_wrong_filter_says_where(self, galaxy, where):
        code, text = message(galaxy.query("BD_STOCK", "FNumber", where))
        assert code == 4
        assert "GetRealExpress error" in text

    def test_a_field_the_filter_names_must_exist(self, galaxy):
        assert message(galaxy.query("BD_STOCK", "FNumber", "FNope='1'"))[0] == 9

    def test_bill_query_fails_bare(self, galaxy):
        answer = galaxy.call("BillQuery", None, {"FormId": "NOPE", "FieldKeys": "FID"})
        assert answer["Result"]["ResponseStatus"]["MsgCode"] == 4

    def test_an_empty_result_is_an_empty_list(self, galaxy):
        assert galaxy.query("BD_STOCK", "FNumber", "FNumber='NOPE'") == []
        data = {"FormId": "BD_STOCK", "FieldKeys": "FNumber", "FilterString": "FNumber='NOPE'"}
        assert galaxy.call("BillQuery", None, data) == []

    def test_without_permission_there_are_no_rows(self, galaxy, settings):
        settings(no_permission=["BD_STOCK"])
        assert galaxy.query("BD_STOCK", "FNumber") == []


class TestFilters:
    @pytest.mark.parametrize(
        ("where", "found"),
        [
            ("FNumber='CK01'", "1"),
            ("FNumber = N'CK01'", "1"),
            ("FNumber='CK01 '", "1"),
            ("FNumber<>'CK01'", "2345"),
            ("FNumber!='CK01'", "2345"),
            ("FNumber>'CK03'", "45"),
            ("FNumber>='CK03' AND FNumber<'CK05'", "34"),
            ("FNumber<='CK02'", "12"),
            ("FNumber in ('CK01','CK05','NOPE')", "15"),
            ("FNumber not in ('CK01','CK05')", "234"),
            ("FNumber like '%4'", "4"),
            ("FNumber like 'CK0_'", "12345"),
            ("FNumber like 'CK0[1-2]'", "12"),
            ("FNumber not like '%[12]'", "345"),
            ("FName like '%华%'", "1234"),
            ("FName='西南中心仓' or FNumber='CK02'", "25"),
            ("(FNumber='CK01' or FNumber='CK02') and FName='华南中心仓'", "2"),
            ("FNumber='CK01' or FNumber='CK02' and FName='nope'", "1"),
            ("FAddress is null", "12345"),
            ("FName is not null and FNumber='CK03'", "3"),
            ("FAddress=''", "12345"),
            ("FAllowMinusQty=0", "12345"),
            ("FAllowMinusQty='1'", ""),
            ("FAllowMinusQty=true", ""),
            ("FUseOrgId.FNumber='100'", "12345"),
            ("FUseOrgId.FNumber='101'", ""),
            ("FUseOrgId.FNumber in ('100','101') and FName like '%中心%'", "12345"),
            ("FUseOrgId.FName='总部'", "12345"),
            ("FDefStockStatusId.FNumber is null", "12345"),
            ("FModifyDate>='2020-01-01' and FModifyDate<'2020-01-02'", "12345"),
            ("FModifyDate>='2020-01-01 08:00:01'", ""),
            ("FCreateDate<='2020-01-01T08:00:00' and FNumber='CK01'", "1"),
            ("FModifyDate<GETDATE()", "12345"),
            ("1=1", "12345"),
            ("1=0 or FNumber='CK04'", "4"),
            ("", "12345"),
            ("  ", "12345"),
            ([{"Left": "(", "FieldName": "FNumber", "Compare": "67", "Value": "CK01", "Right": "", "Logic": "1"},
              {"Left": "", "FieldName": "FNumber", "Compare": "=", "Value": "CK02", "Right": ")", "Logic": "0"},
              {"FieldName": "FDocumentStatus", "Compare": "StatusEqualto", "Value": "C"}], "12"),
            ('[{"FieldName":"FNumber","Compare":"67","Value":"CK03"}]', "3"),
            ([], "12345"),
        ],
    )  # fmt: skip
    def test_it_finds(self, galaxy, where, found):
        rows = galaxy.query("BD_STOCK", "FNumber", where, "FNumber ASC")
        assert "".join(row[0][-1] for row in rows if row[0] != "406") == found

    @pytest.mark.parametrize("where", [[{"FieldName": "FNumber", "Compare": "4711", "Value": "1"}], ["x"], "[{]"])
    def test_a_condition_it_does_not_know_is_an_error(self, galaxy, where):
        assert message(galaxy.query("BD_STOCK", "FNumber", where))[0] == 4

    def test_a_quote_is_doubled(self, galaxy, three):
        prefix, numbers = three
        where = f"F_USQR_TEXT='{prefix}' and FNote='备注''2'''"
        assert galaxy.query("SAL_OUTSTOCK", "FBillNo", where) == [[numbers[1]]]

    def test_it_selects_lines_not_documents(self, galaxy, three):
        prefix, numbers = three
        where = f"F_USQR_TEXT='{prefix}' and FRealQty>20"
        rows = galaxy.query("SAL_OUTSTOCK", "FBillNo,FRealQty", where, "FRealQty DESC")
        assert [(number, int(quantity)) for number, quantity in rows] == [
            (numbers[2], 32), (numbers[2], 31), (numbers[2], 30), (numbers[1], 21),
        ]  # fmt: skip

    def test_an_injected_statement_is_only_text(self, galaxy, three):
        where = "FBillNo='x'' or ''1''=''1'"
        assert galaxy.query("SAL_OUTSTOCK", "FBillNo", where) == []
        assert galaxy.query("SAL_OUTSTOCK", "FBillNo", f"FBillNo in ('{three[1][0]}')") == [[three[1][0]]]

    def test_a_line_can_be_found_by_its_own_key(self, galaxy, three):
        entry = galaxy.query("SAL_OUTSTOCK", "FEntity_FEntryID", f"FBillNo='{three[1][2]}'", "FEntity_FSeq DESC")[0][0]
        rows = galaxy.query("SAL_OUTSTOCK", "FBillNo,FEntity_FSeq", f"FEntity_FEntryID={entry}")
        assert rows == [[three[1][2], 3]]


class TestPaging:
    def pages(self, galaxy, where, size, keys="FBillNo,FEntity_FSeq", order="FID ASC,FEntity_FEntryID ASC"):
        rows, page = [], None
        while page is None or len(page) == size:
            page = galaxy.query("SAL_OUTSTOCK", keys, where, order, StartRow=len(rows), Limit=size)
            rows += page
        return rows

    @pytest.mark.parametrize("size", [1, 2, 4, 100])
    @pytest.mark.parametrize("where", ["F_USQR_TEXT='{}'", "FBillNo in ({})"], ids=["scanned", "indexed"])
    def test_pages_cut_documents_but_lose_no_row(self, galaxy, three, size, where):
        prefix, numbers = three
        filled = where.format(prefix if "TEXT" in where else ",".join(f"'{number}'" for number in numbers))
        rows = self.pages(galaxy, filled, size)
        assert [tuple(row) for row in rows] == [(numbers[n - 1], at) for n in (1, 2, 3) for at in range(1, n + 1)]

    def test_descending_order_turns_documents_and_lines(self, galaxy, three):
        prefix, numbers = three
        rows = self.pages(galaxy, f"F_USQR_TEXT='{prefix}'", 2, order="FID DESC,FEntity_FEntryID DESC")
        assert [tuple(row) for row in rows] == [(numbers[n - 1], at) for n in (3, 2, 1) for at in range(n, 0, -1)]

    def test_the_order_may_be_of_any_field(self, galaxy, three):
        prefix, numbers = three
        rows = galaxy.query("SAL_OUTSTOCK", "FBillNo", f"F_USQR_TEXT='{prefix}'", "FDate DESC", StartRow=1, Limit=5)
        assert [row[0] for row in rows] == [numbers[1], numbers[0]]

    def test_the_ceiling_trims_silently(self, galaxy, settings):
        settings(query_ceiling=3)
        assert len(galaxy.query("BD_STOCK", "FNumber", Limit=10)) == 3
        assert len(galaxy.query("BD_STOCK", "FNumber", Limit=0)) == 3
        assert len(galaxy.query("BD_STOCK", "FNumber", Limit=2)) == 2

    def test_top_row_count_caps_the_whole_result_not_the_page(self, galaxy):
        ask = {"form": "BD_STOCK", "keys": "FNumber", "where": "FNumber like 'CK0_'", "order": "FNumber ASC"}
        assert [row[0] for row in galaxy.query(**ask, TopRowCount=3, StartRow=2, Limit=2)] == ["CK03"]
        assert galaxy.query(**ask, TopRowCount=3, StartRow=3, Limit=2) == []
        assert len(galaxy.query(**ask, TopRowCount=0, StartRow=0, Limit=4)) == 4

    def test_in_strict_mode_pages_without_an_order_do_not_fit_together(self, galaxy, settings):
        settings(shuffle_unordered=True)
        first = [row[0] for row in galaxy.query("BD_MATERIAL", "FNumber", Limit=200)]
        again = [row[0] for row in galaxy.query("BD_MATERIAL", "FNumber", Limit=200)]
        assert len(set(first)) == 200
        assert first != again
        ordered = [galaxy.query("BD_MATERIAL", "FNumber", "", "FMATERIALID ASC", Limit=200) for _ in range(2)]
        assert ordered[0] == ordered[1]

    def test_the_whole_form_comes_in_pages(self, galaxy, erp_sandbox):
        rows, page = [], None
        while page is None or page:
            page = galaxy.query(
                "BD_MATERIAL", "FMATERIALID,FNumber", "", "FMATERIALID ASC", StartRow=len(rows), Limit=700
            )
            rows += page
        assert len({row[0] for row in rows}) == len(rows) == len(erp_sandbox.show("kingdee", "BD_MATERIAL"))
