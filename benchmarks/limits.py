"""旺店通 and 聚水潭 allow so many calls a minute, and pages are waiting: how many are made, and how many refused.

The sandbox counts calls as they arrive, by the vendors' numbers, and refuses those beyond. Between it and the tap lies
a line that lets every answer take its time. A year of 旗舰版 is 8,760 windows of an hour, each a call or more: two and
a half hours at 60 calls a minute. So that it can be measured in minutes, the sandbox is told to allow more.
"""

from __future__ import annotations

import math
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import TYPE_CHECKING, Any

from erp_sdk.windows import SECOND

from benchmarks.flow import CST, Period
from benchmarks.limit import MINUTE, in_any_minute
from benchmarks.measure import BenchError, environment
from benchmarks.network import Network
from benchmarks.report import LIMIT_BAR, table
from benchmarks.servers import fresh_sandbox
from benchmarks.tap_cases import catalog_of, tap_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.network import Line
    from benchmarks.servers import Server

DAYS = 30
"""Days of data that are read for a few minutes: more windows than the calls of a quarter of an hour."""
YEAR_DAYS, YEAR_PER_MINUTE = 365, 2_000
_LONGEST_YEAR_SECONDS = 3600
_START_SECONDS = 60
_POLL_SECONDS = 0.05
_YEAR_ENDS = time_of_day(6)
_NOT_SHIPPED = "55"
_RECORD = b'{"type":"RECORD"'


@dataclass(frozen=True)
class Reading:
    """A tap against an account with a limit.

    Attributes:
        title: What the table calls it.
        vendor: The sandbox's name of the vendor, with the ``product`` that is read.
        per_minute: What the vendor allows.
        stream: What is read; ``settings`` besides the account, the period and the limit.
        switches: Options of `erp-sandbox serve`.
    """

    title: str
    vendor: str
    product: str
    per_minute: int
    stream: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    switches: Sequence[str] = ()


WANGDIANTONG = Reading(
    "旺店通 旗舰版", "wangdiantong", "flagship", 60, "sales_stockouts",
    # The default leaves some of the account's calls to others.
    {"dialect": "flagship", "calls_per_minute": 60},
)  # fmt: skip
JUSHUITAN = Reading("聚水潭", "jushuitan", "merchant", 100, "sales_outbounds", {"window_minutes": 30})
YEAR = Reading(
    "旺店通 旗舰版, a year", "wangdiantong", "flagship", YEAR_PER_MINUTE, "sales_stockouts",
    {"dialect": "flagship", "calls_per_minute": YEAR_PER_MINUTE, "concurrency": 16},
    ("--wdt", f"per_minute={YEAR_PER_MINUTE}"),
)  # fmt: skip


@dataclass(frozen=True)
class ReadingResult:
    """What was made of an account's calls.

    Attributes:
        title: What was read.
        per_minute: What the vendor allows.
        latency: Seconds that each answer takes on its way.
        seconds: How long was measured, from the first call on.
        made: Calls that the vendor saw meanwhile.
        in_a_minute: The fewest and the most calls in any whole minute meanwhile.
        refused: Calls that the vendor refused.
        documents: How many were written; ``expected`` so many, if all of them were to be read.
    """

    title: str
    per_minute: int
    latency: float
    seconds: float
    made: int
    in_a_minute: tuple[int, int]
    refused: int
    documents: int
    expected: int | None = None

    @property
    def used(self) -> float:
        """The part of the allowed calls that was made."""
        return self.made / (self.per_minute * self.seconds / MINUTE)

    @property
    def is_reached(self) -> bool:
        complete = self.documents > 0 and self.expected in (None, self.documents)
        return self.used >= LIMIT_BAR and self.refused == 0 and complete


def measure_readings(
    home: Path, seeded: Path, period: Period, *, minutes: float, latency: float
) -> list[ReadingResult]:
    """Let both taps read for so many minutes, side by side: neither knows of the other.

    Raises:
        BenchError: A tap ended before the time was over.
    """
    with Network() as network, ExitStack() as stack:
        readers = [
            stack.enter_context(_reader(home, seeded, network, reading, period, latency=latency))
            for reading in (WANGDIANTONG, JUSHUITAN)
        ]
        starts = [reader.first_call() for reader in readers]
        seconds = minutes * MINUTE
        while time.monotonic() < max(starts) + seconds:
            for reader in readers:
                reader.check()
            time.sleep(_POLL_SECONDS)
        return [reader.result(start, start + seconds) for reader, start in zip(readers, starts, strict=True)]


def measure_year(home: Path, seeded: Path, period: Period, *, latency: float) -> ReadingResult:
    """Let the tap read a whole year of hours, and as many documents as there are.

    Raises:
        BenchError: The tap failed, or took longer than an hour.
    """
    with Network() as network, _reader(home, seeded, network, YEAR, period, latency=latency) as reader:
        start = reader.first_call()
        reader.wait()
        return reader.result(start, reader.line.answers_at[-1], is_whole=True)


@contextmanager
def _reader(
    home: Path, seeded: Path, network: Network, reading: Reading, period: Period, *, latency: float
) -> Iterator[_Reader]:
    folder = home / f"limits-{reading.vendor}"
    shutil.rmtree(folder, ignore_errors=True)  # the places of an earlier run's calls, and its token
    folder.mkdir(parents=True)
    with fresh_sandbox(folder, seeded, reading.vendor, "--limits", "real", *reading.switches) as server:
        line = network.line(server.url, latency=latency)
        account = server.get("credentials")[reading.vendor][reading.product]
        config = {
            **account,
            **reading.settings,
            "base_url": account["base_url"].replace(server.url, line.url),
            "start_date": period.start.isoformat(),
            "end_date": period.end.isoformat(),
            "budget_path": str(folder / "budget"),
            **({"token_path": str(folder / "token.json")} if "access_token" in account else {}),
        }
        tap = f"tap-{reading.vendor}"
        catalog = catalog_of(folder, tap, config, reading.stream)
        command = [*tap_command(folder, "tap", tap, config), "--catalog", str(catalog)]
        emitted, log = folder / "emitted.jsonl", folder / "tap.log"
        with emitted.open("wb") as stdout, log.open("wb") as stderr:
            process = subprocess.Popen(
                command, env=environment(home), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
        try:
            yield _Reader(reading, latency, server, line, process, folder)
        finally:
            process.kill()
            process.wait()
    shutil.rmtree(folder)


@dataclass(frozen=True)
class _Reader:
    """A tap at work."""

    reading: Reading
    latency: float
    server: Server
    line: Line
    process: subprocess.Popen[bytes]
    folder: Path

    def first_call(self) -> float:
        """Wait for the first call; returns when it was answered."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.line.answers_at:
            self.check()
            if time.monotonic() > deadline:
                raise BenchError(f"{self.reading.title}: the tap has not called within a minute.")
            time.sleep(_POLL_SECONDS)
        return self.line.answers_at[0]

    def check(self) -> None:
        """See that it is still at work."""
        if self.process.poll() is not None:
            said = (self.folder / "tap.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise BenchError(f"{self.reading.title}: the tap ended: {said[-1] if said else 'it said nothing'}")

    def wait(self) -> None:
        """Wait until it has read everything."""
        try:
            code = self.process.wait(timeout=_LONGEST_YEAR_SECONDS)
        except subprocess.TimeoutExpired:
            raise BenchError(f"{self.reading.title}: the tap is still reading after an hour.") from None
        if code != 0:
            self.check()

    def result(self, start: float, end: float, *, is_whole: bool = False) -> ReadingResult:
        """Stop it if it still reads, and count what it made of its calls from ``start`` to ``end``."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=MINUTE)
        seen = [moment for moment in self.line.answers_at if moment <= end]
        outcomes = self.server.get("calls").get(self.reading.vendor, {}).values()
        refused = sum(count for by_name in outcomes for name, count in by_name.items() if name != "ok")
        with (self.folder / "emitted.jsonl").open("rb") as lines:
            documents = sum(line.startswith(_RECORD) for line in lines)
        return ReadingResult(
            self.reading.title,
            self.reading.per_minute,
            self.latency,
            end - start,
            len(seen),
            in_any_minute(seen, start, end),
            refused,
            documents,
            self._shipped() if is_whole else None,
        )

    def _shipped(self) -> int:
        """Return how many documents there are that a tap shows: what is not shipped is none of them yet."""
        told = self.server.get("wangdiantong/sales_stockouts", summary=1, dialect="flagship")
        return int(told["documents"] - told["by_status"].get(_NOT_SHIPPED, {"documents": 0})["documents"])


def year_of(until: date) -> Period:
    """Return the year's 8,760 hours: the first basket is of its first noon, the last change of its last morning."""
    end = datetime.combine(until, _YEAR_ENDS, CST)
    return Period(end - timedelta(days=YEAR_DAYS), end - SECOND)


def limits_table(results: Sequence[ReadingResult]) -> str:
    """Tell what was made of the calls."""
    rows = [[
        r.title, f"{r.per_minute:,}", f"{r.latency * 1000:.0f}", f"{r.seconds / MINUTE:.2f}", f"{r.made:,}",
        f"{r.used:.1%}", f"{r.in_a_minute[0]:,}", f"{r.in_a_minute[1]:,}", str(r.refused), f"{r.documents:,}",
        "" if r.expected is None else f"{r.expected - r.documents:,}",
    ] for r in results]  # fmt: skip
    heading = (
        "read", "calls a minute", "latency ms", "minutes", "calls made", "of those allowed", "fewest in a minute",
        "most in a minute", "refused", "documents", "missing",
    )  # fmt: skip
    bar = f"\n(to reach: {LIMIT_BAR:.0%} of the calls that are allowed, none refused, no document missing)"
    notes = [
        f"{r.title} at 60 calls a minute: {math.ceil(r.made / WANGDIANTONG.per_minute):,} minutes." for r in results
        if r.expected is not None
    ]  # fmt: skip
    return "\n".join([table(heading, rows) + bar, *notes])
