"""Generated source, line by line, each line with what it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mapper_kd.mapping import Value
    from mapper_kd.scope import Reading


@dataclass(frozen=True)
class Origin:
    """What a line of generated code comes from.

    Attributes:
        path: The Kingdee field; ``{list}`` stands for how many lines the generated variable ``list`` has so far.
        value: The mapping's value.
        readings: What it reads of the record.
        documents: The generated variable with the documents so far, where one record gives several; else "".
    """

    path: str | None
    value: Value
    readings: tuple[Reading, ...] = ()
    documents: str = ""


@dataclass(frozen=True)
class Trace:
    """A value of a mapping and what it reads: the lineage of a field.

    Attributes:
        path: The Kingdee field or list, such as ``FEntity.FMaterialID.FNumber``; "" is the document.
        role: Which of its values: ``value``, ``default``, ``when``, ``total``, ``each``, ``where``, or ``let`` and a
            name.
        value: What the mapping says.
        readings: Fields of the record, columns of tables, and names, in the order they are read.
    """

    path: str
    role: str
    value: Value
    readings: tuple[Reading, ...]


@dataclass
class Block:
    """Statements of one indentation, in order; blocks inside may be filled later."""

    parts: list[tuple[str, Origin | None] | Block] = field(default_factory=list)
    indent: int = 0

    def line(self, text: str, origin: Origin | None = None) -> None:
        """Add a line."""
        self.parts.append((text, origin))

    def block(self, indent: int = 0) -> Block:
        """Add a block, indented by so many levels more, and return it."""
        inner = Block(indent=indent)
        self.parts.append(inner)
        return inner

    def lines(self, indent: int = 0) -> list[tuple[str, Origin | None]]:
        """Return all lines, indented."""
        level = indent + self.indent
        found: list[tuple[str, Origin | None]] = []
        for part in self.parts:
            if isinstance(part, Block):
                found.extend(part.lines(level))
            else:
                found.append(("    " * level + part[0], part[1]))
        return found
