"""The shape of a form's model: dotted keys become objects, lists become lists; and the schema that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapper_kd.kinds import ANY, BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, NULL, TEXT, Kind, ListKind
from mapper_kd.mapping import REFERENCE_KEYS

if TYPE_CHECKING:
    from mapper_kd.form_fields import FormFields
    from mapper_kd.mapping import Body, Field, LineList
    from mapper_kd.yaml_nodes import Problems


@dataclass
class Leaf:
    """A field; its kind is known once its expression is compiled.

    Attributes:
        certain: Whether it is in every object that is made, which is known then, too.
        unrounded: The generated variable with its value before it was rounded, where a sum needs it.
    """

    field: Field
    kind: Kind = ANY
    certain: bool = False
    unrounded: str = ""


@dataclass
class Lines:
    """A list of lines."""

    list: LineList
    row: Branch


@dataclass
class Branch:
    """An object: the head, a line, a base-data reference, or a part such as SubHeadEntity."""

    children: dict[str, Node] = field(default_factory=dict)


Node = Leaf | Lines | Branch

_SCHEMAS: dict[Kind, dict[str, Any]] = {
    TEXT: {"type": ["string", "null"]},
    DATE: {"type": ["string", "null"], "format": "date"},
    # Kingdee's date-times have a blank and no offset (contract 6.4), so they are no "date-time" of JSON Schema.
    DATETIME: {"type": ["string", "null"]},
    INTEGER: {"type": ["integer", "null"]},
    DECIMAL: {"type": ["number", "null"]},
    BOOLEAN: {"type": ["boolean", "null"]},
}


def model_tree(body: Body, problems: Problems) -> Branch:
    """Return the tree of a body, in the order it is written: fields first, then lists, as Kingdee wants it."""
    root = Branch()
    for one in body.fields:
        _hang(root, one.keys, Leaf(one), one.place, problems)
    for one_list in body.lists:
        lines = Lines(one_list, model_tree(one_list.body, problems))
        _hang(root, one_list.keys, lines, one_list.place, problems)
    return root


def _hang(root: Branch, keys: tuple[str, ...], node: Node, place: Any, problems: Problems) -> None:
    branch = root
    for key in keys[:-1]:
        below = branch.children.setdefault(key, Branch())
        if not isinstance(below, Branch):
            problems.add(place, f"needs {key} to be an object, but that is a value or a list already")
            return
        branch = below
    if branch.children.setdefault(keys[-1], node) is not node:
        problems.add(place, "is there already")


def schema_of(node: Node, form: FormFields, path: str = "") -> dict[str, Any]:
    """Return the JSON schema of a part of the model.

    What the form demands (必录) is ``required`` where the mapping surely gives it.

    Args:
        node: The part.
        form: Says more of the fields.
        path: Where the part is.
    """
    if isinstance(node, Branch):
        below = f"{path}." if path else ""
        properties = {key: schema_of(child, form, f"{below}{key}") for key, child in node.children.items()}
        schema = _object_schema(node, properties)
        if _may_be_several(node):
            return schema
        demanded = [key for key in node.children if form.demands(f"{below}{key}")]
        required = [key for key in demanded if is_always_there(node.children[key])]
        return schema | {"required": required} if required else schema
    if isinstance(node, Lines):
        items = schema_of(node.row, form, path) | {"type": "object"}
        return {"type": ["array", "null"], "items": items}
    return form.describe(path, _scalar_schema(node.kind))


def is_always_there(node: Node) -> bool:
    """Whether every model has this part: an object has, if it always has a part of its own."""
    if isinstance(node, Leaf):
        return node.certain
    if isinstance(node, Lines):
        return node.list.required
    return not _may_be_several(node) and any(map(is_always_there, node.children.values()))


def _may_be_several(node: Branch) -> bool:
    """Whether a reference may turn out to be a list of them, which may be empty, or another object."""
    child = next(iter(node.children.values()), None)
    return is_reference(node) and isinstance(child, Leaf) and (child.kind is ANY or isinstance(child.kind, ListKind))


def _object_schema(node: Branch, properties: dict[str, Any]) -> dict[str, Any]:
    child = next(iter(node.children.values()), None)
    kind = child.kind if isinstance(child, Leaf) and is_reference(node) else TEXT
    schema: dict[str, Any] = {"type": ["object", "null"], "properties": properties}
    if isinstance(kind, ListKind):
        (key,) = properties
        items = {"type": ["object", "null"], "properties": {key: _scalar_schema(kind.item)}}
        return {"type": ["array", "null"], "items": items}
    # What a value is that nobody knows beforehand may turn out to be several.
    return schema | {"type": ["object", "array", "null"]} if kind is ANY else schema


def is_reference(node: Branch) -> bool:
    """Whether an object is a reference to base data: it has nothing but its number, or its name."""
    return len(node.children) == 1 and next(iter(node.children)).casefold() in REFERENCE_KEYS


def _scalar_schema(kind: Kind) -> dict[str, Any]:
    if isinstance(kind, ListKind):
        return {"type": ["array", "null"], "items": _scalar_schema(kind.item)}
    return dict(_SCHEMAS.get(kind, {})) if kind is not NULL else dict(_SCHEMAS[TEXT])


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that takes what either takes; for mappings that lead to the same form."""
    if first == second:
        return first
    both = {key: rule for key, rule in first.items() if second.get(key) == rule}
    types = [*_types(first), *(one for one in _types(second) if one not in _types(first))]
    if _types(first) and _types(second):  # what says nothing takes everything
        both["type"] = first["type"] if first["type"] == second["type"] else types
    if "properties" in first and "properties" in second:
        one, other = first["properties"], second["properties"]
        shared = {name: merged(one[name], other[name]) for name in one if name in other}
        required = [name for name in first.get("required", ()) if name in second.get("required", ())]
        both |= {"properties": {**one, **other, **shared}} | ({"required": required} if required else {})
    if "items" in first and "items" in second:
        both["items"] = merged(first["items"], second["items"])
    return both


def _types(schema: dict[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)
