"""Vendor times: Beijing wall-clock text without an offset, or epoch milliseconds; both leave as RFC 3339 with +08:00.

singer-sdk reads a bookmark without an offset as UTC, which would move it by eight hours, and it compares bookmarks as
text, so a stream has one fixed spelling: ``2026-01-05T09:30:51+08:00``, seconds precision.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

CST = timezone(timedelta(hours=8))
"""China Standard Time, the only zone these vendors speak."""

_EMPTY = frozenset({"", "0000-00-00 00:00:00", "0000-00-00", "0001-01-01T00:00:00", "1900-01-01T00:00:00"})
_DATE_LENGTH = 10
_SECOND_LENGTH = 19


def parse_time(value: str | int | None) -> datetime | None:
    """Read what a vendor sends as a time.

    Args:
        value: ``yyyy-MM-dd[ HH:mm:ss[.f…]]`` or the same with ``T`` (Beijing time when it has no offset), an RFC 3339
            text, or epoch milliseconds as a number or as text. None, ``""`` and the vendors' zero dates mean "no time".

    Returns:
        An aware datetime in +08:00, or None.

    Raises:
        ValueError: The text is none of these.
    """
    if value is None:
        return None
    if isinstance(value, int):
        return _from_epoch_milliseconds(value)
    text = value.strip()
    if text in _EMPTY:
        return None
    if text.removeprefix("-").isdigit():
        return _from_epoch_milliseconds(int(text))
    moment = _from_iso(text)
    return moment.replace(tzinfo=CST) if moment.tzinfo is None else moment.astimezone(CST)


def rfc3339(moment: datetime) -> str:
    """Spell an aware datetime as ``2026-01-05T09:30:51+08:00``; fractions of a second are cut off.

    Raises:
        ValueError: The datetime has no time zone: its meaning would be a guess.
    """
    if moment.tzinfo is None:
        raise ValueError(f"the time {moment.isoformat()} has no time zone")
    return moment.astimezone(CST).isoformat(timespec="seconds")


def vendor_text(moment: datetime) -> str:
    """Spell an aware datetime as the vendors take it: ``2026-01-05 09:30:51``, Beijing wall-clock time."""
    return rfc3339(moment)[:_SECOND_LENGTH].replace("T", " ")


def now() -> datetime:
    """Return the current time in +08:00."""
    return datetime.now(CST)


def _from_epoch_milliseconds(value: int) -> datetime | None:
    return datetime.fromtimestamp(value / 1000, CST) if value > 0 else None


def _from_iso(text: str) -> datetime:
    # Python 3.10's fromisoformat knows neither "Z" nor fractions of one or two digits, both of which vendors send.
    head, tail = text[:_SECOND_LENGTH], text[_SECOND_LENGTH:]
    fraction = ""
    if tail.startswith("."):
        digits = len(tail) - len(tail[1:].lstrip("0123456789")) - 1
        fraction, tail = tail[1 : 1 + digits], tail[1 + digits :]
    if tail in ("Z", "z"):
        tail = "+00:00"
    if len(text) == _DATE_LENGTH:
        tail = ""
    moment = datetime.fromisoformat(head + tail)
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction else moment
