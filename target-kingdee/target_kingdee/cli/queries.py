"""Reading Kingdee by hand: `query` and `check`."""

from __future__ import annotations

import csv
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import UserError

from target_kingdee.api.answers import Answer
from target_kingdee.api.galaxy import Galaxy
from target_kingdee.api.queries import PAGE_ROWS, rows_by_key, rows_in_order
from target_kingdee.cli.opening import open_courier
from target_kingdee.forms import DOCUMENTS, keys_of
from target_kingdee.ledger_reading import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from target_kingdee.courier import Courier
    from target_kingdee.settings import Settings


@click.command()
@click.argument("form")
@click.argument("fields", nargs=-1, required=True)
@click.option("--filter", "filter_string", default="", help="Such as \"FDocumentStatus='C' and FDate>='2026-01-01'\".")
@click.option("--order", default="", help='Such as "FDate DESC"; by the primary key otherwise.')
@click.option("--key", "primary_key", help="The form's primary key, where it is not known.")
@click.option("--csv", "style", flag_value="csv", default=True, help="A heading and rows. The default.")
@click.option("--json", "style", flag_value="json", help="One JSON object a line, numbers exact.")
@click.pass_obj
def query(
    config: Any,
    /,
    *,
    form: str,
    fields: Sequence[str],
    filter_string: str,
    order: str,
    primary_key: str | None,
    style: str,
) -> None:
    """Read FIELDS of a FORM from Kingdee: all rows, whatever their number (ExecuteBillQuery).

    A field may be renamed: customer=FNumber.
    """
    names, keys = _names_and_keys(fields)
    key = primary_key or keys_of(form).primary_key
    with open_courier(config) as (courier, settings):
        page = page_reader(courier, settings, form)
        rows = (
            rows_in_order(page, keys, key, filter_string, order)
            if order
            else rows_by_key(page, keys, key, filter_string)
        )
        _print_rows(names, rows, style)


@click.command()
@click.argument("forms", nargs=-1)
@click.pass_obj
def check(config: Any, forms: Sequence[str]) -> None:
    """Sign in, read one row, and see which FORMS the user may see; by default those of the settings, or 销售出库单."""
    with open_courier(config) as (courier, settings):
        material = keys_of("BD_MATERIAL")
        page = page_reader(courier, settings, "BD_MATERIAL", limit=1)
        page([material.primary_key], "", f"{material.primary_key} ASC", 0)
        click.echo(f"signed in to {settings.account} as {settings.identity.username} ({settings.auth})")
        wrong = 0
        for form in forms or settings.form_names or ["SAL_OUTSTOCK"]:
            answer = courier.ask(partial(Galaxy.describe, form=form), settings.form(form).policy)
            title = DOCUMENTS.get(form, "")
            if isinstance(answer, Answer):
                wrong += 1
                click.echo(f"{form} {title}: not visible, {answer.text}")
            else:
                click.echo(f"{form} {title}: visible")
    if wrong:
        raise UserError(f"{wrong} of the forms cannot be used; check their names and the user's rights.")


def page_reader(
    courier: Courier, settings: Settings, form: str, limit: int = PAGE_ROWS
) -> Callable[[Sequence[str], str, str, int], list[list[Any]]]:
    """Return what reads one page of a form: fields, filter, order, first row.

    Raises:
        UserError: When it is called and Kingdee refuses.
    """
    policy = settings.form(form).policy

    def read(fields: Sequence[str], filter_string: str, order: str, start: int) -> list[list[Any]]:
        rows = courier.ask(
            lambda galaxy: galaxy.rows(
                form, fields, filter_string=filter_string, order=order, start=start, limit=limit
            ),
            policy,
        )
        if isinstance(rows, Answer):
            raise UserError(
                f"Kingdee refused the query of {form}: {rows.text}. Check the form, the fields and the filter."
            )
        return rows

    return read


def _names_and_keys(fields: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [field.partition("=") for field in fields]
    return [name for name, _, _ in pairs], [key or name for name, _, key in pairs]


def _print_rows(names: list[str], rows: Iterable[list[Any]], style: str) -> None:
    out = sys.stdout
    if style == "json":
        for row in rows:
            out.write(f"{as_json(dict(zip(names, row, strict=True)))}\n")
        return
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
