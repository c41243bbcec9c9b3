"""``mapper-kd explain``: where the fields of a document come from."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import SetupError
from erp_sdk.messages import encode
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mapper_kd.cli.lineage import FieldLineage, chosen, lineage, lowest, spelled, written
from mapper_kd.cli.mapping_file import open_mapping, read_context
from mapper_kd.cli.options import FILE, open_project, project_options
from mapper_kd.flows import find_mappings
from mapper_kd.kinds import UnknownNameError
from mapper_kd.settings import flows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mapper_kd.cli.options import Project
    from mapper_kd.compiled import CompiledMapping
    from mapper_kd.forms import FormFolders

_WIDE = 160
"""Columns of a table in a file or a pipe."""


@click.command()
@click.argument("mapping", type=FILE)
@click.argument("field", required=False)
@project_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(
    *,
    mapping: Path,
    field: str | None,
    codes: tuple[str, ...],
    forms: tuple[str, ...],
    config: Path | None,
    as_json: bool,
) -> int:
    """Tell where the fields of MAPPING's documents come from, or one FIELD such as FEntity.FMaterialID.FNumber.

    A part of a path is enough: FMaterialID. Without MAPPING, FIELD is looked for in all mappings of the project.
    """
    project = open_project(config, codes, forms)
    if field is None and _is_field(mapping):
        explained = _everywhere(str(mapping), project)
        told: Any = {"mappings": [_json(*one) for one in explained]}
    else:
        explained = [_explained(mapping, field, project)]
        told = _json(*explained[0])
    if as_json:
        click.echo(encode(told))
        return 0
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    for compiled, fields in explained:
        _show(console, compiled, fields, project.forms)
    return 0


Explained = tuple["CompiledMapping", "Sequence[FieldLineage]"]


def _is_field(written: Path) -> bool:
    """Whether the only argument is a field and no mapping."""
    return written.name == str(written) and written.suffix not in {".yml", ".yaml", ".json"} and not written.exists()


def _explained(path: Path, field: str | None, project: Project) -> Explained:
    """Return a mapping with the chosen fields.

    Raises:
        SetupError: It is wrong, or has no such field.
    """
    opened = open_mapping(path, project, read_context(None))
    compiled = opened.flows.compiled(opened.stream)
    fields = lineage(compiled)
    if field is None:
        return compiled, fields
    try:
        return compiled, chosen(fields, field)
    except UnknownNameError as error:
        said = str(error)
        raise SetupError(f"{path.as_posix()}: {said if said.endswith('?') else f'{said}.'}") from None


def _everywhere(field: str, project: Project) -> list[Explained]:
    """Return the mappings of the project that have a field.

    Raises:
        SetupError: None has it, or one of them is wrong.
    """
    mappings = [_explained(path, None, project) for path, _ in find_mappings(flows_of(project.settings))]
    found: list[Explained] = []
    for compiled, fields in mappings:
        with contextlib.suppress(UnknownNameError):
            found.append((compiled, chosen(fields, field)))
    if not found:
        unknown = str(UnknownNameError("field", field, [one.path for _, fields in mappings for one in fields]))
        raise SetupError(f"no mapping of the project has it: {unknown}" + ("" if unknown.endswith("?") else "."))
    return found


def _json(compiled: CompiledMapping, fields: Sequence[FieldLineage]) -> dict[str, Any]:
    mapping = compiled.mapping
    return {
        "mapping": mapping.name,
        "stream": mapping.stream,
        "form": mapping.form,
        "where": None if mapping.where is None else spelled(mapping.where),
        "fields": [one.as_json() for one in fields],
    }


def _show(console: Console, compiled: CompiledMapping, fields: Sequence[FieldLineage], forms: FormFolders) -> None:
    mapping = compiled.mapping
    metadata = forms.metadata(mapping.form)
    condition = "" if mapping.where is None else f", where: {spelled(mapping.where)}"
    console.print(Text(f"{mapping.file}: {mapping.stream} -> {mapping.form}{condition}", style="bold"))
    if len(fields) == 1:
        _show_one(console, fields[0], metadata.field(fields[0].path) if metadata else None)
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    for title in ("field", "value", "source fields", "tables", "names", "otherwise", "line"):
        table.add_column(title, overflow="fold", no_wrap=title == "field")
    for one in fields:
        origins = one.origins
        table.add_row(
            Text(one.path, style="cyan"),
            Text(written(one.value)),
            *(
                Text("\n".join(part))
                for part in (lowest(origins.fields), lowest(origins.tables), origins.names, one.policy)
            ),
            one.place.rpartition(":")[2],
        )
    console.print(table)


def _show_one(console: Console, one: FieldLineage, form_field: Any) -> None:
    origins = one.origins
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    parts = {
        "field": [one.path],
        "in Kingdee": [_told(form_field)] if form_field is not None else [],
        "value": [written(one.value)],
        "written in": [one.place],
        "source fields": lowest(origins.fields),
        "tables": lowest(origins.tables),
        "names": origins.names,
        "otherwise": one.policy,
        "a line for": one.rows,
    }
    for title, texts in parts.items():
        if texts:
            grid.add_row(title, Text("\n".join(texts)))
    console.print(grid)


def _told(field: Any) -> str:
    """Return what Kingdee says of a field."""
    size = f"{field.length} characters" if field.length else f"{field.precision} digits, {field.scale} after the point"
    kind = f"reference to {field.reference}" if field.reference else field.kind
    parts = [str(field), kind, *([size] if field.length or field.precision else [])]
    return ", ".join([*parts, *(["mandatory (必录)"] if field.mandatory else [])])
