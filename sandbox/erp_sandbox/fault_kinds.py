"""The kinds of fault that need nothing from a vendor: one function each, registered by name and by moment.

*Before* functions run ahead of any work and may give the answer themselves. *After* functions run when the work is
done and committed, and give what is sent instead of the vendor's answer. To add a kind, write one more function.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from erp_sandbox.connection import is_closed, reset

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from erp_sandbox.faults import Fault

    Before = Callable[[Fault, Request], Awaitable[Response | None]]
    After = Callable[[Fault, Request, Response], Awaitable[Response]]

BEFORE: dict[str, Before] = {}
AFTER: dict[str, After] = {}

TIMEOUT_SECONDS = 300.0
SLOW_SECONDS = 5.0
REFUSED_SECONDS = 2.0
HOLD_POLL_SECONDS = 0.05

GATEWAY_PAGE = """<html>
<head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>nginx</center></body>
</html>
"""


def before(name: str) -> Callable[[Before], Before]:
    """Register a function as a kind that happens ahead of the work."""

    def register(function: Before) -> Before:
        BEFORE[name] = function
        return function

    return register


def after(name: str) -> Callable[[After], After]:
    """Register a function as a kind that happens once the work is committed."""

    def register(function: After) -> After:
        AFTER[name] = function
        return function

    return register


def names() -> frozenset[str]:
    """Return every kind that the server itself can make."""
    return frozenset(BEFORE) | frozenset(AFTER)


def _gateway_error(status: int, title: str) -> None:
    @before(f"http_{status}")
    async def answer(_fault: Fault, _request: Request) -> Response:
        return HTMLResponse(GATEWAY_PAGE.format(title=f"{status} {title}"), status)

    @after(f"http_{status}_after")
    async def answer_after(_fault: Fault, _request: Request, _response: Response) -> Response:
        return HTMLResponse(GATEWAY_PAGE.format(title=f"{status} {title}"), status)


for _status, _title in ((500, "Internal Server Error"), (502, "Bad Gateway"), (503, "Service Unavailable")):
    _gateway_error(_status, _title)
_gateway_error(504, "Gateway Time-out")


@before("timeout_before")
async def timeout_before(fault: Fault, request: Request) -> Response:
    """Never do the work, and never answer."""
    return await _hold(fault, request)


@after("timeout_after")
async def timeout_after(fault: Fault, request: Request, _response: Response) -> Response:
    """Do the work and commit it, but never answer."""
    return await _hold(fault, request)


@before("reset_before")
async def reset_before(_fault: Fault, request: Request) -> Response:
    """Reset the connection with nothing done."""
    await reset(request)
    return Response()


@after("reset_after")
async def reset_after(_fault: Fault, request: Request, _response: Response) -> Response:
    """Do the work and commit it, then reset the connection."""
    await reset(request)
    return Response()


@before("refused")
async def refused(fault: Fault, request: Request) -> Response:
    """Close the port and every connection, so that for `seconds` nobody can connect; nothing is done."""
    fault.outage.begin(REFUSED_SECONDS if fault.seconds is None else fault.seconds)
    await reset(request)
    return Response()


@before("slow")
async def slow(fault: Fault, _request: Request) -> Response | None:
    """Answer as always, `seconds` later."""
    await fault.sleep(SLOW_SECONDS if fault.seconds is None else fault.seconds)
    return None


@before("html")
async def html(_fault: Fault, _request: Request) -> Response:
    """Answer 200 with a maintenance page; nothing is done."""
    return HTMLResponse("<html><head><meta charset='utf-8'></head><body>系统维护中，请稍后再试</body></html>")


@after("garbage")
async def garbage(_fault: Fault, _request: Request, response: Response) -> Response:
    """Do the work and commit it, but break the answer's body off in the middle."""
    body = bytes(response.body)
    return PlainTextResponse(body[: len(body) // 2] + b"\x00\xff", media_type=response.media_type)


async def _hold(fault: Fault, request: Request) -> Response:
    """Keep the connection silent until the client gives up, the seconds are over, or the server stops; then cut it."""
    left = TIMEOUT_SECONDS if fault.seconds is None else fault.seconds
    deadline = asyncio.get_running_loop().time() + left
    while not (is_closed(request) or fault.stopped or asyncio.get_running_loop().time() >= deadline):
        await fault.sleep(HOLD_POLL_SECONDS)
    await reset(request)
    return Response()
