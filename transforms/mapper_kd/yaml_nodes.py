"""YAML read as nodes with their place, so that an error can say file, line and key.

Plain scalars are taken as written: only ``true``, ``false``, ``null`` and numbers in JSON's spelling are not text. So
``no``, ``0100`` and ``2026-01-05`` stay what a bookkeeper typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from mapper_kd.kinds import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,20}\Z")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Place:
    """Where in which file something stands."""

    file: str
    line: int
    path: str = ""

    def below(self, key: str, line: int) -> Place:
        """Return the place of a key inside this one."""
        return Place(self.file, line, f"{self.path}.{key}" if self.path else key)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}" if self.path else f"{self.file}:{self.line}"


class Problems:
    """What is wrong with a mapping, collected so that one look shows all of it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, place: Place, text: str) -> None:
        """Note a problem at a place."""
        self.note(f"{place}: {text}" if text.endswith(("?", ".")) else f"{place}: {text}.")

    def note(self, sentence: str) -> None:
        """Note a problem that says where it is, once."""
        if sentence not in self.found:
            self.found.append(sentence)


class Entry:
    """One value of a YAML file."""

    def __init__(self, node: yaml.Node, place: Place, problems: Problems) -> None:
        self._node = node
        self.place = place
        self.problems = problems

    def wrong(self, text: str) -> None:
        """Note a problem at this place."""
        self.problems.add(self.place, text)

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it is a YAML list."""
        return isinstance(self._node, yaml.SequenceNode)

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Yield keys and values in the order they are written."""
        if not isinstance(self._node, yaml.MappingNode):
            self.wrong("needs keys and values below it")
            return
        seen = set()
        for key_node, value_node in self._node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.wrong("has a key that is no plain text")
                continue
            key = key_node.value
            value = Entry(value_node, self.place.below(key, key_node.start_mark.line + 1), self.problems)
            if key in seen:
                value.wrong("is written twice")
                continue
            seen.add(key)
            yield key, value

    def known(self, allowed: Collection[str]) -> dict[str, Entry]:
        """Return the values by key; a key that is not allowed is a problem."""
        values = {}
        for key, value in self.entries():
            if key in allowed:
                values[key] = value
            else:
                near = nearest(key, allowed)
                value.wrong(f"is no key of the mapping language here{f'; did you mean {near}?' if near else ''}")
        return values

    def items(self) -> list[Entry]:
        """Return the items of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            self.wrong("needs a list")
            return []
        return [
            Entry(node, replace(self.place, line=node.start_mark.line + 1), self.problems) for node in self._node.value
        ]

    def scalar(self) -> Any:
        """Return text, a number, true, false or None."""
        if not isinstance(self._node, yaml.ScalarNode):
            self.wrong("needs a single value, not a list or keys")
            return None
        text: str = self._node.value
        if self._node.style in {"'", '"', "|", ">"}:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.match(text):
            return int(text)
        return Decimal(text) if _DECIMAL.match(text) else text or None

    def text(self) -> str:
        """Return text; anything else is a problem."""
        value = self.scalar()
        if isinstance(value, str):
            return value
        if isinstance(self._node, yaml.ScalarNode):
            self.wrong("needs a text" if value is None else f'needs a text; write it in quotes: "{self._node.value}"')
        return ""

    def flag(self) -> bool:
        """Return true or false."""
        value = self.scalar()
        if isinstance(value, bool):
            return value
        self.wrong("needs true or false")
        return False

    def choice(self, allowed: Collection[str]) -> str:
        """Return one of the allowed words, ``null`` among them if it is one."""
        value: str = self._node.value if isinstance(self._node, yaml.ScalarNode) else self.text()
        if value not in allowed:
            self.wrong(f"is {value!r}; it can be {', '.join(allowed)}")
        return value

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        if self.is_list:
            return tuple(item.text() for item in self.items())
        return (self.text(),)


def read_yaml(path: Path, file: str, problems: Problems) -> Entry | None:
    """Return the root of a YAML file, or None after noting why it cannot be read."""
    start = Place(file, 1)
    try:
        return parse_yaml(path.read_text(encoding="utf-8-sig"), file, problems)
    except OSError as error:
        problems.add(start, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.add(start, "is not UTF-8 text")
    return None


def parse_yaml(text: str, file: str, problems: Problems, origins: Sequence[int] = ()) -> Entry | None:
    """Return the root of a YAML text, likewise; ``file`` is what messages call it.

    Args:
        text: The YAML.
        file: What messages call it.
        problems: Receives what is wrong.
        origins: For a text that was made of another file: for each of its lines the line there.
    """
    start = Place(file, 1)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.add(Place(file, line), f"is no valid YAML: {error.problem}")
        return None
    except (yaml.YAMLError, RecursionError) as error:
        problems.add(start, f"is no valid YAML: {str(error).splitlines()[0]}")
        return None
    if node is None:
        problems.add(start, "is empty")
        return None
    if origins:
        _relocate(node, origins)
    return Entry(node, start, problems)


def _relocate(node: yaml.Node, origins: Sequence[int]) -> None:
    mark = node.start_mark
    line = origins[min(mark.line, len(origins) - 1)] - 1
    node.start_mark = yaml.Mark(mark.name, mark.index, line, mark.column, None, 0)
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    for part in parts if isinstance(parts, list) else ():
        _relocate(part, origins)
