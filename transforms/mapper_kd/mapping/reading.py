"""Reads a mapping file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd.mapping.fields import fields
from mapper_kd.mapping.model import Body, Mapping
from mapper_kd.mapping.sections import base_data, document_number, documents, lists
from mapper_kd.mapping.values import condition, lets
from mapper_kd.tables import read_tables
from mapper_kd.yaml_nodes import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from mapper_kd.yaml_nodes import Entry, Problems

TOP_KEYS = (
    "stream", "form", "number", "where", "let", "functions", "organisations", "merge", "documents", "head", "lines",
    "base_data", "tables",
)  # fmt: skip

SCHEME_SUFFIX = ".json"


def mapping_name(path: Path, folder: Path | None = None) -> str:
    """Return the name a mapping goes by: its path below the folder ``mappings``, without the suffix."""
    parts = path.with_suffix("").parts
    if "mappings" in parts:
        below = parts[len(parts) - parts[::-1].index("mappings") :]
        return "/".join(below)
    return "/".join(path.with_suffix("").relative_to(folder).parts) if folder else path.stem


def read_mapping(path: Path, name: str, problems: Problems) -> Mapping | None:
    """Read one mapping file, or a Qeasy scheme (``.json``).

    Returns:
        The model, or None when it is so wrong that nothing can be compiled; `problems` says why.
    """
    if path.suffix == SCHEME_SUFFIX:
        from mapper_kd.qeasy.running import read_scheme_mapping  # noqa: PLC0415 - only who runs schemes needs sqlglot

        return read_scheme_mapping(path, name, problems)
    root = read_yaml(path, path.as_posix(), problems)
    return None if root is None else mapping_of(root, name)


def mapping_of(root: Entry, name: str) -> Mapping | None:
    """Read a mapping from its parsed file, likewise."""
    before = len(root.problems.found)
    parts = root.known(TOP_KEYS)
    for key in ("stream", "form", "head"):
        if key not in parts and root.is_mapping:
            root.wrong(f"has no {key}:")
    if len(root.problems.found) > before:
        return None
    body = Body(lets(parts.get("let")), fields(parts["head"]), lists(parts.get("lines")))
    return Mapping(
        name=name,
        file=root.place.file,
        place=root.place,
        stream=parts["stream"].text(),
        form=parts["form"].text(),
        number=document_number(parts.get("number"), body),
        where=condition(parts, "where"),
        body=body,
        tables=read_tables(parts.get("tables")),
        base_data=base_data(parts.get("base_data")),
        documents=documents(parts.get("documents")),
        merge=parts.get("merge"),
        organisations=parts.get("organisations"),
        functions=parts.get("functions"),
    )
