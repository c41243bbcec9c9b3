"""How 金蝶云星空 is asked: page after page by primary key, within a window of change times (contract 6, 8.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from erp_sdk.answers import Action
from erp_sdk.calls import Listing, NotTheApiError, PageRequest
from erp_sdk.command import SetupError
from erp_sdk.messages import encode
from erp_sdk.stream import Batch, ErpStream, FullTableStream, WindowedStream, WindowRead
from erp_sdk.times import now, parse_time, vendor_text
from erp_sdk.windows import SECOND, Window, cut
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.streams.rest import HTTPRequest, PageContext

from tap_kingdee.documents import Layout, Row, WrongCellError, layout
from tap_kingdee.keyset import Walk, Within, WrongOrderError
from tap_kingdee.refusals import GATEWAY, QUERIES, Refusal, rows_or_refusal
from tap_kingdee.session import SESSION_HEADER, service_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import requests
    from singer_sdk.helpers import types

    from tap_kingdee.tap import TapKingdee

QUERY_SERVICE = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery"
CHANGED, CREATED = "FModifyDate", "FCreateDate"
_GATEWAY_FAILED = 519
_SMALLEST_PAGE = 2
_FIRST_DAY = "1900-01-01"


@dataclass(frozen=True, slots=True)
class Cells(Listing):
    """A good answer: rows of cells in the order of FieldKeys, numbers exact."""

    cells: tuple[Row, ...] = ()


class GalaxyStream(ErpStream):
    """A form 业务对象 of Galaxy, read by primary key.

    Attributes:
        form: FormId.
        entry: The property that holds the lines 分录; None for a form that is read without lines.
        sub_heads: Properties that are 1:1 sub-heads 子单据头.
    """

    vendor = "金蝶云星空"
    path = QUERY_SERVICE
    largest_page = 2000  # the most that every build gives; newer ones trim at 10000 (contract 6.1)
    version_key = CHANGED
    schema = StreamSchema(SchemaDirectory(Path(__file__).with_name("schemas")))

    form: str
    entry: str | None = None
    sub_heads: frozenset[str] = frozenset()

    tap: TapKingdee
    _longest = 0  # rows of the longest page so far; see `keyset`

    # Calls.

    @property
    def url_base(self) -> str:
        """The site's address, with its virtual directory."""
        return str(self.config["base_url"])

    @property
    def requests_session(self) -> requests.Session:
        """One connection pool for all streams: they share the server session."""
        return self.tap.session.http

    def get_http_request(self, *, page: PageContext[PageRequest]) -> HTTPRequest:
        """Return the query that a page's parameters make."""
        asked = page.next_page_token.params if page.next_page_token else {}
        url = service_url(self.url_base, QUERY_SERVICE)
        query = {"FormId": self.form, "TopRowCount": 0, "StartRow": 0, **asked}
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self.tap.session.headers(url)}
        return HTTPRequest(url=url, method="POST", headers=headers, data=encode({"data": query}))

    def describe(self, response: requests.Response) -> str:
        """Say which call an answer belongs to."""
        return f"{self.name} ({self.form}) at {response.url.split('/Kingdee.')[0]}"

    def validate_response(self, response: requests.Response) -> None:
        """Check what HTTP says, and what only comes with an HTTP status (contract 3.6, 5.5)."""
        if response.status_code == _GATEWAY_FAILED:
            failed = re.search(r'"errcode"\s*:\s*"?(\d+)', response.text)
            said = re.search(r'"description"\s*:\s*"([^"]*)', response.text)
            code = failed[1] if failed else "unknown"
            raise GATEWAY.error(code, said and said[1], where=self.describe(response), response=response)
        if "Fail to verify thirty passport" in response.text[:1000]:
            raise FatalAPIError(
                f"{self.describe(response)}: the site does not know the data centre 账套 {self.config['acct_id']}; "
                "check acct_id."
            )
        super().validate_response(response)

    def open_answer(self, response: requests.Response) -> Cells:
        """Return the rows, or raise what the vendor's refusal means."""
        try:
            answer = rows_or_refusal(response.content)
        except ValueError:
            start = " ".join(response.text[:200].split())[:80]
            raise NotTheApiError(
                f"{self.describe(response)} answers {start!r} instead of rows; base_url must be the address that "
                "ends in /k3cloud/ (or /galaxyapi/), with no proxy's page in between.",
                response=response,
            ) from None
        if isinstance(answer, Refusal):
            self._refused(answer, response)
        self.tap.session.answered(response)
        return Cells(rows=None, cells=tuple(cast("list[Row]", answer)))

    def _refused(self, refusal: Refusal, response: requests.Response) -> None:
        row = QUERIES.find(refusal.code, refusal.text)
        used = response.request.headers.get(SESSION_HEADER)
        if row.action is Action.REFRESH and not self.tap.session.lost(used):
            raise FatalAPIError(
                f"{self.describe(response)}: {self.vendor} does not accept {self.config['username']} "
                f"({refusal.text}); check acct_id, username and {self.tap.secrets_said}."
            )
        raise QUERIES.error(refusal.code, refusal.text, where=self.describe(response), response=response)

    # Pages.

    @property
    def page_size(self) -> int:
        """Rows a query; a document may have more lines than that.

        Raises:
            SetupError: It is too small to tell a document's last page from its others.
        """
        size = super().page_size
        if size < _SMALLEST_PAGE:
            raise SetupError(f"page_size is {size}; a page must have room for at least {_SMALLEST_PAGE} rows.")
        return size

    @cached_property
    def layout(self) -> Layout:
        """The query's columns: what the catalog has and selects, fields of the tenant's own included."""
        needed = (CHANGED,) if self.replication_key else ()
        offered = dict(self.effective_schema.get("properties", {}))
        for name in (*self._keys, *needed):
            offered.setdefault(name, self.schema["properties"][name])
        return layout(
            {"properties": offered},
            primary_key=self._keys[0],
            needed=needed,
            entry=self.entry,
            sub_heads=self.sub_heads,
            selected=lambda crumb: self.mask[crumb],
        )

    def query(self, condition: str, *, fields: str, order: str, limit: int) -> tuple[Row, ...]:
        """Return the rows of one ExecuteBillQuery; the setting filters narrows every query."""
        conditions = [f"({text})" for text in (self.config["filters"].get(self.name), condition) if text]
        asked = {
            "FieldKeys": fields,
            "FilterString": " and ".join(conditions),
            "OrderString": order,
            "Limit": limit,
        }
        return cast("Cells", self.ask(PageRequest(asked, 0, with_total=False))).cells

    def documents(self, condition: str = "") -> Iterator[list[dict[str, Any]]]:
        """Yield the documents that match a condition, page by page, whole."""
        key, line = self._keys[0], self.layout.entry_key
        walk = Walk(
            line=self.layout.position(line) if line else None,
            version=self.layout.position(CHANGED) if self.replication_key else None,
            longest=self._longest,
        )
        while walk.page is not None:
            if isinstance(walk.page, Within):
                only = f"{key}={walk.page.key} and {line}>={walk.page.line}"
            else:
                only = " and ".join(filter(None, (f"{key}>{walk.page.key}", condition)))
            order = ",".join(f"{name} ASC" for name in (key, line) if name)
            rows = self.query(only, fields=self.layout.field_keys, order=order, limit=self.page_size)
            try:
                yield [self._document(document) for document in walk.accept(rows)]
            except WrongCellError as error:
                raise FatalAPIError(
                    f"{self.name}: {error}; deselect that field in the catalog, and report it."
                ) from None
            except WrongOrderError as error:
                raise FatalAPIError(
                    f"{self.name}: {self.vendor} answered {self.form} out of order: {error}; a page might miss "
                    "documents, so nothing more is read."
                ) from None
        self._longest = max(self._longest, walk.longest)
        if walk.dropped:
            self.log("%s were edited while they were read; the next run reads them", walk.dropped)

    def _document(self, rows: list[Row]) -> dict[str, Any]:
        return self.layout.document(rows)


class WholeForm(GalaxyStream, FullTableStream):
    """A form without a change time: all of it, each time."""

    def sources(self, context: types.Context | None) -> Iterable[Callable[[], Iterator[Batch]]]:
        """Return the form as one source."""
        del context
        return (self.documents,)


class ChangingForm(GalaxyStream, WindowedStream):
    """A form whose rows carry FModifyDate 最后修改日期: what has changed, window by window.

    A run reads up to the newest change that Kingdee holds when it starts. That bound comes from the site's own clock,
    so a wrong clock here cannot skip changes; and a document that is edited during the run is left for the next one.
    """

    replication_key = CHANGED
    longest_window = timedelta(days=30)  # the vendor has no limit; this is how far a stopped backfill has to go back

    def sources(self, context: types.Context | None) -> Iterator[Callable[[], Iterator[Batch]]]:
        """Yield one source a window, oldest first, from bookmark or start_date, else from the oldest change."""
        newest = self._edge("DESC")
        if newest is None:
            self.log("Nothing to read")
            return
        asked = self.config.get("window_minutes")
        span = self.longest_window if asked is None else timedelta(minutes=float(asked))
        since = self._since(context)
        end = min(newest, self.tap.moment("end_date", end_of_day=True) or newest)
        start = since
        if start is None or end - start > span:  # no empty windows before the oldest change
            oldest = self._edge("ASC") or end
            start = oldest if start is None else max(start, oldest)
        self.log("Reading %s in windows of %s", Window(start, end), span)
        for window in cut(start, end, span):
            yield partial(self._read, window, changed_within(since, window.end))
            since = window.end + SECOND

    def _since(self, context: types.Context | None) -> datetime | None:
        """Return the moment to read from; None means everything."""
        begin = self.get_starting_timestamp(context)
        if begin is None:
            return None
        reread = begin - timedelta(minutes=float(self.config["lookback_minutes"]))
        return max(reread, self.tap.moment("start_date") or reread)

    def _read(self, window: Window, condition: str) -> Iterator[Batch]:
        yield from self.documents(condition)
        yield WindowRead(window)

    def _edge(self, direction: str) -> datetime | None:
        """Return the oldest or newest change time; none later than tomorrow, which only bad data can have."""
        tomorrow = vendor_text(now() + timedelta(days=1))
        condition = f"{CHANGED}>='{_FIRST_DAY}' and {CHANGED}<'{tomorrow}'"
        rows = self.query(condition, fields=CHANGED, order=f"{CHANGED} {direction}", limit=1)
        return parse_time(rows[0][0]) if rows else None

    def _document(self, rows: list[Row]) -> dict[str, Any]:
        document = super()._document(rows)
        if document[CHANGED] is None:
            document[CHANGED] = document.get(CREATED)
        return document


def changed_within(start: datetime | None, end: datetime) -> str:
    """Return the filter for rows changed from ``start`` to ``end``, both seconds included; None: from the beginning.

    Imported rows may have no change time; their creation time stands in for it (contract 6.3).
    """
    before = f"<'{vendor_text(end + SECOND)}'"
    if start is None:
        return f"({CHANGED}{before} or ({CHANGED} is null and ({CREATED}{before} or {CREATED} is null)))"
    since = f">='{vendor_text(start)}'"
    changed, created = (f"{field}{since} and {field}{before}" for field in (CHANGED, CREATED))
    return f"(({changed}) or ({CHANGED} is null and {created}))"
