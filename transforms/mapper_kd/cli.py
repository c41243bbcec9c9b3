"""Commands for people who write mappings: ``mapper-kd check`` and ``mapper-kd preview``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from erp_sdk.command import SetupError
from erp_sdk.messages import decode, encode

from mapper_kd.catalog import StreamSchema, read_catalog
from mapper_kd.compiler import compile_mapping
from mapper_kd.flows import Flows, find_mappings, read_mappings
from mapper_kd.form_metadata import FormMetadata, check_base_data, check_form, read_form_metadata
from mapper_kd.kinds import nearest
from mapper_kd.lookups import TableShelf
from mapper_kd.reader import RawRecordReader
from mapper_kd.settings import DEFAULT_CODES, DEFAULT_MAPPINGS, paths_of
from mapper_kd.source_record import SourceObject
from mapper_kd.yaml_nodes import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mapper_kd.flows import Outcome, StreamFlows
    from mapper_kd.mapping import Mapping

_FILE = click.Path(path_type=Path)


def _table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    codes = click.option(
        "--codes", multiple=True, help="A folder with code tables; may be given again, later ones win."
    )
    config = click.option("--config", type=_FILE, help="The mapper's configuration (JSON), for its settings.")
    return codes(config(command))


@click.group()
def commands() -> None:
    """Check mappings and look at what they do."""


@commands.command()
@click.argument("mappings", nargs=-1)
@_table_options
@click.option(
    "--catalog", type=_FILE, help="The tap's catalog, or its output: are the fields there that mappings read?"
)
@click.option("--form-metadata", type=_FILE, multiple=True, help="A saved answer of QueryBusinessInfo: are the form's?")
def check(
    mappings: tuple[str, ...],
    codes: tuple[str, ...],
    config: Path | None,
    catalog: Path | None,
    form_metadata: tuple[Path, ...],
) -> int:
    """Compile MAPPINGS (files or folders) and say all that is wrong with them."""
    settings = _settings(config)
    shelf = _shelf(settings, codes)
    streams = read_catalog(catalog) if catalog else {}
    forms = {form.form: form for form in map(read_form_metadata, form_metadata)}
    wrong = 0
    paths = paths_of(list(mappings) or settings.get("flows") or DEFAULT_MAPPINGS)
    for path, _ in find_mappings(paths):
        problems = Problems()
        for mapping in read_mappings([path], problems):
            if mapping is not None:
                _check_one(mapping, shelf, streams, forms, problems)
        for problem in problems.found:
            click.echo(problem, err=True)
        wrong += bool(problems.found)
    if wrong:
        raise SetupError(f"{wrong} of the mappings cannot be used; what is wrong stands above.")
    return 0


def _check_one(
    mapping: Mapping,
    shelf: TableShelf,
    streams: dict[str, StreamSchema],
    forms: dict[str, FormMetadata],
    problems: Problems,
) -> None:
    if streams and mapping.stream not in streams:
        near = nearest(mapping.stream, streams)
        hint = f"; did you mean {near}?" if near else ""
        problems.add(mapping.number.place, f"the catalog has no stream {mapping.stream}{hint}")
        return
    schema = streams[mapping.stream].schema if streams else {}
    compiled = compile_mapping(mapping, SourceObject(schema, mapping.stream), shelf, problems, load=True)
    if mapping.form in forms:
        for warning in check_form(mapping, forms[mapping.form], problems):
            click.echo(f"warning: {warning}", err=True)
    for form in [forms[one.form] for one in mapping.base_data if one.form in forms]:
        for warning in check_base_data(mapping, form, problems):
            click.echo(f"warning: {warning}", err=True)
    if compiled is not None and not problems.found:
        against = [f"stream {mapping.stream}"] * bool(streams) + [f"form {mapping.form}"] * (mapping.form in forms)
        checked = f", held against {' and '.join(against)}" if against else ""
        click.echo(f"{mapping.file}: {mapping.stream} -> {mapping.form} is fine{checked}.")


@commands.command()
@click.argument("mapping", type=_FILE)
@_table_options
@click.option(
    "--input", "records", type=click.File("rb"), default="-", help="A tap's output; standard input without it."
)
@click.option("--limit", type=click.IntRange(min=1), default=1, show_default=True, help="How many records to show.")
def preview(mapping: Path, codes: tuple[str, ...], config: Path | None, records: Any, limit: int) -> int:
    """Show records of a tap's output before and after MAPPING."""
    if mapping.is_dir():
        raise click.UsageError(f"{mapping.as_posix()} is a folder; name one mapping file.")
    flows = Flows.read([mapping], _shelf(_settings(config), codes))
    (stream,) = flows.streams
    if records.name == "<stdin>" and sys.stdin.isatty():
        raise click.UsageError("give a tap's output with --input FILE, or pipe it in.")
    shown = 0
    for opened, raw in _records(records, flows, stream):
        key, outcomes = opened.map(raw)
        _show(stream, key, raw, outcomes)
        shown += 1
        if shown == limit:
            return 0
    if not shown:
        raise SetupError(f"the input has no record of {stream}, which {mapping.as_posix()} maps.")
    return 0


def _records(lines: Any, flows: Flows, stream: str) -> Iterator[tuple[StreamFlows, msgspec.Raw]]:
    reader = RawRecordReader()
    opened = None
    for line in lines:
        try:
            message = reader.deserialize_json(line)
        except (ValueError, ArithmeticError, RecursionError):
            raise SetupError("the input is no tap's output: a line of it is no Singer message.") from None
        if message.get("stream") != stream:
            continue
        if message["type"] == "SCHEMA":
            opened = flows.open(stream, message["schema"], message.get("key_properties") or ())
        elif message["type"] == "RECORD":
            opened = opened or flows.open(stream, {}, ())
            yield opened, message["record"]


def _show(stream: str, key: dict[str, Any], raw: msgspec.Raw, outcomes: list[Outcome]) -> None:
    click.echo(f"--- {stream} {encode(key).decode()}\n{_pretty(bytes(raw))}")
    for outcome in outcomes:
        form = outcome.flow.mapping.form
        if outcome.failure is not None:
            failure = outcome.failure
            click.echo(f"+++ {form}: dead letter ({failure.reason}): {failure.message} {failure.fix}", nl=True)
        elif outcome.model is None:
            click.echo(f"+++ {form}: not sent, since where: is false")
        else:
            click.echo(f"+++ {form}\n{_pretty(encode(outcome.model))}")
            for one in outcome.base_data or ():
                said = f": left out: {one.problem}" if one.problem else f"\n{_pretty(encode(one.model))}"
                click.echo(f"+++ base data {one.form}{said}")


def _pretty(content: bytes) -> str:
    return msgspec.json.format(content, indent=2).decode("utf-8", "backslashreplace")


def _settings(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        settings = decode(config.read_bytes())
    except OSError as error:
        raise SetupError(f"the configuration {config.as_posix()} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SetupError(f"the configuration {config.as_posix()} is no JSON: {error}.") from None
    if not isinstance(settings, dict):
        raise SetupError(f"the configuration {config.as_posix()} is no JSON object.")
    return settings


def _shelf(settings: dict[str, Any], codes: tuple[str, ...]) -> TableShelf:
    return TableShelf(paths_of(list(codes) or settings.get("codes") or DEFAULT_CODES), settings.get("databases") or {})
