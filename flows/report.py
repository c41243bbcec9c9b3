"""One line a job: what the source held, what arrived, what was dead-lettered, and the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.reconciliation import Totals
from demo.report import MOST_PROBLEMS, console

if TYPE_CHECKING:
    from demo.reconciliation import Reconciliation

_WIDTHS = (38, 9, 9, 8, 8, 9, 12, 14, 6)
_HEADINGS = ("job", "to send", "delivered", "letters", "left out", "lines", "quantity", "amount ¥", "s")


def print_headings() -> None:
    """Print what the columns are."""
    console.print(f"[bold]{_line(_HEADINGS)}[/]")


def print_row(title: str, result: Reconciliation, seconds: float) -> None:
    """Print a job's line, and each document that is not where it belongs (the first of many)."""
    letters = sum(result.dead_lettered.values(), Totals())
    cells = (
        title,
        f"{result.source.documents:,}",
        f"{result.delivered.documents:,}",
        f"{letters.documents:,}",
        f"{result.not_shipped.documents:,}",
        f"{result.source.lines:,}",
        f"{result.source.quantity.normalize():,f}",
        f"{result.source.amount:,.2f}",
        f"{seconds:.0f}",
    )
    style, verdict = ("green", "reconciled") if result.is_exact else ("bold red", f"difference {result.difference}")
    console.print(f"[{style}]{_line(cells)}  {verdict}[/]")
    for problem in result.problems[:MOST_PROBLEMS]:
        console.print(f"[red]  ✗ {problem}[/]")
    if len(result.problems) > MOST_PROBLEMS:
        console.print(f"[red]  … and {len(result.problems) - MOST_PROBLEMS} more[/]")


def _line(cells: tuple[str, ...]) -> str:
    first, *others = zip(cells, _WIDTHS, strict=True)
    left = first[0] + " " * (first[1] - _columns(first[0]))
    return " ".join([left, *(cell.rjust(width) for cell, width in others)])


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)  # noqa: PLR2004 - where the CJK blocks begin
