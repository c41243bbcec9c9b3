"""What a call meets before it is answered: the form, who is calling, how often, and what goes wrong."""

import time

import pytest
import requests
from erp_sandbox.limits import Limits

SHOPS = "/open/shops/query"
ORDERS = "/open/orders/single/query"


def test_only_a_posted_form_is_a_call(jst):
    url = jst.credentials["base_url"] + SHOPS

    assert requests.get(url, timeout=30).json()["code"] == 130
    assert requests.post(url, json={"app_key": "x"}, timeout=30).json()["code"] == 130
    for path in ("/open/nothing/query", "/nothing", "/open/shops/query/"):
        answer = jst.send(path, "{}")
        assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (404, 404, None)


@pytest.mark.parametrize("name", ["app_key", "access_token", "timestamp", "version", "charset", "biz", "sign"])
def test_every_public_field_is_needed(jst, name):
    jst.overrides = {name: "" if name == "sign" else None}

    assert jst(SHOPS)["code"] == 130


def test_the_checks_come_in_their_order(jst, switch):
    """Everything is wrong at first; each step puts right what the one before was refused for."""
    switch(address="unlisted", not_granted=ORDERS)
    milliseconds = str(int(time.time() * 1000))
    wrong = {"version": "1", "app_key": "stranger", "timestamp": milliseconds, "sign": "0" * 32, "access_token": "x"}
    met = []
    for name in ("version", "app_key", "timestamp", "sign", "access_token"):
        jst.overrides = dict(wrong)
        met.append(jst.send(ORDERS, "[]").json()["code"])
        del wrong[name]
    jst.overrides = {}
    met.append(jst.send(ORDERS, "[]").json()["code"])
    switch(address="listed")
    met.append(jst.send(ORDERS, "[]").json()["code"])
    switch(not_granted="")
    met.append(jst.send(ORDERS, "[]").json()["code"])
    met.append(jst(ORDERS, page_index=0)["code"])
    met.append(jst(ORDERS)["code"])

    assert met == [130, 10, 140, 10, 100, 110, 190, 130, 130, 170]


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ({"charset": "gbk"}, 130),
        ({"version": "2"}, 0),
        ({"timestamp": "12345"}, 140),
        ({"timestamp": "now"}, 140),
        ({"biz": "no json"}, 130),
        ({"biz": '"text"'}, 130),
        ({"biz": "null"}, 130),
    ],
)
def test_fields_have_their_form(jst, override, code):
    jst.overrides = override

    assert jst(SHOPS)["code"] == code


def test_a_signature_is_lower_case(jst):
    form = {"app_key": jst.credentials["app_key"], "access_token": jst.credentials["access_token"], "version": "2",
            "timestamp": str(int(time.time())), "charset": "utf-8", "biz": "{}"}  # fmt: skip
    jst.overrides = {"sign": jst.sign(form).upper()}

    assert jst.post(SHOPS, form).json()["code"] == 10


@pytest.mark.parametrize(("offset", "code"), [(-14 * 60, 0), (14 * 60, 0), (-16 * 60, 140), (16 * 60, 140)])
def test_a_timestamp_may_be_fifteen_minutes_off(jst, offset, code):
    jst.clock_offset = offset

    assert jst(SHOPS)["code"] == code


def test_numbers_of_refusals_can_be_those_of_the_older_table(jst, switch):
    switch(codes={"sign_wrong": 120, "timestamp_wrong": 180})
    jst.overrides = {"sign": "0" * 32}
    assert jst(SHOPS)["code"] == 120
    jst.overrides = {"timestamp": "1"}
    assert jst(SHOPS)["code"] == 180


def test_messages_are_the_vendors(jst):
    jst.overrides = {"access_token": "old"}
    assert "access_token已过期" in jst(SHOPS)["msg"]
    jst.overrides = {}
    assert jst(SHOPS)["msg"] == "执行成功"


def test_apps_are_granted_paths_one_by_one(jst, isv):
    window = {"modified_begin": "2026-03-30 00:00:00", "modified_end": "2026-03-31 00:00:00"}

    assert jst("/open/purchasein/query", **window)["code"] == 0
    assert isv("/open/purchasein/query", **window)["code"] == 190
    assert isv("/open/webapi/wmsapi/purchasein/purchaseinquery", **window)["code"] == 0


@pytest.fixture
def limited(erp_sandbox):
    erp_sandbox.post("limits", {"limits": "real"})
    yield
    erp_sandbox.post("limits", {"limits": "off"})


@pytest.mark.usefixtures("limited")
def test_the_sixth_call_of_a_second_and_the_next_of_a_full_minute_are_refused(jst, isv, switch):
    assert [jst(SHOPS)["code"] for _ in range(7)] == [0, 0, 0, 0, 0, 199, 199]
    assert isv(SHOPS)["code"] == 0  # each app and token has its own
    switch(per_second=100, per_minute=7)
    assert [jst(SHOPS)["code"] for _ in range(3)] == [0, 0, 200]  # the refused ones did not count


def test_a_second_is_counted_by_a_clock():
    moment = [0.0]
    limits = Limits(clock=lambda: moment[0])

    taken = [limits.take("app", 5, 1.0) for _ in range(6)]
    moment[0] = 0.999
    taken.append(limits.take("app", 5, 1.0))
    moment[0] = 1.0
    taken.append(limits.take("app", 5, 1.0))

    assert taken == [True] * 5 + [False, False, True]


@pytest.fixture
def faults(erp_sandbox):
    yield lambda *entries: erp_sandbox.post("faults", list(entries))
    erp_sandbox.clear_faults()


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("throttle", (200, 199)),
        ("quota", (200, 200)),
        ("internal", (200, 150)),
        ("http_429", (429, 429)),
        ("http_500", (500, None)),
    ],
)
def test_faults_are_told_in_the_vendors_way_and_pass(jst, faults, erp_sandbox, kind, told):
    http, code = told
    faults({"vendor": "jushuitan", "call": ORDERS, "documents": ["10953304"], "kind": kind, "times": 1})

    assert jst(SHOPS)["code"] == 0
    answer = jst.send(ORDERS, '{"o_ids":[10953304]}')
    assert answer.status_code == http
    if code is not None:
        assert answer.json() == {"code": code, "msg": answer.json()["msg"], "data": None}
    assert jst(ORDERS, o_ids=[10953304])["code"] == 0
    assert erp_sandbox.get("faults")["log"][0]["documents"] == ["10953304"]


def test_code_may_come_as_a_text_and_answers_may_carry_more(jst, faults, switch):
    faults({"vendor": "jushuitan", "call": SHOPS, "nth": 1, "kind": "code_text"})
    assert [jst(SHOPS)["code"] for _ in range(2)] == ["0", 0]

    switch(code_as_text=True, extras=True)

    answer = jst(SHOPS)
    assert (answer["code"], answer["issuccess"]) == ("0", True)
    assert answer["requestId"]


def test_a_lost_token_stays_lost_until_the_next_authorisation(jst, faults, switch):
    switch(latency_ms=1)
    faults({"vendor": "jushuitan", "call": "/open/*", "nth": 1, "kind": "token_lost"})

    assert [jst(SHOPS)["code"] for _ in range(2)] == [100, 100]
    jst.credentials["access_token"] = jst.init()["data"]["access_token"]
    assert jst(SHOPS)["code"] == 0
