"""Date-times as Galaxy writes them: server-local (+08:00) text without an offset, 1 to 3 digits of a second."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from erp_sandbox.clock import CST

PATTERN = re.compile(
    r"\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?\s*"
)


def write(moment: datetime) -> str:
    """Write an aware date-time: ``2026-01-05T09:30:51.52``, milliseconds without trailing zeros."""
    local = moment.astimezone(CST)
    text = local.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{local.microsecond // 1000:03d}".rstrip("0")
    return f"{text}.{fraction}" if fraction else text


@lru_cache(maxsize=4096)
def read(text: str) -> str | None:
    """Return what Galaxy stores for a date-time text, or None when it is none.

    Takes ``2026-01-05``, with a time after a space or ``T``, and, as .NET does, an offset, which is turned into +08:00.
    """
    match = PATTERN.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micros = int((match[7] or "").ljust(6, "0")[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, micros, tzinfo=_offset(match[8]))
        return write(moment)
    except (ValueError, OverflowError):
        return None


def read_day(text: str) -> str | None:
    """Return what Galaxy stores in a date field: the day at midnight."""
    stored = read(text)
    return None if stored is None else f"{stored[:10]}T00:00:00"


def _offset(text: str | None) -> timezone:
    if text is None:
        return CST
    if text == "Z":
        return timezone.utc
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))
