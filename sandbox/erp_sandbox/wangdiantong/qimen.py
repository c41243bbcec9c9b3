"""奇门 Qimen: the same methods through the Taobao gateway, in two scenes (contract 4.3, 4.4)."""

from __future__ import annotations

import hmac
import itertools
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.clock import CST
from erp_sandbox.wangdiantong import accounts, signing
from erp_sandbox.wangdiantong.endpoints import ENTERPRISE, FLAGSHIP
from erp_sandbox.wangdiantong.enterprise import enterprise_query, page_members
from erp_sandbox.wangdiantong.erp import APP_LIMITED, CLOCK_SKEW, Page
from erp_sandbox.wangdiantong.fields import Style
from erp_sandbox.wangdiantong.flagship import check_names, data_member, flagship_query, read_pager
from erp_sandbox.wangdiantong.refusals import Refusal, TopRefusal
from erp_sandbox.wangdiantong.wire import Call, Wire, form_parameters, json_response, query_parameters

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from erp_sandbox.wangdiantong.erp import Erp
    from erp_sandbox.wangdiantong.query import Endpoint

TOLERANCE_SECONDS = 600
VERSION = "2.0"
SIGN_METHODS = frozenset({"md5", "hmac", "hmac-sha256"})
FLAGSHIP_HOST = "3ldsmu02o9."
REQUIRED = {
    "method": "method_missing",
    "app_key": "app_key_missing",
    "timestamp": "timestamp_missing",
    "v": "version_missing",
    "sign": "sign_missing",
}

VALUE_OF = {
    "app_key_invalid": "app_key",
    "version_invalid": "v",
    "format_invalid": "format",
    "timestamp_invalid": "timestamp",
}


class QimenWire(Wire):
    """One scene of the gateway: ``/router/qm`` and, for tests, ``/router/qmtest``."""

    def __init__(self, erp: Erp, *, flagship: bool) -> None:
        super().__init__(erp)
        self.flagship = flagship
        self.endpoints = {endpoint.qimen_name: endpoint for endpoint in (FLAGSHIP if flagship else ENTERPRISE)}
        self._requests = itertools.count(1)

    def able(self, kind: str) -> bool:  # noqa: ARG002 - the base's signature
        """Whether a kind of fault can happen: the gateway's own can, too."""
        return True

    async def read(self, request: Request) -> Call:
        """Join query and form: clients put system parameters in either."""
        body = await request.body()
        content_type = request.headers.get("content-type", "")
        parameters = {**query_parameters(request), **form_parameters(body, content_type)}
        return Call(parameters.get("method", ""), parameters, body, content_type)

    async def admitted(self, call: Call, fault: str | None) -> Response:
        """Let the gateway verify first, then Wangdiantong, then read the page."""
        self._verify_gateway(call.parameters)
        if fault == CLOCK_SKEW:
            raise TopRefusal("timestamp_invalid", call.parameters["timestamp"])
        endpoint = self.endpoints.get(call.name)
        if endpoint is None:
            raise TopRefusal("method_invalid", call.name)
        if fault == APP_LIMITED:
            raise TopRefusal("app_call_limited")
        if self.flagship:
            self._verify_flagship(call.parameters)
        elif call.parameters.get("sid") != accounts.ENTERPRISE_SID:
            raise Refusal("sid_unknown")
        self.erp.check_account()

        def work(empty: bool) -> Response:
            text = self._flagship_page(endpoint, call, empty) if self.flagship else self._page(endpoint, call, empty)
            return self._enveloped(call, text)

        return await self.erp.answered(accounts.QIMEN_APP_KEY, fault, work)

    def refused(self, call: Call, refusal: Refusal | TopRefusal) -> Response:
        """Write a refusal of Wangdiantong inside ``response``, or one of the gateway in either of its envelopes."""
        if isinstance(refusal, Refusal):
            code, message = self.erp.refused(refusal, flagship=self.flagship)
            name = "status" if self.flagship else "errorcode"
            return self._enveloped(call, f'"{name}":{code},"message":{json.dumps(message, ensure_ascii=False)}')
        words = refusal.words
        if self.erp.settings.qimen_failure == "error_response":
            error = {"code": words.code, "msg": words.message, "sub_code": words.sub_code, "sub_msg": words.sub_message}
            return json_response(json.dumps({"error_response": {**error, "request_id": self._request_id()}}))
        failure = {
            "flag": "failure",
            "code": str(words.code),
            "message": words.message,
            "sub_code": words.sub_code,
            "sub_message": words.sub_message,
            "request_id": self._request_id(),
        }
        return json_response(json.dumps({"response": failure}, ensure_ascii=False))

    def _enveloped(self, call: Call, inner: str) -> Response:
        named = self.erp.settings.qimen_answer == "named" and call.name in self.endpoints
        key = call.name.replace(".", "_") + "_response" if named else "response"
        return json_response(f'{{"{key}":{{{inner},"request_id":"{self._request_id()}"}}}}')

    def _request_id(self) -> str:
        return f"sandbox{next(self._requests):010x}"

    def _page(self, endpoint: Endpoint, call: Call, empty: bool) -> str:
        settings = self.erp.settings
        query = enterprise_query(endpoint, call.parameters, settings, self.erp.now(), through_qimen=True)
        page = Page("", 0) if empty else self.erp.page(endpoint, query, Style.QIMEN)
        return '"errorcode":0,"message":"OK"' + page_members(endpoint, page, settings)

    def _flagship_page(self, endpoint: Endpoint, call: Call, empty: bool) -> str:
        settings = self.erp.settings
        parameters = _object(call.parameters.get("params", ""))
        if settings.qimen_unknown == "refuse":
            check_names(endpoint, parameters)
        if not call.parameters.get("pager"):
            raise Refusal("pager_missing", method=call.name)
        pager = _object(call.parameters["pager"])
        if pager.get("page_no") == 0 and settings.qimen_page_zero == "empty":
            return '"status":0,"message":"OK"' + data_member(endpoint, Page("", 0), settings)
        page_no, page_size = read_pager(endpoint, pager.get("page_no"), pager.get("page_size"), settings, first=1)
        query = flagship_query(
            endpoint,
            parameters,
            settings,
            page=page_no,
            page_size=page_size,
            counted=True,
            now=self.erp.now(),
            through_qimen=True,
        )
        page = Page("", 0) if empty else self.erp.page(endpoint, query, Style.FLAGSHIP)
        return '"status":0,"message":"OK"' + data_member(endpoint, page, settings)

    def _verify_gateway(self, parameters: dict[str, str]) -> None:
        """Check the system parameters and the TOP signature."""
        for name, refusal in REQUIRED.items():
            if not parameters.get(name):
                raise TopRefusal(refusal)
        for name in ("target_app_key", "sign_method"):
            if not parameters.get(name):
                raise TopRefusal("argument_missing", name)
        wrong = {
            "app_key_invalid": parameters["app_key"] != accounts.QIMEN_APP_KEY,
            "version_invalid": parameters["v"] != VERSION,
            "format_invalid": parameters.get("format", "json") != "json",
            "timestamp_invalid": not self._fresh(parameters["timestamp"]),
        }
        for refusal, is_wrong in wrong.items():
            if is_wrong:
                raise TopRefusal(refusal, parameters.get(VALUE_OF[refusal], ""))
        if parameters["sign_method"] not in SIGN_METHODS:
            raise TopRefusal("argument_invalid", "sign_method")
        rights = {signing.top(parameters, accounts.QIMEN_SECRET, empty_values=empty) for empty in (True, False)}
        if parameters["sign"] not in rights:
            raise TopRefusal("sign_invalid")
        target = accounts.QIMEN_FLAGSHIP_TARGET if self.flagship else accounts.QIMEN_TARGET
        if parameters["target_app_key"] != target:
            raise TopRefusal("argument_invalid", "target_app_key")

    def _verify_flagship(self, parameters: dict[str, str]) -> None:
        """Check Wangdiantong's own identity, clock and signature inside the gateway's."""
        if parameters.get("wdt3_customer_id") != accounts.FLAGSHIP_SID:
            raise Refusal("sid_unknown")
        if parameters.get("wdt_appkey") != accounts.FLAGSHIP_KEY:
            raise Refusal("appkey_unknown")
        if parameters.get("wdt_salt") != accounts.FLAGSHIP_SALT:
            raise Refusal("salt_wrong")
        if not self._fresh(parameters.get("datetime", "")):
            raise Refusal("timestamp_wrong")
        variants = itertools.product((True, False), repeat=2)  # public clients disagree on two details
        sign = parameters.get("wdt_sign", "").encode()
        if not any(
            hmac.compare_digest(
                sign,
                signing.qimen_flagship(
                    parameters, accounts.FLAGSHIP_SECRET, list_scalars=list_scalars, empty_values=empty_values
                ).encode(),
            )
            for list_scalars, empty_values in variants
        ):
            raise Refusal("sign_wrong")

    def _fresh(self, text: str) -> bool:
        """Whether a Beijing time is within ten minutes of the clock."""
        try:
            moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST)
        except ValueError:
            return False
        return abs(self.erp.now() - moment.timestamp()) <= TOLERANCE_SECONDS


class QimenHosts:
    """``/router/qm``: the scene is in the host name, as on the real gateway; on loopback it is the enterprise one."""

    def __init__(self, enterprise: QimenWire, flagship: QimenWire) -> None:
        self._enterprise = enterprise
        self._flagship = flagship

    async def answer(self, request: Request) -> Response:
        """Hand the request to its scene."""
        flagship = request.headers.get("host", "").startswith(FLAGSHIP_HOST)
        return await (self._flagship if flagship else self._enterprise).answer(request)


def _object(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text.encode(), type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Refusal("arguments_wrong") from None
