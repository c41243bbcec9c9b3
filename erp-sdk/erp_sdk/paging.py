"""Walking the pages of a list that changes while it is read.

Why the last page comes first. Lists are ordered by the column they are filtered on, and a document that is edited
during the walk leaves the window: everything behind it moves up one place. Read front to back, the document that moves
from the head of page 3 to the tail of page 2 is lost, since page 2 is already behind us. Read back to front, it is seen
twice. So: ask the first page for the total, read the last page, the one before it, and so on, then the first page
again. Each page is asked for only when the one behind it has been received in full; that order is the whole guarantee,
so the pages of one walk are never fetched in parallel (windows are: see ``prefetch``).

What is held back. Nothing but keys: a page's rows are handed on as soon as they are read. A row seen again is handed on
again only if it is newer than before, and the target keeps the later one; so the greatest ``modified`` wins without
holding rows. Memory is one key and one time per row of a window, and a window with more rows than ``limit`` is refused
with `TooManyRows`, for the caller to split.

What is checked. A page that holds fewer rows than the total promises is asked for again (a busy Qimen gateway answers
"ok" with an empty list and a total of 0); at the end as many different rows must have been seen as the last total
counts, otherwise the walk is repeated, and in the end refused with `IncompleteList`: a loud stop loses nothing, since
the bookmark has not moved. Where a gateway is known for such answers, ``confirm_empty`` doubts an empty list too.

Vendors without a total are walked front to back until a page brings nothing new (a short page proves nothing: a server
may cut the page size), and then back to front. So are lists that go on after the page that should be the last by their
total: a total that is too small must not end a list.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One answer.

    Attributes:
        rows: Its rows.
        total: How many rows the whole list has, if the vendor said so.
        cursor: Where the next page begins, if it said so.
        more: Whether there are pages after this one, if it said so.
    """

    rows: Sequence[Row]
    total: int | None = None
    cursor: str | None = None
    more: bool | None = None


class FetchPage(Protocol[Row]):
    """Asks the vendor for one page; ``with_total`` where the vendor counts only on request."""

    def __call__(self, number: int, *, with_total: bool) -> Page[Row]:
        """Return page ``number``, counted from the vendor's first page number."""


class TooManyRows(Exception):  # noqa: N818 - a fact the caller acts on, not an error a user sees
    """The list has more rows than the walk may remember; split the window."""

    def __init__(self, total: int) -> None:
        super().__init__(f"{total} rows")
        self.total = total


class IncompleteList(Exception):  # noqa: N818 - a fact the caller turns into a sentence with stream and window
    """The vendor counts more rows than it shows, again and again."""

    def __init__(self, seen: int, total: int) -> None:
        super().__init__(f"{seen} of {total} rows")
        self.seen = seen
        self.total = total


class RepeatedPage(Exception):  # noqa: N818 - a fact the caller turns into a sentence with stream and window
    """The vendor gives the same rows again where others should come: it ignores the page's number or cursor."""


_USUAL_CAPS = frozenset({10, 20, 30, 40, 50, 100})


def is_last_page(rows: int, size: int) -> bool:
    """Tell whether a page that is shorter than asked for ends a list, with vendors who say that it does.

    One that has exactly as many rows as servers like to cut pages to proves nothing, and the next one is asked for.
    """
    return rows < size and rows not in _USUAL_CAPS


@dataclass(slots=True)
class Seen(Generic[Row]):
    """What has been handed on of one window: keys and versions, never rows.

    Attributes:
        key: A row's primary key.
        version: A row's ``modified`` as comparable text; None counts as the oldest.
    """

    key: Callable[[Row], Hashable]
    version: Callable[[Row], str | None]
    versions: dict[Hashable, str] = field(default_factory=dict)

    def fresh(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that are new or newer than before, and remember them."""
        versions, key, version = self.versions, self.key, self.version
        chosen = []
        for row in rows:
            identity, moment = key(row), version(row) or ""
            known = versions.get(identity)
            if known is None or moment > known:
                versions[identity] = moment
                chosen.append(row)
        return chosen


@dataclass(slots=True)
class Walk(Generic[Row]):
    """How the pages of one list are walked.

    Attributes:
        fetch: Asks for a page.
        seen: Shared by all walks of a window, so that a row that moves from one list to another (a stock-out that
            changes its status) is handed on once per version.
        first: The vendor's first page number, 0 or 1.
        size: Rows asked for per page.
        limit: The most rows to walk; None walks any number.
        tries: How often a short page, and how often a whole walk, is repeated.
        pause: Called before a short page is asked for again, with 1, 2, 3 …
        on_incomplete: Called with an `IncompleteList` when repeating did not help; may raise it.
        confirm_empty: Whether an empty list is asked for once more before it is believed.
        short_page_ends: Whether a list without a total ends with a short page (`is_last_page`); otherwise with one that
            brings nothing new.
    """

    fetch: FetchPage[Row]
    seen: Seen[Row]
    on_incomplete: Callable[[IncompleteList], None]
    pause: Callable[[int], None]
    first: int = 0
    size: int = 100
    limit: int | None = None
    tries: int = 3
    confirm_empty: bool = False
    short_page_ends: bool = False

    def __iter__(self) -> Iterator[list[Row]]:
        """Yield each page's fresh rows, in the order in which they were read; see the module's text."""
        opening = self._first_page(doubts=1 if self.confirm_empty else 0)
        if opening.total is None and opening.more is False:
            opening = replace(opening, total=len(opening.rows))
        if opening.total is None or (opening.more and opening.total <= len(opening.rows)):
            yield from self._without_total(opening)
            return
        if self.limit is not None and opening.total > self.limit:
            raise TooManyRows(opening.total)
        mine: set[Hashable] = set()
        for _ in range(self.tries):
            yield self._note(opening, mine)
            total = opening.total or 0
            size = self._page_size(opening, total)
            if total > len(opening.rows):
                last = -(-total // size) - 1
                for offset in range(last, 0, -1):
                    page, total = self._whole_page(offset, size, total)
                    if offset == last and page.more and page.rows:
                        yield from self._without_total(opening)
                        return
                    yield self._note(page, mine)
                opening = self._first_page(doubts=self.tries)
                yield self._note(opening, mine)
            if len(mine) >= (opening.total or 0):
                return
        self.on_incomplete(IncompleteList(len(mine), opening.total or 0))

    def _note(self, page: Page[Row], mine: set[Hashable]) -> list[Row]:
        mine.update(map(self.seen.key, page.rows))
        return self.seen.fresh(page.rows)

    def _page_size(self, opening: Page[Any], total: int) -> int:
        # A server that caps the page size answers with fewer rows than asked for although there are more.
        return len(opening.rows) if 0 < len(opening.rows) < min(self.size, total) else self.size

    def _first_page(self, *, doubts: int) -> Page[Row]:
        """Return the first page with the total; an empty one is asked for again, ``doubts`` times if its total is 0."""
        attempt = 0
        while True:
            page = self.fetch(self.first, with_total=True)
            attempt += 1
            if page.rows or attempt > (self.tries if page.total else doubts):
                return page
            self.pause(attempt)

    def _whole_page(self, offset: int, size: int, total: int) -> tuple[Page[Row], int]:
        """Return the page and the total as far as it is known now; see "What is checked" above."""
        page = self.fetch(self.first + offset, with_total=False)
        for attempt in range(1, self.tries + 1):
            if len(page.rows) >= min(size, total - offset * size):
                return page, total
            now = self._first_page(doubts=self.tries).total
            total = total if now is None else now
            if len(page.rows) >= min(size, total - offset * size):
                return page, total
            self.pause(attempt)
            page = self.fetch(self.first + offset, with_total=False)
        if len(page.rows) < min(size, total - offset * size):
            self.on_incomplete(IncompleteList(offset * size + len(page.rows), total))
        return page, total

    def _without_total(self, page: Page[Row]) -> Iterator[list[Row]]:
        number, mine, last = self.first, set[Hashable](), list[Hashable]()
        while True:
            before, keys = len(mine), list(map(self.seen.key, page.rows))
            yield self._note(page, mine)
            short = is_last_page(len(keys), self.size)
            if keys and keys == last and not short:
                raise RepeatedPage
            if len(mine) == before or (short and self.short_page_ends):
                break
            number, last = number + 1, keys
            page = self.fetch(number, with_total=False)
            if not page.rows and self.confirm_empty:
                page = self.fetch(number, with_total=False)
        for earlier in range(number - 1, self.first - 1, -1):
            yield self.seen.fresh(self.fetch(earlier, with_total=False).rows)
