from datetime import datetime, timedelta

import pytest
from erp_sdk.times import now, rfc3339
from tap_ledger.tap import TapLedger

LONG_AGO = "2026-03-01T10:00:00+08:00"
LATER = "2026-03-02T10:00:00+08:00"


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request, tmp_path, write_ledger):
    """The same on both databases."""
    return (
        write_ledger(tmp_path / "ledger.sqlite")
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_ledger")
    )


def test_a_second_run_reads_only_what_changed(ledger, read):
    ledger.deliver("CK1", "CK2", at=LONG_AGO)
    ledger.bury(3, at=LONG_AGO)
    first = read()
    ledger.deliver("CK2", "CK9", at=LATER)
    ledger.bury(10, at=LATER)

    second = read(after=first)

    assert (first.numbers(), first.keys()) == (["CK1", "CK2"], [3])
    assert first.bookmark("deliveries") == first.bookmark("dead_letters") == LONG_AGO
    # CK1 and letter 3 changed in the very second of the bookmark: read again, since another row of it may be new.
    assert (second.numbers(), second.keys()) == (["CK1", "CK2", "CK9"], [10, 3])
    third = read(after=second)
    assert (third.numbers(), third.keys()) == (["CK2", "CK9"], [10])


def test_a_row_that_is_written_in_the_second_of_the_bookmark_is_not_lost(ledger, read):
    ledger.deliver("CK1", at=LONG_AGO)
    first = read()
    ledger.deliver("CK2", at=LONG_AGO)

    assert read(after=first).numbers() == ["CK1", "CK2"]


def test_a_row_that_is_committed_with_an_earlier_time_is_not_lost(ledger, read):
    ledger.deliver("CK1")
    first = read()
    ledger.deliver("CK2", at=rfc3339(now() - timedelta(minutes=4)))

    assert "CK2" in read(after=first).numbers()


def test_the_bookmark_stays_out_of_the_overlap_and_reaches_the_newest_change_afterwards(ledger, read):
    began = now()
    ledger.deliver("CK1")

    soon = read(overlap_minutes=30)
    at_once = read(overlap_minutes=0)

    assert datetime.fromisoformat(soon.bookmark("deliveries")) <= now() - timedelta(minutes=30)
    assert datetime.fromisoformat(at_once.bookmark("deliveries")) >= began.replace(microsecond=0)
    assert soon.numbers() == at_once.numbers() == ["CK1"]


def test_the_bookmark_never_moves_back(ledger, read):
    ledger.deliver("CK1", at=LATER)
    first = read()
    ledger.deliver("CK1", at=LONG_AGO)

    second = read(after=first)

    assert second.numbers() == []
    assert second.bookmark("deliveries") == LATER


def test_a_letter_that_is_closed_comes_once_more_with_the_time(ledger, read):
    ledger.bury(7, at=LONG_AGO)
    first = read()
    ledger.deliver("CK7")

    (record,) = read(after=first).records["dead_letters"]

    assert record["closed_at"] == record["updated_at"] > LONG_AGO
    assert record["last_at"] == LONG_AGO


@pytest.mark.parametrize("occurred_at", [LONG_AGO, "2026-03-01T02:00:00.123Z", "not a time"])
def test_a_letter_that_reaches_the_ledger_long_after_the_mapping_failed_is_not_missed(ledger, read, occurred_at):
    ledger.bury(7, at=LATER)
    first = read()
    ledger.keep(8, occurred_at=occurred_at)

    second = read(after=first)

    assert second.keys() == [7, 8]  # 7 changed in the very second of the bookmark
    letter = next(record for record in second.records["dead_letters"] if "8}" in record["source_key"])
    assert datetime.fromisoformat(letter["last_at"]).utcoffset() == timedelta(hours=8)
    assert letter["updated_at"] > LATER


def test_a_full_table_read_ignores_the_bookmark(ledger, read):
    ledger.deliver("CK1", at=LONG_AGO)
    ledger.deliver("CK2", at=LATER)
    first = read()
    catalog = TapLedger(config=ledger.settings).catalog_dict
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"

    assert read(after=first, catalog=catalog).numbers() == ["CK1", "CK2"]
