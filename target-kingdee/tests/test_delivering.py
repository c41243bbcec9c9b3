"""Documents reach Kingdee saved, submitted and audited, once each."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal

import pytest

FORM = "SAL_OUTSTOCK"


def rows(target, what: str = "number, status, document_status, kingdee_id") -> list[tuple]:
    with sqlite3.connect(target.ledger) as connection:
        return connection.execute(f"SELECT {what} FROM deliveries ORDER BY number").fetchall()


def test_documents_are_audited_and_the_ledger_knows_them(kingdee, target, documents):
    outcome = target.run(documents(7), batch_size=3)

    assert outcome.exit_code == 0, outcome.stderr
    assert set(kingdee.statuses().values()) == {"C"}
    assert set(kingdee.amounts().values()) == {Decimal("42.00")}
    held = kingdee.held()
    assert [(number, "delivered", "C", str(held[number]["FID"])) for number in sorted(held)] == rows(target)
    assert len(held) == 7
    assert outcome.states[-1] == 7
    assert outcome.summary["delivered"] == 7


def test_a_second_run_delivers_nothing_and_says_so(kingdee, target, documents):
    target.run(documents(7))
    before = kingdee.calls("BatchSave")

    outcome = target.run(documents(7))

    assert outcome.exit_code == 0
    assert (outcome.summary["delivered"], outcome.summary["unchanged"]) == (0, 7)
    assert kingdee.calls("BatchSave") == before
    assert outcome.states == [7]


def test_neither_key_order_nor_the_spelling_of_numbers_is_a_change(target, document, schema):
    first = document(1)
    second = document(1)
    second["record"] = dict(reversed(second["record"].items()))
    second["record"]["FEntity"] = [{**line, "FRealQty": 2.000} for line in second["record"]["FEntity"]]
    target.run([schema, first])

    assert target.run([schema, second]).summary["unchanged"] == 1


def test_numbers_reach_kingdee_with_all_their_digits(kingdee, target, document, schema):
    line = json.dumps(document(1, price="0.5"), ensure_ascii=False).replace("0.5", "1234567890.1234")

    target.run([schema, line])

    [held] = kingdee.held().values()
    assert {Decimal(str(line["FTaxPrice"])) for line in held["FEntity"]} == {Decimal("1234567890.1234")}


def test_state_is_acknowledged_batch_by_batch_and_never_ahead(target, documents):
    outcome = target.run(documents(20, every=1), batch_size=4, flush_seconds=1000)

    assert outcome.states == sorted(outcome.states)
    assert outcome.states[-1] == 20
    assert set(outcome.states[:-1]) <= {4, 8, 12, 16}
    assert len(outcome.states) >= 4


def test_a_state_sends_documents_that_have_waited_long_enough(target, documents):
    outcome = target.run(documents(6, every=2), batch_size=100, flush_seconds=0)

    assert outcome.states[-1] == 6
    assert outcome.summary["calls_by_service"]["BatchSave"] == 3


def test_a_number_that_comes_again_in_one_batch_is_sent_once_with_its_last_content(kingdee, target, document, schema):
    messages = [schema, document(1, price="1"), document(2, price="1"), document(1, price="1"), document(2, price="5")]

    outcome = target.run(messages)

    assert kingdee.amounts() == {"1": Decimal("4.00"), "2": Decimal("20.00")}
    assert (outcome.summary["delivered"], outcome.summary["superseded"]) == (2, 2)


def test_two_source_records_with_one_number_are_not_taken_for_one(kingdee, target, document, schema, state):
    other = document(1, price="5")
    other["source"]["key"] = {"order_no": "another"}

    outcome = target.run([schema, document(1, price="1"), other, state(1)])
    again = target.run([schema, other])

    assert kingdee.amounts() == {"1": Decimal("4.00")}
    assert outcome.summary["dead_lettered_by_reason"] == {"existing_number": 1}
    assert again.summary["dead_lettered_by_reason"] == {"existing_number": 1}
    assert "another source record" in target.tell("dead-letters", "list").stdout


@pytest.mark.parametrize("auth", ["password", "app_secret", "sign", "signed"])
def test_every_way_to_sign_in_delivers(kingdee, target, documents, auth):
    outcome = target.run(documents(1), auth=auth)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C"}


def test_without_automatic_audit_three_calls_do_the_same(kingdee, target, documents):
    outcome = target.run(documents(5), IsAutoSubmitAndAudit=False)

    assert set(kingdee.statuses().values()) == {"C"}
    calls = outcome.summary["calls_by_service"]
    assert (calls["BatchSave"], calls["Submit"], calls["Audit"]) == (1, 1, 1)


@pytest.mark.parametrize(("goal", "status"), [("saved", "A"), ("submitted", "B"), ("audited", "C")])
def test_a_document_goes_as_far_as_the_settings_say(kingdee, target, documents, goal, status):
    outcome = target.run(documents(2), final_status=goal)
    again = target.run(documents(2), final_status=goal)

    assert set(kingdee.statuses().values()) == {status}
    assert (outcome.summary["delivered"], again.summary["unchanged"]) == (2, 2)


def test_settings_of_a_form_win_over_the_common_ones(kingdee, target, documents):
    forms = {FORM: {"final_status": "saved", "batch_size": 2, "options": {"SubSystemId": "21"}}}

    outcome = target.run(documents(4, every=100), forms=forms)

    assert set(kingdee.statuses().values()) == {"A"}
    assert outcome.summary["calls_by_service"]["BatchSave"] == 2


def test_several_batches_in_flight_deliver_each_document_once(kingdee, target, documents):
    outcome = target.run(documents(40), batch_size=3, concurrency=4)

    assert set(kingdee.statuses().values()) == {"C"}
    assert len(kingdee.held()) == outcome.summary["delivered"] == 40
    assert outcome.states[-1] == 40


def test_fields_asked_back_are_kept_in_the_ledger(kingdee, target, documents):
    target.run(documents(2), NeedReturnFields=["FEntity.FEntryID"])

    returned = dict(rows(target, "number, returned"))
    for number, document in kingdee.held().items():
        for line in document["FEntity"]:
            assert str(line["FEntryID"]) in returned[number]


def test_records_of_any_tap_are_their_own_source(kingdee, target, document, schema):
    message = document(1)
    del message["source"]

    target.run([schema, message])

    number = kingdee.number(1)
    assert rows(target, "source_stream, source_key") == [(FORM, f'{{"FBillNo":"{number}"}}')]


def test_base_data_is_delivered_by_its_own_keys(kingdee, target, schema):
    customers = {**schema, "stream": "BD_Customer", "key_properties": ["FNumber"]}
    number = kingdee.number("KH")
    record = {
        "FNumber": number,
        "FName": "演示客户",
        "FCreateOrgId": {"FNumber": "100"},
        "FUseOrgId": {"FNumber": "100"},
    }
    messages = [customers, {"type": "RECORD", "stream": "BD_Customer", "record": record}]

    assert target.run(messages).summary["delivered"] == 1
    assert target.run(messages).summary["unchanged"] == 1
    [held] = kingdee.sandbox.show("kingdee", "BD_Customer", number=number)
    assert (held["FName"], held["FDocumentStatus"]) == ("演示客户", "C")


def test_forms_keep_the_order_in_which_their_records_came(kingdee, target, document, schema, state):
    customers = {**schema, "stream": "BD_Customer", "key_properties": ["FNumber"]}
    number = kingdee.number("NEW")
    customer = {
        "FNumber": number,
        "FName": "新客户",
        "FCreateOrgId": {"FNumber": "100"},
        "FUseOrgId": {"FNumber": "100"},
    }
    messages = [
        schema,
        customers,
        {"type": "RECORD", "stream": "BD_Customer", "record": customer},
        document(1, FCustomerID={"FNumber": number}),
        state(1),
    ]

    outcome = target.run(messages)

    assert outcome.summary["delivered"] == 2, outcome.stderr
    assert kingdee.statuses() == {"1": "C"}
