"""聚水潭 behind singer-sdk's hooks: settings to calls, answers to rows, refusals to sentences."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from erp_sdk.answers import RetryLaterError
from erp_sdk.calls import Listing, NotTheApiError, PageRequest
from erp_sdk.cursors import CursorStream
from erp_sdk.stream import ErpStream, FullTableStream, WindowedStream
from erp_sdk.times import vendor_text
from erp_sdk.windows import SECOND
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.streams.rest import HTTPRequest

from tap_jushuitan import schemas
from tap_jushuitan.answers import ANSWERS, CLOCK, NOT_AUTHORISED
from tap_jushuitan.signing import signed_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import requests
    from erp_sdk.stream import Params
    from erp_sdk.windows import Window
    from singer_sdk.streams.rest import PageContext

    from tap_jushuitan.tap import TapJushuitan
    from tap_jushuitan.token_file import Token

EDGE = timedelta(minutes=1)
"""Windows stay so much below the longest allowed: whether that one is still allowed is not documented."""

_HAS_NEXT = {b"true": True, b"false": False}
_texts = msgspec.json.Decoder(int | str | None).decode


class _Asked(threading.local):
    """What a thread's call was made with.

    Attributes:
        token: Its token.
        is_repeated: Whether it is made again because its time was refused.
    """

    token: Token
    is_repeated = False


class JushuitanStream(ErpStream):
    """One list of the vendor.

    Attributes:
        path: The interface (接口), below the host.
        list_name: What the answer calls the list.
        page_name: What the page's number is called.
        fixed: Parameters of every call.
    """

    vendor = "聚水潭 Jushuitan"
    schema = StreamSchema(SchemaDirectory(schemas))
    first_page = 1
    tap: TapJushuitan

    list_name: ClassVar[str] = "datas"
    page_name: ClassVar[str] = "page_index"
    total_name: ClassVar[str] = "data_count"

    def __init__(self, tap: TapJushuitan) -> None:
        super().__init__(tap=tap)
        self._thread = _Asked()

    @classmethod
    def endpoint_name(cls) -> str:
        """Return the interface's path."""
        return cls.path

    @property
    def url_base(self) -> str:
        """The vendor's host."""
        return self.tap.base_url

    @property
    def page_size(self) -> int:
        """Rows a call: no more than the vendor allows for this list, whatever the setting says."""
        return min(super().page_size, self.largest_page)

    @property
    def fixed(self) -> Mapping[str, Any]:
        """Parameters of every call."""
        return {}

    def get_http_request(self, *, page: PageContext[PageRequest]) -> HTTPRequest:
        """Return the signed request for a page."""
        asked = page.next_page_token or PageRequest({}, self.first_page, with_total=True)
        token = self.tap.tokens.take()
        self._thread.token = token
        biz = {**self.fixed, **asked.params, self.page_name: asked.number, "page_size": self.page_size}
        form = {
            "app_key": self.config["app_key"],
            "access_token": token.access_token,
            "timestamp": int(time.time()),
            "version": "2",
            "charset": "utf-8",
            "biz": json.dumps(biz, ensure_ascii=False, separators=(",", ":")),
        }
        return HTTPRequest(
            url=f"{self.url_base}{self.path}", method="POST", data=signed_form(self.config["app_secret"], form)
        )

    def open_answer(self, response: requests.Response) -> Listing:
        """Return rows and total, or raise what the answer means."""
        where = self.describe(response)
        token = self._thread.token
        try:
            parts = self.decode_envelope(response)
            code, text = _texts(parts.get("code", b"null")), str(_texts(parts.get("msg", b"null")) or "")
            if str(code) == "0":
                listing = self._listing(msgspec.json.decode(parts["data"], type=dict[str, msgspec.Raw]))
                self.tap.tokens.accepted(token)
                self._thread.is_repeated = False
                return listing
        except (msgspec.DecodeError, KeyError):
            raise NotTheApiError(
                f"{where} answers in a form that is not {self.vendor}'s; check base_url.", response=response
            ) from None
        if code is None:
            said = f"{where} answers without a code ({text or 'no text'}); check base_url."
            raise RetryLaterError(said, response=response)
        raise self._refusal(code, text, token, response)

    def _refusal(self, code: object, text: str, token: Token, response: requests.Response) -> Exception:
        """Return what to raise. A token is renewed once, a request's time is mended once by sending it anew."""
        answer = ANSWERS.find(code, text)
        error = ANSWERS.error(code, text, where=self.describe(response), response=response)
        is_first, self._thread.is_repeated = not self._thread.is_repeated, answer.sentence == CLOCK
        if answer.sentence == NOT_AUTHORISED and not self.tap.tokens.refused(token):
            return FatalAPIError(str(error))
        if answer.sentence == CLOCK and is_first:
            return RetryLaterError(str(error), seconds=0, response=response)
        return error

    def _listing(self, data: Mapping[str, msgspec.Raw]) -> Listing:
        """Return the rows, their number where it is told, and whether pages follow (contract 6)."""
        rows = data.get(self.list_name)
        if rows is not None and bytes(rows) == b"null":
            rows = None
        total = _texts(data.get(self.total_name, b"null"))
        more = _HAS_NEXT.get(bytes(data.get("has_next", b"")))
        return Listing(rows, None if total in (None, "") else int(total), more=more)


class AllRows(JushuitanStream, FullTableStream):
    """A list that is read as a whole."""

    version_key = None


class ChangedRows(JushuitanStream, WindowedStream):
    """A list that is read by windows of time.

    Attributes:
        days: The longest window that the vendor allows, in days.
        by_date: How a document's own date is asked for instead of the time of change, and the property that holds it;
            None where the vendor has no such filter (setting ``filter_by``).
    """

    replication_key = "modified"
    days: ClassVar[int] = 7
    by_date: ClassVar[tuple[Mapping[str, Any], str] | None] = None

    def __init__(self, tap: TapJushuitan) -> None:
        super().__init__(tap)
        self.longest_window = timedelta(days=self.days) - EDGE
        self._dated = self.by_date if self.config.get("filter_by") == "document_date" else None
        if self._dated is not None:
            self.replication_key = self._dated[1]

    def calls(self, window: Window | None) -> Sequence[Params]:
        """Return the window's parameters.

        The end asked for is where the next window begins: stored times have milliseconds, and whether the end belongs
        to a window is not documented (contract 6). A row of that very moment comes twice at worst.
        """
        if window is None:
            return ({},)
        by = {} if self._dated is None else self._dated[0]
        times = {"modified_begin": vendor_text(window.start), "modified_end": vendor_text(window.end + SECOND)}
        return ({**times, **by},)


class VersionedRows(ChangedRows, CursorStream):
    """A list that can be read by row version ts (contract 6.1).

    Attributes:
        version_name: What the row version is called in a call.
        uncounted: What asks the vendor not to count, where it takes that beside a row version.
    """

    replication_key = "ts"
    version_name: ClassVar[str] = "start_ts"
    uncounted: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, tap: TapJushuitan) -> None:
        if self.by_date is not None and tap.config.get("filter_by") == "document_date":
            self.by_version = False  # a document's version says nothing about its date
        super().__init__(tap)

    def version_call(self, name: str, version: int) -> Params:
        """Return the parameters that ask for rows from a version on: no window, and nothing else."""
        del name
        return {self.version_name: version, **self.uncounted}
