"""Reading ahead: the next pages are fetched while earlier ones are being written, in a bounded space, order kept."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")

_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException


class _Done:
    """The source is exhausted."""


class _Stopped(Exception):  # noqa: N818 - a signal between the two sides, never seen outside
    """The reading side has gone away."""


class ReadAhead(Generic[Item]):
    """Iterates sources one after the other, while ``workers`` threads run them ahead.

    Each source is run by one thread from its start to its end, so what it does stays in its own order; different
    sources run side by side. Items come out source by source, in the sources' order, whoever was faster. An error comes
    out where its item would have come.

    The threads are daemons: a process that is told to stop does not wait for a call that hangs or a back-off that
    sleeps.

    Args:
        sources: Each is called, in a thread, for an iterator of items. The iterable itself is advanced under a lock.
        workers: How many sources run at a time.
        depth: How many items of a source may wait to be taken.
        check: Called at least every 0.2 s while waiting for an item; may raise to end the reading.
    """

    def __init__(
        self,
        sources: Iterable[Callable[[], Iterator[Item]]],
        *,
        workers: int = 1,
        depth: int = 3,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._sources = iter(sources)
        self._workers = max(1, workers)
        self._depth = depth
        self._check = check
        self._next_source = threading.Lock()
        self._stop = threading.Event()
        # Each entry is one source's queue; its bound keeps the threads from running far ahead of the reader.
        self._order: queue.Queue[Any] = queue.Queue(self._workers)

    def __iter__(self) -> Iterator[Item]:
        """Start the threads and yield the items."""
        threads = [threading.Thread(target=self._run, daemon=True, name="read-ahead") for _ in range(self._workers)]
        for thread in threads:
            thread.start()
        running = len(threads)
        try:
            while running:
                waiting = self._take(self._order)
                if waiting is _Done:
                    running -= 1
                elif isinstance(waiting, _Failure):
                    raise waiting.error
                else:
                    yield from self._drain(waiting)
        finally:
            self._stop.set()

    def _drain(self, items: queue.Queue[Any]) -> Iterator[Item]:
        while True:
            item = self._take(items)
            if item is _Done:
                return
            if isinstance(item, _Failure):
                raise item.error
            yield item

    def _take(self, waiting: queue.Queue[Any]) -> Any:
        while True:
            self._check()
            try:
                return waiting.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue

    def _put(self, waiting: queue.Queue[Any], item: Any) -> None:
        while not self._stop.is_set():
            try:
                waiting.put(item, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return
        raise _Stopped

    def _run(self) -> None:
        try:
            while (started := self._start_next()) is not None:
                items, source = started
                try:
                    for item in source():
                        self._put(items, item)
                    self._put(items, _Done)
                except _Stopped:
                    raise
                except BaseException as error:  # noqa: BLE001 - raised again by the reader
                    self._put(items, _Failure(error))
                    return
            self._put(self._order, _Done)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - the sources' own iterator failed: raised again by the reader
            self._put(self._order, _Failure(error))

    def _start_next(self) -> tuple[queue.Queue[Any], Callable[[], Iterator[Item]]] | None:
        with self._next_source:
            source = next(self._sources, None)
            if source is None:
                return None
            items: queue.Queue[Any] = queue.Queue(self._depth)
            self._put(self._order, items)
            return items, source
