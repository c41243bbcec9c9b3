"""A run of target-kingdee goes on while its ledger is read: processes of their own, as in life."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TAP = Path(sys.executable).with_name("tap-ledger")
WRITER = """
import sys, time
sys.path.insert(0, {tests!r})
from conftest import WrittenLedger
ledger = WrittenLedger({url!r})
for start in range(100000, 200000, 20):
    ledger.deliver(*(f"CK{{number}}" for number in range(start, start + 20)))
    ledger.deliver("CK1", "CK99999")
    print("written", flush=True)
    time.sleep(0.02)
"""


def numbers(lines):
    messages = [json.loads(line) for line in lines]
    return [
        message["record"]["number"]
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == "deliveries"
    ]


def tap(tmp_path, ledger, state):
    config, bookmark = tmp_path / "config.json", tmp_path / "state.json"
    config.write_text(json.dumps(ledger.settings), encoding="utf-8")
    bookmark.write_text(json.dumps(state), encoding="utf-8")
    return [str(TAP), "--config", str(config), "--state", str(bookmark)]


def test_reading_beside_a_writer_misses_nothing_and_stops_nobody(ledger, read):
    before = [f"CK{number}" for number in range(1, 1300)]
    ledger.deliver(*before, at="2026-03-01T10:00:00+08:00")
    script = WRITER.format(tests=str(Path(__file__).parent), url=ledger.url)
    seen, last, deadline = set(), None, time.monotonic() + 60
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        try:
            while len(seen) < len(before) + 200:  # several runs while batch after batch is written
                assert time.monotonic() < deadline, "nothing was written meanwhile"
                assert writer.stdout.readline() == b"written\n"
                last = read(after=last)
                assert len(last.numbers()) == len(set(last.numbers()))
                seen |= set(last.numbers())
            assert writer.poll() is None, "the writer was stopped by the reader"
        finally:
            writer.kill()

    seen |= set(read(after=last).numbers())
    assert seen == set(read().numbers())


def test_reading_writes_nothing_into_the_ledger(ledger, read):
    ledger.deliver("CK1")
    ledger.bury(2)
    before = ledger.path.read_bytes()

    read()

    assert ledger.path.read_bytes() == before


def test_sigterm_ends_a_run_after_the_page_in_hand_and_keeps_the_old_bookmark(ledger, tmp_path):
    ledger.deliver(*(f"CK{number}" for number in range(5000)), at="2026-03-01T10:00:00+08:00")
    state = {"bookmarks": {"deliveries": {"replication_key": "updated_at", "replication_key_value": "2026-01-01"}}}
    command = tap(tmp_path, ledger, state)
    read_end, write_end = os.pipe()
    with subprocess.Popen(command, stdout=write_end, stderr=subprocess.DEVNULL) as process:
        os.close(write_end)
        with os.fdopen(read_end, "rb") as output:
            head = [output.readline() for _ in range(20)]  # then the pipe is full, and the tap waits
            process.send_signal(signal.SIGTERM)
            lines = [line for line in head + output.readlines() if line.endswith(b"\n")]
        assert process.wait(timeout=30) == 143

    assert 0 < len(numbers(lines)) < 5000
    bookmarks = [m["value"]["bookmarks"] for m in map(json.loads, lines) if m["type"] == "STATE"]
    assert all(b["deliveries"]["replication_key_value"] == "2026-01-01" for b in bookmarks if "deliveries" in b)
