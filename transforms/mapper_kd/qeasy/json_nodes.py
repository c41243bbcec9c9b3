"""JSON read as nodes that know their line and their JSON path, so that every sentence can say where it means.

Strict JSON only: no comments, no trailing commas, no NaN. Size and nesting are bounded, numbers are exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed does not know it
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 4_000_000
_MAX_DEPTH = 60
_MAX_DIGITS = 40

_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][-+]?[0-9]{1,4})?")
_WORDS = {"true": True, "false": False, "null": None}
_PLAIN = re.compile(r"[^\W\d][\w$-]*\Z")


class JsonError(ValueError):
    """No strict JSON; the text says the line and what is wrong."""


@dataclass(frozen=True)
class Node:
    """One JSON value.

    Attributes:
        value: Text, an int or Decimal, true, false or None; a dict or a list of further nodes.
        path: Such as ``$.target.request[3].value``.
        line: Counted from 1.
        repeated: Keys of an object that are written twice; the last one holds.
    """

    value: Any
    path: str
    line: int
    repeated: tuple[str, ...] = ()

    @property
    def is_object(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, list)

    @property
    def is_text(self) -> bool:
        """Whether it is text."""
        return isinstance(self.value, str)

    def get(self, *names: str) -> Node | None:
        """Return the first of these members that is there and not null."""
        for name in names:
            node: Node | None = self.value.get(name) if self.is_object else None
            if node is not None and node.value is not None:
                return node
        return None

    def text(self, *names: str) -> str:
        """Return a member that is text or a number, as text; empty when it is not there."""
        node = self.get(*names)
        return "" if node is None or node.is_object or node.is_list else spelled(node.value)

    def items(self) -> list[Node]:
        """Return the items of a list; none of anything else."""
        return list(self.value) if self.is_list else []

    def members(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of an object; none of anything else."""
        yield from self.value.items() if self.is_object else ()

    def plain(self) -> Any:
        """Return the value without nodes."""
        if self.is_object:
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if self.is_list else self.value

    def moved(self, path: str) -> Node:
        """Return this value as the root of another file."""
        return Node(self.value, path, self.line, self.repeated)


def spelled(value: Any) -> str:
    """Return a JSON scalar as text."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return value if isinstance(value, str) else str(value)


def parse_json(content: bytes, root: str = "$") -> Node:
    """Parse a whole file.

    Args:
        content: UTF-8, with or without a byte order mark.
        root: What JSON paths begin with.

    Raises:
        JsonError: It is no strict JSON, or too large.
    """
    if len(content) > MAX_BYTES:
        raise JsonError(f"has more than {MAX_BYTES // 1_000_000} MB, which no scheme has")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise JsonError("is no UTF-8 text") from None
    parser = _Parser(text)
    node = parser.value(root, 0)
    parser.end()
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0

    def value(self, path: str, depth: int) -> Node:
        self._blanks()
        line, start = self._line, self._text[self._at : self._at + 1]
        if depth > _MAX_DEPTH:
            raise self._wrong(f"is nested deeper than {_MAX_DEPTH} levels")
        if start == "{":
            return self._object(path, line, depth)
        if start == "[":
            return self._list(path, line, depth)
        if start == '"':
            return Node(self._string(), path, line)
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return Node(value, path, line)
        return Node(self._number(), path, line)

    def end(self) -> None:
        self._blanks()
        if self._at < len(self._text):
            raise self._wrong("goes on after the end of the JSON value")

    def _object(self, path: str, line: int, depth: int) -> Node:
        members: dict[str, Node] = {}
        repeated: list[str] = []
        while self._next("}", first=not members):
            if self._text[self._at : self._at + 1] != '"':
                raise self._wrong("needs a key in double quotes here")
            key = self._string()
            self._blanks()
            self._take(":", "needs a : after the key")
            if key in members:
                repeated.append(key)
            below = f"{path}.{key}" if _PLAIN.match(key) else f"{path}[{_quoted(key)}]"
            members[key] = self.value(below, depth + 1)
        return Node(members, path, line, tuple(repeated))

    def _list(self, path: str, line: int, depth: int) -> Node:
        items: list[Node] = []
        while self._next("]", first=not items):
            items.append(self.value(f"{path}[{len(items)}]", depth + 1))
        return Node(items, path, line)

    def _next(self, end: str, *, first: bool) -> bool:
        if first:
            self._at += 1
        self._blanks()
        if self._text.startswith(end, self._at):
            self._at += 1
            return False
        if not first:
            self._take(",", f"needs a comma or {end} here")
            self._blanks()
        return True

    def _string(self) -> str:
        try:
            text: str
            text, self._at = scanstring(self._text, self._at + 1, True)
        except JSONDecodeError as error:
            raise self._wrong(f"has a text that is no JSON: {error.msg}") from None
        return text

    def _number(self) -> int | Decimal:
        match = _NUMBER.match(self._text, self._at)
        if match is None or not match[0]:
            raise self._wrong("needs a JSON value here (no comments, no trailing commas, no …)")
        if len(match[0]) > _MAX_DIGITS:
            raise self._wrong(f"has a number of more than {_MAX_DIGITS} characters")
        self._at = match.end()
        return Decimal(match[0]) if match["fraction"] or match["exponent"] else int(match[0])

    def _take(self, mark: str, otherwise: str) -> None:
        if not self._text.startswith(mark, self._at):
            raise self._wrong(otherwise)
        self._at += 1

    def _blanks(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at

    def _wrong(self, text: str) -> JsonError:
        self._blanks()
        return JsonError(f"line {self._line} {text}")


def _quoted(key: str) -> str:
    return "'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'"
