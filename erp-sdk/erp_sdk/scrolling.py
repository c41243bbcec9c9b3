"""Walking a list by a cursor instead of page numbers: nothing slides over a page's boundary when rows leave the list.

Two kinds of cursor, each with a stream class to mix in before `FullTableStream` or `WindowedStream`:

* `ScrolledStream`: each answer names the cursor of the next one (``scrollId``). What the cursor means is the vendor's
  secret: it may be a place in the list, and then a row that leaves the list lets another one slip by. So each walk has
  to show as many rows as were counted at its start; if rows are missing, the list is walked again. One that changes
  during every walk is cut into shorter ones, down to a page, which cannot change.
* `AscendingStream`: rows come in the order of their key, and the greatest key received asks for those after it
  (``maxSkuId``). Keys must grow from page to page; a server that ignores the cursor is found out at once. Nothing has
  to be remembered, however long the list. Rows in another order may have been chosen in another order too, and then the
  greatest key leaves some behind: such a list is read by page numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from singer_sdk.exceptions import FatalAPIError

from erp_sdk.calls import PageRequest
from erp_sdk.paging import IncompleteList, Page, RepeatedPage, Seen, TooManyRows, is_last_page
from erp_sdk.stream import ErpStream, Params

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

Row = TypeVar("Row")


class CursorLostError(FatalAPIError):
    """The vendor does not know a cursor any more that it gave itself; the list can be walked again from its start."""


class UnorderedRows(Exception):  # noqa: N818 - a fact the caller acts on, not an error a user sees
    """Rows do not come in the order of the key that is their cursor."""


@dataclass(slots=True)
class Scroll(Generic[Row]):
    """Walks by the cursors that the answers give.

    Attributes:
        fetch: Asks for the page at a cursor; the first cursor is ``""``.
        seen: Shared by all walks of a window.
        size: Rows asked for per page.
        limit: The most rows to walk; None walks any number.
        on_incomplete: Called when walking again did not show as many rows as the vendor counts; may raise.
        tries: How often the list is walked at most.
    """

    fetch: Callable[[str], Page[Row]]
    seen: Seen[Row]
    size: int
    limit: int | None
    on_incomplete: Callable[[IncompleteList], None]
    tries: int = 3

    def __iter__(self) -> Iterator[list[Row]]:
        """Yield each page's fresh rows.

        Raises:
            TooManyRows: The list has more rows than ``limit``, or changes whenever it is walked; split the window.
            RepeatedPage: The cursor moves and the rows do not.
            CursorLostError: The cursors do not live as long as reading takes.
        """
        totals: set[int] = set()
        for attempt in range(self.tries):
            mine: set[Hashable] = set()  # of this walk: what an earlier one has shown may have left the list since
            page = self.fetch("")
            total = page.total or 0
            totals.add(total)
            if self.limit is not None and total > self.limit:
                raise TooManyRows(total)
            yield self._note(page, mine)
            try:
                for following in self._after(page):
                    yield self._note(following, mine)
            except CursorLostError:
                if attempt == self.tries - 1:
                    raise
                continue
            if len(mine) >= total:
                return
        if len(totals) > 1 and self.limit is not None:
            raise TooManyRows(total)
        self.on_incomplete(IncompleteList(len(mine), total))

    def _note(self, page: Page[Row], mine: set[Hashable]) -> list[Row]:
        mine.update(map(self.seen.key, page.rows))
        return self.seen.fresh(page.rows)

    def _after(self, page: Page[Row]) -> Iterator[Page[Row]]:
        asked = ""
        while page.cursor and page.cursor != asked and not is_last_page(len(page.rows), self.size):
            asked, keys = page.cursor, list(map(self.seen.key, page.rows))
            page = self.fetch(asked)
            if keys and keys == list(map(self.seen.key, page.rows)):
                raise RepeatedPage
            yield page


@dataclass(slots=True)
class Ascent(Generic[Row]):
    """Walks by the greatest key received.

    Attributes:
        fetch: Asks for the rows whose keys are greater; the first is 0.
        key: A row's key.
        size: Rows asked for per page.
    """

    fetch: Callable[[int], Page[Row]]
    key: Callable[[Row], Any]
    size: int

    def __iter__(self) -> Iterator[list[Row]]:
        """Yield the pages.

        Raises:
            RepeatedPage: A page holds keys that are not greater than the cursor: it is ignored.
            UnorderedRows: The rows of a page that is not the last one do not come in the order of their keys.
        """
        greatest = 0
        while True:
            rows = list(self.fetch(greatest).rows)
            keys = [int(self.key(row)) for row in rows]
            if keys and min(keys) <= greatest:
                raise RepeatedPage
            if rows:
                yield rows
            if not rows or is_last_page(len(rows), self.size):
                return
            if keys != sorted(keys):
                raise UnorderedRows
            greatest = keys[-1]


class _CursorStream(ErpStream):
    cursor_parameter: ClassVar[str]
    """Under which name the cursor is asked for."""

    def _at(self, params: Params, cursor: str | int) -> Page[Any]:
        return self._page(PageRequest({**params, self.cursor_parameter: cursor}, self.first_page, cursor == ""))


class ScrolledStream(_CursorStream):
    """Reads its lists by the cursors that the answers give."""

    def _walk(self, params: Params, seen: Seen[Any], *, what: str, limit: int | None) -> Iterator[list[Any]]:
        scroll = Scroll(
            fetch=partial(self._at, params),
            seen=seen,
            size=self.page_size,
            limit=limit,
            on_incomplete=partial(self._incomplete, what),
        )
        try:
            yield from (rows for rows in scroll if rows)
        except RepeatedPage:
            raise self._repeated(what) from None


class AscendingStream(_CursorStream):
    """Reads its lists by the greatest key received; the primary key is one whole number."""

    def _walk(self, params: Params, seen: Seen[Any], *, what: str, limit: int | None) -> Iterator[list[Any]]:
        try:
            yield from Ascent(fetch=partial(self._at, params), key=seen.key, size=self.page_size)
        except UnorderedRows:
            self.logger.warning(
                "%s, %s: rows do not come in the order of their key, as %s needs it; they are read by page numbers.",
                self.name,
                what,
                self.cursor_parameter,
            )
            yield from super()._walk(params, seen, what=what, limit=limit)
        except RepeatedPage:
            raise FatalAPIError(
                f"{self.name}, {what}: {self.vendor} ignores {self.cursor_parameter} and gives rows again that were "
                "there before; what comes after them cannot be read. Report it."
            ) from None
