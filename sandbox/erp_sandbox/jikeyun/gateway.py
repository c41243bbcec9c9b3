"""The one door of every module: read the call, verify it, let the method answer, wrap what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from erp_sandbox.clock import CST
from erp_sandbox.jikeyun.accounts import APPLICATIONS
from erp_sandbox.jikeyun.asking import Asked
from erp_sandbox.jikeyun.erp import NAME, REFUSAL_OF_FAULT, TOO_MANY, matches
from erp_sandbox.jikeyun.methods import METHODS
from erp_sandbox.jikeyun.refusals import Refusal
from erp_sandbox.jikeyun.settings import TIME
from erp_sandbox.jikeyun.signing import signature

if TYPE_CHECKING:
    from starlette.requests import Request

    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.jikeyun.methods import Method

FORM = "application/x-www-form-urlencoded"
REQUIRED = ("method", "appkey", "version", "contenttype", "timestamp", "bizcontent", "sign")
OPTIONAL = ("contextid", "token")
VERSIONS = frozenset({"1.0", "v1.0"})
NO_METHOD = "unknown"


@dataclass(frozen=True)
class Call:
    """A call as it was received; ``business`` is None when ``bizcontent`` is no JSON object."""

    http_method: str
    parameters: dict[str, str]
    business: dict[str, Any] | None

    @property
    def name(self) -> str:
        """The method asked for."""
        return self.parameters.get("method") or NO_METHOD


class Gateway:
    """``/open/openapi/do``."""

    def __init__(self, erp: Erp) -> None:
        self.erp = erp
        self._contexts = count(1)
        self._encode = msgspec.json.Encoder().encode

    async def answer(self, request: Request) -> Response:
        """Answer one request, always with HTTP 200."""
        context = self.erp.context
        call = await _read(request)
        fault = context.faults.next(NAME, call.name, lambda: _documents(call))
        if fault is not None:
            early = await fault.before(request)
            if early is not None:
                context.calls.count(NAME, call.name, fault.kind)
                return early
        outcome = "ok"
        context_id = call.parameters.get("contextid") or f"ctx-{next(self._contexts):08d}"
        try:
            response = await self._admitted(call, context_id, None if fault is None else fault.kind)
        except Refusal as refusal:
            outcome = refusal.name
            response = self._refused(refusal, context_id)
        context.calls.count(NAME, call.name, outcome if fault is None else fault.kind)
        return response if fault is None else await fault.after(request, response)

    async def _admitted(self, call: Call, context_id: str, fault: str | None) -> Response:
        settings = self.erp.settings
        if call.http_method != "POST":
            raise Refusal("post_only")
        _check_parameters(call.parameters)
        self._check_caller(call.parameters)
        method = METHODS.get(call.name)
        appkey = call.parameters["appkey"]
        self.erp.check_subscribed(appkey, call.name, method is not None)
        if fault == TOO_MANY:
            return Response(status_code=429)
        if fault in REFUSAL_OF_FAULT:
            raise Refusal(REFUSAL_OF_FAULT[fault], method=call.name)
        await self.erp.take(appkey, call.name)
        assert method is not None  # noqa: S101 - what there is not is not subscribed
        if call.business is None:
            raise Refusal(method.family, problem="bizcontent不是JSON对象")
        ignores = bool(settings.same_page) and matches(call.name, settings.same_page)
        data = method.answer(self.erp, Asked(call.business, method.family, settings, ignores_page=ignores))
        return self._said(method, data, context_id)

    def _check_caller(self, parameters: dict[str, str]) -> None:
        application = APPLICATIONS.get(parameters["appkey"])
        if application is None:
            raise Refusal("appkey_unknown")
        if parameters["sign"] != signature(application.secret, parameters):
            raise Refusal("sign_wrong")
        minutes = self.erp.settings.timestamp_minutes
        sent = datetime.strptime(parameters["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST).timestamp()
        if minutes and abs(sent - self.erp.now()) > 60 * minutes:
            raise Refusal("timestamp_wrong")
        if application.token is not None and parameters.get("token") != application.token:
            raise Refusal("token_wrong")

    def _said(self, method: Method, data: Any, context_id: str) -> Response:
        settings = self.erp.settings
        code, message, sub_code = 200, method.message, method.sub_code
        if method.family == "wms" and settings.wms_success == "0":
            code, sub_code = 0, "0000000000"
        if settings.lone_rows == "object" and isinstance(data, list) and len(data) <= 1:
            data = data[0] if data else None
        return self._json({
            "code": str(code) if settings.code_as_text else code,
            "msg": message,
            "subCode": sub_code,
            "result": {"contextId": context_id, "data": data},
        })  # fmt: skip

    def _refused(self, refusal: Refusal, context_id: str) -> Response:
        sub_code, message = self.erp.refused(refusal)
        answer: dict[str, Any] = {
            "code": "0" if self.erp.settings.code_as_text else 0,
            "msg": message,
            "result": {"data": None, "contextId": context_id},
        }
        if sub_code:
            answer["subCode"] = sub_code
        return self._json(answer)

    def _json(self, answer: dict[str, Any]) -> Response:
        return Response(self._encode(answer), media_type="application/json")


async def _read(request: Request) -> Call:
    """Take the request apart: the form, and what an odd client has in the query string; nothing is verified yet."""
    parameters = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    if request.headers.get("content-type", "").lower().startswith(FORM):
        body = (await request.body()).decode("utf-8", "replace")
        parameters |= parse_qsl(body, keep_blank_values=True)
    return Call(request.method, parameters, _object(parameters.get("bizcontent", "")))


def _object(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return {}
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return found if isinstance(found, dict) else None


def _documents(call: Call) -> list[str]:
    found: list[str] = []
    for name, value in (call.business or {}).items():
        if name.lower().endswith(("no", "nos", "ids")) and value:
            found += map(str, value) if isinstance(value, list) else str(value).split(",")
    return found


def _check_parameters(parameters: dict[str, str]) -> None:
    """Refuse missing and unknown public parameters, and values that cannot be (contract 2)."""
    for name in REQUIRED:
        if name not in parameters or (name != "bizcontent" and not parameters[name]):
            raise Refusal("public_missing", name=name)
    for name in parameters:
        if name not in REQUIRED and name not in OPTIONAL:
            raise Refusal("public_unknown", name=name)
    checks = {
        "appkey": parameters["appkey"].isdigit(),
        "version": parameters["version"].lower() in VERSIONS,
        "contenttype": parameters["contenttype"].lower() == "json",
        "timestamp": _is_time(parameters["timestamp"]),
    }
    for name, right in checks.items():
        if not right:
            raise Refusal("public_wrong", name=name, value=parameters[name])


def _is_time(text: str) -> bool:
    if not TIME.fullmatch(text):
        return False
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST)
    except ValueError:
        return False
    return True
