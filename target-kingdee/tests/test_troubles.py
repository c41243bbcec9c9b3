"""Whatever breaks, in whatever call: each document is in Kingdee exactly once, audited, with its amount."""

from __future__ import annotations

import signal
import time
from decimal import Decimal

import pytest

NOTHING_DONE = [
    "http_500", "http_502", "http_503", "http_504", "timeout_before", "reset_before", "throttle", "session_lost",
    "html", "response_error", "locked", "database",
]  # fmt: skip
DONE_AND_NOT_SAID = [
    "http_500_after", "http_502_after", "http_503_after", "http_504_after", "timeout_after", "reset_after", "garbage",
    "unreported",
]  # fmt: skip
PARTLY = ["half_batch", "slow"]


@pytest.mark.parametrize("kind", [*NOTHING_DONE, *DONE_AND_NOT_SAID, *PARTLY])
def test_a_failing_batch_save_neither_loses_nor_doubles_a_document(kingdee, target, documents, kind):
    kingdee.fault(kind, nth=2, seconds=3 if kind.startswith("timeout") else 0.1)

    outcome = target.run(documents(9), batch_size=3, request_timeout=1)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.amounts() == {str(index): Decimal("42.00") for index in range(1, 10)}
    assert set(kingdee.statuses().values()) == {"C"}
    assert outcome.states[-1] == 9
    assert outcome.summary["delivered"] == 9


@pytest.mark.parametrize("call", ["Submit", "Audit", "ExecuteBillQuery", "QueryBusinessInfo", "LoginByAppSecret"])
@pytest.mark.parametrize("kind", ["reset_after", "http_502", "garbage"])
def test_any_other_call_may_fail_too(kingdee, target, documents, call, kind):
    kingdee.faults(
        {"call": call, "kind": kind, "nth": 1, "seconds": 3}, {"call": "BatchSave", "kind": "unreported", "nth": 1}
    )

    outcome = target.run(documents(4), IsAutoSubmitAndAudit=False, request_timeout=1)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.amounts() == {str(index): Decimal("42.00") for index in range(1, 5)}
    assert set(kingdee.statuses().values()) == {"C"}


@pytest.mark.parametrize("kind", ["reset_after", "http_500_after", "timeout_after", "reset_before"])
def test_every_second_call_failing_still_delivers_each_document_once(kingdee, target, documents, kind):
    kingdee.fault(kind, every=2, seconds=2)

    outcome = target.run(documents(12), batch_size=3, request_timeout=0.5, concurrency=2)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.amounts() == {str(index): Decimal("42.00") for index in range(1, 13)}


def test_a_session_that_ends_in_the_middle_is_made_again(kingdee, target, documents):
    kingdee.fault("session_lost", every=2)

    outcome = target.run(documents(9), batch_size=3, auth="password")

    assert outcome.exit_code == 0, outcome.stderr
    assert len(kingdee.held()) == 9
    assert outcome.summary["calls_by_service"]["ValidateUser"] > 1


def test_a_throttled_account_is_waited_for(kingdee, target, documents):
    kingdee.fault("throttle", first=3)

    outcome = target.run(documents(2), throttle_seconds=0.05)

    assert (outcome.summary["throttles"], outcome.summary["delivered"]) == (3, 2)
    assert outcome.summary["seconds_waited"] >= 0.3


def test_a_throttle_without_end_stops_the_run_with_nothing_acknowledged(kingdee, target, documents):
    kingdee.fault("throttle")

    outcome = target.run(documents(2), throttle_seconds=0.05, max_throttle_seconds=0.2)

    assert outcome.exit_code == 1
    assert outcome.states == []
    assert "调用限制" in outcome.sentence
    assert "calls_per_minute" in outcome.sentence


def test_an_outage_stops_the_run_and_the_next_one_completes_it(kingdee, target, documents):
    kingdee.fault("reset_before")
    stopped = target.run(documents(6), batch_size=2, max_retries=1)
    kingdee.sandbox.clear_faults()

    outcome = target.run(documents(6), batch_size=2)

    assert (stopped.exit_code, stopped.states) == (1, [])
    assert "Gave up after 2 attempts" in stopped.sentence
    assert outcome.exit_code == 0
    assert kingdee.amounts() == {str(index): Decimal("42.00") for index in range(1, 7)}


def test_a_document_on_which_kingdee_raises_an_exception_is_a_dead_letter_and_the_others_go_on(
    kingdee, target, documents
):
    kingdee.fault("response_error", documents=[kingdee.number(4)])

    outcome = target.run(documents(9), batch_size=3)

    assert outcome.exit_code == 0, outcome.stderr
    assert sorted(kingdee.statuses()) == ["1", "2", "3", "5", "6", "7", "8", "9"]
    assert outcome.summary["dead_lettered_by_reason"] == {"rejected": 1}
    assert "异常" in target.tell("dead-letters", "list").stdout


def test_somebody_who_edits_a_document_for_long_makes_it_a_dead_letter(kingdee, target, documents):
    kingdee.fault("locked", documents=[kingdee.number(2)])

    outcome = target.run(documents(3), batch_size=1, max_retries=2)

    assert sorted(kingdee.statuses()) == ["1", "3"]
    assert outcome.summary["dead_lettered_by_reason"] in ({"locked": 1}, {"rejected": 1})


@pytest.mark.parametrize("status", ["A", "B"])
def test_a_document_that_stayed_saved_is_submitted_and_audited_once_that_is_possible(
    kingdee, target, documents, status
):
    kingdee.settings(
        auto_audit="stays-saved", stays_saved_in=status, refuse_audit={"SAL_OUTSTOCK": {kingdee.number(2): "额度不足"}}
    )
    refused = target.run(documents(3))
    kingdee.settings(refuse_audit={})

    outcome = target.run(documents(3))

    assert refused.summary["dead_lettered_by_reason"] == {"not_audited": 1}
    assert "额度不足" in target.tell("dead-letters", "list", "--all").stdout
    assert (outcome.summary["resumed"], outcome.summary["unchanged"]) == (1, 3)
    assert set(kingdee.statuses().values()) == {"C"}
    assert target.tell("dead-letters", "export").stdout == ""


def test_an_audit_that_rolls_the_save_back_leaves_a_dead_letter_and_nothing_in_kingdee(kingdee, target, documents):
    kingdee.settings(auto_audit="rollback", refuse_audit={"SAL_OUTSTOCK": {kingdee.number(2): "额度不足"}})

    outcome = target.run(documents(3))

    assert sorted(kingdee.statuses()) == ["1", "3"]
    assert outcome.summary["dead_lettered"] == 1
    assert "额度不足" in target.tell("dead-letters", "list").stdout


def test_a_killed_run_is_completed_by_the_next_one(kingdee, target, documents):
    messages = documents(30, every=1)
    for _ in range(3):
        process = target.start(messages, batch_size=2)
        seen = len(kingdee.held())
        while len(kingdee.held()) < seen + 4 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    outcome = target.run(messages, batch_size=2)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.amounts() == {str(index): Decimal("42.00") for index in range(1, 31)}
    assert outcome.states[-1] == 30


def test_a_run_killed_while_kingdee_is_committing_does_not_double_the_document(kingdee, target, documents):
    kingdee.fault("timeout_after", nth=2, seconds=60)
    process = target.start(documents(6), batch_size=3)
    while len(kingdee.held()) < 6:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    kingdee.settings(unique_numbers=False)  # nothing but the ledger protects now

    outcome = target.run(documents(6), batch_size=3)

    assert outcome.exit_code == 0, outcome.stderr
    assert len(kingdee.held()) == 6
    assert (outcome.summary["resumed"], outcome.summary["unchanged"]) == (3, 6)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_finishes_the_batch_under_way_acknowledges_nothing_beyond_and_says_so(
    kingdee, target, documents, number, code
):
    kingdee.fault("slow", nth=2, seconds=1)
    process = target.start(documents(9, every=1), batch_size=3)
    while len(kingdee.held()) < 3:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    acknowledged = [line for line in out.decode().splitlines() if line]
    assert process.returncode == code
    assert b'"result":"terminated"' in err
    assert len(kingdee.held()) == 6
    assert acknowledged[-1] == '{"bookmarks":{"sales_stockouts":6}}'
    assert target.run(documents(9, every=1)).summary["unchanged"] == 6


def test_a_signal_between_messages_leaves_what_was_not_sent_to_the_next_run(kingdee, target, documents):
    process = target.start(None, batch_size=3)
    messages = documents(4, every=1)
    process.stdin.write(target.messages(messages).read_bytes())
    process.stdin.flush()
    while len(kingdee.held()) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)

    assert process.returncode == 143
    assert len(kingdee.held()) == 3
    assert out.decode().splitlines()[-1] == '{"bookmarks":{"sales_stockouts":3}}'


def test_a_call_that_hangs_does_not_keep_a_terminated_run_alive(kingdee, target, documents):
    kingdee.fault("timeout_after", nth=1, seconds=120)
    process = target.start(documents(3))
    while len(kingdee.held()) < 3:
        time.sleep(0.02)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)

    assert process.returncode == 143
    assert out == b""
    assert time.monotonic() - started < 10
    kingdee.sandbox.clear_faults()
    assert target.run(documents(3)).summary["resumed"] == 3
    assert len(kingdee.held()) == 3
