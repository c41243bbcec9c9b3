"""Where each field of a document comes from: its expression, and the source fields, tables and names behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_kd.kinds import UnknownNameError
from mapper_kd.mapping import DEAD_LETTER
from mapper_kd.scope import FIELD, LET, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mapper_kd.compiled import CompiledMapping
    from mapper_kd.mapping import Body, Field, Value
    from mapper_kd.merging.compiling import CompiledMerge
    from mapper_kd.merging.section import MergedValue
    from mapper_kd.scope import Reading
    from mapper_kd.source_code import Trace


@dataclass
class Origins:
    """What a value is made of, each once, in the order it is read.

    Attributes:
        fields: Of the source record, with the lists they are in: ``details_list.goods_no``.
        tables: With the column that is read: ``customer.customer``.
        names: Of ``let:`` and, in a mapping that merges, of the merged record.
    """

    fields: dict[str, None] = field(default_factory=dict)
    tables: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    def take(self, readings: Sequence[Reading], merged: dict[str, Origins]) -> None:
        """Add what is read; a field of a merged record stands for what that is made of."""
        for one in readings:
            if one.kind == FIELD and one.path in merged:
                self.names[one.path] = None
                self.add(merged[one.path])
            else:
                where = {FIELD: self.fields, TABLE: self.tables, LET: self.names}[one.kind]
                where[one.path or one.written] = None

    def add(self, other: Origins) -> None:
        """Add what another value is made of."""
        self.fields |= other.fields
        self.tables |= other.tables
        self.names |= other.names


@dataclass
class FieldLineage:
    """Where one field comes from.

    Attributes:
        path: Its dotted key, such as ``FEntity.FMaterialID.FNumber``.
        place: File and line.
        value: Its expression with ``=``, or its constant.
        policy: The long form's other words, such as ``on_miss: null``.
        rows: Its list's ``each``, ``where`` and ``when``, outermost first.
    """

    path: str
    place: str
    value: Any
    policy: tuple[str, ...]
    rows: tuple[str, ...]
    origins: Origins

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {
            "field": self.path,
            "place": self.place,
            "value": self.value,
            "sources": lowest(self.origins.fields),
            "tables": lowest(self.origins.tables),
            "names": list(self.origins.names),
            "policy": list(self.policy),
            "rows": list(self.rows),
        }


def lowest(paths: Iterable[str]) -> list[str]:
    """Return the paths without those that lead to another of them: not ``receiver`` beside ``receiver.city``."""
    found = list(paths)
    return [one for one in found if not any(other.startswith(f"{one}.") for other in found)]


def lineage(compiled: CompiledMapping) -> list[FieldLineage]:
    """Return where each field of a mapping's documents comes from, in the order in which they are written."""
    merged = _merged_origins(compiled.traces, compiled.merge) if compiled.merge is not None else {}
    building = compiled.merge.building if compiled.merge is not None else compiled
    origins: dict[str, Origins] = {}
    for trace in building.traces:
        if not trace.role.startswith("let "):
            origins.setdefault(trace.path, Origins()).take(trace.readings, merged)
    return list(_body(building.mapping.body, "", (), origins))


def chosen(fields: Sequence[FieldLineage], wanted: str) -> list[FieldLineage]:
    """Return the fields that a dotted key names: a whole path, or a part of one such as ``FMaterialID``.

    Raises:
        UnknownNameError: There is none.
    """
    exact = [one for one in fields if one.path == wanted or one.path.startswith(f"{wanted}.")]
    if exact:
        return exact
    parts = wanted.casefold().split(".")
    found = [one for one in fields if _holds(one.path.casefold().split("."), parts)]
    if not found:
        keys = [key for one in fields for key in (one.path, *one.path.split("."))]
        raise UnknownNameError("field", wanted, keys)
    return found


def _holds(path: list[str], parts: list[str]) -> bool:
    return any(path[start : start + len(parts)] == parts for start in range(len(path)))


def _body(body: Body, path: str, rows: tuple[str, ...], origins: dict[str, Origins]) -> Iterator[FieldLineage]:
    for one in body.fields:
        key = f"{path}{'.'.join(one.keys)}"
        place = f"{one.place.file}:{one.place.line}"
        yield FieldLineage(key, place, spelled(one.value), _policy(one), rows, origins.get(key, Origins()))
    for one_list in body.lists:
        key = f"{path}{'.'.join(one_list.keys)}"
        words = (("each", one_list.each), ("where", one_list.where), ("when", one_list.when))
        own = tuple(f"{word}: {spelled(value)}" for word, value in words if value is not None)
        yield from _body(one_list.body, f"{key}.", rows + own, origins)


def _policy(one: Field) -> tuple[str, ...]:
    words: list[str] = []
    if one.when is not None:
        words.append(f"when: {spelled(one.when)}")
    if one.kind is not None:
        words.append(f"type: {one.kind}")
    if one.default is not None:
        words.append(f"default: {spelled(one.default)}")
    elif one.on_miss != DEAD_LETTER:
        words.append(f"on_miss: {one.on_miss}")
    if one.when_empty:
        words.append(f"when_empty: {one.when_empty}")
    if one.rounding is not None:
        words.append(f"round: {one.rounding.digits}")
    return (*words, *(["required"] if one.required else []))


def spelled(value: Value) -> Any:
    """Return how a value is written."""
    if value.cases:
        cases = [f"when {spelled(one.when)} then {spelled(one.then)}" for one in value.cases]
        return "; ".join([*cases, *([f"else {spelled(value.otherwise)}"] if value.otherwise is not None else [])])
    if value.expression is None:
        return value.constant
    table = ", ".join(f"{key}: {one}" for key, one in value.table.items())
    return f"={value.expression}{f' in {{{table}}}' if table else ''}"


def written(value: Any) -> str:
    """Return a constant as YAML has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _merged_origins(traces: Sequence[Trace], merge: CompiledMerge) -> dict[str, Origins]:
    """Return what each field of the merged record is made of; the first stage calls them b0, v0, l0.v0 …"""
    found: dict[str, Origins] = {}
    for trace in traces:
        if not trace.role.startswith("let "):
            found.setdefault(trace.path, Origins()).take(trace.readings, {})
    section = merge.section
    names = dict(_numbered("", "", [one.name for one in section.by], section.values))
    for index, one in enumerate(section.lines):
        names[one.name] = f"l{index}"
        names |= dict(_numbered(f"{one.name}.", f"l{index}.", [by.name for by in one.by], one.values))
    return {name: found.get(inner, Origins()) for name, inner in names.items()}


def _numbered(path: str, inner: str, by: Sequence[str], values: Sequence[MergedValue]) -> Iterator[tuple[str, str]]:
    yield from ((f"{path}{name}", f"{inner}b{index}") for index, name in enumerate(by))
    yield from ((f"{path}{one.name}", f"{inner}v{index}") for index, one in enumerate(values))
