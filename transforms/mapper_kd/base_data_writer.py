"""Writes the section ``base_data:`` of a mapping as one Python function: from a decoded record to lists of models.

What cannot be mapped there must not cost the document, which may need none of it: each failure is caught where it
happens, and becomes an item of its list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd.compiled import CompiledBaseData
from mapper_kd.model_tree import Lines, model_tree
from mapper_kd.scope import Scope
from mapper_kd.source_code import Block
from mapper_kd.value_writer import Level
from mapper_kd.writer import Writer

if TYPE_CHECKING:
    from mapper_kd.mapping import BaseData


class BaseDataWriter(Writer):
    """Writes the function of one mapping's base data."""

    def write_all(self) -> CompiledBaseData:
        """Return the compiled section; what is wrong with it is in the problems."""
        source = Block()
        source.line("def build(record, explain):")
        function = source.block(1)
        lets, shared, body = (function.block() for _ in range(3))
        level = Level(self._record, "", shared, body)
        self._levels.append(level)
        self._lets(self._mapping.body.let, Level(self._record, "", lets, lets))
        if self._mapping.documents is None:
            self._document_organisations(level)
        made = [self._companion(one, level) for one in self._mapping.base_data]
        body.line(f"return ({', '.join(name for name, _ in made)},)")
        generated = self._generated(source, f"<base data of mapping {self._mapping.name}>")
        return CompiledBaseData(**generated, numbers=tuple(attribute for _, attribute in made))

    def _companion(self, one: BaseData, level: Level) -> tuple[str, str]:
        """Write what fills the list of one form; return the list's name and the attribute of the number."""
        node = Lines(one.list, model_tree(one.list.body, self._problems))
        made = self._names.temporary("list")
        level.body.line(f"{made} = []")
        body = self._attempt(level.body, made)
        if one.list.when is not None:
            condition = self._code(one.list.when, level.scope, one.form, "when")
            body.line(f"if {condition.text}:", self._origin(one.form, one.list.when, condition))
            body = body.block(1)
        inner = self._inner(node, level, body, made)
        self._number_path = f"{inner.path}.{one.number}"
        self._construct(f"{made}.append(", node.row, inner, inner.path, ")")
        return made, f"f{list(node.row.children).index(one.number)}" if one.number in node.row.children else ""

    def _inner(self, node: Lines, level: Level, body: Block, made: str) -> Level:
        one, form = node.list, node.list.keys[0]
        if one.each is None:
            scope = Scope(level.scope.record, level.scope.fields, None, level.scope)
            lets, fields = body.block(), body.block()
            self._lets(one.body.let, Level(scope, form, lets, lets))
            return Level(scope, form, fields, fields)
        each = self._code(one.each, level.scope, form, "each")
        self._check_list(one.each, each)
        body.line(f"for row1 in _rows({each.text}):", self._origin(form, one.each, each))
        return self._row(one, each, level, self._attempt(body.block(1), made), f"{form}[{{{made}}}]")

    @staticmethod
    def _attempt(block: Block, made: str) -> Block:
        """Write a try whose failure becomes an item of the list; return its inside."""
        block.line("try:")
        inside = block.block(1)
        block.line("except _Exception as error:")
        block.line(f"    {made}.append(explain(error))")
        return inside
