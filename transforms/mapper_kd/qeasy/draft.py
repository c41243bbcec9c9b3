"""A native mapping under construction, as text of our own language, each part with its place in the scheme."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapper_kd.qeasy.json_nodes import Node
    from mapper_kd.qeasy.native import Native


@dataclass
class DraftField:
    """One field: its dotted key, its value, and what else is said about it in the long form.

    Attributes:
        more: Keys of the long form besides the value, in order: ``type``, ``when``, ``default`` …; values are
            constants, or texts of expressions with their leading ``=``.
    """

    key: str
    value: Native
    node: Node
    comment: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class DraftLet:
    """A named value; `value` is the text of an expression with its leading ``=``, or a constant."""

    name: str
    value: Any
    node: Node
    comment: str = ""


@dataclass
class DraftList:
    """A list of lines."""

    key: str
    node: Node
    each: str | None = None
    when: str | None = None
    where: str | None = None
    required: bool = False
    comment: str = ""
    let: list[DraftLet] = field(default_factory=list)
    fields: list[DraftField] = field(default_factory=list)
    lists: list[DraftList] = field(default_factory=list)


@dataclass
class DraftLines:
    """A list of a merged record."""

    name: str
    each: str | None = None
    where: str | None = None
    let: list[DraftLet] = field(default_factory=list)
    by: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class DraftMerge:
    """The section ``merge:``."""

    node: Node
    by: dict[str, str]
    values: dict[str, str] = field(default_factory=dict)
    lines: list[DraftLines] = field(default_factory=list)
    where: str | None = None
    let: list[DraftLet] = field(default_factory=list)
    each: str | None = None


@dataclass
class DraftMapping:
    """A whole mapping."""

    stream: str
    form: str
    node: Node
    title: list[str] = field(default_factory=list)
    number: str | None = None
    where: str | None = None
    where_node: Node | None = None
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    let: list[DraftLet] = field(default_factory=list)
    each: str | None = None
    each_node: Node | None = None
    merge: DraftMerge | None = None
    fields: list[DraftField] = field(default_factory=list)
    lists: list[DraftList] = field(default_factory=list)
