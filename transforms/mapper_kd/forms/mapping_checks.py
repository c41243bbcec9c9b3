"""A mapping held against its form: keys the form does not have, fields it demands, kinds that do not go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.forms.metadata import DECIMAL, HEAD, INTEGER, REFERENCE, TEXT
from mapper_kd.kinds import nearest
from mapper_kd.model_tree import Branch, Leaf, Lines, Node, model_tree
from mapper_kd.yaml_nodes import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Dictionary

    from mapper_kd.forms.metadata import FormField, FormMetadata
    from mapper_kd.mapping import Body, Mapping
    from mapper_kd.yaml_nodes import Place

_REFERENCE_KEYS = {"fnumber", "fname", "fuserid", "fstaffnumber"}


def check_form(mapping: Mapping, metadata: FormMetadata, schema: Dictionary[str, Any], problems: Problems) -> list[str]:
    """Hold a mapping against its form.

    Args:
        mapping: The mapping.
        metadata: Its form's metadata.
        schema: The schema of the documents it makes, for what kinds of values there are; empty when not known.
        problems: Receives fields that the form does not have, and references written as plain values or the reverse.

    Returns:
        Warnings: mandatory fields (必录) that the mapping does not give, for which Kingdee may have defaults, and texts
        in number fields.
    """
    return _BodyCheck(mapping.file, metadata, problems).check(mapping.body, schema)


def check_base_data(mapping: Mapping, metadata: FormMetadata, problems: Problems) -> list[str]:
    """Hold the base data that a mapping gives in this form against it, likewise."""
    bodies = [one.list.body for one in mapping.base_data if one.form == metadata.form]
    check = _BodyCheck(mapping.file, metadata, problems)
    return [warning for body in bodies for warning in check.check(body, {})]


class _BodyCheck:
    """Checks the fields of one body, lists and parts included."""

    def __init__(self, file: str, metadata: FormMetadata, problems: Problems) -> None:
        self._file = file
        self._metadata = metadata
        self._problems = problems
        self._warnings: list[str] = []

    def check(self, body: Body, schema: Dictionary[str, Any]) -> list[str]:
        self._warnings = []
        tree = model_tree(body, Problems())
        self._entity(tree, HEAD, "", schema)
        self._warnings += self._missing(tree, HEAD, "")
        return self._warnings

    def _entity(self, branch: Branch, entity: str, path: str, schema: Dictionary[str, Any]) -> None:
        fields = self._metadata.entities.get(entity, {})
        entities = [key for key in self._metadata.entities if key != HEAD]
        for key, node in branch.children.items():
            part = (schema.get("properties") or {}).get(key, {})
            if key in entities:
                below = node.row if isinstance(node, Lines) else _as_branch(node)
                self._entity(below, key, f"{key}.", part.get("items", part))
            elif key in fields:
                self._field(fields[key], node, f"{path}{key}", part)
            elif not key.endswith("_Link"):  # source links (contract 8.18) are in no form's metadata
                near = nearest(key, [*fields, *entities])
                hint = f"; did you mean {near}?" if near else ""
                self._problems.add(_place(node), f"the form has no field {path}{key}{hint}")

    def _field(self, field: FormField, node: Node, path: str, schema: Dictionary[str, Any]) -> None:
        place = _place(node)
        if field.reference and isinstance(node, Leaf) and not node.field.as_is:
            self._problems.add(place, f"{path} is a reference to {field.reference}; write {path}.FNumber")
        elif isinstance(node, Leaf):
            self._kinds(str(field), field.kind, schema, place)
        elif field.reference and isinstance(node, Branch):
            for code, part in (schema.get("properties") or {}).items():
                self._kinds(f"{code} of {field}", TEXT, part, place)
        # A whole number without a form may be a reference whose form another field names (多类别基础资料).
        elif field.kind not in {REFERENCE, INTEGER} and isinstance(node, Branch) and _is_reference(node):
            code = next(iter(node.children))
            self._problems.add(place, f"{path} is a plain field and no reference; write {path} without .{code}")

    def _kinds(self, name: str, kind: str, schema: Dictionary[str, Any], place: Place) -> None:
        """Warn of a number where text belongs, or the reverse."""
        types = schema.get("type") or []
        given = {types} if isinstance(types, str) else {*types}
        if kind == DECIMAL and given - {"null"} == {"string"}:
            self._warnings.append(f"{place}: gives text, and {name} is a number; decimal(…) makes it one")
        elif kind == TEXT and given & {"number", "integer"} and "string" not in given:
            self._warnings.append(f"{place}: gives a number, and {name} is text; text(…) spells it")

    def _missing(self, branch: Branch, entity: str, path: str) -> Iterator[str]:
        for key, field in self._metadata.entities.get(entity, {}).items():
            if field.mandatory and key not in branch.children:
                yield f"{self._file}: {path}{key} is mandatory (必录) in {self._metadata.form}, but not mapped"
        for key, node in branch.children.items():
            if key in self._metadata.entities:
                yield from self._missing(node.row if isinstance(node, Lines) else _as_branch(node), key, f"{key}.")


def _is_reference(branch: Branch) -> bool:
    return {key.casefold() for key in branch.children} <= _REFERENCE_KEYS


def _as_branch(node: Node) -> Branch:
    return node if isinstance(node, Branch) else Branch()


def _place(node: Node) -> Place:
    if isinstance(node, Leaf):
        return node.field.place
    if isinstance(node, Lines):
        return node.list.place
    return _place(next(iter(node.children.values())))
