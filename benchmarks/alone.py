"""Each of our processes alone: on the retailer's documents, and on five-line documents against stand-ins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.measure import Command, Run, Use, run_pipe
from benchmarks.pipes import OUTSTOCKS
from benchmarks.servers import Server, fresh_vendors, pointed_at, stand_in
from benchmarks.singer_file import Captured, count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.five_lines import FiveLines
    from benchmarks.flow import Flow
    from benchmarks.servers import Credentials


LARGE_BATCH = 500  # what a call costs besides its documents no longer counts


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


def measure_alone(flow: Flow, seeded: Path, five_lines: FiveLines) -> Iterator[AloneResult]:
    """Measure tap, mapper and target on the sandbox's documents, then on five-line documents."""
    with fresh_vendors(flow.home, seeded) as vendors:
        credentials = vendors.credentials()
        tap, mapper, _ = flow.ours(credentials)
        raw = _capture(tap, flow.home, None, "raw")
        yield _tap(flow, vendors.wangdiantong, credentials, raw, "sandbox")
        mapped = _capture(mapper, flow.home, raw.path, "mapped")
        yield _mapper(mapper, flow, raw, "captured file")
        yield _target(flow, vendors.kingdee, credentials, mapped, "sandbox")
    yield _target_into_nothing(flow, credentials, mapped, "null Kingdee")
    yield from _five_lines(five_lines.flow(flow), credentials, five_lines)


def _five_lines(flow: Flow, credentials: Credentials, five_lines: FiveLines) -> Iterator[AloneResult]:
    with five_lines.served(flow.home) as server:
        here = pointed_at(credentials, server.url, "")
        tap, mapper, _ = flow.ours(here)
        raw = _capture(tap, flow.home, None, "raw-5")
        yield _tap(flow, server, here, raw, "canned answers, 5 lines")
    mapped = _capture(mapper, flow.home, raw.path, "mapped-5")
    yield _mapper(mapper, flow, raw, "captured file, 5 lines")
    yield _target_into_nothing(flow, credentials, mapped, "null Kingdee, 5 lines")
    large = replace(flow, batch_size=LARGE_BATCH)
    yield _target_into_nothing(large, credentials, mapped, f"… in batches of {LARGE_BATCH}")


@dataclass(frozen=True)
class CostResult:
    """What delivery and ledger cost: target-kingdee less a plain target that reads and posts the same documents.

    Attributes:
        ours: target-kingdee.
        plain: The plain target (`benchmarks.plain_target`).
    """

    ours: AloneResult
    plain: AloneResult


def measure_cost(flow: Flow, credentials: Credentials, five_lines: FiveLines) -> CostResult:
    """Measure both targets on five-line documents."""
    small = five_lines.flow(flow)
    with five_lines.served(flow.home) as server:
        tap, mapper, _ = small.ours(pointed_at(credentials, server.url, ""))
        raw = _capture(tap, flow.home, None, "raw-5")
    mapped = _capture(mapper, flow.home, raw.path, "mapped-5")
    ours = _target_into_nothing(small, credentials, mapped, "null Kingdee, 5 lines")
    plain = _target_into_nothing(small, credentials, mapped, "null Kingdee, 5 lines", plain=True)
    return CostResult(ours, plain)


def _capture(command: Command, home: Path, stdin: Path | None, name: str) -> Captured:
    path = home / f"{name}.jsonl"
    run_pipe([command], home, stdin=stdin, stdout=path)
    return count(path)


def _tap(flow: Flow, server: Server, credentials: Credentials, emitted: Captured, against: str) -> AloneResult:
    idle = run_pipe(flow.ours(credentials, flow.nothing)[:1], flow.home)
    before = server.cpu()
    run = run_pipe(flow.ours(credentials)[:1], flow.home)
    return AloneResult("tap", against, emitted.documents, emitted.lines, run, idle, server.use("server", before))


def _mapper(mapper: Command, flow: Flow, raw: Captured, against: str) -> AloneResult:
    idle = run_pipe([mapper], flow.home, stdin=raw.without_records())
    run = run_pipe([mapper], flow.home, stdin=raw.path)
    return AloneResult("mapper", against, raw.documents, raw.lines, run, idle)


def _target(
    flow: Flow, server: Server, credentials: Credentials, mapped: Captured, against: str, *, plain: bool = False
) -> AloneResult:
    flow.forget_ledger()
    target = [flow.plain_target(credentials)] if plain else flow.ours(credentials)[-1:]
    idle = run_pipe(target, flow.home, stdin=mapped.without_records())
    before = server.cpu()
    run = run_pipe(target, flow.home, stdin=mapped.path)
    use = server.use("server", before)
    held = server.get(OUTSTOCKS, summary=1)
    return AloneResult(target[0].name, against, held["documents"], held["lines"], run, idle, use)


def _target_into_nothing(
    flow: Flow, credentials: Credentials, mapped: Captured, against: str, *, plain: bool = False
) -> AloneResult:
    with stand_in(flow.home, "null_kingdee") as server:
        return _target(flow, server, pointed_at(credentials, "", server.url), mapped, against, plain=plain)
