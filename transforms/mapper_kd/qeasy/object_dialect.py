"""The notation with objects of parameters (``requestParams``), read as if it were written as field entries.

The vendor's guide pages use it, running schemes do not (contract 1, family B, and 16.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.json_nodes import Node

if TYPE_CHECKING:
    from mapper_kd.qeasy.report import Report

_NO_PARAMETERS = {"beatFlat", "fieldMapping"}


def as_entries(side: Node, report: Report) -> Node:
    """Return a side with ``request`` and ``otherRequest`` made of ``requestParams`` and ``otherRequestParams``."""
    params, other = side.get("requestParams"), side.get("otherRequestParams")
    if params is None and other is None:
        return side
    members = dict(side.value)
    for key, node in (("request", params), ("otherRequest", other)):
        if node is None:
            continue
        if key in members:
            report.warning("UNKNOWN_KEY", node, f"{key} is there as well, and holds; this does nothing.")
            continue
        if node.is_list:
            members[key] = node
        elif node.is_object:
            members[key] = _list(_entries(node, side, report), node)
        else:
            report.error("NO_ENTRIES", node, "This must be an object of parameters.", 'Write {"field": "value", …}.')
    return Node(members, side.path, side.line, side.repeated)


def _list(entries: list[Node], node: Node) -> Node:
    return Node(entries, node.path, node.line)


def _entries(node: Node, side: Node, report: Report) -> list[Node]:
    entries = {name: _entry(name, value, report) for name, value in node.members() if name not in _NO_PARAMETERS}
    for mapping in (node.get("fieldMapping"), side.get("fieldMapping")):
        for name, value in mapping.members() if mapping is not None else ():
            _add_mapped(name, value, entries, report)
    return [_finished(entry) for entry in entries.values()]


def _add_mapped(name: str, value: Node, entries: dict[str, dict[str, Any]], report: Report) -> None:
    """Add one of ``fieldMapping``: ``FEntity_FMaterialID`` is a column of the list FEntity, if there is such a list."""
    for mark in (".", "_"):
        for index, letter in enumerate(name):
            parent = entries.get(name[:index]) if letter == mark else None
            if parent is not None and name[index + 1 :]:
                parent["type"] = Node("array", value.path, value.line)
                parent.setdefault("children", []).append(_entry(name[index + 1 :], value, report))
                return
    entries[name] = _entry(name, value, report)


def _finished(entry: dict[str, Any]) -> Node:
    at: Node = entry["field"]
    children = entry.get("children")
    members = {key: value for key, value in entry.items() if key != "children"}
    if children:
        members["children"] = _list([_finished(child) for child in children], at)
    return Node(members, at.path, at.line)


def _entry(name: str, value: Node, report: Report) -> dict[str, Any]:
    entry: dict[str, Any] = {"field": Node(name, value.path, value.line)}
    if value.is_object:
        entry["type"] = Node("object", value.path, value.line)
        entry["children"] = [_entry(key, below, report) for key, below in value.members()]
    elif value.is_list and len(value.value) == 1 and value.value[0].is_object:
        entry["type"] = Node("array", value.path, value.line)
        entry["children"] = [_entry(key, below, report) for key, below in value.value[0].members()]
    else:
        if value.is_text and value.value.startswith("source."):
            entry["type"] = Node("array", value.path, value.line)
        entry["value"] = value
    return entry
