"""A Qeasy scheme as a typed model; every part keeps the JSON node it comes from, and so its path and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mapper_kd.qeasy.json_nodes import Node


@dataclass(frozen=True)
class Parser:
    """One value parser (值解析器), or one link of a chain of them.

    Attributes:
        name: ``ConvertObjectParser``, or the ``type`` of a typed one in front of a colon: ``type:jsonpath``.
        settings: Its parameters as plain JSON.
    """

    name: str
    settings: Mapping[str, Any]
    node: Node

    def text(self, *names: str) -> str | None:
        """Return a parameter that is text or a number."""
        for name in names:
            value = self.settings.get(name)
            if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
                return str(value)
        return None


@dataclass(frozen=True)
class StaticMap:
    """A static map table (数据映射) applied to a value; ``reverse`` reads it from b to a."""

    target: str
    reverse: bool
    node: Node


@dataclass(frozen=True)
class Entry:
    """A field entry (字段项).

    Attributes:
        field: The output key.
        value: The node of its value; None when it is unset.
        type: ``string``, ``int``, ``array`` …, in small letters.
        label: What the editor shows, for the comment.
        children: Entries of an array or object.
    """

    field: str
    node: Node
    value: Node | None = None
    type: str = "string"
    label: str = ""
    mapping: StaticMap | None = None
    parsers: tuple[Parser, ...] = ()
    children: tuple[Entry, ...] = ()
    required: bool = False

    @property
    def place(self) -> Node:
        """Where its value is written, or else the entry itself."""
        return self.value or self.node

    @property
    def is_list(self) -> bool:
        """Whether its children make rows."""
        return bool(self.children) and self.type == "array"

    @property
    def written(self) -> str | None:
        """The value when it is text."""
        return self.value.value if self.value is not None and self.value.is_text else None

    def walk(self) -> Iterator[Entry]:
        """Yield this entry and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Condition:
    """One comparison of a record filter (高级查询条件)."""

    path: tuple[str, ...]
    logic: str
    value: Any
    strict: bool
    node: Node


@dataclass(frozen=True)
class DerivedField:
    """One rule of ``formatResponse`` (格式化): a new field from an old one.

    Attributes:
        format: Its name without the argument: ``date``, ``round``, ``implode`` …
        argument: What stands in the parentheses; None without them.
    """

    old: tuple[str, ...]
    new: str
    format: str
    argument: str | None
    node: Node


@dataclass(frozen=True)
class Remedy:
    """``omissionRemedy`` (补漏): the same fetch again, with some parameters replaced, on a schedule of its own."""

    crontab: str
    request: tuple[Entry, ...]
    node: Node


@dataclass(frozen=True)
class Source:
    """The source configuration (源平台)."""

    node: Node
    api: str = ""
    id: str = ""
    number: str = ""
    id_check: bool = True
    page_size: int | None = None
    request: tuple[Entry, ...] = ()
    other: tuple[Entry, ...] = ()
    derived: tuple[DerivedField, ...] = ()
    conditions: tuple[tuple[Condition, ...], ...] = ()
    flat: tuple[tuple[str, Node], ...] = ()
    remedy: Remedy | None = None


@dataclass(frozen=True)
class Operation:
    """``operation``: how records become calls.

    Attributes:
        method: ``batchArraySave``, ``merge`` or empty.
        rows: Records a call.
        by: The columns that ``merge`` groups by.
        header: The columns of the group itself, from its first record.
        body: The columns of its rows.
        sums: Those of the columns that are added up; rows equal in the others become one.
    """

    node: Node
    method: str = ""
    rows: int = 1
    by: tuple[str, ...] = ()
    list: str = ""
    header: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grouping:
    """``groupCalculate`` (分组合并运算)."""

    node: Node
    header: tuple[str, ...]
    body: tuple[str, ...]
    list: str
    target_list: str
    max_lines: int | None
    values: tuple[tuple[str, str, Node], ...] = ()


@dataclass(frozen=True)
class Target:
    """The target configuration (目标平台)."""

    node: Node
    api: str = ""
    id_check: bool | None = None
    request: tuple[Entry, ...] = ()
    other: tuple[Entry, ...] = ()
    operation: Operation | None = None
    grouping: Grouping | None = None
    writeback: Entry | None = None
    distribution: str = ""
    write_mode: str = ""


@dataclass(frozen=True)
class Scheme:
    """A scheme (集成方案): one source, one target, or one of them alone."""

    name: str
    file: str
    source: Source | None = None
    target: Target | None = None
    callback: tuple[Entry, ...] = ()
    has_callback: bool = False
    nodes: tuple[Node, ...] = field(default=())
