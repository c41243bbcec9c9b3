"""The command line: a Singer target when called as one, and the commands for people around it."""

from __future__ import annotations

import csv
import logging
import os
import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click
from erp_sdk.budget import Budget
from erp_sdk.command import UserError, run

from target_kingdee.api.answers import Answer
from target_kingdee.api.galaxy import Galaxy
from target_kingdee.api.queries import PAGE_ROWS, rows_by_key, rows_in_order
from target_kingdee.courier import CallCounts, Courier
from target_kingdee.forms import DOCUMENTS, keys_of
from target_kingdee.ledger import Ledger, ledger_url
from target_kingdee.ledger_reading import as_json, read_dead_letters, summarise
from target_kingdee.personal import masked
from target_kingdee.settings import DEFAULT_LEDGER
from target_kingdee.target import TargetKingdee

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_kingdee.settings import Settings


def build() -> click.Group:
    """Return the command line of the target: singer-sdk's own options, and the commands below."""
    singer = TargetKingdee.cli

    @click.pass_context
    def singer_or_command(context: click.Context, /, **options: Any) -> None:
        if context.invoked_subcommand is None:
            TargetKingdee.invoke(**options)
        else:
            logging.getLogger().setLevel(os.environ.get("LOGLEVEL", "WARNING").upper())
            context.obj = options["config"]

    group = click.Group(
        TargetKingdee.name,
        params=singer.params,
        callback=singer_or_command,
        invoke_without_command=True,
        help="Deliver Singer records into 金蝶 Kingdee; without a command, read messages from standard input.",
    )
    for command in (query, check, dead_letters, ledger):
        group.add_command(command)
    return group


def main() -> NoReturn:
    """Run the command line."""
    run(build(), name=TargetKingdee.name)


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
    with _courier(config) as (courier, settings):
        page = _page_reader(courier, settings, form)
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
    with _courier(config) as (courier, settings):
        material = keys_of("BD_MATERIAL")
        page = _page_reader(courier, settings, "BD_MATERIAL", limit=1)
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


@click.group("dead-letters")
def dead_letters() -> None:
    """Show what was not delivered, and why."""


def _letter_filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--form", help="Only of this FormId."),
        click.option("--reason", help="Only of this reason class, such as base_data_missing."),
        click.option("--number", help="Only of this document number."),
        click.option("--stream", help="Only of this source stream."),
        click.option("--all", "with_closed", is_flag=True, help="Also those that were delivered after all."),
    ):
        command = option(command)
    return command


@dead_letters.command("list")
@_letter_filters
@click.option("--json", "as_objects", is_flag=True, help="One JSON object a line; personal fields are masked.")
@click.pass_obj
def list_letters(config: Any, /, *, as_objects: bool, **filters: Any) -> None:
    """List open dead letters; personal fields are masked."""
    count = 0
    for letter in read_dead_letters(_ledger(config), **filters):
        count += 1
        if as_objects:
            shown = {**letter, "record": masked(letter["record"]), "model": masked(letter["model"])}
            click.echo(as_json(shown))
        else:
            number = letter["number"] or letter["source_key"]
            click.echo(
                f"{letter['dead_letter_id']:>6}  {letter['form']}  {number}  {letter['reason']}: {letter['message']}"
            )
    if not as_objects:
        click.echo(f"{count} dead letters; `dead-letters show ID` tells one of them.", err=True)


@dead_letters.command("show")
@click.argument("letter_id", type=int, metavar="ID")
@click.pass_obj
def show_letter(config: Any, letter_id: int) -> None:
    """Show one dead letter whole, with its source record and Kingdee model, as JSON."""
    letter = next(read_dead_letters(_ledger(config), letter_id=letter_id), None)
    if letter is None:
        raise UserError(f"there is no dead letter {letter_id}; `dead-letters list --all` shows them.")
    click.echo(as_json(letter))


@dead_letters.command("export")
@_letter_filters
@click.pass_obj
def export_letters(config: Any, /, **filters: Any) -> None:
    """Print open dead letters whole, one JSON object a line. Holds personal data: keep it safe."""
    for letter in read_dead_letters(_ledger(config), **filters):
        click.echo(as_json(letter))


@click.group()
def ledger() -> None:
    """Show where the ledger is and what it holds."""


@ledger.command("path")
@click.pass_obj
def ledger_path(config: Any) -> None:
    """Print where the ledger is."""
    click.echo(_ledger(config).shown)


@ledger.command("summary")
@click.pass_obj
def ledger_summary(config: Any) -> None:
    """Print documents by status, open dead letters by reason, and the last runs, as JSON."""
    click.echo(as_json(summarise(_ledger(config))))


def _target(config: Any) -> TargetKingdee:
    """Make the target of the settings; without --config they come from the environment."""
    return TargetKingdee(config=dict(config.config), parse_env_config=config.parse_env or not config.config)


def _ledger(config: Any) -> Ledger:
    """Open the ledger for reading; no credentials are needed for that."""
    prefix = TargetKingdee.name.replace("-", "_").upper()
    told = {name: config.config.get(name) or os.environ.get(f"{prefix}_{name.upper()}") for name in _LEDGER_SETTINGS}
    opened = Ledger(ledger_url(told["ledger_path"] or DEFAULT_LEDGER, told["ledger_url"]), account="", must_exist=True)
    click.get_current_context().call_on_close(opened.close)
    return opened


_LEDGER_SETTINGS = ("ledger_path", "ledger_url")


@contextmanager
def _courier(config: Any) -> Iterator[tuple[Courier, Settings]]:
    settings = _target(config).settings
    budget = Budget(settings.number("calls_per_minute"), settings.account, settings.budget_path)
    courier = Courier(settings, CallCounts(), budget, threading.Event())
    try:
        yield courier, settings
    finally:
        courier.close()
        budget.close()


def _page_reader(
    courier: Courier, settings: Settings, form: str, limit: int = PAGE_ROWS
) -> Callable[[Sequence[str], str, str, int], list[list[Any]]]:
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
