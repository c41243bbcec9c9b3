"""What our pipe takes and stands: ``python -m benchmarks [speed | mapping | taps | limits | outage | limit | ledger]``.

speed    our pipe against the stock singer-sdk pipe, same input, same run (``make bench``: this and the next three)
mapping  the mapper alone against bare msgspec and Python by hand, and a Qeasy scheme against its YAML twin
taps     each tap alone, against canned answers
limits   旺店通 and 聚水潭 allow so many calls a minute, and pages are waiting
outage   the network goes away for minutes while the pipe runs
limit    Kingdee allows so many calls a minute, and there is more to deliver than that
ledger   a ledger of years: a million deliveries written, then looked up

Exit codes: 0 measured, 1 something failed or fell short of what is to be reached, 2 wrong usage.
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
from benchmarks.alone import measure_alone, measure_cost
from benchmarks.five_lines import FiveLines, write_templates
from benchmarks.flow import UNTIL, Flow, last_days
from benchmarks.ledger import measure_ledgers
from benchmarks.ledger import table as ledger_table
from benchmarks.limit import FORMS, measure_limit
from benchmarks.limits import DAYS, YEAR_DAYS, limits_table, measure_readings, measure_year, year_of
from benchmarks.mapping.run import mapping_table, measure_mapping, shortfalls
from benchmarks.measure import ROOT, BenchError
from benchmarks.meltano_run import measure_meltano
from benchmarks.network import FAILURES
from benchmarks.outage import measure_outage
from benchmarks.pipes import PipeResult, hold_together, measure_bare, measure_pipe, median
from benchmarks.servers import Credentials, fresh_vendors, seeded_state
from benchmarks.tap_cases import CASES, CASES_DAYS
from benchmarks.taps import measure_tap, tap_shortfalls, taps_table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import FrameType

PARTS = ("pipe", "bare", "alone", "cost", "meltano")
OUTAGE_DAYS, OUTAGE_BATCH_SIZE = 2, 20
LEAST_ROUNDS = 5  # of processes that take seconds each
UNASKED = ("pipe", "bare", "alone", "cost")
ON_FIVE_LINES = {"bare", "alone", "cost"}


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
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=tuple(MEASUREMENTS), default="speed", help="default: speed")
    parser.add_argument("--home", type=Path, default=ROOT / ".bench", help="where everything is written")
    parser.add_argument("--minutes", type=float, metavar="N",
                        help="outage: the network is away so long (1); limit(s): so long is measured (3)")  # fmt: skip
    _outage_and_limit_options(parser.add_argument_group("outage, limit and limits"))
    parser.add_argument("--deliveries", type=int, default=1_000_000, help="ledger: how many (default 1000000)")
    parser.add_argument("--documents", type=int, default=100_000, help="mapping, taps: how many (default 100000)")
    _speed_options(parser.add_argument_group("speed"))
    return parser.parse_args(arguments)


def _outage_and_limit_options(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument("--how", choices=FAILURES, default=FAILURES[0],
                        help="outage: connections are refused, or nothing answers (default refused)")  # fmt: skip
    parser.add_argument("--calls-per-minute", type=int, default=100, help="limit: what Kingdee allows (default 100)")
    parser.add_argument("--latency", type=float, default=0.4, help="seconds an answer takes (default 0.4)")
    parser.add_argument("--year", action="store_true", help="limits: read a year of 旗舰版 too, 8,760 windows")


def _speed_options(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument("--days", type=int, default=60, choices=range(1, 366), metavar="N",
                        help="how many of the year's last days (default 60; 365 is all of it)")  # fmt: skip
    parser.add_argument("--until", type=date.fromisoformat, default=UNTIL,
                        help=f"the last trading day (default {UNTIL}: always the same documents)")  # fmt: skip
    parser.add_argument("--only", choices=PARTS, action="append",
                        help="only this part (bare: the pipes against stand-ins); may be repeated")  # fmt: skip
    parser.add_argument(
        "--repeat", type=int, default=1, help="how often each pipe (mapper, tap) runs; the median (best) counts"
    )
    parser.add_argument("--batch-size", type=int, default=100, help="documents a BatchSave, both pipes")
    parser.add_argument("--dialect", choices=("openapi", "flagship"), default="openapi", help="what the taps speak")
    parser.add_argument("--five-line-documents", type=int, default=200_000, help="how many, against stand-ins")
    parser.add_argument("--no-startup", action="store_true", help="leave out the runs that measure the start-up")


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
    if "cost" in parts:
        say("Running the target with and without delivery and ledger")
        cost = measure_cost(flow, ready.credentials, ready.five_lines)
        yield "cost", "What delivery and ledger cost\n\n" + report.cost(cost), cost


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
    keep(ready.flow.home / "results.json", told)


def stand_outage(options: argparse.Namespace) -> None:
    """Measure an outage and print it.

    Raises:
        BenchError: It fell short of what is to be reached.
    """
    home = options.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    seeded = seeded_state(home, OUTAGE_DAYS, options.until)
    flow = Flow(home, "openapi", OUTAGE_BATCH_SIZE, last_days(OUTAGE_DAYS, options.until))
    minutes = options.minutes or 1.0
    say(f"Letting the network go for {minutes:g} minutes ({options.how})")
    result = measure_outage(flow, seeded, minutes * 60, options.how)
    print(f"# Outage: 旺店通 stock-outs into 金蝶 SAL_OUTSTOCK\n\n{report.outage(result)}")
    keep(home / "outage.json", result)
    if not (result.is_soon_enough and not result.problems):
        raise BenchError("this falls short of what is to be reached.")


def reach_limit(options: argparse.Namespace) -> None:
    """Measure what is made of an account's calls, by one process and by two, and print it.

    Raises:
        BenchError: It fell short of what is to be reached.
    """
    home = options.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    seeded = seeded_state(home, 1, options.until)
    minutes, results = options.minutes or 3.0, []
    for forms in (FORMS[:1], FORMS):
        say(f"Delivering {' and '.join(forms)} for {minutes:g} minutes")
        results.append(
            measure_limit(
                home, seeded, forms,
                minutes=minutes, per_minute=options.calls_per_minute, latency=options.latency,
            )
        )  # fmt: skip
    print(f"# Limit: as many calls as Kingdee allows\n\n{report.limit(results)}")
    keep(home / "limit.json", results)
    if not all(result.is_reached for result in results):
        raise BenchError("this falls short of what is to be reached.")


def read_alone(options: argparse.Namespace) -> None:
    """Measure each tap alone, and print it.

    Raises:
        BenchError: One fell short of what is to be reached.
    """
    home = options.home.resolve() / "taps"
    home.mkdir(parents=True, exist_ok=True)
    seeded = seeded_state(home, CASES_DAYS, options.until)
    results = []
    for case in CASES:
        say(f"Reading {options.documents:,} documents with {case.title}")
        period = last_days(CASES_DAYS, options.until)
        results.append(measure_tap(home, seeded, period, case, options.documents, rounds=options.repeat))
    print(f"# Taps: documents of 15 fields and five lines of 8, limits off\n\n{taps_table(results)}")
    keep(home / "taps.json", results)
    if short := tap_shortfalls(results):
        raise BenchError(" ".join(short))


def read_at_the_limits(options: argparse.Namespace) -> None:
    """Measure what the taps make of an account's calls, and print it.

    Raises:
        BenchError: They fell short of what is to be reached.
    """
    home = options.home.resolve() / "limits"
    home.mkdir(parents=True, exist_ok=True)
    minutes = options.minutes or 3.0
    say(f"Reading 旺店通 and 聚水潭 for {minutes:g} minutes")
    seeded, period = seeded_state(home, DAYS, options.until), last_days(DAYS, options.until)
    results = measure_readings(home, seeded, period, minutes=minutes, latency=options.latency)
    if options.year:
        say("Reading a year of 旗舰版")
        seeded, period = seeded_state(home, YEAR_DAYS, options.until), year_of(options.until)
        results.append(measure_year(home, seeded, period, latency=options.latency))
    print(f"# Limits: as many calls as the vendors allow\n\n{limits_table(results)}")
    keep(home / "limits.json", results)
    if not all(result.is_reached for result in results):
        raise BenchError("this falls short of what is to be reached.")


def look_up(options: argparse.Namespace) -> None:
    """Measure a large ledger in each kind of database, and print it.

    Raises:
        BenchError: It fell short of what is to be reached.
    """
    say(f"Writing and looking up {options.deliveries:,} deliveries")
    results = measure_ledgers(options.deliveries, options.home.resolve() / "ledger")
    print(f"# Ledger: many deliveries\n\n{ledger_table(results)}")
    keep(options.home.resolve() / "ledger.json", results)
    if not all(result.is_fast_enough for result in results):
        raise BenchError("this falls short of what is to be reached.")


def map_alone(options: argparse.Namespace) -> None:
    """Measure the mapper alone, and print it.

    Raises:
        BenchError: It fell short of what is to be reached.
    """
    home = options.home.resolve() / "mapping"
    home.mkdir(parents=True, exist_ok=True)
    say(f"Mapping {options.documents:,} documents")
    results = measure_mapping(home, options.documents, max(options.repeat, LEAST_ROUNDS))
    print(f"# Mapping: documents of 12 fields and five lines of 8\n\n{mapping_table(results)}")
    keep(home / "mapping.json", results)
    if short := shortfalls(results):
        raise BenchError(" ".join(short))


MEASUREMENTS = {
    "speed": measure,
    "mapping": map_alone,
    "taps": read_alone,
    "limits": read_at_the_limits,
    "outage": stand_outage,
    "limit": reach_limit,
    "ledger": look_up,
}


def keep(path: Path, told: Any) -> None:
    """Keep the results as JSON."""
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
        options = options_of(arguments)
        MEASUREMENTS[options.what](options)
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
