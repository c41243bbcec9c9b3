"""What a run did: the counters that are told at its end."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_kingdee.case import Case, Fate
from target_kingdee.courier import CallCounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_kingdee.ledger_rows import DeadLetter

_REFUSED = (Fate.DEAD, Fate.SAVED)


@dataclass
class Summary:
    """The counters of one run. Every record read ends in exactly one of delivered to superseded, or as a dead letter.

    Attributes:
        resumed: Documents that an earlier run had left on their way, and that this one finished by itself.
        unconfirmed: Documents whose outcome an earlier run left open, and whose records have not come again.
        seconds_away: How long Kingdee could not be reached.
    """

    read: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    resumed: int = 0
    unconfirmed: int = 0
    seconds_away: float = 0.0
    superseded: int = 0
    base_data_created: int = 0
    dead_lettered: Counter[str] = field(default_factory=Counter)
    counts: CallCounts = field(default_factory=CallCounts)
    started: float = field(default_factory=time.monotonic)

    def count(self, cases: Iterable[Case]) -> None:
        """Count how documents ended."""
        delivered = 0
        for case in cases:
            if case.fate is Fate.DELIVERED:
                delivered += 1
            elif case.fate in _REFUSED:
                self.dead_lettered[case.reason.name if case.reason else "rejected"] += 1
            elif case.fate is not None:
                self.fates[case.fate] += 1
        self.fates[Fate.DELIVERED] += delivered

    def count_resumed(self, cases: Iterable[Case]) -> None:
        """Count how documents ended that an earlier run had left on their way."""
        for case in cases:
            if case.fate in _REFUSED:
                self.dead_lettered[case.reason.name if case.reason else "rejected"] += 1
            else:
                self.resumed += 1

    def count_letters(self, letters: Iterable[DeadLetter]) -> None:
        """Count dead letters that never were documents."""
        self.dead_lettered.update(letter.reason for letter in letters)

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return time.monotonic() - self.started

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as it is logged and kept in the ledger."""
        counts = self.counts
        waited = {"budget": 0.0, "throttle": 0.0, "retry": 0.0, "outage": self.seconds_away, **counts.waited}
        return {
            "read": self.read,
            "delivered": self.fates[Fate.DELIVERED],
            "updated": self.fates[Fate.UPDATED],
            "unchanged": self.fates[Fate.UNCHANGED],
            "skipped_existing": self.fates[Fate.EXISTING],
            "parked": self.fates[Fate.PARKED],
            "set_aside": self.fates[Fate.ASIDE],
            "superseded": self.superseded,
            "base_data_created": self.base_data_created,
            "dead_lettered": sum(self.dead_lettered.values()),
            "dead_lettered_by_reason": dict(sorted(self.dead_lettered.items())),
            "resumed": self.resumed,
            "unconfirmed": self.unconfirmed,
            "calls": sum(counts.calls.values()),
            "calls_by_service": dict(sorted(counts.calls.items())),
            "retries": counts.repeats,
            "throttles": counts.throttles,
            "seconds_waited": round(sum(waited.values()), 3),
            "seconds_waited_by_reason": {reason: round(seconds, 3) for reason, seconds in waited.items()},
            "seconds": round(self.seconds, 3),
        }
