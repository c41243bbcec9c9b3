"""Tells people of an outage once, every minute, and when it is over; and how long outages took."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from target_kingdee.api.answers import Failure
from target_kingdee.outcomes import Action, row_of, sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable

REMIND_SECONDS = 60.0

logger = logging.getLogger("target-kingdee")


class OutageWatch:
    """Sees what every call of every courier gave.

    A call that breaks once is not worth a word: an outage is told when asking again fails too.

    Args:
        limit: How long an outage is waited for, in seconds; only told.
        clock: Seconds from any moment on.

    Attributes:
        has_answered: Whether Kingdee has answered in this process, so that its address is right.
    """

    def __init__(self, limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.has_answered = False
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._since: float | None = None
        self._told_at: float | None = None

    @property
    def seconds(self) -> float:
        """How long Kingdee has been away, all outages together."""
        with self._lock:
            return self._seconds + (0.0 if self._since is None else self._clock() - self._since)

    def saw(self, result: object) -> None:
        """Take what a call gave."""
        if isinstance(result, Failure) and row_of(result).action is Action.OUTAGE:
            self._is_away(result)
        else:
            self.has_answered = True
            if self._since is not None:
                self._is_back()

    def _is_away(self, failure: Failure) -> None:
        with self._lock:
            now = self._clock()
            if self._since is None:
                self._since = now
            elif self._told_at is None:
                self._told_at = now
                logger.warning(
                    "%s. Asking again every few seconds, for up to %.0f s", _capital(sentence_of(failure)), self._limit
                )
            elif now - self._told_at >= REMIND_SECONDS:
                self._told_at = now
                logger.warning("Kingdee has been away for %.0f s (%s)", now - self._since, failure.detail)

    def _is_back(self) -> None:
        with self._lock:
            if self._since is None:
                return
            seconds = self._clock() - self._since
            self._seconds += seconds
            was_told, self._since, self._told_at = self._told_at is not None, None, None
        if was_told:
            logger.warning("Kingdee is back after %.0f s", seconds)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
