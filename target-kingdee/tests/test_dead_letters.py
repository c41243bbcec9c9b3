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
    [closed] = letters(target, "--state", "all")
    assert (closed["state"], closed["closed_at"] is not None) == ("delivered", True)
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


def test_letters_can_be_filtered_by_time_and_a_date_means_the_whole_day(target, letter_schema):
    days = ("2026-03-30T23:59:59+08:00", "2026-03-31T00:00:00+08:00", "2026-03-31T23:59:59+08:00")
    target.run([letter_schema, *(mapper_letter(f"N{day}", occurred_at=day) for day in days)])

    def last(*options: str) -> list[str]:
        return [one["last_at"] for one in letters(target, *options)]

    assert last("--since", "2026-03-31") == list(days[1:])
    assert last("--until", "2026-03-30") == [days[0]]
    assert last("--since", "2026-03-31 00:00:01", "--until", "2026-03-31") == [days[2]]
    wrong = target.tell("dead-letters", "list", "--since", "yesterday")
    assert (wrong.exit_code, "2026-01-31" in wrong.sentence) == (2, True)


def test_the_summary_counts_by_form_and_reason_the_most_first(target, letter_schema):
    many = [mapper_letter(f"A{index}", occurred_at=f"2026-03-0{index}T08:00:00+08:00") for index in (1, 2, 3)]
    target.run([letter_schema, mapper_letter("B", reason="value_missing", form="AR_receivable"), *many])

    told = [json.loads(line) for line in target.tell("dead-letters", "list", "--summary", "--json").stdout.splitlines()]
    table = target.tell("dead-letters", "list", "--summary").stdout.splitlines()

    assert [(one["form"], one["reason"], one["dead_letters"]) for one in told] == [
        ("SAL_OUTSTOCK", "code_missing", 3), ("AR_receivable", "value_missing", 1),
    ]  # fmt: skip
    assert (told[0]["first_at"], told[0]["last_at"]) == ("2026-03-01T08:00:00+08:00", "2026-03-03T08:00:00+08:00")
    assert table[1].split() == [
        "3",
        "2026-03-01",
        "08:00",
        "2026-03-03",
        "08:00",
        "open",
        "SAL_OUTSTOCK",
        "code_missing",
    ]


def test_discarded_letters_are_kept_with_the_note_and_no_longer_open(target, letter_schema):
    target.run([letter_schema, mapper_letter("A"), mapper_letter("B"), mapper_letter("C", reason="value_missing")])
    first, second, _ = (one["dead_letter_id"] for one in letters(target))

    by_id = json.loads(target.tell("dead-letters", "discard", str(first), "--note", "测试单").stdout)
    asked = target.tell("dead-letters", "discard", "--reason", "code_missing", "--note", "客户不再使用")
    by_filter = target.tell("dead-letters", "discard", "--reason", "code_missing", "--note", "客户不再使用", "--yes")

    assert by_id == {"discarded": 1, "dead_letter_ids": [first], "note": "测试单"}
    assert (asked.exit_code, asked.sentence) == (
        2,
        "target-kingdee: 1 dead letters would be discarded; add --yes to do so.",
    )
    assert json.loads(by_filter.stdout)["dead_letter_ids"] == [second]
    assert [one["reason"] for one in letters(target)] == ["value_missing"]
    kept = letters(target, "--state", "discarded")
    assert [(one["note"], one["record"]["order_no"]) for one in kept] == [("测试单", "A"), ("客户不再使用", "B")]


def test_nothing_is_discarded_without_a_note_a_choice_and_open_letters(target, letter_schema):
    target.run([letter_schema, mapper_letter("A")])
    [letter] = letters(target)

    outcomes = [
        target.tell("dead-letters", "discard", *options)
        for options in (
            ("1",),
            ("1", "--note", " "),
            ("--note", "why", "--yes"),
            ("1", "99", "--note", "why"),
            ("1", "--reason", "code_missing", "--note", "why"),
        )
    ]

    assert [one.exit_code for one in outcomes] == [2, 2, 2, 1, 2]
    assert "no open dead letter has the id 99; nothing was discarded" in outcomes[3].sentence
    assert letters(target) == [letter]
