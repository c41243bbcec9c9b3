"""What ``mapper-kd import-qeasy`` does: mapping, report and settings of a scheme, written where they are wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml
from erp_sdk.command import SetupError
from erp_sdk.messages import encode
from erp_sdk.times import parse_time

from mapper_kd.qeasy.importing import import_scheme
from mapper_kd.qeasy.running import beside
from mapper_kd.qeasy.surroundings import Surroundings, from_file, of_context, read_context
from mapper_kd.qeasy.target_settings import query, settings
from mapper_kd.run_clock import start_at


class Import:
    """One import.

    Args:
        scheme: The scheme's file, or that of its source.
        target: The file of its target, if it has one of its own.
        collections: What the scheme refers to; without it the file beside the scheme.
        context: A run's context.
        stream: The tap's stream, instead of the name that follows from the scheme.

    Raises:
        SetupError: A file is not there, or not what it should be.
    """

    def __init__(
        self, scheme: Path, target: Path | None, collections: Path | None, context: Path | None, stream: str | None
    ) -> None:
        self._surroundings = _surroundings(scheme, collections, context)
        self._surroundings.stream = stream or self._surroundings.stream
        self._imported = import_scheme([scheme] if target is None else [scheme, target], self._surroundings)
        self._report = self._imported.report
        self._settings = settings(self._imported.scheme, self._surroundings, self._report)
        self._queries = self._rendered() if context is not None else {}

    def run(self, output: Path | None, report: str | None, *, as_json: bool) -> int:
        """Write all, and return the exit code.

        Args:
            output: For the mapping; standard output without it.
            report: For the report; ``-`` is standard output, without it standard error.
            as_json: Print one JSON object instead.

        Raises:
            SetupError: The scheme cannot be used; the report is written all the same.
        """
        errors = self._report.errors
        text = self._imported.text.text if self._imported.text is not None and not errors else None
        if text is not None and output is not None:
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(text, encoding="utf-8")
        if as_json:
            content = {"mapping": text, "report": self._report.as_json(), "settings": self._settings, **self._queries}
            click.echo(encode(content))
        elif text is not None and output is None:
            click.echo(text, nl=False)
        if report is not None or not as_json:
            self._tell(report)
        if errors:
            raise SetupError(f"{self._imported.scheme.file} cannot be imported: {errors[0]}")
        return 0

    def _tell(self, report: str | None) -> None:
        said = self._report.as_table() if self._report.found else "Everything of the scheme is in the mapping.\n"
        for title, content in (
            ("For meltano.yml", {"plugins": self._settings} if self._settings else None),
            ("The source is asked", self._queries or None),
        ):
            if content:
                plain = yaml.safe_load(encode(content))
                said += f"\n{title}:\n\n{yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)}"
        if report is None or report == "-":
            click.echo(said, nl=False, err=report is None)
        else:
            Path(report).write_text(said, encoding="utf-8")

    def _rendered(self) -> dict[str, Any]:
        asked = query(self._imported)
        if asked is None:
            return {}
        remedy = asked.remedy()
        return {"query": asked.render()} | ({} if remedy is None else {"remedy_query": remedy})


def _surroundings(scheme: Path, collections: Path | None, context: Path | None) -> Surroundings:
    found = from_file(collections) if collections is not None else beside(scheme)
    if context is None:
        return found
    given = read_context(context)
    now = parse_time(given.now) if given.now else None
    if now is not None:
        start_at(now)
    return of_context(given, found)
