"""Changes: late ones to old documents, those that race with a run, and runs that are stopped in the middle."""

import json
import random
import signal
import time
from datetime import datetime

import pytest
from erp_sdk import stream as erp_stream
from erp_sdk.times import CST, rfc3339

OPEN_END = {"end_date": None, "settle_minutes": 0}
PERIOD = {"start_date": "2026-03-30", "end_date": "2026-03-31"}
END = "2026-03-31T23:59:59+08:00"
CHANGING = ("transfers", "trades", "stock_outs")
"""By creation time, by cursor, by page number."""


@pytest.fixture
def own(tap):
    """The tap, and a sandbox whose switches are put back afterwards."""
    usual = tap.sandbox.post("jikeyun/settings")
    yield tap
    tap.sandbox.post("jikeyun/settings", usual)


@pytest.fixture
def edited(own):
    """The same for tests that edit documents: they are put back too."""
    before = facts(own)
    yield own
    own.sandbox.post("jikeyun/settings", {"live_edits": 0})
    for (kind, number), (modified, remark) in before.items() - facts(own).items():
        moment = int(datetime.fromisoformat(in_beijing(modified)).timestamp())
        own.sandbox.post("jikeyun/edit", {"kind": kind, "id": number, "modified": moment, "remark": remark})


def facts(reader):
    shown = [d for stream in ("trades", "return_changes", "transfers") for d in reader.sandbox.show("jikeyun", stream)]
    return {(document["kind"], document["fact"]): (document["modified"], document["remark"]) for document in shown}


def in_beijing(text):
    return text.replace(" ", "T") + "+08:00"


def held(reader, stream):
    """What the ERP holds: the time of the last change by key."""
    key = "number" if stream == "refunds" else "id"
    return {d[key]: in_beijing(d["modified"]) for d in reader.sandbox.show("jikeyun", stream)}


def given(stream, *outputs):
    """What runs have given, the later ones winning."""
    found = {}
    for output in outputs:
        for record in output.records(stream):
            found[next(iter(record.values()))] = record["gmtModified"]
    return found


def transfers(reader):
    return reader.sandbox.show("jikeyun", "transfers")


def touch(reader, document, remark):
    edit = {"kind": document["kind"], "id": document["fact"], "remark": remark}
    return rfc3339(datetime.fromtimestamp(reader.sandbox.post("jikeyun/edit", edit)["modified"], CST))


@pytest.mark.parametrize("stream", CHANGING)
def test_what_people_change_while_it_is_read_arrives_in_this_run_or_the_next(edited, stream):
    edited.sandbox.post("jikeyun/settings", {"live_edits": 2})

    first = edited.read(stream, page_size=40, concurrency=1, **OPEN_END)

    edited.sandbox.post("jikeyun/settings", {"live_edits": 0})
    second = edited.read(stream, state=first.states[-1], trailing_days=400, **OPEN_END)
    truth = held(edited, stream)
    assert any(version >= first.bookmark(stream) for version in truth.values())
    assert given(stream, first, second) == truth


def test_an_old_transfer_that_changes_comes_again_and_the_others_do_not(edited):
    first = edited.read("transfers", trailing_days=400, **OPEN_END)
    time.sleep(1.1)  # the vendor's times are whole seconds, and both ends of a period are included
    chosen = min(transfers(edited), key=lambda document: document["created"])
    modified = touch(edited, chosen, "改了备注")

    second = edited.read("transfers", state=first.states[-1], trailing_days=400, lookback_minutes=0, **OPEN_END)
    too_short = edited.read("transfers", state=first.states[-1], trailing_days=1, lookback_minutes=0, **OPEN_END)

    (record,) = second.records("transfers")
    assert (record["allocateId"], record["gmtModified"], record["memo"]) == (chosen["id"], modified, "改了备注")
    assert too_short.records("transfers") == []


def test_a_transfer_created_before_start_date_counts_when_it_was_changed_after_it(own):
    changed = held(own, "transfers")
    start = sorted(changed.values())[len(changed) // 2]
    created = {document["id"]: in_beijing(document["created"]) for document in transfers(own)}

    records = own.read("transfers", start_date=start).records("transfers")

    assert {record["allocateId"] for record in records} == {key for key, moment in changed.items() if moment >= start}
    assert any(created[record["allocateId"]] < start for record in records)


def test_the_bookmark_is_the_moment_before_the_first_list_was_asked_for(own, monkeypatch):
    moments = iter([datetime(2026, 11, 20, 8, 0, tzinfo=CST)])
    monkeypatch.setattr(erp_stream, "now", lambda: next(moments))

    assert own.read("transfers", end_date=None, settle_minutes=2).bookmark("transfers") == "2026-11-20T07:58:00+08:00"


def test_the_bookmark_never_moves_back(own):
    state = {"bookmarks": {"transfers": {"replication_key": "gmtModified", "replication_key_value": END}}}

    output = own.read("transfers", state=state, lookback_minutes=3 * 24 * 60, end_date="2026-03-30")

    assert output.bookmark("transfers") == END


def stop_after_states(process, states, number):
    """Let a run write so many STATE messages, then stop it; return the messages that were whole."""
    lines, seen = [], 0
    while seen < states:
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        lines.append(json.loads(line))
        seen += lines[-1]["type"] == "STATE"
    process.send_signal(number)
    process.stdout.read()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    return lines


@pytest.mark.parametrize(
    ("stream", "key", "first", "last"), [("transfers", "allocateId", 18, 22), ("trades", "tradeId", 4, 20)]
)
def test_a_run_killed_anywhere_goes_on_where_it_was_and_loses_nothing(own, stream, key, first, last):
    own.sandbox.post("jikeyun/settings", {"latency_ms": 25})
    config = own.settings(window_minutes=120, trailing_days=1, concurrency=2, **PERIOD)
    wanted = {key for key, version in held(own, stream).items() if "2026-03-30" <= version <= END}
    if stream == "transfers":  # by creation: those that have changed since are among them
        wanted = set(held(own, stream))

    states = random.Random().randint(first, last)
    lines = stop_after_states(own.start(config, streams=(stream,)), states, signal.SIGKILL)

    state = next(line["value"] for line in reversed(lines) if line["type"] == "STATE")
    own.sandbox.post("jikeyun/settings", {"latency_ms": 0})
    second = own.read(stream, state=state, window_minutes=120, trailing_days=1, **PERIOD)
    before = {line["record"][key] for line in lines if line["type"] == "RECORD"}
    after = {record[key] for record in second.records(stream)}
    assert before | after == wanted
    assert after < wanted
    assert second.bookmark(stream) == END
    assert set(second.states[-1]["bookmarks"][stream]) == {"replication_key", "replication_key_value"}


def test_a_stopped_range_says_how_far_it_was_read_and_has_no_bookmark_yet(own):
    own.sandbox.post("jikeyun/settings", {"latency_ms": 25})
    config = own.settings(window_minutes=120, trailing_days=1, **PERIOD)

    lines = stop_after_states(own.start(config, streams=("transfers",)), 14, signal.SIGTERM)

    state = next(line["value"] for line in reversed(lines) if line["type"] == "STATE")
    left = state["bookmarks"]["transfers"]
    assert "replication_key_value" not in left
    assert left["reading"]["created_from"] == "2026-03-29T00:00:00+08:00"
    assert left["reading"]["bookmark"] == END
    assert "2026-03-30T02:00:00+08:00" < left["reading"]["created_through"] < END
    whole = own.read("transfers", state=state, trailing_days=2, **PERIOD)
    assert len(whole.records("transfers")) == len(own.read("transfers", **PERIOD).records("transfers"))


def test_bookmarks_look_the_same_however_the_vendor_writes_its_times(own):
    output = own.read("transfers", "trades", **PERIOD)

    for stream in ("transfers", "trades"):
        moments = [record["gmtModified"] for record in output.records(stream)]
        assert moments == [rfc3339(datetime.fromisoformat(moment)) for moment in moments]
