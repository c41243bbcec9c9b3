"""A Kingdee that is away is waited for, told of calmly, and the run goes on soon after its return."""

from __future__ import annotations

import re
import signal
import socket
import time
from threading import Timer

import pytest

SLOW = {"backoff_seconds": 1}  # as it is by default: pauses are as long as in earnest
PORT = re.compile(r":(\d+)$")
BACK = re.compile(r"Kingdee is back after (\d+) s")


def is_open(kingdee) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", int(PORT.search(kingdee.sandbox.url)[1]))) == 0


@pytest.fixture(autouse=True)
def _open_for_the_next_test(kingdee):
    yield
    while not is_open(kingdee):
        time.sleep(0.1)


def test_a_closed_port_is_waited_for_whatever_max_retries_says_and_told_of_in_two_lines(kingdee, target, documents):
    kingdee.fault("refused", nth=2, seconds=6)

    outcome = target.run(documents(9), batch_size=3, max_retries=1, **SLOW)

    assert outcome.exit_code == 0, outcome.stderr
    assert (outcome.summary["delivered"], outcome.states[-1], len(kingdee.held())) == (9, 9, 9)
    assert outcome.stderr.count("Asking again every few seconds") == 1
    assert 5 <= int(BACK.search(outcome.stderr)[1]) <= 6 + 7
    assert outcome.summary["seconds_waited_by_reason"]["outage"] >= 5


@pytest.mark.parametrize("kind", ["html", "http_502", "http_503", "http_504", "reset_before"])
def test_a_site_in_maintenance_is_waited_for_once_it_has_answered(kingdee, target, documents, kind):
    kingdee.fault(kind, call="BatchSave", nth=2)
    process = target.start(None, batch_size=2, max_retries=2)
    messages = documents(6, every=1)
    process.stdin.write(target.messages(messages).read_bytes())
    process.stdin.flush()
    while not kingdee.held():
        time.sleep(0.02)
    kingdee.faults({"call": "*", "kind": kind})
    mending = Timer(2, kingdee.sandbox.clear_faults)
    mending.start()

    _, err = process.communicate(timeout=60)
    mending.join()

    assert process.returncode == 0, err
    assert len(kingdee.held()) == 6


@pytest.mark.parametrize("kind", ["reset_after", "timeout_after"])
def test_an_outage_after_a_call_whose_answer_was_lost_doubles_nothing(kingdee, target, documents, kind):
    kingdee.settings(unique_numbers=False)
    kingdee.faults(
        {"call": "BatchSave", "kind": kind, "nth": 2, "seconds": 2},
        {"call": "ExecuteBillQuery", "kind": "refused", "nth": 3, "seconds": 3},
    )

    outcome = target.run(documents(6), batch_size=2, max_retries=1, request_timeout=1)

    assert outcome.exit_code == 0, outcome.stderr
    assert (outcome.summary["delivered"], len(kingdee.held())) == (6, 6)


def test_a_signal_ends_the_wait_at_once_and_the_next_run_completes(kingdee, target, documents):
    kingdee.fault("refused", nth=2, seconds=8)
    process = target.start(documents(6, every=1), batch_size=2, **SLOW)
    while is_open(kingdee):
        time.sleep(0.02)
    time.sleep(2)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 143, err
    assert time.monotonic() - began < 5
    assert out.decode().splitlines()[-1] == '{"bookmarks":{"sales_stockouts":2}}'
    outcome = target.run(documents(6), **SLOW)  # waits for the port
    assert (outcome.exit_code, len(kingdee.held())) == (0, 6)


def test_a_page_from_an_address_that_never_answered_is_not_taken_for_an_outage(kingdee, target, documents):
    kingdee.fault("html", call="*")

    outcome = target.run(documents(1), max_retries=2)

    assert outcome.exit_code == 1
    assert "check base_url" in outcome.sentence
