"""Our pipe against the stock singer-sdk pipe, same input, same run: ``python -m benchmarks`` (``make bench``).

Exit codes: 0 measured, 1 something failed or the pipes did not deliver the same, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from benchmarks import report
from benchmarks.alone import measure_alone
from benchmarks.flow import UNTIL, Flow, last_days
from benchmarks.measure import ROOT, BenchError
from benchmarks.meltano_run import measure_meltano
from benchmarks.pipes import PipeResult, hold_together, measure_pipe, median
from benchmarks.servers import fresh_vendors, seeded_state

if TYPE_CHECKING:
    from types import FrameType

PARTS = ("pipe", "alone", "meltano")
UNASKED = ("pipe", "alone")


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=30, choices=range(1, 366), metavar="N",
                        help="how many of the year's last days (default 30; 365 is all of it)")  # fmt: skip
    parser.add_argument("--until", type=date.fromisoformat, default=UNTIL,
                        help=f"the last trading day (default {UNTIL}: always the same documents)")  # fmt: skip
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; may be repeated")
    parser.add_argument("--repeat", type=int, default=1, help="how often each pipe runs; the median counts")
    parser.add_argument("--batch-size", type=int, default=100, help="documents a BatchSave, both pipes")
    parser.add_argument("--dialect", choices=("openapi", "flagship"), default="openapi", help="what the taps speak")
    parser.add_argument("--five-line-documents", type=int, default=50_000, help="how many, for the processes alone")
    parser.add_argument("--no-startup", action="store_true", help="leave out the runs that measure the start-up")
    parser.add_argument("--home", type=Path, default=ROOT / ".bench", help="where everything is written")
    return parser.parse_args(arguments)


def prepare(options: argparse.Namespace) -> tuple[Flow, Path]:
    """Seed the sandbox and read the code tables."""
    home = options.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    say(f"Seeding {options.days} days until {options.until} into {home}")
    seeded = seeded_state(home, options.days, options.until)
    flow = Flow(home, options.dialect, options.batch_size, last_days(options.days, options.until))
    with fresh_vendors(home, seeded) as vendors:
        flow.read_code_tables(vendors.credentials())
    return flow, seeded


def run_pipes(flow: Flow, seeded: Path, options: argparse.Namespace) -> dict[str, PipeResult]:
    """Run both pipes in turn, as often as asked for."""
    runs: dict[str, list[PipeResult]] = {"ours": [], "stock": []}
    for turn in range(options.repeat):
        for name, results in runs.items():
            say(f"Running {name}, {turn + 1} of {options.repeat}")
            results.append(measure_pipe(flow, seeded, name, startup=not options.no_startup))
    chosen = {name: median(results) for name, results in runs.items()}
    hold_together(chosen["ours"], chosen["stock"])
    return chosen


def measure(options: argparse.Namespace) -> None:
    """Measure the chosen parts and print them."""
    parts = options.only or UNASKED
    told: dict[str, Any] = {"machine": report.machine()}
    flow, seeded = prepare(options)
    told["days"], told["until"] = options.days, options.until.isoformat()
    told["dialect"], told["batch_size"] = options.dialect, options.batch_size
    print(title(told))
    if "pipe" in parts:
        told["pipes"] = run_pipes(flow, seeded, options)
        print("\n## The pipes against the sandbox\n\n" + report.pipes(told["pipes"]))
    if "meltano" in parts:
        say("Running ours under meltano")
        told["pipes"] = told.get("pipes", {}) | {"meltano": measure_meltano(flow, seeded)}
        print("\n## Under `meltano run`\n\n" + report.pipes({"meltano": told["pipes"]["meltano"]}))
    if "alone" in parts:
        say("Running each process alone")
        told["alone"] = list(measure_alone(flow, seeded, options.five_line_documents))
        print("\n## Each process alone\n\n" + report.alone(told["alone"]))
    results = flow.home / "results.json"
    results.write_text(json.dumps(report.as_json(told), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    say(f"All of it is in {results}")


def title(told: dict[str, Any]) -> str:
    """Say what is measured, on what."""
    machine = ", ".join(f"{name} {value}" for name, value in told["machine"].items())
    return (
        f"# Benchmark: 旺店通 stock-outs into 金蝶 SAL_OUTSTOCK\n\n"
        f"The last {told['days']} days until {told['until']} of one retailer's year, dialect {told['dialect']}, "
        f"batches of {told['batch_size']}, limits off, loopback. {machine}."
    )


def say(text: str) -> None:
    """Say what is being done, apart from the tables."""
    print(f"» {text}", file=sys.stderr, flush=True)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        measure(options_of(arguments))
    except BenchError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except requests.RequestException as error:
        print(f"benchmarks: the sandbox did not answer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
