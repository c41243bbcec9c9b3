"""A parsed ``_function`` written in our own language (contract 5.1).

The same part of an expression is written in one of three ways: as a value (a result, or an argument), as a test (only
whether it holds counts, so null and false are one), and as a number to calculate with. Tests need no three-valued
logic, and stay readable.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from mapper_kd.qeasy.expression_tokens import FUNCTION, Lookup, Text
from mapper_kd.qeasy.finds import lookup, parse_lookup
from mapper_kd.qeasy.native import SchemeError
from mapper_kd.qeasy.placeholders import Placeholder, Term, quoted, read, template

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mapper_kd.qeasy.native import Context

_COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "equal",
    exp.NEQ: "not_equal",
    exp.LT: "less",
    exp.LTE: "less_or_equal",
    exp.GT: "greater",
    exp.GTE: "greater_or_equal",
}
_INVERSE = {
    "equal": "not_equal",
    "not_equal": "equal",
    "less": "greater_or_equal",
    "less_or_equal": "greater",
    "greater": "less_or_equal",
    "greater_or_equal": "less",
}
_MIRRORED = {
    "equal": "equal",
    "not_equal": "not_equal",
    "less": "greater",
    "less_or_equal": "greater_or_equal",
    "greater": "less",
    "greater_or_equal": "less_or_equal",
}
_HOLDS_FOR_ZERO: dict[str, Callable[[float], bool]] = {
    "equal": lambda number: number == 0,
    "not_equal": lambda number: number != 0,
    "less": lambda number: number > 0,
    "less_or_equal": lambda number: number >= 0,
    "greater": lambda number: number < 0,
    "greater_or_equal": lambda number: number <= 0,
}
_ARITHMETIC: dict[type[exp.Expression], str] = {
    exp.Add: "add",
    exp.Sub: "subtract",
    exp.Mul: "multiply",
    exp.Div: "divide",
    exp.Mod: "modulo",
}
_CONDITIONS = (exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]*[1-9])?")
_MAX_DIGITS = 18


class Translation:
    """Writes one expression; `held` is what the names of the parsed tree stand for."""

    def __init__(self, context: Context, held: dict[str, Placeholder | Text | Lookup]) -> None:
        self.context = context
        self.held = held
        self._exact = context.options.string_compare == "exact"
        self._rules: dict[type[exp.Expression], Callable[[exp.Expression, bool], Term]] = {
            exp.Column: self._held,
            exp.Case: self._case,
            exp.Anonymous: self._called,
            exp.Dot: self._called,
            **dict.fromkeys((exp.Literal, exp.Boolean, exp.Null), _literal),
            **dict.fromkeys((*_ARITHMETIC, exp.Neg), self._calculated),
            **dict.fromkeys((*_COMPARISONS, *_CONDITIONS), self._answer),
        }
        self._tests: dict[type[exp.Expression], Callable[[exp.Expression], str]] = {
            exp.And: self._all,
            exp.Or: self._any,
            exp.Not: lambda node: self._refuted(node.this),
            exp.Is: self._null,
            exp.In: lambda node: self._in(node, test=True),
            exp.Between: lambda node: " and ".join(self._between(node, test=True)),
            exp.Boolean: lambda node: str(bool(node.this)),
            exp.Like: self._like,
            exp.Anonymous: self._call_test,
            **dict.fromkeys(_COMPARISONS, self._comparison),
        }

    # --- as a value

    def value(self, node: exp.Expression) -> Term:
        """Write a result: a number without zeros at its end, a text, 1 or 0 of true or false."""
        term = self.term(node, result=True)
        scaled = type(_bare(node)) in _ARITHMETIC or isinstance(_bare(node), exp.Neg)
        return replace(term, text=f"sql.plain({term.text})") if scaled and term.kind == "number" else term

    def operand(self, node: exp.Expression) -> Term:
        """Write a side of a comparison, or an argument."""
        return self.term(node, result=False)

    def term(self, node: exp.Expression, *, result: bool) -> Term:
        """Write a part of the expression."""
        node = _bare(node)
        rule = self._rules.get(type(node))
        if rule is None:
            raise SchemeError("FUNCTION_ERROR", f"uses {node.key.upper()}, which cannot be translated")
        return rule(node, result)

    def _held(self, node: exp.Expression, result: bool) -> Term:
        held = self.held.get(node.name)
        if isinstance(held, Text):
            return template(held.parts, self.context)
        term = self._raw(node.name)
        if term.kind in {"number", "bound"} or (term.kind == "boolean" and not result):
            return term
        return Term(f"sql.{'value' if result else 'operand'}({term.text})", "bound")

    def _raw(self, name: str) -> Term:
        """Write a placeholder or lookup as it is, without a database's view of it."""
        held = self.held.get(name)
        if isinstance(held, Placeholder):
            return read(held, self.context)
        if isinstance(held, Lookup):
            if not held.ended:
                self.context.warn("MISSING_ENDFIND", f"{held.written[:80]} ends without _endFind")
            return lookup(parse_lookup(held.written), self.context)
        raise SchemeError("FUNCTION_ERROR", f"has the name {name}, which means nothing here")

    def raw(self, node: exp.Expression) -> Term | None:
        """Write a placeholder or lookup without a database's view of it; None of anything else."""
        node = _bare(node)
        if isinstance(node, exp.Column) and not isinstance(self.held.get(node.name), Text):
            return self._raw(node.name)
        return None

    def cases(self, node: exp.Expression) -> tuple[list[tuple[str, Term]], Term] | None:
        """Return the tests and values of a CASE, and its ELSE; None of anything else."""
        node = _bare(node)
        return self._branches(node, result=True) if isinstance(node, exp.Case) else None

    def _branches(self, node: exp.Case, *, result: bool) -> tuple[list[tuple[str, Term]], Term]:
        write = self.value if result else self.operand
        subject, branches = node.args.get("this"), []
        for branch in node.args["ifs"]:
            when = branch.this
            test = self.test(when) if subject is None else self.compared("equal", subject, when, test=True)
            branches.append((test, write(branch.args["true"])))
        otherwise = node.args.get("default")
        return branches, Term("None") if otherwise is None else write(otherwise)

    def _case(self, node: exp.Expression, result: bool) -> Term:
        assert isinstance(node, exp.Case)  # noqa: S101 - narrows the type
        return chosen(*self._branches(node, result=result))

    def _called(self, node: exp.Expression, result: bool) -> Term:
        from mapper_kd.qeasy import sql_calls  # noqa: PLC0415 - the two write each other's parts

        write = sql_calls.part if isinstance(node, exp.Dot) else sql_calls.call
        return write(self, node, result=result)

    def _answer(self, node: exp.Expression, _result: bool) -> Term:
        """Write a condition whose null counts."""
        if type(node) in _COMPARISONS:
            text = self.compared(_COMPARISONS[type(node)], node.this, node.expression, test=False)
        elif isinstance(node, (exp.And, exp.Or)):
            parts = ", ".join(self.operand(part).text for part in _flat(node))
            text = f"sql.{'both' if isinstance(node, exp.And) else 'either'}({parts})"
        elif isinstance(node, exp.Not):
            text = f"sql.opposite({self.operand(node.this).text})"
        elif isinstance(node, exp.Is):
            text = f"sql.is_null({self._subject(node).text})"
        elif isinstance(node, exp.In):
            text = self._in(node, test=False)
        elif isinstance(node, exp.Between):
            text = f"sql.both({', '.join(self._between(node, test=False))})"
        else:
            text = self._like(node)
        return Term(text, "number")

    def _subject(self, node: exp.Expression) -> Term:
        if not isinstance(node.expression, exp.Null):
            raise SchemeError("FUNCTION_ERROR", "uses IS with something other than NULL")
        return self.operand(node.this)

    # --- as a number to calculate with

    def number(self, node: exp.Expression) -> str:
        """Write a number to calculate with: a value of the record as it is, what may be a text by its number."""
        raw = self.raw(node)
        if raw is not None:
            return raw.text
        term = self.operand(node)
        return term.text if term.kind in {"number", "bound", "boolean"} else f"sql.number({term.text})"

    def _calculated(self, node: exp.Expression, _result: bool = False) -> Term:
        if not isinstance(node, exp.Binary):
            literal = isinstance(node.this, exp.Literal)
            text = self.number(node.this)
            return Term(f"-{text}" if literal else f"sql.negative({text})", "number", maybe_null=not literal)
        if isinstance(node.expression, exp.Interval) or isinstance(node.this, exp.Interval):
            return self._moved(node)
        return Term(
            f"sql.{_ARITHMETIC[type(node)]}({self.number(node.this)}, {self.number(node.expression)})", "number"
        )

    def _moved(self, node: exp.Expression) -> Term:
        time, interval = node.this, node.expression
        if isinstance(time, exp.Interval) and isinstance(node, exp.Add):
            time, interval = interval, time
        if not isinstance(node, (exp.Add, exp.Sub)) or isinstance(time, exp.Interval):
            raise SchemeError("FUNCTION_ERROR", "uses INTERVAL where it means nothing")
        return self.moved("date_add" if isinstance(node, exp.Add) else "date_sub", time, interval)

    def moved(self, function: str, time: exp.Expression, interval: exp.Expression) -> Term:
        """Write a time moved by an interval."""
        if not isinstance(interval, exp.Interval) or interval.args.get("unit") is None or interval.this is None:
            raise SchemeError("FUNCTION_ERROR", "needs INTERVAL n DAY (or HOUR, MINUTE, MONTH …)")
        count = interval.this
        size = count.name if isinstance(count, exp.Literal) and count.is_string else self.number(count)
        if isinstance(count, exp.Literal) and not re.fullmatch(r"-?[0-9]{1,9}", size):
            raise SchemeError("FUNCTION_ERROR", f"moves a time by {size}, which is no whole number")
        unit = interval.args["unit"].name.lower()
        return Term(f"sql.{function}({self.time(time)}, {size}, {quoted(unit)})", "text")

    def time(self, node: exp.Expression) -> str:
        """Write a time: a value of the record as it is."""
        raw = self.raw(node)
        return self.operand(node).text if raw is None else raw.text

    # --- as a test

    def test(self, node: exp.Expression) -> str:
        """Write a condition of which only counts whether it holds."""
        node = _bare(node)
        rule = self._tests.get(type(node))
        return f"sql.true({self.operand(node).text})" if rule is None else rule(node)

    def _all(self, node: exp.Expression) -> str:
        return " and ".join(self._inner(part, exp.Or) for part in _flat(node))

    def _any(self, node: exp.Expression) -> str:
        return " or ".join(self._inner(part, exp.Or) for part in _flat(node))

    def _comparison(self, node: exp.Expression) -> str:
        return self.compared(_COMPARISONS[type(node)], node.this, node.expression, test=True)

    def _null(self, node: exp.Expression) -> str:
        subject, raw = self._subject(node), self.raw(node.this)
        return f"sql.is_null({subject.text})" if raw is None else f"empty({raw.text})"

    def _call_test(self, node: exp.Expression) -> str:
        text = self.operand(node).text
        return text if node.name.lower() == f"{FUNCTION}isempty" else f"sql.true({text})"

    def _inner(self, node: exp.Expression, looser: type[exp.Expression]) -> str:
        node = _bare(node)
        text = self.test(node)
        return f"({text})" if isinstance(node, looser) else text

    def _refuted(self, node: exp.Expression) -> str:
        """Write that a condition is false; one that is null is not."""
        node = _bare(node)
        if isinstance(node, exp.Not):
            return self.test(node.this)
        if type(node) in _COMPARISONS:
            return self.compared(_INVERSE[_COMPARISONS[type(node)]], node.this, node.expression, test=True)
        if isinstance(node, exp.Is):
            return f"not {self._null(node)}"
        if isinstance(node, (exp.And, exp.Or)):
            word = " or " if isinstance(node, exp.And) else " and "
            return f"({word.join(self._refuted(part) for part in _flat(node))})"
        return f"sql.opposite({self.operand(node).text})"

    # --- comparisons

    def compared(self, function: str, left: exp.Expression, right: exp.Expression, *, test: bool) -> str:
        """Write a comparison; where only counts whether it holds, as short as it can be."""
        if test:
            for one, other, name in ((left, right, function), (right, left, _MIRRORED[function])):
                short = self._short(name, one, other)
                if short is not None:
                    sides = (short, self.operand(other).text)
                    return self._compared(function, sides if one is left else sides[::-1], texts=False)
        terms = (self.operand(left), self.operand(right))
        texts = not {"number", "boolean"} & {term.kind for term in terms}
        return self._compared(function, [term.text for term in terms], texts=texts)

    def _compared(self, function: str, sides: Sequence[str], *, texts: bool) -> str:
        mode = ', "exact"' if self._exact and texts else ""
        return f"sql.{function}({', '.join(sides)}{mode})"

    def _short(self, function: str, quoted_side: exp.Expression, other: exp.Expression) -> str | None:
        """Return what reads ``'{x}'`` itself where its text need not be made: the comparison holds for the same values.

        It does with a code such as '310', which the number 310 equals too, but not with '0' or '1': false and true
        would equal them. Null, which equals nothing, stands for the empty text.
        """
        part = self._only_part(quoted_side)
        if not isinstance(part, Placeholder):
            return None
        term = read(part, self.context)
        if isinstance(other, exp.Column):
            literal = self._only_part(other)
            if function != "equal" or not isinstance(literal, str) or not literal.strip():
                return None
            if term.kind == "text" or (_PLAIN_NUMBER.fullmatch(literal) and literal not in {"0", "1"}):
                return term.text
            return None
        known = term.kind in {"text", "number"}
        if isinstance(other, exp.Literal) and not other.is_string and known:
            return None if _HOLDS_FOR_ZERO[function](float(other.name)) else term.text
        return None

    def _only_part(self, node: exp.Expression) -> str | Placeholder | None:
        node = _bare(node)
        held = self.held.get(node.name) if isinstance(node, exp.Column) else None
        return held.parts[0] if isinstance(held, Text) and len(held.parts) == 1 else None

    def _in(self, node: exp.Expression, *, test: bool) -> str:
        if not node.expressions:
            raise SchemeError("FUNCTION_ERROR", "uses IN without a list of values")
        if self._exact:
            answers = [self.compared("equal", node.this, one, test=test) for one in node.expressions]
            return f"({' or '.join(answers)})" if test else f"sql.either({', '.join(answers)})"
        short = [self._short("equal", node.this, one) for one in node.expressions] if test else [None]
        subject = self.operand(node.this).text if None in short else short[0]
        return f"sql.one_of({', '.join([str(subject), *(self.operand(one).text for one in node.expressions)])})"

    def _between(self, node: exp.Expression, *, test: bool) -> tuple[str, str]:
        low, high = node.args["low"], node.args["high"]
        return (
            self.compared("greater_or_equal", node.this, low, test=test),
            self.compared("less_or_equal", node.this, high, test=test),
        )

    def _like(self, node: exp.Expression) -> str:
        mode = ', "exact"' if self._exact else ""
        text = f"sql.like({self.operand(node.this).text}, {self.operand(node.expression).text}{mode})"
        return f"sql.opposite({text})" if node.args.get("negate") else text


def chosen(branches: Sequence[tuple[str, Term]], otherwise: Term) -> Term:
    """Return the value of the first test that holds."""
    parts = [one for test, term in branches for one in (test, term.text)]
    terms = [*(term for _, term in branches), otherwise]
    return Term(f"case({', '.join([*parts, otherwise.text])})", common(terms), any(term.maybe_null for term in terms))


def common(terms: Sequence[Term]) -> str:
    """Return what is known of a value that is one of several."""
    kinds = {term.kind for term in terms if term.text != "None"}
    if len(kinds) == 1:
        return kinds.pop()
    return "bound" if kinds <= {"number", "bound", "boolean"} else "any"


def _flat(node: exp.Expression) -> list[exp.Expression]:
    """Return the parts of a chain of ANDs, or of ORs."""
    parts, kind = [node], type(node)
    while any(type(part) is kind for part in parts):
        parts = [inner for part in parts for inner in ((part.this, part.expression) if type(part) is kind else (part,))]
    return parts


def _bare(node: exp.Expression) -> exp.Expression:
    """Return what stands in brackets."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _literal(node: exp.Expression, result: bool) -> Term:
    if isinstance(node, exp.Null):
        return Term("None")
    if isinstance(node, exp.Boolean):
        return Term(str(int(node.this)), "number", False) if result else Term(str(bool(node.this)), "boolean", False)
    whole, _, fraction = node.name.partition(".")
    if len(whole) + len(fraction) > _MAX_DIGITS:
        raise SchemeError("FUNCTION_ERROR", f"has a number of more than {_MAX_DIGITS} digits")
    digits = str(int(whole or "0"))
    return Term(f"{digits}.{fraction}" if fraction else digits, "number", maybe_null=False)
