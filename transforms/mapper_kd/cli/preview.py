"""``mapper-kd preview``: records before and after a mapping."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import SetupError
from erp_sdk.messages import encode
from rich.console import Console

from mapper_kd.cli.mapping_file import open_mapping, read_context
from mapper_kd.cli.options import FILE, open_project, project_options
from mapper_kd.cli.records import read_messages
from mapper_kd.cli.rehearsal import rehearse
from mapper_kd.cli.side_by_side import show
from mapper_kd.mapping import SCHEME_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mapper_kd.cli.rehearsal import Rehearsed
    from mapper_kd.qeasy.previewing import SchemePreview


@click.command()
@click.argument("mapping", type=FILE)
@click.argument("records", type=click.File("rb"), required=False)
@project_options
@click.option("--input", "input_file", type=click.File("rb"), help="The same as RECORDS.")
@click.option("--limit", type=click.IntRange(min=1), help="How many records to map; 1, or all with --json and merge:.")
@click.option("--json", "as_json", is_flag=True, help="Print the documents and dead letters as one JSON object.")
@click.option(
    "--context",
    type=FILE,
    help="What a run has around it, as JSON: now, last_sync_time, timezone, collections, mappings, vars, seen_ids.",
)
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
    context: Path | None,
) -> int:
    """Show RECORDS before and after MAPPING, a YAML mapping or a Qeasy scheme.

    RECORDS is a file, or - for standard input: a tap's output, a JSON record, a list of records, {"records": […]}, or
    a record on each line.
    """
    about = read_context(context)
    given = records or input_file or sys.stdin.buffer
    name = given.name if isinstance(getattr(given, "name", None), str) else "-"
    if name in {"-", "<stdin>"}:
        name = "the input"
        if sys.stdin.isatty():
            raise click.UsageError("give records as a file, or pipe them in.")
    scheme = _scheme(mapping, about)
    if scheme is not None and not scheme.has_target:
        _print_shaped(scheme.shaped(given), as_json=as_json)
        return 0
    opened = open_mapping(mapping, open_project(config, codes, forms), about)
    if limit is None and not as_json and not opened.merges:
        limit = 1
    messages = _limited(read_messages(given if scheme is None else scheme.keyed(given), opened.stream, name), limit)
    shown = rehearse(opened.flows, opened.stream, messages)
    if as_json:
        _print_json(shown)
        return 0
    console, number = Console(highlight=False, soft_wrap=False), 0
    for number, one in enumerate(shown, start=1):  # noqa: B007 - counts
        show(console, one)
    if not number:
        raise SetupError(f"{name} has no record of {opened.stream}, which {mapping.as_posix()} maps.")
    return 0


def _scheme(path: Path, context: dict[str, Any]) -> SchemePreview | None:
    """Return a Qeasy scheme; None when the file is a mapping of our own."""
    if path.suffix != SCHEME_SUFFIX:
        return None
    from mapper_kd.qeasy.previewing import SchemePreview  # noqa: PLC0415 - only who looks at schemes needs sqlglot

    return SchemePreview(path, context)


def _print_shaped(records: list[Any], *, as_json: bool) -> None:
    """Print the records that the source of a scheme without a target comes to."""
    if as_json:
        click.echo(encode({"documents": records, "dead_letters": []}))
        return
    for record in records:
        click.echo(encode(record))


def _limited(messages: Iterable[dict[str, Any]], limit: int | None) -> Iterator[dict[str, Any]]:
    """Yield messages until there were so many records."""
    if limit is None:
        yield from messages
        return
    left = limit
    for message in messages:
        yield message
        left -= message["type"] == "RECORD"
        if not left:
            return


def _print_json(shown: Iterable[Rehearsed]) -> None:
    documents: list[Any] = []
    letters: list[dict[str, Any]] = []
    for one in shown:
        documents += one.models
        letter = one.letter()
        if letter is not None:
            letters.append(letter)
    click.echo(encode({"documents": documents, "dead_letters": letters}))
