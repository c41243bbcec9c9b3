"""Where the ledger is and what it holds: `ledger`."""

from __future__ import annotations

from typing import Any

import click

from target_kingdee.cli.opening import open_ledger
from target_kingdee.ledger_reading import as_json, summarise


@click.group()
def ledger() -> None:
    """Show where the ledger is and what it holds."""


@ledger.command("path")
@click.pass_obj
def ledger_path(config: Any) -> None:
    """Print where the ledger is."""
    click.echo(open_ledger(config).shown)


@ledger.command("summary")
@click.pass_obj
def ledger_summary(config: Any) -> None:
    """Print documents by status, open dead letters by reason, and the last runs, as JSON."""
    click.echo(as_json(summarise(open_ledger(config))))
