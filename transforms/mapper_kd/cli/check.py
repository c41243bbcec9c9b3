"""``mapper-kd check``: what is wrong with mappings, before a record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from erp_sdk.command import SetupError

from mapper_kd.catalog import StreamSchema, read_catalog
from mapper_kd.cli.options import FILE, read_settings, shelf_for, table_options
from mapper_kd.compiler import compile_mapping
from mapper_kd.flows import find_mappings, read_mappings
from mapper_kd.form_metadata import FormMetadata, check_base_data, check_form, read_form_metadata
from mapper_kd.kinds import nearest
from mapper_kd.settings import DEFAULT_MAPPINGS, paths_of
from mapper_kd.source_record import SourceObject
from mapper_kd.yaml_nodes import Problems

if TYPE_CHECKING:
    from pathlib import Path

    from mapper_kd.lookups import TableShelf
    from mapper_kd.mapping import Mapping


@click.command()
@click.argument("mappings", nargs=-1)
@table_options
@click.option("--catalog", type=FILE, help="The tap's catalog, or its output: are the fields there that mappings read?")
@click.option("--form-metadata", type=FILE, multiple=True, help="A saved answer of QueryBusinessInfo: are the form's?")
def check(
    *,
    mappings: tuple[str, ...],
    codes: tuple[str, ...],
    config: Path | None,
    catalog: Path | None,
    form_metadata: tuple[Path, ...],
) -> int:
    """Compile MAPPINGS (files or folders) and say all that is wrong with them."""
    settings = read_settings(config)
    shelf = shelf_for(settings, codes)
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
        problems.add(mapping.place, f"the catalog has no stream {mapping.stream}{hint}")
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
