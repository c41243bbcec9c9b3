"""Comparing the ledger with Kingdee: `reconcile`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_kingdee.cli.opening import open_courier, open_ledger
from target_kingdee.cli.queries import page_reader
from target_kingdee.ledger_reading import as_json
from target_kingdee.reconciliation import Reconciliation
from target_kingdee.reconciliation_report import as_objects, closing, summary, table

if TYPE_CHECKING:
    from datetime import datetime

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--form", default="SAL_OUTSTOCK", show_default=True, help="The FormId.")
@click.option("--from", "first", type=_DAY, required=True, help="First document date 单据日期 (FDate), Beijing time.")
@click.option("--to", "last", type=_DAY, required=True, help="Last document date, included.")
@click.option(
    "--filter",
    "filter_string",
    default="",
    help="Only documents of Kingdee like these can be extra, such as \"FCreatorId.FName='integration'\".",
)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a difference, and one with the sums.")
@click.pass_context
def reconcile(
    context: click.Context, /, *, form: str, first: datetime, last: datetime, filter_string: str, as_lines: bool
) -> None:
    """Compare the ledger with Kingdee by document date: what was delivered has to be there, final and unchanged.

    missing: the ledger delivered it, Kingdee has it no more. extra: Kingdee has it in these days, the ledger does not
    know it, which documents that people or other programs enter are as well: --filter leaves those out. Others: twice,
    date, status, lines, quantity, amount (tax included, to the cent; only where the mapping tells prices). What is not
    delivered (saved, parked, dead letters) is counted apart. Exit code 1 when there is a difference.
    """
    if last < first:
        raise click.UsageError("--to is before --from.")
    config = context.obj
    ledger = open_ledger(config)
    with open_courier(config) as (courier, settings):
        page = page_reader(courier, settings, form)
        days = (first.date(), last.date())
        found = Reconciliation(ledger, settings.account, settings.form(form), page, days, filter_string=filter_string)
        if as_lines:
            for one in as_objects(found.differences()):
                click.echo(as_json(one))
            click.echo(as_json(summary(found.account)))
        else:
            for line in table(found.differences()):
                click.echo(line)
            for line in closing(found.account):
                click.echo(line)
    context.exit(1 if found.account.differences else 0)
