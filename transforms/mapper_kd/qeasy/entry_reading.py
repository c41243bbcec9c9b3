"""Field entries (字段项): nested or flat, with the names each dialect has for their parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.json_nodes import Node, spelled
from mapper_kd.qeasy.scheme import Entry, Parser, StaticMap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mapper_kd.qeasy.report import Report

_KNOWN = {
    *("field", "target", "label", "describe", "name", "type", "value", "expression", "default", "mapping", "parser"),
    *("children", "parent", "parent_id", "is_required", "required", "format", "id", "formModel", "tableModel"),
    *("physicalModel", "sort", "order", "disabled"),
}
_TYPES = {"string", "int", "float", "number", "bool", "boolean", "array", "object", "date", "datetime"}
_INTEGER = "integer"  # a spelling of int
_MAX_DEPTH = 12
_POSITIVE, _NEGATIVE = "positive", "negative"
_MULTIPLE_PARTS = 2


def read_entries(node: Node | None, report: Report) -> tuple[Entry, ...]:
    """Read entries as a list of them, or as an object of fields and values (``otherRequest`` may be either)."""
    if node is None:
        return ()
    if node.is_object:
        entries = [_plain_entry(name, value, report) for name, value in node.members()]
        return _without_duplicates(entries, report)
    if not node.is_list:
        report.error("NO_ENTRIES", node, "This must be a list of field entries.", "Write a JSON list, [ … ].")
        return ()
    return _tree(node, report, 0)


def _plain_entry(name: str, value: Node, report: Report) -> Entry:
    if value.is_object and {"value", "field", "expression", "type"} & set(value.value):
        entry = _entry(value, report, 0)
        if entry is not None:
            return replace(entry, field=name)
    return Entry(name, value, value if _is_set(value) else None)


def _is_set(value: Node | None) -> bool:
    return value is not None and value.value is not None and value.value != ""


def _tree(node: Node, report: Report, depth: int) -> tuple[Entry, ...]:
    if depth > _MAX_DEPTH:
        report.error("TOO_DEEP", node, f"Entries are nested deeper than {_MAX_DEPTH} levels.", "Flatten them.")
        return ()
    read = [(item, entry) for item in node.items() if (entry := _entry(item, report, depth)) is not None]
    if depth == 0:
        _check_parents(read, report)
    return _without_duplicates(_attached(read, report), report)


def _check_parents(read: Sequence[tuple[Node, Entry]], report: Report) -> None:
    known = {name for _, entry in read for name in (entry.field, *(below.field for below in entry.walk()))}
    known |= {item.text("id") for item, _ in read}
    for item, entry in read:
        name = item.text("parent") or item.text("parent_id")
        if name and name not in known:
            report.warning(
                "UNKNOWN_PARENT",
                item.get("parent", "parent_id") or item,
                f"There is no entry {name} for {entry.field} to be in; it stays where it is.",
                "Correct parent, or remove it.",
            )


def _attached(read: Sequence[tuple[Node, Entry]], report: Report) -> list[Entry]:
    """Hang entries that name another of this list as their parent below it; the Excel template writes them so."""
    by_field = {entry.field: index for index, (_, entry) in enumerate(read) if entry.field}
    by_id = {item.text("id"): index for index, (item, _) in enumerate(read) if item.text("id")}
    parents = [_parent(item, entry, index, by_field, by_id) for index, (item, entry) in enumerate(read)]
    entries = [entry for _, entry in read]
    for index in range(len(read)):
        if _circular(index, parents):
            report.error(
                "CIRCULAR_PARENT", read[index][0], "The entry is its own parent.", "Name another entry in parent."
            )
            return entries
    dotted = {
        index: field for index, (_, entry) in enumerate(read) if (field := _dotted(entry, by_field, parents[index]))
    }
    below: dict[int, list[int]] = {}
    for index, entry in enumerate(entries):
        parent = parents[index] if index not in dotted else by_field[dotted[index]]
        if index in dotted:
            entries[index] = replace(entry, field=entry.field[len(dotted[index]) + 1 :])
        if parent is not None:
            parents[index] = parent
            below.setdefault(parent, []).append(index)

    def with_children(index: int) -> Entry:
        more = tuple(with_children(child) for child in below.get(index, ()))
        return _typed(replace(entries[index], children=(*entries[index].children, *more)), report)

    return [with_children(index) for index in range(len(entries)) if parents[index] is None]


def _parent(item: Node, entry: Entry, index: int, by_field: Mapping[str, int], by_id: Mapping[str, int]) -> int | None:
    name, number = item.text("parent"), item.text("parent_id")
    found = by_field.get(name) if name else by_id.get(number) if number else None
    return None if found == index and name == entry.field else found


def _dotted(entry: Entry, by_field: Mapping[str, int], parent: int | None) -> str | None:
    """Return the declared list that a dotted name such as ``FEntity.FMaterialID`` begins with."""
    head, dot, rest = entry.field.partition(".")
    return head if parent is None and dot and rest and head in by_field and not entry.children else None


def _circular(index: int, parents: Sequence[int | None]) -> bool:
    seen = set()
    current: int | None = index
    while current is not None:
        if current in seen:
            return True
        seen.add(current)
        current = parents[current]
    return False


def _typed(entry: Entry, report: Report) -> Entry:
    if entry.children and entry.type not in {"array", "object"}:
        report.warning(
            "CHILDREN_WITHOUT_TYPE",
            entry.node,
            f"{entry.field} has children but the type {entry.type}; it is read as an array.",
            'Write "type": "array" or "object".',
        )
        return replace(entry, type="array")
    return entry


def _without_duplicates(entries: Sequence[Entry], report: Report) -> tuple[Entry, ...]:
    last: dict[str, Entry] = {}
    for entry in entries:
        if entry.field in last:
            report.warning(
                "DUPLICATE_FIELD",
                last[entry.field].node,
                f"{entry.field} is written again at {entry.node.path}; that one holds.",
                "Remove one of them.",
            )
            del last[entry.field]
        last[entry.field] = entry
    return tuple(last.values())


def _entry(item: Node, report: Report, depth: int) -> Entry | None:
    name = item.text("field", "target")
    if not item.is_object or not name:
        report.error("NO_FIELD", item, "This is no field entry: it has no field.", 'Write {"field": …, "value": …}.')
        return None
    for key, node in item.members():
        if key not in _KNOWN:
            report.warning("UNKNOWN_KEY", node, f"The key {key} of a field entry is not known; it does nothing.")
    for key in item.repeated:
        report.warning("DUPLICATE_KEY", item, f"The key {key} is written twice; the last one holds.")
    if item.get("format") is not None:
        report.warning(
            "UNSUPPORTED", item.value["format"], "format of a field entry is not done.", "Write it as a _function."
        )
    value = next((item.value[key] for key in ("value", "expression", "default") if _is_set(item.value.get(key))), None)
    mapping, shorthand = _mapping(item.get("mapping"), report)
    children = item.get("children")
    entry = Entry(
        field=name,
        node=item,
        value=value or shorthand,
        type=_type(item, report),
        label=item.text("label", "describe", "name"),
        mapping=mapping,
        parsers=_parsers(item.get("parser"), report),
        children=_tree(children, report, depth + 1) if children is not None and children.is_list else (),
        required=_flag(item.get("is_required", "required")),
    )
    return _typed(entry, report)


def _type(item: Node, report: Report) -> str:
    written = item.text("type")
    name = written.strip().lower() or "string"
    if name == _INTEGER:
        return "int"
    if name not in _TYPES:
        report.warning("UNKNOWN_TYPE", item.value["type"], f"The type {written} is not known; nothing is converted.")
        return "string"
    return name


def _flag(node: Node | None) -> bool:
    return node is not None and spelled(node.value).strip().lower() in {"true", "1", "yes"}


def _mapping(node: Node | None, report: Report) -> tuple[StaticMap | None, Node | None]:
    """Return the map table, or else the value that the short form ``"mapping": "path"`` stands for."""
    if node is None or node.value in ("", [], {}):
        return None, None
    if node.is_text:
        return None, Node("{{" + node.value + "}}", node.path, node.line)
    target = node.text("target", "id")
    if not target:
        report.error("NO_MAP", node, "The map table (数据映射) has no target.", 'Write {"target": "<map id>", …}.')
        return None, None
    direction = node.text("direction") or _POSITIVE
    if direction not in {_POSITIVE, _NEGATIVE}:
        report.error(
            "UNKNOWN_DIRECTION", node, f"The direction {direction} is not known.", "Write positive or negative."
        )
    return StaticMap(target, direction == _NEGATIVE, node), None


def _parsers(node: Node | None, report: Report) -> tuple[Parser, ...]:  # noqa: PLR0911 - one for each notation
    if node is None or node.value in ("", [], {}):
        return ()
    if node.is_text:
        return tuple(Parser(name.strip(), {}, node) for name in node.value.split(",") if name.strip())
    if node.is_list:
        return tuple(parser for item in node.items() for parser in _parsers(item, report))
    settings = node.plain()
    if isinstance(settings, dict) and settings.get("name"):
        names = [name.strip() for name in str(settings["name"]).split(",") if name.strip()]
        if len(names) >= _MULTIPLE_PARTS:
            return tuple(Parser(name, _part(settings, index), node) for index, name in enumerate(names))
        return (Parser(names[0], settings, node),) if names else ()
    if isinstance(settings, dict) and settings.get("type") == "composite":
        chain = node.get("parsers", "steps", "chain")
        return () if chain is None else _parsers(chain, report)
    if isinstance(settings, dict) and settings.get("type"):
        return (Parser(f"type:{settings['type']}", settings, node),)
    report.error("UNKNOWN_PARSER", node, "The parser has neither a name nor a type.", "Name one of the known parsers.")
    return ()


def _part(settings: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return the parameters of one link of a chain "A,B": a list gives each its own, else all see the same."""
    params = settings.get("params")
    if isinstance(params, list):
        return dict(settings) | {"params": params[index] if index < len(params) else None}
    return dict(settings)
