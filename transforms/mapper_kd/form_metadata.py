"""A mapping held against a Kingdee form's own metadata: what QueryBusinessInfo answers (contract 8.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError
from erp_sdk.messages import decode

from mapper_kd.kinds import nearest
from mapper_kd.model_tree import Branch, Leaf, Lines, model_tree
from mapper_kd.yaml_nodes import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mapper_kd.mapping import Body, Mapping
    from mapper_kd.model_tree import Node
    from mapper_kd.yaml_nodes import Place

_HEAD = "FBillHead"


@dataclass(frozen=True)
class FormMetadata:
    """A form's fields, by entity and key; each as the answer has it."""

    form: str
    entities: dict[str, dict[str, dict[str, Any]]]


def read_form_metadata(path: Path) -> FormMetadata:
    """Read a saved answer of QueryBusinessInfo.

    Raises:
        SetupError: The file is none.
    """
    try:
        answer = decode(path.read_bytes())
        info = answer["Result"]["NeedReturnData"]
        entities = {entry["Key"]: {one["Key"]: one for one in entry["Fields"]} for entry in info["Entrys"]}
    except OSError as error:
        raise SetupError(f"the form metadata {path.as_posix()} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError):
        raise SetupError(f"{path.as_posix()} is no answer of Kingdee's QueryBusinessInfo (查询单据元数据).") from None
    return FormMetadata(str(info["Id"]), entities)


def check_form(mapping: Mapping, metadata: FormMetadata, problems: Problems) -> list[str]:
    """Hold a mapping against its form.

    Args:
        mapping: The mapping.
        metadata: Its form's metadata.
        problems: Receives fields that the form does not have, and references written as plain values or the reverse.

    Returns:
        Warnings: mandatory fields (必录) that the mapping does not give. Kingdee may have defaults for them.
    """
    return _check_body(mapping, mapping.body, metadata, problems)


def check_base_data(mapping: Mapping, metadata: FormMetadata, problems: Problems) -> list[str]:
    """Hold the base data that a mapping gives in this form against it, likewise."""
    bodies = [one.list.body for one in mapping.base_data if one.form == metadata.form]
    return [warning for body in bodies for warning in _check_body(mapping, body, metadata, problems)]


def _check_body(mapping: Mapping, body: Body, metadata: FormMetadata, problems: Problems) -> list[str]:
    tree = model_tree(body, Problems())
    head = metadata.entities.get(_HEAD, {})
    others = {key: fields for key, fields in metadata.entities.items() if key != _HEAD}
    _check_entity(tree, head, others, "", problems)
    return list(_missing(tree, metadata, mapping))


def _check_entity(
    branch: Branch, fields: dict[str, Any], entities: dict[str, dict[str, Any]], path: str, problems: Problems
) -> None:
    for key, node in branch.children.items():
        place = _place(node)
        if key in entities:
            _check_entity(
                node.row if isinstance(node, Lines) else _as_branch(node), entities[key], entities, f"{key}.", problems
            )
        elif key in fields:
            _check_field(fields[key], node, f"{path}{key}", place, problems)
        elif not key.endswith("_Link"):  # source links (contract 8.18) are in no form's metadata
            near = nearest(key, [*fields, *entities])
            problems.add(place, f"the form has no field {path}{key}{f'; did you mean {near}?' if near else ''}")


def _check_field(field: dict[str, Any], node: Node, path: str, place: Place, problems: Problems) -> None:
    reference = field.get("LookUpObjectFormId")
    if reference and isinstance(node, Leaf):
        problems.add(place, f"{path} is a reference to {reference}; write {path}.FNumber")
    elif not reference and isinstance(node, Branch) and set(node.children) <= {"FNumber", "FNUMBER"}:
        problems.add(place, f"{path} is a plain field and no reference; write {path} without .FNumber")


def _missing(tree: Branch, metadata: FormMetadata, mapping: Mapping) -> Iterator[str]:
    for entity, fields in metadata.entities.items():
        branch = tree if entity == _HEAD else _entity(tree, entity)
        if branch is None:
            continue
        for key, field in fields.items():
            if field.get("MustInput") and key not in branch.children:
                prefix = "" if entity == _HEAD else f"{entity}."
                yield f"{mapping.file}: {prefix}{key} is mandatory (必录) in {metadata.form}, but not mapped"


def _entity(tree: Branch, key: str) -> Branch | None:
    node = tree.children.get(key)
    return None if node is None else node.row if isinstance(node, Lines) else _as_branch(node)


def _as_branch(node: Node) -> Branch:
    return node if isinstance(node, Branch) else Branch()


def _place(node: Node) -> Place:
    if isinstance(node, Leaf):
        return node.field.place
    if isinstance(node, Lines):
        return node.list.place
    return _place(next(iter(node.children.values())))
