"""Which STATE may be acknowledged: the newest before which every record is settled."""

from __future__ import annotations

from collections import deque


class Acknowledgement:
    """Counts records and keeps the STATEs that came between them.

    Attributes:
        read: How many records have come.
    """

    def __init__(self) -> None:
        self.read = 0
        self._states: deque[tuple[int, bytes]] = deque()
        self._acknowledged: bytes | None = None

    def record(self) -> int:
        """Count one more record; returns its position, from 1 on."""
        self.read += 1
        return self.read

    def state(self, value: bytes) -> None:
        """Keep a STATE that came after the records so far; of several in a row the last one counts."""
        if self._states and self._states[-1][0] == self.read:
            self._states.pop()
        self._states.append((self.read, value))

    def due(self, first_unsettled: int | None) -> bytes | None:
        """Return the newest STATE that may be acknowledged now, once; None when there is no new one.

        Args:
            first_unsettled: The position of the first record that is not settled; None when all are.
        """
        newest = None
        while self._states and (first_unsettled is None or self._states[0][0] < first_unsettled):
            newest = self._states.popleft()[1]
        if newest is None or newest == self._acknowledged:
            return None
        self._acknowledged = newest
        return newest
