"""The jobs of meltano.yml against the sandbox, from a clean state, reconciled: ``python -m flows [JOB …]``.

Exit codes: 0 every job reconciles exactly, 1 one does not or a step failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from demo.report import console, step
from demo.stage import ROOT, DemoError, Stage
from flows.ground import Ground
from flows.jobs import JOBS
from flows.report import print_headings, print_row

if TYPE_CHECKING:
    from flows.job import Job


def chosen(names: list[str]) -> list[Job]:
    """Return the named jobs with those they need, in their order; all when none is named.

    Raises:
        DemoError: There is no such job.
    """
    known = [job.name for job in JOBS]
    if unknown := [name for name in names if name not in known]:
        raise DemoError(f"there is no job {', '.join(unknown)}; the jobs are {', '.join(dict.fromkeys(known))}.")
    wanted = set(names or known)
    wanted |= {need for job in JOBS if job.name in wanted for need in job.needs}
    return [job for job in JOBS if job.name in wanted]


def run(ground: Ground, jobs: list[Job]) -> int:
    """Run the jobs one after the other and print a line for each; returns the exit code."""
    wrong = []
    print_headings()
    for job in jobs:
        started = time.monotonic()
        result = ground.carry_out(job)
        print_row(job.title, result, time.monotonic() - started)
        if not result.is_exact:
            wrong.append(job.title)
    if wrong:
        console.print(f"[bold red]Not reconciled: {', '.join(wrong)}.[/]")
        return 1
    console.print("[bold green]Reconciled: to send = delivered + dead-lettered, in every column of every job.[/]")
    return 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="flows", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help="jobs of meltano.yml; all of them by default")
    parser.add_argument("--home", type=Path, default=ROOT / ".flows", help="where everything is written, emptied first")
    parser.add_argument("--project", type=Path, default=ROOT, help="the Meltano project")
    parser.add_argument("--days", type=int, default=2, help="how many trading days (1 to 365)")
    parser.add_argument("--until", type=date.fromisoformat, help="the last trading day; yesterday by default")
    parser.add_argument("--port", type=int, default=8651, help="where the sandbox listens on 127.0.0.1")
    options = parser.parse_args()
    stage = Stage(options.home.resolve(), options.project.resolve(), options.port)
    try:
        jobs = chosen(options.jobs)
        step(f"Seeding the sandbox with {options.days} trading days of one real retailer ({stage.state})")
        with Ground(stage, options.days, options.until).prepared() as ground:
            return run(ground, jobs)
    except DemoError as error:
        console.print(f"flows: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
