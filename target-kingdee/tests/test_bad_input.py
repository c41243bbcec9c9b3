"""What a user gets wrong: one sentence, the right exit code, nothing lost, no secret shown."""

from __future__ import annotations

import json
import socket

import pytest


def only_a_sentence(outcome) -> bool:
    return "Traceback" not in outcome.stderr and outcome.sentence.startswith("target-kingdee: ")


@pytest.mark.parametrize(
    ("auth", "wrong"),
    [("password", "password"), ("app_secret", "app_secret"), ("sign", "app_secret"), ("signed", "app_secret")],
)
def test_a_wrong_secret_is_one_sentence(target, documents, auth, wrong):
    secret = "wrong-secret-0123456789"

    outcome = target.run(documents(2), auth=auth, **{wrong: secret})

    assert (outcome.exit_code, outcome.states) == (1, [])
    assert only_a_sentence(outcome)
    assert "refused to sign in" in outcome.sentence
    assert "演示用户" in outcome.sentence
    assert secret not in outcome.stderr


def test_an_unknown_data_centre_is_one_sentence(target, documents):
    outcome = target.run(documents(2), auth="signed", acct_id="5f3a9999999999")

    assert outcome.exit_code == 1
    assert only_a_sentence(outcome)
    assert "acct_id" in outcome.sentence


def test_an_unreachable_host_is_waited_for_and_then_one_sentence(target, documents):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/k3cloud/"
        outcome = target.run(documents(2), base_url=url, max_outage_seconds=0.2)

    assert (outcome.exit_code, outcome.states) == (1, [])
    assert only_a_sentence(outcome)
    assert "cannot be reached" in outcome.sentence
    assert "max_outage_seconds" in outcome.sentence


def test_a_base_url_that_leads_elsewhere_is_one_sentence(kingdee, target, documents):
    outcome = target.run(documents(2), base_url=f"{kingdee.sandbox.url}/elsewhere/", max_retries=1)

    assert outcome.exit_code == 1
    assert only_a_sentence(outcome)
    assert "base_url" in outcome.sentence


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"base_url": "kingdee.example"}, "base_url"),
        ({"base_url": None}, "base_url"),
        ({"auth": "password", "password": None}, "password"),
        ({"auth": "signed", "app_id": None}, "app_id"),
        ({"auth": "kerberos"}, "kerberos"),
        ({"batch_size": 0}, "batch_size"),
        ({"forms": {"SAL_OUTSTOCK": {"numbr": "FBillNo"}}}, "numbr"),
        ({"on_existing": "overwrite"}, "overwrite"),
        ({"max_error_rate": 7}, "max_error_rate"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_read(target, documents, settings, named):
    outcome = target.run(documents(2), **settings)

    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert only_a_sentence(outcome)
    assert named in outcome.sentence
    assert not target.ledger.exists()


def test_a_form_that_does_not_exist_is_named_with_the_nearest_ones(kingdee, target, documents, schema):
    messages = [{**schema, "stream": "SAL_OUTSTOK"}, *documents(2)[1:]]

    outcome = target.run(messages)

    assert (outcome.exit_code, outcome.states) == (1, [])
    assert "'SAL_OUTSTOK' is no form" in outcome.sentence
    assert "SAL_OUTSTOCK" in outcome.sentence
    assert kingdee.held() == {}


def test_a_record_without_its_number_is_a_dead_letter_and_the_others_go_on(kingdee, target, document, schema, state):
    numberless = document(1)
    del numberless["record"]["FBillNo"]
    blank = document(2)
    blank["record"]["FBillNo"] = "  "

    outcome = target.run([schema, numberless, blank, document(3), state(3)])

    assert outcome.exit_code == 0
    assert outcome.states == [3]
    assert sorted(kingdee.statuses()) == ["3"]
    assert outcome.summary["dead_lettered_by_reason"] == {"number_missing": 2}
    letters = [json.loads(line) for line in target.tell("dead-letters", "export").stdout.splitlines()]
    assert [letter["field"] for letter in letters] == ["FBillNo", "FBillNo"]
    assert letters[0]["record"]["order_no"] == kingdee.number(1)


@pytest.mark.parametrize(
    "line", ["not json", '{"type":"RECORD"}', '{"type":"RECORD","stream":"SAL_OUTSTOCK","record":[1]}', '{"record":{}}']
)
def test_a_line_that_is_no_message_stops_the_run_without_repeating_its_text(target, documents, line):
    outcome = target.run([*documents(1), line + " "])

    assert outcome.exit_code == 1
    assert only_a_sentence(outcome)
    assert "standard input" in outcome.sentence


def test_records_before_their_schema_are_refused(target, document):
    outcome = target.run([document(1)])

    assert outcome.exit_code == 1
    assert "schema" in outcome.sentence


def test_batch_messages_are_refused_with_what_to_do(target, schema):
    batch = {"type": "BATCH", "stream": "SAL_OUTSTOCK", "encoding": {"format": "jsonl"}, "manifest": ["file:///x"]}

    outcome = target.run([schema, batch])

    assert outcome.exit_code == 1
    assert "batch_config" in outcome.sentence


def test_no_permission_for_the_form_stops_with_what_to_do(kingdee, target, documents):
    kingdee.settings(no_permission=["SAL_OUTSTOCK"])

    outcome = target.run(documents(2))

    assert only_a_sentence(outcome) or outcome.summary["dead_lettered_by_reason"] == {"no_permission": 2}
    assert kingdee.held() == {}


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"max_consecutive_errors": 5}, "max_consecutive_errors"),
        ({"max_consecutive_errors": 0, "max_error_rate": 0.1}, "max_error_rate=0.1"),
        ({"dead_letter": "stop"}, "dead_letter=stop"),
    ],
)
def test_a_wrong_setting_is_not_a_hundred_thousand_dead_letters(kingdee, target, documents, limits, named):
    good, bad = documents(5), documents(120, FCustomerID={"FNumber": "KH99999"})

    outcome = target.run([*good, *bad[6:]], batch_size=5, **limits)

    assert outcome.exit_code == 1
    assert named in outcome.sentence
    assert "base_data_missing" in outcome.sentence
    assert outcome.states[-1] < 60
    assert outcome.summary["dead_lettered"] <= 60
    assert len(kingdee.held()) == 5


def test_a_failed_run_acknowledges_what_was_settled_before(kingdee, target, documents):
    kingdee.fault("reset_before", call="BatchSave", every=1, documents=[kingdee.number(5)])

    outcome = target.run(documents(6, every=1), batch_size=2, max_retries=0)

    assert (outcome.exit_code, outcome.states[-1]) == (1, 4)
    assert outcome.summary["result"] == "failed"
    assert len(kingdee.held()) == 4


def test_a_closed_period_is_a_dead_letter_with_its_reason(kingdee, target, documents):
    kingdee.settings(closed_until={"100": "2026-12-31"})

    outcome = target.run(documents(1))

    assert outcome.summary["dead_lettered_by_reason"] == {"period_closed": 1}


def test_negative_stock_is_allowed_by_its_flag_and_a_dead_letter_without(kingdee, target, documents):
    kingdee.settings(stock_control=True)

    refused = target.run(documents(1))
    allowed = target.run(documents(1), InterationFlags="STK_InvCheckResult")

    assert refused.summary["dead_lettered"] == 1
    assert "STK_InvCheckResult" in json.loads(target.tell("dead-letters", "list", "--all", "--json").stdout)["fix"]
    assert allowed.summary["delivered"] == 1, allowed.stderr
