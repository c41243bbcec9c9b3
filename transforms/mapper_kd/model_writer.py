"""Writes objects and lists: the head, lines, base-data references."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from mapper_kd.field_writer import FieldWriter
from mapper_kd.kinds import ANY, ListKind
from mapper_kd.mapping import SKIP_LINE, Value
from mapper_kd.model_tree import Branch, Leaf, Lines, is_reference
from mapper_kd.organisations_writer import OrganisationsWriter
from mapper_kd.rounding import Remainder
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import CONSTANT, Code, Scope
from mapper_kd.value_writer import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapper_kd.mapping import LineList
    from mapper_kd.model_tree import Node
    from mapper_kd.source_code import Block, Origin


class ModelWriter(FieldWriter, OrganisationsWriter):
    """Writes objects and lists."""

    def _part(self, node: Node, level: Level, path: str) -> Code:
        if isinstance(node, Leaf):
            return self._leaf(node, level, path)
        if isinstance(node, Lines):
            return self._list(node, level, path)
        reference = is_reference(node)
        codes = {
            key: self._leaf(child, level, f"{path}.{key}", whole=True)
            if reference and isinstance(child, Leaf)
            else self._part(child, level, f"{path}.{key}")
            for key, child in node.children.items()
        }
        structure = self._names.bind("S", _structure(path, node))
        if all(code.depth == CONSTANT and not code.fails for code in codes.values()):
            values = [eval(code.text, GLOBALS | self._names.bound) for code in codes.values()]  # noqa: S307 - our own text
            return Code(self._names.bind("k", self._names.bound[structure](*values)), ANY, certain=True)
        if len(codes) == 1:
            code = next(iter(codes.values()))
            return self._reference(structure, code, level, several=reference and _may_be_several(code))
        return self._object(structure, node, codes, level, path)

    def _reference(self, structure: str, code: Code, level: Level, *, several: bool) -> Code:
        kept = self._names.temporary()
        made = replace(code, kind=ANY, source=None)
        if several:
            usual = f"{structure}({kept}) if ({kept} := {code.text}).__class__ is _str"
            text = f"({usual} else _reference({structure}, {kept}))"
            return self._ahead(replace(made, text=text, fails=True, certain=False), level)
        if code.certain:
            return replace(made, text=f"{structure}({code.text})")
        text = f"({structure}({kept}) if ({kept} := {code.text}) is not None else None)"
        # As a whole ahead of the loop: one object for all lines.
        return self._ahead(replace(made, text=text, fails=code.fails or code.depth > CONSTANT), level)

    def _object(self, structure: str, node: Branch, codes: dict[str, Code], level: Level, path: str) -> Code:
        kept: list[str] = []
        for (key, code), child in zip(codes.items(), node.children.values(), strict=True):
            if code.depth == CONSTANT and not code.fails:
                kept.append(code.text)
                continue
            name = self._names.temporary("v")
            level.body.line(f"{name} = {code.text}", self._place(child, f"{path}.{key}", code))
            kept.append(name)
        text = f"{structure}({', '.join(kept)})"
        if any(code.certain for code in codes.values()):
            return Code(text, ANY, level.scope.depth, certain=True)
        there = " or ".join(f"{name} is not None" for name in kept)
        return Code(f"({text} if {there} else None)", ANY, level.scope.depth)

    def _construct(self, start: str, node: Branch, level: Level, path: str, end: str = "") -> str | None:
        """Write the statement that makes the head or a line, one line a field.

        Returns:
            The name of one without any field; None when this one has always some.
        """
        below = f"{path}." if path else ""
        arguments = [
            (self._part(child, level, f"{below}{key}"), child, f"{below}{key}") for key, child in node.children.items()
        ]
        structure = self._names.bind("S", _structure(path or self._mapping.form, node))
        level.body.line(f"{start}{structure}(")
        for code, child, key in arguments:
            level.body.line(f"    {code.text},", self._place(child, key, code))
        level.body.line(f"){end}")
        if any(code.certain for code, _, _ in arguments):
            return None
        return self._names.bind("k", self._names.bound[structure]())

    def _place(self, node: Node, path: str, code: Code) -> Origin | None:
        """Return what the line with a node's value comes from; a list has reported its own failures before."""
        if isinstance(node, Leaf):
            return self._origin(path, node.field.value, code)
        if isinstance(node, Branch) and len(node.children) == 1:
            key, child = next(iter(node.children.items()))
            return self._place(child, f"{path}.{key}", code)
        return None

    # --- lists

    def _list(self, node: Lines, level: Level, path: str) -> Code:
        one, lines, body = node.list, self._names.temporary("list"), level.body
        body.line(f"{lines} = []")
        if one.when is not None:
            condition = self._code(one.when, level.scope, path, "when")
            body.line(f"if {condition.text}:", self._origin(path, one.when, condition))
            body = body.block(1)
        each = None if one.each is None else self._ahead(self._code(one.each, level.scope, path, "each"), level)
        before, inside, after = (body.block() for _ in range(3))
        outside = self._levels[level.scope.depth]
        if each is None:
            inner = self._one_line(node, level, inside, path)
        else:
            inner = self._loop(one, each, level, inside, f"{path}[{{{lines}}}]")
        self._organisations(one.organisations, inner)
        empty = self._construct(f"{lines}.append(", node.row, inner, inner.path, ")")
        if empty is not None and not one.keeps_empty and not any(self._settled(node)):
            inner.body.line(f"if {lines}[-1] == {empty}: {lines}.pop()")
        self._levels[level.scope.depth] = outside
        for index, leaf in self._settled(node):
            self._settle(leaf, index, lines, inner, (before, after))
        if one.required:
            origin = self._origin(path, one.each or Value(one.place), each)
            level.body.line(f"{lines} = _lines({lines})", origin)
        return Code(f"{lines} or None", ANY, level.scope.depth, certain=one.required)

    def _one_line(self, node: Lines, level: Level, block: Block, path: str) -> Level:
        scope = Scope(level.scope.record, level.scope.fields, level.scope.row, level.scope)
        skip = ""
        if any(leaf.field.on_miss == SKIP_LINE for leaf in leaves(node.row)):
            block.line("for _ in _once:")
            block, skip = block.block(1), "continue"
        lets, shared, inner = block.block(), block.block(), block.block()
        self._lets(node.list.body.let, Level(scope, path, lets, lets))
        # What lists in it calculate ahead stays in it, behind its own names.
        self._levels[scope.depth] = Level(scope, f"{path}[0]", shared, inner, skip, level.leave)
        return self._levels[scope.depth]

    def _loop(self, one: LineList, each: Code, level: Level, block: Block, path: str) -> Level:
        assert one.each is not None  # noqa: S101 - narrows the type; the caller has looked
        self._check_list(one.each, each)
        origin = self._origin(path.rpartition("[")[0] or None, one.each, each)
        block.line(f"for row{level.scope.depth + 1} in _rows({each.text}):", origin)
        return self._row(one, each, level, block.block(1), path)

    def _check_list(self, value: Value, each: Code) -> None:
        if each.kind.family not in {"list", "any"}:
            self._problems.add(value.place, f"{value.written} is {each.kind} and no list")

    def _row(self, one: LineList, each: Code, level: Level, loop: Block, path: str) -> Level:
        depth = level.scope.depth + 1
        item = each.kind.item if isinstance(each.kind, ListKind) else ANY
        row = Code(f"row{depth}", item, depth, source=each.source)
        scope = Scope(level.scope.record, level.scope.fields, row, level.scope)
        lets, where, shared, body = (loop.block() for _ in range(4))
        inner = Level(scope, path, shared, body, "continue", level.leave)
        del self._levels[depth:]
        self._levels.append(inner)
        self._lets(one.body.let, Level(scope, path, lets, lets))
        if one.where is not None:
            condition = self._code(one.where, scope, path, "where")
            where.line(f"if not {condition.text}: continue", self._origin(path, one.where, condition))
        return inner

    # --- totals

    def _settled(self, node: Lines) -> Iterator[tuple[int, Leaf]]:
        """Yield the fields of a line that have a total, with their position."""
        for index, child in enumerate(node.row.children.values()):
            if isinstance(child, Leaf):
                rounding = child.field.rounding
                if rounding is not None and rounding.is_settled:
                    yield index, child

    def _settle(self, leaf: Leaf, index: int, lines: str, inner: Level, blocks: tuple[Block, Block]) -> None:
        one, (before, after) = leaf.field, blocks
        rounding = one.rounding
        assert rounding is not None  # noqa: S101 - narrows the type; the caller has looked
        path = f"{inner.path.rpartition('[')[0]}.{one.keys[0]}"
        remainder = Remainder(f"f{index}", rounding.digits, rounding.tolerance)
        if rounding.total is None:
            sums = self._names.temporary("sum")
            before.line(f"{sums} = []")
            inner.body.line(f"{sums}.append({leaf.unrounded})")
            called = self._names.bind("settle", remainder.settle_sum)
            after.line(f"{called}({lines}, {sums})", self._origin(path, one.value))
            return
        total = self._code(rounding.total, inner.scope, path, "total")
        if total.depth == inner.scope.depth and inner.scope.row is not None:
            self._problems.add(
                rounding.total.place, f"{rounding.total.written} is another one in each line; a total is for all"
            )
        called = self._names.bind("settle", remainder.settle)
        after.line(f"{called}({lines}, {total.text})", self._origin(path, rounding.total, total))


def leaves(node: Branch) -> Iterator[Leaf]:
    """Yield the fields of a line, without those of lists in it."""
    for child in node.children.values():
        if isinstance(child, Leaf):
            yield child
        elif isinstance(child, Branch):
            yield from leaves(child)


def _may_be_several(code: Code) -> bool:
    return code.kind is ANY or isinstance(code.kind, ListKind)


def _structure(name: str, node: Branch) -> type[msgspec.Struct]:
    fields = [(f"f{index}", Any, None) for index in range(len(node.children))]
    rename = {f"f{index}": key for index, key in enumerate(node.children)}
    plain = "".join(letter if letter.isalnum() else "_" for letter in name)
    return msgspec.defstruct(plain or "Model", fields, rename=rename, omit_defaults=True, gc=False)
