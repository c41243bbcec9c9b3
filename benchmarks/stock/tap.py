"""The stock tap: what a tap author writes with singer-sdk's REST stream and nothing else.

Choices, so that the comparison is fair:
- reader, writer, conformance, metrics, retries and validation are the SDK's defaults;
- the schema declares the fields that tap-wangdiantong declares, as the vendor sends them (all text in the enterprise
  dialect), so no value is converted (ours turns numbers and times into typed ones and is charged for it);
- windows as long as the vendor allows, pages of the same size, one after the other, first to last;
- records are found with the SDK's ``records_jsonpath``; an answer is decoded once, though many taps decode it in each
  place that looks at it; the signature is the vendor's (contract 4.1, 4.2).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import singer_sdk.typing as th
from singer_sdk import RESTStream, Tap
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.helpers.jsonpath import extract_jsonpath
from singer_sdk.pagination import BaseAPIPaginator

from benchmarks.stock.fields import ENTERPRISE, FLAGSHIP
from benchmarks.stock.signing import signed_form, signed_query

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from singer_sdk.streams.rest import HTTPRequest, PageContext

CLOCK = "%Y-%m-%d %H:%M:%S"
SECOND = timedelta(seconds=1)
SHIPPED = "95,105,110,113"
Position = tuple[str, int]
"""Where reading is: the window's start and the page number."""


@lru_cache(maxsize=1)
def answer_of(response: requests.Response) -> dict[str, Any]:
    """Decode an answer, once for whoever looks at it."""
    answer: dict[str, Any] = response.json()
    return answer


class WindowPaginator(BaseAPIPaginator[Position]):
    """Pages of a window until a short one, then the next window."""

    def __init__(self, start: datetime, end: datetime, span: timedelta, page_size: int, list_key: str) -> None:
        super().__init__((start.strftime(CLOCK), 0))
        self._end, self._span, self._page_size, self._list_key = end, span, page_size, list_key

    def continue_if_empty(self, response: requests.Response) -> bool:  # noqa: ARG002 - the SDK's signature
        return True

    def get_next(self, response: requests.Response) -> Position | None:
        start, page = self.current_value
        answer = answer_of(response)
        if len(answer.get("data", answer).get(self._list_key, ())) >= self._page_size:
            return start, page + 1
        following = datetime.strptime(start, CLOCK) + self._span  # noqa: DTZ007 - wall clock - the vendor's times have no offset
        return None if following >= self._end else (following.strftime(CLOCK), 0)


class Stockouts(RESTStream[Position]):
    """销售出库单 in the enterprise dialect."""

    name = "sales_stockouts"
    path = "stockout_order_query_trade.php"
    http_method = "POST"
    payload_as_json = False
    primary_keys = ("stockout_id",)
    replication_key = "modified"
    schema = ENTERPRISE
    records_jsonpath = "$.stockout_list[*]"
    list_key = "stockout_list"
    span = timedelta(days=30)
    status_key = "code"

    @property
    def url_base(self) -> str:
        return str(self.config["base_url"])

    def get_new_paginator(self) -> WindowPaginator:
        start, end = (datetime.strptime(self.config[name], CLOCK) for name in ("start_date", "end_date"))  # noqa: DTZ007 - wall clock
        return WindowPaginator(start, end, self.span, self.config["page_size"], self.list_key)

    def window(self, page: PageContext[Position]) -> tuple[str, str, int]:
        """Return the page's window, both ends inclusive, and its number."""
        assert page.next_page_token is not None
        start, number = page.next_page_token
        last = datetime.strptime(start, CLOCK) + self.span - SECOND  # noqa: DTZ007 - wall clock - as above
        return start, min(last.strftime(CLOCK), self.config["end_date"]), number

    def get_http_request(self, *, page: PageContext[Position]) -> HTTPRequest:
        request = super().get_http_request(page=page)
        start, end, number = self.window(page)
        size = str(self.config["page_size"])
        request.data = signed_form(
            self.config,
            {"start_time": start, "end_time": end, "status": SHIPPED, "page_no": str(number), "page_size": size},
        )
        return request

    def validate_response(self, response: requests.Response) -> None:
        super().validate_response(response)
        answer = answer_of(response)
        if str(answer.get(self.status_key, 0)) != "0":
            raise FatalAPIError(f"the vendor refused: {answer.get('message')}")

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        return extract_jsonpath(self.records_jsonpath, answer_of(response))


class FlagshipStockouts(Stockouts):
    """销售出库单 in the flagship dialect: sixty-minute windows, the JSON array body, the signature over it."""

    path = ""
    schema = FLAGSHIP
    records_jsonpath = "$.data.order[*]"
    list_key = "order"
    span = timedelta(minutes=60)
    status_key = "status"

    def get_http_request(self, *, page: PageContext[Position]) -> HTTPRequest:
        request = RESTStream.get_http_request(self, page=page)
        start, end, number = self.window(page)
        body = json.dumps([{"start_time": start, "end_time": end, "status_type": 3, "status": SHIPPED}])
        asked = {
            "method": "wms.stockout.Sales.queryWithDetail", "calc_total": "1",
            "page_no": str(number), "page_size": str(self.config["page_size"]),
        }  # fmt: skip
        query = signed_query(self.config, asked, body)
        request.params, request.data = dict(query), body
        request.headers["Content-Type"] = "application/json"
        return request


class StockTap(Tap):
    """The stock tap."""

    name = "stock-tap-wangdiantong"
    config_jsonschema = th.PropertiesList(
        th.Property("dialect", th.StringType, required=True),
        th.Property("base_url", th.StringType, required=True),
        th.Property("sid", th.StringType, required=True),
        th.Property("appkey", th.StringType, required=True),
        th.Property("appsecret", th.StringType, required=True, secret=True),
        th.Property("start_date", th.StringType, required=True),
        th.Property("end_date", th.StringType, required=True),
        th.Property("page_size", th.IntegerType, default=100),
    ).to_dict()

    def discover_streams(self) -> list[Stockouts]:
        return [FlagshipStockouts(self) if self.config["dialect"] == "flagship" else Stockouts(self)]


if __name__ == "__main__":
    StockTap.cli()
