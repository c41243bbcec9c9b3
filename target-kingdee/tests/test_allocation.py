"""Base data that further organisations are to use: allocated 分配 once it is audited."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

SCHEMA = {"type": "SCHEMA", "stream": "BD_Customer", "schema": {"properties": {}}, "key_properties": ["FNumber"]}
ORG = {"FNumber": "100"}
OTHERS = ["101", "103"]
FORM = {"allocate_to": OTHERS, "on_existing": "update", "allow_unaudit": True}


@pytest.fixture
def customers(kingdee):
    """Make the messages of so many customers: `customers(2, FName="甲")`."""

    def make(count: int = 2, **fields: Any) -> list[dict[str, Any]]:
        model = {"FName": "分销商", "FCreateOrgId": ORG, "FUseOrgId": ORG, **fields}
        records = [{**model, "FNumber": kingdee.number(index)} for index in range(count)]
        return [SCHEMA, *({"type": "RECORD", "stream": "BD_Customer", "record": record} for record in records)]

    return make


@pytest.fixture
def users(kingdee):
    """Tell which organisations use which customer, and in which status."""

    def look() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in kingdee.sandbox.show("kingdee", "BD_Customer"):
            if row["FNumber"].startswith(kingdee.prefix):
                use = f"{row['FUseOrgId']['FNumber']} {row['FDocumentStatus']}"
                found.setdefault(kingdee.short(row["FNumber"]), []).append(use)
        return {number: sorted(uses) for number, uses in found.items()}

    return look


def run(target, messages, **form):
    return target.run(messages, forms={"BD_Customer": {**FORM, **form}})


EVERYWHERE = ["100 C", "101 C", "103 C"]


def test_what_is_delivered_may_be_used_by_the_others_too_and_is_asked_for_once(target, kingdee, customers, users):
    first = run(target, customers())
    calls = kingdee.sandbox.get("calls")["kingdee"]
    again = run(target, customers())
    asked = kingdee.sandbox.get("calls")["kingdee"]

    assert first.summary["delivered"] == 2, first.stderr
    assert users() == {"0": EVERYWHERE, "1": EVERYWHERE}
    assert again.summary["unchanged"] == 2
    assert asked["Allocate"] == calls["Allocate"]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "throttle", "database_after"])
def test_an_allocation_without_an_answer_is_looked_up_and_made_once(target, kingdee, customers, users, kind):
    kingdee.fault(kind, call="Allocate", first=1)

    outcome = run(target, customers())

    assert outcome.summary["delivered"] == 2, outcome.stderr
    assert users() == {"0": EVERYWHERE, "1": EVERYWHERE}


def test_a_run_that_ends_before_the_allocation_is_finished_by_the_next(target, kingdee, customers, users):
    kingdee.fault("http_500", call="Allocate")
    stopped = target.run(customers(), forms={"BD_Customer": FORM}, max_retries=0)
    assert stopped.exit_code == 1
    assert users() == {"0": ["100 C"], "1": ["100 C"]}
    kingdee.sandbox.clear_faults()

    outcome = run(target, [SCHEMA])

    assert outcome.summary["resumed"] == 2, outcome.stderr
    assert users() == {"0": EVERYWHERE, "1": EVERYWHERE}


def test_what_an_organisation_may_not_use_is_a_dead_letter_and_finished_by_a_later_run(
    target, kingdee, customers, users
):
    assert target.run(customers(1), forms={"BD_Customer": {}}).summary["delivered"] == 1
    allocate_by_hand(kingdee, target)  # to 101, and nobody has audited it there

    refused = run(target, customers(1, FName="分销商（新）"))

    assert refused.summary["dead_lettered_by_reason"] == {"not_allocated": 1}, refused.stderr
    [letter] = [json.loads(line) for line in target.tell("dead-letters", "export").stdout.splitlines()]
    assert "101 may not use it: " in letter["message"]
    assert "已经分配给组织" in letter["message"]
    assert users() == {"0": ["100 C", "101 A", "103 C"]}


def allocate_by_hand(kingdee, target) -> None:
    """Allocate this test's first customer to 101 as a person does: without an audit."""
    [customer] = [row for row in kingdee.sandbox.show("kingdee", "BD_Customer") if row["FNumber"] == kingdee.number(0)]
    [org] = [row for row in kingdee.sandbox.show("kingdee", "ORG_Organizations") if row["FNumber"] == "101"]
    site, account = target.credentials["base_url"], target.credentials
    client = requests.Session()
    services = f"{site}Kingdee.BOS.WebApi.ServicesStub"
    login = [account["acct_id"], account["username"], account["app_id"], account["app_secret"], 2052]
    signed_in = client.post(f"{services}.AuthService.LoginByAppSecret.common.kdsvc", json={"parameters": login})
    assert signed_in.json()["LoginResultType"] == 1
    data = {"PkIds": str(customer["FCUSTID"]), "TOrgIds": str(org["FOrgID"])}
    answer = client.post(
        f"{services}.DynamicFormService.Allocate.common.kdsvc", json={"formid": "BD_Customer", "data": data}
    )
    assert answer.json()["Result"]["ResponseStatus"]["IsSuccess"]
    client.close()


def test_an_organisation_that_is_not_there_stops_the_run_with_one_sentence(target, customers):
    outcome = run(target, customers(), allocate_to=["101", "999"])

    assert outcome.exit_code == 1
    assert "Kingdee shows no organisation 组织 999; correct allocate_to" in outcome.sentence


def test_only_what_is_audited_can_be_allocated(target, customers):
    outcome = run(target, customers(), final_status="saved")

    assert outcome.exit_code == 2
    assert "forms.BD_Customer.allocate_to needs final_status audited" in outcome.sentence
