"""``mapper-kd check``: what is wrong with mappings, before a record is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from erp_sdk.command import SetupError

from mapper_kd.catalog import StreamSchema, read_catalog
from mapper_kd.cli.leftovers import leftovers
from mapper_kd.cli.options import FILE, Project, open_project, project_options
from mapper_kd.compiler import compile_mapping
from mapper_kd.flows import find_mappings, read_mappings
from mapper_kd.forms import read_form_metadata
from mapper_kd.forms.mapping_checks import check_base_data, check_form
from mapper_kd.kinds import nearest
from mapper_kd.settings import flows_of, paths_of
from mapper_kd.source_record import SourceObject
from mapper_kd.yaml_nodes import Problems

if TYPE_CHECKING:
    from pathlib import Path

    from mapper_kd.mapping import Mapping


@click.command()
@click.argument("mappings", nargs=-1)
@project_options
@click.option("--catalog", type=FILE, help="The tap's catalog, or its output: are the fields there that mappings read?")
@click.option("--form-metadata", type=FILE, multiple=True, help="A form's metadata that is in no folder, as a file.")
def check(
    *,
    mappings: tuple[str, ...],
    codes: tuple[str, ...],
    forms: tuple[str, ...],
    config: Path | None,
    catalog: Path | None,
    form_metadata: tuple[Path, ...],
) -> int:
    """Compile MAPPINGS (files or folders) and say all that is wrong with them."""
    project = open_project(config, codes, forms)
    project.forms.add(read_form_metadata(path) for path in form_metadata)
    streams = read_catalog(catalog) if catalog else {}
    wrong = 0
    paths = paths_of(list(mappings)) or flows_of(project.settings)
    for path, _ in find_mappings(paths):
        problems = Problems()
        for mapping in read_mappings([path], problems):
            if mapping is not None:
                _check_one(mapping, project, streams, problems)
        for problem in problems.found:
            click.echo(problem, err=True)
        for warning in leftovers(path):
            click.echo(f"warning: {warning}", err=True)
        wrong += bool(problems.found)
    if wrong:
        raise SetupError(f"{wrong} of the mappings cannot be used; what is wrong stands above.")
    return 0


def _check_one(mapping: Mapping, project: Project, streams: dict[str, StreamSchema], problems: Problems) -> None:
    if streams and mapping.stream not in streams:
        near = nearest(mapping.stream, streams)
        hint = f"; did you mean {near}?" if near else ""
        problems.add(mapping.place, f"the catalog has no stream {mapping.stream}{hint}")
        return
    schema = streams[mapping.stream].schema if streams else {}
    fields = SourceObject(schema, mapping.stream)
    compiled = compile_mapping(mapping, fields, project.shelf, problems, load=True, forms=project.forms)
    against = [f"stream {mapping.stream}"] * bool(streams)
    warnings = []
    metadata = project.forms.metadata(mapping.form)
    if metadata is not None:
        against.append(f"form {mapping.form}")
        warnings += check_form(mapping, metadata, compiled.schema if compiled and streams else {}, problems)
    for form in dict.fromkeys(one.form for one in mapping.base_data):
        metadata = project.forms.metadata(form)
        if metadata is not None:
            against.append(f"form {form}")
            warnings += check_base_data(mapping, metadata, problems)
    if mapping.number is None:
        warnings.append(f"{mapping.place}: has no number:, so it can be looked at, but not be sent")
    for warning in warnings:
        click.echo(f"warning: {warning}.", err=True)
    if compiled is not None and not problems.found:
        checked = f", held against {' and '.join(against)}" if against else ""
        click.echo(f"{mapping.file}: {mapping.stream} -> {mapping.form} is fine{checked}.")
