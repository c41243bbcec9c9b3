"""Schemes read from files: one JSON with both sides, two files, a bare side, or any of them inside ``metadata``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from erp_sdk.command import SetupError

from mapper_kd.qeasy.entry_reading import read_entries
from mapper_kd.qeasy.json_nodes import JsonError, Node, parse_json
from mapper_kd.qeasy.object_dialect import as_entries
from mapper_kd.qeasy.scheme import Entry, Scheme
from mapper_kd.qeasy.side_reading import read_source, read_target

if TYPE_CHECKING:
    from pathlib import Path

    from mapper_kd.qeasy.report import Report

_SOURCE_EFFECTS = {"QUERY"}
_TARGET_EFFECTS = {"EXECUTE", "WRITE", "CREATE", "UPDATE", "DELETE"}
_TARGET_KEYS = {"operation", "groupCalculate", "distributionOrg", "writeMode", "callBackStrategy", "fieldMapping"}
_WRITES = {"batchsave", "save", "draft", "submit", "audit", "delete", "push", "excuteoperation"}
_TOP_KEYS = {
    *("source", "target", "id", "name", "callBackStrategy", "metadata", "description", "version", "remark", "number"),
    *("api_aliases", "stream"),
}
_CALLBACK_CONTROL = {"strategyId", "condition", "idempotent", "propagateError", "onFailure", "needQuery"}


def read_scheme(paths: list[Path], report: Report) -> Scheme:
    """Read a scheme from one file, or from the file of its source and the one of its target.

    Raises:
        SetupError: A file is not there, is no JSON, or no scheme.
    """
    roots = [_unwrapped(read_file(path)) for path in paths]
    name, file = paths[-1].stem, paths[0].as_posix()
    if len(roots) == 1:
        return _one(roots[0], name, file, report)
    sides = [_one(root, name, path.as_posix(), report) for root, path in zip(roots, paths, strict=True)]
    sources = [one.source for one in sides if one.source is not None]
    targets = [one for one in sides if one.target is not None]
    if len(sources) != 1 or len(targets) != 1:
        raise SetupError(f"{file} and {paths[1].as_posix()} are not one source (源平台) and one target (目标平台).")
    return replace(targets[0], source=sources[0], file=file, nodes=tuple(node for one in sides for node in one.nodes))


def read_file(path: Path) -> Node:
    """Return the root of a JSON file.

    Raises:
        SetupError: It is not there, or no strict JSON.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SetupError(f"the scheme {path.as_posix()} cannot be read: {error.strerror}.") from None
    try:
        return parse_json(content)
    except JsonError as error:
        raise SetupError(f"the scheme {path.as_posix()} is no strict JSON: {error}.") from None


def _unwrapped(root: Node) -> Node:
    inner = root.get("metadata")
    if inner is not None and inner.is_object and root.get("source", "target", "request") is None:
        return inner
    return root


def _one(root: Node, name: str, file: str, report: Report) -> Scheme:
    if not root.is_object:
        raise SetupError(f"{file} is no scheme: it needs a JSON object with source and target.")
    if root.get("source", "target") is None or root.get("request", "requestParams") is not None:
        return _bare(root, name, file, report)
    for key, node in root.members():
        if key not in _TOP_KEYS:
            report.warning("UNKNOWN_KEY", node, f"The key {key} is not known; it does nothing.")
    source, target = (None if node is None else _unwrapped(node) for node in (root.get("source"), root.get("target")))
    for side in (source, target):
        if side is not None and not side.is_object:
            raise SetupError(f"{file}: {side.path} needs to be a JSON object.")
    callback = root.get("callBackStrategy") or (target.get("callBackStrategy") if target is not None else None)
    return Scheme(
        name=name,
        file=file,
        source=None if source is None else read_source(as_entries(source, report), report),
        target=None if target is None else read_target(as_entries(target, report), report),
        callback=_callback(callback, report),
        has_callback=callback is not None,
        nodes=(root,),
    )


def _bare(root: Node, name: str, file: str, report: Report) -> Scheme:
    if not {"request", "requestParams", "otherRequest", "otherRequestParams", "api"} & set(root.value):
        raise SetupError(f"{file} is no scheme: it has neither source nor target, and no request either.")
    callback = root.get("callBackStrategy")
    if _is_target(root):
        return Scheme(
            name=name,
            file=file,
            target=read_target(as_entries(root, report), report),
            callback=_callback(callback, report),
            has_callback=callback is not None,
            nodes=(root,),
        )
    return Scheme(name=name, file=file, source=read_source(as_entries(root, report), report), nodes=(root,))


def _is_target(root: Node) -> bool:
    effect = root.text("effect", "type").upper()
    if effect in _SOURCE_EFFECTS | _TARGET_EFFECTS:
        return effect in _TARGET_EFFECTS
    operation = root.get("operation")
    idle = operation is not None and operation.text("method") == "none"
    keys = _TARGET_KEYS - ({"operation"} if idle else set())
    return bool(keys & set(root.value)) or root.text("api").lower() in _WRITES


def _callback(node: Node | None, report: Report) -> tuple[Entry, ...]:
    """Read the free keys of ``callBackStrategy``: what the receiving scheme is given (contract 14)."""
    if node is None or not node.is_object:
        return ()
    for key in ("condition", "onFailure", "needQuery"):
        value = node.get(key)
        if value is not None and value.value is not False:
            report.warning(
                "UNSUPPORTED", value, f"{key} of callBackStrategy is not done here.", "Filter in the receiving mapping."
            )
    members = {key: value for key, value in node.members() if key not in _CALLBACK_CONTROL}
    return read_entries(Node(members, node.path, node.line), report)
