"""Writes the values of a mapping as source: constants, expressions, choices; named ones are calculated once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError

from mapper_kd.choice_tables import ChoiceTable
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.expressions import compile_expression
from mapper_kd.expressions.joining import choice, joined
from mapper_kd.form_fields import without_positions
from mapper_kd.kinds import ANY, BOOLEAN, DECIMAL, INTEGER, NULL, TEXT, row_of
from mapper_kd.scope import CONSTANT, LET, RECORD, Code, Names, Reading, Scope, Source
from mapper_kd.source_code import Block, Origin, Trace

if TYPE_CHECKING:
    from mapper_kd.form_fields import FormFields
    from mapper_kd.mapping import Let, Mapping, Value
    from mapper_kd.source_record import SourceObject
    from mapper_kd.yaml_nodes import Problems


@dataclass
class Level:
    """One place of the generated function: what its names mean, and where its statements go.

    Attributes:
        path: The Kingdee field; ``{list}`` in it stands for how many lines the generated variable ``list`` has so far.
        shared: Where values are calculated that fields share.
        body: Where fields are.
        skip: The statement that leaves out the line; "" where there is none.
        leave: The statement that leaves out the record; "" where that cannot be.
        known: What is calculated here already, by its text.
    """

    scope: Scope
    path: str
    shared: Block
    body: Block
    skip: str = ""
    leave: str = ""
    known: dict[str, Code] = field(default_factory=dict)


class ValueWriter:
    """Writes values.

    What is wrong with the mapping goes into the problems.
    """

    def __init__(
        self, mapping: Mapping, fields: SourceObject, problems: Problems, names: Names, form: FormFields
    ) -> None:
        self._mapping = mapping
        self._problems = problems
        self._names = names
        self._form = form
        record = Code("record", row_of(fields, certain=True), RECORD, certain=True, source=Source())
        self._record = Scope(record, fields)
        self._levels: list[Level] = []
        self._traces: list[Trace] = []
        self._number_path = mapping.number
        self._documents = ""
        """The variable with the documents so far, where one record gives several."""

    def _origin(self, path: str | None, value: Value, code: Code | None = None) -> Origin:
        """Return what a line of source comes from."""
        return Origin(path, value, code.readings if code else (), self._documents)

    def _code(self, value: Value, scope: Scope, path: str, role: str) -> Code:
        """Return the code of a value.

        Args:
            value: The value.
            scope: What its names mean.
            path: The field or section it is for.
            role: Which of the field's values it is, such as ``value`` or ``when``; for lineage.
        """
        code = self._choice(value, scope) if value.cases else self._single(value, scope)
        self._traces.append(Trace(without_positions(path), role, value, code.readings))
        return code

    def _choice(self, value: Value, scope: Scope) -> Code:
        cases = [(self._single(case.when, scope), self._single(case.then, scope)) for case in value.cases]
        otherwise = Code("None", NULL) if value.otherwise is None else self._single(value.otherwise, scope)
        try:
            return choice(cases, otherwise)
        except ExpressionError as error:
            self._problems.add(value.place, str(error))
            return otherwise

    def _single(self, value: Value, scope: Scope) -> Code:
        if value.expression is None:
            return self._constant(value.constant)
        try:
            code = compile_expression(value.expression, scope, self._names)
        except ExpressionError as error:
            self._problems.add(value.place, f"={value.expression}: {error}")
        except SetupError as error:  # it names its own place, in the mapping or in a code table
            self._problems.note(str(error))
        else:
            return self._from_table(value, code) if value.table else code
        return Code("None", ANY)

    def _from_table(self, value: Value, code: Code) -> Code:
        if code.kind.family in {"list", "row"}:
            self._problems.add(value.place, f"looks for ={value.expression} in its table:, which is a {code.kind}")
        table = ChoiceTable(value.table, str(value.place))
        called = self._names.bind("table", table.value)
        return joined(f"{called}({code.text})", table.kind, [code])

    def _constant(self, value: Any) -> Code:
        if isinstance(value, bool) or value is None:
            return Code(repr(value), BOOLEAN, certain=value is not None)
        if isinstance(value, (str, int)):
            return Code(repr(value), TEXT if isinstance(value, str) else INTEGER, certain=True)
        return Code(self._names.bind("k", value), DECIMAL, certain=True)

    def _lets(self, lets: tuple[Let, ...], level: Level) -> None:
        for let in lets:
            code = self._code(let.value, level.scope, level.path, f"let {let.name}")
            if code.depth != CONSTANT:
                where = level if code.depth == level.scope.depth else self._levels[code.depth]
                code = replace(self._share(code, where), readings=code.readings, source=code.source)
            level.scope.lets[let.name] = replace(code, readings=(Reading(let.name, "", let.name, LET), *code.readings))

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
            level.known[code.text] = replace(code, text=use)
        return level.known[code.text]

    def _ahead(self, code: Code, level: Level) -> Code:
        """Take what does not depend on the current row out of its loop."""
        if code.fails and CONSTANT < code.depth < level.scope.depth:
            return self._share(code, self._levels[code.depth])
        return code
