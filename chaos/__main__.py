"""The main job under seeded faults and kills, until it converges: ``python -m chaos --seeds 1-300``.

Exit codes: 0 every seed passed, 1 one did not, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from chaos.ground import ChaosError, Ground, Postgres, find_or_prepare
from chaos.place import ROOT
from chaos.play import Outcome, Play
from chaos.report import print_outcome, print_table, write_report
from chaos.seeds import SeedsError, parse_seeds

DEFAULT_SEEDS = "1-6"


def campaign(seeds: list[int], jobs: int, home: Path, kept: Path | None = None) -> list[Outcome]:
    """Play all seeds, so many at a time; what fails keeps its folder ``<home>/seed-<n>``.

    Args:
        seeds: Which.
        jobs: How many at a time.
        home: Where their folders are.
        kept: Where the ground is or will be kept; None makes one for this campaign alone.

    Raises:
        ChaosError: The ground could not be prepared.
    """
    home.mkdir(parents=True, exist_ok=True)
    postgres = Postgres()
    outcomes: list[Outcome] = []
    playing: dict[int, Play] = {}
    with tempfile.TemporaryDirectory(dir=home, prefix="ground-") as folder:
        try:
            ground = find_or_prepare(kept or Path(folder))
            with ThreadPoolExecutor(jobs) as pool:
                futures = [pool.submit(play, seed, ground, postgres, home, playing) for seed in seeds]
                try:
                    for future in as_completed(futures):
                        outcomes.append(future.result())
                        print_outcome(outcomes[-1], home)
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    for one in list(playing.values()):
                        one.stop()
                    raise
        finally:
            postgres.stop()
    return sorted(outcomes, key=lambda one: seeds.index(one.seed))


def play(seed: int, ground: Ground, postgres: Postgres, home: Path, playing: dict[int, Play]) -> Outcome:
    """Play one seed; it is among those that are playing meanwhile."""
    folder = home / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    playing[seed] = Play(seed, ground, postgres, folder)
    try:
        return playing[seed].run()
    finally:
        del playing[seed]


def interrupt(*_: object) -> None:
    """Let SIGTERM end a campaign as Ctrl-C does: with nothing left running."""
    raise KeyboardInterrupt


def main() -> int:
    """Read the command line and run the campaign."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", default=DEFAULT_SEEDS, help="17, 1-300 or 1,5,9-12; default %(default)s")
    parser.add_argument("--jobs", type=int, default=2, help="seeds at a time; default %(default)s")
    parser.add_argument("--home", type=Path, default=ROOT / ".chaos", help="where a seed that fails keeps its folder")
    parser.add_argument("--ground", type=Path, metavar="FOLDER",
                        help="keep there what all seeds stand on; good until the code changes")  # fmt: skip
    parser.add_argument("--report", type=Path, help="write the outcome of each seed as JSON")
    options = parser.parse_args()
    try:
        seeds = parse_seeds(options.seeds)
    except SeedsError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, interrupt)
    began = time.monotonic()
    try:
        outcomes = campaign(
            seeds, max(1, options.jobs), options.home.resolve(), options.ground and options.ground.resolve()
        )
    except KeyboardInterrupt:
        return 130
    except ChaosError as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    print_table(outcomes, seconds, options.home.resolve())
    if options.report:
        options.report.write_text(json.dumps(write_report(outcomes, seconds), ensure_ascii=False, indent=1) + "\n")
    return 0 if all(one.passed for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
