"""Each tap alone, limits off, against canned answers: its documents/s, its memory, and bare msgspec beside it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.measure import BenchError, Command, Run, Use, run_pipe
from benchmarks.report import BAR_DOCUMENTS, BAR_PEAK_MB, MICRO, table
from benchmarks.servers import fresh_sandbox, stand_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.flow import Period
    from benchmarks.tap_cases import TapCase

FEW = 4  # the first run, for start-up and memory: so many times fewer documents
FLAT = 1.1  # the peak with all documents is at most so many times the one with few
_BARE_ROUNDS = 3  # of a process that takes half a second
_RECORD = b'{"type":"RECORD"'


@dataclass(frozen=True)
class TapResult:
    """One tap over its documents.

    Attributes:
        title: Which tap.
        documents: How many; ``few`` and ``bare`` read a quarter of them.
        run: All documents.
        few: A quarter of them.
        bare: msgspec's bare decode and encode of what the tap wrote.
        bare_idle: The same without documents.
        server: What the stand-in used meanwhile.
        is_of_the_bar: Whether its documents have the shape that the bar was set with.
    """

    title: str
    documents: int
    run: Run
    few: Run
    bare: Run
    bare_idle: Run
    server: Use
    is_of_the_bar: bool

    @property
    def core(self) -> float:
        """Core-µs a document, without start-up."""
        return (_cpu(self.run) - _cpu(self.few)) / self._between * MICRO

    @property
    def steady(self) -> float:
        """Documents/s of wall time, without start-up."""
        return self._between / max(self.run.wall - self.few.wall, 1e-9)

    @property
    def bare_core(self) -> float:
        """Core-µs a document of bare msgspec."""
        return (_cpu(self.bare) - _cpu(self.bare_idle)) / (self.documents // FEW) * MICRO

    @property
    def peaks(self) -> tuple[float, float]:
        """Peak memory in MB, with a quarter of the documents and with all of them."""
        return self.few.processes[0].peak_mb, self.run.processes[0].peak_mb

    @property
    def _between(self) -> int:
        return self.documents - self.documents // FEW


def measure_tap(
    home: Path, seeded: Path, period: Period, case: TapCase, documents: int, *, rounds: int = 1
) -> TapResult:
    """Measure one tap.

    Args:
        home: Where everything is written.
        seeded: The sandbox's state, for what the documents look like.
        period: The days that it was seeded with.
        case: The tap.
        documents: How many it reads.
        rounds: How often; the best counts.
    """
    with fresh_sandbox(home, seeded, "vendors", "--limits", "off") as sandbox:
        credentials = sandbox.get("credentials")
        templates = str(case.write_templates(home, credentials, period))
    emitted = home / "emitted.jsonl"
    with stand_in(home, case.stand_in, templates, str(documents // FEW)) as server:
        command = case.command(home, credentials, server.url)
        run_pipe([command], home, stdout=emitted)
        _count(emitted, case, documents // FEW)
        few = _best([run_pipe([command], home) for _ in range(rounds)])
    bare, bare_idle = _bare(home, emitted)
    emitted.unlink()
    with stand_in(home, case.stand_in, templates, str(documents)) as server:
        command = case.command(home, credentials, server.url)
        before = server.cpu()
        run = _best([run_pipe([command], home) for _ in range(rounds)])
        use = server.use("server", before)
    used = replace(use, cpu=use.cpu / rounds)
    return TapResult(case.title, documents, run, few, bare, bare_idle, used, is_of_the_bar=bool(case.line_fields))


def _bare(home: Path, emitted: Path) -> tuple[Run, Run]:
    """Return what bare msgspec takes for what was emitted, and for nothing."""
    nothing = home / "nothing.jsonl"
    nothing.write_bytes(b"")
    command = Command("bare msgspec", [sys.executable, "-m", "benchmarks.mapping.bare"])
    many, none = (
        _best([run_pipe([command], home, stdin=file) for _ in range(_BARE_ROUNDS)]) for file in (emitted, nothing)
    )
    return many, none


def _best(runs: Sequence[Run]) -> Run:
    return min(runs, key=_cpu)


def _count(emitted: Path, case: TapCase, expected: int) -> None:
    """See that the tap has read each document once.

    Raises:
        BenchError: It has not.
    """
    with emitted.open("rb") as lines:
        found = sum(line.startswith(_RECORD) for line in lines)
    if found != expected:
        raise BenchError(f"{case.title} wrote {found:,} of {expected:,} documents; its rate would say nothing.")


def _cpu(run: Run) -> float:
    return run.processes[0].cpu


def taps_table(results: Sequence[TapResult]) -> str:
    """Tell of the taps."""
    rows = [[
        r.title, f"{r.documents:,}", f"{MICRO / r.core:,.0f}", f"{r.core:.1f}", f"{r.bare_core / r.core:.2f}",
        f"{r.documents / r.run.wall:,.0f}", f"{r.steady:,.0f}", f"{r.peaks[0]:.0f}", f"{r.peaks[1]:.0f}",
        f"{r.server.cpu / r.documents * MICRO:.1f}",
    ] for r in results]  # fmt: skip
    heading = (
        "tap", "documents", "documents/s of a core", "core-µs a document", "of bare msgspec", "documents/s of wall",
        "without start-up", "peak MB, a quarter", "peak MB", "server core-µs a document",
    )  # fmt: skip
    note = (
        f"\n(to reach: {BAR_DOCUMENTS:,} documents/s of a core, under {BAR_PEAK_MB} MB, and with all documents at most "
        f"{FLAT} times the memory of a quarter of them)"
    )
    return table(heading, rows) + note


def tap_shortfalls(results: Sequence[TapResult]) -> list[str]:
    """Return what falls short of what is to be reached, a sentence each."""
    found = []
    for r in results:
        few, peak = r.peaks
        if r.is_of_the_bar and r.core * BAR_DOCUMENTS > MICRO:
            found.append(f"{r.title} makes {MICRO / r.core:,.0f} documents/s of a core ({BAR_DOCUMENTS:,} to reach).")
        if peak > BAR_PEAK_MB or peak > FLAT * few:
            found.append(f"{r.title} takes {peak:.0f} MB, {few:.0f} with a quarter ({BAR_PEAK_MB} at most, and flat).")
    return found
