"""FilterString: tokens, grammar and tree (vendor contract 8.1.2). Evaluation is `queries`' business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Literal = str | Decimal


class FilterError(Exception):
    """The filter is not understood; the server answers with its own exception text (MsgCode 4)."""


@dataclass(frozen=True, slots=True)
class Compare:
    """``field operator literal``; the operator is one of ``= <> > >= < <=``."""

    field: str
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class Among:
    """``field [not] in (…)``."""

    field: str
    values: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Like:
    """``field [not] like 'pattern'`` with SQL's ``%``, ``_`` and ``[…]``."""

    field: str
    pattern: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Null:
    """``field is [not] null``."""

    field: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Both:
    """All of the parts."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of the parts."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Always:
    """``1=1`` and its like."""

    value: bool


Tree = Compare | Among | Like | Null | Both | Either | Always

TOKEN = re.compile(
    r"\s*(?:(?P<text>N?'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<sign><>|!=|>=|<=|=|>|<)|(?P<mark>[(),]))"
)
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "null", "like"})
COMPARE_CODES = {
    "67": "=",
    "statusequalto": "=",
    "statusnotequalto": "<>",
    "like": "like",
    "=": "=",
    "<>": "<>",
    "!=": "<>",
    ">": ">",
    ">=": ">=",
    "<": "<",
    "<=": "<=",
}
"""What a condition object's ``Compare`` says; the public record knows few of the vendor's codes."""
MAX_TOKENS = 100_000
MAX_DEPTH = 100

Token = tuple[str, Any]


def parse(text: str, now: str) -> Tree | None:
    """Parse a filter text; None when it is blank.

    Args:
        text: SQL-like text on field keys.
        now: what ``GETDATE()`` stands for.

    Raises:
        FilterError: not of this grammar.
    """
    tokens = list(_tokens(text))
    return _Parser(tokens, now).whole() if tokens else None


def parse_conditions(conditions: Iterable[Any], now: str) -> Tree | None:
    """Parse the array form: ``{"Left": "(", "FieldName", "Compare", "Value", "Right": ")", "Logic"}``.

    Raises:
        FilterError: not objects, or an unknown ``Compare``.
    """
    tokens: list[Token] = []
    for condition in conditions:
        if not isinstance(condition, dict):
            raise FilterError("FilterString")
        given = {str(key).lower(): value for key, value in condition.items()}
        if tokens and tokens[-1] not in (("word", "and"), ("word", "or")):
            tokens.append(("word", "and"))
        tokens += [("mark", mark) for mark in str(given.get("left") or "").strip()]
        compare = str(given.get("compare", "=")).strip().lower()
        operator = COMPARE_CODES.get(compare)
        if operator is None:
            raise FilterError(f"Compare:{compare}")
        value = given.get("value")
        tokens += [
            ("name", str(given.get("fieldname", ""))),
            ("word", operator) if operator == "like" else ("sign", operator),
            ("literal", value if isinstance(value, Decimal) else "" if value is None else str(value)),
        ]
        tokens += [("mark", mark) for mark in str(given.get("right") or "").strip()]
        tokens.append(("word", "or" if str(given.get("logic", "0")).strip().lower() in {"1", "or"} else "and"))
    return _Parser(tokens[:-1], now).whole() if tokens else None


def _tokens(text: str) -> Iterable[Token]:
    at, count = 0, 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        count += 1
        if match is None or count > MAX_TOKENS:
            raise FilterError(text[at : at + 30].strip())
        at = match.end()
        kind, found = match.lastgroup, match[match.lastgroup or 0]
        if kind == "text":
            yield "literal", found[found.index("'") + 1 : -1].replace("''", "'")
        elif kind == "number":
            yield "literal", Decimal(found)
        elif kind == "name":
            yield ("word", found.lower()) if found.lower() in KEYWORDS else ("name", found)
        else:
            yield str(kind), "<>" if found == "!=" else found


class _Parser:
    """Recursive descent over the tokens: or, and, parentheses, one condition."""

    def __init__(self, tokens: list[Token], now: str) -> None:
        self._tokens = tokens
        self._now = now
        self._at = 0
        self._depth = 0

    def whole(self) -> Tree:
        tree = self._either()
        if self._at < len(self._tokens):
            raise FilterError(str(self._tokens[self._at][1]))
        return tree

    def _either(self) -> Tree:
        parts = [self._both()]
        while self._accept("word", "or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Tree:
        parts = [self._one()]
        while self._accept("word", "and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Tree:
        if self._accept("mark", "("):
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise FilterError("(")
            tree = self._either()
            self._expect("mark", ")")
            self._depth -= 1
            return tree
        kind, value = self._next()
        if kind == "literal":
            self._expect("sign", "=")
            return Always(str(self._literal()) == str(value))
        if kind != "name":
            raise FilterError(str(value))
        return self._condition(value)

    def _condition(self, field: str) -> Tree:
        kind, value = self._next()
        if kind == "sign":
            return Compare(field, value, self._literal())
        if (kind, value) == ("word", "is"):
            negated = self._accept("word", "not")
            self._expect("word", "null")
            return Null(field, negated)
        negated = (kind, value) == ("word", "not")
        if negated:
            kind, value = self._next()
        if (kind, value) == ("word", "like"):
            return Like(field, str(self._literal()), negated)
        if (kind, value) == ("word", "in"):
            return Among(field, self._list(), negated)
        raise FilterError(str(value))

    def _list(self) -> tuple[Literal, ...]:
        self._expect("mark", "(")
        values = [self._literal()]
        while self._accept("mark", ","):
            values.append(self._literal())
        self._expect("mark", ")")
        return tuple(values)

    def _literal(self) -> Literal:
        kind, value = self._next()
        if kind == "literal":
            return value  # type: ignore[no-any-return] # a literal token holds a text or a Decimal
        if kind == "name" and value.lower() == "getdate":
            self._expect("mark", "(")
            self._expect("mark", ")")
            return self._now
        if kind == "name" and value.lower() in {"true", "false"}:
            return Decimal(value.lower() == "true")
        raise FilterError(str(value))

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise FilterError("")
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _accept(self, kind: str, value: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == (kind, value):
            self._at += 1
            return True
        return False

    def _expect(self, kind: str, value: str) -> None:
        if not self._accept(kind, value):
            raise FilterError(value)
