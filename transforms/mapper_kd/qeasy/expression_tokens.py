"""The text of a ``_function`` taken apart, before a parser sees it (contract 5.1).

Placeholders, texts in quotes and lookups leave the expression here and leave a name in their place, so that the parser
never meets data, and what it does meet is known: words, names of functions, numbers and operators of one list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mapper_kd.qeasy.native import SchemeError
from mapper_kd.qeasy.placeholders import Placeholder, match_at, split
from mapper_kd.sql.times import UNITS

MAX_LENGTH = 20_000
_MAX_TOKENS = 2_000
_MAX_DEPTH = 30

FUNCTION = "f_"
"""Begins the name of every function that the parser sees, so that it knows none of them."""

WORDS = frozenset(
    {"CASE", "WHEN", "THEN", "ELSE", "END", "AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "TRUE", "FALSE", "INTERVAL"}
    | {"BETWEEN"}
)
_UNITS = frozenset(unit.upper() for unit in UNITS)
_SPELLINGS = {"===": "=", "==": "=", "!==": "<>", "!=": "<>", "&&": "AND", "||": "OR", "!": "NOT"}
_TOKEN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]*)?(?![\w.])|\.[0-9]+(?![\w.]))"
    r"|(?P<name>[^\W\d][\w$]*)"
    r"|(?P<operator>===|!==|==|!=|<>|>=|<=|&&|\|\||[-+*/%=<>(),?:.!])"
)
_LOOKUP = re.compile(r"_(?:findCollection|mongoQuery)\b")
_FOLLOWING = re.compile(r"_(?:findCollection|mongoQuery|endFind)\b")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "%": "\\%", "_": "\\_"}


@dataclass(frozen=True)
class Text:
    """A text in quotes."""

    parts: tuple[str | Placeholder, ...]


@dataclass(frozen=True)
class Lookup:
    """A lookup in an expression, with its keyword, without its ``_endFind``."""

    written: str
    ended: bool


@dataclass
class Tokens:
    """An expression taken apart.

    Attributes:
        tokens: Words, operators, numbers, and names that stand for something in `held`.
        held: What the names stand for.
    """

    tokens: list[str] = field(default_factory=list)
    held: dict[str, Placeholder | Text | Lookup] = field(default_factory=dict)

    def hold(self, prefix: str, value: Placeholder | Text | Lookup) -> None:
        """Leave a name in the place of a value."""
        name = f"{prefix}{len(self.held)}"
        self.held[name] = value
        self.tokens.append(name)


def take_apart(source: str) -> Tokens:
    """Take an expression apart.

    Raises:
        SchemeError: ``FUNCTION_ERROR`` for what is no expression, ``REFUSED_CODE`` for code.
    """
    if len(source) > MAX_LENGTH:
        raise SchemeError("FUNCTION_ERROR", f"is longer than {MAX_LENGTH} characters")
    found, position = Tokens(), 0
    while position < len(source):
        if source[position].isspace():
            position += 1
            continue
        position = _next(source, position, found)
        if len(found.tokens) > _MAX_TOKENS:
            raise SchemeError("FUNCTION_ERROR", f"has more than {_MAX_TOKENS} parts")
    _check_depth(found.tokens)
    found.tokens = _rewritten(_named(found.tokens, found))
    return found


def end_of_lookup(source: str, start: int) -> tuple[int, int, bool]:
    """Return where the lookup at a position ends, where the expression goes on, and whether ``_endFind`` says so."""
    following = _FOLLOWING.search(source, start + 1)
    if following is not None and following[0] == "_endFind":
        return following.start(), following.end(), True
    depth, quote = 0, ""
    for position in range(start, len(source)):
        letter = source[position]
        if quote or letter in "'\"":
            quote = "" if letter == quote else quote or letter
        elif letter in ",)" and depth == 0:
            return position, position, False
        else:
            depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(letter, 0)
    return len(source), len(source), False


def _next(source: str, position: int, found: Tokens) -> int:
    if source[position] in "'\"":
        return _text(source, position, found)
    if source[position] == "{":
        placeholder = match_at(source, position)
        if placeholder is None:
            raise SchemeError(
                "FUNCTION_ERROR", f"has a brace that is no placeholder: {source[position : position + 40]}"
            )
        found.hold("p_", placeholder[0])
        return placeholder[1]
    if _LOOKUP.match(source, position):
        end, position_after, ended = end_of_lookup(source, position)
        found.hold("l_", Lookup(source[position:end].strip(), ended))
        return position_after
    token = _TOKEN.match(source, position)
    if token is None:
        raise SchemeError("FUNCTION_ERROR", f"has something that no expression has: {source[position : position + 20]}")
    written = token[0]
    found.tokens.append(_SPELLINGS.get(written, written))
    return token.end()


def _text(source: str, start: int, found: Tokens) -> int:
    quote, position, raw = source[start], start + 1, ""
    while position < len(source):
        if source[position] == "\\":
            raw, position = raw + source[position : position + 2], position + 2
        elif source.startswith(quote * 2, position):
            raw, position = f"{raw}{quote}{quote}", position + 2
        elif source[position] == quote:
            parts = (_unescaped(part, quote) if isinstance(part, str) else part for part in split(raw))
            found.hold("s_", Text(tuple(parts)))
            return position + 1
        else:
            raw, position = raw + source[position], position + 1
    raise SchemeError("FUNCTION_ERROR", f"has a text that is not closed: {source[start : start + 40]}")


def _unescaped(raw: str, quote: str) -> str:
    def plain(one: re.Match[str]) -> str:
        return quote if one[1] is None else _ESCAPES.get(one[1], one[1])

    return re.sub(rf"{quote}{quote}|\\(.)", plain, raw, flags=re.DOTALL)


def _check_depth(tokens: list[str]) -> None:
    depth = 0
    for token in tokens:
        depth += {"(": 1, "CASE": 1, ")": -1, "END": -1}.get(token.upper(), 0)
        if depth > _MAX_DEPTH:
            raise SchemeError("FUNCTION_ERROR", f"is nested deeper than {_MAX_DEPTH} levels")


def _named(tokens: list[str], found: Tokens) -> list[str]:
    """Mark the names of functions, and refuse every other name."""
    named: list[str] = []
    for index, token in enumerate(tokens):
        after = tokens[index + 1] if index + 1 < len(tokens) else ""
        if token in found.held or not (token[0].isalpha() or token[0] == "_"):
            named.append(token)
        elif token.upper() in WORDS:
            named.append(token.upper())
        elif after == "(":
            named.append(FUNCTION + token)
        elif token.upper() in _UNITS and "INTERVAL" in named:
            named.append(token.upper())
        elif index >= 2 and tokens[index - 2 : index] == [")", "."]:  # noqa: PLR2004 - first(…).name
            named.append(token)
        elif after == ".":
            raise SchemeError("REFUSED_CODE", f"uses {token}., which is code of another language")
        else:
            raise SchemeError("FUNCTION_ERROR", f"has the word {token}; a field stands in braces, a text in quotes")
    return named


def _rewritten(tokens: list[str]) -> list[str]:
    """Write ``a ? b : c`` as CASE, from the inside out."""
    if "?" not in tokens:
        return tokens
    position = len(tokens) - 1 - tokens[::-1].index("?")  # the last one: what follows it holds no other
    start, end = _edge(tokens, position, -1), _edge(tokens, position, 1)
    middle = next((at for at in range(position, end) if tokens[at] == ":" and _level(tokens, position, at) == 0), None)
    if middle is None:
        raise SchemeError("FUNCTION_ERROR", "has a ? without its :")
    choice = [
        "CASE",
        "WHEN",
        *tokens[start:position],
        "THEN",
        *tokens[position + 1 : middle],
        "ELSE",
        *tokens[middle + 1 : end],
        "END",
    ]
    return _rewritten([*tokens[:start], "(", *choice, ")", *tokens[end:]])


def _edge(tokens: list[str], position: int, step: int) -> int:
    """Return where the part of an expression that a ``?`` stands in begins or ends."""
    opening, closing = ({")", "END"}, {"(", "CASE"}) if step < 0 else ({"(", "CASE"}, {")", "END"})
    stops = {",", "WHEN", "THEN", "ELSE", *({"?", ":"} if step < 0 else {":"})}
    depth, at, passed = 0, position, False
    while 0 <= at + step < len(tokens):
        found = tokens[at + step]
        if depth == 0 and (found in closing or (found in stops and (found != ":" or step < 0 or passed))):
            break
        passed = passed or (depth == 0 and found == ":")
        depth += (found in opening) - (found in closing)
        at += step
    return at if step < 0 else at + 1


def _level(tokens: list[str], start: int, end: int) -> int:
    inside = tokens[start:end]
    return sum(token in {"(", "CASE"} for token in inside) - sum(token in {")", "END"} for token in inside)
