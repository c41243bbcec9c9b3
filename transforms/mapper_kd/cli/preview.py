"""``mapper-kd preview``: records before and after a mapping."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec
from erp_sdk.command import SetupError
from erp_sdk.messages import encode

from mapper_kd.cli.options import FILE, open_project, project_options
from mapper_kd.cli.records import read_messages
from mapper_kd.dead_letters import dead_letter
from mapper_kd.flows import Flows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mapper_kd.flows import Outcome, StreamFlows


@click.command()
@click.argument("mapping", type=FILE)
@click.argument("records", type=click.File("rb"), required=False)
@project_options
@click.option("--input", "input_file", type=click.File("rb"), help="The same as RECORDS.")
@click.option("--limit", type=click.IntRange(min=1), help="How many records to show; 1, or all with --json.")
@click.option("--json", "as_json", is_flag=True, help="Print the documents and dead letters as one JSON object.")
def preview(
    *,
    mapping: Path,
    records: Any,
    codes: tuple[str, ...],
    forms: tuple[str, ...],
    config: Path | None,
    input_file: Any,
    limit: int | None,
    as_json: bool,
) -> int:
    """Show RECORDS before and after MAPPING.

    RECORDS is a file, or - for standard input: a tap's output, a JSON record, a list of records, {"records": […]}, or
    a record on each line.
    """
    if mapping.is_dir():
        raise click.UsageError(f"{mapping.as_posix()} is a folder; name one mapping file.")
    project = open_project(config, codes, forms)
    flows = Flows.read([mapping], project.shelf, project.forms)
    (stream,) = flows.streams
    given = records or input_file or sys.stdin.buffer
    name = getattr(given, "name", "")
    name = name if isinstance(name, str) and name not in {"<stdin>", "-"} else "the input"
    if name == "the input" and sys.stdin.isatty():
        raise click.UsageError("give records as a file, or pipe them in.")
    mapped = _mapped(flows, stream, read_messages(given, stream, name))
    if as_json:
        _print_json(_until(mapped, limit))
        return 0
    shown = 0
    for shown, one in enumerate(_until(mapped, limit or 1), start=1):  # noqa: B007 - counts
        _show(stream, *one)
    if not shown:
        raise SetupError(f"{name} has no record of {stream}, which {mapping.as_posix()} maps.")
    return 0


def _mapped(
    flows: Flows, stream: str, messages: Iterable[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], msgspec.Raw, list[Outcome]]]:
    opened: StreamFlows | None = None
    for message in messages:
        if message["type"] == "SCHEMA":
            opened = flows.open(stream, message["schema"], message.get("key_properties") or ())
        else:
            opened = opened or flows.open(stream, {}, ())
            key, outcomes = opened.map(message["record"])
            yield key, message["record"], outcomes


def _until(mapped: Iterator[Any], limit: int | None) -> Iterator[Any]:
    for number, one in enumerate(mapped, start=1):
        yield one
        if number == limit:
            return


def _models(outcome: Outcome) -> list[Any]:
    """Return the models of an outcome: none, one, or those of a record that makes several documents."""
    if outcome.model is None:
        return []
    return outcome.model if isinstance(outcome.model, list) else [outcome.model]


def _print_json(mapped: Iterator[tuple[dict[str, Any], msgspec.Raw, list[Outcome]]]) -> None:
    documents, letters = [], []
    for key, raw, outcomes in mapped:
        for outcome in outcomes:
            documents += _models(outcome)
            if outcome.failure is not None:
                letters.append(dead_letter(outcome.flow.mapping, key, outcome.failure, raw))
    click.echo(encode({"documents": documents, "dead_letters": letters}))


def _show(stream: str, key: dict[str, Any], raw: msgspec.Raw, outcomes: list[Outcome]) -> None:
    click.echo(f"--- {stream} {encode(key).decode()}\n{_pretty(bytes(raw))}")
    for outcome in outcomes:
        form = outcome.flow.mapping.form
        if outcome.failure is not None:
            failure = outcome.failure
            click.echo(f"+++ {form}: dead letter ({failure.reason}): {failure.message} {failure.fix}", nl=True)
        elif outcome.model is None:
            click.echo(f"+++ {form}: not sent, since where: is false")
        for model in _models(outcome):
            click.echo(f"+++ {form}\n{_pretty(encode(model))}")
        for one in outcome.base_data or ():
            said = f": left out: {one.problem}" if one.problem else f"\n{_pretty(encode(one.model))}"
            click.echo(f"+++ base data {one.form}{said}")


def _pretty(content: bytes) -> str:
    return msgspec.json.format(content, indent=2).decode("utf-8", "backslashreplace")
