"""Writes the fields of a head or of a line: the value, what is done to it, and what follows when there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_kd.expression_checks import ExpressionError
from mapper_kd.form_fields import without_positions
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import ANY, DECIMAL, TEXT, ListKind, RowKind, list_of
from mapper_kd.mapping import DEAD_LETTER, DEFAULT, NULL, SKIP_LINE, SKIP_RECORD
from mapper_kd.rounding import Rounded
from mapper_kd.scope import CONSTANT, Code
from mapper_kd.source_record import SourceObject
from mapper_kd.value_writer import Level, ValueWriter

if TYPE_CHECKING:
    from mapper_kd.form_fields import Rule
    from mapper_kd.mapping import Field, Value
    from mapper_kd.model_tree import Leaf
    from mapper_kd.source_code import Block


class FieldWriter(ValueWriter):
    """Writes fields."""

    def _leaf(self, leaf: Leaf, level: Level, path: str, *, whole: bool = False) -> Code:
        """Write a field.

        Args:
            leaf: The field.
            level: Where it is.
            path: Its path.
            whole: Whether its value may be an object or a list of objects.
        """
        one = leaf.field
        code = self._code(one.value, level.scope, path, "value")
        code = self._compact(self._of_kind(one, self._whole(one, code, allowed=whole or one.as_is)))
        if one.rounding is not None and one.rounding.sums_up:
            leaf.unrounded = self._names.temporary("u")
            level.body.line(f"{leaf.unrounded} = None")
        code = self._fitting(one.value, self._rounded(leaf, code), path)
        if not leaf.unrounded:  # each line sets the variable anew
            code = self._ahead(code, level)
        code = self._with_policy(leaf, code, level, path)
        if path == self._number_path:  # whatever the field's policy: a document has a number
            code = self._number(one, code)
        leaf.kind, leaf.certain = code.kind, code.certain
        return code

    def _number(self, one: Field, code: Code) -> Code:
        if one.as_is:
            return replace(code, text=f"_number_as_is({code.text})", fails=True, certain=True)
        return replace(code, text=f"_number({code.text})", kind=TEXT, fails=True, certain=True)

    def _whole(self, one: Field, code: Code, *, allowed: bool) -> Code:
        """Return the code of a value, which may be an object or a list of objects where that is allowed."""
        rows = code.kind.item if isinstance(code.kind, ListKind) else code.kind
        if isinstance(rows, ListKind):  # such a list can be long beyond measure: it may hold the same list many times
            self._problems.add(one.place, f"{one.value.written} is a list of lists; flatten() makes one list of it")
        if not isinstance(rows, RowKind):
            return code
        if not allowed or not isinstance(rows.columns, SourceObject):
            self._problems.add(one.place, f"{one.value.written} is a {code.kind}; name one of its parts")
        elif not rows.columns.take_whole():
            self._problems.add(one.place, f"{one.value.written} is taken as a whole, but its parts are not known")
        return replace(code, kind=list_of(ANY) if isinstance(code.kind, ListKind) else ANY)

    def _compact(self, code: Code) -> Code:
        """Take what is null out of an object, as it is left out of the model itself."""
        if code.kind not in {ANY, list_of(ANY)}:
            return code
        kept = self._names.temporary()
        text = f"({kept} if ({kept} := {code.text}).__class__ is _str else _compact({kept}))"
        return replace(code, text=text, fails=code.fails or code.depth > CONSTANT)

    def _of_kind(self, one: Field, code: Code) -> Code:
        if one.kind is None:
            return code
        function = FUNCTIONS[one.kind.name].call
        text = f"{self._names.bind(f'{one.kind.name}_', function)}({code.text})"
        return replace(code, text=text, kind=one.kind, fails=True, source=None)

    def _rounded(self, leaf: Leaf, code: Code) -> Code:
        one = leaf.field
        if one.rounding is None:
            return code
        if code.kind.family not in {"number", "any"}:
            self._problems.add(
                one.place, f"is rounded, but {one.value.written} is {code.kind}; type: decimal makes a number"
            )
        called = self._names.bind("round", Rounded(one.rounding.digits).round)
        text = f"{leaf.unrounded} := {code.text}" if leaf.unrounded else code.text
        return replace(code, text=f"{called}({text})", kind=DECIMAL, fails=True, source=None)

    def _fitting(self, value: Value, code: Code, path: str, rule: Rule | None = None) -> Code:
        """Put a rule of the form's field around a value; without saying which, what the field takes."""
        try:
            return (rule or self._form.fit)(without_positions(path), code, self._names)
        except ExpressionError as error:
            self._problems.add(value.place, str(error))
            return code

    # --- policies

    def _with_policy(self, leaf: Leaf, code: Code, level: Level, path: str) -> Code:
        one = leaf.field
        if one.on_miss != DEAD_LETTER or one.when is not None:
            code = self._guarded(leaf, code, level, path)
        if one.required:
            code = replace(code, text=f"_needed({code.text})", fails=True, certain=True)
        elif one.when is None and one.on_miss != NULL and not one.when_empty:
            code = self._fitting(one.value, code, path, self._form.complete)
        return self._when_empty(one, code)

    def _guarded(self, leaf: Leaf, code: Code, level: Level, path: str) -> Code:
        one, kept, body = leaf.field, self._names.temporary("v"), level.body
        body.line(f"{kept} = None")
        body = self._when(one, level, path, body)
        origin = self._origin(path, one.value, code)
        guarded = Code(kept, code.kind, level.scope.depth, readings=code.readings)
        if one.on_miss == DEAD_LETTER:
            body.line(f"{kept} = {code.text}", origin)
            return self._empty_sent(one, guarded, body)
        body.line("try:")
        body.line(f"    {kept} = {code.text}", origin)
        body.line("except _Miss:")
        body.line(f"    {self._on_miss(one, level)}")
        if one.on_miss == DEFAULT and one.default is not None:
            default = self._code(one.default, level.scope, path, "default")
            default = self._fitting(one.default, self._rounded(leaf, default), path)
            empty = f'{kept} is None or {kept} == ""' if one.when_empty else f"{kept} is None"
            body.line(f"if {empty}: {kept} = {default.text}", self._origin(path, one.default, default))
        return self._empty_sent(one, guarded, body)

    def _when(self, one: Field, level: Level, path: str, body: Block) -> Block:
        if one.when is None:
            return body
        condition = self._code(one.when, level.scope, path, "when")
        body.line(f"if {condition.text}:", self._origin(path, one.when, condition))
        return body.block(1)

    def _on_miss(self, one: Field, level: Level) -> str:
        """Return the statement that a miss leads to."""
        statement = {SKIP_LINE: level.skip, SKIP_RECORD: level.leave}.get(one.on_miss, "pass")
        if not statement:
            here = "in the head" if level.scope.row is None else "here"
            what = "line" if one.on_miss == SKIP_LINE else "record"
            self._problems.add(one.place, f"says on_miss: {one.on_miss}, but there is no {what} to leave out {here}")
        return statement or "pass"

    def _empty_sent(self, one: Field, code: Code, body: Block) -> Code:
        # Inside of `when:`, which leaves the field out and does not send null for it.
        if one.when is not None and one.when_empty == "null":
            body.line(f'if {code.text} is None or {code.text} == "": {code.text} = _null')
        return code

    def _when_empty(self, one: Field, code: Code) -> Code:
        if not one.when_empty or (one.when_empty == "null" and one.when is not None):
            return code
        kept = self._names.temporary()
        if one.when_empty == "drop":
            text = f'(None if ({kept} := {code.text}) == "" else {kept})'
            return replace(code, text=text, fails=True, certain=False)
        text = f'(_null if ({kept} := {code.text}) is None or {kept} == "" else {kept})'
        return replace(code, text=text, fails=True, certain=True)
