"""Closed windows of time in whole seconds, no longer than a vendor allows, without gap or overlap.

The vendors filter on both ends inclusive, so a window of one hour is 09:00:00 to 09:59:59: the next one starts at
10:00:00, no second is asked for twice, and builds that refuse "longer than 60 minutes" are satisfied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from erp_sdk.times import CST, vendor_text

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The seconds from ``start`` to ``end``, both included; aware, +08:00, no fractions."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """How many seconds the window holds; 1 when it starts where it ends."""
        return int((self.end - self.start) / SECOND) + 1

    def split(self, parts: int) -> list[Window]:
        """Cut the window into at most so many parts of equal length; a single second stays whole."""
        length = -(-self.seconds // max(1, parts))
        return list(cut(self.start, self.end, timedelta(seconds=length)))

    def __str__(self) -> str:
        return f"{vendor_text(self.start)} to {vendor_text(self.end)}"


def cut(start: datetime, end: datetime, span: timedelta) -> Iterator[Window]:
    """Yield the windows from ``start`` to ``end`` (both included), each holding at most ``span``, oldest first.

    Args:
        start: Aware; fractions of a second are cut off, so that no moment is left out.
        end: Aware; fractions are cut off, so that no second is closed before it is over.
        span: What the vendor allows for one query, at least a second.
    """
    step = max(SECOND, timedelta(seconds=int(span.total_seconds())))
    begin, last = _whole_second(start), _whole_second(end)
    while begin <= last:
        yield Window(begin, min(begin + step - SECOND, last))
        begin += step


def reading_range(
    *,
    bookmark: datetime | None,
    start: datetime | None,
    end: datetime | None,
    now: datetime,
    lookback: timedelta,
    settle: timedelta,
) -> Window | None:
    """Return what a run has to read, or None when there is nothing yet.

    Args:
        bookmark: Up to where earlier runs have read everything; re-read from ``lookback`` before it, since a vendor may
            show a change late. None on a first run.
        start: Never read before this. One of bookmark and start is needed.
        end: Never read after this; None means "up to now".
        now: The clock.
        lookback: See bookmark.
        settle: Rows younger than this are left for the next run: the vendor may still be committing rows that carry
            an earlier time.
    """
    begins = [moment for moment in (start, bookmark and bookmark - lookback) if moment is not None]
    newest = now - settle
    finish = newest if end is None else min(end, newest)
    window = Window(_whole_second(max(begins)), _whole_second(finish))
    return window if window.start <= window.end else None


def _whole_second(moment: datetime) -> datetime:
    return moment.astimezone(CST).replace(microsecond=0)
