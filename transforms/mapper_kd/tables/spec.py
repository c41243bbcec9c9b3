"""The section ``tables:`` of a mapping: what it declares of each table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapper_kd.yaml_nodes import Entry, Place

SOURCES = ("csv", "json", "rows", "sql", "table", "ledger", "collection")
"""Where rows come from; the key by which a mapping says so."""

TABLE_KEYS = (
    *SOURCES,
    *("database", "account", "key", "values", "optional", "duplicates", "preload", "cache", "reload", "hint"),
)
LEDGER_DATABASE = "ledger"

_TAKEN_BY = {
    "database": ("sql", "table", "ledger"),
    "account": ("ledger",),
    "optional": ("csv", "json", "ledger"),
    "preload": ("sql", "table", "ledger"),
    "cache": ("sql", "table", "ledger"),
    "reload": ("csv", "json", "sql", "table", "ledger"),
}
_CACHE = 10_000
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_TIME = re.compile(r"([1-9][0-9]{0,5}) (second|minute|hour)s?\Z")


@dataclass(frozen=True)
class TableSpec:
    """A table as a mapping declares it.

    Attributes:
        source: One of `SOURCES`.
        origin: A file's name, a query, a database's table, a form (of a ledger), or a collection's name.
        rows: Key to value, of a table that stands in the mapping itself.
        database: A name in the setting ``databases``.
        account: Whose documents, when a ledger holds those of several accounts.
        key: The key columns; () leaves it to the source.
        values: The columns that may be read; () are all.
        optional: Without its file, or its ledger, every key misses.
        duplicates: Which row counts when a key comes twice: none (``error``), the ``first`` or the ``last``.
        preload: Read a database's rows once and whole, instead of asking for each key.
        cache: How many answers of a database are kept.
        reload: Seconds after which the source is looked at again; 0 is never.
        hint: How to get the file, the end of the sentence that says it is not there.
    """

    name: str
    place: Place
    source: str = "csv"
    origin: str = ""
    rows: Mapping[str, str] = field(default_factory=dict)
    database: str = ""
    account: str = ""
    key: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    optional: bool = False
    duplicates: str = "error"
    preload: bool = False
    cache: int = _CACHE
    reload: int = 0
    hint: str = ""

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells two tables apart; mappings that declare the same share the rows."""
        what = (self.source, self.origin, tuple(self.rows.items()), self.database, self.account)
        how = (self.optional, self.duplicates, self.preload, self.cache, self.reload)
        return (*what, *how, self.key, self.values)


def read_tables(entry: Entry | None) -> dict[str, TableSpec]:
    """Read the section; what is wrong with it goes into the entry's problems."""
    return {} if entry is None else {name: _table(name, value) for name, value in entry.entries()}


def _table(name: str, entry: Entry) -> TableSpec:
    parts = entry.known(TABLE_KEYS)
    source = _source(entry, parts)
    _check_keys(source, entry, parts)
    origin = parts[source].text() if source in parts and source != "rows" else f"{name}.csv"
    return TableSpec(
        name=name,
        place=entry.place,
        source=source,
        origin=origin,
        rows={key: value.text() for key, value in parts["rows"].entries()} if source == "rows" else {},
        database=parts["database"].text() if "database" in parts else LEDGER_DATABASE if source == "ledger" else "",
        account=parts["account"].text() if "account" in parts else "",
        key=parts["key"].texts() if "key" in parts else (),
        values=parts["values"].texts() if "values" in parts else (),
        optional=parts["optional"].flag() if "optional" in parts else False,
        duplicates=parts["duplicates"].choice(("error", "first", "last")) if "duplicates" in parts else "error",
        preload=parts["preload"].flag() if "preload" in parts else False,
        cache=_cache(parts.get("cache")),
        reload=_seconds(parts.get("reload")),
        hint=parts["hint"].text() if "hint" in parts else "",
    )


def _source(entry: Entry, parts: Mapping[str, Entry]) -> str:
    sources = [source for source in SOURCES if source in parts]
    if len(sources) > 1:
        entry.wrong(f"has both {sources[0]}: and {sources[1]}:; a table comes from one of them")
    return sources[0] if sources else "csv"


def _check_keys(source: str, entry: Entry, parts: Mapping[str, Entry]) -> None:
    needed = {"sql": ("database", "key"), "table": ("database", "key"), "json": ("key",), "collection": ("key",)}
    missing = [f"{key}:" for key in needed.get(source, ()) if key not in parts]
    if missing:
        entry.wrong(f"comes from {source}: and needs {' and '.join(missing)} too")
    for key, sources in _TAKEN_BY.items():
        if key in parts and source not in sources:
            parts[key].wrong(f"is for tables from {', '.join(f'{one}:' for one in sources)}, not from {source}:")
    if "preload" in parts and "cache" in parts:
        parts["cache"].wrong("and preload: exclude each other; a preloaded table is in memory as a whole")
    if source == "ledger" and "key" in parts:
        parts["key"].wrong("is not for tables from ledger:; their key is the document's number")


def _cache(entry: Entry | None) -> int:
    if entry is None:
        return _CACHE
    size = entry.scalar()
    if isinstance(size, int) and not isinstance(size, bool) and size >= 1:
        return size
    entry.wrong("needs a number of rows to keep, 1 or more")
    return _CACHE


def _seconds(entry: Entry | None) -> int:
    if entry is None:
        return 0
    written = _TIME.match(entry.text())
    if written is None:
        entry.wrong("needs a time such as 15 minutes, 30 seconds or 1 hour")
        return 0
    return int(written[1]) * _SECONDS[written[2]]
