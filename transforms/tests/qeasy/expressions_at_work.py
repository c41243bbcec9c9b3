"""Values of a scheme translated at a plain place, compiled by the ordinary compiler, and given a record."""

from __future__ import annotations

from erp_sdk.messages import encode
from mapper_kd.expressions import compile_expression
from mapper_kd.kinds import row_of
from mapper_kd.qeasy.expressions import translate
from mapper_kd.qeasy.native import Native, Options, Reference
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import RECORD, Code, Names, Scope
from mapper_kd.source_record import SourceObject, decoder


class Head:
    """The head of a document: every path is one of the record; `kinds` says what is known of some."""

    def __init__(self, kinds=None, variables=None, **options):
        self.options = Options(**options)
        self.kinds = kinds or {}
        self.variables = variables or {}
        self.warnings = []
        self.asked = []

    def path(self, segments):
        text = "record"
        for segment in segments:
            text += f"[{segment}]" if segment.isdigit() else f'["{segment}"]'
        text = ".".join(segments) if all(map(str.isidentifier, segments)) else text
        return Reference(text, self.kinds.get(".".join(segments), "any"))

    def rows(self, segments):
        return f"record.{'.'.join(segments)}"

    def moment(self, name):
        return {"CURRENT_TIME": "now()", "LAST_SYNC_TIME": '"2026-03-18 09:30:00"'}[name]

    def variable(self, name):
        return Native(constant=self.variables[name]) if name in self.variables else None

    def table(self, collection, keys, columns):
        self.asked.append((collection, tuple(keys), tuple(columns)))
        return "orders"

    def warn(self, code, _message):
        self.warnings.append(code)


def native(value, **options):
    """Translate a value; return the text of its expression, or its constant."""
    found = translate(value, Head(**options))
    return found.constant if found.expression is None else found.expression


def run(expression, record):
    """Compile an expression and give it a record whose fields are not declared."""
    names, fields = Names(lambda *_: None), SourceObject({}, "orders")
    scope = Scope(Code("record", row_of(fields, certain=True), RECORD, certain=True), fields)
    code = compile_expression(expression, scope, names)
    namespace = GLOBALS | names.bound
    exec(f"def value(record): return {code.text}", namespace)
    return namespace["value"](decoder(fields.structure())(encode(record)))


def value_of(value, record, **options):
    """Translate a value and give it a record."""
    found = translate(value, Head(**options))
    return found.constant if found.expression is None else run(found.expression, record)
