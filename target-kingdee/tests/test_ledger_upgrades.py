"""A ledger is kept for years: one of an earlier release becomes a current one, whole or not at all."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool
from target_kingdee.ledger import Ledger
from target_kingdee.letters import LetterFilter, read_letters

VERSIONS = Path(__file__).with_name("ledgers")
ACCOUNT = "5f0a7c@kingdee.example.com"
OPEN = f"""
import os, sys
from target_kingdee import ledger_schema
from target_kingdee.ledger import Ledger

def dies(connection, upgrade=ledger_schema.UPGRADES[2]):
    upgrade(connection)
    os._exit(9)

if sys.argv[2] == "dies":
    ledger_schema.UPGRADES[2] = dies
Ledger(sys.argv[1], {ACCOUNT!r}).close()
"""


def start(url: str, *, dies: bool = False) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", OPEN, url, "dies" if dies else "lives"]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def shape(url: str) -> dict[str, list[object]]:
    """What a ledger's tables are, index by index and column by column."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        looked = inspect(connection)
        return {
            table: [
                *((column["name"], str(column["type"]), column["nullable"]) for column in looked.get_columns(table)),
                *sorted((str(index["name"]), str(index["column_names"])) for index in looked.get_indexes(table)),
                looked.get_pk_constraint(table)["constrained_columns"],
            ]
            for table in looked.get_table_names()
        }


@pytest.fixture
def first_version(database):
    """A ledger that the first release wrote: of its six documents two are unfinished, one was refused."""
    kind = "postgres" if database.is_postgres else "sqlite"
    script = (VERSIONS / f"version_1_{kind}.sql").read_text(encoding="utf-8")
    rows = (VERSIONS / "version_1_rows.sql").read_text(encoding="utf-8")
    if database.is_postgres:
        rows = re.sub(r"X'([0-9A-F]+)'", r"decode('\1', 'hex')", rows)
        for table, key in (("books", "book_id"), ("runs", "run_id"), ("dead_letters", "dead_letter_id")):
            rows += f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), 3);\n"
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in f"{script}{rows}".split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    return database


def test_an_upgraded_ledger_has_the_tables_of_a_new_one(first_version, tmp_path):
    Ledger(first_version.url, ACCOUNT).close()
    if first_version.is_postgres:
        upgraded = shape(first_version.url)
        for table in upgraded:
            first_version.execute(f"DROP TABLE {table} CASCADE")
        new = first_version.url
    else:
        upgraded = shape(first_version.url)
        new = f"sqlite:///{tmp_path / 'new.sqlite'}"

    Ledger(new, ACCOUNT).close()

    assert upgraded == shape(new)


def test_an_upgrade_keeps_what_was_there(first_version):
    with closing(Ledger(first_version.url, ACCOUNT)) as ledger:
        book = ledger.book("SAL_OUTSTOCK")
        with ledger.transaction() as connection:
            known = ledger.known(connection, book, ["CK1", "CK4", "CK6"])
            unfinished = ledger.unfinished(connection, book)
            assert ledger.parked(connection, book) == []
        letters = {row["number"]: row for row in read_letters(ledger, LetterFilter(state="all"))}

    assert {number: entry.status for number, entry in known.items()} == {
        "CK1": "delivered",
        "CK4": "existing",
        "CK6": "delivered",
    }
    assert known["CK1"].delivered_hash == known["CK1"].content_hash == bytes.fromhex("827680fb7dad4cd4cb81ca982f2470d9")
    assert [(row.number, row.entry.status) for row in unfinished] == [("CK2", "saved"), ("CK5", "sending")]
    assert {number: row["state"] for number, row in letters.items()} == {
        "CK2": "open",
        "CK3": "open",
        "CK6": "delivered",
    }
    assert letters["CK3"]["record"] == {"stockout_id": 3, "remark": "请放门口"}


def test_a_process_that_dies_in_the_middle_of_an_upgrade_leaves_the_old_version(first_version):
    before = shape(first_version.url)

    dying = start(first_version.url, dies=True)

    dying.communicate(timeout=60)
    assert dying.returncode == 9
    assert shape(first_version.url) == before
    assert first_version.rows("SELECT version FROM schema_versions") == [(1,)]
    Ledger(first_version.url, ACCOUNT).close()
    assert first_version.rows("SELECT max(version) FROM schema_versions") == [(2,)]


def test_processes_that_open_an_old_ledger_at_once_upgrade_it_once(first_version):
    processes = [start(first_version.url) for _ in range(3)]

    assert [process.communicate(timeout=60)[1] for process in processes] == [b"", b"", b""]
    assert first_version.rows("SELECT version FROM schema_versions ORDER BY version") == [(1,), (2,)]


def test_processes_that_make_a_ledger_at_once_make_one(database):
    processes = [start(database.url) for _ in range(3)]

    assert [process.communicate(timeout=60)[1] for process in processes] == [b"", b"", b""]
    assert database.rows("SELECT version FROM schema_versions") == [(2,)]


def test_a_run_upgrades_the_ledger_and_goes_on_in_it(first_version, target, kingdee, documents):
    outcome = target.run(documents(2), ledger_url=first_version.url)

    assert outcome.exit_code == 0, outcome.stderr
    assert len(kingdee.held()) == 2
    assert first_version.rows("SELECT max(version) FROM schema_versions") == [(2,)]


def test_a_ledger_of_a_newer_release_is_refused(database, target, documents):
    target.run(documents(1), ledger_url=database.url)
    database.execute("INSERT INTO schema_versions VALUES (99, '2030-01-01T00:00:00+08:00')")

    outcome = target.run(documents(1), ledger_url=database.url)

    assert outcome.exit_code == 1
    assert "version 99" in outcome.sentence
