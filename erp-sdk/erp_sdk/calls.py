"""One call to a vendor: budget, signature, transport, the meaning of the answer, back-off.

singer-sdk's hooks keep their meaning (`get_http_request`, `validate_response`, `backoff_*`); what differs is that a
call can be made from any thread, and that a repeated call is built anew, since a signature carries the time and is
refused minutes later.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import backoff
import msgspec
import requests
from singer_sdk import RESTStream
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError
from singer_sdk.streams.rest import PageContext

from erp_sdk.answers import RefreshError, RetryLaterError
from erp_sdk.command import explain
from erp_sdk.outages import CONNECT_SECONDS, nothing_was_sent

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from backoff.types import Details

    from erp_sdk.tap import ErpTap

_LONGEST_WAIT_SECONDS = 300.0
_PIECE_BYTES = 1 << 20
_TRIES_BEFORE_FIRST_CONTACT = 3
_REPEATED = (
    RetriableAPIError,
    requests.exceptions.Timeout,
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NotTheApiError(RetryLaterError):
    """Something answered, but not in the vendor's format: a proxy, a gateway's error page, another address."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What one call asks for; the "page token" of the SDK's hooks.

    Attributes:
        params: The business parameters, in the vendor's words.
        number: The page's number as the vendor counts.
        with_total: Whether the vendor should count the whole list.
    """

    params: Mapping[str, Any]
    number: int
    with_total: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A good answer, opened.

    Attributes:
        rows: The JSON array of rows as it came; None when the vendor left the list out, which means "no rows".
        total: How many rows the whole list has, if said.
        cursor: Where the next page begins, if the vendor gives a cursor (see `erp_sdk.scrolling`).
        more: Whether there are pages after this one, if said.
    """

    rows: bytes | msgspec.Raw | None
    total: int | None = None
    cursor: str | None = None
    more: bool | None = None


class CallingStream(RESTStream[PageRequest]):
    """A stream that makes calls, one after the other or from several threads, and repeats each until it has an answer.

    Attributes:
        vendor: The vendor's name in sentences.
        tap: The tap, for its budget and settings.
        calls_made: Calls sent so far, repeated ones included.
    """

    vendor = "the vendor"
    path = ""  # for the metrics; a vendor with one address has no path
    payload_as_json = False
    allow_redirects = False

    def __init__(self, tap: ErpTap, **kwargs: Any) -> None:
        super().__init__(tap=tap, **kwargs)
        self.tap = tap
        self.calls_made = 0
        self._numbers = itertools.count(1)
        self._before_contact = threading.local()  # calls side by side fail together, and that says nothing more
        self._send_until_answered = backoff.on_exception(
            self.backoff_wait_generator,
            _REPEATED,
            max_tries=self.backoff_max_tries,
            on_backoff=self.backoff_handler,
            jitter=self.backoff_jitter,
            logger=None,  # `backoff_handler` says it once
        )(self._send)

    # What a vendor's client.py provides, besides `url_base` and `get_http_request`.

    @abstractmethod
    def open_answer(self, response: requests.Response) -> Listing:
        """Open an HTTP 200 answer.

        Raises:
            FatalAPIError, RetryLaterError, SkippableAPIError: What the vendor's `AnswerTable` says about it.
        """

    def refresh_access(self) -> None:
        """Get a new token or session; called before a call is repeated after `answers.Action.REFRESH`."""

    def describe(self, response: requests.Response) -> str:
        """Say which call an answer belongs to, without parameters, since they may be secret."""
        return f"{self.name} at {response.url.split('?')[0]}"

    # One call.

    def ask(self, request: PageRequest) -> Listing:
        """Make one call, and repeat it as long as that makes sense.

        Raises:
            FatalAPIError, RetriableAPIError, SkippableAPIError, requests.RequestException: It makes no sense any more.
        """
        return self._send_until_answered(request)

    def _send(self, request: PageRequest) -> Listing:
        self.tap.budget.take()
        self.calls_made = next(self._numbers)
        try:
            response = self._answer(request)
            self.validate_response(response)
            listing = self.open_answer(response)
        except (requests.ConnectionError, NotTheApiError) as error:
            failed = self._before_contact.failed = getattr(self._before_contact, "failed", 0) + 1
            if self.tap.vendor_is_known or failed < _TRIES_BEFORE_FIRST_CONTACT:
                raise
            # Nothing at this address has ever answered: a wrong setting is likelier than a long outage.
            raise FatalAPIError(explain(error)[0]) from None
        self.tap.vendor_reached = True
        return listing

    def _answer(self, request: PageRequest) -> requests.Response:
        """Return the answer to one call, whatever it says; wait while the vendor cannot be reached."""
        has_waited = False
        while True:
            asked_at = time.monotonic()
            try:
                response = self._exchange(request)
            except requests.ConnectionError as error:
                if not (nothing_was_sent(error) and self.tap.vendor_is_known):
                    raise
                self.tap.outage.wait(error, asked_at=asked_at, at_most=float(self.config["max_outage_seconds"]))
                has_waited = True
                continue
            self.tap.outage.over()
            if has_waited:
                self.tap.budget.take()  # the place that was taken for this call lies before the outage
            return response

    def _exchange(self, request: PageRequest) -> requests.Response:
        asked = self.get_http_request(page=PageContext(stream_context=None, next_page_token=request))
        prepared = self.build_prepared_request(
            method=asked.method, url=asked.url, params=asked.encode_params(), headers=asked.headers, data=asked.data
        )
        response = self.requests_session.send(
            prepared,
            timeout=(CONNECT_SECONDS, self.timeout),
            allow_redirects=self.allow_redirects,
            **self._environment,
        )
        _read_whole(response)
        return response

    @cached_property
    def _environment(self) -> Mapping[str, Any]:
        # Proxies and certificates named by the environment: looked up once, not for each call.
        found = self.requests_session.merge_environment_settings(self.url_base, {}, True, None, None)
        return dict(found)

    def validate_response(self, response: requests.Response) -> None:
        """Check what HTTP itself says.

        Raises:
            FatalAPIError: A redirect or a refusal: base_url or a proxy is wrong.
            RetryLaterError: 429, with the server's Retry-After if it is a number, or a server error.
        """
        status = response.status_code
        where = f"{self.describe(response)}: HTTP {status} {response.reason or ''}".rstrip()
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            after = response.headers.get("Retry-After", "")
            raise RetryLaterError(
                f"{where}; lower calls_per_minute.",
                seconds=float(after) if after.isdecimal() else None,
                response=response,
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RetryLaterError(f"{where}; run again later, reading goes on where it stopped.", response=response)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            target = response.headers.get("Location", "").split("?")[0]
            raise FatalAPIError(
                f"{where} leads to {target or 'nowhere'}; set base_url to the address that answers itself."
            )
        if status >= HTTPStatus.BAD_REQUEST:
            raise FatalAPIError(f"{where}; check base_url, and whether a proxy or firewall stands in between.")

    def decode_envelope(self, response: requests.Response) -> dict[str, msgspec.Raw]:
        """Return the parts of a JSON object, not decoded yet.

        Raises:
            NotTheApiError: The body is no JSON object.
        """
        try:
            return _envelope.decode(response.content)
        except msgspec.DecodeError:
            start = " ".join(response.content[:200].decode("utf-8", "replace").split())[:80]
            raise NotTheApiError(
                f"{self.describe(response)} answers {start!r} instead of {self.vendor}'s JSON; check base_url, and "
                "whether a proxy or a gateway's error page stands in between.",
                response=response,
            ) from None

    # Back-off: the SDK's hooks.

    @property
    def timeout(self) -> int:
        """Seconds to wait for each part of an answer: the setting request_timeout."""
        return int(self.config["request_timeout"])

    def backoff_max_tries(self) -> int:
        """How often a call is sent at most: the setting max_tries."""
        return int(self.config["max_tries"])

    def backoff_wait_generator(self) -> Generator[float, Any, None]:
        """Wait as long as the answer asks for; otherwise retry_wait, twice that, … up to five minutes."""
        growing = float(self.config["retry_wait"])
        error = yield 0.0
        while True:
            asked = error.seconds if isinstance(error, RetryLaterError) else None
            if asked is None:
                asked, growing = growing, min(growing * 2, _LONGEST_WAIT_SECONDS)
            error = yield asked

    def backoff_jitter(self, value: float) -> float:
        """Spread repeated calls of several processes over a quarter of the wait."""
        return value * random.uniform(1, 1.25)  # noqa: S311 - spreads load, guards nothing

    def backoff_handler(self, details: Details) -> None:
        """Say why a call is repeated; get a new token where that is the cure."""
        error = details.get("exception")
        sentence, _ = explain(error) if error is not None else ("no answer", 1)
        self.logger.warning(
            "%s Trying again in %.1f s (%d of %d)",
            sentence,
            details["wait"],
            details["tries"] + 1,
            self.backoff_max_tries(),
        )
        if isinstance(error, RefreshError):
            self.refresh_access()

    # The SDK's own page loop is not used, but its entry points keep working.

    def get_new_paginator(self) -> None:
        """Pages are walked by `paging.Walk`."""

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """Yield an answer's rows as they came."""
        rows = self.open_answer(response).rows
        yield from msgspec.json.decode(rows, type=list[dict[str, Any]]) if rows is not None else ()


def _read_whole(response: requests.Response) -> None:
    # requests reads in pieces of 10 KiB; for pages of half a megabyte that is a tenth of a tap's work.
    response._content = b"".join(response.iter_content(_PIECE_BYTES))  # noqa: SLF001 - what Response.content does itself
