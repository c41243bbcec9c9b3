from __future__ import annotations

import contextlib
import gc
import json
import logging
import signal
from email.utils import formatdate
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

from erp_sandbox import control
from erp_sandbox.connection import SandboxProtocol
from erp_sandbox.errors import SandboxError
from erp_sandbox.outage import BACKLOG, reserve
from erp_sandbox.vendors import VENDORS

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import FrameType

    from starlette.routing import BaseRoute

    from erp_sandbox.context import Context

LOG = logging.getLogger("erp_sandbox")
GRACE_SECONDS = 3
KEEP_ALIVE_SECONDS = 75
GC_ALLOCATIONS = 50_000


def application(context: Context) -> Starlette:
    """Build the ASGI application: the vendors' own wires and the ``/_sandbox`` endpoints."""
    routes: list[BaseRoute] = control.routes(context)
    for vendor in VENDORS.values():
        routes.extend(vendor.routes(context))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        context.faults.stop()

    return Starlette(routes=routes, lifespan=lifespan)


def listen(host: str, port: int) -> socket.socket:
    """Bind the port; 0 takes a free one.

    Raises:
        SandboxError: the port is in use or may not be taken, or the host is no address of this machine.
    """
    try:
        bound = reserve((host, port))
        bound.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SandboxError(
            f"Cannot listen on {host}:{port} ({reason}): name another --port (0 takes a free one) or --host.",
            exit_code=1,
        ) from None
    return bound


def serve(context: Context, bound: socket.socket, announce: Callable[[str], None]) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        context: what the handlers share.
        bound: the listening socket; closed at the end.
        announce: called with the base URL as soon as the application answers.

    Returns:
        The exit code: 128 + the signal that ended it.
    """
    config = uvicorn.Config(
        application(context),
        http=SandboxProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    gc.freeze()  # base data live as long as the process: looking through them again and again is for nothing
    gc.set_threshold(GC_ALLOCATIONS)
    server = _Server(config, context, lambda: announce(base_url(bound)))
    server.run(sockets=[bound])
    return 0 if server.signal is None else 128 + server.signal


def base_url(bound: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = bound.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}"


def announcement(url: str) -> str:
    """Return the JSON line that says where the sandbox listens."""
    return json.dumps({"url": url})


class _Server(uvicorn.Server):
    """uvicorn that says when it listens, lets go of held connections when it stops, and ends by returning."""

    def __init__(self, config: uvicorn.Config, context: Context, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self.signal: int | None = None
        self._context = context
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for bound in sockets or ():
            self._context.faults.outage.attach(self, bound)
        self._announce()

    async def on_tick(self, counter: int) -> bool:
        """Write the sandbox's own clock, which may be wrong on purpose, into the header Date."""
        ending = await super().on_tick(counter)
        date = formatdate(self._context.now().timestamp(), usegmt=True).encode()
        self.server_state.default_headers = [(b"date", date), *self.config.encoded_headers]
        return ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._context.faults.stop()
        self._context.faults.outage.stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals without raising them again at the end, as uvicorn does."""
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.signal = sig
        super().handle_exit(sig, frame)
