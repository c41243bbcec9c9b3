"""The HTTP endpoint: routing by service name, sessions, faults, limits, the answer's shape (vendor contract 2, 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from erp_sandbox.kingdee import injected, login
from erp_sandbox.kingdee.documents import ENCODE
from erp_sandbox.kingdee.envelope import (
    CONTEXT_LOST,
    RESTRICTED,
    RESTRICTED_TEXT,
    Problem,
    Refused,
    ServerException,
    failure,
)
from erp_sandbox.kingdee.gateway import STATUS, gateway_refusal, stale
from erp_sandbox.kingdee.services import SERVICES, Call, Service, Tasks
from erp_sandbox.kingdee.sessions import COOKIE, Session, Sessions
from erp_sandbox.kingdee.trouble import Trouble
from erp_sandbox.kingdee.wire import read_arguments

if TYPE_CHECKING:
    from starlette.requests import Request

    from erp_sandbox.context import Context
    from erp_sandbox.faults import Fault
    from erp_sandbox.kingdee.datacentre import DataCentre

SUFFIX = ".common.kdsvc"
POLL = "queryasyncresult"
LOGINS = {
    "validateuser": (("acctid", "username", "password", "lcid"), login.by_password, "ValidateUser"),
    "validateuser2": (("acctid", "username", "password", "lcid"), login.by_password, "ValidateUser2"),
    "loginbyappsecret": (
        ("acctid", "username", "appid", "appsecret", "lcid"),
        login.by_app_secret,
        "LoginByAppSecret",
    ),
    "loginbysign": (("acctid", "username", "appid", "timestamp", "sign", "lcid"), login.by_sign, "LoginBySign"),
}
IIS_NOT_FOUND = (
    "<!DOCTYPE html><html><head><title>404 - 找不到文件或目录。</title></head><body><h1>服务器错误</h1></body></html>"
)
COOKIE_PATTERN = re.compile(rf"(?:^|;)\s*{COOKIE}=([^;]*)", re.IGNORECASE)


@dataclass
class Answer:
    """What a call is answered with: JSON, or text; ``outcome`` is for the counters."""

    content: Any
    outcome: str
    session: str | None = None
    status: int = HTTPStatus.OK
    text: bool = False

    def response(self) -> Response:
        """Return the HTTP response, with the session's cookies when it is new."""
        if self.text:
            response: Response = PlainTextResponse(self.content, self.status)
        else:
            response = Response(ENCODE(self.content), self.status, media_type="application/json")
        if self.session is not None:
            response.headers.append("set-cookie", f"{COOKIE}={self.session}; path=/")
            response.headers.append("set-cookie", f"ASP.NET_SessionId={self.session[:24]}; path=/; HttpOnly")
        return response


class Endpoint:
    """Answers every call of the WebAPI.

    Args:
        context: the sandbox's faults, limits and counters.
        centre: the data centre.
        sessions: the sessions of this process.
    """

    def __init__(self, context: Context, centre: DataCentre, sessions: Sessions) -> None:
        self._context = context
        self._centre = centre
        self._vendor = centre.account.vendor
        self._sessions = sessions
        self._tasks = Tasks(centre)
        self._calls = 0

    async def __call__(self, request: Request) -> Response:
        """Answer on a direct site."""
        return await self._answer(request, gateway=False)

    async def through_gateway(self, request: Request) -> Response:
        """Answer behind the open-platform gateway, which verifies the client's signature itself (contract 5.5)."""
        return await self._answer(request, gateway=True)

    async def _answer(self, request: Request, *, gateway: bool) -> Response:
        path: str = request.path_params["service"]
        name = path.removesuffix("/").lower()
        key = name.removesuffix(SUFFIX).rpartition(".")[2]
        known = name.endswith(SUFFIX) and (key in SERVICES or key in LOGINS or key == POLL)
        if gateway and (refused := gateway_refusal(self._centre, request.headers, request.url.path, known=known)):
            self._context.calls.count(self._vendor, "gateway", str(refused["errcode"]))
            return Response(ENCODE(refused), STATUS, media_type="application/json")
        if not name.endswith(SUFFIX) or (not gateway and not self.serves(request.path_params["directory"])):
            return HTMLResponse(IIS_NOT_FOUND, HTTPStatus.NOT_FOUND)
        if request.method != "POST":
            return HTMLResponse(IIS_NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, {"allow": "POST"})
        body = await request.body()
        if not known:
            text = f"response_error:找不到服务“{path.removesuffix(SUFFIX)}”，请检查服务名称"
            return PlainTextResponse(text)
        return await self._serve(request, key, body)

    def serves(self, directory: str) -> bool:
        """Whether this is a virtual directory of the site; IIS ignores letter case."""
        return directory.lower() in {name.strip("/").lower() for name in self._centre.settings.virtual_directories}

    async def _serve(self, request: Request, key: str, body: bytes) -> Response:
        service = SERVICES.get(key)
        name = service.name if service else LOGINS[key][2] if key in LOGINS else "QueryAsyncResult"
        shape = service.shape if service else _plain
        try:
            given = read_arguments(body, request.headers.get("content-type", ""), _argument_names(key))
        except (Refused, ServerException) as error:
            self._context.calls.count(self._vendor, name, "bad_body")
            return _failed(error, shape).response()
        numbers = injected.document_numbers(self._centre, given)
        able = injected.able(name, given, login=key in LOGINS)
        fault = self._context.faults.next(self._vendor, name, numbers, able)
        if fault is not None and (early := await _early(fault, request)) is not None:
            self._context.calls.count(self._vendor, name, fault.kind)
            return early
        answer = self._run(request, service, key, given, fault)
        self._context.calls.count(self._vendor, name, answer.outcome if fault is None else fault.kind)
        response = answer.response()
        return response if fault is None else await fault.after(request, response)

    def _run(
        self, request: Request, service: Service | None, key: str, given: dict[str, Any], fault: Fault | None
    ) -> Answer:
        self._calls += 1
        shape = service.shape if service else _plain
        made: str | None = None
        try:
            if key in LOGINS:
                if fault is not None:
                    injected.before(fault.kind, self._sessions, "")
                content, session = login.log_in(self._centre, self._sessions, LOGINS[key][1], given)
                content = injected.answer(fault, content)
                return Answer(content, "ok" if session else "login_refused", session.id if session else None)
            session_id = _session_id(request)
            if fault is not None:
                injected.before(fault.kind, self._sessions, session_id)
            session, new = self._session(request, service, session_id)
            made = session.id if session is not None and new else None
            self._within_limits()
            if service is None:
                return Answer(injected.answer(fault, self._tasks.poll(given)), "ok", made)
            arguments, trouble = injected.given(fault, given), Trouble.of(fault)
            call = Call(self._centre, self._sessions, session, arguments, self._calls, trouble)
            content = injected.answer(fault, service.run(call))
            outcome = _outcome(content)
            if "querymethod" in given:
                content = self._tasks.begin(content)
            return Answer(content, outcome, made)
        except (Refused, ServerException) as error:
            failed = _failed(error, shape)
            failed.session = made
            if failed.outcome == "session_lost":
                return self._lost(request, service, failed)
            return failed

    def _session(self, request: Request, service: Service | None, session_id: str) -> tuple[Session | None, bool]:
        if service is not None and service.open:
            return self._sessions.find(session_id), False
        return self._sessions.authenticate(request.headers, session_id, request.url.path)

    def _within_limits(self) -> None:
        """Raise when the account made too many calls in the last minute (contract 7)."""
        per_minute = self._centre.settings.calls_per_minute
        if per_minute and not self._context.limits.take(self._vendor, per_minute):
            raise Refused(RESTRICTED, RESTRICTED_TEXT)

    def _lost(self, request: Request, service: Service | None, failed: Answer) -> Answer:
        """Answer a lost session: a signed call gets an empty-shell id, View may say nothing (contract 3.5, 3.6)."""
        if "x-kd-signature" in request.headers:
            failed.session = "00000000-0000-0000-0000-000000000000"
        if service is not None and service.name == "View" and self._centre.settings.view_without_session == "empty":
            failed.content = {"Result": None}
        return failed


async def _early(fault: Fault, request: Request) -> Response | None:
    """Return the answer of a fault that lets no call through to the site."""
    if fault.kind == injected.CLOCK_SKEW:
        return Response(ENCODE(stale()), STATUS, media_type="application/json")
    return await fault.before(request)


def _plain(answer: dict[str, Any]) -> Any:
    return answer


def _failed(error: Refused | ServerException, shape: Any) -> Answer:
    if isinstance(error, ServerException):
        return Answer(str(error), "server_error", status=error.status, text=True)
    problem: Problem = error.problem
    outcomes = {CONTEXT_LOST: "session_lost", RESTRICTED: "throttle"}
    return Answer(shape(failure(problem)), outcomes.get(problem.code, "refused"))


def _argument_names(key: str) -> tuple[str, ...]:
    if key in LOGINS:
        return LOGINS[key][0]
    service = SERVICES.get(key)
    return service.arguments if service else ("queryinfo",)


def _session_id(request: Request) -> str:
    """Return the session a call names, by header or by cookie (contract 3.5)."""
    header = request.headers.get(COOKIE)
    if header:
        return header
    match = COOKIE_PATTERN.search(request.headers.get("cookie", ""))
    return match[1].strip() if match else ""


def _outcome(content: Any) -> str:
    """Return the counters' word for an answer that was made."""
    result = content.get("Result") if isinstance(content, dict) else None
    status = result.get("ResponseStatus") if isinstance(result, dict) else None
    if not isinstance(status, dict) or status["IsSuccess"]:
        return "ok"
    return "partial" if status["SuccessEntitys"] else "rejected"
