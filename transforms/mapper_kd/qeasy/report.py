"""What an import has to say: each diagnostic with its place in the scheme, what it is about, and what to do."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapper_kd.qeasy.json_nodes import Node

ERROR, WARNING, NOTE = "error", "warning", "note"
_ORDER = (ERROR, WARNING, NOTE)
_FIXES = {
    "UNKNOWN_KEY": "Correct its spelling, or remove it.",
    "DUPLICATE_KEY": "Remove one of them.",
    "UNKNOWN_TYPE": "Write string, int, float, bool, array, object, date or datetime.",
    "UNSUPPORTED": "Do it in another way, or remove it.",
}
_OTHERWISE = {
    ERROR: "Correct it in the scheme.",
    WARNING: "Look whether it is meant so.",
    NOTE: "Nothing has to be done.",
}


@dataclass(frozen=True)
class Diagnostic:
    """One thing to know about a scheme.

    Attributes:
        severity: ``error`` (the scheme cannot be used), ``warning`` (something of it is not done, or looks wrong),
            ``note`` (something is done by another part, or differently).
        code: The vendor contract's code where it has one: ``UNKNOWN_PARSER`` …
        path: The JSON path, such as ``$.target.request[3].value``.
        line: The line of the scheme's file.
        what: What is there, one sentence.
        fix: What to do, one sentence.
    """

    severity: str
    code: str
    path: str
    line: int
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.severity} {self.code} at {self.path} (line {self.line}): {self.what}" + (
            f" {self.fix}" if self.fix else ""
        )


@dataclass
class Report:
    """The diagnostics of one import, each once."""

    found: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, place: Node, what: str, fix: str = "") -> None:
        """Note why the scheme cannot be used."""
        self._add(Diagnostic(ERROR, code, place.path, place.line, what, fix))

    def warning(self, code: str, place: Node, what: str, fix: str = "") -> None:
        """Note what is not done, or looks wrong."""
        self._add(Diagnostic(WARNING, code, place.path, place.line, what, fix))

    def note(self, code: str, place: Node, what: str, fix: str = "") -> None:
        """Note what is done elsewhere, or differently."""
        self._add(Diagnostic(NOTE, code, place.path, place.line, what, fix))

    def _add(self, diagnostic: Diagnostic) -> None:
        diagnostic = replace(diagnostic, what=_sentence(diagnostic.what))
        if not diagnostic.fix:
            diagnostic = replace(diagnostic, fix=_FIXES.get(diagnostic.code, _OTHERWISE[diagnostic.severity]))
        if diagnostic not in self.found:
            self.found.append(diagnostic)

    @property
    def errors(self) -> list[Diagnostic]:
        """Why the scheme cannot be used."""
        return [one for one in self.found if one.severity == ERROR]

    def sorted(self) -> list[Diagnostic]:
        """The diagnostics: errors first, else as they stand in the scheme."""
        return sorted(self.found, key=lambda one: (_ORDER.index(one.severity), one.line))

    def as_json(self) -> list[dict[str, Any]]:
        """The diagnostics as JSON objects."""
        return [
            {
                "severity": one.severity,
                "code": one.code,
                "path": one.path,
                "line": one.line,
                "what": one.what,
                "fix": one.fix,
            }
            for one in self.sorted()
        ]

    def as_table(self, width: int = 160) -> str:
        """The diagnostics as a table for a terminal or a file."""
        from rich.console import Console  # noqa: PLC0415 - only people who look at a report need it
        from rich.table import Table  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415 - as above

        table = Table(show_lines=False, expand=False)
        for heading in ("", "code", "place", "what", "what to do"):
            table.add_column(heading, overflow="fold")
        for one in self.sorted():
            place = f"{one.path}\nline {one.line}"
            table.add_row(*map(Text, (one.severity, one.code, place, one.what, one.fix)))
        out = io.StringIO()
        Console(file=out, width=width, color_system=None).print(table)
        return out.getvalue()


def _sentence(what: str) -> str:
    """End a sentence once: what ends with a question has its sign."""
    ended = what.removesuffix(".")
    return ended if ended.endswith("?") else f"{ended}."
