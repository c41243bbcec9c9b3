"""What a run leaves on its way is finished by the next one, without its records; what people did meanwhile is kept."""

from __future__ import annotations

import json
import sqlite3
import time
from decimal import Decimal

import pytest

FORM = "SAL_OUTSTOCK"


def statuses(target) -> set[str]:
    with sqlite3.connect(target.ledger) as connection:
        return {status for (status,) in connection.execute("SELECT status FROM deliveries")}


@pytest.fixture
def left_saved(kingdee, target, documents):
    """Leave documents saved and not audited, as a run does whose audits are refused; the reason is then mended."""

    def leave(count: int = 1, status: str = "B", **fields) -> None:
        refused = {kingdee.number(index): "额度不足" for index in range(1, count + 1)}
        kingdee.settings(auto_audit="stays-saved", stays_saved_in=status, refuse_audit={FORM: refused})
        outcome = target.run(documents(count, **fields))
        assert outcome.summary["dead_lettered_by_reason"] == {"not_audited": count}, outcome.stderr
        kingdee.settings(refuse_audit={})

    return leave


@pytest.mark.parametrize("status", ["A", "B"])
def test_saved_documents_are_audited_by_the_next_run_and_their_letters_close(
    kingdee, target, schema, left_saved, status
):
    left_saved(3, status)

    outcome = target.run([schema])

    assert set(kingdee.statuses().values()) == {"C"}
    assert (outcome.summary["resumed"], outcome.summary["calls_by_service"].get("BatchSave")) == (3, None)
    assert target.tell("dead-letters", "export").stdout == ""
    assert statuses(target) == {"delivered"}


def test_what_still_cannot_be_audited_keeps_its_letter_with_record_and_model(kingdee, target, schema, left_saved):
    left_saved()
    kingdee.settings(refuse_audit={FORM: {kingdee.number(1): "信用额度不足"}})

    outcome = target.run([schema])

    letter = json.loads(target.tell("dead-letters", "export").stdout)
    assert outcome.summary["dead_lettered_by_reason"] == {"not_audited": 1}
    assert "信用额度不足" in letter["message"]
    assert letter["record"]["order_no"] == letter["model"]["FBillNo"] == kingdee.number(1)


def test_a_document_that_a_person_changed_is_reported_and_left_as_it_is(kingdee, target, schema, documents, left_saved):
    left_saved(price="1")
    kingdee.person("edit-document", form=FORM, number=kingdee.number(1), lines=[{"FTaxPrice": 9}])
    edited = kingdee.statuses(), kingdee.amounts()

    outcome = target.run([schema])
    again = target.run(documents(1, price="5"), on_existing="update")

    assert outcome.summary["dead_lettered_by_reason"] == {"changed_in_kingdee": 1}
    assert again.summary["dead_lettered_by_reason"] == {"changed_in_kingdee": 1}
    assert (kingdee.statuses(), kingdee.amounts()) == edited
    allowed = target.run(documents(1, price="5"), on_existing="update", allow_unaudit=True, overwrite_edits=True)
    assert allowed.summary["updated"] == 1
    assert kingdee.amounts() == {"1": Decimal("20.00")}


def test_a_document_that_a_person_deleted_is_reported_and_sent_again_only_by_a_replay(
    kingdee, target, schema, documents, left_saved
):
    left_saved()
    kingdee.person("delete-documents", form=FORM, numbers=[kingdee.number(1)])

    outcome = target.run([schema])

    assert outcome.summary["dead_lettered_by_reason"] == {"deleted_in_kingdee": 1}
    assert kingdee.held() == {}
    again = target.run(documents(1))
    replayed = target.run([{**message, "replay": True} for message in documents(1)])
    assert (again.summary["set_aside"], replayed.summary["delivered"]) == (1, 1)


def test_what_a_person_changed_and_then_deleted_is_delivered_by_a_replay(kingdee, target, documents, left_saved):
    left_saved()
    kingdee.person("edit-document", form=FORM, number=kingdee.number(1), lines=[{"FTaxPrice": 9}])
    reported = target.run(documents(1))
    kingdee.person("delete-documents", form=FORM, numbers=[kingdee.number(1)])

    replayed = target.run([{**message, "replay": True} for message in documents(1)])

    assert reported.summary["dead_lettered_by_reason"] == {"changed_in_kingdee": 1}
    assert replayed.summary["delivered"] == 1
    assert kingdee.statuses() == {"1": "C"}
    assert target.tell("dead-letters", "export").stdout == ""


def test_a_killed_runs_documents_are_finished_where_they_are_and_told_where_they_are_not(
    kingdee, target, schema, documents
):
    kingdee.faults(
        {"call": "BatchSave", "kind": "timeout_after", "nth": 1, "seconds": 60},
        {"call": "BatchSave", "kind": "timeout_before", "nth": 2, "seconds": 60},
    )
    process = target.start(documents(4), batch_size=2, concurrency=2)
    while len(kingdee.held()) < 2:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    kingdee.sandbox.clear_faults()
    kingdee.settings(unique_numbers=False)

    resumed = target.run([schema])
    outcome = target.run(documents(4))

    assert (resumed.summary["resumed"], resumed.summary["unconfirmed"]) == (2, 0)
    assert (outcome.summary["delivered"], outcome.summary["unchanged"]) == (2, 2)
    assert len(kingdee.held()) == 4


def test_a_form_whose_changes_cannot_be_seen_is_resumed_all_the_same(kingdee, target, schema):
    stocks = {**schema, "stream": "BD_Customer", "key_properties": ["FNumber"]}
    number = kingdee.number("KH")
    record = {"FNumber": number, "FName": "客户", "FCreateOrgId": {"FNumber": "100"}, "FUseOrgId": {"FNumber": "100"}}
    kingdee.settings(auto_audit="stays-saved", refuse_audit={"BD_Customer": {number: "不允许"}})
    target.run([stocks, {"type": "RECORD", "stream": "BD_Customer", "record": record}])
    kingdee.settings(refuse_audit={})

    assert target.run([stocks]).summary["resumed"] == 1
