"""Submit, Audit, UnAudit, CancelAssign, Delete and document operations (vendor contract 8.6, 8.7, 8.10)."""

import pytest

STATES = {
    "Z": (),
    "A": (),
    "B": ("Submit",),
    "C": ("Submit", "Audit"),
    "D": ("Submit", "Audit", "UnAudit"),
}
ALLOWED = {
    "Submit": {"A": "B", "D": "B"},
    "Audit": {"B": "C"},
    "UnAudit": {"C": "D"},
    "CancelAssign": {"B": "D"},
    "Delete": {"Z": None, "A": None, "D": None},
}


@pytest.fixture
def document(galaxy, outstock):
    """Make a document in a state; gives its number."""

    def make(state="A"):
        model = outstock()
        galaxy.call("Draft" if state == "Z" else "Save", "SAL_OUTSTOCK", {"Model": model})
        for service in STATES[state]:
            assert galaxy.move(service, model["FBillNo"])["IsSuccess"] is True
        return model["FBillNo"]

    return make


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("service", ALLOWED)
def test_each_service_works_in_its_states_only(galaxy, document, held, service, state):
    number = document(state)
    before = held(number)
    assert before["FDocumentStatus"] == state
    status = galaxy.move(service, number)
    if state in ALLOWED[service]:
        assert status["IsSuccess"] is True
        assert status["SuccessEntitys"] == [{"Id": before["FID"], "Number": number, "DIndex": 0}]
        after = held(number)
        assert (after and after["FDocumentStatus"]) == ALLOWED[service][state]
    else:
        assert (status["IsSuccess"], status["MsgCode"]) == (False, 11)
        assert number in status["Errors"][0]["Message"]
        assert held(number) == before


def test_auditing_twice_is_refused_in_the_vendor_s_words(galaxy, document):
    number = document("C")
    assert galaxy.move("Audit", number)["Errors"][0]["Message"] == f"单据编号为“{number}”的销售出库单，单据已经审核！"


def test_auditing_says_who_and_when_and_un_auditing_takes_it_back(galaxy, document, held):
    number = document("C")
    assert held(number)["FApproverId"]["FNumber"] == "demo"
    assert held(number)["FApproveDate"]
    galaxy.move("UnAudit", number)
    assert "FApproverId" not in held(number)


@pytest.fixture
def signed(held):
    """Return who changed and who audited a document, and when: `signed(number)`."""

    def look(number):
        document = held(number)
        names = [(document.get(key) or {}).get("FNumber") for key in ("FModifierId", "FApproverId")]
        return (*names, document["FModifyDate"], document.get("FApproveDate"))

    return look


def test_each_step_keeps_who_and_when(galaxy, document, signed, outstock):
    number = document("A")
    moments = [signed(number)[2]]
    for service in ("Submit", "Audit", "UnAudit", "Submit", "CancelAssign"):
        galaxy.move(service, number)
        modifier, approver, modified, approved = signed(number)
        assert (modifier, approver, approved) == ("demo", *(("demo", modified) if service == "Audit" else (None, None)))
        moments.append(modified)
    assert moments == sorted(moments)
    at_once = outstock()
    galaxy.save(at_once, IsAutoSubmitAndAudit=True)
    modifier, approver, modified, approved = signed(at_once["FBillNo"])
    assert (modifier, approver, modified) == ("demo", "demo", approved)


def test_a_tenant_s_modify_date_may_be_that_of_the_last_save(galaxy, document, held, settings):
    settings(modify_date="save")
    number = document("A")
    before = held(number)["FModifyDate"]
    for service in ("Submit", "Audit"):
        galaxy.move(service, number)
    assert held(number)["FModifyDate"] == before
    assert held(number)["FApproveDate"] >= before


def test_a_closed_period_is_not_opened_by_un_auditing(galaxy, document, held, settings):
    number = document("C")
    settings(closed_until={"100": "2026-12-31"})
    status = galaxy.move("UnAudit", number)
    assert (status["MsgCode"], "已关账" in status["Errors"][0]["Message"]) == (11, True)
    assert held(number)["FDocumentStatus"] == "C"


def test_what_was_pushed_down_is_not_un_audited_until_it_is_taken_back(galaxy, document, held, settings):
    number, other = document("C"), document("C")
    settings(pushed_down={"SAL_OUTSTOCK": [number]})
    status = galaxy.move("UnAudit", number, other)
    assert [entity["Number"] for entity in status["SuccessEntitys"]] == [other]
    assert "下游单据" in status["Errors"][0]["Message"]
    assert (held(number)["FDocumentStatus"], held(other)["FDocumentStatus"]) == ("C", "D")
    settings(pushed_down={})
    assert galaxy.move("UnAudit", number)["IsSuccess"] is True


def test_a_submission_under_an_edit_lock_is_not_taken_back(galaxy, document, settings, held):
    number = document("B")
    settings(locked={"SAL_OUTSTOCK": [number]})
    assert galaxy.move("CancelAssign", number)["MsgCode"] == 13
    assert held(number)["FDocumentStatus"] == "B"


def test_unknown_numbers_are_dropped_silently_when_one_is_found(galaxy, document):
    numbers = [document(), document()]
    status = galaxy.move("Submit", "NOPE-1", numbers[1], "NOPE-2", numbers[0])
    assert status["IsSuccess"] is True
    assert [entity["Number"] for entity in status["SuccessEntitys"]] == numbers  # by Id, not as they were named
    assert [entity["DIndex"] for entity in status["SuccessEntitys"]] == [0, 1]


@pytest.mark.parametrize(
    ("data", "code"), [({"Numbers": ["NOPE"]}, 10), ({"Ids": "1,2"}, 10), ({}, 8), ({"Numbers": []}, 8)]
)
def test_nobody_found_is_an_error(galaxy, data, code):
    status = galaxy.call("Audit", "SAL_OUTSTOCK", data)["Result"]["ResponseStatus"]
    assert (status["IsSuccess"], status["MsgCode"]) == (False, code)


def test_ids_win_over_numbers(galaxy, document, held):
    by_id, by_number = document(), document()
    galaxy.call("Submit", "SAL_OUTSTOCK", {"Ids": str(held(by_id)["FID"]), "Numbers": [by_number]})
    assert (held(by_id)["FDocumentStatus"], held(by_number)["FDocumentStatus"]) == ("B", "A")


def test_a_mixed_result_moves_the_good_ones(galaxy, document, held):
    good, bad = document("B"), document("A")
    status = galaxy.move("Audit", good, bad)
    assert (status["IsSuccess"], status["MsgCode"]) == (False, 0)
    assert [entity["Number"] for entity in status["SuccessEntitys"]] == [good]
    assert [error["DIndex"] for error in status["Errors"]] == [1]
    assert (held(good)["FDocumentStatus"], held(bad)["FDocumentStatus"]) == ("C", "A")


def test_a_deleted_document_is_gone_and_its_number_free(galaxy, document, held, outstock):
    number = document()
    galaxy.move("Delete", number)
    assert held(number) is None
    assert galaxy.query("SAL_OUTSTOCK", "FID", f"FBillNo='{number}'") == []
    assert galaxy.save(outstock(number))["ResponseStatus"]["IsSuccess"] is True


def test_an_edit_lock_conflicts_until_it_is_released(galaxy, document, settings, outstock):
    number = document("B")
    settings(locked={"SAL_OUTSTOCK": [number, "NEW-LOCKED"]})
    for status in (galaxy.move("Audit", number), galaxy.save(outstock("NEW-LOCKED"))["ResponseStatus"]):
        assert (status["IsSuccess"], status["MsgCode"]) == (False, 13)
        assert "冲突，请稍候再使用" in status["Errors"][0]["Message"]
    settings(locked={})
    assert galaxy.move("Audit", number)["IsSuccess"] is True


def test_a_document_is_cancelled_and_restored(galaxy, document, held):
    number = document("A")

    def operate(code):
        return galaxy.call("ExcuteOperation", "SAL_OUTSTOCK", {"Numbers": [number]}, opNumber=code)["Result"]

    assert operate("Cancel")["ResponseStatus"]["IsSuccess"] is True
    assert held(number)["FCancelStatus"] == "B"
    assert operate("UnCancel")["ResponseStatus"]["IsSuccess"] is True
    assert held(number)["FCancelStatus"] == "A"


def test_an_audited_document_is_not_cancelled(galaxy, document):
    answer = galaxy.call("ExcuteOperation", "SAL_OUTSTOCK", {"Numbers": [document("C")]}, opNumber="Cancel")
    assert answer["Result"]["ResponseStatus"]["IsSuccess"] is False


def test_a_sale_order_has_its_own_closing_code(galaxy, erp_sandbox):
    order = erp_sandbox.show("kingdee", "SAL_SaleOrder")[0]["FBillNo"]
    modified = galaxy.query("SAL_SaleOrder", "FModifyDate", f"FBillNo='{order}'")[0][0]
    for code, closed in (("YLBillClose", "B"), ("YLUnBillClose", "A")):
        answer = galaxy.call("ExcuteOperation", "SAL_SaleOrder", {"Numbers": [order]}, opNumber=code)
        assert answer["Result"]["ResponseStatus"]["IsSuccess"] is True
        rows = galaxy.query("SAL_SaleOrder", "FCloseStatus,FModifyDate", f"FBillNo='{order}'")
        assert rows == [[closed, modified]]
    answer = galaxy.call("ExcuteOperation", "SAL_SaleOrder", {"Numbers": [order]}, opNumber="BillClose")
    assert answer["Result"]["ResponseStatus"]["MsgCode"] == 9


def test_nobody_writes_the_inventory(galaxy):
    for service, data in (("Save", {"Model": {"FBaseQty": 1}}), ("Delete", {"Ids": "1"})):
        status = galaxy.call(service, "STK_Inventory", data)["Result"]["ResponseStatus"]
        assert (status["IsSuccess"], status["MsgCode"]) == (False, 4)
