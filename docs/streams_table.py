"""A tap's streams as a Markdown table, from its classes."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from erp_sdk.stream import WindowedStream


def render(plugin: str) -> str:
    """Return the table: what each stream holds, where it is read from, its key, and how much of it is read."""
    streams: tuple[Any, ...] = import_module(f"{plugin.replace('-', '_')}.streams").STREAMS
    rows = ["", "| stream | holds | read from | key | read |", "| --- | --- | --- | --- | --- |"]
    rows += [_row(stream) for stream in streams]
    return "\n".join([*rows, "", ""])


def _row(stream: Any) -> str:
    holds = (stream.__doc__ or "").partition("\n\n")[0]
    holds = " ".join(holds.split()).rstrip(".").replace("|", "\\|")
    keys = ", ".join(f"`{key}`" for key in stream.primary_keys)
    changed = getattr(stream, "replication_key", None)
    read = "what has changed" if issubclass(stream, WindowedStream) else "all of it, each time"
    if isinstance(changed, str):
        read += f", by `{changed}`"
    return f"| `{stream.name}` | {holds} | {_where(stream.endpoint_name())} | {keys} | {read} |"


def _where(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))
