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
    for code, closed in (("YLBillClose", "B"), ("YLUnBillClose", "A")):
        answer = galaxy.call("ExcuteOperation", "SAL_SaleOrder", {"Numbers": [order]}, opNumber=code)
        assert answer["Result"]["ResponseStatus"]["IsSuccess"] is True
        assert galaxy.query("SAL_SaleOrder", "FCloseStatus", f"FBillNo='{order}'") == [[closed]]
    answer = galaxy.call("ExcuteOperation", "SAL_SaleOrder", {"Numbers": [order]}, opNumber="BillClose")
    assert answer["Result"]["ResponseStatus"]["MsgCode"] == 9


def test_nobody_writes_the_inventory(galaxy):
    for service, data in (("Save", {"Model": {"FBaseQty": 1}}), ("Delete", {"Ids": "1"})):
        status = galaxy.call(service, "STK_Inventory", data)["Result"]["ResponseStatus"]
        assert (status["IsSuccess"], status["MsgCode"]) == (False, 4)
