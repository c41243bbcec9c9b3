"""What the names of a value mean at one place of a scheme: the rows around it, then the record (contract 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mapper_kd.qeasy.native import Native, Options, Reference
from mapper_kd.qeasy.roots import FlatRoot, MergedRoot, PlainRoot, quoted, reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper_kd.qeasy.json_nodes import Node
    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.roots import Root
    from mapper_kd.qeasy.surroundings import Surroundings

_PAGING = {"PAGINATION_START_ROW": 0, "PAGINATION_START_PAGE": 1}
_NOW = {"CURRENT_TIME", "currentTime", "$now"}
_LAST = {"LAST_SYNC_TIME", "lastSyncTime", "$lastExecuteTime"}


@dataclass(frozen=True)
class Row:
    """A row of a list around a place.

    Attributes:
        path: The list's path in the scheme.
        parts: For a row that holds several values by name: their names.
        columns: Its columns, when they are known.
    """

    path: tuple[str, ...]
    parts: frozenset[str] = frozenset()
    columns: frozenset[str] | None = None


_PLAIN = re.compile(r"qeasy\.one\(([^()]*)\)")
_FIXES = {
    "UNKNOWN_PLACEHOLDER": (
        "Correct the name; behind a grouping there are only its own columns: keep one with $first or $last."
    ),
    "LIST_IN_HEADER": "Name the row that is meant, or move the field into the list.",
    "LEADING_SPACE": "Remove the blanks in front of the keyword.",
    "MISSING_ENDFIND": "Write _endFind behind the lookup.",
    "SUSPICIOUS_LITERAL": "Write the keyword with its underscore, if it is one.",
}


@dataclass(frozen=True)
class Place:
    """One place; the context of `expressions.translate`.

    Attributes:
        around: Rows of lists around it, the innermost last.
        node: Where it is in the scheme.
        page_size: The source's, for the variables of paging.
    """

    root: Root
    surroundings: Surroundings
    report: Report
    node: Node
    around: tuple[Row, ...] = ()
    page_size: int | None = None

    @property
    def options(self) -> Options:
        """As `native.Context.options`."""
        return self.surroundings.options

    def at(self, node: Node) -> Place:
        """Return the same place for another value."""
        return replace(self, node=node)

    def inside(self, row: Row) -> Place:
        """Return the place in a row."""
        return replace(self, around=(*self.around, row))

    def drives(self, path: Sequence[str]) -> bool:
        """Whether the rows of this list are around the place."""
        return any(row.path == tuple(path) for row in self.around)

    def path(self, segments: Sequence[str]) -> Reference | None:
        """As `native.Context.path`."""
        text = self._read(tuple(segments))
        return None if text is None else Reference(text)

    def _read(self, path: tuple[str, ...]) -> str | None:
        for index, row in reversed(list(enumerate(self.around))):
            name = ".".join(["parent"] * (len(self.around) - 1 - index)) or "line"
            if row.parts and path[0] in row.parts:
                return self._through_lists(name, path, 0)
            if row.path and path[: len(row.path)] == row.path:
                if isinstance(self.root, MergedRoot) and path[len(row.path) :]:
                    return self.root.column(name, path[len(row.path) :])
                return self._through_lists(name, path, len(row.path))
        for index, row in reversed(list(enumerate(self.around))):
            if row.columns is not None and path[0] in row.columns:
                name = ".".join(["parent"] * (len(self.around) - 1 - index)) or "line"
                return self.root.column(name, path) if isinstance(self.root, MergedRoot) else reading(name, path)
        return self._of_the_root(path)

    def _through_lists(self, base: str, path: tuple[str, ...], start: int) -> str:
        """Read from a row; a list on the way that no row is of gives its first row."""
        text = base
        for index in range(start, len(path)):
            text = reading(text, path[index : index + 1])
            text = self._first(text, path, index + 1)
        return text

    def _first(self, text: str, path: tuple[str, ...], size: int) -> str:
        """Return the first row of what is read so far, if the path goes on below it and it is a list."""
        if size == len(path) or path[size].isdigit():
            return text
        if path[:size] in self.root.lists:
            self.warn("LIST_IN_HEADER", f"{'.'.join(path)} goes through a list; the value of its first row is taken.")
            return f"first({text})" if self.is_grouped else f"qeasy.one({text})"
        is_part = size == 1 and any(row.parts and path[0] in row.parts for row in self.around)
        return text if is_part or self.is_grouped else f"qeasy.one({text})"

    @property
    def is_grouped(self) -> bool:
        """Whether the record is made of several, and so known."""
        return not isinstance(self.root, (PlainRoot, FlatRoot))

    def _of_the_root(self, path: tuple[str, ...]) -> str | None:
        around = len(self.around)
        if self.is_grouped:
            for size in range(1, len(path)):
                if path[:size] in self.root.lists:
                    text = self.root.path(path[:size], rows=around)
                    return None if text is None else self._through_lists(self._first(text, path, size), path, size)
            return self.root.path(path, rows=around)
        text = self.root.path(path[:1], rows=around)
        return None if text is None else self._through_lists(self._first(text, path, 1), path, 1)

    def rows_of(self, path: Sequence[str]) -> str | None:
        """Return the expression of a list, as ``each:`` takes it."""
        text = self._read(tuple(path))
        return None if text is None else _PLAIN.sub(r"\1", text)

    def rows(self, segments: Sequence[str]) -> str | None:
        """As `native.Context.rows`."""
        text = self.root.path(tuple(segments), rows=0)
        if text is not None and text.startswith("line"):
            return self.root.path(tuple(segments), rows=len(self.around)) if isinstance(self.root, FlatRoot) else None
        return text

    def moment(self, name: str) -> str | None:
        """As `native.Context.moment`."""
        if name in _NOW:
            return "now()"
        if name in _LAST and self.surroundings.last_sync_time is not None:
            return quoted(self.surroundings.last_sync_time)
        return None

    def variable(self, name: str) -> Native | None:
        """As `native.Context.variable`."""
        if name == "PAGINATION_PAGE_SIZE" and self.page_size is not None:
            return Native(constant=self.page_size)
        if name in _PAGING:
            return Native(constant=_PAGING[name])
        if name in self.surroundings.vars:
            return Native(constant=self.surroundings.vars[name])
        return None

    def table(self, collection: str, keys: Sequence[str], columns: Sequence[str]) -> str:
        """As `native.Context.table`."""
        return self.surroundings.table(collection, keys, columns)

    def warn(self, code: str, message: str) -> None:
        """As `native.Context.warn`."""
        self.report.warning(code, self.node, message, _FIXES.get(code, ""))
