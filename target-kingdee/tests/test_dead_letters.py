"""Dead letters: kept whole, listed without personal data, closed when the record goes through."""

from __future__ import annotations

import json

import pytest


def letters(target, *options: str) -> list[dict]:
    return [json.loads(line) for line in target.tell("dead-letters", "export", *options).stdout.splitlines()]


def mapper_letter(number: str, **changes) -> dict:
    record = {
        "stream": "sales_stockouts",
        "key": json.dumps({"order_no": number}),
        "form": "SAL_OUTSTOCK",
        "mapping": "wangdiantong/sales_stockouts",
        "field": "FCustomerID.FNumber",
        "reason": "code_missing",
        "message": f"The table customer has no 会员0007 (order {number}).",
        "fix": "Add it to customer.csv.",
        "record": {"order_no": number, "nick_name": "会员0007", "amount": 1.10},
        "occurred_at": "2026-03-31T10:00:00+08:00",
        **changes,
    }
    return {"type": "RECORD", "stream": "dead_letters", "record": record}


@pytest.fixture
def letter_schema(schema) -> dict:
    return {**schema, "stream": "dead_letters", "key_properties": ["stream", "key", "form"]}


def test_a_refused_document_is_kept_with_everything_needed_to_mend_it(kingdee, target, document, schema):
    good, bad = document(1), document(2, FCustomerID={"FNumber": "KH99999"})

    target.run([schema, good, bad])

    [letter] = letters(target)
    assert letter["record"] == bad["source"]["record"]
    assert letter["model"]["FCustomerID"] == {"FNumber": "KH99999"}
    assert (letter["reason"], letter["field"]) == ("base_data_missing", "FCustomerID")
    assert "KH99999" in letter["message"]
    assert "审核" in letter["fix"]
    assert (letter["number"], letter["source_key"]) == (
        kingdee.number(2),
        json.dumps({"order_no": kingdee.number(2)}, separators=(",", ":")),
    )
    assert (letter["mapping"], letter["attempts"]) == ("wangdiantong/sales_stockouts", 1)
    assert kingdee.statuses() == {"1": "C"}


def test_a_letter_is_closed_when_its_record_goes_through(kingdee, target, document, schema):
    customer = {"form": "BD_Customer", "numbers": ["KH00002"]}
    messages = [schema, document(1, FCustomerID={"FNumber": "KH00002"})]
    kingdee.person("forbid", **customer)
    target.run(messages)
    target.run(messages)
    kingdee.person("enable", **customer)

    before = letters(target)
    target.run(messages)

    assert [letter["attempts"] for letter in before] == [2]
    assert letters(target) == []
    [closed] = letters(target, "--all")
    assert closed["closed_at"] is not None
    assert kingdee.statuses() == {"1": "C"}


def test_letters_of_a_mapper_are_kept_counted_and_closed_by_the_same_record(
    kingdee, target, document, schema, letter_schema
):
    number = kingdee.number(1)
    outcome = target.run([letter_schema, mapper_letter(number), mapper_letter(number)])

    [letter] = letters(target)
    assert outcome.summary["dead_lettered_by_reason"] == {"code_missing": 2}
    assert (letter["reason"], letter["field"], letter["attempts"]) == ("code_missing", "FCustomerID.FNumber", 2)
    assert letter["record"] == {"order_no": number, "nick_name": "会员0007", "amount": 1.1}

    target.run([schema, document(1)])

    assert letters(target) == []


def test_personal_fields_are_masked_in_listings_and_whole_in_show(kingdee, target, document, schema):
    target.run(
        [schema, document(1, FCustomerID={"FNumber": "KH99999"}, FLinkMan="演示收货人", FLinkPhone="13900000000")]
    )

    listed = target.tell("dead-letters", "list", "--json").stdout
    letter = json.loads(listed)
    shown = target.tell("dead-letters", "show", str(letter["dead_letter_id"])).stdout

    assert "13800000000" not in listed
    assert "13900000000" not in listed
    assert "演示收货人" not in listed
    assert letter["record"]["receiver_mobile"] == "1***"
    assert letter["record"]["order_no"] == kingdee.number(1)
    assert "13800000000" in shown


def test_letters_can_be_filtered(kingdee, target, document, schema):
    numberless = document(2)
    del numberless["record"]["FBillNo"]
    target.run([schema, document(1, FCustomerID={"FNumber": "KH99999"}), numberless])

    assert [one["reason"] for one in letters(target, "--reason", "number_missing")] == ["number_missing"]
    assert [one["number"] for one in letters(target, "--number", kingdee.number(1))] == [kingdee.number(1)]
    assert letters(target, "--form", "SAL_RETURNSTOCK") == []
    assert len(letters(target, "--stream", "sales_stockouts")) == 2


def test_a_stream_of_that_name_that_holds_something_else_is_refused(target, letter_schema):
    outcome = target.run([letter_schema, {"type": "RECORD", "stream": "dead_letters", "record": {"id": 1}}])

    assert outcome.exit_code == 1
    assert "dead_letters" in outcome.sentence


def test_money_in_a_letter_keeps_all_its_digits(target, document, schema):
    line = json.dumps(document(1, price="0.5", FCustomerID={"FNumber": "KH99999"}), ensure_ascii=False)
    target.run([schema, line.replace("0.5", "12345678901234567.8901")])

    assert "12345678901234567.8901" in target.tell("dead-letters", "export").stdout


def test_an_unknown_letter_and_a_missing_ledger_are_one_sentence(target, documents):
    missing = target.tell("dead-letters", "list")
    target.run(documents(1))
    unknown = target.tell("dead-letters", "show", "99")

    assert (missing.exit_code, unknown.exit_code) == (1, 1)
    assert "there is no ledger at" in missing.sentence
    assert "there is no dead letter 99" in unknown.sentence
