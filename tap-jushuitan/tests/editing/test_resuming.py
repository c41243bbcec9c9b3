"""Bookmarks: row versions and windows, stopped runs, late changes, lists that move while they are read.

In a folder of their own, since a folder of tests has a sandbox of its own, and these change its documents.
"""

import json
import random
import signal
from datetime import datetime, timedelta, timezone

import pytest

CST = timezone(timedelta(hours=8))
DAYS = {"start_date": "2026-03-30"}
ENDED = {"start_date": "2026-03-30", "end_date": "2026-04-02"}


def ids(output, stream="sales_outbounds", key="io_id"):
    return [record[key] for record in output.records(stream)]


def wanted(reader, stream="sales_outbounds"):
    return {document["id"] for document in reader.sandbox.show("jushuitan", stream)}


def changed(reader, number, stream="sales_outbounds", modified="2026-04-02 09:00:00", **changes):
    """Edit a document; long enough ago, so that nothing is still moving."""
    when = {} if modified is None else {"modified": modified}
    reader.sandbox.post("jushuitan/edit", {"stream": stream, "number": number, **when, **changes})


def middle(output):
    """The time of change in the middle of a run's records."""
    times = sorted(record["modified"] for record in output.records())
    return times[len(times) // 2]


@pytest.mark.usefixtures("in_april")
def test_a_second_run_brings_what_has_changed_since_and_nothing_else(tap):
    first = tap.read(**DAYS)
    chosen = ids(first)[5]
    changed(tap, chosen, remark="改签")

    second = tap.read(**DAYS, state=first.state)

    assert first.bookmark()["replication_key"] == "ts"
    assert [r["remark"] for r in second.records() if r["io_id"] == chosen] == ["改签"]
    assert len(second.records()) <= 3
    assert second.bookmark()["replication_key_value"] >= first.bookmark()["replication_key_value"]


def test_rows_that_may_still_be_moving_are_read_again_and_older_ones_not(tap):
    first = tap.read(**DAYS)
    chosen = ids(first)[6]
    changed(tap, chosen, remark="刚刚", modified=None)

    second = tap.read(**DAYS, state=first.state)
    third = tap.read(**DAYS, state=second.state)
    settled = tap.read(**DAYS, state=second.state, lookback_minutes=0)
    after = tap.read(**DAYS, state=settled.state, lookback_minutes=0)

    assert chosen in ids(second)
    assert chosen in ids(third)
    assert third.bookmark() == second.bookmark()
    assert settled.bookmark()["replication_key_value"] > third.bookmark()["replication_key_value"]
    assert len(ids(after)) == 1
    changed(tap, chosen)


@pytest.mark.parametrize("row_versions", [True, False])
def test_nothing_is_lost_when_documents_are_edited_while_they_are_read(own, row_versions):
    everything = wanted(own, "refunds") | wanted(own, "allocations")
    own.sandbox.post("jushuitan/settings", {"live_edits": 3})
    run = {
        **DAYS,
        "streams": ("refunds", "allocations"),
        "page_size": 7,
        "row_versions": row_versions,
        "settle_minutes": 0,
    }

    first = own.read(**run)
    own.sandbox.post("jushuitan/settings", {"live_edits": 0})
    second = own.read(**run, state=first.state)

    truth = {document["id"]: document for s in run["streams"] for document in own.sandbox.show("jushuitan", s)}
    newest = {}
    for output in (first, second):
        for record in (*output.records("refunds"), *output.records("allocations")):
            newest[record.get("as_id") or record["io_id"]] = record["modified"][:19].replace("T", " ")
    assert newest.keys() >= everything
    assert {number: newest[number] for number in truth} == {number: d["modified"][:19] for number, d in truth.items()}


@pytest.mark.usefixtures("in_april")
@pytest.mark.parametrize("row_versions", [True, False])
def test_wherever_a_run_is_killed_the_next_one_brings_the_rest(tap, row_versions):
    """A kill leaves a run's first messages: here as many as chance wants."""
    run = {**DAYS, "window_minutes": 240, "row_versions": row_versions, "settle_minutes": 0}
    whole = tap.read(**run)
    everything = set(ids(whole))
    chance = random.Random(20260330 + row_versions)

    for cut in sorted(chance.sample(range(len(whole.messages)), 2)):
        before = type(whole)(whole.messages[:cut])
        state = before.states[-1] if before.states else None
        after = tap.read(**run, state=state)
        assert set(ids(before)) | set(ids(after)) == everything
        assert after.bookmark() == whole.bookmark()


@pytest.mark.usefixtures("in_april")
def test_a_terminated_run_leaves_whole_lines_and_a_state_to_go_on_from(own):
    own.sandbox.post("jushuitan/settings", {"latency_ms": 40})
    process = own.start(own.settings(**ENDED, window_minutes=120, concurrency=1))
    lines = []
    while sum(line["type"] == "STATE" for line in lines) < 5:
        lines.append(json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGTERM)
    rest = process.communicate()[0].split(b"\n")
    own.sandbox.post("jushuitan/settings", {"latency_ms": 0})

    lines += [json.loads(line) for line in rest[:-1]]
    state = next(line["value"] for line in reversed(lines) if line["type"] == "STATE")
    second = own.read(**ENDED, state=state)

    assert (process.returncode, rest[-1]) == (143, b"")
    assert {line["record"]["io_id"] for line in lines if line["type"] == "RECORD"} | set(ids(second)) == wanted(own)


def test_a_bookmark_comes_after_the_records_it_is_about(tap):
    reached = 0
    for message in tap.read(streams=("inventory",), start_date=None).messages:
        if message["type"] == "RECORD":
            assert message["record"]["ts"] > reached
        elif message["type"] == "STATE":
            reached = message["value"]["bookmarks"].get("inventory", {}).get("replication_key_value", reached)
    assert reached


@pytest.mark.usefixtures("in_april")
@pytest.mark.parametrize("key", ["ts", "modified"])
def test_a_bookmark_that_is_set_to_a_day_reads_from_that_day_on_again(tap, key):
    first = tap.read(**DAYS)
    state = json.loads(json.dumps(first.state))
    state["bookmarks"]["sales_outbounds"] = {"replication_key": key, "replication_key_value": middle(first)}

    again = tap.read(**DAYS, state=state, lookback_minutes=0)

    later = {record["io_id"] for record in first.records() if record["modified"] >= middle(first)}
    assert len(later) > 100
    assert set(ids(again)) >= later
    assert len(ids(again)) < len(ids(first))
    assert again.bookmark()["replication_key"] == "ts"


@pytest.mark.usefixtures("in_april")
def test_the_safety_net_reads_the_windows_since_the_last_pass_again_when_it_is_due(tap):
    first = tap.read(**DAYS)
    state = json.loads(json.dumps(first.state))
    long_ago = {"windows_read_to": middle(first), "windows_end": middle(first)}
    state["bookmarks"]["sales_outbounds"].update(long_ago)
    later = {record["io_id"] for record in first.records() if record["modified"] > middle(first)}

    not_due = tap.read(**DAYS, state=state)
    due = tap.read(**DAYS, state=state, window_pass_hours=24)
    again = tap.read(**DAYS, state=due.state, window_pass_hours=24)

    assert not set(ids(not_due)) >= later
    assert set(ids(due)) >= later
    assert due.bookmark()["windows_read_to"] > "2026-04"
    assert len(ids(again)) < len(later)


def test_a_change_between_two_seconds_at_a_windows_end_is_not_missed(tap):
    edge = datetime.fromisoformat(middle(tap.read(**ENDED)))
    start = (edge - timedelta(minutes=59, seconds=59)).strftime("%Y-%m-%d %H:%M:%S")

    found = tap.read(start_date=start, end_date="2026-04-02", window_minutes=60)

    assert sorted(set(ids(found))) == sorted(
        {d["id"] for d in tap.sandbox.show("jushuitan", "sales_outbounds") if start <= d["modified"] < "2026-04-03"}
    )


def test_without_row_versions_the_bookmark_is_a_time_and_both_ways_take_over_from_each_other(tap):
    by_time = tap.read(**DAYS, row_versions=False)
    chosen = ids(by_time)[9]
    changed(tap, chosen, remark="转换", modified=None)

    by_version = tap.read(**DAYS, state=by_time.state, settle_minutes=0)
    back = tap.read(**DAYS, state=by_version.state, row_versions=False, settle_minutes=0)

    assert by_time.bookmark()["replication_key"] == "modified"
    assert chosen in ids(by_version)
    assert by_version.bookmark()["replication_key"] == "ts"
    assert chosen in ids(back)
    assert len(ids(back)) < 20
    changed(tap, chosen)
