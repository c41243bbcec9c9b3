"""One writer for each form of an account, across processes and hosts, whatever the ledger's database is."""

from __future__ import annotations

import json
import signal
import time

import pytest
from sqlalchemy.exc import DBAPIError

HOLDER = "SELECT holder FROM books WHERE holder IS NOT NULL"


@pytest.fixture
def target(target, database):
    """The target with its ledger in one kind of database, then in the other."""
    target.credentials["ledger_url"] = database.url
    return target


def wait_for_lock(database) -> None:
    while True:
        time.sleep(0.02)
        try:
            if database.rows(HOLDER):
                return
        except DBAPIError:
            continue


@pytest.fixture
def running(target, database, documents):
    """A run that holds the form and waits for more input."""
    process = target.start(None)
    process.stdin.write(target.messages(documents(1)[:1]).read_bytes())
    process.stdin.flush()
    wait_for_lock(database)
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_meanwhile_is_refused_with_who_holds_it(target, documents, running):
    outcome = target.run(documents(1))

    assert outcome.exit_code == 1
    assert f"process {running.pid}" in outcome.sentence
    assert "SAL_OUTSTOCK" in outcome.sentence


@pytest.mark.usefixtures("running")
def test_another_form_may_be_written_meanwhile(target, kingdee, schema):
    customers = {**schema, "stream": "BD_Customer", "key_properties": ["FNumber"]}
    number = kingdee.number("C")
    record = {"FNumber": number, "FName": "客户", "FCreateOrgId": {"FNumber": "100"}, "FUseOrgId": {"FNumber": "100"}}

    outcome = target.run([customers, {"type": "RECORD", "stream": "BD_Customer", "record": record}])

    assert outcome.summary["delivered"] == 1


@pytest.mark.usefixtures("running")
def test_another_account_may_be_written_meanwhile(target, database, documents):
    database.execute("UPDATE books SET account = 'another@host'")

    assert target.run(documents(1)).exit_code == 0


def test_a_dead_holder_loses_the_form_at_once(target, documents, running):
    running.send_signal(signal.SIGKILL)
    running.wait()
    started = time.monotonic()

    outcome = target.run(documents(1))

    assert outcome.exit_code == 0, outcome.stderr
    assert time.monotonic() - started < 5


def test_a_holder_of_another_host_that_gives_no_sign_of_life_loses_the_form(
    target, database, documents, running, monkeypatch
):
    running.send_signal(signal.SIGKILL)
    running.wait()
    database.execute("UPDATE books SET holder_place = 'another-host/'")
    monkeypatch.setattr("target_kingdee.writer_lock.DEAD_SECONDS", 0.5)

    assert target.run(documents(1)).exit_code == 0


@pytest.mark.usefixtures("running")
def test_a_holder_of_another_host_that_lives_keeps_the_form(target, database, documents):
    database.execute("UPDATE books SET holder_place = 'another-host/'")

    outcome = target.run(documents(1))

    assert outcome.exit_code == 1
    assert "another-host" in outcome.sentence


@pytest.fixture
def soon_dead(monkeypatch):
    """A holder of another host is given up after half a second without a sign of life."""
    monkeypatch.setattr("target_kingdee.writer_lock.DEAD_SECONDS", 0.5)


@pytest.mark.usefixtures("soon_dead")
def test_a_holder_that_stood_still_and_lost_the_form_sends_nothing_more(target, kingdee, database, documents, running):
    running.send_signal(signal.SIGSTOP)
    database.execute("UPDATE books SET holder_place = 'another-host/'")
    first, *others = documents(3)

    taken_over = target.run([first, *others[:1]])
    running.send_signal(signal.SIGCONT)
    out, err = running.communicate(target.messages(others[1:]).read_bytes(), timeout=30)

    assert taken_over.exit_code == 0, taken_over.stderr
    assert running.returncode == 1
    assert out == b""
    assert "another run took over SAL_OUTSTOCK" in err.decode()
    assert set(kingdee.statuses()) == {"1"}


def test_a_holder_that_lost_the_form_while_a_batch_was_under_way_does_not_commit_it(
    target, kingdee, database, documents, running
):
    kingdee.fault("slow", seconds=2)
    first, *others = documents(2)
    running.stdin.write(target.messages(others).read_bytes())
    running.stdin.close()
    running.stdin = None
    while not database.rows("SELECT 1 FROM deliveries"):
        time.sleep(0.02)
    database.execute("UPDATE books SET holder = 'somebody'")

    out, err = running.communicate(timeout=30)

    assert running.returncode == 1
    assert out == b"", "a STATE was acknowledged"
    assert "another run took over SAL_OUTSTOCK" in err.decode()
    assert database.rows("SELECT DISTINCT status FROM deliveries") == [("sending",)]

    database.execute("UPDATE books SET holder = NULL")
    assert target.run([first, *others]).exit_code == 0
    assert kingdee.statuses() == {"1": "C", "2": "C"}


def test_a_run_whose_form_was_taken_over_sends_nothing_more(target, kingdee, database, documents, running):
    database.execute("UPDATE books SET holder = 'somebody'")

    running.stdin.write(target.messages(documents(2)[1:]).read_bytes())
    out, err = running.communicate(timeout=30)

    assert running.returncode == 1
    assert out == b""
    assert "another run took over SAL_OUTSTOCK" in err.decode()
    assert kingdee.held() == {}


def test_several_runs_that_start_at_once_deliver_each_document_once(target, kingdee, documents):
    messages = documents(30)
    processes = [target.start(messages) for _ in range(3)]
    codes = []
    for process in processes:
        process.communicate(timeout=60)
        codes.append(process.returncode)

    assert 0 in codes
    assert set(codes) <= {0, 1}
    assert set(kingdee.statuses().values()) == {"C"}
    assert len(kingdee.held()) == 30


def test_what_a_ledger_keeps_is_given_back_as_it_came(target, documents, document, database):
    unknown = document(3, FCustomerID={"FNumber": "客户甲'\\%s"})
    messages = [*documents(2), unknown]

    first = target.run(messages)
    again = target.run(messages[:-1])

    assert first.exit_code == again.exit_code == 0, first.stderr + again.stderr
    assert (first.summary["delivered"], again.summary["unchanged"]) == (2, 2)
    hashes = database.rows("SELECT content_hash, delivered_hash FROM deliveries WHERE status = 'delivered'")
    assert all(bytes(sent) == bytes(held) and len(sent) == 16 for sent, held in hashes)
    [letter] = [json.loads(line) for line in target.tell("dead-letters", "export").stdout.splitlines()]
    assert letter["record"] == unknown["source"]["record"]
    assert letter["model"] == unknown["record"]
    assert "客户甲" in letter["message"]


def test_a_ledger_that_cannot_be_written_stops_before_anything_is_sent(target, kingdee, documents, tmp_path):
    occupied = tmp_path / "occupied"
    occupied.write_text("no folder")

    outcome = target.run(documents(1), ledger_url=None, ledger_path=str(occupied / "ledger.sqlite"))

    assert outcome.exit_code == 1
    assert "ledger" in outcome.sentence
    assert kingdee.held() == {}


def test_a_ledger_can_be_named_by_url(target, documents, database):
    assert target.run(documents(1)).exit_code == 0
    assert database.rows("SELECT status FROM deliveries") == [("delivered",)]


@pytest.mark.parametrize("url", ["no url at all", "oracle+nothing://x/y", "mysql://x/y"])
def test_a_ledger_url_that_cannot_be_used_is_one_sentence(target, documents, url):
    outcome = target.run(documents(1), ledger_url=url)

    assert outcome.exit_code == 1
    assert "ledger_url" in outcome.sentence
