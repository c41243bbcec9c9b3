"""The network goes away for minutes and comes back: how soon our pipe goes on, and that nothing is lost or doubled."""

from __future__ import annotations

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.flow import Flow
from benchmarks.measure import BenchError, run_pipe
from benchmarks.network import Network
from benchmarks.pipes import OUTSTOCKS
from benchmarks.report import OUTAGE_BAR_SECONDS
from benchmarks.servers import fresh_vendors, pointed_at, run
from demo.reconciliation import reconcile
from demo.stage import documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from benchmarks.flow import Period
    from benchmarks.measure import Run
    from benchmarks.network import Failure
    from benchmarks.servers import Credentials, Vendors
    from demo.reconciliation import Reconciliation

REQUEST_TIMEOUT = 5
ANSWERS_BEFORE = 12  # of Kingdee: signed in, the form opened, some batches delivered
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class OutageResult:
    """One outage.

    Attributes:
        how: How the network failed.
        seconds: How long.
        source: Seconds from its return to the first answer of 旺店通; None when there was none.
        kingdee: The same of 金蝶.
        before: Documents in Kingdee when the network came back.
        delivered: Documents in Kingdee at the end.
        dead_lettered: Documents in the dead letters.
        problems: Each document that is lost, doubled, not audited or different.
    """

    how: str
    seconds: float
    source: float | None
    kingdee: float | None
    before: int
    delivered: int
    dead_lettered: int
    problems: list[str]

    @property
    def is_soon_enough(self) -> bool:
        return all(back is not None and back <= OUTAGE_BAR_SECONDS for back in (self.source, self.kingdee))


class SmallPages(Flow):
    """The flow in small steps, so that there is something left to do on every side when the network goes.

    No answer is waited for long, so that in a short silence too the calls under way are given up and made anew.
    """

    def tap_settings(self, credentials: Credentials, period: Period) -> dict[str, Any]:
        """Return tap-wangdiantong's settings."""
        return {**super().tap_settings(credentials, period), "page_size": 20, "request_timeout": REQUEST_TIMEOUT}

    def target_settings(self, credentials: Credentials) -> dict[str, Any]:
        """Return target-kingdee's settings."""
        return {**super().target_settings(credentials), "request_timeout": REQUEST_TIMEOUT}


def measure_outage(flow: Flow, seeded: Path, seconds: float, how: Failure) -> OutageResult:
    """Run the pipe, let the network fail for so long while it runs, and see how it ends.

    Raises:
        BenchError: The run failed, or ended before the network was back.
    """
    small = SmallPages(flow.home, "openapi", flow.batch_size, flow.period)
    with fresh_vendors(flow.home, seeded) as vendors, Network() as network, ThreadPoolExecutor(1) as runner:
        small.read_code_tables(vendors.credentials())
        source, kingdee = network.line(vendors.wangdiantong.url), network.line(vendors.kingdee.url)
        credentials = pointed_at(vendors.credentials(), source.url, kingdee.url)
        small.forget_ledger()
        pipe = runner.submit(run_pipe, small.ours(credentials), flow.home)
        _wait(pipe, lambda: len(kingdee.answers_at) >= ANSWERS_BEFORE)
        network.cut(how)
        with contextlib.suppress(FutureTimeout):
            pipe.result(timeout=seconds)
            raise BenchError("the pipe ended while the network was gone.")
        held = vendors.kingdee.get(OUTSTOCKS, summary=1)["documents"]
        back = network.mend()
        pipe.result()
        after = [None if line.answered_at is None else line.answered_at - back for line in (source, kingdee)]
        reconciled = _reconciled(small, credentials, vendors)
    return OutageResult(
        how, seconds, after[0], after[1], held, reconciled.delivered.documents,
        sum(totals.documents for totals in reconciled.dead_lettered.values()), reconciled.problems,
    )  # fmt: skip


def _wait(pipe: Future[Run], reached: Callable[[], bool]) -> None:
    while not reached():
        if pipe.done():
            pipe.result()
            raise BenchError("the pipe ended before the network was cut; take more --days.")
        time.sleep(_POLL_SECONDS)


def _reconciled(flow: Flow, credentials: Credentials, vendors: Vendors) -> Reconciliation:
    """Hold what the source shipped against what Kingdee holds and the ledger's dead letters."""
    config = flow.write("target", flow.target_settings(credentials))
    letters = run(flow.home, ["target-kingdee", "--config", str(config), "dead-letters", "export"])
    reasons = {}
    for line in letters.splitlines():
        letter = json.loads(line)
        reasons[str(json.loads(letter["source_key"])["stockout_id"])] = str(letter["reason"])
    shipped = documents(vendors.wangdiantong.url, "wangdiantong/sales_stockouts")
    return reconcile(shipped, documents(vendors.kingdee.url, OUTSTOCKS), reasons)
