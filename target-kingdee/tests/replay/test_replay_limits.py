"""What cannot or must not be replayed, and replaying beside other runs."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def test_letters_of_several_accounts_are_not_replayed_into_one(flow):
    flow.deliver(flow.order(1, "bob"))
    host = flow.target.credentials["base_url"].split("/")[2]
    flow.deliver(flow.order(2, "bob"), base_url=f"http://localhost:{host.split(':')[1]}/k3cloud/")

    assert flow.tap() == b""
    assert (flow.exit_code, "set account to the one" in flow.warnings[-1]) == (2, True)
    chosen = f"{flow.target.credentials['acct_id']}@{host}"
    assert [record["order_id"] for record in flow.replayed(account=chosen)] == [1]


def test_encrypted_letters_are_replayed_whole_with_the_key_and_not_without(flow, kingdee):
    key = flow.target.command("dead-letters", "new-key").stdout.strip()
    flow.deliver(flow.order(1, "bob"), personal_data="encrypt", personal_data_key=key)
    flow.customers(bob="KH00001")

    assert flow.tap().count(b"RECORD") == 0
    assert (flow.exit_code, "set personal_data_key" in flow.warnings[-1]) == (2, True)
    other = flow.target.command("dead-letters", "new-key").stdout.strip()
    assert flow.replayed(personal_data_key=other) == []
    assert "1 dead letters of orders are not replayed: personal_data_key does not open them" in flow.warnings[-1]
    assert flow.replayed(personal_data_key=f"{other},{key}") == [flow.order(1, "bob")["record"]]
    flow.replay(personal_data_key=key)

    assert flow.letters() == []
    assert kingdee.held()[kingdee.number(1)]["FLinkPhone"] == "13900000001"


def test_letters_without_their_personal_data_are_never_delivered_with_holes(flow, kingdee):
    flow.deliver(flow.order(1, "bob"), flow.order(2, "bob"), personal_data="omit")
    flow.customers(bob="KH00001")

    outcome = flow.replay()

    assert outcome.exit_code == 0
    [warning] = flow.warnings
    assert "2 dead letters of orders are not replayed" in warning
    assert "read their period from the source again" in warning
    assert kingdee.statuses() == {}
    assert len(flow.letters()) == 2
    flow.deliver(flow.order(1, "bob"), flow.order(2, "bob"))
    assert flow.letters() == []


@pytest.mark.parametrize("source", ["key", "none"])
def test_letters_without_source_record_are_not_taken_for_source_records(flow, source):
    flow.deliver(flow.order(1, sku="NO-SUCH-MATERIAL"), mapper={"source": source})

    sent = flow.replayed()

    if source == "key":  # the model is all there is
        assert (sent, "kept without a source record" in flow.warnings[-1]) == ([], True)
    else:  # the form's own stream is the source
        assert [record["FBillNo"] for record in sent] == [flow.kingdee.number(1)]


def test_a_letter_of_a_record_that_came_without_a_mapper_is_replayed_as_it_is(flow, kingdee, document, schema):
    message = document(1, FCustomerID={"FNumber": "KH00003"})
    del message["source"]
    customer = {"form": "BD_Customer", "numbers": ["KH00003"]}
    kingdee.person("forbid", **customer)
    flow.target.run([schema, message])
    kingdee.person("enable", **customer)

    assert flow.replayed() == [message["record"]]
    flow.target.run(flow.tap().decode().splitlines())

    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_a_stream_whose_schema_is_not_kept_is_replayed_as_a_stream_of_any_records(flow, kingdee):
    flow.deliver(flow.order(1, "bob"))
    with sqlite3.connect(flow.target.ledger) as ledger:
        ledger.execute("DELETE FROM source_schemas")
    flow.customers(bob="KH00001")

    flow.replay()

    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_a_replay_without_a_ledger_or_open_letters_says_so(flow):
    flow.tap()
    assert (flow.exit_code, "there is no ledger at" in flow.warnings[-1]) == (2, True)

    flow.deliver(flow.order(1))

    assert flow.tap() == b""
    assert flow.exit_code == 0


def test_a_replay_is_refused_while_another_run_writes_the_form(flow, kingdee):
    flow.deliver(flow.order(1, "bob"))
    before = flow.letters()
    flow.customers(bob="KH00001")
    writer = flow.target.start(None)
    writer.stdin.write(f"{flow.mapped(json.dumps(flow.ORDERS).encode())[1]}\n".encode())
    writer.stdin.flush()
    try:
        wait_for_holder(flow.target.ledger)
        second = flow.replay()
    finally:
        writer.stdin.close()
        writer.wait(timeout=30)
        writer.stdout.close()
        writer.stderr.close()

    assert second.exit_code == 1
    assert "SAL_OUTSTOCK" in second.sentence
    assert flow.letters() == before
    assert flow.replay().exit_code == 0
    assert kingdee.statuses() == {"1": "C"}


def test_what_is_refused_again_while_the_ledger_is_read_does_not_come_round(flow):
    """More letters than one page holds, so that the ledger is read while the target writes the first of them."""
    flow.deliver(*(flow.order(index, "bob") for index in range(1, 1101)), max_consecutive_errors=0)
    pages = iter(flow.reading())
    first = [next(pages) for _ in range(600)]
    flow.replay(target={"max_consecutive_errors": 0})

    rest = list(pages)

    assert len(first) + len(rest) <= 1100
    assert {letter["attempts"] for letter in flow.letters()} == {2}


def test_letters_in_postgres_are_replayed_as_those_in_a_file(flow, kingdee, postgres_database):
    url = {"ledger_url": postgres_database.url}
    flow.deliver(flow.order(1, "bob"), flow.order(2, "cid"), **url)
    flow.customers(bob="KH00001")

    outcome = flow.replay(target=url, **url)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C"}
    left = postgres_database.rows("SELECT state, attempts FROM dead_letters ORDER BY state")
    assert left == [("delivered", 1), ("open", 2)]


def wait_for_holder(ledger: Path) -> None:
    for _ in range(200):
        with closing(sqlite3.connect(ledger)) as connection:
            if connection.execute("SELECT 1 FROM books WHERE holder IS NOT NULL").fetchone():
                return
        time.sleep(0.05)
    raise AssertionError("the writer did not take the form")


def test_ten_thousand_letters_are_chosen_by_their_index_whatever_the_forms(flow):
    flow.mapping(flow.CUSTOMER.replace("=buyer", '=code("customer", buyer)'), "customers")
    flow.deliver(flow.order(1, "bob"))
    with closing(sqlite3.connect(flow.target.ledger)) as ledger, ledger:
        columns = (
            "book_id, source_stream, mapping, reason, message, fix, record, attempts, first_at, last_at, updated_at"
        )
        ledger.execute(
            f"""WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
            INSERT INTO dead_letters ({columns}, run_id, source_key)
            SELECT {columns}, run_id, printf('{{"order_id":%d}}', i) FROM dead_letters, n"""
        )
    began = time.process_time()

    sent = flow.replayed()

    assert len(sent) == 5000
    assert time.process_time() - began < 15  # without the index it is minutes
