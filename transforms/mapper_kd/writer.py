"""Writes a mapping as one Python function, from a decoded record to the form's model.

Values that do not depend on the current line are calculated once, before the loop; what fails there is raised where
it is used, so that each field's own policy decides. Nothing is tracked while a record goes through: when it fails,
the line of generated code on which it did tells the field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.compiled import CompiledMapping
from mapper_kd.mapping import Body, LineList
from mapper_kd.model_tree import Branch, Leaf, model_tree, schema_of
from mapper_kd.model_writer import ModelWriter
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import CONSTANT
from mapper_kd.source_code import Block
from mapper_kd.value_writer import Level

if TYPE_CHECKING:
    from mapper_kd.mapping import Documents


class Writer(ModelWriter):
    """Writes the function of one mapping."""

    def write(self) -> CompiledMapping:
        """Return the compiled mapping; what is wrong with it is in the problems."""
        source = Block()
        tree = model_tree(self._mapping.body, self._problems)
        source.line("def build(record):")
        function = source.block(1)
        function.line("_begin()")
        before, lets, after, shared, body = (function.block() for _ in range(5))
        level = Level(self._record, "", shared, body, leave="return None")
        self._levels.append(level)
        self._lets(self._mapping.body.let, Level(self._record, "", lets, lets))
        self._where(before, after)
        if self._mapping.documents is None:
            self._document_organisations(level)
            self._construct("return ", tree, level, "")
        else:
            self._several(self._mapping.documents, tree, level)
        schema = schema_of(tree, self._form) | {"type": "object"}
        number = tree.children.get(self._number_path or "")
        if self._number_path is not None and isinstance(number, Leaf):
            known = schema["properties"][self._number_path] if number.field.as_is else {"type": "string"}
            schema["properties"][self._number_path] = self._form.describe(self._number_path, known)
        return CompiledMapping(
            **self._generated(source, f"<mapping {self._mapping.name}>"),
            schema=schema,
            number=self._number_attribute(tree),
        )

    def _where(self, before: Block, after: Block) -> None:
        where = self._mapping.where
        if where is None:
            return
        condition = self._code(where, self._record, "", "where")
        uses_let = any(let.text in condition.text for let in self._record.lets.values() if let.depth != CONSTANT)
        line = f"if not {condition.text}: return None"
        (after if uses_let else before).line(line, self._origin(None, where, condition))

    def _several(self, documents: Documents, tree: Branch, level: Level) -> None:
        """Write the loop that makes one document for each row, and the list of them."""
        made, body = "documents", level.body
        body.line(f"{made} = []")
        each = self._code(documents.each, level.scope, "documents", "each")
        rows = LineList((), documents.place, Body(documents.let), documents.each, where=documents.where)
        inner = self._loop(rows, each, level, body, "")
        inner.skip = ""
        self._documents = made
        self._document_organisations(inner)
        self._construct(f"{made}.append(", tree, inner, "", ")")
        self._documents = ""
        attribute = self._number_attribute(tree)
        if attribute is not None:
            number = tree.children[self._number_path or ""]
            body.line(f"{made} = _distinct({made}, {attribute!r})", self._place(number, self._number_path or "", each))
        body.line(f"return {made}")

    def _number_attribute(self, tree: Branch) -> str | None:
        keys = list(tree.children)
        return f"f{keys.index(self._number_path)}" if self._number_path in keys else None

    def _generated(self, source: Block, filename: str) -> dict[str, Any]:
        """Return the parts of a `Generated`: the function `build` that the source defines, and where it comes from."""
        lines = source.lines()
        text = "\n".join(line for line, _ in lines)
        names = GLOBALS | self._names.bound
        if not self._problems.found:
            # The source is written by this module from parsed expressions; none of the mapping's text is in it.
            exec(compile(text, filename, "exec"), names)  # noqa: S102 - see above
        return {
            "mapping": self._mapping,
            "build": names.get("build", _nothing),
            "origins": [origin for _, origin in lines],
            "source": text,
            "traces": tuple(self._traces),
        }


def _nothing(_record: object) -> None:
    """Stands for the function of a mapping that could not be compiled."""
