"""Dead letters replayed through the mapping of today."""

from __future__ import annotations

import json
from typing import Any

import pytest


def test_what_is_mended_goes_through_and_what_is_not_stays_with_one_attempt_more(flow, kingdee):
    flow.deliver(*(flow.order(index, buyer) for index, buyer in enumerate(("ann", "bob", "cid"), start=1)))
    flow.customers(ann="KH00001", bob="KH00002")

    outcome = flow.replay()

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C", "2": "C"}
    [left] = flow.letters()
    assert (left["record"]["buyer"], left["attempts"], left["state"]) == ("cid", 2, "open")
    assert (outcome.summary["read"], outcome.summary["delivered"]) == (2, 1)
    assert [one["state"] for one in flow.letters("--all")] == ["delivered", "open"]


def test_a_document_that_kingdee_refused_is_mapped_anew(flow, kingdee):
    flow.deliver(flow.order(1, sku="NO-SUCH-MATERIAL"))
    flow.mapping(flow.OUTSTOCK.replace("=line.sku", flow.sku))

    flow.replay()

    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_the_records_are_those_of_the_source_to_the_byte(flow):
    spelled = json.dumps(flow.order(1, "bob")["record"], ensure_ascii=False).replace("10.5", "12345678901234567.8900")
    flow.target.run(
        flow.mapped(f'{json.dumps(flow.ORDERS)}\n{{"type":"RECORD","stream":"orders","record":{spelled}}}\n'.encode())
    )

    schema, record = flow.tap().splitlines()

    assert spelled.encode() in record
    assert json.loads(schema) == flow.ORDERS


def test_replaying_again_and_again_sends_only_what_is_open(flow, kingdee):
    flow.deliver(flow.order(1, "bob"), flow.order(2, "cid"))
    flow.customers(bob="KH00001", cid="KH00002")
    flow.replay()
    saves = kingdee.calls("BatchSave")

    again = flow.tap()
    outcome = flow.replay()

    assert again == b""
    assert (outcome.exit_code, kingdee.calls("BatchSave")) == (0, saves)
    assert kingdee.statuses() == {"1": "C", "2": "C"}


@pytest.mark.parametrize("on_existing", ["skip", "update"])
def test_the_form_that_went_through_is_not_touched_when_the_other_one_is_replayed(flow, kingdee, on_existing):
    flow.mapping(flow.CUSTOMER, "customers")
    flow.deliver(flow.order(1, "bob"), on_existing=on_existing)
    [letter] = flow.letters()
    flow.customers(bob="KH00001")
    saves = kingdee.calls("BatchSave")

    outcome = flow.replay(target={"on_existing": on_existing})

    assert letter["form"] == "SAL_OUTSTOCK"
    assert (outcome.summary["delivered"], outcome.summary["unchanged"]) == (1, 1)
    assert kingdee.calls("BatchSave") == saves + 1
    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_a_record_that_two_forms_refused_is_sent_once(flow, kingdee):
    flow.mapping(flow.CUSTOMER.replace("=buyer", '=code("customer", buyer)'), "customers")
    flow.deliver(flow.order(1, "bob"))
    assert [one["form"] for one in flow.letters()] == ["BD_Customer", "SAL_OUTSTOCK"]
    assert len(flow.replayed()) == 1
    flow.customers(bob="KH00001")

    outcome = flow.replay()

    assert outcome.summary["delivered"] == 2
    assert flow.letters() == []
    assert kingdee.statuses() == {"1": "C"}


def test_the_newest_record_is_the_one_that_is_sent(flow):
    flow.deliver(flow.order(1, "bob"))
    flow.mapping(flow.CUSTOMER.replace("=buyer", '=code("customer", buyer)'), "customers")
    flow.mapping(flow.OUTSTOCK.replace("orders", "others", 1))
    flow.deliver(flow.order(1, "bob", extra="new"))

    assert len(flow.letters()) == 2
    assert [one["extra"] for one in flow.replayed()] == ["new"]


def test_a_record_that_the_mapping_now_leaves_out_stays_open_until_it_is_discarded(flow, kingdee):
    flow.deliver(flow.order(1, "bob"))
    flow.customers(bob="KH00001")
    flow.mapping(flow.OUTSTOCK.replace('"shipped"', '"never"'))

    flow.replay()

    [letter] = flow.letters()
    assert letter["attempts"] == 1
    flow.target.tell("dead-letters", "discard", str(letter["dead_letter_id"]), "--note", "not wanted any more")
    assert flow.replayed() == []
    assert kingdee.statuses() == {}


def test_filters_choose_what_is_replayed(flow, kingdee):
    flow.deliver(flow.order(1, "bob"), flow.order(2, sku="NO-SUCH-MATERIAL"), flow.order(3, "cid"))

    def sent(**settings: Any) -> list[int]:
        return sorted(record["order_id"] for record in flow.replayed(**settings))

    assert sent() == [1, 2, 3]
    assert sent(reason="code_missing") == [1, 3]
    assert sent(number=kingdee.number(2)) == [2]
    assert sent(form="AR_receivable") == []
    assert sent(since="2099-01-01") == []
    assert sent(until="2099-01-01") == [1, 2, 3]
    assert sent(account="other@kingdee.example.com") == []


def test_a_hundred_letters_converge_in_one_replay(flow, kingdee):
    flow.deliver(*(flow.order(index, "bob") for index in range(1, 101)), max_consecutive_errors=0)
    flow.customers(bob="KH00001")
    kingdee.fault("timeout_after", nth=2, seconds=0.1)

    outcome = flow.replay(target={"request_timeout": 1, "batch_size": 20})

    assert outcome.exit_code == 0, outcome.stderr
    assert flow.letters() == []
    assert list(kingdee.statuses().values()) == ["C"] * 100
