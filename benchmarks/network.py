"""A network that can fail: relays on loopback between the processes under test and the vendors.

Two ways to fail, as in life. ``refused``: connections break, and new ones are turned away at once, as when a server or
its gateway is down. ``silent``: nothing answers any more and nothing says so, as behind a router that has lost its
line: what is under way hangs, and the call for a new connection is not answered either.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from typing_extensions import Self

Failure = Literal["refused", "silent"]
FAILURES = get_args(Failure)
_PIECE = 1 << 16
_BACKLOG = 100
_FILLERS = 4  # more than the queue of a socket that listens with a backlog of 0 takes
Address = tuple[str, int]


class Line:
    """The way to one vendor.

    Attributes:
        url: Where the vendor is for those who use the line.
        answers_at: When each answer left the vendor, by `time.monotonic`; HTTP without pipelining is what is carried.
        answered_at: When the first one since the line was mended arrived.
    """

    def __init__(self, server: Address, latency: float) -> None:
        self.answers_at: list[float] = []
        self.answered_at: float | None = None
        self._server = server
        self._latency = latency
        self._open = asyncio.Event()
        self._ends: set[socket.socket] = set()
        self._fillers: list[socket.socket] = []
        self._listener = _listening(("127.0.0.1", 0))
        self._address: Address = self._listener.getsockname()
        self.url = f"http://{self._address[0]}:{self._address[1]}"
        self._accepting = asyncio.create_task(self._accept())
        self._carrying: set[asyncio.Task[None]] = set()
        self._open.set()

    def cut(self, how: Failure) -> None:
        """Let the line fail."""
        self._open.clear()
        self._accepting.cancel()
        if how == "silent":
            self._listener.listen(0)
            for _ in range(_FILLERS):  # its queue is full: further calls are dropped without a word
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(self._address)
                self._fillers.append(filler)
            return
        self._listener.close()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let the line work again."""
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        if self._listener.fileno() < 0:
            self._listener = _listening(self._address)
        self._listener.listen(_BACKLOG)
        self.answered_at = None
        self._open.set()
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        """Let go of everything."""
        tasks = [self._accepting, *self._carrying]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in (self._listener, *self._fillers):
            one.close()

    async def _accept(self) -> None:
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            task = asyncio.create_task(self._carry(client))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

    async def _carry(self, client: socket.socket) -> None:
        """Carry one connection until either side ends it."""
        with client, socket.socket() as server, contextlib.suppress(OSError):
            for end in (client, server):
                end.setblocking(False)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.add(end)
            ways: list[asyncio.Task[None]] = []
            try:
                await asyncio.get_running_loop().sock_connect(server, self._server)
                is_asked = asyncio.Event()
                ways = [
                    asyncio.create_task(self._ask(client, server, is_asked)),
                    asyncio.create_task(self._answer(server, client, is_asked)),
                ]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                self._ends -= {client, server}

    async def _ask(self, client: socket.socket, server: socket.socket, is_asked: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while piece := await loop.sock_recv(client, _PIECE):
            is_asked.set()
            await self._open.wait()
            await loop.sock_sendall(server, piece)

    async def _answer(self, server: socket.socket, client: socket.socket, is_asked: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while piece := await loop.sock_recv(server, _PIECE):
            if is_asked.is_set():
                is_asked.clear()
                self.answers_at.append(time.monotonic())
                await asyncio.sleep(self._latency)
            await self._open.wait()
            await loop.sock_sendall(client, piece)
            self.answered_at = self.answered_at or time.monotonic()


class Network:
    """Lines that fail together; runs in a thread of its own while the block lasts."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="network")
        self._lines: list[Line] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def line(self, url: str, *, latency: float = 0) -> Line:
        """Lay a line to a server; each answer takes ``latency`` seconds on it."""
        parts = urlsplit(url)

        async def lay() -> Line:
            return Line((str(parts.hostname), int(parts.port or 80)), latency)

        line: Line = self._do(lay())
        self._lines.append(line)
        return line

    def cut(self, how: Failure = "refused") -> None:
        """Let every line fail."""

        async def cut() -> None:
            for line in self._lines:
                line.cut(how)

        self._do(cut())

    def mend(self) -> float:
        """Let every line work again; returns when, by `time.monotonic`."""

        async def mend() -> float:
            now = time.monotonic()
            for line in self._lines:
                line.mend()
            return now

        now: float = self._do(mend())
        return now

    async def _close(self) -> None:
        for line in self._lines:
            await line.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)


def _listening(address: Address) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener
