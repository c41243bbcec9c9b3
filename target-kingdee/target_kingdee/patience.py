"""How long a delivery goes on when calls fail: pauses that grow, and an end to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erp_sdk.command import UserError

from target_kingdee.steps import Wait

if TYPE_CHECKING:
    from target_kingdee.case import Policy

LONGEST_BACKOFF_FACTOR = 5
LONGEST_THROTTLE_FACTOR = 12


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
    strikes: int = 0
    pause: Wait | None = None
    _throttles: int = field(default=0, init=False)
    _throttled_seconds: float = field(default=0.0, init=False)

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
            self.pause = Wait(self.policy.backoff_seconds * factor, why, is_throttled=False)

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
        self.pause = Wait(seconds, why, is_throttled=True)

    def give_up(self, sentence: str) -> DeliveryStoppedError:
        """Make the error that ends a run whose calls keep failing."""
        return DeliveryStoppedError(
            f"{sentence}. Gave up after {self.strikes} attempts; the next run looks up what was not confirmed."
        )
