"""A record and what became of it: side by side in colour on a terminal, one after the other in a file or a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.messages import encode
from rich import box
from rich.console import Group
from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from mapper_kd.cli.rehearsal import Rehearsed

_WHERE_IS_FALSE = "not sent, since where: is false"
_SOLID = " \u00a0"


def show(console: Console, shown: Rehearsed) -> None:
    """Print one record and its documents, or its dead letter."""
    if console.is_terminal:
        console.print(_beside(shown))
    else:
        console.file.write(_after(shown))


def pretty(content: bytes) -> str:
    """Return JSON with indentation, its numbers as they are."""
    return msgspec.json.format(content, indent=2).decode("utf-8", "backslashreplace")


def _title(shown: Rehearsed) -> str:
    merged = " (the first record of it)" if shown.is_merged and shown.failure is None else ""
    return f"{shown.mapping.stream} {encode(shown.key).decode()}{merged}"


def _after(shown: Rehearsed) -> str:
    form = shown.mapping.form
    parts = [f"--- {_title(shown)}\n{pretty(bytes(shown.record))}"]
    if shown.failure is not None:
        failure = shown.failure
        parts.append(f"+++ {form}: dead letter ({failure.reason}): {failure.message} {failure.fix}")
    elif not shown.models:
        parts.append(f"+++ {form}: {_WHERE_IS_FALSE}")
    parts += [f"+++ {form}\n{pretty(encode(model))}" for model in shown.models]
    for one in shown.base_data or ():
        said = f": left out: {one.problem}" if one.problem else f"\n{pretty(encode(one.model))}"
        parts.append(f"+++ base data {one.form}{said}")
    return "".join(f"{part}\n" for part in parts)


def _beside(shown: Rehearsed) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
    table.add_column(Text(_title(shown), style="bold"), ratio=1, overflow="fold")
    table.add_column(Text(shown.mapping.form, style="bold"), ratio=1, overflow="fold")
    table.add_row(_json(bytes(shown.record)), Group(*_outcome(shown)))
    return table


def _outcome(shown: Rehearsed) -> list[RenderableType]:
    if shown.failure is not None:
        return [_failure(shown)]
    if not shown.models:
        return [Text(_WHERE_IS_FALSE, style="yellow")]
    parts: list[RenderableType] = []
    for number, model in enumerate(shown.models, start=1):
        if len(shown.models) > 1:
            parts.append(Text(f"document {number} of {len(shown.models)}", style="bold green"))
        parts.append(_json(encode(model)))
    for one in shown.base_data or ():
        parts.append(Text(f"base data {one.form}", style="bold green"))
        parts.append(Text(f"left out: {one.problem}", style="yellow") if one.problem else _json(encode(one.model)))
    return parts


def _failure(shown: Rehearsed) -> Table:
    assert shown.failure is not None  # noqa: S101 - narrows the type; the caller has looked
    failure = shown.failure
    lines = Table.grid(padding=(0, 1))
    lines.add_column(style="red", no_wrap=True)
    lines.add_column(overflow="fold")
    lines.add_row("dead letter", Text(failure.reason, style="bold red"))
    for name, text in (("field", failure.field), ("what", failure.message), ("fix", failure.fix)):
        if text:
            lines.add_row(name, Text(text))
    return lines


def _json(content: bytes) -> Text:
    text: Any = Text(pretty(content), overflow="fold", no_wrap=False)
    JSONHighlighter().highlight(text)
    highlighted: Text = text
    return highlighted
