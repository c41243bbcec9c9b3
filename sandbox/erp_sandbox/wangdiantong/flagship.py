"""旗舰版 openapi: a signed query and a JSON array body posted to ``/openapi`` (contract 2, 4.2, 5.2, 6)."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.wangdiantong import accounts, signing
from erp_sandbox.wangdiantong.endpoints import FLAGSHIP, INTERNAL_ONLY
from erp_sandbox.wangdiantong.enterprise import clamped
from erp_sandbox.wangdiantong.erp import CLOCK_SKEW, Page
from erp_sandbox.wangdiantong.fields import Style
from erp_sandbox.wangdiantong.query import Query, check_window, moment, read_integer, values_of
from erp_sandbox.wangdiantong.refusals import Refusal, TopRefusal
from erp_sandbox.wangdiantong.wire import FORM, Call, Wire, json_response, query_parameters

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from erp_sandbox.wangdiantong.erp import Erp
    from erp_sandbox.wangdiantong.query import Endpoint
    from erp_sandbox.wangdiantong.settings import Settings

EPOCH = 1_325_347_200
"""旗舰版 timestamps count seconds from 2012-01-01 00:00:00 +08:00."""
TOLERANCE_SECONDS = 120
VERSION = "1.0"
INT_DIGITS = 10


class FlagshipWire(Wire):
    """``POST /openapi``."""

    def __init__(self, erp: Erp) -> None:
        super().__init__(erp)
        self.endpoints = {endpoint.name: endpoint for endpoint in FLAGSHIP}

    async def read(self, request: Request) -> Call:
        """Keep the body as it came: the signature covers its bytes."""
        parameters = query_parameters(request)
        content_type = request.headers.get("content-type", "")
        return Call(parameters.get("method", ""), parameters, await request.body(), content_type)

    async def admitted(self, call: Call, fault: str | None) -> Response:
        """Verify clock, identity and signature, then read the page."""
        self._verify(call)
        if fault == CLOCK_SKEW:
            raise Refusal("timestamp_wrong")
        endpoint = self.endpoints.get(call.name)
        if endpoint is None:
            raise Refusal("method_internal" if call.name in INTERNAL_ONLY else "method_unknown", method=call.name)

        def work(empty: bool) -> Response:
            settings = self.erp.settings
            parameters = _only_argument(call.body)
            check_names(endpoint, parameters)
            page_no, page_size = _paging(endpoint, call, settings)
            counted = call.parameters.get("calc_total") == "1"
            query = flagship_query(
                endpoint, parameters, settings, page=page_no, page_size=page_size, counted=counted, now=self.erp.now()
            )
            page = Page("", 0 if counted else None) if empty else self.erp.page(endpoint, query, Style.FLAGSHIP)
            return json_response('{"status":0' + data_member(endpoint, page, settings) + "}")

        return await self.erp.answered(accounts.FLAGSHIP_KEY, fault, work)

    def refused(self, call: Call, refusal: Refusal | TopRefusal) -> Response:  # noqa: ARG002 - the base's signature
        """Write ``status`` and ``message``."""
        if isinstance(refusal, TopRefusal):  # the direct way has no gateway
            raise refusal
        status, message = self.erp.refused(refusal, flagship=True)
        return json_response(json.dumps({"status": status, "message": message}, ensure_ascii=False))

    def _verify(self, call: Call) -> None:
        parameters = call.parameters
        if call.content_type.startswith(FORM):
            raise Refusal("content_type")
        if parameters.get("sid") != accounts.FLAGSHIP_SID:
            raise Refusal("sid_unknown")
        if parameters.get("key") != accounts.FLAGSHIP_KEY:
            raise Refusal("appkey_unknown")
        self.erp.check_account()
        if parameters.get("salt") != accounts.FLAGSHIP_SALT:
            raise Refusal("salt_wrong")
        if parameters.get("v") != VERSION:
            raise Refusal("version_wrong")
        timestamp = parameters.get("timestamp", "")
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > INT_DIGITS:
            raise Refusal("timestamp_no_number", value=timestamp)
        if abs(self.erp.now() - EPOCH - int(timestamp)) > TOLERANCE_SECONDS:
            raise Refusal("timestamp_wrong")
        right = signing.flagship(parameters, call.body, accounts.FLAGSHIP_SECRET)
        if not hmac.compare_digest(parameters.get("sign", "").encode(), right.encode()):
            raise Refusal("sign_wrong")


def check_names(endpoint: Endpoint, parameters: dict[str, Any]) -> None:
    """Refuse a parameter name that the method does not have: status 2 (contract 5.2)."""
    times = (name for start, end, _ in endpoint.ranges for name in (start, end)) if endpoint.longest is not None else ()
    known = {*endpoint.parameters, *times}
    for name in parameters:
        if name not in known:
            raise Refusal("parameter_unknown", name=name)


def flagship_query(
    endpoint: Endpoint,
    parameters: dict[str, Any],
    settings: Settings,
    *,
    page: int,
    page_size: int,
    counted: bool,
    now: int,
    through_qimen: bool = False,
) -> Query:
    """Check the ``params`` object of a 旗舰版 or 旗舰奇门 call.

    Raises:
        Refusal: a parameter is missing or wrong.
    """
    values = values_of(endpoint, parameters)
    name, window = _window(endpoint, parameters, values, settings, now)
    return Query(
        values=values,
        window=window,
        range=name,
        now=now,
        page=page,
        page_size=page_size,
        counted=counted,
        through_qimen=through_qimen,
        settings=settings,
        history=endpoint.history,
    )


def data_member(endpoint: Endpoint, page: Page, settings: Settings) -> str:
    """Write ``data`` with a comma in front; without rows and total it may be missing."""
    if endpoint.bare and settings.count_details == "bare":
        return f',"data":[{page.rows}]' + ("" if page.total is None else f',"total":{page.total}')
    inner = [] if page.total is None else [f'"total_count":{page.total}']
    if page.rows or settings.empty_list == "present":
        inner.append(f'"{endpoint.list_key}":[{page.rows}]')
    return ',"data":{' + ",".join(inner) + "}" if inner else ""


def read_pager(endpoint: Endpoint, page_no: Any, page_size: Any, settings: Settings, *, first: int) -> tuple[int, int]:
    """Read page number and size; gives the page counted from 0.

    Raises:
        Refusal: one of them is no number or out of range.
    """
    try:
        number, size = read_integer(page_no), read_integer(page_size)
    except ValueError:
        raise Refusal("arguments_wrong") from None
    if number < first:
        raise Refusal("page_no_wrong", least=first)
    if size < 1:
        raise Refusal("page_size_wrong")
    return number - first, clamped(size, endpoint.most(settings, settings.max_page_size_flagship), settings)


def _only_argument(body: bytes) -> dict[str, Any]:
    """Read the body, an array with one object: the positional arguments of a query (contract 2)."""
    try:
        arguments = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Refusal("arguments_wrong") from None
    if not isinstance(arguments, list):
        raise Refusal("arguments_wrong")
    if len(arguments) != 1:
        raise Refusal("argument_count")
    if not isinstance(arguments[0], dict):
        raise Refusal("argument_type")
    return arguments[0]


def _paging(endpoint: Endpoint, call: Call, settings: Settings) -> tuple[int, int]:
    page_no, page_size = call.parameters.get("page_no"), call.parameters.get("page_size")
    if not page_no or not page_size:
        raise Refusal("pager_missing", method=call.name)
    return read_pager(endpoint, page_no, page_size, settings, first=0)


def _window(
    endpoint: Endpoint, parameters: dict[str, Any], values: dict[str, Any], settings: Settings, now: int
) -> tuple[str, tuple[int, int] | None]:
    """Read the window: the first of the ranges that is sent; gives its name too."""
    if endpoint.longest is None or not endpoint.alone.isdisjoint(values):
        return "", None
    for start_name, end_name, name in endpoint.ranges:
        start, end = parameters.get(start_name) or None, parameters.get(end_name) or None
        if start is None and end is None:
            continue
        if start is None or (end is None and not endpoint.end_is_now):
            raise Refusal("time_missing", name=start_name if start is None else end_name)
        window = moment(start_name, start), now if end is None else moment(end_name, end)
        check_window(*window, endpoint.longest_for(values), settings, equal=True)
        return name, window
    if endpoint.times_needed and endpoint.instead_of_times.isdisjoint(values):
        raise Refusal("conditions_missing")
    return "", None
