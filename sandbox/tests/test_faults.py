"""Calls that go wrong as planned, met over the wire."""

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

SHOP = {"vendor": "wangdiantong", "call": "shop"}


def outcome(client):
    """What a client sees of one call: a business code, an HTTP status, or how the connection ended."""
    try:
        answer = client.send("shop")
        return answer.json()["code"] if answer.status_code == 200 else answer.status_code
    except requests.exceptions.JSONDecodeError:
        return "no JSON"
    except requests.ConnectionError:
        return "cut"


def outcomes(client, times):
    return [outcome(client) for _ in range(times)]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_gateway_error_is_a_page_with_its_status(wdt, faults, status):
    faults({**SHOP, "kind": f"http_{status}", "first": 1})

    answer = wdt.enterprise.send("shop")

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert outcome(wdt.enterprise) == 0


@pytest.mark.parametrize(
    ("choice", "seen"),
    [
        ({"nth": 3}, [0, 0, 502, 0, 0, 0]),
        ({"every": 2}, [0, 502, 0, 502, 0, 502]),
        ({"first": 2}, [502, 502, 0, 0, 0, 0]),
        ({}, [502] * 6),
        ({"times": 2}, [502, 502, 0, 0, 0, 0]),
        ({"every": 2, "times": 2}, [0, 502, 0, 502, 0, 0]),
        ({"chance": 1.0, "times": 1}, [502, 0, 0, 0, 0, 0]),
    ],
)
def test_the_plan_says_which_of_the_matching_calls_are_hit(wdt, faults, erp_sandbox, choice, seen):
    faults({**SHOP, "kind": "http_502", **choice})

    assert outcomes(wdt.enterprise, 6) == seen
    assert wdt.enterprise("warehouse_query")["code"] == 0
    (entry,) = erp_sandbox.get("faults")["faults"]
    assert (entry["seen"], entry["fired"]) == (6, seen.count(502))


def test_a_chance_is_the_same_again_for_the_same_seed(wdt, faults):
    plan = {**SHOP, "kind": "http_502", "chance": 0.5, "seed": 7}
    faults(plan)
    once = outcomes(wdt.enterprise, 12)
    faults(plan)

    assert outcomes(wdt.enterprise, 12) == once
    assert set(once) == {0, 502}


def test_a_fault_may_wait_for_one_document_and_for_a_family_of_calls(wdt, faults, erp_sandbox):
    order_no = erp_sandbox.show("wangdiantong", "sales_stockouts", status="110")[0]["order_no"]
    faults({"call": "stockout_*", "documents": [order_no], "kind": "http_503"})

    assert wdt.enterprise.send("stockout_order_query_trade", stockout_no="CK1").status_code == 200
    assert wdt.enterprise.send("stockout_order_query_trade", stockout_no=order_no).status_code == 503


def test_a_fault_finds_its_document_in_every_dialect(wdt, faults, erp_sandbox):
    faults({"vendor": "wangdiantong", "documents": ["CK7"], "kind": "throttle"})
    asked = "wms.stockout.Sales.queryWithDetail"
    page = {"page_size": 5, "page_no": 1}

    for number, status in (("CK8", 0), ("CK7", 100)):
        params = {"src_order_no": number}
        assert wdt.flagship(asked, params, page_no=0, page_size=5)["status"] == status
        answer = wdt.qimen_flagship("wdt.wms.stockout.sales.querywithdetail", params, page)
        assert answer["response"]["status"] == status
    assert [fault["documents"] for fault in erp_sandbox.get("faults")["log"]] == [["CK7"], ["CK7"]]


def test_what_was_made_is_summed_up_and_listed_in_its_order(wdt, faults, erp_sandbox):
    faults({**SHOP, "kind": "http_502", "nth": 2}, {"kind": "busy", "call": "warehouse*"})
    outcomes(wdt.enterprise, 2)
    wdt.enterprise("warehouse_query")
    wdt.enterprise("warehouse_query")
    shown = erp_sandbox.get("faults")

    assert shown["fired"] == {"wangdiantong": {"shop": {"http_502": 1}, "warehouse_query": {"busy": 2}}}
    assert [(fault["entry"], fault["call"], fault["kind"]) for fault in shown["log"]] == [
        (1, "shop", "http_502"),
        (2, "warehouse_query", "busy"),
        (2, "warehouse_query", "busy"),
    ]
    erp_sandbox.clear_faults()
    assert erp_sandbox.get("faults") == {"faults": [], "drawn": None, "fired": {}, "log": []}


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_reset_is_a_tcp_reset(wdt, faults, erp_sandbox, kind):
    faults({**SHOP, "kind": kind, "first": 1})
    url = urlsplit(erp_sandbox.url)
    prepared = requests.Request("POST", f"{erp_sandbox.url}/openapi2/shop.php", data={"sid": "x"}).prepare()
    head = "".join(f"{name}: {value}\r\n" for name, value in prepared.headers.items())
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(f"POST /openapi2/shop.php HTTP/1.1\r\nHost: x\r\n{head}\r\n{prepared.body}".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)

    assert outcome(wdt.enterprise) == 0


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_a_timeout_keeps_the_client_waiting_and_never_answers(wdt, faults, kind):
    faults({**SHOP, "kind": kind, "first": 1, "seconds": 0.5})
    started = time.monotonic()

    assert outcome(wdt.enterprise) == "cut"
    assert time.monotonic() - started >= 0.5
    assert outcome(wdt.enterprise) == 0


@pytest.mark.usefixtures("edits")
def test_a_fault_after_the_work_has_done_the_work_and_one_before_has_not(wdt, faults, switch, erp_sandbox):
    """Reading changes nothing, so people's edits during it show whether the call was worked on."""
    switch(live_edits=1)
    window = {"start_time": "2026-03-30 00:00:00", "end_time": "2026-03-31 23:59:59", "is_by_modified": 1}

    def works(kind):
        faults({"call": "stockout_order_query_trade", "kind": kind, "seconds": 0.1})
        before = erp_sandbox.show("wangdiantong", "sales_stockouts")
        with contextlib.suppress(requests.ConnectionError):
            wdt.enterprise.send("stockout_order_query_trade", **window)
        return before != erp_sandbox.show("wangdiantong", "sales_stockouts")

    for kind in ("timeout_before", "reset_before", "http_502", "html"):
        assert not works(kind), kind
    for kind in ("timeout_after", "reset_after", "http_502_after", "garbage", "slow"):
        assert works(kind), kind


def test_slow_answers_late_and_does_not_hold_up_others(wdt, faults):
    faults({**SHOP, "kind": "slow", "first": 1, "seconds": 1.0})
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(outcome, wdt.enterprise)
        time.sleep(0.2)
        assert wdt.enterprise("warehouse_query")["code"] == 0
        assert not slow.done()
        assert slow.result() == 0
    assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize("kind", ["garbage", "html"])
def test_an_answer_that_is_no_json_still_has_status_200(wdt, faults, kind):
    faults({**SHOP, "kind": kind, "first": 1})

    answer = wdt.enterprise.send("shop")

    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_the_vendor_throttles_and_is_busy_in_its_own_words(wdt, faults):
    faults({"vendor": "wangdiantong", "kind": "throttle", "first": 4})
    answers = [
        wdt.enterprise("shop"),
        wdt.flagship("setting.Shop.queryShop"),
        wdt.qimen("wdt.shop.query")["response"],
        wdt.qimen_flagship("wdt.setting.shop.queryshop", {}, {"page_size": 5, "page_no": 1})["response"],
    ]
    assert [a.get("code", a.get("status", a.get("errorcode"))) for a in answers] == [1020, 100, 1020, 100]
    assert all("超过每分钟最大调用频率限制" in a["message"] for a in answers)
    assert {a["message"][len("超过每分钟最大调用频率限制")] for a in answers} == {"，", ","}

    faults({"vendor": "wangdiantong", "kind": "busy", "first": 2})
    assert wdt.enterprise("shop") == {"code": 1020, "message": "系统异常，请稍后再试"}
    assert wdt.flagship("setting.Shop.queryShop") == {"status": 4, "message": "数据库错误"}


def test_an_empty_page_is_a_success_without_rows(wdt, faults):
    faults({"vendor": "wangdiantong", "kind": "empty_page", "first": 1})

    answer = wdt.qimen_flagship("wdt.setting.shop.queryshop", {}, {"page_size": 5, "page_no": 1})["response"]

    assert answer["status"] == 0
    assert "details" not in answer["data"]


def test_the_gateway_limits_an_app_in_its_own_words(wdt, faults):
    faults({"vendor": "wangdiantong", "kind": "app_limited", "first": 1})

    assert wdt.enterprise("shop")["code"] == 0  # not the gateway's: not counted
    assert wdt.qimen("wdt.shop.query")["response"]["code"] == "7"


def test_a_time_stamp_may_be_refused_as_if_the_clock_were_wrong(wdt, faults):
    faults({"vendor": "wangdiantong", "kind": "clock_skew", "first": 4})
    page = {"page_size": 5, "page_no": 1}

    assert wdt.enterprise("shop") == {"code": 2100, "message": "时间戳错误"}
    assert wdt.flagship("setting.Shop.queryShop") == {"status": 7, "message": "时间戳错误"}
    assert wdt.qimen("wdt.shop.query")["response"]["sub_code"] == "isv.invalid-timestamp"
    assert wdt.qimen_flagship("wdt.setting.shop.queryshop", {}, page)["response"]["code"] == "31"
    assert wdt.enterprise("shop")["code"] == 0


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ([{"kind": "http_418"}], "kind 'http_418'"),
        ([{"kind": "slow"}, {"kind": "session_lost", "vendor": "wangdiantong"}], "Fault 2"),
        ([{"vendor": "wangdiantong"}], "kind"),
        ([{"kind": "slow", "nth": 1, "every": 2}], "nth and every"),
        ([{"kind": "slow", "nth": 0}], "from 1"),
        ([{"kind": "slow", "times": 0}], "times"),
        ([{"kind": "slow", "vendor": "sap"}], "vendor 'sap'"),
        ([{"kind": "slow", "when": "always"}], "when"),
        ({"kind": "slow"}, "list of faults"),
    ],
)
def test_a_wrong_plan_is_refused_in_one_sentence_and_the_old_one_stays(erp_sandbox, faults, plan, words):
    faults({**SHOP, "kind": "slow", "seconds": 0.0})

    answer = requests.post(f"{erp_sandbox.url}/_sandbox/faults", json=plan, timeout=30)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert [f["kind"] for f in erp_sandbox.get("faults")["faults"]] == ["slow"]


def test_a_stopped_sandbox_lets_go_of_held_connections(serve_sandbox, clients, tmp_path):
    plan = tmp_path / "plan.yml"
    plan.write_text("faults:\n  - {vendor: wangdiantong, call: shop, kind: timeout_before}\n", encoding="utf-8")
    served = serve_sandbox("--faults", str(plan))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(outcome, clients(served).enterprise)
        time.sleep(0.5)
        started = time.monotonic()
        served.process.terminate()
        assert served.process.wait(timeout=10) == 143
        assert held.result() == "cut"
    assert time.monotonic() - started < 5
