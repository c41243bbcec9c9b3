"""Reads the section ``tables:``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary

    from mapper_kd.yaml_nodes import Entry, Place

TABLE_KEYS = ("csv", "sql", "rows", "database", "key", "values", "optional", "duplicates", "cache", "hint")


@dataclass(frozen=True)
class TableSpec:
    """A code table or lookup as the mapping declares it; see `mapper_kd.lookups` for what the parts mean."""

    name: str
    place: Place
    source: str = "csv"
    origin: str = ""
    rows: Dictionary[str, str] = field(default_factory=dict)
    database: str = ""
    key: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    optional: bool = False
    duplicates: str = "error"
    cache: int = 10_000
    hint: str = ""


def tables(entry: Entry | None) -> dict[str, TableSpec]:
    """Read the section."""
    return {} if entry is None else {name: _table(name, one) for name, one in entry.entries()}


def _table(name: str, entry: Entry) -> TableSpec:
    parts = entry.known(TABLE_KEYS)
    sources = [source for source in ("csv", "sql", "rows") if source in parts]
    if len(sources) > 1:
        entry.wrong(f"has both {sources[0]}: and {sources[1]}:; a table comes from one of them")
    source = sources[0] if sources else "csv"
    if source == "sql" and not {"database", "key", "values"} <= parts.keys():
        entry.wrong("comes from sql: and needs database:, key: and values: too")
    origin = parts[source].text() if sources and source != "rows" else f"{name}.csv"
    cache = parts["cache"].scalar() if "cache" in parts else 10_000
    if not isinstance(cache, int) or isinstance(cache, bool) or cache < 1:
        parts["cache"].wrong("needs a number of rows to keep, 1 or more")
    return TableSpec(
        name=name,
        place=entry.place,
        source=source,
        origin=origin,
        rows={key: value.text() for key, value in parts["rows"].entries()} if source == "rows" else {},
        database=parts["database"].text() if "database" in parts else "",
        key=parts["key"].texts() if "key" in parts else (),
        values=parts["values"].texts() if "values" in parts else (),
        optional=parts["optional"].flag() if "optional" in parts else False,
        duplicates=parts["duplicates"].choice(("error", "first", "last")) if "duplicates" in parts else "error",
        cache=cache if isinstance(cache, int) else 10_000,
        hint=parts["hint"].text() if "hint" in parts else "",
    )
