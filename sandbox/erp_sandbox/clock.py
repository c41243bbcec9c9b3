from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

CST = timezone(timedelta(hours=8), "CST")
"""中国标准时间: every date-time of these ERPs is Asia/Shanghai, which has had no summer time since 1991."""

CST_SECONDS = 8 * 3600


def now() -> datetime:
    """Return the machine's time, aware, +08:00."""
    return datetime.now(CST)


@dataclass
class Clock:
    """The clock of a served sandbox, ``skew`` seconds ahead of the machine's."""

    skew: float = 0.0

    def now(self) -> datetime:
        """Return the time it shows, aware, +08:00."""
        return now() + timedelta(seconds=self.skew)


def to_text(epoch: int) -> str:
    """Write unix seconds as the ERPs do: ``yyyy-MM-dd HH:mm:ss`` in +08:00."""
    t = time.gmtime(epoch + CST_SECONDS)
    return f"{t[0]}-{t[1]:02d}-{t[2]:02d} {t[3]:02d}:{t[4]:02d}:{t[5]:02d}"
