from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from starlette.requests import Request

TRANSPORT = "erp_sandbox.transport"
LINGER_NOTHING = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing the socket sends RST instead of FIN."""


class SandboxProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which also tells the application its transport, so that a fault can cut the connection."""

    def on_message_begin(self) -> None:
        """Add the transport to the new request's scope."""
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}


def transport_of(request: Request) -> asyncio.Transport:
    """Return the connection a request came over."""
    return cast("asyncio.Transport", request.scope["extensions"][TRANSPORT]["transport"])


def cut(transport: asyncio.Transport) -> None:
    """Send RST on a connection, unless it is closed already."""
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOTHING)
        transport.abort()


async def reset(request: Request) -> None:
    """Reset the client's TCP connection (RST); what the application answers afterwards goes nowhere."""
    cut(transport_of(request))
    await asyncio.sleep(0)  # abort() tells the protocol in the loop's next turn; until then an answer would be written
    await asyncio.sleep(0)


def is_closed(request: Request) -> bool:
    """Whether the client has gone."""
    return transport_of(request).is_closing()
