"""Writes a mapping as one Python function, from a decoded record to the form's model.

Values that do not depend on the current line are calculated once, before the loop; what fails there is raised where
it is used, so that each field's own policy decides. Nothing is tracked while a record goes through: when it fails,
the line of generated code on which it did tells the field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import SetupError

from mapper_kd.compiled import CompiledMapping
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.expressions import compile_expression
from mapper_kd.form_fields import without_positions
from mapper_kd.functions import FUNCTIONS
from mapper_kd.kinds import ANY, BOOLEAN, DECIMAL, INTEGER, TEXT, ListKind, RowKind, row_of
from mapper_kd.mapping import DEAD_LETTER, DEFAULT, NULL, Value
from mapper_kd.model_tree import Branch, Leaf, Lines, Node, model_tree, schema_of
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import CONSTANT, RECORD, Code, Names, Scope
from mapper_kd.source_code import Block, Origin

if TYPE_CHECKING:
    from mapper_kd.form_fields import FormFields, Rule
    from mapper_kd.mapping import Body, Let, LineList, Mapping
    from mapper_kd.source_record import SourceObject
    from mapper_kd.yaml_nodes import Problems


@dataclass
class Level:
    """One place of the generated function: what its names mean, and where its statements go."""

    scope: Scope
    path: str
    shared: Block
    body: Block
    known: dict[str, Code] = field(default_factory=dict)


class Writer:
    """Writes the function of one mapping.

    What is wrong with the mapping goes into the problems.
    """

    def __init__(
        self, mapping: Mapping, fields: SourceObject, problems: Problems, names: Names, form: FormFields
    ) -> None:
        self._mapping = mapping
        self._problems = problems
        self._names = names
        self._form = form
        self._number_path = mapping.number
        record = Code("record", row_of(fields, certain=True), RECORD, certain=True)
        self._record = Scope(record, fields)
        self._levels: list[Level] = []

    def write(self) -> CompiledMapping:
        """Return the compiled mapping; what is wrong with it is in the problems."""
        source = Block()
        tree = model_tree(self._mapping.body, self._problems)
        source.line("def build(record):")
        function = source.block(1)
        before, lets, after, shared, body = (function.block() for _ in range(5))
        level = Level(self._record, "", shared, body)
        self._levels.append(level)
        self._lets(self._mapping.body.let, Level(self._record, "", lets, lets))
        if self._mapping.where is not None:
            condition = self._code(self._mapping.where, self._record)
            uses_let = any(let.text in condition.text for let in self._record.lets.values() if let.depth != CONSTANT)
            origin = Origin(None, self._mapping.where, condition.readings)
            (after if uses_let else before).line(f"if not {condition.text}: return None", origin)
        self._construct("return ", tree, level, "")
        schema = schema_of(tree, self._form.describe) | {"type": "object"}
        if self._number_path is not None:
            number = self._form.describe(self._number_path, {"type": "string"})
            schema["properties"][self._number_path] = number
        return CompiledMapping(**self._generated(source, f"<mapping {self._mapping.name}>"), schema=schema)

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
        }

    # --- values

    def _code(self, value: Value, scope: Scope) -> Code:
        if value.expression is None:
            return self._constant(value.constant)
        try:
            return compile_expression(value.expression, scope, self._names)
        except ExpressionError as error:
            self._problems.add(value.place, f"={value.expression}: {error}")
        except SetupError as error:  # it names its own place, in the mapping or in a code table
            self._problems.note(str(error))
        return Code("None", ANY)

    def _constant(self, value: Any) -> Code:
        if isinstance(value, bool) or value is None:
            return Code(repr(value), BOOLEAN, certain=value is not None)
        if isinstance(value, (str, int)):
            return Code(repr(value), TEXT if isinstance(value, str) else INTEGER, certain=True)
        return Code(self._names.bind("k", value), DECIMAL, certain=True)

    def _lets(self, lets: tuple[Let, ...], level: Level) -> None:
        for let in lets:
            code = self._code(let.value, level.scope)
            if code.depth != CONSTANT:
                code = self._share(code, level if code.depth == level.scope.depth else self._levels[code.depth])
            level.scope.lets[let.name] = code

    def _share(self, code: Code, level: Level) -> Code:
        """Calculate a value once at a level; a failure waits until the value is used."""
        if code.text not in level.known:
            kept = self._names.temporary("v")
            if code.fails:
                error = self._names.temporary("e")
                level.shared.line(f"{error} = None")
                level.shared.line("try:")
                level.shared.line(f"    {kept} = {code.text}")
                level.shared.line("except _Exception as error:")
                level.shared.line(f"    {error} = error")
                use = f"({kept} if {error} is None else _fail({error}))"
            else:
                level.shared.line(f"{kept} = {code.text}")
                use = kept
            level.known[code.text] = Code(use, code.kind, code.depth, code.fails, code.certain, code.readings)
        return level.known[code.text]

    def _ahead(self, code: Code, level: Level) -> Code:
        """Take what does not depend on the current row out of its loop."""
        if code.fails and CONSTANT < code.depth < level.scope.depth:
            return self._share(code, self._levels[code.depth])
        return code

    # --- fields

    def _leaf(self, leaf: Leaf, level: Level, path: str) -> Code:
        one = leaf.field
        code = self._code(one.value, level.scope)
        if isinstance(code.kind, RowKind) or (isinstance(code.kind, ListKind) and isinstance(code.kind.item, RowKind)):
            self._problems.add(one.place, f"={one.value.expression} is a {code.kind}; name one of its parts")
        if one.kind is not None:
            function = FUNCTIONS[one.kind.name].call
            text = f"{self._names.bind(f'{one.kind.name}_', function)}({code.text})"
            code = Code(text, one.kind, code.depth, True, code.certain, code.readings)
        code = self._fitting(one.value, code, path)
        code = self._with_policy(leaf, self._ahead(code, level), level, path)
        if path == self._number_path:  # whatever the field's policy: a document has a number
            code = Code(f"_number({code.text})", TEXT, code.depth, True, True, code.readings)
        leaf.kind = code.kind
        return code

    def _fitting(self, value: Value, code: Code, path: str, rule: Rule | None = None) -> Code:
        """Put a rule of the form's field around a value; without saying which, what the field takes."""
        try:
            return (rule or self._form.fit)(without_positions(path), code, self._names)
        except ExpressionError as error:
            self._problems.add(value.place, str(error))
            return code

    def _with_policy(self, leaf: Leaf, code: Code, level: Level, path: str) -> Code:
        one = leaf.field
        if one.on_miss != DEAD_LETTER or one.when is not None:
            code = self._guarded(leaf, code, level, path)
        if one.required:
            code = Code(f"_needed({code.text})", code.kind, code.depth, True, True, code.readings)
        elif one.when is None and one.on_miss != NULL and not one.when_empty:
            code = self._fitting(one.value, code, path, self._form.complete)
        return code

    def _guarded(self, leaf: Leaf, code: Code, level: Level, path: str) -> Code:
        one, kept, body = leaf.field, self._names.temporary("v"), level.body
        body.line(f"{kept} = None")
        if one.when is not None:
            condition = self._code(one.when, level.scope)
            body.line(f"if {condition.text}:", Origin(path, one.when, condition.readings))
            body = body.block(1)
        origin = Origin(path, one.value, code.readings)
        if one.on_miss == DEAD_LETTER:
            body.line(f"{kept} = {code.text}", origin)
            return Code(kept, code.kind, level.scope.depth, False, False, code.readings)
        body.line("try:")
        body.line(f"    {kept} = {code.text}", origin)
        body.line("except _Miss:")
        body.line("    pass")
        if one.on_miss == DEFAULT and one.default is not None:
            default = self._fitting(one.default, self._code(one.default, level.scope), path)
            body.line(f"if {kept} is None: {kept} = {default.text}", Origin(path, one.default, default.readings))
        return Code(kept, code.kind, level.scope.depth, False, False, code.readings)

    # --- objects and lists

    def _part(self, node: Node, level: Level, path: str) -> Code:
        if isinstance(node, Leaf):
            return self._leaf(node, level, path)
        if isinstance(node, Lines):
            return self._list(node, level, path)
        codes = {key: self._part(child, level, f"{path}.{key}") for key, child in node.children.items()}
        structure = self._names.bind("S", _structure(path, node))
        if all(code.depth == CONSTANT and not code.fails for code in codes.values()):
            values = [eval(code.text, GLOBALS | self._names.bound) for code in codes.values()]  # noqa: S307 - our own text
            return Code(self._names.bind("k", self._names.bound[structure](*values)), ANY, certain=True)
        if len(codes) == 1:
            return self._reference(structure, next(iter(codes.values())), level)
        return self._object(structure, node, codes, level, path)

    def _reference(self, structure: str, code: Code, level: Level) -> Code:
        if code.certain:
            return Code(f"{structure}({code.text})", ANY, code.depth, code.fails, True, code.readings)
        kept = self._names.temporary()
        text = f"({structure}({kept}) if ({kept} := {code.text}) is not None else None)"
        # As a whole ahead of the loop: one object for all lines.
        return self._ahead(
            Code(text, ANY, code.depth, code.fails or code.depth > CONSTANT, False, code.readings), level
        )

    def _object(self, structure: str, node: Branch, codes: dict[str, Code], level: Level, path: str) -> Code:
        kept: list[str] = []
        for (key, code), child in zip(codes.items(), node.children.values(), strict=True):
            if code.depth == CONSTANT and not code.fails:
                kept.append(code.text)
                continue
            name = self._names.temporary("v")
            level.body.line(f"{name} = {code.text}", _origin(child, f"{path}.{key}", code))
            kept.append(name)
        text = f"{structure}({', '.join(kept)})"
        if any(code.certain for code in codes.values()):
            return Code(text, ANY, level.scope.depth, False, True)
        there = " or ".join(f"{name} is not None" for name in kept)
        return Code(f"({text} if {there} else None)", ANY, level.scope.depth, False, False)

    def _construct(self, start: str, node: Branch, level: Level, path: str, end: str = "") -> None:
        """Write the statement that makes the head or a line, one line a field."""
        below = f"{path}." if path else ""
        arguments = [
            (self._part(child, level, f"{below}{key}"), child, f"{below}{key}") for key, child in node.children.items()
        ]
        structure = self._names.bind("S", _structure(path or self._mapping.form, node))
        level.body.line(f"{start}{structure}(")
        for code, child, key in arguments:
            level.body.line(f"    {code.text},", _origin(child, key, code))
        level.body.line(f"){end}")

    def _list(self, node: Lines, level: Level, path: str) -> Code:
        one, lines, body = node.list, self._names.temporary("list"), level.body
        body.line(f"{lines} = []")
        if one.when is not None:
            condition = self._code(one.when, level.scope)
            body.line(f"if {condition.text}:", Origin(path, one.when, condition.readings))
            body = body.block(1)
        each = None if one.each is None else self._ahead(self._code(one.each, level.scope), level)
        if each is None:
            inner = self._one_line(one.body, level, body, path)
        else:
            inner = self._loop(node, each, level, body, f"{path}[{{{lines}}}]")
        self._construct(f"{lines}.append(", node.row, inner, inner.path, ")")
        if one.required:
            level.body.line(
                f"{lines} = _lines({lines})", Origin(path, one.each or Value(one.place), each.readings if each else ())
            )
        return Code(f"{lines} or None", ANY, level.scope.depth, False, one.required)

    def _one_line(self, body: Body, level: Level, block: Block, path: str) -> Level:
        scope = Scope(level.scope.record, level.scope.fields, level.scope.row, level.scope)
        lets, shared, inner = block.block(), block.block(), block.block()
        self._lets(body.let, Level(scope, path, lets, lets))
        return Level(scope, f"{path}[0]", shared, inner)

    def _loop(self, node: Lines, each: Code, level: Level, block: Block, path: str) -> Level:
        one = node.list
        assert one.each is not None  # noqa: S101 - narrows the type; the caller has looked
        self._check_list(one.each, each)
        origin = Origin(path.rpartition("[")[0], one.each, each.readings)
        block.line(f"for row{level.scope.depth + 1} in _rows({each.text}):", origin)
        return self._row(one, each, level, block.block(1), path)

    def _check_list(self, value: Value, each: Code) -> None:
        if each.kind.family not in {"list", "any"}:
            self._problems.add(value.place, f"={value.expression} is {each.kind} and no list")

    def _row(self, one: LineList, each: Code, level: Level, loop: Block, path: str) -> Level:
        depth = level.scope.depth + 1
        item = each.kind.item if isinstance(each.kind, ListKind) else ANY
        row = Code(f"row{depth}", item, depth)
        scope = Scope(level.scope.record, level.scope.fields, row, level.scope)
        lets, where, shared, body = (loop.block() for _ in range(4))
        inner = Level(scope, path, shared, body)
        del self._levels[depth:]
        self._levels.append(inner)
        self._lets(one.body.let, Level(scope, path, lets, lets))
        if one.where is not None:
            condition = self._code(one.where, scope)
            where.line(f"if not {condition.text}: continue", Origin(inner.path, one.where, condition.readings))
        return inner


def _origin(node: Node, path: str, code: Code) -> Origin | None:
    # A list has reported its own failures; its place in the line cannot fail.
    return Origin(path, node.field.value, code.readings) if isinstance(node, Leaf) else _first_origin(node, path, code)


def _first_origin(node: Node, path: str, code: Code) -> Origin | None:
    if isinstance(node, Branch) and len(node.children) == 1:
        key, child = next(iter(node.children.items()))
        return _origin(child, f"{path}.{key}", code)
    return None


def _structure(name: str, node: Branch) -> type[msgspec.Struct]:
    fields = [(f"f{index}", Any, None) for index in range(len(node.children))]
    rename = {f"f{index}": key for index, key in enumerate(node.children)}
    plain = "".join(letter if letter.isalnum() else "_" for letter in name)
    return msgspec.defstruct(plain or "Model", fields, rename=rename, omit_defaults=True, gc=False)


def _nothing(_record: object) -> None:
    """Stands for the function of a mapping that could not be compiled."""
