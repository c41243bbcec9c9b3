"""Taking the sandbox off the network: the port is closed for a while, then open again."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erp_sandbox.connection import SandboxProtocol, cut

if TYPE_CHECKING:
    import uvicorn

BACKLOG = 256


def reserve(address: tuple[str, int]) -> socket.socket:
    """Bind an address without listening on it: whoever connects is refused, and nobody else gets the port.

    Raises:
        OSError: the port is in use or may not be taken, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY only when named
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except (OSError, OverflowError):
        bound.close()
        raise
    return bound


@dataclass
class Outage:
    """Closes the listening socket and every connection, and opens the same port again when the time is over."""

    _server: uvicorn.Server | None = None
    _address: tuple[str, int] = ("", 0)
    _reserved: socket.socket | None = None
    _until: float = 0.0
    _timer: asyncio.TimerHandle | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def attach(self, server: uvicorn.Server, bound: socket.socket) -> None:
        """Say which server it is about, when that listens."""
        self._server = server
        self._address = bound.getsockname()[:2]

    def begin(self, seconds: float, spared: asyncio.Transport | None = None) -> None:
        """Refuse connections from now on; one that begins meanwhile may only make it longer.

        Args:
            seconds: how long.
            spared: a connection that is not reset, since its answer is still to be sent.
        """
        if self._server is None:
            return
        loop = asyncio.get_running_loop()
        self._until = max(self._until, loop.time() + seconds)
        if self._reserved is None:
            for server in self._server.servers:
                server.close()
            self._server.servers.clear()
            self._reserved = reserve(self._address)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._until, self._end)
        for connection in list(self._server.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None and transport is not spared:
                cut(transport)

    def stop(self) -> None:
        """Give the port up for good."""
        if self._timer is not None:
            self._timer.cancel()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def _end(self) -> None:
        if self._server is None or self._reserved is None:
            return
        task = asyncio.create_task(self._open(self._server, self._reserved))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._reserved = self._timer = None

    @staticmethod
    async def _open(server: uvicorn.Server, bound: socket.socket) -> None:

        def protocol() -> asyncio.Protocol:
            return SandboxProtocol(
                config=server.config, server_state=server.server_state, app_state=server.lifespan.state
            )

        loop = asyncio.get_running_loop()
        server.servers.append(await loop.create_server(protocol, sock=bound, backlog=BACKLOG))
