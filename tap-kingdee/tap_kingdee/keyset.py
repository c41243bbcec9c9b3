"""Reading a form by primary key: every document once and whole, whatever changes while it is read.

Why not StartRow. It counts rows; a document that is edited and leaves the window moves all later rows up, and the ones
that cross a page border are lost (vendor contract 6.2). A page here is "the rows whose key is greater than the last
one", so a document that leaves takes nothing with it.

A page border may cut through a document, since each line is a row. The last document of a page is therefore not handed
on but asked for again from its first line; only one that fills a page by itself is read on piece by piece. Each further
piece starts with the last row of the piece before: is that row gone, or does it carry another change time, then the
document was edited in between, and its pieces do not belong together. It is dropped: the edit gave it a change time
beyond the window, so the next run reads it whole.

Where the list ends. The vendor has no total and trims a page to a ceiling of its own without saying so, so a short page
proves nothing by itself. It does if a longer page has been received before; otherwise the next page has to be empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

Row = Sequence[Any]
_FIRST = itemgetter(0)
_NO_LINE = (None, 0, "")


class WrongOrderError(Exception):
    """The rows did not come as they were asked for: ascending, and behind the last key."""


@dataclass(frozen=True, slots=True)
class After:
    """The page of the rows whose primary key is greater than this; a key is a number, or the text of a GUID."""

    key: int | str


@dataclass(frozen=True, slots=True)
class Within:
    """The page of one document's lines from this line on, this line included; whatever the document's change time."""

    key: int | str
    line: int


@dataclass(slots=True)
class Walk:
    """The pages of one list, one after the other: ask for `page`, hand its rows to `accept`, until `page` is None.

    Attributes:
        line: Where a row holds the line's primary key; None for a list without lines. The document's key comes first.
        version: Where a row holds the change time of its document; None when there is none.
        longest: The longest page received so far, in this or an earlier walk: the vendor's ceiling is no lower.
        page: What to ask for next; None at the end.
        dropped: Keys of documents that were edited while they were read.
    """

    line: int | None = None
    version: int | None = None
    longest: int = 0
    page: After | Within | None = After(0)
    dropped: list[int | str] = field(default_factory=list)
    _pieces: list[Row] = field(default_factory=list)

    def accept(self, rows: Sequence[Row]) -> list[list[Row]]:
        """Take the rows of the page that was asked for; return the documents that are complete, each as its rows.

        Raises:
            WrongOrderError: The vendor did not keep to filter or order.
        """
        if isinstance(self.page, Within):
            return self._go_on(self.page, rows)
        if self.page is None:
            raise WrongOrderError("rows came after the end of the list")
        grouped = [(key, list(group)) for key, group in groupby(rows, key=_FIRST)]
        documents = [document for _, document in grouped]
        self._check(self.page.key, [key for key, _ in grouped])
        self._check_rows(rows, documents)
        at_end = len(rows) < self.longest or not rows
        self.longest = max(self.longest, len(rows))
        if at_end:
            self.page = None
        elif self.line is None:
            self.page = After(rows[-1][0])
        elif len(documents) > 1:
            documents.pop()
            self.page = After(documents[-1][0][0])
        elif rows[-1][self.line] in _NO_LINE:  # a document without lines is one row
            self.page = After(rows[-1][0])
        else:
            self._pieces = documents.pop()
            self._check_lines([self._line(row) for row in rows])
            self.page = Within(rows[-1][0], self._line(rows[-1]))
        return documents

    def _go_on(self, page: Within, rows: Sequence[Row]) -> list[list[Row]]:
        pieces, last = self._pieces, self._pieces[-1]
        same = bool(rows) and all(row[0] == page.key and self._version(row) == self._version(last) for row in rows)
        if not same or self._line(rows[0]) != page.line:
            self.dropped.append(page.key)
            return self._leave(page, [])
        if len(rows) == 1:
            return self._leave(page, [pieces])
        self._check_lines([self._line(row) for row in rows])
        pieces.extend(rows[1:])
        self.page = Within(page.key, self._line(rows[-1]))
        return []

    def _leave(self, page: Within, documents: list[list[Row]]) -> list[list[Row]]:
        self._pieces = []
        self.page = After(page.key)
        return documents

    def _version(self, row: Row) -> Any:
        return None if self.version is None else row[self.version]

    def _line(self, row: Row) -> Any:
        return None if self.line is None else row[self.line]

    def _check_rows(self, rows: Sequence[Row], documents: Sequence[Any]) -> None:
        """See that nothing multiplies the rows: a 1:1 part of the head that is a list in truth would."""
        if self.line is None:
            if len(documents) < len(rows):
                raise WrongOrderError("a document came as several rows though no lines were asked for")
            return
        lines = list(map(itemgetter(0, self.line), rows))
        if len(set(lines)) < len(lines):
            raise WrongOrderError("a line came more than once in one answer")

    @staticmethod
    def _check(after: int | str, keys: Sequence[Any]) -> None:
        if wrong := [key for key in keys if key.__class__ is not after.__class__]:
            kind = "number" if isinstance(after, int) else "text"
            raise WrongOrderError(f"a primary key is {wrong[0]!r}, which is no {kind}")
        if isinstance(after, str):  # which of two texts is greater is a matter of the vendor's database
            in_order = len({after, *keys}) == len(keys) + 1
        else:
            in_order = all(earlier < later for earlier, later in pairwise((after, *keys)))
        if not in_order:
            raise WrongOrderError(f"the keys after {after} did not come in ascending order")

    @staticmethod
    def _check_lines(lines: Sequence[int]) -> None:
        if any(later <= earlier for earlier, later in pairwise(lines)):
            raise WrongOrderError(f"the lines after {lines[0]} did not come in ascending order")
