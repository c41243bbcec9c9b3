"""One mapping, opened for looking at what it does; and what a run would have around it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from erp_sdk.command import SetupError
from erp_sdk.times import parse_time

from mapper_kd.cli.options import read_json_object
from mapper_kd.flows import Flows, read_mappings, refuse
from mapper_kd.mapping import SCHEME_SUFFIX, mapping_name
from mapper_kd.run_clock import start_at
from mapper_kd.tables.spec import TableSpec
from mapper_kd.yaml_nodes import Problems

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mapper_kd.cli.options import Project
    from mapper_kd.mapping import Mapping


_STAND_IN = "case: "


class Opened(NamedTuple):
    """A mapping that is sound.

    Attributes:
        merges: Whether several records become one document.
    """

    flows: Flows
    stream: str
    merges: bool


def read_context(path: Path | None) -> dict[str, Any]:
    """Return the content of a context file; nothing without a file.

    Raises:
        SetupError: The file is no JSON object.
    """
    return {} if path is None else read_json_object(path, "context")


def open_mapping(
    path: Path,
    project: Project,
    context: dict[str, Any],
    tables: dict[str, list[dict[str, Any]]] | None = None,
) -> Opened:
    """Read and check one mapping file, a YAML mapping or a Qeasy scheme (``.json``).

    Args:
        path: The file.
        project: Tables and forms.
        context: What a run has around it: ``now`` is the moment of the run, ``collections`` are tables in memory.
        tables: Rows that stand in for the project's tables, by name.

    Raises:
        SetupError: It is wrong.
    """
    if path.is_dir():
        raise click.UsageError(f"{path.as_posix()} is a folder; name one mapping file.")
    _set_clock(context)
    problems = Problems()
    mappings = [mapping for mapping in _read(path, context, problems) if mapping is not None]
    refuse(problems)
    (mapping,) = mappings
    rows = {f"{_STAND_IN}{name}": rows for name, rows in (tables or {}).items()}
    specs = {name: _stand_in(mapping, name, given) for name, given in (tables or {}).items()}
    mapping = replace(mapping, tables={**mapping.tables, **specs})
    shelf = replace(project.shelf, collections={**(context.get("collections") or {}), **rows})
    return Opened(Flows.of([mapping], shelf, project.forms, problems), mapping.stream, mapping.merge is not None)


def _read(path: Path, context: dict[str, Any], problems: Problems) -> Iterable[Mapping | None]:
    if path.suffix != SCHEME_SUFFIX or not path.is_file():
        return read_mappings([path], problems)
    from mapper_kd.qeasy.running import beside, read_scheme_mapping  # noqa: PLC0415 - only who runs schemes needs sqlglot
    from mapper_kd.qeasy.surroundings import context_of, of_context  # noqa: PLC0415 - as above

    surroundings = of_context(context_of(context, "given"), beside(path))
    return [read_scheme_mapping(path, mapping_name(path), problems, surroundings)]


def _stand_in(mapping: Mapping, name: str, rows: list[dict[str, Any]]) -> TableSpec:
    """Return the table that has these rows, and is asked as the one that the mapping declares."""
    declared = mapping.tables.get(name) or TableSpec(name, mapping.place)
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    key = declared.key or columns[:1]
    values = declared.values or tuple(column for column in columns if column not in key)
    return TableSpec(
        name,
        declared.place,
        source="collection",
        origin=f"{_STAND_IN}{name}",
        key=key,
        values=values,
        duplicates=declared.duplicates,
    )


def _set_clock(context: dict[str, Any]) -> None:
    now = context.get("now")
    if now is None:
        return
    try:
        moment = parse_time(now)
    except (ValueError, TypeError):
        moment = None
    if moment is None:
        raise SetupError("the context's now is no time such as 2026-01-05 09:30:00.")
    start_at(moment)
