"""What the demo prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from demo.reconciliation import Reconciliation, Totals

MOST_PROBLEMS = 20
NARROWEST = 110  # the table and the commands below it, unwrapped
console = Console(highlight=False, width=max(NARROWEST, Console().width), soft_wrap=True)


def step(text: str) -> None:
    """Announce one step."""
    console.print(f"[bold]»[/] {text}")


def reconciliation_table(result: Reconciliation) -> Table:
    """Lay out the reconciliation as a table."""
    table = Table(title="旺店通 Wangdiantong → 金蝶 Kingdee SAL_OUTSTOCK 销售出库单", title_justify="left")
    for heading in ("", "documents", "lines", "quantity", "amount ¥"):
        table.add_column(heading, justify="right" if heading else "left")
    _row(table, "source, shipped 已发货", result.source)
    _row(table, "− delivered and audited 已审核", result.delivered)
    for reason in sorted(result.dead_lettered):
        _row(table, f"− dead-lettered: {reason}", result.dead_lettered[reason])
    table.add_section()
    _row(table, "= difference 差异", result.difference, style="bold green" if result.is_exact else "bold red")
    return table


def print_reconciliation(result: Reconciliation) -> None:
    """Print the table, what was left out on purpose, and every problem (the first of many)."""
    console.print(reconciliation_table(result))
    left_out = result.not_shipped
    console.print(
        f"Not sent, as the mapping says: {left_out.documents} documents that are cancelled or not yet shipped."
    )
    for problem in result.problems[:MOST_PROBLEMS]:
        console.print(f"[red]✗ {problem}[/]")
    if len(result.problems) > MOST_PROBLEMS:
        console.print(f"[red]… and {len(result.problems) - MOST_PROBLEMS} more[/]")


def _row(table: Table, label: str, totals: Totals, style: str | None = None) -> None:
    numbers = (
        f"{totals.documents:,}",
        f"{totals.lines:,}",
        f"{totals.quantity.normalize():,f}",
        f"{totals.amount:,.2f}",
    )
    table.add_row(label, *numbers, style=style)
