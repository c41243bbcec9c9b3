"""Our pipe under ``meltano run``, as a user runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, Command, run_pipe
from benchmarks.pipes import OUTSTOCKS, PipeResult
from benchmarks.servers import BIN, fresh_vendors

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.flow import Flow, Period
    from benchmarks.servers import Credentials


def measure_meltano(flow: Flow, seeded: Path) -> PipeResult:
    """Run the project's own line; Meltano's CPU is its own and that of the three processes together."""
    with fresh_vendors(flow.home, seeded) as vendors:
        credentials = vendors.credentials()
        flow.forget_ledger()
        idle = run_pipe([_command(flow, credentials, flow.nothing)], flow.home)
        before = vendors.cpu()
        run = run_pipe([_command(flow, credentials, flow.period)], flow.home)
        return PipeResult("meltano", run, idle, vendors.uses(before), vendors.kingdee.get(OUTSTOCKS, summary=1))


def _command(flow: Flow, credentials: Credentials, period: Period) -> Command:
    env = {
        **_variables("TAP_WANGDIANTONG", flow.tap_settings(credentials, period)),
        **_variables("TARGET_KINGDEE", flow.target_settings(credentials)),
        "KINGDEE_CODES": str(flow.codes),
        "MELTANO_PROJECT_ROOT": str(ROOT),
        "MELTANO_DATABASE_URI": f"sqlite:///{flow.home / 'meltano.db'}",
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    # A full refresh: the run over a period without documents left a bookmark behind.
    line = ["run", "--full-refresh", "tap-wangdiantong", "mapper-kd", "target-kingdee"]
    return Command("meltano", [str(BIN / "meltano"), *line], env)


def _variables(prefix: str, settings: dict[str, Any]) -> dict[str, str]:
    return {f"{prefix}_{name.upper()}": str(value) for name, value in settings.items()}
