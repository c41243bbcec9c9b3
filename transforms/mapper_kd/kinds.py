"""What a value can be, known before any record is read: from the tap's SCHEMA, from functions and from code tables."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Kind:
    """A kind of value; ``family`` tells what may be compared and calculated with what."""

    name: str
    family: str

    def __str__(self) -> str:
        return self.name


TEXT = Kind("text", "text")
DATE = Kind("date", "text")
DATETIME = Kind("datetime", "text")
INTEGER = Kind("integer", "number")
DECIMAL = Kind("decimal", "number")
BOOLEAN = Kind("boolean", "boolean")
ANY = Kind("any", "any")
"""Not known before the record is there: the schema does not say."""
NULL = Kind("null", "any")

SCALARS = {kind.name: kind for kind in (TEXT, DATE, DATETIME, INTEGER, DECIMAL, BOOLEAN)}


class Columns(Protocol):
    """The named parts of a row: an object of the record, or a row of a code table."""

    def column(self, row: str, name: str, *, certain: bool) -> tuple[str, Kind]:
        """Return the Python code that reads a part, and what kind it is.

        Args:
            row: Code of the row itself.
            name: The part as the mapping writes it.
            certain: Whether the row cannot be null.

        Raises:
            UnknownNameError: The row has no such part.
        """


@dataclass(frozen=True)
class ListKind(Kind):
    """A list of ``item``."""

    item: Kind


@dataclass(frozen=True, eq=False)
class RowKind(Kind):
    """An object whose parts are known."""

    columns: Columns
    certain: bool


def list_of(item: Kind) -> ListKind:
    """Return the kind of a list."""
    return ListKind("list of rows" if isinstance(item, RowKind) else f"list of {item}", "list", item)


def row_of(columns: Columns, *, certain: bool) -> RowKind:
    """Return the kind of an object; ``certain`` when it cannot be null."""
    return RowKind("row", "row", columns, certain)


def common(kinds: Iterable[Kind]) -> Kind:
    """Return the kind of a value that is one of these: the narrowest that holds all."""
    found = {kind for kind in kinds if kind is not NULL}
    if len(found) == 1:
        return found.pop()
    families = {kind.family for kind in found}
    if families == {"number"}:
        return DECIMAL
    return TEXT if families == {"text"} else ANY


class UnknownNameError(LookupError):
    """A name that is not there, with the nearest one that is."""

    def __init__(self, what: str, name: str, known: Iterable[str], where: str = "") -> None:
        self.nearest = nearest(name, known)
        place = f" in {where}" if where else ""
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        super().__init__(f"there is no {what} {name}{place}{hint}")


def speakable(name: str) -> bool:
    """Whether a field can have this name: the JSON codec takes none with quotes, backslashes or control characters."""
    return name.isprintable() and not {'"', "\\"} & set(name)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like this one, or None when nothing is near."""
    by_folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None
