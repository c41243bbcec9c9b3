"""Numbers that are in Kingdee already: left alone, updated, or reported, as the settings say."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest


@pytest.fixture
def foreign(target, documents, tmp_path):
    """Put documents into Kingdee of which the ledger under test knows nothing."""

    def put(count: int = 1, status: str = "audited", **fields) -> None:
        other = tmp_path / "other.sqlite"
        assert target.run(documents(count, **fields), ledger_path=str(other), final_status=status).exit_code == 0

    return put


def status_of(target, number: str) -> str:
    with sqlite3.connect(target.ledger) as connection:
        return connection.execute("SELECT status FROM deliveries WHERE number = ?", (number,)).fetchone()[0]


@pytest.mark.parametrize("look_before_save", [False, True])
def test_skip_leaves_somebody_elses_document_as_it_is(kingdee, target, documents, foreign, look_before_save):
    foreign(price="1")

    outcome = target.run(documents(2, price="5"), look_before_save=look_before_save)
    again = target.run(documents(2, price="5"))

    assert kingdee.amounts() == {"1": Decimal("4.00"), "2": Decimal("20.00")}
    assert (outcome.summary["skipped_existing"], outcome.summary["delivered"]) == (1, 1)
    assert (again.summary["skipped_existing"], again.summary["unchanged"]) == (1, 1)
    assert again.summary["calls_by_service"].get("BatchSave") is None
    assert status_of(target, kingdee.number(1)) == "existing"


def test_skip_does_not_audit_somebody_elses_document(kingdee, target, documents, foreign):
    foreign(status="saved")

    target.run(documents(1, price="5"))

    assert kingdee.statuses() == {"1": "A"}


def test_fail_makes_a_dead_letter_that_says_where_it_is(kingdee, target, documents, foreign):
    foreign(price="1")

    outcome = target.run(documents(1, price="5"), on_existing="fail")

    assert outcome.summary["dead_lettered_by_reason"] == {"existing_number": 1}
    assert kingdee.amounts() == {"1": Decimal("4.00")}
    listed = target.tell("dead-letters", "list").stdout
    assert kingdee.number(1) in listed
    assert "in status C with other content" in listed


def test_update_saves_over_a_document_that_may_be_edited_lines_included(kingdee, target, documents, foreign):
    foreign(status="saved", price="1", lines=3)
    [before] = kingdee.held().values()

    outcome = target.run(documents(1, price="5", lines=2, FNote="新"), on_existing="update")
    again = target.run(documents(1, price="5", lines=2, FNote="新"), on_existing="update")

    [after] = kingdee.held().values()
    assert (after["FID"], after["FNote"], len(after["FEntity"])) == (before["FID"], "新", 2)
    assert kingdee.statuses() == {"1": "C"}
    assert kingdee.amounts() == {"1": Decimal("20.00")}
    assert (outcome.summary["updated"], again.summary["unchanged"]) == (1, 1)


def test_update_takes_what_a_person_reopened_when_that_is_allowed(kingdee, target, documents):
    target.run(documents(1, price="1"))
    kingdee.person("edit-document", form="SAL_OUTSTOCK", number=kingdee.number(1), status="D")
    left = target.run(documents(1, price="5"), on_existing="update")
    untouched = kingdee.amounts()

    outcome = target.run(documents(1, price="5"), on_existing="update", overwrite_edits=True)

    assert left.summary["dead_lettered_by_reason"] == {"changed_in_kingdee": 1}
    assert untouched == {"1": Decimal("4.00")}
    assert outcome.summary["updated"] == 1, outcome.stderr
    assert kingdee.amounts() == {"1": Decimal("20.00")}
    assert kingdee.statuses() == {"1": "C"}


def test_update_of_an_audited_document_is_a_dead_letter_that_says_what_to_do(kingdee, target, documents):
    target.run(documents(1, price="1"))

    outcome = target.run(documents(1, price="5"), on_existing="update")

    assert outcome.summary["dead_lettered_by_reason"] == {"existing_number": 1}
    assert "反审核" in target.tell("dead-letters", "list").stdout
    assert kingdee.amounts() == {"1": Decimal("4.00")}


@pytest.mark.parametrize("kind", ["timeout_after", "reset_before", "garbage"])
def test_an_update_whose_answer_is_lost_is_completed(kingdee, target, documents, foreign, kind):
    foreign(status="saved", price="1")
    kingdee.fault(kind, nth=2, seconds=3)

    outcome = target.run(documents(1, price="5"), on_existing="update", request_timeout=1)

    assert outcome.summary["updated"] == 1, outcome.stderr
    assert kingdee.amounts() == {"1": Decimal("20.00")}
    assert kingdee.statuses() == {"1": "C"}


def test_a_changed_record_is_left_by_skip_and_still_counts_as_what_was_delivered(kingdee, target, documents):
    target.run(documents(1, price="1"))

    changed = target.run(documents(1, price="5"))
    back = target.run(documents(1, price="1"))

    assert (changed.summary["skipped_existing"], back.summary["unchanged"]) == (1, 1)
    assert kingdee.amounts() == {"1": Decimal("4.00")}


def test_a_document_that_somebody_deleted_before_it_was_audited_is_reported_and_delivered_again_by_a_replay_only(
    kingdee, target, documents
):
    kingdee.settings(auto_audit="stays-saved", refuse_audit={"SAL_OUTSTOCK": {kingdee.number(1): "额度不足"}})
    target.run(documents(1))
    kingdee.settings(refuse_audit={})
    kingdee.person("delete-documents", form="SAL_OUTSTOCK", numbers=[kingdee.number(1)])

    noticed = target.run(documents(1))
    listed = target.tell("dead-letters", "list").stdout
    read_again = target.run(documents(1))
    left_alone = kingdee.statuses()
    replayed = target.run([{**message, "replay": True} for message in documents(1)])

    assert noticed.summary["dead_lettered_by_reason"] == {"deleted_in_kingdee": 1}
    assert "somebody deleted it" in listed
    assert (read_again.summary["set_aside"], left_alone) == (1, {})
    assert replayed.summary["delivered"] == 1
    assert kingdee.statuses() == {"1": "C"}
    assert target.tell("dead-letters", "export").stdout == ""


def test_a_discarded_document_stays_away_until_its_content_changes(kingdee, target, documents):
    kingdee.settings(closed_until={"100": "2030-01-01"})
    target.run(documents(1))
    target.tell("dead-letters", "discard", "1", "--note", "测试订单")
    kingdee.settings(closed_until={})

    read_again = target.run(documents(1))
    left_alone = kingdee.statuses()
    changed = target.run(documents(1, price="9"))

    assert (read_again.summary["set_aside"], left_alone) == (1, {})
    assert changed.summary["delivered"] == 1
    assert kingdee.statuses() == {"1": "C"}


def test_a_document_that_a_person_audited_meanwhile_is_delivered(kingdee, target, documents):
    kingdee.settings(auto_audit="stays-saved", refuse_audit={"SAL_OUTSTOCK": {kingdee.number(1): "额度不足"}})
    target.run(documents(1))
    kingdee.person("edit-document", form="SAL_OUTSTOCK", number=kingdee.number(1), status="C")

    outcome = target.run(documents(1))

    assert (outcome.summary["resumed"], outcome.summary["unchanged"]) == (1, 1)
    assert target.tell("dead-letters", "export").stdout == ""
