"""The older gateway, ``api/open/query.aspx`` (contract 4.3)."""

import hashlib
import time

import pytest
import requests

WINDOW = {"modified_begin": "2026-03-28 00:00:00", "modified_end": "2026-04-04 00:00:00"}


@pytest.fixture
def gateway(erp_sandbox):
    partner = erp_sandbox.credentials["jushuitan"]["legacy"]

    def call(method, body, **fields):
        sent = {"method": method, "partnerid": partner["partnerid"], "token": partner["token"], "ts": int(time.time())}
        sent |= {name: value for name, value in fields.items() if name != "sign"}
        text = f"{method}{sent['partnerid']}token{sent['token']}ts{sent['ts']}{partner['partnerkey']}"
        sent["sign"] = fields.get("sign", hashlib.md5(text.encode()).hexdigest())
        return requests.post(partner["url"], params=sent, json=body, timeout=30).json()

    return call


def test_it_answers_the_same_lists_in_a_flat_envelope(gateway, erp_sandbox):
    answer = gateway("inventory.count.query", {**WINDOW, "page_size": 50})

    truth = {document["id"] for document in erp_sandbox.show("jushuitan", "inventory_counts")}
    assert {row["io_id"] for row in answer.pop("datas")} == truth
    assert answer == {"code": 0, "issuccess": True, "msg": "执行成功", "page_index": 1, "page_size": 50,
                      "data_count": len(truth), "page_count": 1, "has_next": False}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "body", "fields", "code"),
    [
        ("shops.query", {}, {}, 0),
        ("shops.query", {}, {"sign": "0" * 32}, 120),
        ("shops.query", {}, {"ts": 1767225600}, 180),
        ("shops.query", {}, {"token": "stranger"}, 100),
        ("shops.query", {}, {"partnerid": "stranger"}, 10),
        ("shops.query", [], {}, 130),
        ("nothing.query", {}, {}, 190),
        ("orders.single.query", {}, {}, 170),
    ],
)
def test_it_refuses_with_the_numbers_of_its_table(gateway, method, body, fields, code):
    answer = gateway(method, body, **fields)

    assert (answer["code"], answer["issuccess"]) == (code, code == 0)
