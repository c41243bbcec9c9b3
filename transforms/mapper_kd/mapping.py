"""One YAML file as a typed model: what goes from a stream into a Kingdee form. Expressions stay text here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapper_kd.kinds import SCALARS, Kind, speakable
from mapper_kd.yaml_nodes import Entry, Place, Problems, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary
    from pathlib import Path

_TOP = ("stream", "form", "number", "where", "let", "head", "lines", "base_data", "tables")
_FIELD = ("value", "type", "on_miss", "default", "when", "required")
_LIST = ("each", "where", "when", "required", "let", "fields", "lines")
_BASE_DATA = ("each", "where", "when", "number", "let", "fields", "lines")
_TABLE = ("csv", "sql", "rows", "database", "key", "values", "optional", "duplicates", "cache", "hint")
_REFERENCE_KEYS = frozenset({"FNumber", "FNUMBER"})
_MAX_NESTING = 6
_NUMBER_KEYS = {"BD_Empinfo": "FStaffNumber"}  # of other base data it is FNumber (contract 8.19)

DEAD_LETTER, SKIP, DEFAULT = "dead_letter", "skip", "default"


@dataclass(frozen=True)
class Value:
    """A constant, or an expression (written with a leading ``=``)."""

    place: Place
    expression: str | None = None
    constant: Any = None


@dataclass(frozen=True)
class Let:
    """A named value, calculated once a document (or once a line) and used by its name."""

    name: str
    value: Value


@dataclass(frozen=True)
class Field:
    """One field of the form.

    Attributes:
        keys: The parts of its dotted key.
        kind: The ``type:`` it is turned into; None leaves the value as it is.
        on_miss: What a miss in a code table or lookup means: ``dead_letter``, ``skip`` or ``default``.
        default: The value when there is none, if `on_miss` says so.
        when: The field is left out when this is false.
        required: An empty value is a dead letter instead of a field left out.
    """

    keys: tuple[str, ...]
    value: Value
    kind: Kind | None = None
    on_miss: str = DEAD_LETTER
    default: Value | None = None
    when: Value | None = None
    required: bool = False

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.value.place


@dataclass(frozen=True)
class Body:
    """What makes up a document's head or one line: names, fields, and lists of further lines."""

    let: tuple[Let, ...] = ()
    fields: tuple[Field, ...] = ()
    lists: tuple[LineList, ...] = ()


@dataclass(frozen=True)
class LineList:
    """A list of lines.

    Attributes:
        each: The list in the record that gives one line each; None makes exactly one line.
        when: Without it being true the whole list is left out.
        where: Rows for which it is not true give no line.
        required: No line at all is a dead letter.
    """

    keys: tuple[str, ...]
    place: Place
    body: Body
    each: Value | None = None
    when: Value | None = None
    where: Value | None = None
    required: bool = False


@dataclass(frozen=True)
class BaseData:
    """Base data of one form that documents refer to.

    Attributes:
        number: The field by which Kingdee knows it.
        list: What gives it: one for each row of ``each``, or exactly one.
    """

    form: str
    number: str
    list: LineList


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


@dataclass(frozen=True)
class Mapping:
    """One flow: a stream's records become documents of a form."""

    name: str
    file: str
    stream: str
    form: str
    number: Value
    where: Value | None
    body: Body
    tables: Dictionary[str, TableSpec]
    base_data: tuple[BaseData, ...] = ()


def mapping_name(path: Path, folder: Path | None = None) -> str:
    """Return the name a mapping goes by: its path below the folder ``mappings``, without the suffix."""
    parts = path.with_suffix("").parts
    if "mappings" in parts:
        below = parts[len(parts) - parts[::-1].index("mappings") :]
        return "/".join(below)
    return "/".join(path.with_suffix("").relative_to(folder).parts) if folder else path.stem


def read_mapping(path: Path, name: str, problems: Problems) -> Mapping | None:
    """Read one mapping file.

    Returns:
        The model, or None when it is so wrong that nothing can be compiled; `problems` says why.
    """
    before = len(problems.found)
    root = read_yaml(path, path.as_posix(), problems)
    if root is None:
        return None
    parts = root.known(_TOP)
    for key in ("stream", "form", "number", "head"):
        if key not in parts and root.is_mapping:
            root.wrong(f"has no {key}:")
    if len(problems.found) > before:
        return None
    fields = _fields(parts["head"])
    mapping = Mapping(
        name=name,
        file=path.as_posix(),
        stream=parts["stream"].text(),
        form=parts["form"].text(),
        number=Value(parts["number"].place, constant=parts["number"].text()),
        where=_condition(parts, "where"),
        body=Body(_lets(parts.get("let")), fields, _lists(parts.get("lines"), 1)),
        tables=_tables(parts.get("tables")),
        base_data=_base_data(parts.get("base_data")),
    )
    _check_number(mapping, problems)
    return mapping


def _check_number(mapping: Mapping, problems: Problems) -> None:
    heads = [".".join(one.keys) for one in mapping.body.fields]
    if mapping.number.constant not in heads:
        problems.add(mapping.number.place, f"names {mapping.number.constant}, which is no field of head")
    elif "." in str(mapping.number.constant):
        problems.add(mapping.number.place, "must be a plain field such as FBillNo, not a part of a reference")


def _value(entry: Entry) -> Value:
    if entry.is_mapping or entry.is_list:
        entry.wrong("needs a single value: a constant, or an expression that starts with =")
        return Value(entry.place)
    value = entry.scalar()
    if isinstance(value, str) and value.startswith("="):
        return Value(entry.place, expression=value[1:].strip())
    if value is None:
        entry.wrong("has no value")
    return Value(entry.place, constant=value)


def _condition(parts: Dictionary[str, Entry], key: str) -> Value | None:
    if key not in parts:
        return None
    value = _value(parts[key])
    if value.expression is None and value.constant is not None:
        parts[key].wrong("is a condition and must be an expression: it starts with =")
    return value


def _lets(entry: Entry | None) -> tuple[Let, ...]:
    if entry is None:
        return ()
    lets = []
    for name, value in entry.entries():
        if not name.isidentifier() or name.startswith("_"):
            value.wrong("is no name: letters, digits and underscores, beginning with a letter")
        lets.append(Let(name, _value(value)))
    return tuple(lets)


def _fields(entry: Entry | None) -> tuple[Field, ...]:
    if entry is None:
        return ()
    fields = [_field(key, value) for key, value in entry.entries()]
    _check_paths([(one.keys, one.place) for one in fields], entry.problems)
    return tuple(fields)


def _keys(key: str, entry: Entry) -> tuple[str, ...]:
    keys = tuple(key.split("."))
    if not all(keys) or any(part != part.strip() or not speakable(part) for part in keys):
        entry.wrong("is no field key: names with a dot between them, such as FCustomerID.FNumber")
        return (f"line {entry.place.line}",)  # so that the rest of the file is checked too
    return keys


def _field(key: str, entry: Entry) -> Field:
    keys = _keys(key, entry)
    if not entry.is_mapping:
        value = _value(entry)
        _check_reference(keys, value, entry)
        return Field(keys, value)
    parts = entry.known(_FIELD)
    if "value" not in parts:
        entry.wrong("has no value: (a field with more than a value is written with value:, and on_miss:, type: …)")
        return Field(keys, Value(entry.place))
    value = _value(parts["value"])
    _check_reference(keys, value, parts["value"])
    on_miss = parts["on_miss"].choice((DEAD_LETTER, SKIP)) if "on_miss" in parts else DEAD_LETTER
    if "default" in parts and "on_miss" in parts:
        parts["on_miss"].wrong("and default: exclude each other; default: alone is the policy")
    return Field(
        keys,
        Value(entry.place, value.expression, value.constant),
        kind=SCALARS.get(parts["type"].choice(tuple(SCALARS))) if "type" in parts else None,
        on_miss=DEFAULT if "default" in parts else on_miss,
        default=_value(parts["default"]) if "default" in parts else None,
        when=_condition(parts, "when"),
        required=parts["required"].flag() if "required" in parts else False,
    )


def _check_reference(keys: tuple[str, ...], value: Value, entry: Entry) -> None:
    # Kingdee's codes are text; a number here has usually lost its leading zeros already (contract 8.18).
    if keys[-1] in _REFERENCE_KEYS and value.expression is None and not isinstance(value.constant, str | None):
        entry.wrong(f'is a code and must be text; write it in quotes: "{value.constant}"')


def _check_paths(paths: list[tuple[tuple[str, ...], Place]], problems: Problems) -> None:
    whole = {keys for keys, _ in paths}
    for keys, place in paths:
        for size in range(1, len(keys)):
            if keys[:size] in whole:
                problems.add(place, f"needs {'.'.join(keys[:size])} to be an object, but that has a value of its own")


def _lists(entry: Entry | None, depth: int) -> tuple[LineList, ...]:
    if entry is None:
        return ()
    if depth > _MAX_NESTING:
        entry.wrong(f"is nested deeper than {_MAX_NESTING} lists")
        return ()
    return tuple(_list(key, value, depth) for key, value in entry.entries())


def _list(key: str, entry: Entry, depth: int) -> LineList:
    parts = entry.known(_LIST)
    if "fields" not in parts:
        entry.wrong("has no fields:")
    return LineList(
        keys=_keys(key, entry),
        place=entry.place,
        body=Body(_lets(parts.get("let")), _fields(parts.get("fields")), _lists(parts.get("lines"), depth + 1)),
        each=_condition(parts, "each"),
        when=_condition(parts, "when"),
        where=_condition(parts, "where"),
        required=parts["required"].flag() if "required" in parts else False,
    )


def _base_data(entry: Entry | None) -> tuple[BaseData, ...]:
    return () if entry is None else tuple(_companion(form, value) for form, value in entry.entries())


def _companion(form: str, entry: Entry) -> BaseData:
    """Read the fields of one form's base data, written alone or, with more to say, below ``fields:``."""
    keys = [key for key, _ in entry.entries()] if entry.is_mapping else []
    parts = entry.known(_BASE_DATA) if "fields" in keys else {"fields": entry}
    fields = _fields(parts["fields"])
    number = parts["number"].text() if "number" in parts else _NUMBER_KEYS.get(form, "FNumber")
    if (number,) not in [one.keys for one in fields]:
        entry.wrong(f"has no field {number}, the number by which Kingdee knows it")
    if "where" in parts and "each" not in parts:
        parts["where"].wrong("chooses rows and needs each:; use when: without it")
    return BaseData(
        form,
        number,
        LineList(
            keys=(form,),
            place=entry.place,
            body=Body(_lets(parts.get("let")), fields, _lists(parts.get("lines"), 1)),
            each=_condition(parts, "each"),
            when=_condition(parts, "when"),
            where=_condition(parts, "where"),
        ),
    )


def _tables(entry: Entry | None) -> dict[str, TableSpec]:
    return {} if entry is None else {name: _table(name, value) for name, value in entry.entries()}


def _table(name: str, entry: Entry) -> TableSpec:
    parts = entry.known(_TABLE)
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
