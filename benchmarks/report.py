"""The benchmark's tables in Markdown, and the same as JSON."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Run, Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.alone import AloneResult, CostResult
    from benchmarks.limit import LimitResult
    from benchmarks.outage import OutageResult
    from benchmarks.pipes import PipeResult

BAR_DOCUMENTS = 15_000
BAR_RATIO = 5
BAR_PEAK_MB = 150
GOAL_CORE_US = 17
COST_BAR_US = 60
OUTAGE_BAR_SECONDS = 7.0
LIMIT_BAR = 0.95
SHORTEST = 1.2  # a run under so many times its start-up says nothing about the steady rate
TOLD = ("documents", "lines", "quantity", "amount", "by_status")
MICRO = 1_000_000


def machine() -> dict[str, Any]:
    """Say what this ran on."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "singer-sdk": version("singer-sdk"),
        "meltano-map-transform": version("meltano-map-transform"),
        "load before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table; the first column is text, the others are numbers."""
    widths = [max(len(row[i]) for row in (heading, *rows)) for i in range(len(heading))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [heading, rule, *rows]
    return "\n".join("| " + " | ".join(_padded(line, widths)) + " |" for line in lines)


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for position, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if position else cell.ljust(width)


def pipes(results: dict[str, PipeResult]) -> str:
    """Tell of the pipes: their rates, and what each process took."""
    rates = [
        [
            name,
            f"{r.documents:,}",
            f"{r.lines:,}",
            f"{r.run.wall:.2f}",
            f"{r.documents / r.run.wall:,.0f}",
            f"{r.lines / r.run.wall:,.0f}",
            f"{r.startup.wall:.2f}" if r.startup else "",
            _number(_steady(r.documents, r.run, r.startup)),
        ]
        for name, r in results.items()
    ]
    heading = ("pipe", "documents", "lines", "wall s", "documents/s", "lines/s", "start-up s", "steady documents/s")
    parts = [table(heading, rates), "", *_ratio(results), "", _processes(results)]
    return "\n".join(parts)


def _ratio(results: dict[str, PipeResult]) -> Iterator[str]:
    if "ours" not in results or "stock" not in results:
        return
    ours, stock = results["ours"], results["stock"]
    ratio = stock.run.wall / ours.run.wall
    yield f"ours / stock: **{ratio:.1f}x** the documents/s (to reach: {BAR_RATIO}x)"
    fast, slow = _steady(1, ours.run, ours.startup), _steady(1, stock.run, stock.startup)
    if fast and slow:
        yield f"(without start-up {fast / slow:.1f}x)."
    sums = ", ".join(f"{name} {ours.delivered[name]}" for name in TOLD if name in ours.delivered)
    yield f"Both delivered the same: {sums}."


def _processes(results: dict[str, PipeResult]) -> str:
    rows = []
    for name, result in results.items():
        idle = {use.name: use for use in result.startup.processes} if result.startup else {}
        rows += [_process_row(use.name, use, idle.get(use.name), result.lines) for use in result.run.processes]
        if len(result.run.processes) > 1:
            total = _together(f"{name}, all three", result.run.processes)
            total_idle = _together("", tuple(idle.values())) if idle else None
            rows.append([*_process_row(total.name, total, total_idle, result.lines)[:-1], ""])
        rows += [_process_row(f"{use.name} under {name}", use, None, result.lines) for use in result.servers]
    heading = ("process", "core s", "core-µs a line", "without start-up", "peak MB")
    note = f"\n(goal: {GOAL_CORE_US} core-µs a line over our three; each of ours under {BAR_PEAK_MB} MB)"
    return table(heading, rows) + note


def _process_row(name: str, use: Use, idle: Use | None, lines: int) -> list[str]:
    steady = f"{(use.cpu - idle.cpu) / lines * MICRO:.1f}" if idle else ""
    return [name, f"{use.cpu:.2f}", f"{use.cpu / lines * MICRO:.1f}", steady, f"{use.peak_mb:.0f}"]


def _together(name: str, uses: Sequence[Use]) -> Use:
    return Use(name, sum(use.cpu for use in uses), sum(use.peak_mb for use in uses))


def _steady(documents: int, run: Run, startup: Run | None) -> float | None:
    """Return the rate without start-up; None when the run is too short to tell."""
    if startup is None or run.wall < SHORTEST * startup.wall:
        return None
    return documents / (run.wall - startup.wall)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def alone(results: Sequence[AloneResult]) -> str:
    """Tell of each process alone."""
    rows = []
    for r in results:
        use, idle = r.run.processes[0], r.startup.processes[0]
        rows.append([
            r.process, r.against, f"{r.documents:,}", f"{r.run.wall:.2f}", f"{r.documents / r.run.wall:,.0f}",
            _number(_steady(r.documents, r.run, r.startup)), f"{use.cpu / r.lines * MICRO:.1f}",
            f"{(use.cpu - idle.cpu) / r.lines * MICRO:.1f}", f"{use.peak_mb:.0f}",
            f"{r.server.cpu / r.lines * MICRO:.1f}" if r.server else "",
        ])  # fmt: skip
    heading = (
        "process", "against", "documents", "wall s", "documents/s", "steady documents/s", "core-µs a line",
        "without start-up", "peak MB", "server core-µs a line",
    )  # fmt: skip
    bar = f"\n(to reach: {BAR_DOCUMENTS:,} documents/s alone with five-line documents, under {BAR_PEAK_MB} MB)"
    return table(heading, rows) + bar


def cost(result: CostResult) -> str:
    """Tell what delivery and ledger cost a document."""
    per_document = {r.process: _core_us_a_document(r) for r in (result.ours, result.plain)}
    rows = [
        [r.process, f"{r.documents:,}", f"{r.run.wall:.2f}", f"{per_document[r.process]:.1f}"]
        for r in (result.ours, result.plain)
    ]
    difference = per_document[result.ours.process] - per_document[result.plain.process]
    rows.append(["delivery and ledger", "", "", f"{difference:.1f}"])
    bar = f"\n(to reach: at most {COST_BAR_US} core-µs a document for delivery and ledger)"
    return table(("process", "documents", "wall s", "core-µs a document without start-up"), rows) + bar


def _core_us_a_document(r: AloneResult) -> float:
    return (r.run.processes[0].cpu - r.startup.processes[0].cpu) / r.documents * MICRO


def outage(r: OutageResult) -> str:
    """Tell of an outage."""
    rows = [[
        r.how, f"{r.seconds / 60:.1f}", _seconds(r.source), _seconds(r.kingdee), f"{r.before:,}", f"{r.delivered:,}",
        f"{r.dead_lettered:,}", str(len(r.problems)),
    ]]  # fmt: skip
    heading = (
        "network", "away min", "source back after s", "Kingdee back after s", "documents before", "documents after",
        "dead letters", "lost, doubled or different",
    )  # fmt: skip
    bar = f"\n(to reach: both within {OUTAGE_BAR_SECONDS:.0f} s of the network's return; nothing lost, nothing doubled)"
    return "\n".join([table(heading, rows) + bar, *(f"- {problem}" for problem in r.problems[:20])])


def limit(results: Sequence[LimitResult]) -> str:
    """Tell what was made of an account's calls."""
    rows = [[
        " and ".join(r.forms), f"{r.per_minute:,}", f"{r.latency * 1000:.0f}", f"{r.minutes:g}", f"{r.made:,}",
        f"{r.used:.1%}", f"{r.in_a_minute[0]:,}", f"{r.in_a_minute[1]:,}", str(r.throttled),
        " and ".join(f"{count:,}" for count in r.documents),
    ] for r in results]  # fmt: skip
    heading = (
        "a process each for", "calls a minute", "latency ms", "minutes", "calls made", "of those allowed",
        "fewest in a minute", "most in a minute", "throttled", "documents",
    )  # fmt: skip
    bar = f"\n(to reach: {LIMIT_BAR:.0%} of the calls that are allowed, none throttled)"
    return table(heading, rows) + bar


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"
