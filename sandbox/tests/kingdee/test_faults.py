"""Faults that Kingdee answers in its own words, and the call limit (vendor contract 5.2, 7)."""

import pytest
import requests


@pytest.fixture
def plan(erp_sandbox, galaxy):  # noqa: ARG001 - for its clean-up
    """Put a fault plan in force: `plan(kind, call, …)`."""

    def put(kind, call="*", **how):
        erp_sandbox.post("faults", [{"vendor": "kingdee", "kind": kind, "call": call, **how}])

    return put


def test_a_throttled_call_is_restricted_and_not_done(galaxy, outstock, held, plan):
    plan("throttle", "BatchSave", first=1)
    model = outstock()
    assert galaxy.batch([model])["ResponseStatus"]["MsgCode"] == 14
    assert held(model["FBillNo"]) is None
    assert galaxy.batch([model])["ResponseStatus"]["IsSuccess"] is True


def test_a_login_may_be_throttled_too(stranger, plan):
    plan("throttle", "ValidateUser", first=1)
    body = {"acctID": stranger.credentials["acct_id"]}
    answer = stranger.post("ValidateUser", body, "Kingdee.BOS.WebApi.ServicesStub.AuthService.")
    assert answer.json()["Result"]["ResponseStatus"]["MsgCode"] == 14
    stranger.login()


def test_a_query_is_throttled_in_its_own_shape(galaxy, plan):
    plan("throttle", "ExecuteBillQuery")
    answer = galaxy.query("BD_STOCK", "FNumber")
    assert answer[0][0]["Result"]["ResponseStatus"]["MsgCode"] == 14


def test_a_lost_session_stays_lost_until_the_next_login(galaxy, plan):
    plan("session_lost", first=1)
    for _ in range(2):
        assert galaxy.query("BD_STOCK", "FNumber")[0][0]["Result"]["ResponseStatus"]["MsgCode"] == 1
    assert galaxy.login().query("BD_STOCK", "FNumber", "FNumber='CK01'") == [["CK01"]]


def test_a_signed_call_makes_its_lost_session_anew(galaxy, plan):
    url = galaxy.url("ExecuteBillQuery")
    body = {"data": {"FormId": "BD_STOCK", "FieldKeys": "FNumber", "FilterString": "FNumber='CK01'"}}
    session = requests.post(url, json=body, headers=galaxy.signed_headers(url), timeout=30).cookies[
        "kdservice-sessionid"
    ]
    plan("session_lost", first=1)
    headers = {**galaxy.signed_headers(url), "kdservice-sessionid": session}
    lost, made = (requests.post(url, json=body, headers=headers, timeout=30) for _ in range(2))
    assert lost.json()[0][0]["Result"]["ResponseStatus"]["MsgCode"] == 1
    assert made.json() == [["CK01"]]


@pytest.mark.parametrize(("kind", "code"), [("locked", 13), ("database", 6)])
def test_a_whole_call_may_conflict_or_deadlock(galaxy, outstock, held, plan, kind, code):  # noqa: PLR0917 - fixtures
    plan(kind, "Save")
    model = outstock()
    assert galaxy.save(model)["ResponseStatus"]["MsgCode"] == code
    assert held(model["FBillNo"]) is None


def test_an_exception_comes_as_text(galaxy, outstock, held, plan):
    plan("response_error", "Save")
    model = outstock()
    answer = galaxy.post("Save", {"formid": "SAL_OUTSTOCK", "data": {"Model": model}})
    assert answer.status_code == 200
    assert answer.text.startswith("response_error:")
    assert held(model["FBillNo"]) is None


def test_half_a_batch_may_be_saved_before_an_exception(galaxy, outstock, held, plan):
    plan("half_batch", "BatchSave")
    models = [outstock() for _ in range(4)]
    answer = galaxy.post("BatchSave", {"formid": "SAL_OUTSTOCK", "data": {"Model": models}})
    assert answer.text.startswith("response_error:")
    assert [held(model["FBillNo"]) is not None for model in models] == [True, True, False, False]


def test_documents_may_be_saved_and_not_reported(galaxy, outstock, held, plan):
    plan("unreported", "BatchSave")
    models = [outstock() for _ in range(4)]
    status = galaxy.batch(models)["ResponseStatus"]
    assert status["IsSuccess"] is True
    assert [entity["DIndex"] for entity in status["SuccessEntitys"]] == [0, 2]
    assert all(held(model["FBillNo"]) for model in models)


@pytest.mark.parametrize(
    ("kind", "kept"), [("reset_before", False), ("reset_after", True), ("http_502", False), ("http_500_after", True)]
)
def test_the_connection_may_break_before_or_after_the_commit(galaxy, outstock, held, plan, kind, kept):  # noqa: PLR0917 - fixtures
    plan(kind, "BatchSave", first=1)
    model = outstock()
    try:
        answer = galaxy.post("BatchSave", {"formid": "SAL_OUTSTOCK", "data": {"Model": [model]}})
    except requests.ConnectionError:
        assert kind.startswith("reset")
    else:
        assert answer.status_code == int(kind.split("_")[1])
    assert (held(model["FBillNo"]) is not None) is kept


@pytest.mark.parametrize(("kind", "kept"), [("timeout_before", False), ("timeout_after", True)])
def test_the_answer_may_never_come(galaxy, outstock, held, plan, kind, kept):  # noqa: PLR0917 - fixtures
    plan(kind, "BatchSave", first=1)
    model = outstock()
    body = {"formid": "SAL_OUTSTOCK", "data": {"Model": [model]}}
    with pytest.raises(requests.ReadTimeout):
        galaxy.http.post(galaxy.url("BatchSave"), json=body, timeout=1)
    assert (held(model["FBillNo"]) is not None) is kept


def test_a_fault_may_be_named_by_a_document(galaxy, outstock, held, plan):
    marked, other = outstock(), outstock()
    plan("throttle", "*", documents=[marked["FBillNo"]])
    assert galaxy.batch([other])["ResponseStatus"]["IsSuccess"] is True
    assert galaxy.batch([marked])["ResponseStatus"]["MsgCode"] == 14
    galaxy.save(other)
    assert galaxy.move("Submit", marked["FBillNo"])["MsgCode"] == 14
    assert held(marked["FBillNo"]) is None
