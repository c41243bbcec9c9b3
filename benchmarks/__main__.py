"""Our pipe against the stock singer-sdk pipe, same input, same run: ``python -m benchmarks`` (``make bench``).

Exit codes: 0 measured, 1 something failed or the pipes did not deliver the same, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from benchmarks import report
from benchmarks.alone import measure_alone
from benchmarks.five_lines import FiveLines, write_templates
from benchmarks.flow import UNTIL, Flow, last_days
from benchmarks.measure import ROOT, BenchError
from benchmarks.meltano_run import measure_meltano
from benchmarks.pipes import PipeResult, hold_together, measure_bare, measure_pipe, median
from benchmarks.servers import Credentials, fresh_vendors, seeded_state

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import FrameType

PARTS = ("pipe", "bare", "alone", "meltano")
UNASKED = ("pipe", "bare", "alone")
ON_FIVE_LINES = {"bare", "alone"}


Pipes = dict[str, PipeResult]


@dataclass(frozen=True)
class Prepared:
    """What every part starts from."""

    flow: Flow
    seeded: Path
    credentials: Credentials
    five_lines: FiveLines


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=60, choices=range(1, 366), metavar="N",
                        help="how many of the year's last days (default 60; 365 is all of it)")  # fmt: skip
    parser.add_argument("--until", type=date.fromisoformat, default=UNTIL,
                        help=f"the last trading day (default {UNTIL}: always the same documents)")  # fmt: skip
    parser.add_argument("--only", choices=PARTS, action="append",
                        help="only this part (bare: the pipes against stand-ins); may be repeated")  # fmt: skip
    parser.add_argument("--repeat", type=int, default=1, help="how often each pipe runs; the median counts")
    parser.add_argument("--batch-size", type=int, default=100, help="documents a BatchSave, both pipes")
    parser.add_argument("--dialect", choices=("openapi", "flagship"), default="openapi", help="what the taps speak")
    parser.add_argument("--five-line-documents", type=int, default=200_000, help="how many, against stand-ins")
    parser.add_argument("--no-startup", action="store_true", help="leave out the runs that measure the start-up")
    parser.add_argument("--home", type=Path, default=ROOT / ".bench", help="where everything is written")
    return parser.parse_args(arguments)


def prepare(options: argparse.Namespace, parts: Collection[str]) -> Prepared:
    """Seed the sandbox, read the code tables, and cut documents to five lines for the parts that need them."""
    home = options.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    say(f"Seeding {options.days} days until {options.until} into {home}")
    seeded = seeded_state(home, options.days, options.until)
    flow = Flow(home, options.dialect, options.batch_size, last_days(options.days, options.until))
    with fresh_vendors(home, seeded) as vendors:
        credentials = vendors.credentials()
        flow.read_code_tables(credentials)
        templates = write_templates(flow, credentials) if ON_FIVE_LINES & {*parts} else home
    return Prepared(flow, seeded, credentials, FiveLines(templates, options.five_line_documents))


def in_turn(what: str, options: argparse.Namespace, measure_one: Callable[[str], PipeResult]) -> Pipes:
    """Run both pipes in turn, as often as asked for; both must have delivered the same."""
    runs: dict[str, list[PipeResult]] = {"ours": [], "stock": []}
    for turn in range(options.repeat):
        for name, results in runs.items():
            say(f"Running {name} {what}, {turn + 1} of {options.repeat}")
            results.append(measure_one(name))
    chosen = {name: median(results) for name, results in runs.items()}
    hold_together(chosen["ours"], chosen["stock"])
    return chosen


def measured(options: argparse.Namespace, ready: Prepared, parts: Collection[str]) -> Iterator[tuple[str, str, Any]]:
    """Measure the chosen parts; yields each one's name, table and results."""
    flow, seeded = ready.flow, ready.seeded
    if "pipe" in parts:

        def against_the_sandbox(name: str) -> PipeResult:
            return measure_pipe(flow, seeded, name, startup=not options.no_startup)

        found = in_turn("against the sandbox", options, against_the_sandbox)
        yield "pipe", "The pipes against the sandbox\n\n" + report.pipes(found), found
    if "bare" in parts:

        def against_stand_ins(name: str) -> PipeResult:
            return measure_bare(ready.five_lines.flow(flow), ready.credentials, ready.five_lines, name)

        found = in_turn("against stand-ins", options, against_stand_ins)
        yield "bare", "The pipes on five-line documents, against stand-ins\n\n" + report.pipes(found), found
    if "meltano" in parts:
        say("Running ours under meltano")
        found = {"meltano": measure_meltano(flow, seeded)}
        yield "meltano", "Under `meltano run`\n\n" + report.pipes(found), found
    if "alone" in parts:
        say("Running each process alone")
        alone = list(measure_alone(flow, seeded, ready.five_lines))
        yield "alone", "Each process alone\n\n" + report.alone(alone), alone


def measure(options: argparse.Namespace) -> None:
    """Measure the chosen parts and print them."""
    parts = options.only or UNASKED
    told: dict[str, Any] = {"machine": report.machine()}
    ready = prepare(options, parts)
    told["days"], told["until"] = options.days, options.until.isoformat()
    told["dialect"], told["batch_size"] = options.dialect, options.batch_size
    print(title(told))
    for name, table, results in measured(options, ready, parts):
        print(f"\n## {table}", flush=True)
        told[name] = results
    path = ready.flow.home / "results.json"
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1, default=asdict) + "\n", encoding="utf-8")
    say(f"All of it is in {path}")


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


def stop(number: int, _frame: FrameType | None) -> None:
    """End as if asked nicely: whatever was started is ended on the way out."""
    raise SystemExit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    signal.signal(signal.SIGTERM, stop)
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
