"""旺店通 behind singer-sdk's hooks: settings to calls, answers to rows, refusals to sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from erp_sdk.answers import RetryLaterError
from erp_sdk.calls import Listing, NotTheApiError, PageRequest
from erp_sdk.stream import ErpStream, FullTableStream, WindowedStream
from erp_sdk.times import CST, now, vendor_text
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.exceptions import FatalAPIError

from tap_wangdiantong import schemas
from tap_wangdiantong.answers import ANSWERS, CLOCK, GATEWAY_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests
    from erp_sdk.stream import Params
    from erp_sdk.windows import Window
    from singer_sdk.streams.rest import HTTPRequest, PageContext

    from tap_wangdiantong.dialects import Dialect, Endpoint
    from tap_wangdiantong.tap import TapWangdiantong

SECOND = timedelta(seconds=1)


class Archived(dict[str, Any]):
    """Parameters that go to an endpoint's history method."""


class WangdiantongStream(ErpStream):
    """A stream in whatever dialect the settings name.

    Attributes:
        enterprise: Where the stream is read from in 企业版 and 企业奇门; None when they do not have it.
        flagship: The same in 旗舰版 and 旗舰奇门.
    """

    vendor = "旺店通 Wangdiantong"
    schema = StreamSchema(SchemaDirectory(schemas))

    enterprise: ClassVar[Endpoint | None] = None
    flagship: ClassVar[Endpoint | None] = None

    @classmethod
    def declared(cls, dialect: Dialect) -> Endpoint | None:
        """Return where the stream is read from in a dialect; None when the dialect does not have it."""
        return cls.enterprise if dialect.family == "enterprise" else cls.flagship

    def __init__(self, tap: TapWangdiantong) -> None:
        super().__init__(tap=tap)
        self.dialect = tap.dialect
        self.first_page = tap.dialect.first_page
        asked = self.config.get("confirm_empty")
        self.confirm_empty = tap.dialect.confirm_empty if asked is None else bool(asked)

    @property
    def endpoint(self) -> Endpoint:
        """Where this stream is read from in this dialect."""
        endpoint = self.declared(self.dialect)
        if endpoint is None:
            raise FatalAPIError(f"{self.name}: dialect {self.dialect.title} does not have this stream.")
        return endpoint

    @classmethod
    def endpoint_name(cls) -> str:
        """Return where the stream is read from, for the documentation: 企业版, then 旗舰版."""
        enterprise = [f"{cls.enterprise.method}.php"] if cls.enterprise else []
        return " / ".join([*enterprise, *([cls.flagship.method] if cls.flagship else [])])

    @property
    def page_size(self) -> int:
        """Rows a call."""
        return int(self.config.get("page_size") or self.endpoint.page_size or self.largest_page)

    @property
    def url_base(self) -> str:
        """The address without the method."""
        return self.dialect.base_url

    def calls(self, window: Window | None) -> Sequence[Params]:
        """Return the parameter sets of this dialect, with the window's times in those that have one."""
        chosen = self.endpoint.asks(self.config)
        if window is None:
            return chosen
        # Some builds refuse a window that starts where it ends (code 2105); a second more is only a repeat.
        start = min(window.start, window.end - SECOND)
        times = dict(zip(self.endpoint.times, (vendor_text(start), vendor_text(window.end)), strict=True))
        live = [{**times, **params} for params in chosen]
        # Documents move from the one to the other, so the history is read last.
        return [*live, *map(Archived, live)] if self._may_be_archived(window) else live

    def _may_be_archived(self, window: Window) -> bool:
        days = self.config.get("history_days")
        return bool(self.endpoint.history) and days is not None and window.start < now() - timedelta(days=float(days))

    def get_http_request(self, *, page: PageContext[PageRequest]) -> HTTPRequest:
        """Return the signed request for a page."""
        asked = page.next_page_token or PageRequest({}, self.first_page, with_total=True)
        endpoint = self.endpoint
        if isinstance(asked.params, Archived) and endpoint.history is not None:
            endpoint = replace(endpoint, method=endpoint.history)
        return self.dialect.request(endpoint, asked, self.page_size, now())

    def describe(self, response: requests.Response) -> str:
        """Name stream, method and address."""
        return f"{self.name} ({self.dialect.title}, {self.endpoint.method}) at {response.url.split('?')[0]}"

    def open_answer(self, response: requests.Response) -> Listing:
        """Return rows and total, or raise what the answer means."""
        parts = self.decode_envelope(response)
        where = self.describe(response)
        try:
            opened = self.dialect.open(parts, self.endpoint)
        except msgspec.DecodeError:
            raise NotTheApiError(
                f"{where} answers in a form that is not {self.vendor}'s; check base_url and dialect.", response=response
            ) from None
        if opened.code == "0":
            return Listing(opened.rows, opened.total)
        if opened.code is None:
            raise RetryLaterError(
                f"{where} answers without a code ({opened.text or 'no text'}); check base_url and dialect.",
                response=response,
            )
        table = GATEWAY_ANSWERS if opened.gateway else ANSWERS
        text = opened.text
        if table.find(opened.code, text).sentence == CLOCK:
            text += _clocks(response)
        raise table.error(opened.code, text, where=where, response=response)


def _clocks(response: requests.Response) -> str:
    """Say what both clocks show, if the server's is known."""
    shown = response.headers.get("Date")
    try:
        theirs = parsedate_to_datetime(shown).astimezone(CST) if shown else None
    except ValueError:
        theirs = None
    return f"; the server's clock shows {vendor_text(theirs)}, this machine's {vendor_text(now())}" if theirs else ""


class ChangedRows(WangdiantongStream, WindowedStream):
    """A list that is read by time."""

    def __init__(self, tap: TapWangdiantong) -> None:
        super().__init__(tap)
        self.longest_window = self.endpoint.window or timedelta(days=30)


class AllRows(WangdiantongStream, FullTableStream):
    """A list that is read as a whole."""
