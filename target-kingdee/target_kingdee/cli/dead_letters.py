"""What was not delivered, for people: `dead-letters`."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import SetupError, UserError
from erp_sdk.messages import decode
from erp_sdk.times import parse_time, rfc3339

from target_kingdee.cli.opening import open_ledger, setting
from target_kingdee.ledger_reading import as_json
from target_kingdee.letters import STATES, LetterFilter, count_letters, letter_ids, read_letters
from target_kingdee.privacy import ENCRYPTED, Contents, Privacy, new_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DATE_LENGTH = len("2026-01-05")
_FILTERS = ("form", "reason", "number", "stream", "since", "until", "state")


@click.group("dead-letters")
def dead_letters() -> None:
    """Show what was not delivered, and why; discard what nobody wants any more."""


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Spell a time as the ledger does; a date alone is its first second, for --until its last."""
    if value is None:
        return None
    try:
        moment = parse_time(value)
    except ValueError:
        moment = None
    if moment is None:
        said = f"{value!r} is no date and time; write 2026-01-31 or '2026-01-31 08:00:00' (Beijing time)."
        raise click.BadParameter(said, context, parameter)
    if parameter.name == "until" and len(value.strip()) == _DATE_LENGTH:
        moment += timedelta(days=1, seconds=-1)
    return rfc3339(moment)


def _letter_filters(*, states: Sequence[str] = STATES) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of `LetterFilter`; it gets them as `wanted`."""
    options = [
        click.option("--form", help="Only of this FormId 单据."),
        click.option("--reason", help="Only of this reason class 失败原因, such as base_data_missing."),
        click.option("--number", help="Only of this document number 单据编号."),
        click.option("--stream", help="Only of this source stream."),
        click.option("--since", callback=_moment, help="Only those that failed last at this time or later."),
        click.option("--until", callback=_moment, help="Only those that failed last up to this time."),
        click.option("--state", type=click.Choice(states), default="open", show_default=True),
    ]
    if "all" in states:
        options.append(click.option("--all", "state", flag_value="all", help="As --state all."))

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_filter(**given: Any) -> None:
            told = {name: given.pop(name) for name in _FILTERS}
            command(wanted=LetterFilter(**told), **given)

        decorated: Callable[..., None] = with_filter
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


@dead_letters.command("list")
@_letter_filters()
@click.option("--summary", is_flag=True, help="How many there are by form and reason, with their first and last time.")
@click.option("--json", "as_objects", is_flag=True, help="One JSON object a line; personal fields are masked.")
@click.pass_obj
def list_letters(config: Any, /, *, wanted: LetterFilter, summary: bool, as_objects: bool) -> None:
    """List dead letters; personal fields are masked."""
    ledger = open_ledger(config)
    if summary:
        _print_summary(count_letters(ledger, wanted), as_objects=as_objects)
        return
    privacy = _privacy(config, with_key=False)
    count = 0
    for letter in read_letters(ledger, wanted):
        count += 1
        shown = _masked(letter, privacy)
        if as_objects:
            click.echo(as_json(shown))
        else:
            number = shown["number"] or shown["source_key"]
            state = "" if wanted.state == "open" else f"  {shown['state']}"
            at = shown["last_at"][:16].replace("T", " ")
            said = f"{shown['reason']}: {shown['message']}"
            click.echo(f"{shown['dead_letter_id']:>6}  {at}{state}  {shown['form']}  {number}  {said}")
    if not as_objects:
        click.echo(f"{count} dead letters; `dead-letters show ID` tells one of them.", err=True)


@dead_letters.command("show")
@click.argument("letter_id", type=int, metavar="ID")
@click.option("--unmasked", is_flag=True, help="With names, phones and addresses; decrypted when the key is given.")
@click.pass_obj
def show_letter(config: Any, letter_id: int, *, unmasked: bool) -> None:
    """Show one dead letter, with its source record and Kingdee model, as JSON."""
    letter = next(read_letters(open_ledger(config), LetterFilter(state="all", ids=[letter_id])), None)
    if letter is None:
        raise UserError(f"there is no dead letter {letter_id}; `dead-letters list --all` shows them.")
    privacy = _privacy(config, with_key=unmasked)
    if unmasked:
        _warn_of_encrypted(letter, privacy)
    click.echo(as_json(_whole(letter, privacy) if unmasked else _masked(letter, privacy)))


@dead_letters.command("export")
@_letter_filters()
@click.pass_obj
def export_letters(config: Any, /, *, wanted: LetterFilter) -> None:
    """Print dead letters whole, one JSON object a line. Holds personal data: keep it safe."""
    privacy = _privacy(config, with_key=True)
    is_told = False
    for letter in read_letters(open_ledger(config), wanted):
        is_told = is_told or _warn_of_encrypted(letter, privacy)
        click.echo(as_json(_whole(letter, privacy)))


@dead_letters.command("discard")
@click.argument("ids", type=int, nargs=-1, metavar="[ID]…")
@_letter_filters(states=("open", "parked"))
@click.option("--note", required=True, help="Why; it is kept with the letter.")
@click.option("--yes", is_flag=True, help="Really discard what the filters find; needed unless ids are given.")
@click.pass_obj
def discard_letters(config: Any, /, *, wanted: LetterFilter, ids: Sequence[int], note: str, yes: bool) -> None:
    """Close dead letters that nobody will mend: ID…, or those that the filters find. Tells what it did, as JSON.

    The letters are kept as discarded, with the note; nothing is deleted.
    """
    if not note.strip():
        raise SetupError("--note is empty; say why these are discarded, for whoever asks in a year.")
    ledger = open_ledger(config)
    found = _ids_to_discard(wanted, ids, lambda chosen: letter_ids(ledger, chosen))
    if not ids and not yes:
        raise SetupError(f"{len(found)} dead letters would be discarded; add --yes to do so.")
    discarded = ledger.discard(found, note.strip())
    click.echo(json.dumps({"discarded": discarded, "dead_letter_ids": found, "note": note.strip()}, ensure_ascii=False))


@dead_letters.command("new-key")
def make_key() -> None:
    """Print a new key for the setting personal_data_key. Keep it safe: without it, encrypted letters stay closed."""
    click.echo(new_key())


def _ids_to_discard(wanted: LetterFilter, ids: Sequence[int], find: Callable[[LetterFilter], list[int]]) -> list[int]:
    if not ids:
        if wanted == LetterFilter(state=wanted.state):
            raise SetupError("say which letters: their ids, or a filter such as --reason (see --help).")
        return find(wanted)
    if wanted != LetterFilter():
        raise SetupError("give ids or filters, not both.")
    closable = {*find(LetterFilter(ids=ids)), *find(LetterFilter(state="parked", ids=ids))}
    unknown = [str(one) for one in ids if one not in closable]
    if unknown:
        raise UserError(
            f"no open dead letter has the id {', '.join(unknown)}; nothing was discarded. See `dead-letters list`."
        )
    return sorted(closable)


def _privacy(config: Any, *, with_key: bool) -> Privacy:
    """Read the settings about personal data; a list from the environment is JSON."""
    fields = setting(config, "personal_fields") or []
    if isinstance(fields, str):
        try:
            fields = json.loads(fields)
        except ValueError:
            raise SetupError('personal_fields is no JSON list; it looks like ["member_*"].') from None
    key = setting(config, "personal_data_key") if with_key else None
    return Privacy.of({"personal_fields": fields, "personal_data_key": key})


def _contents(letter: dict[str, Any]) -> Contents:
    return Contents(letter["record"], letter["model"], letter["message"], letter["fix"])


def _masked(letter: dict[str, Any], privacy: Privacy) -> dict[str, Any]:
    """Return a letter as it may be seen by anybody who looks over a shoulder."""
    shown = {**letter, **privacy.masked(_contents(letter))._asdict()}
    with suppress(ValueError):  # a key that is no JSON has no fields
        shown["source_key"] = as_json(privacy.fields.masked(decode(letter["source_key"])))
    return shown


def _whole(letter: dict[str, Any], privacy: Privacy) -> dict[str, Any]:
    return {**letter, **privacy.opened(_contents(letter))._asdict()}


def _warn_of_encrypted(letter: dict[str, Any], privacy: Privacy) -> bool:
    if letter["protection"] != ENCRYPTED or privacy.has_key:
        return False
    click.echo("Encrypted fields stay so: the setting personal_data_key is not given.", err=True)
    return True


def _print_summary(groups: Sequence[dict[str, Any]], *, as_objects: bool) -> None:
    if as_objects:
        for group in groups:
            click.echo(as_json(group))
        return
    click.echo(f"{'letters':>7}  {'first':16}  {'last':16}  {'state':9}  {'form':20}  reason")
    for group in groups:
        first, last = (group[name][:16].replace("T", " ") for name in ("first_at", "last_at"))
        click.echo(
            f"{group['dead_letters']:>7}  {first}  {last}  {group['state']:9}  {group['form']:20}  {group['reason']}"
        )
    click.echo(f"{sum(group['dead_letters'] for group in groups)} dead letters.", err=True)
