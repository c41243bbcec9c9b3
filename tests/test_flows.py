"""The jobs of meltano.yml: each from a clean state against the sandbox, reconciled."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows.jobs import JOBS

ROOT = Path(__file__).resolve().parent.parent
DECLARED = [job["name"] for job in yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["jobs"]]
# Jobs that share a sandbox, so that what is seeded and loaded is so once; each group is a process of its own.
GROUPS = {
    "sales": ["wdt-sales-outstock"],
    "documents": [
        "wdt-refund-returnstock",
        "kd-miscellaneous-between-accounts",
        "jst-distributor-customer",
        "jky-transfer-transferdirect",
        "jst-count-miscellaneous",  # and kd-basedata-postgres, which it needs
    ],
    "postgres": ["all-to-postgres"],
}


def run_flows(flow, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "-m", "flows", "--home", str(flow.stage.home), "--project", str(flow.stage.project),
        "--port", str(flow.stage.port), "--days", "1", "--until", "2026-03-31", *arguments,
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=ROOT, env=flow.environment(), capture_output=True, text=True, check=False, timeout=580
    )


def rows_of(output: str) -> dict[str, list[str]]:
    """Return each job's cells by its title."""
    rows = (re.split(r" {2,}| (?=[\d-])", line.strip()) for line in output.splitlines())
    return {cells[0]: cells[1:] for cells in rows if cells[-1] == "reconciled"}


def test_every_job_of_meltano_yml_is_reconciled_here():
    assert {job.name for job in JOBS} == set(DECLARED)
    assert {name for group in GROUPS.values() for name in group} | {"kd-basedata-postgres"} == set(DECLARED)


@pytest.mark.timeout(600)  # several runs through Meltano
@pytest.mark.parametrize("group", GROUPS)
def test_a_job_delivers_everything_once(flow, group):
    done = run_flows(flow, *GROUPS[group])

    assert done.returncode == 0, done.stdout + done.stderr
    rows = rows_of(done.stdout)
    for job in JOBS:
        if job.name in GROUPS[group]:
            to_send, delivered, letters, *_ = (int(cell.replace(",", "")) for cell in rows[job.title][:3])
            assert to_send == delivered + letters
            assert delivered > 0


def test_an_unknown_job_is_refused_with_the_known_ones(flow):
    refused = run_flows(flow, "wdt-sales")

    assert refused.returncode == 1
    assert "there is no job wdt-sales; the jobs are wdt-sales-outstock" in refused.stdout
    assert not flow.stage.home.exists()
