"""Whatever happens between runs and in them, each record is in one merged document, with what it last said."""

from __future__ import annotations

import io
import json
import random
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapper_kd.mapper import MapperKd
from mapper_kd.merging.database import Database

MAPPING = """
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
merge:
  where: =open
  by: {shop: =shop}
  values: {orders: =count(), paid: =sum(paid)}
  max_lines: 3
  lines:
    items: {values: {id: =id, paid: =paid}}
head:
  FBillNo: =shop
  FCount: =orders
  FAmount: =paid
lines:
  FEntity:
    each: =items
    fields: {FId: =line.id, FPaid: =line.paid}
"""
SCHEMA = {
    "type": "SCHEMA",
    "stream": "orders",
    "key_properties": ["id"],
    "schema": {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "shop": {"type": "string"},
            "paid": {"type": "integer"},
            "open": {"type": "boolean"},
        },
    },
}


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(transaction: int, *, is_committed: bool):
    """End the process in a transaction of the merge book, before its commit or right after."""
    write = Database.writing
    count = 0

    @contextmanager
    def writing(self):
        nonlocal count
        with write(self) as connection:
            yield connection
            count += 1
            if count == transaction and not is_committed:
                raise Killed
        if count == transaction and is_committed:
            raise Killed

    Database.writing = writing
    try:
        yield
    finally:
        Database.writing = write


@dataclass
class World:
    """A source with a log of changes, the mapper's book, and what a target holds of what it was sent."""

    folder: Path
    records: dict[int, dict] = field(default_factory=dict)
    log: list[int] = field(default_factory=list)
    acknowledged: int = 0
    documents: dict[str, dict] = field(default_factory=dict)
    owners: dict[str, dict] = field(default_factory=dict)
    astray: set[int] = field(default_factory=set)

    def change(self, number: int, **values) -> None:
        self.records[number] = self.records.get(number, {"id": number, "open": True}) | values
        self.log.append(number)

    def run(self, transaction: int = 0, *, is_committed: bool = False, keeps: float = 1, reach: int = 0) -> None:
        """Read from what was acknowledged, or from before it, and let the target take a part of what comes."""
        start = max(0, self.acknowledged - reach)
        messages = [SCHEMA]
        messages += [{"type": "RECORD", "stream": "orders", "record": self.records[one]} for one in self.log[start:]]
        messages.append({"type": "STATE", "value": {"at": len(self.log)}})
        lines = self._map(messages, transaction, is_committed=is_committed)
        for line in lines[: round(len(lines) * keeps)]:
            self._take(json.loads(line))

    def _map(self, messages: list[dict], transaction: int, *, is_committed: bool) -> list[bytes]:
        mapper = MapperKd(
            config={"flows": str(self.folder / "m.yml"), "merge_book": f"sqlite:///{self.folder}/b.sqlite"}
        )
        lines: list[bytes] = []
        mapper.message_writer.write_line = lines.append
        mapper.message_writer.write_message = lambda message: lines.append(json.dumps(message.to_dict()).encode())
        mapper.message_writer.flush = lambda: None
        with killed_at(transaction, is_committed=is_committed):
            try:
                mapper.listen(io.BytesIO(b"\n".join(json.dumps(one).encode() for one in messages)))
            except Killed:
                mapper._merger.close()  # as the operating system would
        return lines

    def _take(self, message: dict) -> None:
        if message["type"] == "STATE":
            self.acknowledged = message["value"]["at"]
        elif message["type"] == "RECORD" and message["stream"] == "dead_letters":
            self.astray.add(json.loads(message["record"]["key"])["id"])
        elif message["type"] == "RECORD":
            number = message["record"]["FBillNo"]
            assert self.owners.setdefault(number, message["source"]["key"]) == message["source"]["key"]
            self.documents[number] = message["record"]

    def check(self) -> None:
        """Hold the target's documents against the source."""
        found: Counter[int] = Counter()
        for document in self.documents.values():
            lines = document["FEntity"]
            assert document["FCount"] == len(lines) <= 3
            assert document["FAmount"] == sum(line["FPaid"] for line in lines)
            for line in lines:
                found[line["FId"]] += 1
                if line["FId"] not in self.astray:
                    assert line["FPaid"] == self.records[line["FId"]]["paid"]
        assert set(found.values()) <= {1}, "a record is in two documents"
        wanted = {number for number, one in self.records.items() if one["open"]}
        assert wanted <= set(found) | self.astray, "a record is in no document"
        assert set(found) <= wanted | self.astray


CHANGES = st.lists(
    st.tuples(
        st.integers(1, 12), st.sampled_from(["A", "B", "C"]), st.integers(0, 9), st.sampled_from([True] * 7 + [False])
    ),
    max_size=8,
)
RUNS = st.lists(
    st.tuples(CHANGES, st.integers(0, 8), st.booleans(), st.sampled_from([0, 0.3, 0.7, 1, 1]), st.integers(0, 6)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20, deadline=None)
@given(RUNS)
def test_each_record_is_in_one_document_whatever_is_killed_and_read_again(runs):
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "m.yml").write_text(MAPPING)
        world = World(folder)
        for changes, transaction, is_committed, keeps, reach in runs:
            for number, shop, paid, is_open in changes:
                world.change(number, shop=shop, paid=paid, open=is_open)
            world.run(transaction, is_committed=is_committed, keeps=keeps, reach=reach)
        world.run()
        world.check()
    finally:
        shutil.rmtree(folder)


def test_a_clean_run_after_a_clean_run_sends_nothing():
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "m.yml").write_text(MAPPING)
        world = World(folder)
        world.change(1, shop="A", paid=1)
        world.run()
        world.documents.clear()
        world.run()
        assert world.documents == {}
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_a_process_killed_while_it_reads_or_writes_loses_and_doubles_nothing(project, moment):
    project.write("m.yml", MAPPING.replace("  max_lines: 3\n", ""))
    project.write("config.json", json.dumps({"flows": "m.yml"}))
    chosen = random.Random(7)
    records = [{"id": n, "shop": f"S{chosen.randrange(900)}", "paid": n, "open": True} for n in range(6000)]
    messages = project.wire(
        [
            SCHEMA,
            *({"type": "RECORD", "stream": "orders", "record": one} for one in records),
            {"type": "STATE", "value": {}},
        ]
    )
    killed = _killed([*project.program, "--config", "config.json"], project.folder, messages, moment)

    done = project.command("--config", "config.json", messages=messages.splitlines())

    before, after = ({}, {})
    for output, found in ((killed, before), (done.stdout, after)):
        for line in output.splitlines(keepends=True):
            message = json.loads(line, parse_float=Decimal) if line.endswith(b"\n") else {}
            if message.get("stream") == "SAL_OUTSTOCK" and message["type"] == "RECORD":
                found[message["record"]["FBillNo"]] = message["record"]
    assert done.returncode == 0, done.stderr
    assert sum(one["FAmount"] for one in after.values()) == sum(one["paid"] for one in records)
    assert sum(one["FCount"] for one in after.values()) == len(records)
    assert before.items() <= after.items(), "what was sent before comes again as it was"
    assert (moment == "writing") == bool(before)


def _killed(command: list[str], folder: Path, messages: bytes, moment: str) -> bytes:
    """Kill the process in the middle of its input, or of its output; return what it has written."""
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        one.stdin.write(messages if moment == "writing" else messages[: len(messages) // 2])
        one.stdin.flush()
        if moment == "writing":
            one.stdin.close()
            output = b"".join(one.stdout.readline() for _ in range(100))
        else:
            book = folder / "merge-book.sqlite"
            while not book.exists() or book.stat().st_size == 0:
                assert one.poll() is None
            output = b""
        one.send_signal(signal.SIGKILL)
        return output + one.stdout.read()
