"""Both pipes, against the sandbox and against stand-ins: what each took, and that both delivered the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.measure import BenchError, Run, Use, run_pipe
from benchmarks.report import TOLD
from benchmarks.servers import Vendors, fresh_vendors, pointed_at, stand_in

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.five_lines import FiveLines
    from benchmarks.flow import Flow
    from benchmarks.servers import Credentials

OUTSTOCKS = "kingdee/SAL_OUTSTOCK"


@dataclass(frozen=True)
class PipeResult:
    """One pipe's run.

    Attributes:
        name: "ours" or "stock".
        run: The run over the whole period.
        startup: The same pipe over a period without documents; None when it was left out.
        servers: What the sandbox used during the run, one process a vendor.
        delivered: What Kingdee holds afterwards: documents, lines, quantity, amount, by_status; from a stand-in the
            first two.
    """

    name: str
    run: Run
    startup: Run | None
    servers: tuple[Use, ...]
    delivered: dict[str, Any]

    @property
    def documents(self) -> int:
        return int(self.delivered["documents"])

    @property
    def lines(self) -> int:
        return int(self.delivered["lines"])


def measure_pipe(flow: Flow, seeded: Path, name: str, *, startup: bool) -> PipeResult:
    """Run one pipe against a sandbox of its own."""
    with fresh_vendors(flow.home, seeded) as vendors:
        return _measure(flow, vendors, vendors.credentials(), name, startup=startup)


def measure_bare(flow: Flow, credentials: Credentials, five_lines: FiveLines, name: str) -> PipeResult:
    """Run one pipe on five-line documents against stand-ins, which cost next to nothing."""
    with five_lines.served(flow.home) as source, stand_in(flow.home, "null_kingdee") as target:
        here = pointed_at(credentials, source.url, target.url)
        return _measure(flow, Vendors(source, target), here, name, startup=True)


def _measure(flow: Flow, vendors: Vendors, credentials: Credentials, name: str, *, startup: bool) -> PipeResult:
    build = {"ours": flow.ours, "stock": flow.stock}[name]
    flow.forget_ledger()
    idle = None
    if startup:
        run_pipe(build(credentials, flow.nothing), flow.home)  # so that modules are compiled and files are warm
        idle = run_pipe(build(credentials, flow.nothing), flow.home)
    before = vendors.cpu()
    run = run_pipe(build(credentials), flow.home)
    return PipeResult(name, run, idle, vendors.uses(before), vendors.kingdee.get(OUTSTOCKS, summary=1))


def median(results: list[PipeResult]) -> PipeResult:
    """Return the run with the middle wall time, of two the shorter."""
    return sorted(results, key=lambda result: result.run.wall)[(len(results) - 1) // 2]


def hold_together(ours: PipeResult, stock: PipeResult) -> None:
    """Check that both pipes delivered the same.

    Raises:
        BenchError: They did not, so that their rates cannot be compared.
    """
    if ours.documents == 0 or any(ours.delivered.get(key) != stock.delivered.get(key) for key in TOLD):
        raise BenchError(
            f"the pipes did not deliver the same: ours {ours.delivered}, stock {stock.delivered}; "
            "see the processes' logs in the benchmark's folder."
        )
