"""``/_sandbox/…``: what tests and people may see and change of a running sandbox; no vendor has these."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from erp_sandbox import store
from erp_sandbox.connection import transport_of
from erp_sandbox.errors import SandboxError
from erp_sandbox.vendors import VENDORS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from erp_sandbox.context import Context
    from erp_sandbox.vendor import Vendor

    Endpoint = Callable[[Request], Awaitable[Response]]
    Handlers = dict[str, dict[str, Callable[[dict[str, Any]], dict[str, Any]]]]

DOCUMENTS_A_CHUNK = 100


def routes(context: Context) -> list[BaseRoute]:
    """Return the endpoints under ``/_sandbox``."""
    handlers: Handlers = {name: dict(vendor.control(context)) for name, vendor in VENDORS.items()}
    inner: list[BaseRoute] = [
        Route("/health", _health(context)),
        Route("/credentials", _guarded(_credentials)),
        Route("/calls", _calls(context), methods=["GET", "DELETE"]),
        Route("/faults", _guarded(_faults(context)), methods=["GET", "POST", "DELETE"]),
        Route("/outage", _guarded(_outage(context)), methods=["POST"]),
        Route("/clock", _guarded(_clock(context)), methods=["GET", "POST"]),
        Route("/limits", _guarded(_limits(context)), methods=["GET", "POST"]),
        Route("/reset", _guarded(_reset(context, handlers)), methods=["POST"]),
        Route("/{vendor}/settings", _guarded(_handler(handlers)), methods=["GET"]),
        Route("/{vendor}/{what:path}", _guarded(_show(context)), methods=["GET"]),
        Route("/{vendor}/{what:path}", _guarded(_handler(handlers)), methods=["POST"]),
    ]
    return [Mount("/_sandbox", routes=inner)]


def vendor_named(name: str) -> Vendor:
    """Return the vendor with this name.

    Raises:
        SandboxError: there is none.
    """
    vendor = VENDORS.get(name)
    if vendor is None:
        raise SandboxError(f"There is no vendor {name!r}; there are {', '.join(VENDORS)}.")
    return vendor


def _guarded(endpoint: Endpoint) -> Endpoint:
    """Answer a user's error with HTTP 400 and its sentence."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except SandboxError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return guarded


async def _body(request: Request) -> Any:
    raw = await request.body()
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise SandboxError(f"The body is not JSON: {error}.") from None


def _health(context: Context) -> Endpoint:
    async def health(_request: Request) -> Response:
        seeded = store.seeded(context.db)
        return _json({"ok": True, "vendors": list(VENDORS), "seeded": seeded})

    return health


async def _credentials(request: Request) -> Response:
    base_url = str(request.base_url).rstrip("/").removesuffix("/_sandbox")
    return _json({name: vendor.credentials(base_url) for name, vendor in VENDORS.items()})


def _calls(context: Context) -> Endpoint:
    async def calls(request: Request) -> Response:
        if request.method == "DELETE":
            context.calls.clear()
        return _json(context.calls.as_dict())

    return calls


def _faults(context: Context) -> Endpoint:
    async def faults(request: Request) -> Response:
        if request.method == "POST":
            context.faults.replace(await _body(request))
        elif request.method == "DELETE":
            context.faults.clear()
        return _json(context.faults.as_dict())

    return faults


def _outage(context: Context) -> Endpoint:
    async def outage(request: Request) -> Response:
        body = await _body(request)
        seconds = body.get("seconds") if isinstance(body, dict) else None
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds <= 0:
            raise SandboxError('Say how long the port is closed: {"seconds": 30}.')
        context.faults.outage.begin(seconds, transport_of(request))
        answer = _json({"seconds": seconds})
        answer.headers["connection"] = "close"
        return answer

    return outage


def _clock(context: Context) -> Endpoint:
    async def clock(request: Request) -> Response:
        if request.method == "POST":
            body = await _body(request)
            skew = body.get("skew") if isinstance(body, dict) else None
            if not isinstance(skew, (int, float)) or isinstance(skew, bool):
                raise SandboxError('Say how many seconds the clock is ahead: {"skew": 600}, or behind: {"skew": -600}.')
            context.clock.skew = float(skew)
        return _json({"skew": context.clock.skew, "now": context.now().isoformat(timespec="seconds")})

    return clock


def _limits(context: Context) -> Endpoint:
    async def limits(request: Request) -> Response:
        if request.method == "POST":
            body = await _body(request)
            wanted = body.get("limits") if isinstance(body, dict) else body
            if wanted not in {"real", "off"}:
                raise SandboxError('Limits are "real" or "off": send {"limits": "real"}.')
            context.limits.enabled = wanted == "real"
            context.limits.clear()
        return _json(context.limits.as_dict())

    return limits


def _reset(context: Context, handlers: Handlers) -> Endpoint:
    async def reset(request: Request) -> Response:
        what = request.query_params.get("what", "")
        if what == "counters":
            context.calls.clear()
            context.limits.clear()
            return _json({"reset": what})
        vendor, _, thing = what.partition("-")
        handler = handlers.get(vendor, {}).get(f"reset-{thing}")
        if handler is None:
            known = [f"{name}-{key.removeprefix('reset-')}" for name in handlers for key in handlers[name]
                     if key.startswith("reset-")]  # fmt: skip
            raise SandboxError(f"There is no {what!r} to reset; ?what= is one of {', '.join(['counters', *known])}.")
        return _json(handler(await _body(request) or {}))

    return reset


def _handler(handlers: Handlers) -> Endpoint:
    async def handle(request: Request) -> Response:
        vendor = vendor_named(request.path_params["vendor"])
        what = request.path_params.get("what", "settings")
        handler = handlers[vendor.name].get(what)
        if handler is None:
            raise SandboxError(f"{vendor.name} has no control {what!r}; it has {', '.join(handlers[vendor.name])}.")
        body = None if request.method == "GET" else await _body(request)
        if body is not None and not isinstance(body, dict):
            raise SandboxError(f"The body of {vendor.name}/{what} is a JSON object.")
        return _json(handler(body or {}))

    return handle


def _show(context: Context) -> Endpoint:
    async def show(request: Request) -> Response:
        vendor = vendor_named(request.path_params["vendor"])
        what = request.path_params["what"]
        query = dict(request.query_params)
        if query.pop("summary", "") not in {"", "0"}:
            with store.reading(context.state) as db:
                return _json(vendor.summary(db, what, query))
        stack = ExitStack()  # closed by `_lines` when the answer is sent or the client has gone
        try:
            documents = vendor.show(stack.enter_context(store.reading(context.state)), what, query)
            first = next(documents, None)  # so that a wrong question is refused before the answer starts
        except BaseException:
            stack.close()
            raise
        return StreamingResponse(_lines(first, documents, stack), media_type="application/x-ndjson")

    return show


async def _lines(
    first: dict[str, Any] | None, documents: Iterator[dict[str, Any]], stack: ExitStack
) -> AsyncIterator[bytes]:
    with stack:
        if first is None:
            return
        encode = msgspec.json.Encoder().encode
        chunk = [encode(first)]
        for document in documents:
            chunk.append(encode(document))
            if len(chunk) >= DOCUMENTS_A_CHUNK:
                yield b"\n".join(chunk) + b"\n"
                chunk = []
                await asyncio.sleep(0)  # let other calls in
        if chunk:
            yield b"\n".join(chunk) + b"\n"


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
