"""What the record is that a target's entries read: as it came, flattened, or merged of several."""

from __future__ import annotations

import json
import keyword
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TAKEN = {"record", "line", "parent", "here", "part", "organisations", "sql", "qeasy", "true", "false", "null"}


def quoted(text: str) -> str:
    """Return a text as an expression writes it."""
    return json.dumps(text, ensure_ascii=False)


def is_name(name: str) -> bool:
    """Whether expressions can write it as a plain name."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("__")
        and unicodedata.normalize("NFKC", name) == name
    )


def reading(base: str, segments: Sequence[str]) -> str:
    """Return the expression that reads a path.

    Args:
        base: The expression of what the path begins in; empty for the record, whose fields are plain names.
        segments: Names, or digits for an index.
    """
    text = base
    for name in segments:
        if not text:
            text = name if is_name(name) and name not in _TAKEN else f"record[{quoted(name)}]"
        elif name.isdigit():
            text += f"[{int(name)}]"
        else:
            text += f".{name}" if is_name(name) and name != "parent" else f"[{quoted(name)}]"
    return text


class Root(Protocol):
    """A record."""

    def path(self, segments: Sequence[str], *, rows: int) -> str | None:
        """Return the expression of a path that is in no row; None when there can be no such value.

        Args:
            segments: The path.
            rows: How many rows of lists are around.
        """

    def list_columns(self, segments: Sequence[str]) -> frozenset[str] | None:
        """Return the columns of a list of the record, where they are known."""

    @property
    def lists(self) -> frozenset[tuple[str, ...]]:
        """Paths that are known to be lists."""


@dataclass
class PlainRoot:
    """A record as the tap gives it, with what the source's shaping adds.

    Attributes:
        lists: Paths that the scheme treats as lists.
    """

    lists: frozenset[tuple[str, ...]] = frozenset()

    def path(self, segments: Sequence[str], *, rows: int) -> str | None:
        """As `Root.path`; in a row, the row's own field of that name comes first."""
        return reading("here" if rows else "", segments)

    def list_columns(self, segments: Sequence[str]) -> frozenset[str] | None:  # noqa: ARG002 - as the protocol
        """As `Root.list_columns`: the tap's SCHEMA knows, the scheme does not."""
        return None


def flat_places(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return where lists that are flattened one after the other are: ``details_batchs`` is in a row of ``details``."""
    places: dict[str, tuple[str, ...]] = {}
    for name in names:
        outer = max((one for one in places if name.startswith(f"{one}_")), key=len, default=None)
        places[name] = (name,) if outer is None else (*places[outer], name[len(outer) + 1 :])
    return places


@dataclass
class FlatRoot:
    """A record of which lists have been flattened (拍扁): their columns begin with their names.

    Attributes:
        places: For each list, where its row is in ``line``; a single list's is the line itself.
        each: What gives the rows.
        own: Names of the record itself, though they may begin like the name of a list.
    """

    places: Mapping[str, tuple[str, ...]]
    id: tuple[str, ...]
    inner: PlainRoot
    each: str
    own: frozenset[str] = frozenset()

    def path(self, segments: Sequence[str], *, rows: int) -> str | None:
        """As `Root.path`."""
        row = ".".join(["parent"] * rows) or "line"
        first, *rest = segments
        if first in self.places:
            return None
        name = max((one for one in self.places if first.startswith(f"{one}_")), key=len, default=None)
        if name is not None and first not in self.own and first != f"{name}_":
            return reading(row, [*self.places[name], first[len(name) + 1 :], *rest])
        if first == "_id":
            only = next(iter(self.places))
            number = (
                f"qeasy.position({row}, {reading('', only.split('.'))})" if len(self.places) == 1 else f"{row}.number"
            )
            return f'concat({reading("", self.id)}, "-", {number})'
        return reading("", segments)

    def list_columns(self, segments: Sequence[str]) -> frozenset[str] | None:  # noqa: ARG002 - as the protocol
        """As `Root.list_columns`."""
        return None

    @property
    def lists(self) -> frozenset[tuple[str, ...]]:
        """As `Root.lists`."""
        return self.inner.lists - {tuple(name.split(".")) for name in self.places}


@dataclass
class MergedRoot:
    """A record merged of several: it has only the columns that the grouping says, and one list.

    Attributes:
        columns: The native name of each column of the record itself.
        list: The name of the list in the scheme.
        name: Its native name.
        rows: How each column of its rows is read; ``{row}`` stands for the row.
        is_cut: A document is one of several that the record is cut into, and the list is in its ``line``.
    """

    columns: Mapping[str, str]
    list: str
    name: str
    rows: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False

    def path(self, segments: Sequence[str], *, rows: int) -> str | None:
        """As `Root.path`."""
        first, *rest = segments
        if first in self.columns:
            return reading("", [self.columns[first], *rest])
        if first != self.list:
            return None
        text = reading((".".join(["parent"] * rows) or "line") if self.is_cut else "", [self.name])
        if not rest or rest[0].isdigit():
            return reading(text, rest)
        return self.column(text, rest)

    def column(self, row: str, segments: Sequence[str]) -> str | None:
        """Return the expression of a path in a row of the list; None when the row has no such column."""
        first, *rest = segments
        return reading(self.rows[first].format(row=row), rest) if first in self.rows else None

    def list_columns(self, segments: Sequence[str]) -> frozenset[str] | None:
        """As `Root.list_columns`."""
        return frozenset(self.rows) if tuple(segments) == (self.list,) else None

    @property
    def lists(self) -> frozenset[tuple[str, ...]]:
        """As `Root.lists`."""
        return frozenset({(self.list,)})


@dataclass
class NamedRoot:
    """A record that is itself the value of a name, and has only these columns."""

    name: str
    columns: frozenset[str]
    lists: frozenset[tuple[str, ...]]

    def path(self, segments: Sequence[str], *, rows: int) -> str | None:  # noqa: ARG002 - as the protocol
        """As `Root.path`."""
        return reading(self.name, segments) if segments[0] in self.columns else None

    def list_columns(self, segments: Sequence[str]) -> frozenset[str] | None:  # noqa: ARG002 - as the protocol
        """As `Root.list_columns`."""
        return None
