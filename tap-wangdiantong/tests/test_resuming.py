"""Bookmarks: stopped runs, late changes, lists that move while they are read."""

import json
import random
import signal
import threading
from itertools import pairwise

import pytest
from tap_wangdiantong.tap import TapWangdiantong

DAY = {"start_date": "2026-03-30", "end_date": "2026-03-30"}
LAST_SECOND = "2026-03-30T23:59:59+08:00"
slow_answers = {"latency_ms": 200}


@pytest.fixture
def own(tap):
    """The tap, and a sandbox whose switches and documents are put back afterwards."""
    usual = tap.sandbox.post("wangdiantong/settings")
    yield tap
    tap.sandbox.post("wangdiantong/settings", usual)
    tap.sandbox.post("wangdiantong/reset-edits")


def ids(output):
    return {record["stockout_id"] for record in output.records()}


def wanted(reader, day="2026-03-30"):
    documents = reader.sandbox.show("wangdiantong", "sales_stockouts")
    return {d["stockout_id"] for d in documents if d["status"] != 55 and d["modified"].startswith(day)}


def stop_after_states(process, states, number):
    """Let a run write so many STATE messages, then stop it; return the messages that were whole."""
    lines, seen = [], 0
    while seen < states:
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        lines.append(json.loads(line))
        seen += lines[-1]["type"] == "STATE"
    process.send_signal(number)
    rest = process.stdout.read().split(b"\n")
    process.wait()
    process.stdout.close()
    process.stderr.close()
    return lines, rest


@pytest.mark.parametrize("dialect", ["flagship", "qimen_flagship"])
def test_a_backfill_killed_half_way_goes_on_where_it_was_and_loses_nothing(own, dialect):
    own.sandbox.post("wangdiantong/settings", slow_answers)
    config = own.settings(dialect, **DAY)

    lines, rest = stop_after_states(own.start(config), 8, signal.SIGKILL)
    state = next(line["value"] for line in reversed(lines) if line["type"] == "STATE")
    bookmark = state["bookmarks"]["sales_stockouts"]["replication_key_value"]
    assert "2026-03-30T07:59:59+08:00" <= bookmark < LAST_SECOND
    own.sandbox.post("wangdiantong/settings", {"latency_ms": 0})
    second = own.read(dialect, state=state, **DAY)

    first = {line["record"]["stockout_id"] for line in lines if line["type"] == "RECORD"}
    assert first | ids(second) == wanted(own)
    assert ids(second) != wanted(own)
    assert second.bookmark() == LAST_SECOND
    assert not any(line.endswith(b"}}") and b'"STATE"' in line for line in rest[:-1])


def run_for(reader, config, state, seconds):
    """Run the command, kill it after so many seconds (None: never); return what it had handed over by then."""
    process = reader.start(config, streams=BACKFILL, state=state)
    timer = threading.Timer(seconds or 0, process.kill)
    if seconds is not None:
        timer.start()
    handed_over = process.stdout.read()
    code = process.wait()
    timer.cancel()
    process.stdout.close()
    process.stderr.close()
    whole = handed_over[: handed_over.rfind(b"\n") + 1]  # a target throws a broken last line away
    return [json.loads(line) for line in whole.splitlines()], code


BACKFILL = ("sales_stockouts", "trades", "stock_count_details")


def test_a_backfill_killed_again_and_again_at_any_moment_ends_with_the_same_documents(own):
    chance = random.Random(20260330)
    config = own.settings("flagship", start_date="2026-03-28", end_date="2026-04-01", concurrency=5)
    keys = dict(zip(BACKFILL, ("stockout_id", "trade_id", "rec_id"), strict=True))

    def documents(messages):
        rows = [(m["stream"], m["record"]) for m in messages if m["type"] == "RECORD"]
        return {(name, row[keys[name]], row["modified"]) for name, row in rows}

    expected = documents(
        own.read("flagship", streams=BACKFILL, start_date="2026-03-28", end_date="2026-04-01").messages
    )
    own.sandbox.post("wangdiantong/settings", {"latency_ms": 40})
    found, state, kills, code = set(), {}, 0, None
    while code != 0:
        messages, code = run_for(own, config, state, chance.uniform(1.0, 3.0) if kills < 5 else None)
        kills += code == -signal.SIGKILL
        assert code in (0, -signal.SIGKILL)
        found |= documents(messages)
        state = next((m["value"] for m in reversed(messages) if m["type"] == "STATE"), state)

    assert kills > 1
    assert found == expected


def test_a_terminated_run_leaves_whole_lines_and_a_state_to_go_on_from(own):
    own.sandbox.post("wangdiantong/settings", slow_answers)
    process = own.start(own.settings("flagship", **DAY))

    lines, rest = stop_after_states(process, 5, signal.SIGTERM)

    assert process.returncode == 143
    assert rest[-1] == b""
    lines += [json.loads(line) for line in rest[:-1]]
    state = next(line["value"] for line in reversed(lines) if line["type"] == "STATE")
    assert set(state["bookmarks"]["sales_stockouts"]) == {"replication_key", "replication_key_value"}
    second = own.read("flagship", state=state, **DAY)
    first = {line["record"]["stockout_id"] for line in lines if line["type"] == "RECORD"}
    assert first | ids(second) == wanted(own)


def test_bookmarks_only_move_forward_and_look_the_same(tap):
    output = tap.read("flagship", **DAY)

    bookmarks = output.bookmarks()
    assert len(bookmarks) == 24
    assert all(earlier < later for earlier, later in pairwise(bookmarks))
    assert all(len(value) == len(LAST_SECOND) and value.endswith("+08:00") for value in bookmarks)


def test_a_bookmark_comes_after_the_records_it_is_about(tap):
    reached = ""
    for message in tap.read("flagship", lookback_minutes=0, **DAY).messages:
        if message["type"] == "RECORD":
            assert message["record"]["modified"] > reached
        elif message["type"] == "STATE":
            bookmark = message["value"]["bookmarks"].get("sales_stockouts", {})
            reached = bookmark.get("replication_key_value", reached)


def test_a_second_run_reads_only_the_lookback_and_keeps_the_bookmark(tap):
    first = tap.read(**DAY)

    second = tap.read(state=first.states[-1], lookback_minutes=30, **DAY)

    assert second.bookmark() == first.bookmark() == LAST_SECOND
    assert ids(second) < ids(first)
    assert all(record["modified"] >= "2026-03-30T23:29:59+08:00" for record in second.records())


def test_a_change_that_shows_late_is_read_within_the_lookback(own):
    own.read(**DAY)
    state = {"bookmarks": {"sales_stockouts": {"replication_key": "modified", "replication_key_value": LAST_SECOND}}}
    changed = next(d for d in own.sandbox.show("wangdiantong", "sales_stockouts") if d["status"] == 110)
    late = {"modified": "2026-03-30 23:55:00", "remark": "改签"}
    own.sandbox.post("wangdiantong/edit", {"order_no": changed["order_no"], **late})

    found = [r for r in own.read(state=state, **DAY).records() if r["stockout_id"] == changed["stockout_id"]]

    assert [record["remark"] for record in found] == ["改签"]


def test_a_bookmark_without_an_offset_is_beijing_time(tap):
    state = {
        "bookmarks": {
            "sales_stockouts": {"replication_key": "modified", "replication_key_value": "2026-03-30 12:00:00"}
        }
    }

    records = tap.read(state=state, lookback_minutes=0, **DAY).records()

    assert min(record["modified"] for record in records) >= "2026-03-30T12:00:00+08:00"
    assert min(record["modified"] for record in records) < "2026-03-30T13:00:00+08:00"


def test_a_start_date_with_an_offset_is_that_moment(tap):
    records = tap.read(start_date="2026-03-30T04:00:00Z", end_date="2026-03-30").records()

    assert min(record["modified"] for record in records) >= "2026-03-30T12:00:00+08:00"


def test_a_window_with_too_many_rows_is_read_in_parts_and_bookmarked_in_between(tap):
    output = tap.read(window_rows=50, **DAY)
    serial = tap.read(window_rows=50, concurrency=1, **DAY)

    assert [r["stockout_id"] for r in output.records()] == [r["stockout_id"] for r in serial.records()]
    assert output.bookmarks() == serial.bookmarks()
    assert ids(output) == wanted(tap)
    assert len(output.bookmarks()) > 2
    assert output.bookmark() == LAST_SECOND


def test_smaller_windows_and_several_at_a_time_give_the_same_in_the_same_order(tap):
    one = tap.read("flagship", window_minutes=20, **DAY)

    several = tap.read("flagship", window_minutes=20, concurrency=4, **DAY)

    assert [r["stockout_id"] for r in several.records()] == [r["stockout_id"] for r in one.records()]
    assert several.bookmarks() == one.bookmarks()


@pytest.mark.parametrize(
    ("dialect", "changes", "workers"),
    [
        ("flagship", {"calls_per_minute": 60}, 2),
        ("flagship", {"calls_per_minute": 600}, 11),
        ("flagship", {"calls_per_minute": 6000}, 16),
        ("qimen_flagship", {"calls_per_minute": 60}, 1),
        ("qimen_flagship", {"calls_per_minute": 600}, 10),
        ("qimen_flagship", {"concurrency": 3}, 3),
    ],
)
def test_so_many_windows_are_read_at_a_time_that_the_budget_is_the_limit(tap, dialect, changes, workers):
    assert TapWangdiantong(config=tap.settings(dialect, **changes)).workers == workers


@pytest.mark.parametrize("dialect", ["openapi", "flagship", "qimen", "qimen_flagship"])
def test_nothing_is_lost_when_documents_are_edited_while_they_are_read(own, dialect):
    everything = wanted(own)
    own.sandbox.post("wangdiantong/settings", {"live_edits": 3})

    first = own.read(dialect, page_size=20, **DAY)

    own.sandbox.post("wangdiantong/settings", {"live_edits": 0})
    moved = {
        d["stockout_id"]
        for d in own.sandbox.show("wangdiantong", "sales_stockouts")
        if d["stockout_id"] in everything and not d["modified"].startswith("2026-03-30")
    }
    assert moved
    assert ids(first) >= everything - moved
    numbers = [(record["stockout_id"], record["modified"]) for record in first.records()]
    assert len(numbers) == len(set(numbers))
