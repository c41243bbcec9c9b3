"""What needs a process of its own: switches of the command line, limits, counters, a second seed, a restart."""

import pytest

SWITCHES = ("--limits", "real", "--auto-audit", "stays-saved", "--session-minutes", "5", "--gateway")
STOCK = {"FormId": "BD_STOCK", "FieldKeys": "FNumber", "FilterString": "FNumber='CK01'"}


@pytest.fixture(scope="module")
def served(start_own_sandbox):
    """A sandbox with the data that the shared one was seeded with, and other switches."""
    return start_own_sandbox(*SWITCHES)


@pytest.fixture
def own(served, client_class):
    """A signed-in client of it, with the counters at zero."""
    client = client_class(served.galaxy).login()
    served.post("reset?what=counters")
    yield client
    served.clear_faults()
    served.post("kingdee/reset-settings")


def test_the_command_line_sets_the_switches(served, own):  # noqa: ARG001 - for its clean-up
    found = served.get("kingdee/settings")
    assert (found["auto_audit"], found["session_minutes"], found["gateway"]) == ("stays-saved", 5.0, True)


def test_calls_a_minute_are_a_setting_that_answers_a_call_restriction(served, own):
    served.post("kingdee/settings", {"calls_per_minute": 2})
    answers = [own.call("BillQuery", None, STOCK) for _ in range(3)]
    assert answers[:2] == [[{"FNumber": "CK01"}]] * 2
    assert answers[2]["Result"]["ResponseStatus"]["MsgCode"] == 14
    served.post("limits", {"limits": "off"})
    assert own.call("BillQuery", None, STOCK) == answers[0]
    served.post("limits", {"limits": "real"})


def test_calls_are_counted_by_service_and_outcome(served, own, outstock):
    good, bad = outstock(), outstock(FCustomerID=None)
    own.batch([good])
    own.batch([good])
    own.batch([bad, outstock()])
    own.query("NOPE", "FID")
    served.post("faults", [{"vendor": "kingdee", "kind": "throttle", "call": "View"}])
    own.call("View", "BD_STOCK", {"Number": "CK01"})
    assert served.get("calls")["kingdee"] == {
        "BatchSave": {"ok": 1, "rejected": 1, "partial": 1},
        "ExecuteBillQuery": {"refused": 1},
        "View": {"throttle": 1},
    }


def test_documents_can_be_reset_and_everything_else_stays(served, own, outstock):
    own.batch([outstock(), outstock()], IsAutoSubmitAndAudit=True)
    orders = served.summary("kingdee", "SAL_SaleOrder")
    assert served.post("reset?what=kingdee-documents")["deleted"] >= 2
    assert served.summary("kingdee", "SAL_OUTSTOCK")["documents"] == 0
    assert served.summary("kingdee", "SAL_SaleOrder") == orders
    assert served.summary("kingdee", "BD_Customer")["documents"] == 2469


def test_the_same_seed_gives_the_same_keys(served, erp_sandbox, galaxy):
    def keys(sandbox):
        orders = [order for order in sandbox.show("kingdee", "SAL_SaleOrder") if order["FBillNo"].startswith("T")]
        return [(order["FID"], [line["FEntryID"] for line in order["FSaleOrderEntry"]]) for order in orders]

    assert keys(served) == keys(erp_sandbox)
    types = [(row["FBILLTYPEID"], row["FNumber"]) for row in served.show("kingdee", "BOS_BillType")]
    assert types == [tuple(row) for row in galaxy.query("BOS_BillType", "FBILLTYPEID,FNumber", "", "FBILLTYPEID ASC")]


def test_documents_and_numbers_outlive_the_process(start_own_sandbox, client_class, outstock):
    first = start_own_sandbox()
    galaxy = client_class(first.galaxy).login()
    model = outstock()
    numbered = galaxy.batch([model, outstock(FBillNo="")], IsAutoSubmitAndAudit=True)["ResponseStatus"][
        "SuccessEntitys"
    ]
    first.stop()
    again = start_own_sandbox(state=first.state)
    galaxy = client_class(again.galaxy)
    assert galaxy.query("SAL_OUTSTOCK", "FID")[0][0]["Result"]["ResponseStatus"]["MsgCode"] == 1
    galaxy.login()
    rows = galaxy.query("SAL_OUTSTOCK", "FID,FBillNo,FDocumentStatus", "", "FID ASC")
    assert rows == [[entity["Id"], entity["Number"], "C"] for entity in numbered]
    status = galaxy.batch([model, outstock(FBillNo="")])["ResponseStatus"]
    assert [error["FieldName"] for error in status["Errors"]] == ["FBillNo"]
    assert status["SuccessEntitys"][0]["Id"] > numbered[1]["Id"]
    assert status["SuccessEntitys"][0]["Number"] > numbered[1]["Number"]
