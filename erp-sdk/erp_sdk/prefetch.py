"""Reading ahead: sources are read side by side while earlier items are being written, in a bounded space, order kept.

A backfill is thousands of sources (windows) of a page or two each. What comes out is what reading them one after the
other would give; what goes on behind it is that several threads read, each one source at a time, always the earliest
that nobody has begun. So a source that is slow holds back what is written, and not what is read, up to `_SPARE` sources
further on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Source = Callable[[], Iterator[Item]]

_POLL_SECONDS = 0.2
_SPARE = 6


@dataclass(frozen=True, slots=True)
class Instead(Generic[Item]):
    """What a source yields as its last item when other sources take its place: a window that is cut into parts."""

    sources: Iterable[Source[Item]]


@dataclass(slots=True, eq=False)
class _Slot(Generic[Item]):
    """A source on its way through.

    Attributes:
        source: What is to be run; None when it has been taken by a thread.
        items: What was read and not taken yet.
        running: Whether a thread is reading it.
        error: What ended it.
    """

    source: Source[Item] | None
    items: deque[Item] = field(default_factory=deque)
    running: bool = False
    error: BaseException | None = None

    @property
    def takes_space(self) -> bool:
        return self.running or bool(self.items)

    @property
    def is_over(self) -> bool:
        return self.source is None and not self.running and not self.items


class _Stopped(Exception):  # noqa: N818 - a signal between the two sides, never seen outside
    """The reading side has gone away."""


class ReadAhead(Generic[Item]):
    """Iterates sources one after the other, while ``workers`` threads run them ahead.

    Each source is run by one thread from its start to its end, so what it does stays in its own order; different
    sources run side by side. Items come out source by source, in the sources' order, whoever was faster. An error comes
    out where its item would have come. A source may hand its rest over to others (`Instead`), which come out where it
    ends and are run side by side too.

    The threads are daemons: a process that is told to stop does not wait for a call that hangs or a back-off that
    sleeps.

    Args:
        sources: Each is called, in a thread, for an iterator of items. The iterable itself is advanced in the threads
            too, by one at a time, and never further than they have come.
        workers: How many sources run at a time.
        depth: How many items of a source may wait to be taken.
        check: Called at least every 0.2 s while waiting for an item; may raise to end the reading.
    """

    def __init__(
        self,
        sources: Iterable[Source[Item]],
        *,
        workers: int = 1,
        depth: int = 3,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._sources = iter(sources)
        self._workers = max(1, workers)
        self._depth = depth
        self._check = check
        self._changed = threading.Condition()
        self._slots: deque[_Slot[Item]] = deque()
        self._exhausted = False
        self._pulling = False
        self._stopped = False

    def __iter__(self) -> Iterator[Item]:
        """Start the threads and yield the items."""
        for _ in range(self._workers):
            threading.Thread(target=self._work, daemon=True, name="read-ahead").start()
        try:
            while (slot := self._first()) is not None:
                if slot.items:
                    with self._changed:
                        item = slot.items.popleft()
                        self._changed.notify_all()
                    yield item
                elif slot.error is not None:
                    raise slot.error
        finally:
            with self._changed:
                self._stopped = True
                self._changed.notify_all()

    # The reading side.

    def _first(self) -> _Slot[Item] | None:
        """Wait until there is something to take, and return where; None when everything has been taken."""
        while True:
            self._check()
            with self._changed:
                while self._slots and self._slots[0].is_over and self._slots[0].error is None:
                    self._slots.popleft()
                    self._changed.notify_all()
                if self._slots and (self._slots[0].items or self._slots[0].is_over):
                    return self._slots[0]
                if self._exhausted and not self._slots:
                    return None
                self._changed.wait(_POLL_SECONDS)

    # The threads.

    def _work(self) -> None:
        try:
            while (begun := self._begin_next()) is not None:
                self._read(*begun)
        except _Stopped:
            return

    def _begin_next(self) -> tuple[_Slot[Item], Source[Item]] | None:
        """Take the earliest source that nobody has begun, as soon as there is space for it; None when none is left."""
        with self._changed:
            while not self._stopped:
                slot = next((slot for slot in self._slots if slot.source is not None), None)
                # What the reader waits for is always begun: otherwise full queues behind it would block everything.
                if slot is not None and slot.source is not None and (slot is self._slots[0] or self._has_space()):
                    source, slot.source, slot.running = slot.source, None, True
                    return slot, source
                if slot is None and not self._exhausted and not self._pulling and self._has_space():
                    self._pull()
                    continue
                if self._exhausted and not any(slot.running or slot.source for slot in self._slots):
                    return None
                self._changed.wait()
        raise _Stopped

    def _has_space(self) -> bool:
        return sum(slot.takes_space for slot in self._slots) < self._workers + _SPARE

    def _pull(self) -> None:
        """Append the next source; the lock is given up meanwhile, since the iterable may ask the vendor for it."""
        slot: _Slot[Item] = _Slot(None)
        self._pulling = True
        self._changed.release()
        try:
            slot.source = next(self._sources, None)
        except BaseException as error:  # noqa: BLE001 - the sources' own iterator failed: raised again by the reader
            slot.error = error
        finally:
            self._changed.acquire()
        self._pulling = False
        self._exhausted = slot.source is None
        if slot.source is not None or slot.error is not None:
            self._slots.append(slot)
        self._changed.notify_all()

    def _read(self, slot: _Slot[Item], source: Source[Item]) -> None:
        parts: list[_Slot[Item]] = []
        try:
            for item in source():
                if isinstance(item, Instead):
                    parts = [_Slot(part) for part in item.sources]
                    break
                self._put(slot, item)
        except _Stopped:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again by the reader
            slot.error = error
        with self._changed:
            slot.running = False
            at = self._slots.index(slot) + 1
            for number, part in enumerate(parts):
                self._slots.insert(at + number, part)
            self._changed.notify_all()

    def _put(self, slot: _Slot[Item], item: Item) -> None:
        with self._changed:
            while len(slot.items) >= self._depth and not self._stopped:
                self._changed.wait()
            if self._stopped:
                raise _Stopped
            slot.items.append(item)
            self._changed.notify_all()
