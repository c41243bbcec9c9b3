"""IsAutoSubmitAndAudit and what may stop an audit: periods, refusals, stock (vendor contract 8.5, 5.3)."""

from decimal import Decimal

import pytest


def status_of(result):
    return result["ResponseStatus"]


def audit(galaxy, *models, **options):
    return galaxy.batch(list(models), IsAutoSubmitAndAudit=True, **options)


def test_a_good_document_ends_audited(galaxy, outstock, held):
    model = outstock()
    assert status_of(galaxy.save(model, IsAutoSubmitAndAudit="true"))["IsSuccess"] is True
    document = held(model["FBillNo"])
    assert document["FDocumentStatus"] == "C"
    assert document["FApproverId"]["FNumber"] == "demo"


def test_by_default_what_cannot_be_audited_is_rolled_back(galaxy, outstock, held, settings):
    good, bad = outstock(), outstock()
    settings(refuse_audit={"SAL_OUTSTOCK": {bad["FBillNo"]: ""}})
    status = status_of(audit(galaxy, good, bad))
    assert [entity["Number"] for entity in status["SuccessEntitys"]] == [good["FBillNo"]]
    assert [error["DIndex"] for error in status["Errors"]] == [1]
    assert held(bad["FBillNo"]) is None
    assert held(good["FBillNo"])["FDocumentStatus"] == "C"


@pytest.mark.parametrize("state", ["A", "B"])
def test_by_a_switch_it_stays_saved(galaxy, outstock, held, settings, state):
    bad = outstock()
    refusal = {"SAL_OUTSTOCK": {bad["FBillNo"]: "信用额度不足"}}
    settings(auto_audit="stays-saved", stays_saved_in=state, refuse_audit=refusal)
    status = status_of(audit(galaxy, bad))
    assert (status["IsSuccess"], status["SuccessEntitys"]) == (False, [])
    assert status["Errors"] == [{"FieldName": "", "Message": "信用额度不足", "DIndex": 0}]
    assert held(bad["FBillNo"])["FDocumentStatus"] == state
    settings(refuse_audit={})
    for service in ("Submit", "Audit") if state == "A" else ("Audit",):
        assert galaxy.move(service, bad["FBillNo"])["IsSuccess"] is True
    assert held(bad["FBillNo"])["FDocumentStatus"] == "C"


def test_what_cannot_be_saved_never_stays(galaxy, outstock, held, settings):
    settings(auto_audit="stays-saved")
    bad = outstock(FCustomerID=None)
    assert status_of(audit(galaxy, bad))["IsSuccess"] is False
    assert held(bad["FBillNo"]) is None


def test_a_refused_audit_leaves_a_submitted_document(galaxy, outstock, held, settings):
    model = outstock()
    galaxy.save(model)
    galaxy.move("Submit", model["FBillNo"])
    settings(refuse_audit={"SAL_OUTSTOCK": {model["FBillNo"]: ""}})
    status = galaxy.move("Audit", model["FBillNo"])
    assert model["FBillNo"] in status["Errors"][0]["Message"]
    assert held(model["FBillNo"])["FDocumentStatus"] == "B"


class TestClosedPeriods:
    def test_a_document_in_a_closed_period_is_not_saved(self, galaxy, outstock, held, settings):
        settings(closed_until={"100": "2026-02-28"})
        closed, opened = outstock(FDate="2026-02-28"), outstock(FDate="2026-03-01")
        status = status_of(galaxy.batch([closed, opened]))
        assert [entity["Number"] for entity in status["SuccessEntitys"]] == [opened["FBillNo"]]
        message = status["Errors"][0]["Message"]
        assert closed["FBillNo"] in message
        assert "关账" in message
        assert held(closed["FBillNo"]) is None

    def test_a_draft_may_be_kept_there(self, galaxy, outstock, held, settings):
        settings(closed_until={"100": "2099-12-31"})
        model = outstock()
        galaxy.call("Draft", "SAL_OUTSTOCK", {"Model": model})
        assert held(model["FBillNo"])["FDocumentStatus"] == "Z"

    def test_each_organisation_closes_its_own(self, galaxy, outstock, settings):
        settings(closed_until={"101": "2099-12-31"})
        assert status_of(galaxy.save(outstock()))["IsSuccess"] is True

    @pytest.mark.parametrize(("auto_audit", "left"), [("rollback", None), ("stays-saved", "B")])
    def test_a_tenant_may_say_so_at_the_audit_only(self, galaxy, outstock, held, settings, auto_audit, left):  # noqa: PLR0917 - fixtures
        settings(closed_until={"100": "2099-12-31"}, closed_at="audit", auto_audit=auto_audit)
        saved, audited = outstock(), outstock()
        assert status_of(galaxy.save(saved))["IsSuccess"] is True
        assert held(saved["FBillNo"])["FDocumentStatus"] == "A"
        assert "关账" in status_of(audit(galaxy, audited))["Errors"][0]["Message"]
        document = held(audited["FBillNo"])
        assert (document and document["FDocumentStatus"]) == left


class TestStock:
    """即时库存 is kept only with the switch on."""

    @pytest.fixture(autouse=True)
    def _controlled(self, settings):
        settings(stock_control=True)

    @pytest.fixture
    def stocked(self, erp_sandbox, catalog):
        """Set what a warehouse holds of the catalogue's material."""

        def put(quantity, at=10, stock="CK01"):
            body = {"material": catalog.materials[at], "stock": stock, "quantity": quantity}
            erp_sandbox.post("kingdee/stock", body)

        return put

    def held_stock(self, galaxy, catalog, at=10, stock="CK01"):
        where = f"FMaterialId.FNumber='{catalog.materials[at]}' and FStockId.FNumber='{stock}'"
        rows = galaxy.query("STK_Inventory", "FBaseQty,FStockOrgId.FNumber,FStockStatusId.FNumber", where)
        assert all(row[1:] == ["100", "KCZT01_SYS"] for row in rows)
        return [row[0] for row in rows]

    def test_an_audit_takes_from_it_and_un_auditing_gives_back(self, galaxy, outstock, line, stocked, catalog):
        stocked("10")
        model = outstock(FEntity=[line(10, quantity="3"), line(10, quantity="4")])
        assert status_of(audit(galaxy, model))["IsSuccess"] is True
        assert self.held_stock(galaxy, catalog) == [Decimal(3)]
        galaxy.move("UnAudit", model["FBillNo"])
        assert self.held_stock(galaxy, catalog) == [Decimal(10)]

    def test_negative_stock_asks_back_unless_the_flag_is_sent(self, galaxy, outstock, line, held, stocked, catalog):  # noqa: PLR0917 - fixtures
        stocked("1", 11)
        model = outstock(FEntity=[line(11, quantity="3")])
        status = status_of(audit(galaxy, model))
        assert status["MsgCode"] == 11
        assert status["Errors"][0] == {
            "FieldName": "AbstractInteractionResult",
            "Message": "更新库存时出现可以忽略的异常数据，是否继续？",
            "DIndex": 0,
        }
        assert held(model["FBillNo"]) is None
        assert self.held_stock(galaxy, catalog, 11) == [Decimal(1)]
        assert status_of(audit(galaxy, model, InterationFlags="X;STK_InvCheckResult"))["IsSuccess"] is True
        assert self.held_stock(galaxy, catalog, 11) == [Decimal(-2)]

    def test_documents_of_one_batch_share_what_is_there(self, galaxy, outstock, line, stocked, catalog):
        stocked("5", 12)
        models = [outstock(FEntity=[line(12, quantity=quantity)]) for quantity in ("3", "3", "2")]
        status = status_of(audit(galaxy, *models))
        assert [entity["DIndex"] for entity in status["SuccessEntitys"]] == [0, 2]
        assert self.held_stock(galaxy, catalog, 12) == [Decimal(0)]

    def test_the_audit_service_takes_the_flag_too(self, galaxy, outstock, line, held):
        model = outstock(FEntity=[line(13, quantity="1")])
        galaxy.save(model)
        galaxy.move("Submit", model["FBillNo"])
        assert galaxy.move("Audit", model["FBillNo"])["IsSuccess"] is False
        assert galaxy.move("Audit", model["FBillNo"], InterationFlags="STK_InvCheckResult")["IsSuccess"] is True
        assert held(model["FBillNo"])["FDocumentStatus"] == "C"

    def test_a_warehouse_may_allow_it(self, galaxy, outstock, line, new_number, made):
        number, org = new_number("CK"), {"FNumber": "100"}
        stock = {"FNumber": number, "FName": "透支仓", "FCreateOrgId": org, "FUseOrgId": org, "FAllowMinusQty": True}
        galaxy.save(stock, form="BD_STOCK", IsAutoSubmitAndAudit=True)
        made("BD_STOCK", number)
        model = outstock(FEntity=[line(14, FStockID={"FNumber": number})])
        assert status_of(audit(galaxy, model))["IsSuccess"] is True


def test_without_the_switch_stock_is_not_looked_at(galaxy, outstock, line, catalog):
    assert status_of(audit(galaxy, outstock(FEntity=[line(15, quantity="999999")])))["IsSuccess"] is True
    assert galaxy.query("STK_Inventory", "FBaseQty", f"FMaterialId.FNumber='{catalog.materials[15]}'") == []


def test_auditing_may_speak_of_a_receivable_it_made(galaxy, outstock, settings):
    settings(auto_receivable=True)
    model = outstock()
    status = status_of(audit(galaxy, model))
    assert status["SuccessMessages"][0]["Message"].startswith("单据编号为“AR")
    assert [entity["Number"] for entity in status["SuccessEntitys"]] == [model["FBillNo"]]
    saved = outstock()
    assert status_of(galaxy.save(saved))["SuccessMessages"] == []
    galaxy.move("Submit", saved["FBillNo"])
    assert "应收单" in galaxy.move("Audit", saved["FBillNo"])["SuccessMessages"][0]["Message"]
