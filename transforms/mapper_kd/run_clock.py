"""The time of the run: one moment for all that is mapped in it, so that the dates of its documents agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sdk import times

if TYPE_CHECKING:
    from datetime import datetime

_started = [times.now()]


def started() -> datetime:
    """Return the moment at which the run began, in +08:00."""
    return _started[0]


def start_at(moment: datetime) -> None:
    """Take another moment as the run's: a preview shows what would be mapped then.

    Args:
        moment: An aware datetime.
    """
    _started[0] = moment.astimezone(times.CST)
