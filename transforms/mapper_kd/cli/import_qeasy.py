"""``mapper-kd import-qeasy``: a Qeasy (轻易云) scheme as a mapping of our own, and what there is to say about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
import yaml
from erp_sdk.command import MISUSED
from erp_sdk.messages import encode

from mapper_kd.cli.options import FILE
from mapper_kd.qeasy.importing import import_scheme
from mapper_kd.qeasy.running import beside
from mapper_kd.qeasy.surroundings import from_file, of_context, read_context
from mapper_kd.qeasy.target_settings import query, settings
from mapper_kd.run_clock import start_at
from mapper_kd.sql.times import moment

if TYPE_CHECKING:
    from pathlib import Path

    from mapper_kd.qeasy.importing import Imported
    from mapper_kd.qeasy.surroundings import Surroundings


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
    surroundings = _surroundings(scheme, collections, context)
    if stream:
        surroundings.stream = stream
    imported = import_scheme([scheme] if target is None else [scheme, target], surroundings)
    project = settings(imported.scheme, surroundings, imported.report)
    queries = _queries(imported) if context is not None else {}
    text = imported.text.text if imported.text is not None and not imported.report.errors else None
    if as_json:
        content = {"mapping": text, "report": imported.report.as_json(), "settings": project, **queries}
        click.echo(encode(content))
    if text is not None and output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    elif text is not None and not as_json:
        click.echo(text, nl=False)
    _tell(imported, project, report_file, is_quiet=as_json)
    if imported.report.errors:
        first = imported.report.errors[0]
        click.echo(f"{scheme.as_posix()} cannot be imported: {first}", err=True)
        return MISUSED
    return 0


def _surroundings(scheme: Path, collections: Path | None, context: Path | None) -> Surroundings:
    found = from_file(collections) if collections is not None else beside(scheme)
    if context is None:
        return found
    given = read_context(context)
    now = moment(given.now)
    if now is not None:
        start_at(now.astimezone() if now.tzinfo else _beijing(now))
    return of_context(given, found)


def _beijing(now: Any) -> Any:
    from erp_sdk.times import CST  # noqa: PLC0415 - only a context needs it

    return now.replace(tzinfo=CST)


def _queries(imported: Imported) -> dict[str, Any]:
    asked = query(imported)
    if asked is None:
        return {}
    remedy = asked.remedy()
    return {"query": asked.render()} | ({} if remedy is None else {"remedy_query": remedy})


def _tell(imported: Imported, project: dict[str, Any], report_file: str | None, *, is_quiet: bool) -> None:
    parts = [imported.report.as_table()] if imported.report.found else ["Everything of the scheme is in the mapping.\n"]
    if project:
        written = yaml.safe_dump({"plugins": project}, allow_unicode=True, sort_keys=False)
        parts.append(f"For meltano.yml:\n\n{written}")
    text = "\n".join(parts)
    if report_file == "-":
        click.echo(text, nl=False)
    elif report_file:
        with open(report_file, "w", encoding="utf-8") as file:  # noqa: PTH123 - a path as it was given
            file.write(text)
    elif not is_quiet:
        click.echo(text, nl=False, err=True)
    sys.stdout.flush()
