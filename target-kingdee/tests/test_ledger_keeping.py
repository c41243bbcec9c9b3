"""What a ledger gives back to the next run, and how its dead letters change their state, in both databases."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgspec
import pytest
from target_kingdee.case import Case, Fate
from target_kingdee.document import Document
from target_kingdee.ledger import Ledger
from target_kingdee.ledger_reading import read_source_schemas
from target_kingdee.letters import LetterFilter, read_letters
from target_kingdee.outcomes import LOCKED, REJECTED

ACCOUNT, FORM = "5f0a7c@kingdee.example.com", "SAL_OUTSTOCK"
WAITS_FOR = '[{"form":"BD_Customer","number":"客户7"}]'


@pytest.fixture
def ledger(database):
    with closing(Ledger(database.url, ACCOUNT)) as opened:
        opened.begin_run()
        yield opened


@pytest.fixture
def deliver(ledger):
    """Deliver documents that end in one way: `deliver(Fate.SAVED, "CK1", "CK2")`; None for no known outcome."""
    book = ledger.book(FORM)

    def send(fate, *numbers, reason=REJECTED):
        cases = [Case(_document(number), None) for number in numbers]
        with ledger.transaction() as connection:
            ledger.intend(connection, book, cases, 100)
        for case in cases:
            case.fate, case.is_ours, case.kingdee_id, case.status = fate, True, 7, "A"
            case.held_hash, case.modified_at = case.document.content_hash, "2026-03-31T10:20:30.52"
            case.reason, case.message = reason, "客户不存在"
            case.waits_for = WAITS_FOR if fate is Fate.PARKED else None
        if fate is not None:
            with ledger.transaction() as connection:
                ledger.settle(connection, book, cases, frozenset(numbers))

    return send


def _document(number):
    model = msgspec.Raw(json.dumps({"FBillNo": number, "FNote": "请放门口"}, ensure_ascii=False).encode())
    record = msgspec.Raw(b'{"no":"%s"}' % number.encode())
    return Document(number, model, number.encode().ljust(16, b"\0"), "stockouts", f'{{"no":"{number}"}}', "m", record)


@pytest.fixture
def left(ledger):
    """What is unfinished, and what is parked, by number and status."""

    def look(**options):
        book = ledger.book(FORM)
        with ledger.transaction() as connection:
            found = ledger.unfinished(connection, book, **options), ledger.parked(connection, book, **options)
        return tuple([(row.number, row.entry.status) for row in rows] for rows in found)

    return look


def states(ledger):
    return {
        letter["number"]: (letter["state"], letter["note"])
        for letter in read_letters(ledger, LetterFilter(state="all"))
    }


def test_what_is_saved_or_without_an_outcome_is_unfinished_and_what_waits_is_parked(deliver, left):
    deliver(Fate.DELIVERED, "CK1")
    deliver(Fate.SAVED, "CK5", "CK2")
    deliver(None, "CK3")
    deliver(Fate.DEAD, "CK4")
    deliver(Fate.PARKED, "CK6")
    deliver(Fate.EXISTING, "CK7")

    assert left() == ([("CK2", "saved"), ("CK3", "sending"), ("CK5", "saved")], [("CK6", "parked")])
    assert left(after="CK2", most=1) == ([("CK3", "sending")], [("CK6", "parked")])


def test_an_unfinished_document_comes_with_its_letter(deliver, ledger):
    deliver(Fate.SAVED, "CK1")
    deliver(Fate.PARKED, "CK2")
    deliver(None, "CK3")
    book = ledger.book(FORM)

    with ledger.transaction() as connection:
        saved, sending = ledger.unfinished(connection, book)
        [parked] = ledger.parked(connection, book)

    assert (saved.entry.kingdee_id, saved.entry.document_status, saved.entry.floor_id) == ("7", "A", 100)
    assert saved.entry.modified_at == "2026-03-31T10:20:30.52"
    assert saved.entry.content_hash == saved.entry.delivered_hash == b"CK1".ljust(16, b"\0")
    assert (saved.record, saved.mapping, saved.protection) == ('{"no":"CK1"}', "m", "none")
    assert json.loads(parked.model)["FNote"] == "请放门口"
    assert parked.waits_for == WAITS_FOR
    assert sending.letter_id is None


def test_a_letter_is_delivered_once_its_document_went_through(deliver, ledger, left):
    deliver(Fate.DEAD, "CK1")
    deliver(Fate.PARKED, "CK2")
    assert states(ledger) == {"CK1": ("open", None), "CK2": ("parked", None)}

    deliver(Fate.DELIVERED, "CK1", "CK2")

    assert states(ledger) == {"CK1": ("delivered", None), "CK2": ("delivered", None)}
    assert left() == ([], [])


def test_a_discarded_letter_stays_so_until_its_record_is_refused_for_another_reason(deliver, ledger, left):
    deliver(Fate.SAVED, "CK1")
    deliver(Fate.PARKED, "CK2")
    ids = [letter["dead_letter_id"] for letter in read_letters(ledger, LetterFilter(state="all"))]

    assert ledger.discard(ids, "不再需要") == 2
    assert ledger.discard([*ids, 4711], "again") == 0
    assert states(ledger) == {"CK1": ("discarded", "不再需要"), "CK2": ("discarded", "不再需要")}
    assert left() == ([], [])

    deliver(Fate.DELIVERED, "CK1")
    deliver(Fate.DEAD, "CK2")
    assert states(ledger) == {"CK1": ("discarded", "不再需要"), "CK2": ("discarded", "不再需要")}

    deliver(Fate.DEAD, "CK2", reason=LOCKED)
    assert states(ledger)["CK2"] == ("open", None)


def test_the_last_declaration_of_a_source_stream_is_kept(ledger, database):
    schema = {"properties": {"会员": {"type": "string"}}}
    ledger.store_source_schema("stockouts", ["no"], {})
    ledger.store_source_schema("stockouts", ["no"], schema)
    written = database.rows("SELECT updated_at FROM source_schemas")
    ledger.store_source_schema("stockouts", ["no"], schema)

    assert read_source_schemas(ledger) == {"stockouts": (["no"], schema)}
    assert database.rows("SELECT updated_at FROM source_schemas") == written


def test_runs_that_declare_the_same_source_stream_at_once_both_go_on(ledger, database):
    all_at_once = threading.Barrier(4)

    def declare(number):
        with closing(Ledger(database.url, ACCOUNT)) as another:
            for stream in range(10):
                all_at_once.wait(timeout=30)
                another.store_source_schema(f"stream {stream}", ["no"], {"title": f"run {number}"})

    with ThreadPoolExecutor(4) as runs:
        list(runs.map(declare, range(4)))

    assert len(read_source_schemas(ledger)) == 10


def test_what_is_unfinished_is_found_by_an_index_of_its_own(ledger, database):
    if database.is_postgres:
        [(made,)] = database.rows("SELECT indexdef FROM pg_indexes WHERE indexname = 'deliveries_unfinished'")
        assert "WHERE" in made
    else:
        statement = ledger._resumed._sql.replace("?", "0")
        plan = str(database.rows(f"EXPLAIN QUERY PLAN {statement}"))
        assert "deliveries_unfinished" in plan
