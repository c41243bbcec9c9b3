import json
import sqlite3

import pytest
from erp_sdk.command import run
from sqlalchemy import insert
from tap_ledger.tap import TapLedger
from target_kingdee.ledger_schema import VERSION, schema_versions


@pytest.fixture
def refused(tmp_path, capsys):
    """Run the command; returns the exit code and what it says."""

    def refused(state=None, **settings):
        config, bookmark = tmp_path / "config.json", tmp_path / "state.json"
        config.write_text(json.dumps(settings), encoding="utf-8")
        bookmark.write_text(json.dumps(state or {}), encoding="utf-8")
        args = ["--config", str(config), "--state", str(bookmark)]
        with pytest.raises(SystemExit) as left:
            run(TapLedger.get_singer_command(), name="tap-ledger", args=args)
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return left.value.code, said.splitlines()[-1]

    return refused


def test_a_ledger_that_is_not_there(refused, tmp_path):
    code, said = refused(ledger_path=str(tmp_path / "nowhere.sqlite"))

    assert code == 2
    assert said == (
        f"tap-ledger: there is no ledger at {tmp_path}/nowhere.sqlite; set ledger_path to the one of target-kingdee, "
        "which makes it in its first run."
    )
    assert not (tmp_path / "nowhere.sqlite").exists()


@pytest.mark.parametrize("content", [b"", b"FBillNo,FDate\n" * 100], ids=["empty", "csv"])
def test_a_file_that_is_no_ledger(refused, tmp_path, content):
    path = tmp_path / "other.sqlite"
    path.write_bytes(content)

    code, said = refused(ledger_path=str(path))

    assert code == 2
    assert said == (
        f"tap-ledger: {path} is no ledger of target-kingdee; set ledger_path or ledger_url to what target-kingdee has."
    )
    assert path.read_bytes() == content


def test_somebody_elses_database(refused, tmp_path):
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table schema_versions (version integer)")
    connection.close()

    code, said = refused(ledger_path=str(path))

    assert (code, "is no ledger of target-kingdee" in said) == (2, True)


def test_a_ledger_that_a_newer_release_wrote(refused, ledger):
    ledger.deliver("CK1")
    ledger.execute(insert(schema_versions).values(version=VERSION + 1, applied_at="2026-03-01T10:00:00+08:00"))

    code, said = refused(**ledger.settings)

    assert code == 1
    assert said == (
        f"tap-ledger: the ledger {ledger.path} has schema version {VERSION + 1}, this tap-ledger knows {VERSION}; "
        "install the newer release."
    )


def test_a_ledger_that_waits_for_its_upgrade(refused, ledger):
    ledger.deliver("CK1")
    ledger.execute(schema_versions.update().values(version=VERSION - 1))

    code, said = refused(**ledger.settings)

    assert code == 1
    assert said.endswith("the next run of target-kingdee brings it up to date.")


def test_a_url_that_is_none(refused):
    code, said = refused(ledger_url="ledger on the big server")

    assert code == 2
    assert said.startswith("tap-ledger: ledger_url is no database URL")


def test_a_database_whose_driver_is_not_there(refused):
    code, said = refused(ledger_url="oracle+nodriver://somebody:geheim@host/books")

    assert code == 2
    assert "ledger_url cannot be used" in said
    assert "geheim" not in said


def test_a_server_that_does_not_answer(refused):
    code, said = refused(ledger_url="postgresql+psycopg://somebody:geheim@127.0.0.1:1/books")

    assert code == 1
    assert said.startswith("tap-ledger: the ledger books at 127.0.0.1 cannot be read: ")
    assert said.endswith("Check ledger_url, the server and the network.")
    assert "geheim" not in said


def test_a_moment_that_is_none(refused, ledger):
    ledger.deliver("CK1")

    code, said = refused(**ledger.settings, since="last week")

    assert code == 2
    assert "since" in said


def test_a_bookmark_that_is_no_time(refused, ledger):
    ledger.deliver("CK1")
    state = {"bookmarks": {"deliveries": {"replication_key": "updated_at", "replication_key_value": "soon"}}}

    code, said = refused(state, **ledger.settings)

    assert code == 2
    assert said.startswith("tap-ledger: the state of deliveries holds 'soon', which is no date and time")
