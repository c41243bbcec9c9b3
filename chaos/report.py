"""What a campaign prints, and writes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from chaos.seeds import repeat_command

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chaos.play import Outcome

console = Console(highlight=False, width=max(100, Console().width), soft_wrap=True)
MOST_PROBLEMS = 8


def print_outcome(one: Outcome, home: Path) -> None:
    """Print a seed's line, and what is wrong with one that fails."""
    verdict = "[green]passed[/]" if one.passed else "[bold red]failed[/]"
    done = ", ".join(f"{name}{f' x{count}' if count > 1 else ''}" for name, count in sorted(one.struck.items()))
    console.print(
        f"seed {one.seed} {verdict} {one.runs} runs {one.documents} documents {one.seconds:.0f} s: {done or 'nothing'}"
    )
    for problem in one.problems[:MOST_PROBLEMS]:
        console.print(f"  ✗ {problem.kind}: {problem.text}", markup=False)
    if len(one.problems) > MOST_PROBLEMS:
        console.print(f"  … and {len(one.problems) - MOST_PROBLEMS} more")
    if not one.passed:
        console.print(f"  again: {repeat_command([one.seed])}    kept: {home / f'seed-{one.seed}'}", markup=False)


def summarise(outcomes: Iterable[Outcome], seconds: float) -> dict[str, Any]:
    """Return the sums of a campaign."""
    outcomes = list(outcomes)
    sums: dict[str, Counter[str]] = {
        name: sum((getattr(one, name) for one in outcomes), Counter()) for name in ("struck", "faults", "letters")
    }
    return {
        "seeds": len(outcomes),
        "failed": [one.seed for one in outcomes if not one.passed],
        "runs": sum(one.runs for one in outcomes),
        "documents": sum(one.documents for one in outcomes),
        "lost": sum(one.count("lost") for one in outcomes),
        "doubled": sum(one.count("doubled") for one in outcomes),
        "other_problems": sum(len(one.problems) - one.count("lost") - one.count("doubled") for one in outcomes),
        "retries": sum(one.retries for one in outcomes),
        "seconds": round(seconds, 1),
        **{name: dict(sorted(counted.items())) for name, counted in sums.items()},
    }


def print_table(outcomes: list[Outcome], seconds: float, home: Path) -> None:
    """Print the sums, and how to repeat what failed."""
    told = summarise(outcomes, seconds)
    table = Table(title="Chaos campaign", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name in ("seeds", "runs", "documents", "retries"):
        table.add_row(name, f"{told[name]:,}")
    for name, title in (("struck", "done to runs"), ("faults", "faults"), ("letters", "open dead letters")):
        table.add_section()
        table.add_row(title, f"{sum(told[name].values()):,}", style="bold")
        for kind, count in told[name].items():
            table.add_row(f"  {kind}", f"{count:,}")
    table.add_section()
    for name in ("lost", "doubled", "other_problems"):
        table.add_row(name.replace("_", " "), f"{told[name]:,}", style="bold red" if told[name] else "bold green")
    table.add_row("seconds", f"{seconds:,.0f}")
    console.print(table)
    if told["failed"]:
        console.print(f"Failed: {repeat_command(told['failed'])}, folders below {home}", markup=False)


def write_report(outcomes: list[Outcome], seconds: float) -> dict[str, Any]:
    """Return the report: the sums, and each seed."""
    return {**summarise(outcomes, seconds), "outcomes": [one.as_json() for one in outcomes]}
