"""What a form's field takes, as a check in the generated code and as a part of the output SCHEMA.

Most values are seen to be right on the way, without a call: a text by its length, a number by its digits, a date or a
code by being one that was found right before. A value that is too long or has too many digits is refused, never cut.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_kd.expression_checks import ExpressionError
from mapper_kd.failures import Missing, RecordError
from mapper_kd.forms.metadata import DATE, DECIMAL, ENUM, INTEGER, REFERENCE, TEXT
from mapper_kd.forms.values import CHECKS, quantizer, unit_of
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import CONSTANT, Code

if TYPE_CHECKING:
    from mapper_kd.forms.metadata import FormField, FormMetadata
    from mapper_kd.scope import Names

_REMEMBERED = 10_000
_UNFIT = {
    DECIMAL: {"boolean", "date", "datetime", "list", "row"},
    INTEGER: {"boolean", "date", "datetime", "list", "row"},
    DATE: {"boolean", "integer", "decimal", "list", "row"},
    ENUM: {"boolean", "list", "row"},
    TEXT: {"boolean"},
}
"""Kinds of values, by name or family, that a kind of field never takes."""


class KnownForm:
    """A form whose metadata is there; it is what `form_fields.FormFields` asks for."""

    def __init__(self, metadata: FormMetadata) -> None:
        self.metadata = metadata
        self._rules: dict[str, _Rule] = {}

    def fit(self, path: str, code: Code, names: Names) -> Code:
        """Return the code with the field's rule around it.

        Raises:
            ExpressionError: A constant breaks the rule, or what the expression gives can never fit.
        """
        field = self.metadata.field(path)
        if field is None or field.kind not in CHECKS:
            return code
        if {code.kind.name, code.kind.family} & _UNFIT[field.kind]:
            raise ExpressionError(f"gives {code.kind}, and {field} of {self.metadata.form} is a {field.kind}")
        rule = self._rules.setdefault(path, _Rule(self.metadata.form, field))
        if code.depth == CONSTANT and not code.fails:
            _check_constant(rule, code, names)
            return code
        text = rule.around(code, names)
        return code if text is None else Code(text, code.kind, code.depth, True, code.certain, code.readings)

    def complete(self, path: str, code: Code, names: Names) -> Code:
        """Return the code of a mandatory field's value, which must not be empty; other fields' as it is.

        Raises:
            ExpressionError: It is an empty constant.
        """
        field = self.metadata.field(path)
        if field is None or not field.mandatory:
            return code

        def needed(value: Any) -> Any:
            if value is None or value == "":
                raise Missing(f"it is empty, and {field} is mandatory (必录) in {self.metadata.form}")
            return value

        if code.depth == CONSTANT and not code.fails:
            _check_constant(needed, code, names)
            return code
        kept, called = names.temporary(), names.bind("needed_", needed)
        text = f"({kept} if ({kept} := {code.text}) else {called}({kept}))"
        return Code(text, code.kind, code.depth, True, True, code.readings)

    def describe(self, path: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the field's part of the output SCHEMA with its rules in it."""
        field = self.metadata.field(path)
        if field is None or field.kind == REFERENCE:
            return schema
        rules: dict[str, Any] = {}
        if field.title:
            rules["description"] = field.title
        types = schema.get("type") or []
        if field.length and "string" in types:
            rules["maxLength"] = field.length
        if field.kind == ENUM:
            rules["enum"] = [
                *field.values,
                *([""] if not field.mandatory else []),
                *([None] if "null" in types else []),
            ]
        if field.kind == DECIMAL and field.precision and "number" in types:
            rules["multipleOf"] = Decimal(1).scaleb(-field.scale) if field.scale else 1
        return schema | rules

    def demands(self, path: str) -> bool:
        """Whether the form demands the field (必录)."""
        field = self.metadata.field(path)
        return field is not None and field.mandatory


def _check_constant(rule: Any, code: Code, names: Names) -> None:
    value = eval(code.text, GLOBALS | names.bound)  # noqa: S307 - our own text, written from a parsed expression
    try:
        rule(value)
    except RecordError as error:
        raise ExpressionError(str(error)) from None


class _Rule:
    """A field's rule: gives a value back, or raises what is wrong with it."""

    def __init__(self, form: str, field: FormField) -> None:
        self._field = field
        self._form = form
        self._check = CHECKS[field.kind]
        # Numbers are not remembered: to hash one takes longer than to count its digits.
        self._right: set[str] = {"", *field.values}

    def __call__(self, value: Any) -> Any:
        if value is None or value == "":
            return value
        self._check(value, self._field, self._form)
        if self._field.kind != TEXT and value.__class__ is str:
            if len(self._right) > _REMEMBERED:
                self._right.clear()
                self._right |= {"", *self._field.values}
            self._right.add(value)
        return value

    def around(self, code: Code, names: Names) -> str | None:
        """Return the source that lets right values pass and calls the rule for others; None when all are right."""
        field, kind = self._field, code.kind
        if (field.kind == DATE and kind.name in {"date", "datetime"}) or (field.kind == TEXT and not field.length):
            return None
        called, kept = names.bind("fit", self), names.temporary()
        test = self._test(kept, f"({kept} := {code.text})", code, names)
        return f"({kept} if {test} else {called}({kept}))" if test else f"{called}({code.text})"

    def _test(self, kept: str, first: str, code: Code, names: Names) -> str:
        """Return the condition that holds for right values only, and for nearly all of them; "" without one.

        Args:
            kept: The variable with the value.
            first: The same where it is read first, which sets it.
            code: What the value comes from.
            names: The names of the generated source.
        """
        field, family = self._field, code.kind.family
        if family not in {"text", "number", "any"}:
            return ""
        if field.kind == TEXT:
            # Kingdee counts what is beyond the BMP (emoji) twice: only one of half the length is surely short enough.
            short = f"{names.bind('len', len)}({{}}) <= {field.length // 2}"
            if family == "text":
                return short.format(first) if code.certain else f"{first} is None or {short.format(kept)}"
            return f"{first} is None or ({kept}.__class__ is _str and {short.format(kept)})"
        if family != "text" and field.kind in {DECIMAL, INTEGER}:
            return f"{self._digits_fit(kept, first, names)} or {kept} is None"
        return f"({first}.__class__ is _str and {kept} in {names.bind('right', self._right)}) or {kept} is None"

    def _digits_fit(self, kept: str, first: str, names: Names) -> str:
        field = self._field
        if field.kind == INTEGER:
            return f"{first}.__class__ is _int"
        if not field.precision:
            return f"{first}.__class__ is _Decimal or {kept}.__class__ is _int"
        quantize, unit = names.bind("quantize", quantizer(field.precision)), names.bind("unit", unit_of(field.scale))
        # What does not fit becomes NaN, or loses digits.
        decimals = f"({first}.__class__ is _Decimal and {quantize}({kept}, {unit}) == {kept})"
        above = 10 ** max(field.precision - field.scale, 0)
        return f"{decimals} or ({kept}.__class__ is _int and {-above} < {kept} < {above})"
