"""``mapper-kd import-qeasy``: a Qeasy (轻易云) scheme as a mapping of our own, and what there is to say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mapper_kd.cli.options import FILE

if TYPE_CHECKING:
    from pathlib import Path


@click.command("import-qeasy")
@click.argument("scheme", type=FILE)
@click.argument("target", type=FILE, required=False)
@click.option("--output", type=FILE, help="Where to write the mapping; standard output without it.")
@click.option("--collections", type=FILE, help="What the scheme's collections, maps and variables are (YAML).")
@click.option("--context", type=FILE, help="A run's context (JSON), as preview takes it: shows the rendered query too.")
@click.option("--stream", help="The tap's stream, if its name does not follow from the scheme.")
@click.option("--report", "report_file", help="Where to write the report: a file, or - for standard output.")
@click.option("--json", "as_json", is_flag=True, help="Print mapping, report and settings as one JSON object.")
def import_qeasy(
    *,
    scheme: Path,
    target: Path | None,
    output: Path | None,
    collections: Path | None,
    context: Path | None,
    stream: str | None,
    report_file: str | None,
    as_json: bool,
) -> int:
    """Write the mapping that does what SCHEME does, and report what it does not do.

    SCHEME is the metadata (方案元数据) as JSON: with source and target, or the source's file and TARGET's.
    """
    from mapper_kd.qeasy.import_command import Import  # noqa: PLC0415 - only who imports needs sqlglot

    command = Import(scheme, target, collections, context, stream)
    return command.run(output, report_file, as_json=as_json)
