"""``mapper-kd test``: the cases that stand beside mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import msgspec
from erp_sdk.command import UserError
from erp_sdk.messages import decode, encode
from rich.console import Console
from rich.text import Text

from mapper_kd.catalog import read_catalog
from mapper_kd.cli.cases import MISSING, cases_file, differences, read_cases
from mapper_kd.cli.mapping_file import open_mapping
from mapper_kd.cli.options import FILE, open_project, project_options
from mapper_kd.cli.rehearsal import rehearse
from mapper_kd.flows import find_mappings
from mapper_kd.settings import flows_of, paths_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mapper_kd.catalog import StreamSchema
    from mapper_kd.cli.cases import Case
    from mapper_kd.cli.mapping_file import Opened
    from mapper_kd.cli.options import Project

Difference = tuple[str, Any, Any]


@click.command(name="test")
@click.argument("mappings", nargs=-1)
@project_options
@click.option("--catalog", type=FILE, help="The tap's catalog, or its output: records are read as its SCHEMA says.")
def run_cases(
    *,
    mappings: tuple[str, ...],
    codes: tuple[str, ...],
    forms: tuple[str, ...],
    config: Path | None,
    catalog: Path | None,
) -> int:
    """Run the cases (NAME.cases.yml) that stand beside MAPPINGS (files or folders)."""
    project = open_project(config, codes, forms)
    streams = read_catalog(catalog) if catalog else {}
    console = Console(highlight=False, soft_wrap=True)
    wrong = total = 0
    for path, _ in find_mappings(paths_of(list(mappings)) or flows_of(project.settings)):
        file = cases_file(path)
        if not file.is_file():
            console.print(Text(f"{path.as_posix()}: no cases ({file.name} is not there)", style="yellow"))
            continue
        failed, count = _run(path, file, project, streams, console)
        wrong, total = wrong + failed, total + count
    if wrong:
        raise UserError(f"{wrong} of {total} cases are not as expected; the differences stand above.")
    return 0


def _run(
    path: Path, file: Path, project: Project, streams: dict[str, StreamSchema], console: Console
) -> tuple[int, int]:
    """Run the cases of one mapping; return how many failed, and how many there are."""
    given = read_cases(file)
    failed = 0
    for case in given.cases:
        context = {"now": case.now} if case.now else {}
        opened = open_mapping(path, project, context, given.tables)
        found = list(_differences(case, opened, streams.get(opened.stream)))
        if found:
            failed += 1
            console.print(Text(f"{path.as_posix()}: {case.name}", style="bold red"))
            for one in found:
                _print_difference(console, one)
    count = len(given.cases)
    if not failed:
        console.print(Text(f"{path.as_posix()}: {count} case{'s' * (count != 1)} as expected", style="green"))
    return failed, count


def _differences(case: Case, opened: Opened, schema: StreamSchema | None) -> Iterator[Difference]:
    messages: list[dict[str, Any]] = []
    if schema is not None:
        messages.append({"type": "SCHEMA", "schema": schema.schema, "key_properties": schema.key})
    messages += [{"type": "RECORD", "record": msgspec.Raw(encode(one))} for one in case.records]
    shown = list(rehearse(opened.flows, opened.stream, messages))
    documents = [decode(encode(model)) for one in shown for model in one.models]
    letters = [letter for one in shown if (letter := one.letter()) is not None]
    if case.letter is None and letters:
        yield from (("dead letter", MISSING, f"{one['reason']}: {one['message']}") for one in letters)
    elif case.letter is not None:
        yield from _letter(case.letter, letters)
    elif case.includes is not None:
        if len(documents) == 1:
            yield from differences(case.includes, documents[0], partly=True)
        else:
            yield "documents", 1, len(documents)
    elif case.documents is not None and len(case.documents) == len(documents) == 1:
        yield from differences(case.documents[0], documents[0])
    else:
        yield from differences(case.documents, documents, path="documents")


def _letter(expected: dict[str, Any], letters: list[dict[str, Any]]) -> Iterator[Difference]:
    if len(letters) != 1:
        yield "dead letters", 1, len(letters)
        return
    for key, value in expected.items():
        actual = letters[0][key]
        if not (key == "message" and str(value) in str(actual)) and value != actual:
            yield f"dead_letter.{key}", value, actual


def _print_difference(console: Console, difference: Difference) -> None:
    path, expected, actual = difference
    console.print(Text(f"  {path}"))
    console.print(Text(f"    - {_shown(expected)}", style="red"))
    console.print(Text(f"    + {_shown(actual)}", style="green"))


def _shown(value: Any) -> str:
    return "(nothing)" if value is MISSING else encode(value).decode()
