"""`/_sandbox/…`: what a running sandbox shows and lets tests change."""

import pytest
import requests
from erp_sandbox.vendors import VENDORS


def test_health_says_what_is_seeded(erp_sandbox):
    health = erp_sandbox.get("health")

    assert health["ok"] is True
    assert health["vendors"] == list(VENDORS)
    assert health["seeded"] == {"days": 2, "until": "2026-03-31", "taobao_shops": 0}


def test_documents_are_shown_whole_and_summed_as_a_dialect_sees_them(erp_sandbox):
    documents = erp_sandbox.show("wangdiantong", "sales_stockouts")
    summary = erp_sandbox.summary("wangdiantong", "sales_stockouts", dialect="flagship")

    assert summary["documents"] == len(documents)
    assert {str(d["status"]) for d in documents} == set(summary["by_status"])
    assert {d["consign_time"] is None for d in documents if d["status"] in {5, 55}} == {True}
    assert erp_sandbox.summary("wangdiantong", "warehouses") == {"documents": 6}


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "wangdiantong/orders", "'orders'"),
        ("GET", "sap/orders", "'sap'"),
        ("GET", "wangdiantong/sales_stockouts?colour=red", "colour"),
        ("GET", "wangdiantong/sales_stockouts?dialect=web", "'web'"),
        ("POST", "wangdiantong/explode", "'explode'"),
        ("POST", "reset?what=everything", "wangdiantong-edits"),
        ("POST", "limits", "real"),
    ],
)
def test_a_wrong_question_is_answered_with_one_sentence(erp_sandbox, method, path, words):
    answer = requests.request(method, f"{erp_sandbox.url}/_sandbox/{path}", json={}, timeout=30)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "JSON object"),
        (b'{"colour": 1}', "'colour'"),
        (b'{"per_minute": 0}', "per_minute"),
        (b'{"codes": {"colour": 1}}', "'colour'"),
    ],
)
def test_wrong_switches_are_refused_and_the_old_ones_stay(erp_sandbox, body, words):
    before = erp_sandbox.get("wangdiantong/settings")

    answer = requests.post(f"{erp_sandbox.url}/_sandbox/wangdiantong/settings", data=body, timeout=30)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert erp_sandbox.get("wangdiantong/settings") == before


def test_edits_are_seen_and_taken_back(erp_sandbox):
    document = erp_sandbox.show("wangdiantong", "sales_stockouts", status="110")[0]
    number = document["order_no"]
    changed = {"order_no": number, "status": 113, "remark": "改", "modified": "2026-05-01 00:00:00"}
    erp_sandbox.post("wangdiantong/edit", changed)
    (edited,) = erp_sandbox.show("wangdiantong", "sales_stockouts", number=number)
    assert edited == {**document, "status": 113, "remark": "改", "modified": "2026-05-01 00:00:00"}
    twin = erp_sandbox.post("wangdiantong/reaudit", {"order_no": number})["order_no"]
    assert erp_sandbox.show("wangdiantong", "sales_stockouts", number=twin)[0]["status"] == 113

    erp_sandbox.post("reset?what=wangdiantong-edits")

    assert erp_sandbox.show("wangdiantong", "sales_stockouts", number=number) == [document]
    assert erp_sandbox.show("wangdiantong", "sales_stockouts", number=twin) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"order_no": "CK1"}, "'CK1'"),
        ({"shop_no": "S0001"}, "'shop_no'"),
        ({"order_no": "@", "status": 42}, "42"),
        ({"order_no": "@", "modified": "now"}, "'now'"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(erp_sandbox, body, words):
    number = erp_sandbox.show("wangdiantong", "sales_stockouts", status="110")[0]["order_no"]
    body = {key: number if value == "@" else value for key, value in body.items()}

    answer = requests.post(f"{erp_sandbox.url}/_sandbox/wangdiantong/edit", json=body, timeout=30)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_calls_are_counted_by_outcome_and_can_be_reset(erp_sandbox, wdt):
    erp_sandbox.post("reset?what=counters")
    wdt.enterprise("shop")
    wdt.enterprise("shop", page_size=0)
    wdt.flagship("setting.Shop.queryShop")

    assert erp_sandbox.get("calls")["wangdiantong"] == {
        "setting.Shop.queryShop": {"ok": 1},
        "shop": {"ok": 1, "page_size_wrong": 1},
    }
    requests.delete(f"{erp_sandbox.url}/_sandbox/calls", timeout=30)
    assert erp_sandbox.get("calls") == {}
