"""Logins, sessions and signed calls (vendor contract 3), and the gateway (5.5)."""

import hashlib
import time

import pytest
import requests

AUTH = "Kingdee.BOS.WebApi.ServicesStub.AuthService."
DFS = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
ACCOUNTS = "Kingdee.BOS.ServiceFacade.ServicesStub.Account.AccountService."
QUERY = {"data": {"FormId": "BD_Currency", "FieldKeys": "FNumber", "FilterString": "FNumber='PRE001'"}}
FOUND = [["PRE001"]]
LOST = "会话信息已丢失，请重新登录"


def status(answer):
    """Return the failure of any shape of answer."""
    found = answer.json()
    while isinstance(found, list):
        found = found[0]
    return found["Result"]["ResponseStatus"]


def password_login(c, **changes):
    named = {"acctID": c["acct_id"], "username": c["username"], "password": c["password"], "lcid": 2052}
    return {**named, **changes}


def app_login(c, **changes):
    named = {"acctId": c["acct_id"], "username": c["username"], "appId": c["app_id"], "appSecret": c["app_secret"]}
    return {**named, "lcid": 2052, **changes}


def signed_login(c, **changes):
    moment = str(int(time.time()))
    parts = sorted([c["acct_id"], c["username"], c["app_id"], c["app_secret"], moment])
    sign = hashlib.sha256("".join(parts).encode()).hexdigest()
    named = {"acctId": c["acct_id"], "username": c["username"], "appId": c["app_id"], "timestamp": moment}
    return {**named, "sign": sign, "lcid": 2052, **changes}


LOGINS = {"ValidateUser": password_login, "LoginByAppSecret": app_login, "LoginBySign": signed_login}


@pytest.mark.parametrize("service", LOGINS)
@pytest.mark.parametrize("positional", [False, True], ids=["named", "by position"])
def test_a_login_opens_a_session(stranger, service, positional):
    named = LOGINS[service](stranger.credentials)
    body = {"parameters": list(named.values())} if positional else named
    answer = stranger.post(service, body, AUTH)
    login = answer.json()
    assert login["LoginResultType"] == 1
    assert login["Context"]["UserName"] == stranger.credentials["username"]
    assert login["Context"]["UTimeZone"]["OffsetTicks"] == 288_000_000_000
    assert stranger.http.cookies["kdservice-sessionid"] == login["KDSVCSessionId"]
    assert stranger.post("ExecuteBillQuery", QUERY).json() == FOUND


@pytest.mark.parametrize(
    ("service", "change", "result"),
    [
        ("ValidateUser", {"password": "wrong"}, 0),
        ("ValidateUser", {"username": "nobody"}, 0),
        ("ValidateUser", {"lcid": 9999}, -1),
        ("LoginByAppSecret", {"appSecret": "wrong"}, -1),
        ("LoginByAppSecret", {"appId": "200001"}, -1),
        ("LoginByAppSecret", {"username": "nobody"}, 0),
        ("LoginBySign", {"sign": "0" * 64}, -1),
        ("LoginBySign", {"timestamp": "1"}, -1),
        ("LoginBySign", {"appId": "wrong"}, 0),
    ],
)
def test_a_wrong_login_says_why_and_opens_nothing(stranger, service, change, result):
    login = stranger.post(service, LOGINS[service](stranger.credentials, **change), AUTH).json()
    assert login["LoginResultType"] == result
    assert login["Message"]
    assert login["Context"] is None
    assert status(stranger.post("ExecuteBillQuery", QUERY))["MsgCode"] == 1


@pytest.mark.parametrize("service", LOGINS)
def test_an_unknown_account_is_an_http_error(stranger, service):
    key = "acctID" if service == "ValidateUser" else "acctId"
    answer = stranger.post(service, LOGINS[service](stranger.credentials, **{key: "nope"}), AUTH)
    assert (answer.status_code, answer.text) == (500, "Fail to verify thirty passport")


def test_a_session_may_be_named_by_header(stranger):
    session = stranger.post("ValidateUser", password_login(stranger.credentials), AUTH).json()["KDSVCSessionId"]
    headers = {"kdservice-sessionid": session}
    answer = requests.post(stranger.url("ExecuteBillQuery"), json=QUERY, headers=headers, timeout=30)
    assert answer.json() == FOUND


@pytest.mark.parametrize(
    "service", ["ExecuteBillQuery", "BillQuery", "View", "Save", "BatchSave", "Audit", "SwitchOrg"]
)
def test_without_a_session_each_service_fails_in_its_own_shape(stranger, service):
    answer = stranger.post(service, {"formid": "SAL_OUTSTOCK", "data": {}})
    assert answer.status_code == 200
    failure = status(answer)
    assert (failure["IsSuccess"], failure["MsgCode"], failure["Errors"][0]["Message"]) == (False, 1, LOST)
    assert isinstance(answer.json(), list) == (service == "ExecuteBillQuery")


def test_view_without_a_session_may_say_nothing(stranger, settings):
    settings(view_without_session="empty")
    answer = stranger.post("View", {"formid": "BD_Currency", "data": {"Number": "PRE001"}}).json()
    assert answer == {"Result": None}


def test_an_idle_session_expires(galaxy, settings):
    settings(session_minutes=0.001)
    time.sleep(0.15)
    assert status(galaxy.post("ExecuteBillQuery", QUERY))["MsgCode"] == 1


def test_a_used_session_stays(galaxy, settings):
    settings(session_minutes=0.02)
    for _ in range(3):
        time.sleep(0.5)
        assert galaxy.post("ExecuteBillQuery", QUERY).json() == FOUND


def test_all_sessions_can_be_ended(galaxy, erp_sandbox):
    assert erp_sandbox.post("kingdee/expire-sessions")["expired"] >= 1
    assert status(galaxy.post("ExecuteBillQuery", QUERY))["MsgCode"] == 1
    assert galaxy.login().post("ExecuteBillQuery", QUERY).json() == FOUND


def test_logging_out_ends_the_session(galaxy):
    assert galaxy.post("LogOut", {}, AUTH).json() is True
    assert status(galaxy.post("ExecuteBillQuery", QUERY))["MsgCode"] == 1


def test_data_centres_are_shown_to_anybody(stranger):
    centres = stranger.post("GetDataCenterList", {}, ACCOUNTS).json()
    assert [centre["Id"] for centre in centres] == [stranger.credentials["acct_id"]]


def test_the_organisation_of_a_session_can_be_switched(galaxy):
    good = galaxy.post("SwitchOrg", {"data": {"OrgNumber": "101"}})
    assert status(good)["IsSuccess"] is True
    bad = status(galaxy.post("SwitchOrg", {"data": {"OrgNumber": "999"}}))
    assert (bad["IsSuccess"], bad["MsgCode"]) == (False, 10)


class TestSignedCalls:
    """Contract 3.6: no login call at all."""

    def send(self, stranger, session=None, **changes):
        url = stranger.url("ExecuteBillQuery")
        headers = stranger.signed_headers(url, **changes)
        if session:
            headers["kdservice-sessionid"] = session
        return requests.post(url, json=QUERY, headers=headers, timeout=30)

    def test_a_good_signature_makes_a_session(self, stranger):
        answer = self.send(stranger)
        assert answer.json() == FOUND
        session = answer.cookies["kdservice-sessionid"]
        again = requests.post(
            stranger.url("ExecuteBillQuery"), json=QUERY, headers={"kdservice-sessionid": session}, timeout=30
        )
        assert again.json() == FOUND

    @pytest.mark.parametrize(
        "change", [{"username": "nobody"}, {"app_id": "200001_" + "A" * 32}, {"app_secret": "wrong"}, {"lcid": "7"}]
    )
    def test_wrong_credentials_look_like_a_lost_session(self, stranger, change):
        answer = self.send(stranger, **change)
        assert status(answer)["MsgCode"] == 1
        assert answer.cookies["kdservice-sessionid"]

    def test_the_empty_shell_of_a_refused_call_opens_nothing(self, stranger):
        shell = self.send(stranger, app_secret="wrong").cookies["kdservice-sessionid"]
        answer = requests.post(
            stranger.url("ExecuteBillQuery"), json=QUERY, headers={"kdservice-sessionid": shell}, timeout=30
        )
        assert status(answer)["MsgCode"] == 1

    def test_an_unknown_account_is_an_http_error(self, stranger):
        answer = self.send(stranger, acct_id="nope")
        assert (answer.status_code, answer.text) == (500, "Fail to verify thirty passport")

    def test_any_organisation_is_accepted(self, stranger):
        assert self.send(stranger, org_num="999").json() == FOUND

    def test_a_live_session_is_not_asked_for_credentials(self, stranger):
        session = self.send(stranger).cookies["kdservice-sessionid"]
        assert self.send(stranger, session=session, app_secret="wrong").json() == FOUND

    def test_an_expired_session_with_a_good_signature_is_made_again(self, stranger, erp_sandbox):
        session = self.send(stranger).cookies["kdservice-sessionid"]
        erp_sandbox.post("kingdee/expire-sessions")
        answer = self.send(stranger, session=session)
        assert answer.json() == FOUND
        assert answer.cookies["kdservice-sessionid"] != session

    def test_an_expired_session_with_a_bad_signature_is_lost(self, stranger, erp_sandbox):
        session = self.send(stranger).cookies["kdservice-sessionid"]
        erp_sandbox.post("kingdee/expire-sessions")
        assert status(self.send(stranger, session=session, app_secret="wrong"))["MsgCode"] == 1

    def test_a_direct_site_looks_at_neither_clock_nor_client_signature(self, stranger):
        assert self.send(stranger, time="1", api_signature="wrong").json() == FOUND

    def test_a_strict_site_verifies_the_client_signature_too(self, stranger, settings):
        settings(strict_signature=True)
        assert self.send(stranger).json() == FOUND
        assert status(self.send(stranger, api_signature="wrong"))["MsgCode"] == 1


class TestGateway:
    """The open-platform gateway answers its own failures with HTTP 519 (contract 5.5)."""

    @pytest.fixture(autouse=True)
    def _gateway(self, settings):
        settings(gateway=True)

    def send(self, stranger, erp_sandbox, service="ExecuteBillQuery", drop=(), **changes):
        url = f"{erp_sandbox.url}/galaxyapi/{DFS}{service}.common.kdsvc"
        headers = stranger.signed_headers(url, **changes)
        headers = {key: value for key, value in headers.items() if key not in drop}
        return requests.post(url, json=QUERY, headers=headers, timeout=30)

    def test_a_signed_call_passes(self, stranger, erp_sandbox):
        assert self.send(stranger, erp_sandbox).json() == FOUND

    def test_milliseconds_pass_as_the_java_sdk_sends_them(self, stranger, erp_sandbox):
        assert self.send(stranger, erp_sandbox, time=str(int(time.time() * 1000))).json() == FOUND

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ({"drop": ("X-Api-ClientID",)}, 4002),
            ({"time": str(int(time.time()) - 13 * 60)}, 4006),
            ({"time": "yesterday"}, 4006),
            ({"service": "NoSuchService"}, 5001),
            ({"api_signature": "wrong"}, 4005),
        ],
    )
    def test_it_refuses_in_its_own_shape(self, stranger, erp_sandbox, options, code):
        answer = self.send(stranger, erp_sandbox, **options)
        assert answer.status_code == 519
        assert answer.json()["errcode"] == code
        assert answer.json()["description_cn"]

    def test_behind_it_the_site_still_asks_who_it_is(self, stranger, erp_sandbox):
        assert status(self.send(stranger, erp_sandbox, app_secret="wrong"))["MsgCode"] == 1


def test_without_the_switch_there_is_no_gateway(stranger, erp_sandbox):
    url = f"{erp_sandbox.url}/galaxyapi/{DFS}ExecuteBillQuery.common.kdsvc"
    answer = requests.post(url, json=QUERY, headers=stranger.signed_headers(url), timeout=30)
    assert answer.status_code == 404
