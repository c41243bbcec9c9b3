"""吉客云's one door: who may come in, how often, and what a refusal says (contract 2 to 5)."""

import json
from pathlib import Path

import erp_sandbox.jikeyun
import pytest
import requests
from erp_sandbox.jikeyun.erp import OWN_FAULTS
from erp_sandbox.jikeyun.methods import METHODS
from erp_sandbox.jikeyun.settings import Settings

README = Path(erp_sandbox.jikeyun.__file__).with_name("README.md").read_text("utf-8")
SIGN, APPKEY, TOKEN, SUBSCRIPTION, PUBLIC = "0858030801", "0858030802", "0858030803", "0130020310", "0858030804"

# method, second, bizcontent, sign, the digest of who forgets to lower-case, other parameters
VECTORS = {
    "J1": (
        "erp.allocate.get", 0,
        '{"pageIndex":0,"pageSize":50,"startCreateTime":"2025-02-28 00:00:00","endCreateTime":"2025-02-28 23:59:59"}',
        "28367f275c93ea166afa8fd705e9871d", "7f521a1f209550ffc1ec83fb97317281", {},
    ),
    "J2": (
        "erp.warehouse.get", 5, '{"pageIndex":0,"pageSize":50,"name":"示例一号仓"}',
        "a5fbe719efe186a0b4a6aa8efe6612e8", "5b1f017cec9ce02ab372774adad925e5", {},
    ),
    "J3": (
        "oms.trade.fullinfoget", 10,
        ('{"startModified":"2025-02-22 00:00:00","endModified":"2025-02-28 23:59:59",'
        '"fields":"tradeNo,tradeStatus,goodsDetail.goodsNo,scrollId","scrollId":"","tradeTypeList":[1,7],'
        '"isDelete":null,"pageSize":200}'),
        "53f82187fb79f27e6721013e7271ebf7", "f1e23780cc8dc23f91874d5c71acf52e",
        {"token": "IGNORED-TOKEN", "contextid": "IGNORED-CTX"},
    ),
    "J4": (
        "erp.goodscate.get", 15, "{}",
        "be52fce635aa397b826d0cb28f0faf30", "9ebeaad57f0c8b9dac075d62eea59642", {},
    ),
    "J5": (
        "omsapi-business.refund.listrefund", 20,
        ('{"pageInfo":{"pageIndex":1,"pageSize":50},"memberName":"DemoMember",'
        '"gmtModifiedBegin":"2025-02-28 00:00:00","gmtModifiedEnd":"2025-02-28 23:59:59"}'),
        "f0e305ae65ad2a8e157f14cf48c89d94", "a130c627a60fa762e9c82f55aa6fc5cd", {"version": "V1.0"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_the_worked_signatures_are_accepted_and_those_of_upper_case_texts_refused(jky, jky_switch, name):
    method, second, business, sign, wrong, others = VECTORS[name]
    sent = {"method": method, "appkey": "10000001", "version": "v1.0", "contenttype": "json",
            "timestamp": f"2025-03-01 08:00:{second:02d}", "bizcontent": business, **others}  # fmt: skip
    jky_switch(timestamp_minutes=0)

    accepted = jky.post({**sent, "sign": sign})

    assert (accepted["code"], accepted["result"]["data"] is None) == (200, False)
    assert jky.post({**sent, "sign": wrong})["subCode"] == SIGN
    if others.get("contextid"):
        assert accepted["result"]["contextId"] == others["contextid"]


def test_the_secret_counts_and_letter_case_does_not(jky):
    sent = jky.signed(jky.parameters("erp.warehouse.get", {"pageSize": 1}))
    shouted = {**sent, "bizcontent": sent["bizcontent"].upper()}

    assert jky.post(shouted)["code"] == 200
    assert jky.post({**sent, "bizcontent": '{"pageSize": 2}'})["subCode"] == SIGN
    assert jky.post({**sent, "contextid": "free", "token": "whatever"})["result"]["contextId"] == "free"


@pytest.mark.parametrize("name", ["method", "appkey", "version", "contenttype", "timestamp", "bizcontent", "sign"])
def test_every_public_parameter_is_needed(jky, name):
    sent = jky.signed(jky.parameters("erp.warehouse.get"))

    answer = jky.post({key: value for key, value in sent.items() if key != name})

    assert (answer["code"], answer["subCode"]) == (0, PUBLIC)
    assert name in answer["msg"]


@pytest.mark.parametrize(
    ("changes", "sub_code"),
    [
        ({"app_key": "10000010"}, PUBLIC),
        ({"format": "json"}, PUBLIC),
        ({"version": "v2.0"}, PUBLIC),
        ({"contenttype": "xml"}, PUBLIC),
        ({"timestamp": "2026/03/01 08:00:00"}, PUBLIC),
        ({"timestamp": "2026-02-30 08:00:00"}, PUBLIC),
        ({"timestamp": "1772323200"}, PUBLIC),
        ({"appkey": "99999999"}, APPKEY),
        ({"method": "allocation.order.get"}, SUBSCRIPTION),
        ({"method": "erp.allocate.create"}, SUBSCRIPTION),
        ({"bizcontent": "[]"}, "0030000001"),
        ({"bizcontent": "{"}, "0030000001"),
    ],
)
def test_what_is_wrong_is_refused_with_http_200(jky, changes, sub_code):
    answer = jky.post(jky.signed({**jky.parameters("erp.warehouse.get"), **changes}))

    assert (answer["code"], answer["subCode"], answer["result"]["data"]) == (0, sub_code, None)
    if sub_code == SUBSCRIPTION:
        assert f"appKey=10000010,method={changes['method']}" in answer["msg"]


def test_only_posts_are_answered_from_the_form_or_the_query_string(jky):
    sent = jky.signed(jky.parameters("erp.warehouse.get", {"name": "华东"}))

    assert jky.post(sent)["result"]["data"]["warehouseInfo"][0]["warehouseCode"] == "JK01"
    assert jky.post({}, params=sent)["result"]["data"]["warehouseInfo"][0]["warehouseCode"] == "JK01"
    assert jky.post({}, data=json.dumps(sent), headers={"Content-Type": "application/json"})["subCode"] == PUBLIC
    got = requests.get(jky.credentials["base_url"], params=sent, timeout=30)
    assert (got.status_code, got.json()["code"]) == (200, 0)


@pytest.mark.parametrize(("minutes", "right"), [(-9.5, True), (9.5, True), (-10.5, False), (10.5, False)])
def test_a_timestamp_may_be_ten_minutes_off_the_beijing_clock(jky, minutes, right):
    answer = jky.post(jky.signed(jky.parameters("erp.warehouse.get", offset=60 * minutes)))

    assert (answer["code"] == 200) is right
    assert right or answer["subCode"] == SIGN


def test_an_isv_application_needs_its_token(erp_sandbox, jky):
    isv = type(jky)(erp_sandbox.credentials["jikeyun"]["isv"])
    sent = isv.signed(isv.parameters("erp.warehouse.get"))

    assert isv.post(sent)["subCode"] == TOKEN
    assert isv.post({**sent, "token": "revoked"})["subCode"] == TOKEN
    assert isv.post({**sent, "token": isv.credentials["token"]})["code"] == 200


def test_a_method_that_is_not_subscribed_fails_and_the_others_go_on(jky, jky_switch):
    jky_switch(subscribed="erp.*, wms.*")

    assert jky("oms.trade.fullinfoget")["subCode"] == SUBSCRIPTION
    assert jky("erp.warehouse.get")["code"] == 200


@pytest.mark.parametrize(
    ("kind", "sub_code"),
    [
        ("throttle", "0859999999"),
        ("quota_used_up", "0130000609"),
        ("unknown_error", "0130020001"),
        ("clock_skew", SIGN),
        ("short_circuited", None),
    ],
)
def test_faults_are_told_in_the_vendors_words(jky, faults, kind, sub_code):
    faults({"vendor": "jikeyun", "call": "erp.warehouse.get", "kind": kind, "first": 1})

    answer = jky("erp.warehouse.get")

    assert (answer["code"], answer.get("subCode")) == (0, sub_code)
    assert ("short-circuited" in answer["msg"]) is (sub_code is None)
    assert jky("erp.warehouse.get")["code"] == 200
    assert kind in OWN_FAULTS


def test_other_faults_hit_the_documents_they_name(jky, faults):
    faults(
        {"vendor": "jikeyun", "documents": ["JY7"], "kind": "http_502", "nth": 1},
        {"vendor": "jikeyun", "documents": ["JY7"], "kind": "http_429", "nth": 2},
    )

    with pytest.raises(AssertionError, match="502"):
        jky("oms.trade.countget", tradeNo="JY6,JY7")
    sent = jky.signed(jky.parameters("oms.trade.countget", {"tradeNo": "JY7"}))
    assert requests.post(jky.credentials["base_url"], data=sent, timeout=30).status_code == 429
    assert jky.data("oms.trade.countget", tradeNo="JY6") == {"totalResults": 0}


def test_pace_and_quota_are_counted_when_they_are_switched_on(erp_sandbox, jky, jky_switch):
    def codes(calls, method="erp.vend.get"):
        return [jky(method).get("subCode") for _ in range(calls)]

    fine = "0030000004"
    try:
        jky_switch(per_minute=2)
        assert codes(3) == [fine] * 3  # limits are off
        erp_sandbox.post("limits", {"limits": "real"})
        assert codes(3) == [fine, fine, "0859999999"]
        jky_switch(per_minute=0, per_second=1)
        assert "0859999999" in codes(3)
        jky_switch(per_second=0, quota=1)
        erp_sandbox.post("reset?what=jikeyun-quota")
        assert codes(2) == [fine, "0130000609"]
        assert codes(1, "erp.sales.get") == [fine]  # metered by method
        assert erp_sandbox.post("reset?what=jikeyun-quota") == {"used": 2}
        assert codes(1) == [fine]
    finally:
        erp_sandbox.post("limits", {"limits": "off"})


def test_success_and_failure_can_be_spoken_in_other_dialects(jky, jky_switch):
    day = {"startModifyTime": "2026-03-30 00:00:00", "endModifyTime": "2026-03-30 01:00:00"}
    assert jky("wms.order.query-info.page", **day)["code"] == 200
    jky_switch(wms_success="0", codes={"wms": "0050030099"})

    answer = jky("wms.order.query-info.page", **day)

    assert (answer["code"], answer["subCode"]) == (0, "0000000000")
    assert answer["result"]["data"] is not None
    assert jky("wms.order.query-info.page")["subCode"] == "0050030099"
    assert jky("erp.warehouse.get")["code"] == 200
    jky_switch(code_as_text=True)
    assert jky("erp.warehouse.get")["code"] == "200"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"colour": 1}, "'colour'"),
        ({"money": "dollars"}, "money"),
        ({"codes": {"colour": "1"}}, "'colour'"),
        ({"archive_before": "today"}, "'today'"),
    ],
)
def test_a_wrong_switch_is_refused_in_one_sentence(erp_sandbox, body, words):
    answer = requests.post(f"{erp_sandbox.url}/_sandbox/jikeyun/settings", json=body, timeout=30)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_the_readme_names_every_method_switch_and_fault():
    assert [name for name in METHODS if f"`{name}`" not in README] == []
    assert [kind for kind in OWN_FAULTS if f"`{kind}`" not in README] == []
    defaults = {name: str(getattr(Settings(), name)) for name in Settings.__struct_fields__}
    shown = {name: {"": "empty", "False": "`false`", "True": "`true`"}.get(d, f"`{d}`") for name, d in defaults.items()}
    assert [name for name, default in shown.items() if f"| `{name}` | {default} |" not in README] == []
