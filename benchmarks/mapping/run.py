"""Measures the mapper alone, beside what it can be held against, all on the same file in the same run."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.mapping.documents import write_code_tables, write_documents
from benchmarks.measure import BenchError, Command, Run, run_pipe
from benchmarks.report import MICRO, table
from benchmarks.servers import BIN

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
BAR_BARE = 0.4  # 40,000 documents/s where msgspec's bare decode and encode does 100,000
BAR_BY_HAND = 1 / 3
BAR_SCHEME = 1.5
BAR_PEAK_MB = 150
FEW = 4  # the second file, for the memory: so many times fewer documents
COMPARED = 2_000


@dataclass(frozen=True)
class MappingResult:
    """One process over the documents.

    Attributes:
        run: All documents; ``idle`` none, ``few`` a quarter of them.
    """

    process: str
    documents: int
    run: Run
    idle: Run
    few: Run

    @property
    def core(self) -> float:
        """Core-µs a document, without start-up."""
        return (_cpu(self.run) - _cpu(self.idle)) / self.documents * MICRO


def measure_mapping(home: Path, documents: int, rounds: int) -> list[MappingResult]:
    """Measure bare msgspec, Python by hand, the mapping, a Qeasy scheme, and the mapping imported from it.

    Args:
        home: Where everything is written.
        documents: How many.
        rounds: How often each of them runs, in turn, so that a noisy moment is not one's alone; the best counts.

    Raises:
        BenchError: They did not make the same documents.
    """
    write_code_tables(home / "codes")
    counts = (0, documents // FEW, documents)
    nothing, few, everything = (write_documents(home / f"orders-{count}.jsonl", count) for count in counts)
    commands = _commands(home)
    of_few = [run_pipe([commands[0]], home, stdin=few), *_hold_together(commands[1:], home, few)]
    runs: list[list[tuple[Run, Run]]] = [[] for _ in commands]
    for _ in range(rounds):
        for command, its_runs in zip(commands, runs, strict=True):
            its_runs.append((run_pipe([command], home, stdin=nothing), run_pipe([command], home, stdin=everything)))
    results = []
    for command, its_runs, run_of_few in zip(commands, runs, of_few, strict=True):
        idle, run = (min(either, key=_cpu) for either in zip(*its_runs, strict=True))
        results.append(MappingResult(command.name, documents, run, idle, run_of_few))
    return results


def _cpu(run: Run) -> float:
    return run.processes[0].cpu


def _commands(home: Path) -> list[Command]:
    imported = home / "imported.yml"
    scheme = HERE / "orders.qeasy.json"
    collections = HERE / "collections.yml"
    arguments = ["import-qeasy", str(scheme), "--collections", str(collections), "--output", str(imported)]
    run_pipe([Command("import", [str(BIN / "mapper-kd"), *arguments])], home)
    return [
        Command("bare msgspec", [sys.executable, "-m", "benchmarks.mapping.bare"]),
        Command("Python by hand", [sys.executable, "-m", "benchmarks.mapping.by_hand", str(home / "codes")]),
        _mapper("mapping", HERE / "orders.yml", home),
        _mapper("Qeasy scheme", scheme, home),
        _mapper("scheme imported", imported, home),
    ]


def _mapper(name: str, flow: Path, home: Path) -> Command:
    config = home / f"{name.replace(' ', '-')}.json"
    config.write_text(json.dumps({"flows": [str(flow)], "codes": [str(home / "codes")]}), encoding="utf-8")
    return Command(name, [str(BIN / "mapper-kd"), "--config", str(config)])


def _hold_together(commands: Sequence[Command], home: Path, documents: Path) -> list[Run]:
    """Refuse to measure processes that do not make the same documents; returns their runs.

    Raises:
        BenchError: They do not.
    """
    made = home / "made.jsonl"
    runs, models = [], []
    for command in commands:
        runs.append(run_pipe([command], home, stdin=documents, stdout=made))
        models.append(_models(made))
    by_hand, mapping, scheme, imported = models
    if by_hand != mapping or scheme != imported or len(scheme) != len(mapping):
        raise BenchError("the processes do not make the same documents, so there is nothing to compare.")
    return runs


def _models(made: Path) -> list[object]:
    with made.open("rb") as lines:
        records = (message for line in lines if (message := msgspec.json.decode(line))["type"] == "RECORD")
        return [message["record"] for message in itertools.islice(records, COMPARED)]


def shortfalls(results: Sequence[MappingResult]) -> list[str]:
    """Return what falls short of what is to be reached, a sentence each."""
    bare, by_hand, mapping, scheme, *_ = results
    found = []
    if bare.core / mapping.core < BAR_BARE:
        found.append(
            f"the mapping makes {bare.core / mapping.core:.2f} of bare msgspec's documents ({BAR_BARE} to reach)."
        )
    if by_hand.core / mapping.core < BAR_BY_HAND:
        found.append(
            f"the mapping makes {by_hand.core / mapping.core:.2f} of what Python by hand makes (a third to reach)."
        )
    if scheme.core / mapping.core > BAR_SCHEME:
        found.append(f"the scheme costs {scheme.core / mapping.core:.2f} times its YAML twin ({BAR_SCHEME} at most).")
    found += [
        f"{one.process} takes {one.run.processes[0].peak_mb:.0f} MB ({BAR_PEAK_MB} at most)."
        for one in results[2:]
        if one.run.processes[0].peak_mb > BAR_PEAK_MB
    ]
    return found


def mapping_table(results: Sequence[MappingResult]) -> str:
    """Tell of the mapper."""
    bare, by_hand, mapping, scheme, imported = results
    rows = [[
        one.process, f"{one.documents:,}", f"{one.core:.1f}", f"{MICRO / one.core:,.0f}", f"{bare.core / one.core:.2f}",
        f"{by_hand.core / one.core:.2f}", f"{one.few.processes[0].peak_mb:.0f}", f"{one.run.processes[0].peak_mb:.0f}",
    ] for one in results]  # fmt: skip
    heading = (
        "process", "documents", "core-µs a document", "documents/s", "of bare msgspec", "of Python by hand",
        "peak MB, a quarter", "peak MB",
    )  # fmt: skip
    notes = (
        f"(to reach: the mapping at least {BAR_BARE} of bare msgspec and a third of Python by hand, "
        f"at most {BAR_PEAK_MB} MB)\n"
        f"The scheme costs {scheme.core / mapping.core:.2f} times its twin, the mapping written by a person "
        f"(to reach: at most {BAR_SCHEME}), and {scheme.core / imported.core:.2f} times the one imported from it."
    )
    return f"{table(heading, rows)}\n{notes}"
