from __future__ import annotations

import time
from collections import defaultdict, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WINDOW_SECONDS = 60.0


class Limits:
    """Calls a minute or second, and calls in flight, by whatever key a vendor counts: an appkey, an account.

    A refused call is not counted. ``enabled`` is the switch of ``--limits real|off``.

    Args:
        enabled: False lets everything through.
        clock: seconds that only go forward; tests pass their own.
    """

    def __init__(self, *, enabled: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.enabled = enabled
        self._clock = clock
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)
        self._in_flight: defaultdict[str, int] = defaultdict(int)

    def take(self, key: str, most: int, seconds: float = WINDOW_SECONDS) -> bool:
        """Count one call; False when ``most`` calls were already taken in the last ``seconds``.

        A key always has the same ``seconds``.
        """
        if not self.enabled:
            return True
        moment = self._clock()
        taken = self._taken[key]
        while taken and taken[0] <= moment - seconds:
            taken.popleft()
        if len(taken) >= most:
            return False
        taken.append(moment)
        return True

    @contextmanager
    def in_flight(self, key: str, at_most: int) -> Iterator[bool]:
        """Hold one of ``at_most`` places while the call is being answered; gives False when all are taken."""
        allowed = not self.enabled or self._in_flight[key] < at_most
        if not allowed:
            yield False
            return
        self._in_flight[key] += 1
        try:
            yield True
        finally:
            self._in_flight[key] -= 1

    def clear(self) -> None:
        """Forget the calls taken so far."""
        self._taken.clear()

    def as_dict(self) -> dict[str, object]:
        """Return the switch, and the calls taken by key."""
        return {"limits": "real" if self.enabled else "off", "taken": {key: len(v) for key, v in self._taken.items()}}
