"""吉客云 behind singer-sdk's hooks: settings to calls, answers to rows, refusals to sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from erp_sdk.calls import Listing, NotTheApiError, PageRequest
from erp_sdk.paging import Page
from erp_sdk.scrolling import CursorLostError
from erp_sdk.stream import ErpStream, FullTableStream, WindowedStream
from erp_sdk.times import now, rfc3339, vendor_text
from erp_sdk.trailing import TrailingStream
from erp_sdk.windows import SECOND
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.streams.rest import HTTPRequest

from tap_jikeyun import schemas
from tap_jikeyun.answers import ANSWERS, CURSOR, STREAM_ONLY
from tap_jikeyun.envelope import OddShapeError, open_envelope, rows_of, whole_number
from tap_jikeyun.signing import signed_form

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    import requests
    from erp_sdk.paging import Seen
    from erp_sdk.stream import Params
    from erp_sdk.windows import Window
    from singer_sdk.helpers import types
    from singer_sdk.streams.rest import PageContext

    from tap_jikeyun.selectors import Selector
    from tap_jikeyun.tap import TapJikeyun

PRODUCTION = "https://open.jackyun.com/open/openapi/do"
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


class StreamRefusedError(FatalAPIError):
    """The vendor refuses one method: this stream cannot be read, the others can."""


class _WrongCountError(Exception):
    """The vendor counts fewer rows than it shows."""


@dataclass(frozen=True, slots=True)
class TimeFilter:
    """A pair of parameters that asks for rows by a time.

    Attributes:
        start: The parameter of the first moment, inclusive.
        end: The parameter of the last one, inclusive.
        shown: The property in which a row shows that time.
        sure: Whether the vendor is known to send that property; a row without it is refused then.
    """

    start: str
    end: str
    shown: str
    sure: bool = True


class JikeyunStream(ErpStream):
    """A stream that is read by one method.

    Attributes:
        method: The method.
        list_key: Where ``result.data`` holds the list; None where it is the list.
        total_key: Where it holds the count of the whole list, for methods that say it.
        selector: How columns are named, for methods that give only those named.
        tap: The tap.
    """

    vendor = "吉客云 Jikeyun"
    schema = StreamSchema(SchemaDirectory(schemas))
    largest_page = 200
    version_key: str | None = None
    short_page_ends = True
    tap: TapJikeyun

    method: ClassVar[str]
    list_key: ClassVar[str | None] = None
    total_key: ClassVar[str | None] = None
    selector: ClassVar[Selector | None] = None
    _refusal: StreamRefusedError | None = None
    _counts = True

    @classmethod
    def endpoint_name(cls) -> str:
        """Return the vendor's method."""
        return cls.method

    # Asking.

    @property
    def url_base(self) -> str:
        """The address; all methods have the same."""
        return str(self.config["base_url"])

    @property
    def page_size(self) -> int:
        """Rows a call; more than the vendor's maximum is refused by some methods and cut by others (contract 10.5)."""
        return min(super().page_size, self.largest_page)

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """The parameter that names the selected columns."""
        if self.selector is None:
            return {}
        needed = {*self._keys, self.version_key, *self.filter_times}

        def selected(path: tuple[str, ...]) -> bool:
            return path[0] in needed or self.mask[tuple(part for name in path for part in ("properties", name))]

        return self.selector.asked(self.schema, selected)

    def asked(self, page: PageRequest) -> dict[str, Any]:
        """Return the business parameters 业务参数 of a call."""
        return {**page.params, **self.columns, "pageIndex": page.number, "pageSize": self.page_size}

    def get_http_request(self, *, page: PageContext[PageRequest]) -> HTTPRequest:
        """Return the signed form post for a page."""
        asked = page.next_page_token or PageRequest({}, self.first_page, with_total=True)
        form = signed_form(
            self.config["appsecret"],
            {
                "method": self.method,
                "appkey": self.config["appkey"],
                "version": "v1.0",
                "contenttype": "json",
                "timestamp": vendor_text(now()),
                "bizcontent": json.dumps(self.asked(asked), ensure_ascii=False, separators=(",", ":")),
                "token": self.config.get("token"),
            },
        )
        return HTTPRequest(url=self.url_base, method="POST", headers=_HEADERS, data=form)

    # Understanding.

    def describe(self, response: requests.Response) -> str:
        """Name stream, method and address."""
        return f"{self.name} ({self.method}) at {response.url.split('?')[0]}"

    def open_answer(self, response: requests.Response) -> Listing:
        """Return the rows, or raise what the answer means."""
        where = self.describe(response)
        try:
            opened = open_envelope(self.decode_envelope(response))
        except msgspec.DecodeError:
            opened = None
        if opened is None:
            raise NotTheApiError(
                f"{where} answers in a form that is not {self.vendor}'s; check base_url (奇门 is another interface, "
                "which this tap does not speak).",
                response=response,
            )
        if not opened.succeeded:
            code = opened.sub_code or opened.code
            error = ANSWERS.error(code, opened.text, where=where, response=response)
            if code in STREAM_ONLY:
                raise StreamRefusedError(str(error))
            raise CursorLostError(str(error)) if ANSWERS.find(code, opened.text).sentence == CURSOR else error
        try:
            rows, beside = rows_of(opened.data, self.list_key, self._keys[0])
        except (OddShapeError, msgspec.DecodeError) as error:
            raise FatalAPIError(f"{where} gives {error}; nothing was read from it. Report it.") from None
        total = whole_number(beside.get(self.total_key)) if self.total_key else None
        return Listing(None if rows is None else self.plain_rows(rows), total, self.next_cursor(beside))

    # Counts that cannot be relied on (contract 6, trap 5).

    def _walk(self, params: Params, seen: Seen[Any], *, what: str, limit: int | None) -> Iterator[list[Any]]:
        try:
            yield from super()._walk(params, seen, what=what, limit=limit)
        except _WrongCountError as wrong:
            if self._counts:
                self.logger.warning("%s From here on pages are read until there are no more.", wrong)
            self._counts = False
            yield from super()._walk(params, seen, what=what, limit=limit)

    def _page(self, request: PageRequest) -> Page[Any]:
        """Ask for a page, and hold the count of the whole list against it: more must not be shown than is counted."""
        page, size = super()._page(request), self.page_size
        shown = (request.number - self.first_page + 1) * size
        if page.total is None or len(page.rows) < size or page.total > shown:
            return page if self._counts else Page(page.rows, None, page.cursor)
        if not self._counts or request.number == self.first_page:  # perhaps the count of this page
            return Page(page.rows, None, page.cursor)
        after = PageRequest(request.params, request.number + 1, with_total=False)
        if size < page.total < shown or (page.total == shown and super()._page(after).rows):
            raise _WrongCountError(
                f"{self.name} ({self.method}): {self.vendor} counts {page.total} rows and shows more of them."
            )
        return page

    def plain_rows(self, rows: bytes) -> bytes:
        """Return the rows as the schema has them; as they came, unless the vendor wraps each of them."""
        return rows

    def next_cursor(self, beside: Mapping[str, msgspec.Raw]) -> str | None:
        """Return the cursor that an answer gives; None for methods that give none."""
        del beside
        return None

    # Streams that are refused.

    def ask(self, request: PageRequest) -> Listing:
        """Make one call; none any more after the method was refused, whatever other windows are under way."""
        if self._refusal is not None:
            raise self._refusal
        try:
            return super().ask(request)
        except StreamRefusedError as error:
            self._refusal = error
            raise

    def _sync_records(
        self, context: types.Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        try:
            yield from super()._sync_records(context, write_messages=write_messages)
        except StreamRefusedError as error:
            self.tap.refused(error)


class AllRows(JikeyunStream, FullTableStream):
    """A list that is read as a whole.

    Attributes:
        hidden_too: Parameters that also show what is disabled or deleted.
    """

    hidden_too: ClassVar[Mapping[str, Any]] = {}

    def calls(self, window: Window | None) -> Sequence[Params]:
        """Return the one call."""
        del window
        return (self.hidden_too if self.config["include_disabled"] else {},)


class ChangedRows(JikeyunStream, WindowedStream):
    """A list that is read by time.

    Attributes:
        filters: What it can be filtered by. More than one where no single one shows all changes.
    """

    filters: ClassVar[Sequence[TimeFilter]]

    def __init__(self, tap: TapJikeyun) -> None:
        self.filter_times = tuple(by.shown for by in self.filters)
        self._bounds = {by.start: (place, by) for place, by in enumerate(self.filters)}
        super().__init__(tap)

    def queries(self) -> Sequence[Params]:
        """Return the parameter sets, besides the times, that read the list together."""
        return ({},)

    def calls(self, window: Window | None) -> Sequence[Params]:
        """Return the parameter sets of a window.

        Many times have milliseconds inside the vendor, and nobody says whether 23:59:59.500 is within 23:59:59. So a
        second more is asked for than the window has, and what belongs to the next one is left to it (`kept`).
        """
        if window is None:
            return self.queries()
        start, end = vendor_text(window.start), vendor_text(window.end + SECOND)
        return [{by.start: start, by.end: end, **query} for by in self.filters for query in self.queries()]

    def _filter_of(self, params: Params) -> tuple[int, TimeFilter]:
        return next(self._bounds[name] for name in params if name in self._bounds)

    def kept(self, rows: list[Any], params: Params, window: Window) -> list[Any]:
        """Leave out what another window or filter shows: a row belongs where the latest of its times lies.

        So the second after the window is left to the next one, and of several filters that show a row in this window,
        the first one hands it on.
        """
        place, _ = self._filter_of(params)
        first, last = rfc3339(window.start), rfc3339(window.end)
        kept = []
        for row in rows:
            times = [time if time.__class__ is str else "" for time in row.times]
            if max(times) <= last and not any(time >= first for time in times[:place]):
                kept.append(row)
        return kept

    def _page(self, request: PageRequest) -> Page[Any]:
        """Ask for a page and see that its rows are those asked for.

        The vendor ignores filters that it does not know, in silence, and shows everything (contract 6, trap 1).
        """
        page = super()._page(request)
        place, by = self._filter_of(request.params)
        first, last = (f"{request.params[name].replace(' ', 'T')}+08:00" for name in (by.start, by.end))
        for row in page.rows:
            shown = row.times[place]
            if shown.__class__ is not str:
                if by.sure:
                    raise self._unasked(row, by, request.params, "without it")
            elif not first <= shown <= last:
                raise self._unasked(row, by, request.params, f"with {shown}")
        return page

    def _unasked(self, row: Any, by: TimeFilter, params: Params, how: str) -> FatalAPIError:
        return FatalAPIError(
            f"{self.name} ({self.method}): asked for {by.shown} from {params[by.start]} to {params[by.end]}, "
            f"{self.vendor} gives {self._keys[0]} {row.key} {how}: it ignores {by.start} and {by.end}, or means "
            "another time by them. Reading stops, since the bookmark would not be true; report it."
        )


class CreatedRows(TrailingStream, ChangedRows):
    """A list that can be filtered by creation time only; what has changed since is written."""
