"""How long a delivery goes on when calls fail: pauses that grow, and an end to them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erp_sdk.command import UserError

from target_kingdee.steps import Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_kingdee.case import Policy

LONGEST_BACKOFF_FACTOR = 5
LONGEST_THROTTLE_FACTOR = 12
LONGEST_OUTAGE_PAUSE = 3.0  # with the time an attempt to connect takes, Kingdee is asked about every five seconds


class DeliveryStoppedError(UserError):
    """No document can go through until somebody mends what the sentence says."""


@dataclass(slots=True)
class Patience:
    """Counts what goes wrong in one delivery and says how long to pause.

    Attributes:
        strikes: Failed calls in a row; any document that goes through begins a new row.
        pause: The pause that is due, if any.
    """

    policy: Policy
    clock: Callable[[], float] = time.monotonic
    strikes: int = 0
    pause: Wait | None = None
    _throttles: int = field(default=0, init=False)
    _throttled_seconds: float = field(default=0.0, init=False)
    _away_since: float | None = field(default=None, init=False)
    _times_away: int = field(default=0, init=False)

    @property
    def is_exhausted(self) -> bool:
        """Whether more calls failed in a row than may be repeated."""
        return self.strikes > self.policy.max_retries

    def take_pause(self) -> Wait | None:
        """Return the pause that is due, once."""
        pause, self.pause = self.pause, None
        return pause

    def succeed(self) -> None:
        """Note that something went through."""
        self.strikes = self._throttles = 0

    def strike(self) -> None:
        """Note that a call failed."""
        self.strikes += 1

    def back_off(self, why: str) -> None:
        """Pause shortly before the next step."""
        if self.pause is None:
            factor = min(2 ** max(self.strikes - 1, 0), LONGEST_BACKOFF_FACTOR)
            self.pause = Wait(self.policy.backoff_seconds * factor, why, "retry")

    def throttle(self, why: str) -> None:
        """Pause for as long as a vendor's limit asks.

        Raises:
            DeliveryStoppedError: It has lasted too long.
        """
        seconds = self.policy.throttle_seconds * min(2**self._throttles, LONGEST_THROTTLE_FACTOR)
        self._throttles += 1
        self._throttled_seconds += seconds
        if self._throttled_seconds > self.policy.max_throttle_seconds:
            raise DeliveryStoppedError(
                f"{why}. It did not end within {self.policy.max_throttle_seconds:.0f} seconds; lower calls_per_minute, "
                "or run again when the quota is free."
            )
        self.pause = Wait(seconds, why, "throttle")

    def wait_out(self, why: str) -> None:
        """Pause before asking again whether the site is back.

        Raises:
            DeliveryStoppedError: It has been away for too long.
        """
        now = self.clock()
        if self._away_since is None:
            self._away_since = now
        left = self.policy.max_outage_seconds - (now - self._away_since)
        if self._times_away and left <= 0:
            raise DeliveryStoppedError(
                f"{why}. It has been so for {now - self._away_since:.0f} seconds (max_outage_seconds); "
                "the next run looks up what was not confirmed."
            )
        seconds = min(self.policy.backoff_seconds * 2 ** min(self._times_away, 10), LONGEST_OUTAGE_PAUSE)
        self._times_away += 1
        self.pause = Wait(min(seconds, max(left, 0.0)), why, "outage")

    def reached(self) -> None:
        """Note that the site has answered."""
        self._away_since, self._times_away = None, 0

    def give_up(self, sentence: str) -> DeliveryStoppedError:
        """Make the error that ends a run whose calls keep failing."""
        return DeliveryStoppedError(
            f"{sentence}. Gave up after {self.strikes} attempts; the next run looks up what was not confirmed."
        )
