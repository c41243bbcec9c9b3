"""Faults that Kingdee answers in its own words, and the call limit (vendor contract 5.2, 7)."""

import pytest
import requests

AUTH = "Kingdee.BOS.WebApi.ServicesStub.AuthService."


def login_body(client):
    c = client.credentials
    return {"acctID": c["acct_id"], "username": c["username"], "password": c["password"], "lcid": c["lcid"]}


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
    status = galaxy.batch([outstock()])["ResponseStatus"]
    assert (status["IsSuccess"], status["SuccessEntitys"]) == (True, [])


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


class TestHowMuchIsDone:
    @pytest.mark.parametrize("kind", ["database_after", "response_error_after"])
    def test_all_may_be_committed_although_the_answer_is_an_error(self, galaxy, outstock, held, plan, kind):
        plan(kind, "BatchSave", times=1)
        model = outstock()
        answer = galaxy.post("BatchSave", {"formid": "SAL_OUTSTOCK", "data": {"Model": [model]}})
        if kind == "database_after":
            assert answer.json()["Result"]["ResponseStatus"]["MsgCode"] == 6
        else:
            assert answer.text.startswith("response_error:")
        assert held(model["FBillNo"]) is not None

    def test_an_error_after_a_login_or_a_query_changes_nothing(self, stranger, plan):
        plan("response_error_after", "ValidateUser", first=1)
        assert stranger.post("ValidateUser", login_body(stranger), AUTH).text.startswith("response_error:")
        stranger.login()
        plan("database_after", "ExecuteBillQuery", first=1)
        answers = [stranger.query("BD_STOCK", "FNumber", "FNumber='CK01'") for _ in range(2)]
        assert answers[0][0][0]["Result"]["ResponseStatus"]["MsgCode"] == 6
        assert answers[1] == [["CK01"]]

    def test_half_a_batch_may_be_saved_before_an_http_500(self, galaxy, outstock, held, plan):
        plan("http_500_partly", "BatchSave")
        models = [outstock() for _ in range(5)]
        answer = galaxy.post("BatchSave", {"formid": "SAL_OUTSTOCK", "data": {"Model": models}})
        assert (answer.status_code, answer.headers["content-type"][:10]) == (500, "text/plain")
        assert [held(model["FBillNo"]) is not None for model in models] == [True, True, True, False, False]

    @pytest.mark.parametrize("kind", ["http_500_partly", "half_batch"])
    @pytest.mark.parametrize("by", ["Numbers", "Ids"])
    def test_half_of_what_is_submitted_may_be(self, galaxy, outstock, held, plan, kind, by):  # noqa: PLR0917 - fixtures
        models = [outstock() for _ in range(4)]
        galaxy.batch(models)
        numbers = [model["FBillNo"] for model in models]
        ids = ",".join(str(held(number)["FID"]) for number in numbers)
        plan(kind, "Submit")
        galaxy.post("Submit", {"formid": "SAL_OUTSTOCK", "data": {by: ids if by == "Ids" else numbers}})
        assert [held(number)["FDocumentStatus"] for number in numbers] == ["B", "B", "A", "A"]

    def test_every_second_document_may_be_refused(self, galaxy, outstock, held, plan):
        plan("rejected_half", "BatchSave", times=1)
        models = [outstock() for _ in range(5)]
        status = galaxy.batch(models, IsAutoSubmitAndAudit=True)["ResponseStatus"]
        assert (status["IsSuccess"], status["MsgCode"]) == (False, 0)
        assert [entity["DIndex"] for entity in status["SuccessEntitys"]] == [0, 2, 4]
        assert [error["DIndex"] for error in status["Errors"]] == [1, 3]
        assert [held(model["FBillNo"]) is not None for model in models] == [True, False, True, False, True]

    def test_a_single_document_is_the_refused_one(self, galaxy, outstock, held, plan):
        plan("rejected_half", "*", times=1)
        model = outstock()
        assert galaxy.save(model)["ResponseStatus"]["MsgCode"] == 11
        assert held(model["FBillNo"]) is None
        assert galaxy.save(model)["ResponseStatus"]["IsSuccess"] is True

    def test_every_second_one_may_stay_unsubmitted(self, galaxy, outstock, held, plan):
        models = [outstock() for _ in range(3)]
        galaxy.batch(models)
        plan("rejected_half", "Submit")
        galaxy.move("Submit", *(model["FBillNo"] for model in models))
        assert [held(model["FBillNo"])["FDocumentStatus"] for model in models] == ["B", "A", "B"]


class TestAudits:
    def test_an_automatic_audit_may_fail_and_leave_nothing(self, galaxy, outstock, held, plan):
        plan("audit_rolled_back", times=1)
        models = [outstock() for _ in range(2)]
        status = galaxy.batch(models, IsAutoSubmitAndAudit=True)["ResponseStatus"]
        assert (status["MsgCode"], status["SuccessEntitys"], len(status["Errors"])) == (11, [], 2)
        assert [held(model["FBillNo"]) for model in models] == [None, None]
        assert galaxy.batch(models, IsAutoSubmitAndAudit=True)["ResponseStatus"]["IsSuccess"] is True

    def test_an_automatic_audit_may_fail_and_leave_the_documents_saved(self, galaxy, outstock, held, plan):
        plan("audit_stays_saved", times=1)
        models = [outstock() for _ in range(3)]
        status = galaxy.batch(models, IsAutoSubmitAndAudit=True)["ResponseStatus"]
        assert (status["MsgCode"], status["SuccessEntitys"], len(status["Errors"])) == (11, [], 3)
        assert [held(model["FBillNo"])["FDocumentStatus"] for model in models] == ["B", "A", "B"]
        assert "FApproverId" not in held(models[0]["FBillNo"])

    @pytest.mark.parametrize("kind", ["audit_rolled_back", "audit_stays_saved"])
    def test_a_save_that_audits_nothing_is_not_counted(self, galaxy, outstock, erp_sandbox, plan, kind):
        plan(kind)
        assert galaxy.save(outstock())["ResponseStatus"]["IsSuccess"] is True
        assert erp_sandbox.get("faults")["faults"][0]["seen"] == 0

    def test_an_audit_may_be_refused_by_a_later_check(self, galaxy, outstock, held, plan):
        plan("audit_refused", times=1)
        model = outstock()
        galaxy.save(model)
        galaxy.move("Submit", model["FBillNo"])
        status = galaxy.move("Audit", model["FBillNo"])
        assert (status["MsgCode"], "审核校验不通过" in status["Errors"][0]["Message"]) == (11, True)
        assert held(model["FBillNo"])["FDocumentStatus"] == "B"
        assert galaxy.move("Audit", model["FBillNo"])["IsSuccess"] is True

    @pytest.mark.parametrize("kind", ["audit_rolled_back", "rejected_half"])
    def test_only_the_named_documents_of_a_batch_are_refused(self, galaxy, outstock, held, plan, kind):
        models = [outstock() for _ in range(4)]
        plan(kind, documents=[models[2]["FBillNo"]])
        status = galaxy.batch(models, IsAutoSubmitAndAudit=True)["ResponseStatus"]
        assert [error["DIndex"] for error in status["Errors"]] == [2]
        assert [held(model["FBillNo"]) is not None for model in models] == [True, True, False, True]


def test_a_call_may_be_refused_as_if_the_clock_were_wrong(galaxy, outstock, held, plan):
    plan("clock_skew", "BatchSave", first=1)
    model = outstock()
    answer = galaxy.post("BatchSave", {"formid": "SAL_OUTSTOCK", "data": {"Model": [model]}})
    assert (answer.status_code, answer.json()["errcode"]) == (519, 4006)
    assert held(model["FBillNo"]) is None
    assert galaxy.batch([model])["ResponseStatus"]["IsSuccess"] is True


def test_a_fault_finds_its_document_however_the_call_names_it(galaxy, outstock, held, plan, erp_sandbox):
    models = [outstock(), outstock()]
    galaxy.batch(models)
    number, other = (model["FBillNo"] for model in models)
    key, other_key = held(number)["FID"], held(other)["FID"]
    plan("database", documents=[number])
    for named, refused in ((number, True), (other, False)):
        code = 6 if refused else 0
        fid = key if refused else other_key
        assert galaxy.move("Submit", named)["MsgCode"] == code
        assert (
            galaxy.call("CancelAssign", "SAL_OUTSTOCK", {"Ids": str(fid)})["Result"]["ResponseStatus"]["MsgCode"]
            == code
        )
        assert galaxy.save({"FID": fid, "FNote": "x"})["ResponseStatus"]["MsgCode"] == code
        for where in (f"FBillNo='{named}'", f"FBillNo in ('x', '{named}')", f"FID={fid}", f"fid in (1, {fid})"):
            rows = galaxy.query("SAL_OUTSTOCK", "FID", where)
            assert (rows == [[fid]]) is not refused, where
        view = galaxy.call("View", "SAL_OUTSTOCK", {"Number": named})["Result"]["ResponseStatus"]
        assert view["MsgCode"] == code
    assert {tuple(fault["documents"]) for fault in erp_sandbox.get("faults")["log"]} >= {(number,)}


@pytest.mark.parametrize("kind", ["locked", "half_batch", "http_500_partly", "rejected_half", "unreported"])
def test_what_only_happens_to_documents_is_not_counted_on_other_calls(galaxy, plan, erp_sandbox, kind):
    plan(kind)
    assert galaxy.query("BD_STOCK", "FNumber", "FNumber='CK01'") == [["CK01"]]
    assert (
        galaxy.call("QueryBusinessInfo", None, {"FormId": "BD_STOCK"})["Result"]["ResponseStatus"]["IsSuccess"] is True
    )
    assert erp_sandbox.get("faults")["faults"][0]["seen"] == 0
