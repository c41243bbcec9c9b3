"""Regular expressions by RE2: linear in the length of the text, whatever the pattern; made ready once.

A pattern is a constant of the mapping, so its program has a bounded size too. RE2 has no backreferences and no
look-around; its syntax is at https://github.com/google/re2/wiki/Syntax. ``$1`` in a replacement is the first group.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapper_kd.allotment import take_text
from mapper_kd.arithmetic import MAX_TEXT, bounded, describe
from mapper_kd.failures import Invalid
from mapper_kd.text_functions import TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SEARCHED = 20_000
"""Characters: a longer text is not searched. All matches of a text can cost its length squared."""

_MAX_MEMORY = 1 << 20
_REFERENCE = re.compile(r"\$(\$|[0-9]|)")


class Pattern:
    """A regular expression made ready.

    Attributes:
        groups: How many parts in brackets it has.
    """

    def __init__(self, text: str) -> None:
        """Make a pattern ready.

        Raises:
            ValueError: It is no regular expression of RE2.
        """
        import re2  # noqa: PLC0415 - only who uses patterns waits for it

        options = re2.Options()
        options.max_mem = _MAX_MEMORY
        options.log_errors = False
        try:
            self._compiled = re2.compile(text, options)
        except re2.error as error:
            reason = error.args[0] if error.args else "it cannot be read"
            spoken = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
            raise ValueError(f"is no regular expression (RE2): {spoken}") from None
        self.groups: int = self._compiled.groups

    def first(self, text: str) -> Any:
        """Return the first match, or None."""
        return self._compiled.search(_searched(text))

    def all(self, text: str) -> Iterator[Any]:
        """Yield the matches from left to right."""
        found: Iterator[Any] = self._compiled.finditer(_searched(text))
        return found


class Replacement:
    """What stands in for a match: text in which ``$1`` is the first group, ``$0`` the match, ``$$`` a dollar sign."""

    def __init__(self, text: str, pattern: Pattern) -> None:
        """Read a replacement.

        Raises:
            ValueError: It names a group that the pattern does not have.
        """
        self._parts: list[str | int] = []
        end = 0
        for match in _REFERENCE.finditer(text):
            self._parts.append(text[end : match.start()])
            self._parts.append(self._reference(match[1], pattern))
            end = match.end()
        self._parts.append(text[end:])

    @staticmethod
    def _reference(name: str, pattern: Pattern) -> str | int:
        if name == "$":
            return "$"
        if not name:
            raise ValueError("has a single $; write $1 for the first group, $$ for a dollar sign")
        if int(name) > pattern.groups:
            raise ValueError(f"names the group ${name}, but the pattern has {pattern.groups}")
        return int(name)

    def of(self, match: Any) -> str:
        """Return the text that stands in for a match."""
        return "".join(part if isinstance(part, str) else match[part] or "" for part in self._parts)


def matches(value: Any, pattern: Pattern) -> bool:
    """Whether the pattern is found in the text."""
    return value is not None and pattern.first(value) is not None


def extract(value: Any, pattern: Pattern, group: int | None = None) -> str | None:
    """Return what the pattern, or a group of it, found first."""
    match = None if value is None else pattern.first(value)
    if match is None:
        return None
    found: str | None = match[min(1, pattern.groups) if group is None else group]
    return found


def substitute(value: Any, pattern: Pattern, new: Replacement) -> str | None:
    """Return the text with all that the pattern finds exchanged."""
    if value is None:
        return None
    parts: list[str] = []
    size, end = len(value), 0
    for match in pattern.all(value):
        take_text(len(value) - end)  # the search for each may have gone to the end
        replaced = new.of(match)
        size += len(replaced)
        if size > MAX_TEXT:
            raise Invalid(TOO_LONG)
        parts += (value[end : match.start()], replaced)
        end = match.end()
    return bounded("".join((*parts, value[end:]))) if parts else value


def _searched(value: Any) -> str:
    if value.__class__ is not str:
        raise TypeError(f"{describe(value)} is no text; text() makes one")
    if len(value) > MAX_SEARCHED:
        raise Invalid(f"a text of more than {MAX_SEARCHED} characters is not searched; left() takes a part of it")
    take_text(len(value))
    return value
