"""What was not delivered, for people: `dead-letters`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import UserError

from target_kingdee.cli.opening import open_ledger
from target_kingdee.ledger_reading import as_json, read_dead_letters
from target_kingdee.personal import masked

if TYPE_CHECKING:
    from collections.abc import Callable


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
    for letter in read_dead_letters(open_ledger(config), **filters):
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
    letter = next(read_dead_letters(open_ledger(config), letter_id=letter_id), None)
    if letter is None:
        raise UserError(f"there is no dead letter {letter_id}; `dead-letters list --all` shows them.")
    click.echo(as_json(letter))


@dead_letters.command("export")
@_letter_filters
@click.pass_obj
def export_letters(config: Any, /, **filters: Any) -> None:
    """Print open dead letters whole, one JSON object a line. Holds personal data: keep it safe."""
    for letter in read_dead_letters(open_ledger(config), **filters):
        click.echo(as_json(letter))
