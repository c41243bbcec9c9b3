"""What a scheme refers to and does not say itself: collections, map tables, variables, and how to read it.

A file beside the scheme says so (``collections.yml``), or a context as `mapper-kd preview --context` takes one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import yaml
from erp_sdk.command import SetupError
from erp_sdk.messages import decode

from mapper_kd.qeasy.json_nodes import spelled
from mapper_kd.qeasy.native import Options, SchemeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE_NAME = "collections.yml"
_KEYS = ("collections", "maps", "mappings", "vars", "options", "stream", "form", "api_aliases")
_POLICIES = ("keep", "default", "exception")
_SHORT = 8
_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class MapTable:
    """A static map table (数据映射).

    Attributes:
        rows: Pairs of a and b.
        unmatched: ``keep``, ``default`` or ``exception``.
    """

    rows: tuple[tuple[Any, Any], ...]
    unmatched: str = "keep"
    default: Any = None

    def cases(self, *, reverse: bool) -> dict[str, Any]:
        """Return what each value is mapped to; of several rows for one value the first holds."""
        cases: dict[str, Any] = {}
        for a_value, b_value in self.rows:
            key, value = (b_value, a_value) if reverse else (a_value, b_value)
            cases.setdefault(spelled(key), value)
        return cases


@dataclass
class Surroundings:
    """See above.

    Attributes:
        collections: For each uuid the keys of a table as ``tables:`` declares it, without its key.
        last_sync_time: Text ``yyyy-MM-dd HH:mm:ss``, when it is known.
    """

    collections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    maps: Mapping[str, MapTable] = field(default_factory=dict)
    vars: Mapping[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    api_aliases: Mapping[str, str] = field(default_factory=dict)
    stream: str = ""
    form: str = ""
    last_sync_time: str | None = None
    now: str | None = None
    tables: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)

    def table(self, collection: str, keys: Sequence[str], columns: Sequence[str]) -> str:
        """As `native.Context.table`."""
        if collection not in self.collections:
            raise SchemeError(
                "UNKNOWN_COLLECTION",
                f"the collection {collection} is not known; say in {FILE_NAME} (--collections) where its records are",
            )
        source = dict(self.collections[collection])
        wanted = (collection, tuple(keys))
        if wanted not in self.tables:
            name = _table_name(collection, source, keys, self.declared)
            self.tables[wanted] = name
            key = list(keys) or [columns[0] if columns else "id"]
            shape: dict[str, Any] = {} if "ledger" in source else {"key": key, "values": []}
            self.declared[name] = source | shape | {"duplicates": "first"}
        name = self.tables[wanted]
        values = self.declared[name].get("values")
        if values is not None:
            values += [column for column in columns if column not in values]
        return name


def _table_name(collection: str, source: Mapping[str, Any], keys: Sequence[str], taken: Mapping[str, Any]) -> str:
    given = source.get("csv") or source.get("json") or source.get("table") or source.get("ledger")
    stem = str(given).rpartition("/")[2].partition(".")[0] if given else f"collection_{collection[:_SHORT]}"
    name = stem
    if name in taken:
        name = f"{stem}_by_{'_'.join(key.replace('.', '_') for key in keys) or 'all'}"
    number = 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name


def from_file(path: Path) -> Surroundings:
    """Read a file of collections, maps, variables and options.

    Raises:
        SetupError: It is not there, or not as it should be.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except OSError as error:
        raise SetupError(f"the file {path.as_posix()} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SetupError(f"the file {path.as_posix()} is no YAML.") from None
    if not isinstance(content, dict):
        raise SetupError(f"{path.as_posix()} needs keys: {', '.join(_KEYS)}.")
    for key in content:
        if key not in _KEYS:
            raise SetupError(f"{path.as_posix()}: {key} is no key of it; the keys are {', '.join(_KEYS)}.")
    tables = content.get("collections") or {}
    for uuid, table in tables.items():
        if not isinstance(table, dict):
            raise SetupError(
                f"{path.as_posix()}: collection {uuid} needs a table: csv:, json:, table: with database: …"
            )
    return Surroundings(
        collections={str(uuid): table for uuid, table in tables.items()},
        maps=_maps(content.get("maps") or content.get("mappings") or {}, path.as_posix()),
        vars=content.get("vars") or {},
        options=_options(content.get("options") or {}, path.as_posix()),
        api_aliases=content.get("api_aliases") or {},
        stream=content.get("stream") or "",
        form=content.get("form") or "",
    )


@dataclass(frozen=True)
class RunContext:
    """The clock, the collections and the rest of one run, as a file gives them for a preview.

    Attributes:
        collections: Stored records by uuid.
        seen_ids: Keys of records that came before.
    """

    now: str | None = None
    last_sync_time: str | None = None
    timezone: str = _ZONE
    collections: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    vars: Mapping[str, Any] = field(default_factory=dict)
    seen_ids: Sequence[Any] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def read_context(path: Path) -> RunContext:
    """Read a context.

    Raises:
        SetupError: It is no JSON object with these keys.
    """
    try:
        content = decode(path.read_bytes())
    except OSError as error:
        raise SetupError(f"the context {path.as_posix()} cannot be read: {error.strerror}.") from None
    except (ValueError, ArithmeticError, RecursionError):
        raise SetupError(f"the context {path.as_posix()} is no JSON.") from None
    return context_of(content, path.as_posix())


def context_of(content: Any, file: str) -> RunContext:
    """Return a context from its JSON."""
    known = [one.name for one in fields(RunContext)]
    if not isinstance(content, dict) or set(content) - set(known):
        raise SetupError(f"the context {file} needs to be a JSON object of {', '.join(known)}.")
    zone = content.get("timezone", _ZONE)
    if zone != _ZONE:
        raise SetupError(
            f"the context {file} has the timezone {zone!r}: times are those of {_ZONE} only, as the vendors' are. "
            "Leave it out, and give now and last_sync_time in Beijing time."
        )
    return RunContext(**content)


def of_context(context: RunContext, base: Surroundings | None = None) -> Surroundings:
    """Return what a context says, over what a file says."""
    base = base or Surroundings()
    return Surroundings(
        collections={**base.collections, **{uuid: {"collection": uuid} for uuid in context.collections}},
        maps={**base.maps, **_maps(context.mappings, "the context")},
        vars={**base.vars, **context.vars},
        options=_options(dict(context.options), "the context") if context.options else base.options,
        api_aliases=base.api_aliases,
        stream=base.stream,
        form=base.form,
        last_sync_time=context.last_sync_time,
        now=context.now,
    )


def _maps(given: Any, file: str) -> dict[str, MapTable]:
    if not isinstance(given, dict):
        raise SetupError(f"{file}: maps: needs a table for each id.")
    return {str(name): _map(str(name), table, file) for name, table in given.items()}


def _map(name: str, table: Any, file: str) -> MapTable:
    rows = table.get("rows") if isinstance(table, dict) else None
    if isinstance(rows, dict):
        pairs = tuple(rows.items())
    elif isinstance(rows, list) and all(isinstance(row, dict) and {"a_value", "b_value"} <= set(row) for row in rows):
        pairs = tuple((row["a_value"], row["b_value"]) for row in rows)
    else:
        raise SetupError(f"{file}: the map {name} needs rows: a list of a_value and b_value, or pairs a: b.")
    unmatched = table.get("unmatched", "keep")
    if unmatched not in _POLICIES:
        raise SetupError(f"{file}: unmatched: of the map {name} is one of {', '.join(_POLICIES)}.")
    return MapTable(pairs, unmatched, table.get("default"))


def _options(given: Any, file: str) -> Options:
    known = [one.name for one in fields(Options)]
    if not isinstance(given, dict) or set(given) - set(known):
        raise SetupError(f"{file}: options: takes {', '.join(known)}.")
    return Options(**given)
