"""企业版 openapi2: form posts to ``/openapi2/<name>.php`` (contract 2, 4.1, 5.1, 6)."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from erp_sandbox.clock import CST_SECONDS
from erp_sandbox.wangdiantong import accounts, signing
from erp_sandbox.wangdiantong.endpoints import ENTERPRISE
from erp_sandbox.wangdiantong.erp import CLOCK_SKEW, LOG, Page
from erp_sandbox.wangdiantong.fields import Style
from erp_sandbox.wangdiantong.query import INTEGER, Query, check_window, moment, values_of
from erp_sandbox.wangdiantong.refusals import Refusal, TopRefusal
from erp_sandbox.wangdiantong.wire import Call, Wire, form_parameters, json_response, query_parameters

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from erp_sandbox.wangdiantong.erp import Erp
    from erp_sandbox.wangdiantong.query import Endpoint
    from erp_sandbox.wangdiantong.settings import Settings

TOLERANCE_SECONDS = 300
HOUR_SECONDS = 3_600
NIGHT_HOURS = 2
NOT_FOUND = "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"


class EnterpriseWire(Wire):
    """``POST /openapi2/<name>.php``."""

    def __init__(self, erp: Erp) -> None:
        super().__init__(erp)
        self.endpoints = {endpoint.name: endpoint for endpoint in ENTERPRISE}

    async def answer(self, request: Request) -> Response:
        """Answer one request; an unknown file is no interface at all."""
        if request.path_params["name"] not in self.endpoints:
            return HTMLResponse(NOT_FOUND, 404)
        return await super().answer(request)

    async def read(self, request: Request) -> Call:
        """Join query and form, as PHP does; the form counts where both have a name."""
        body = await request.body()
        content_type = request.headers.get("content-type", "")
        parameters = {**query_parameters(request), **form_parameters(body, content_type)}
        return Call(request.path_params["name"], parameters, body, content_type)

    async def admitted(self, call: Call, fault: str | None) -> Response:
        """Verify identity, signature and clock, then read the page."""
        self._verify(call.parameters)
        if fault == CLOCK_SKEW:
            raise Refusal("timestamp_wrong")
        endpoint = self.endpoints[call.name]

        def work(empty: bool) -> Response:
            query = enterprise_query(endpoint, call.parameters, self.erp.settings, self.erp.now(), through_qimen=False)
            page = Page("", 0) if empty else self.erp.page(endpoint, query, Style.ENTERPRISE)
            return json_response('{"code":0,"message":""' + page_members(endpoint, page, self.erp.settings) + "}")

        return await self.erp.answered(accounts.ENTERPRISE_APPKEY, fault, work)

    def refused(self, call: Call, refusal: Refusal | TopRefusal) -> Response:
        """Write ``code`` and ``message``."""
        if isinstance(refusal, TopRefusal):  # the direct way has no gateway
            raise refusal
        code, message = self.erp.refused(refusal, flagship=False)
        LOG.info("%s refused: %s %s", call.name, code, message)
        return json_response(json.dumps({"code": code, "message": message}))

    def _verify(self, parameters: dict[str, str]) -> None:
        if parameters.get("sid") != accounts.ENTERPRISE_SID:
            raise Refusal("sid_unknown")
        if parameters.get("appkey") != accounts.ENTERPRISE_APPKEY:
            raise Refusal("appkey_unknown")
        self.erp.check_account()
        sign = parameters.get("sign", "")
        if not hmac.compare_digest(sign.encode(), signing.enterprise(parameters, accounts.ENTERPRISE_SECRET).encode()):
            explain_wrong_sign(parameters, sign)
            raise Refusal("sign_wrong")
        timestamp = parameters.get("timestamp", "")
        if not INTEGER.fullmatch(timestamp):
            raise Refusal("timestamp_no_number", value=timestamp)
        if abs(self.erp.now() - int(timestamp)) > TOLERANCE_SECONDS:
            raise Refusal("timestamp_wrong")


def explain_wrong_sign(parameters: dict[str, str], sign: str) -> None:
    """Log which other length unit, or letter case, would have made the signature match."""
    right = signing.enterprise(parameters, accounts.ENTERPRISE_SECRET)
    if sign.lower() == right:
        LOG.warning("The signature is right but for its case: 企业版 wants lower-case hex.")
    for name, length in signing.WRONG_LENGTHS.items():
        if sign == signing.enterprise(parameters, accounts.ENTERPRISE_SECRET, length):
            LOG.warning("The signature would match with %s lengths: 企业版 counts characters (code points).", name)


def enterprise_query(
    endpoint: Endpoint, parameters: dict[str, str], settings: Settings, now: int, *, through_qimen: bool
) -> Query:
    """Check the parameters of a 企业版 or 企业奇门 call.

    Raises:
        Refusal: a parameter is missing or wrong.
    """
    page_no, page_size = _paging(endpoint, parameters, settings)
    if endpoint.at_night and settings.full_stock == "night" and now_hour(now) >= NIGHT_HOURS:
        raise Refusal("night_only")
    values = values_of(endpoint, parameters)
    name, window = _window(endpoint, parameters, values, settings)
    if window is None and endpoint.warehouse_hour and values.keys() <= {"warehouse_no"}:
        window = now - HOUR_SECONDS, now
    return Query(
        values=values,
        window=window,
        range=name,
        now=now,
        page=page_no,
        page_size=page_size,
        counted=page_no == 0,  # contract 6: total_count only when page_no = 0
        through_qimen=through_qimen,
        settings=settings,
        history=endpoint.history,
    )


def _paging(endpoint: Endpoint, parameters: dict[str, str], settings: Settings) -> tuple[int, int]:
    page_no = parameters.get("page_no") or "0"
    if not INTEGER.fullmatch(page_no) or int(page_no) < 0:
        raise Refusal("page_no_wrong", least=0)
    sent = parameters.get("page_size") or str(endpoint.page_size)
    if not INTEGER.fullmatch(sent) or int(sent) < 1:
        raise Refusal("page_size_wrong")
    return int(page_no), clamped(int(sent), endpoint.most(settings, settings.max_page_size), settings)


def clamped(page_size: int, most: int, settings: Settings) -> int:
    """Cut a page_size to the most, or refuse it: what the vendor does is not documented (contract 6)."""
    if page_size <= most:
        return page_size
    if settings.page_size_over == "error":
        raise Refusal("page_size_over", most=most)
    LOG.warning("page_size %s is cut to %s", page_size, most)
    return most


def _window(
    endpoint: Endpoint, parameters: dict[str, str], values: dict[str, Any], settings: Settings
) -> tuple[str, tuple[int, int] | None]:
    """Read the window; gives its name too."""
    if endpoint.longest is None or not endpoint.alone.isdisjoint(values):
        return "", None
    start_name, end_name, name = endpoint.ranges[0]
    start, end = parameters.get(start_name, ""), parameters.get(end_name, "")
    if not (start or end):
        if endpoint.times_needed and endpoint.instead_of_times.isdisjoint(values):
            raise Refusal("conditions_missing")
        return "", None
    for given, value in ((start_name, start), (end_name, end)):
        if not value:
            raise Refusal("time_missing", name=given)
    window = moment(start_name, start), moment(end_name, end)
    check_window(*window, endpoint.longest_for(values), settings, equal=settings.equal_times == "allow")
    return name, window


def now_hour(now: int) -> int:
    """Return the hour of the day in Shanghai."""
    return (now + CST_SECONDS) // HOUR_SECONDS % 24


def page_members(endpoint: Endpoint, page: Page, settings: Settings) -> str:
    """Write the total and the list, each with a comma in front; an empty list may be left out."""
    text = ""
    if page.total is not None:
        text += f',"total_count":"{page.total}"' if settings.total_as_text else f',"total_count":{page.total}'
    if page.rows or settings.empty_list == "present":
        text += f',"{endpoint.list_key}":[{page.rows}]'
    return text
