"""on_existing=update: what is there is saved over, audited or not, and never half."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

FORM = "SAL_OUTSTOCK"
UPDATE = {"on_existing": "update", "allow_unaudit": True}


@pytest.mark.parametrize("goal", ["saved", "submitted", "audited"])
@pytest.mark.parametrize("lines", [(3, 1), (1, 3), (2, 2)])
def test_lines_come_go_and_change_in_every_status(kingdee, target, documents, goal, lines):
    before, after = lines
    target.run(documents(1, price="1", lines=before), final_status=goal)
    assert kingdee.statuses() == {"1": {"saved": "A", "submitted": "B", "audited": "C"}[goal]}

    outcome = target.run(documents(1, price="5", lines=after), **UPDATE)

    [held] = kingdee.held().values()
    assert outcome.summary["updated"] == 1, outcome.stderr
    assert (kingdee.statuses(), len(held["FEntity"])) == ({"1": "C"}, after)
    assert kingdee.amounts() == {"1": Decimal(10 * after)}


def test_a_second_reading_of_the_same_content_writes_nothing(kingdee, target, documents):
    target.run(documents(3))
    target.run(documents(3, price="5"), **UPDATE)
    before = {name: kingdee.calls(name) for name in ("BatchSave", "UnAudit", "Submit", "Audit", "ExecuteBillQuery")}

    outcome = target.run(documents(3, price="5"), **UPDATE)

    after = {name: kingdee.calls(name) for name in before}
    assert outcome.summary["unchanged"] == 3
    assert after == {**before, "ExecuteBillQuery": before["ExecuteBillQuery"] + 1}  # the form's highest id


def test_an_audited_document_stays_as_it_is_unless_unaudit_is_allowed(kingdee, target, documents):
    target.run(documents(1, price="1"))

    outcome = target.run(documents(1, price="5"), on_existing="update")

    assert outcome.summary["dead_lettered_by_reason"] == {"existing_number": 1}
    assert "allow_unaudit" in target.tell("dead-letters", "list").stdout
    assert (kingdee.statuses(), kingdee.amounts()) == ({"1": "C"}, {"1": Decimal("4.00")})


def test_an_audit_that_cannot_be_taken_back_leaves_the_document_as_it_was(kingdee, target, documents):
    target.run(documents(1, price="1"))
    kingdee.settings(pushed_down={FORM: [kingdee.number(1)]})

    outcome = target.run(documents(1, price="5"), **UPDATE)

    assert outcome.summary["dead_lettered"] == 1
    assert "It is left as it was" in target.tell("dead-letters", "list").stdout
    assert (kingdee.statuses(), kingdee.amounts()) == ({"1": "C"}, {"1": Decimal("4.00")})


def test_a_refused_save_puts_an_unaudited_document_back_as_it_was(kingdee, target, documents):
    target.run(documents(1, price="1"))

    outcome = target.run(documents(1, price="5", FCustomerID={"FNumber": "NOBODY"}), **UPDATE)

    assert outcome.summary["dead_lettered_by_reason"] == {"base_data_missing": 1}
    assert "in status C again" in target.tell("dead-letters", "list").stdout
    assert (kingdee.statuses(), kingdee.amounts()) == ({"1": "C"}, {"1": Decimal("4.00")})


@pytest.mark.parametrize("call", ["UnAudit", "BatchSave", "Submit", "Audit"])
@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before"])
def test_a_run_killed_within_an_update_is_completed_by_the_next_one(kingdee, target, documents, call, kind):
    target.run(documents(1, price="1"))
    kingdee.fault(kind, call=call, seconds=60)
    process = target.start(documents(1, price="5"), **UPDATE)
    while not kingdee.has_fault_fired() and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    kingdee.sandbox.clear_faults()

    outcome = target.run(documents(1, price="5"), **UPDATE)

    assert outcome.exit_code == 0, outcome.stderr
    assert (kingdee.statuses(), kingdee.amounts()) == ({"1": "C"}, {"1": Decimal("20.00")})


def test_an_update_that_ended_within_is_audited_again_even_if_its_record_does_not_come(
    kingdee, target, documents, schema
):
    target.run(documents(1, price="1"))
    kingdee.fault("timeout_before", seconds=60)
    process = target.start(documents(1, price="5"), **UPDATE)
    while not kingdee.has_fault_fired():
        time.sleep(0.02)
    assert kingdee.statuses() == {"1": "D"}
    process.kill()
    process.communicate()
    kingdee.sandbox.clear_faults()

    outcome = target.run([schema], **UPDATE)

    assert kingdee.statuses() == {"1": "C"}
    assert outcome.summary["unconfirmed"] == 1


def test_lines_are_not_doubled_where_lines_that_are_gone_are_to_stay(kingdee, target, documents):
    target.run(documents(1, price="1", lines=2), final_status="saved")

    target.run(documents(1, price="5", lines=2), IsDeleteEntry=False, **UPDATE)

    assert kingdee.amounts() == {"1": Decimal("20.00")}
