"""The way a call takes: read, fault, verify, admit, answer or refuse, count (contract 10)."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from erp_sandbox.jushuitan import accounts, tokens
from erp_sandbox.jushuitan.endpoints import BY_PATH
from erp_sandbox.jushuitan.erp import NAME
from erp_sandbox.jushuitan.pages import document_numbers, page, read_biz
from erp_sandbox.jushuitan.refusals import REFUSALS, Refusal
from erp_sandbox.jushuitan.signing import sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request

    from erp_sandbox.jushuitan.accounts import App
    from erp_sandbox.jushuitan.erp import Erp

LOG = logging.getLogger("erp_sandbox.jushuitan")
OK = "ok"
FORM = "application/x-www-form-urlencoded"
CALL_FIELDS = ("app_key", "access_token", "timestamp", "version", "charset", "biz", "sign")
TOKEN_FIELDS = ("app_key", "timestamp", "charset", "sign")
TOKEN_CALLS = {path.lower(): path for path in tokens.CALLS}
"""Whether the vendor minds the capital W of /openWeb is unknown: both are taken (contract 2)."""
TIMESTAMP_DIGITS = 10
FAULT_REFUSALS = {
    "throttle": "too_often",
    "quota": "quota",
    "internal": "internal",
    "http_429": "too_many_requests",
}


class Wire:
    """The vendor's host. ``codes`` are answer numbers other than those of `REFUSALS`."""

    codes: Mapping[str, int] = MappingProxyType({})

    def __init__(self, erp: Erp) -> None:
        self.erp = erp
        self.encode = msgspec.json.Encoder().encode
        self._requests = itertools.count(1)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        context = self.erp.context
        path, form = await self.read(request)
        fault = context.faults.next(NAME, path, lambda: document_numbers((form or {}).get("biz", "")))
        kind = None if fault is None else fault.kind
        if fault is not None:
            early = await fault.before(request)
            if early is not None:
                context.calls.count(NAME, path, fault.kind)
                return early
        outcome, status = OK, 200
        try:
            data = await self.data(path, form, kind, request.client.host if request.client else "")
            body = self.body(0, "执行成功", data, as_text=kind == "code_text")
        except Refusal as refusal:
            outcome = refusal.name
            body, status = self._refused(path, refusal)
        context.calls.count(NAME, path, outcome if kind is None else kind)
        response = Response(body, status, media_type="application/json")
        return response if fault is None else await fault.after(request, response)

    async def read(self, request: Request) -> tuple[str, dict[str, str] | None]:
        """Return the path, and the decoded form of a POST; None for anything else."""
        path = request.url.path[len(accounts.PATH) :]
        return TOKEN_CALLS.get(path.lower(), path), await _form(request)

    async def data(self, path: str, form: dict[str, str] | None, fault: str | None, address: str) -> Any:
        """Verify the caller, hold the call against the limits, and return what is asked for.

        Raises:
            Refusal: the vendor refuses.
        """
        if form is None:
            raise Refusal("form_wanted")
        if path in tokens.CALLS:
            needed, grant = tokens.CALLS[path]
            app = self._verified(form, (*TOKEN_FIELDS, *sorted(needed)))
            await self.admit(f"{app.key} auth", fault)
            return grant(self.erp, app, form)
        endpoint = BY_PATH.get(path)
        if endpoint is None:
            raise Refusal("path_unknown", path=path)
        app = self._verified(form, CALL_FIELDS)
        self._authorise(app, path, form, fault, address)
        await self.admit(f"{app.key} {form['access_token']}", fault)
        return page(self.erp, endpoint, read_biz(form["biz"]))

    def _verified(self, form: dict[str, str], needed: Iterable[str]) -> App:
        """Check the public fields and the signature."""
        for name in needed:
            if not form.get(name):
                raise Refusal("field_missing", name=name)
        if form.get("version", "2") != "2":
            raise Refusal("version_wrong")
        if form["charset"].lower() != "utf-8":
            raise Refusal("charset_wrong")
        app = accounts.APPS.get(form["app_key"])
        if app is None:
            raise Refusal("app_key_unknown")
        timestamp = form["timestamp"]
        if len(timestamp) != TIMESTAMP_DIGITS or not (timestamp.isascii() and timestamp.isdecimal()):
            raise Refusal("timestamp_wrong")
        if abs(self.erp.now() - int(timestamp)) > 60 * self.erp.settings.timestamp_minutes:
            raise Refusal("timestamp_wrong")
        right = sign(app.secret, form)
        if not hmac.compare_digest(form["sign"].encode(), right.encode()):
            if form["sign"].lower() == right:
                LOG.warning("The signature is right but for its case: lower-case hex is wanted.")
            raise Refusal("sign_wrong")
        return app

    def _authorise(self, app: App, path: str, form: dict[str, str], fault: str | None, address: str) -> None:
        settings = self.erp.settings
        if fault == "token_lost":
            tokens.expire(self.erp)
        tokens.check(self.erp, app, form["access_token"])
        if settings.address == "unlisted":
            raise Refusal("address_refused", address=address)
        if path in app.not_granted or path in settings.not_granted.split(","):
            raise Refusal("not_granted")

    async def admit(self, caller: str, fault: str | None) -> None:
        """Hold the call against the limits; a refused call does not count."""
        settings, limits = self.erp.settings, self.erp.context.limits
        if fault in FAULT_REFUSALS:
            raise Refusal(FAULT_REFUSALS[fault])
        if not limits.take(f"{NAME} {caller} second", settings.per_second, 1.0):
            raise Refusal("too_often")
        if not limits.take(f"{NAME} {caller}", settings.per_minute):
            raise Refusal("quota")
        if settings.latency_ms:
            await asyncio.sleep(settings.latency_ms / 1_000)

    def _refused(self, path: str, refusal: Refusal) -> tuple[bytes, int]:
        words = REFUSALS[refusal.name]
        code = self.erp.settings.codes.get(refusal.name, self.codes.get(refusal.name, words.code))
        message = words.message
        for name, value in refusal.details.items():
            message = message.replace("{" + name + "}", str(value))
        LOG.info("%s refused: %s %s", path, code, message)
        return self.body(code, message, None), words.http

    def body(self, code: int, message: str, data: Any, *, as_text: bool = False) -> bytes:
        """Write an answer's envelope."""
        body: dict[str, Any] = {"code": code, "msg": message, "data": data}
        if as_text or self.erp.settings.code_as_text:
            body["code"] = str(code)
        if self.erp.settings.extras:
            body |= {"issuccess": code == 0, "requestId": f"req-{next(self._requests)}"}
        return self.encode(body)


async def _form(request: Request) -> dict[str, str] | None:
    """Decode the form of a POST; None for anything else. The last of repeated names counts."""
    body = await request.body()
    if request.method != "POST" or not request.headers.get("content-type", "").lower().startswith(FORM):
        return None
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
