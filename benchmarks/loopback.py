"""A tiny HTTP/1.1 server for what stands in for a vendor: keep-alive, Content-Length bodies, JSON answers."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LENGTH = b"content-length:"


class _Connection(asyncio.Protocol):
    def __init__(self, answer: Callable[[str, bytes], bytes]) -> None:
        self._answer = answer
        self._buffer = bytearray()
        self._needed = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer and len(self._buffer) >= self._needed and self._request():
            pass

    def _request(self) -> bool:
        """Answer one request if it is complete."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end])
        at = head.lower().find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        total = end + 4 + length
        if len(self._buffer) < total:
            self._needed = total
            return False
        body = bytes(self._buffer[end + 4 : total])
        del self._buffer[:total]
        self._needed = 0
        path = head.split(b" ", 2)[1].decode("ascii")
        content = self._answer(path, body)
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
            % (len(content), content)
        )
        return True


async def _serve(answer: Callable[[str, bytes], bytes]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: _Connection(answer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()


def serve(answer: Callable[[str, bytes], bytes]) -> None:
    """Serve on a free loopback port until SIGTERM; one JSON line on stdout says where, as `erp-sandbox serve` does.

    Args:
        answer: From a request's path and body to the answer's JSON.
    """
    asyncio.run(_serve(answer))
