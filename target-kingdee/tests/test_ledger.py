"""The ledger: one writer a form, and upgrades."""

from __future__ import annotations

import signal
import sqlite3
import time

import pytest


def wait_for_lock(target) -> None:
    while True:
        time.sleep(0.02)
        if target.ledger.exists():
            with sqlite3.connect(target.ledger) as connection:
                try:
                    if connection.execute("SELECT holder FROM books WHERE holder IS NOT NULL").fetchall():
                        return
                except sqlite3.OperationalError:
                    continue


@pytest.fixture
def running(target, documents):
    """A run that holds the form and waits for more input."""
    process = target.start(None)
    process.stdin.write(target.messages(documents(1)[:1]).read_bytes())
    process.stdin.flush()
    wait_for_lock(target)
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


def test_a_dead_holder_loses_the_form_at_once(target, documents, running):
    running.send_signal(signal.SIGKILL)
    running.wait()
    started = time.monotonic()

    outcome = target.run(documents(1))

    assert outcome.exit_code == 0, outcome.stderr
    assert time.monotonic() - started < 5


def test_a_holder_of_another_host_that_gives_no_sign_of_life_loses_the_form(target, documents, running, monkeypatch):
    running.send_signal(signal.SIGKILL)
    running.wait()
    with sqlite3.connect(target.ledger) as connection:
        connection.execute("UPDATE books SET holder_place = 'another-host/'")
    monkeypatch.setattr("target_kingdee.writer_lock.DEAD_SECONDS", 0.5)

    assert target.run(documents(1)).exit_code == 0


@pytest.mark.usefixtures("running")
def test_a_holder_of_another_host_that_lives_keeps_the_form(target, documents):
    with sqlite3.connect(target.ledger) as connection:
        connection.execute("UPDATE books SET holder_place = 'another-host/'")

    outcome = target.run(documents(1))

    assert outcome.exit_code == 1
    assert "another-host" in outcome.sentence


def test_a_run_whose_form_was_taken_over_sends_nothing_more(target, kingdee, documents, running):
    with sqlite3.connect(target.ledger) as connection:
        connection.execute("UPDATE books SET holder = 'somebody'")

    running.stdin.write(target.messages(documents(2)[1:]).read_bytes())
    out, err = running.communicate(timeout=30)

    assert running.returncode == 1
    assert out == b""
    assert "another run took over SAL_OUTSTOCK" in err.decode()
    assert kingdee.held() == {}


def test_a_ledger_of_a_newer_release_is_refused(target, documents):
    target.run(documents(1))
    with sqlite3.connect(target.ledger) as connection:
        connection.execute("INSERT INTO schema_versions VALUES (99, '2030-01-01T00:00:00+08:00')")

    outcome = target.run(documents(1))

    assert outcome.exit_code == 1
    assert "version 99" in outcome.sentence


def test_a_ledger_that_cannot_be_written_stops_before_anything_is_sent(target, kingdee, documents, tmp_path):
    occupied = tmp_path / "occupied"
    occupied.write_text("no folder")

    outcome = target.run(documents(1), ledger_path=str(occupied / "ledger.sqlite"))

    assert outcome.exit_code == 1
    assert "ledger" in outcome.sentence
    assert kingdee.held() == {}


def test_a_ledger_can_be_named_by_url(target, documents, tmp_path):
    path = tmp_path / "by-url.sqlite"

    assert target.run(documents(1), ledger_url=f"sqlite:///{path}").exit_code == 0
    assert path.exists()


@pytest.mark.parametrize("url", ["no url at all", "oracle+nothing://x/y"])
def test_a_ledger_url_that_cannot_be_used_is_one_sentence(target, documents, url):
    outcome = target.run(documents(1), ledger_url=url)

    assert outcome.exit_code == 1
    assert "ledger_url" in outcome.sentence
