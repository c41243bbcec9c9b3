"""Each of our processes alone: on the retailer's documents, and on five-line documents against stand-ins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks import canned_wangdiantong as canned
from benchmarks.five_lines import write_templates
from benchmarks.flow import Period
from benchmarks.measure import Command, Run, Use, run_pipe
from benchmarks.pipes import OUTSTOCKS
from benchmarks.servers import Server, fresh_vendors, stand_in
from benchmarks.singer_file import Captured, count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.flow import Flow

CANNED = Period(canned.FIRST, canned.FIRST + canned.WHOLE)


@dataclass(frozen=True)
class AloneResult:
    """One process alone.

    Attributes:
        process: "tap", "mapper" or "target".
        against: What it talked to, or read.
        documents: How many documents it read or delivered, with so many ``lines``.
        run: The run.
        startup: The same without documents.
        server: The other side's use during the run, if there was one.
    """

    process: str
    against: str
    documents: int
    lines: int
    run: Run
    startup: Run
    server: Use | None = None


def measure_alone(flow: Flow, seeded: Path, five_line_documents: int) -> Iterator[AloneResult]:
    """Measure tap, mapper and target on the sandbox's documents, then on five-line documents."""
    with fresh_vendors(flow.home, seeded) as vendors:
        credentials = vendors.credentials()
        templates = write_templates(flow, credentials)
        tap, mapper, _ = flow.ours(credentials)
        raw = _capture(tap, flow.home, None, "raw")
        yield _tap(flow, vendors.wangdiantong, credentials, raw, "sandbox")
        mapped = _capture(mapper, flow.home, raw.path, "mapped")
        yield _mapper(mapper, flow, raw, "captured file")
        yield _target(flow, vendors.kingdee, credentials, mapped, "sandbox")
    yield _target_into_nothing(flow, credentials, mapped, "null Kingdee")
    canned_flow = replace(flow, dialect="openapi", period=CANNED)
    yield from _five_lines(canned_flow, credentials, templates, five_line_documents)


def _five_lines(flow: Flow, credentials: dict[str, Any], templates: Path, documents: int) -> Iterator[AloneResult]:
    with stand_in(flow.home, "canned_wangdiantong", str(templates), str(documents)) as server:
        served = _pointed_at(credentials, server.url)
        tap, mapper, _ = flow.ours(served)
        raw = _capture(tap, flow.home, None, "raw-5")
        yield _tap(flow, server, served, raw, "canned answers, 5 lines")
    mapped = _capture(mapper, flow.home, raw.path, "mapped-5")
    yield _mapper(mapper, flow, raw, "captured file, 5 lines")
    yield _target_into_nothing(flow, credentials, mapped, "null Kingdee, 5 lines")


def _capture(command: Command, home: Path, stdin: Path | None, name: str) -> Captured:
    path = home / f"{name}.jsonl"
    run_pipe([command], home, stdin=stdin, stdout=path)
    return count(path)


def _tap(flow: Flow, server: Server, credentials: dict[str, Any], emitted: Captured, against: str) -> AloneResult:
    idle = run_pipe(flow.ours(credentials, flow.nothing)[:1], flow.home)
    before = server.cpu()
    run = run_pipe(flow.ours(credentials)[:1], flow.home)
    return AloneResult("tap", against, emitted.documents, emitted.lines, run, idle, server.use("server", before))


def _mapper(mapper: Command, flow: Flow, raw: Captured, against: str) -> AloneResult:
    idle = run_pipe([mapper], flow.home, stdin=raw.without_records())
    run = run_pipe([mapper], flow.home, stdin=raw.path)
    return AloneResult("mapper", against, raw.documents, raw.lines, run, idle)


def _target(flow: Flow, server: Server, credentials: dict[str, Any], mapped: Captured, against: str) -> AloneResult:
    flow.forget_ledger()
    target = flow.ours(credentials)[-1:]
    idle = run_pipe(target, flow.home, stdin=mapped.without_records())
    before = server.cpu()
    run = run_pipe(target, flow.home, stdin=mapped.path)
    use = server.use("server", before)
    held = server.get(OUTSTOCKS, summary=1) if against == "sandbox" else None
    documents, lines = (held["documents"], held["lines"]) if held else (mapped.documents, mapped.lines)
    return AloneResult("target", against, documents, lines, run, idle, use)


def _target_into_nothing(flow: Flow, credentials: dict[str, Any], mapped: Captured, against: str) -> AloneResult:
    with stand_in(flow.home, "null_kingdee") as server:
        return _target(flow, server, _pointed_at(credentials, server.url), mapped, against)


def _pointed_at(credentials: dict[str, Any], url: str) -> dict[str, Any]:
    """Return the credentials with each base URL moved to a stand-in."""
    wangdiantong = {**credentials["wangdiantong"]["openapi"], "base_url": f"{url}/openapi2/"}
    galaxy = {**credentials["kingdee"]["galaxy"], "base_url": f"{url}/k3cloud/"}
    return {"wangdiantong": {"openapi": wangdiantong}, "kingdee": {"galaxy": galaxy}}
