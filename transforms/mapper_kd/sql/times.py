"""Times in any of the spellings that vendors use; Beijing time throughout (contract 4.5).

The functions of MySQL give null for what is no time. The filters, which stand behind a placeholder, leave it as it is.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erp_sdk.times import CST

from mapper_kd.arithmetic import number
from mapper_kd.failures import Invalid
from mapper_kd.sql.values import calculated, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SEPARATED = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    r"(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?\s*(Z|[-+][0-9]{2}:?[0-9]{2})?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2}))?()")
_SECONDS = re.compile(r"[0-9]{10}")
_MILLISECONDS = re.compile(r"[0-9]{13}")
_WALL_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\+08:00)?")
_JAVA = re.compile(r"yyyy|yy|MM|dd|HH|mm|ss|SSS")
_LONGEST = 40
_SECOND_LENGTH = 19
_DATE_LENGTH = 10
_IN_MILLISECONDS = 10**11
_MAX_SECONDS = 10**11
_MAX_SHIFT = 10**7

DATE, DATETIME = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"


def moment(value: Any) -> datetime | None:
    """Return the wall-clock time, without a zone, that a value stands for; None when it is no time."""
    if value.__class__ is str and _WALL_CLOCK.fullmatch(value):
        try:
            return datetime.fromisoformat(value[:_SECOND_LENGTH])
        except ValueError:
            return None
    if value is None or value.__class__ not in {str, int, Decimal}:
        return None
    spelled = text(value).strip()
    return _read(spelled) if len(spelled) <= _LONGEST else None


def date(value: Any) -> Any:
    """Return the date of a time: ``2026-01-05``; what is no time as it is."""
    return shown(value, DATE)


def date_time(value: Any) -> Any:
    """Return a time as ``2026-01-05 09:30:51``; what is no time as it is."""
    return shown(value, DATETIME)


def shown(value: Any, form: str) -> Any:
    """Return a time in a form such as ``%H:%M``; what is no time as it is."""
    found = moment(value)
    return value if found is None else _strftime(found, form)


def timestamp(value: Any) -> Any:
    """Return a time as whole seconds since 1970; what is no time as it is."""
    found = moment(value)
    return value if found is None else _epoch(found)


def timestamp_ms(value: Any) -> Any:
    """Return a time as milliseconds since 1970; what is no time as it is."""
    found = moment(value)
    return value if found is None else _epoch(found) * 1000


def unix_timestamp(value: Any) -> int | None:
    """``UNIX_TIMESTAMP(t)``."""
    found = moment(value)
    return None if found is None else _epoch(found)


def from_unixtime(seconds: Any, form: Any = "%Y-%m-%d %H:%i:%s") -> str | None:
    """``FROM_UNIXTIME(seconds, form)``."""
    exact = calculated(seconds)
    return None if exact is None or form is None else _formatted(_from_epoch(int(exact)), text(form))


def date_format(value: Any, form: Any) -> str | None:
    """``DATE_FORMAT(t, form)``."""
    found = moment(value)
    return None if found is None or form is None else _formatted(found, text(form))


def format_date(value: Any, form: Any) -> str | None:
    """Return a time in a form such as ``yyyy-MM-dd HH:mm:ss``; a number from 1e11 on is milliseconds, else seconds."""
    if value is None or form is None:
        return None
    if value.__class__ is int or value.__class__ is Decimal:
        seconds = int(number(value))
        found: datetime | None = _from_epoch(seconds // 1000 if seconds >= _IN_MILLISECONDS else seconds)
    else:
        found = moment(value)
    if found is None:
        return None
    return _JAVA.sub(lambda letters: _JAVA_LETTERS[letters[0]](found), text(form))


def date_add(value: Any, count: Any, unit: str) -> str | None:
    """``DATE_ADD(t, INTERVAL n unit)``; a date stays a date when it is moved by days or more."""
    found, shift = moment(value), calculated(count)
    if found is None or shift is None:
        return None
    size = int(shift)
    if abs(size) > _MAX_SHIFT:
        raise Invalid(f"moving a time by {size} {unit}s is out of range")
    try:
        moved = _months_later(found, size * _MONTHS[unit]) if unit in _MONTHS else found + size * _LENGTHS[unit]
    except (OverflowError, ValueError):
        raise Invalid(f"{text(value)} cannot be moved by {size} {unit}s") from None
    only_date = len(text(value).strip()) <= _DATE_LENGTH and unit not in {"hour", "minute", "second"}
    return _strftime(moved, DATE if only_date else DATETIME)


def date_sub(value: Any, count: Any, unit: str) -> str | None:
    """``DATE_SUB(t, INTERVAL n unit)``."""
    shift = calculated(count)
    return None if shift is None else date_add(value, -shift, unit)


def year(value: Any) -> int | None:
    """``YEAR(t)``."""
    found = moment(value)
    return None if found is None else found.year


def month(value: Any) -> int | None:
    """``MONTH(t)``."""
    found = moment(value)
    return None if found is None else found.month


def day(value: Any) -> int | None:
    """``DAY(t)``."""
    found = moment(value)
    return None if found is None else found.day


def last_day(value: Any) -> str | None:
    """``LAST_DAY(t)``."""
    found = moment(value)
    if found is None:
        return None
    return _strftime(found.replace(day=calendar.monthrange(found.year, found.month)[1]), DATE)


def date_diff(value: Any, earlier: Any) -> int | None:
    """``DATEDIFF(t, earlier)``: whole days between the dates."""
    found, other = moment(value), moment(earlier)
    return None if found is None or other is None else (found.date() - other.date()).days


def ago(value: Any, now: Any) -> Any:
    """Return how long ago a time was, in Chinese words; what is no time as it is."""
    found, current = moment(value), moment(now)
    if found is None or current is None:
        return value
    seconds = (current - found).total_seconds()
    return next(words for least, words in _AGO if seconds >= least)


def _read(spelled: str) -> datetime | None:
    if _SECONDS.fullmatch(spelled):
        return _from_epoch(int(spelled))
    if _MILLISECONDS.fullmatch(spelled):
        return _from_epoch(int(spelled) // 1000)
    found = _COMPACT.fullmatch(spelled) or _SEPARATED.fullmatch(spelled)
    if found is None:
        return None
    try:
        numbers = [int(part or 0) for part in found.groups()[:6]]
        local = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - wall-clock time; the offset follows
        return _in_beijing(local, found[7]) if found[7] else local
    except (ValueError, OverflowError):
        return None


def _in_beijing(local: datetime, offset: str) -> datetime:
    digits = offset.lstrip("+-").replace(":", "")
    away = timedelta() if offset == "Z" else timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    zone = timezone(-away if offset[0] == "-" else away)
    return local.replace(tzinfo=zone).astimezone(CST).replace(tzinfo=None)


def _from_epoch(seconds: int) -> datetime:
    if not 0 <= seconds <= _MAX_SECONDS:
        raise Invalid(f"{seconds} seconds since 1970 are out of range")
    return datetime.fromtimestamp(seconds, CST).replace(tzinfo=None)


def _epoch(found: datetime) -> int:
    return int(found.replace(tzinfo=CST).timestamp())


def _strftime(found: datetime, form: str) -> str:
    if form == DATETIME:
        return found.isoformat(" ", "seconds")
    if form == DATE:
        return found.isoformat()[:_DATE_LENGTH]
    return found.strftime(form)


def _formatted(found: datetime, form: str) -> str:
    def spelled(letter: re.Match[str]) -> str:
        spell = _MYSQL_LETTERS.get(letter[1])
        return letter[1] if spell is None else spell(found)

    return _MYSQL.sub(spelled, form)


def _months_later(found: datetime, count: int) -> datetime:
    months = found.year * 12 + found.month - 1 + count
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return found.replace(year=year, month=month + 1, day=min(found.day, last))


_MYSQL = re.compile("%(.)", re.DOTALL)
_MYSQL_LETTERS: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "m": lambda at: f"{at.month:02}",
    "c": lambda at: str(at.month),
    "d": lambda at: f"{at.day:02}",
    "e": lambda at: str(at.day),
    "H": lambda at: f"{at.hour:02}",
    "k": lambda at: str(at.hour),
    "h": lambda at: f"{(at.hour + 11) % 12 + 1:02}",
    "i": lambda at: f"{at.minute:02}",
    "s": lambda at: f"{at.second:02}",
    "S": lambda at: f"{at.second:02}",
    "f": lambda at: f"{at.microsecond:06}",
    "T": lambda at: at.isoformat()[11:_SECOND_LENGTH],
    "j": lambda at: f"{at.timetuple().tm_yday:03}",
    "p": lambda at: "AM" if at.hour < 12 else "PM",  # noqa: PLR2004 - noon
}
_JAVA_LETTERS: Mapping[str, Callable[[datetime], str]] = {
    "yyyy": _MYSQL_LETTERS["Y"],
    "yy": _MYSQL_LETTERS["y"],
    "MM": _MYSQL_LETTERS["m"],
    "dd": _MYSQL_LETTERS["d"],
    "HH": _MYSQL_LETTERS["H"],
    "mm": _MYSQL_LETTERS["i"],
    "ss": _MYSQL_LETTERS["s"],
    "SSS": lambda at: f"{at.microsecond // 1000:03}",
}
_MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
_LENGTHS: Mapping[str, timedelta] = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
UNITS = frozenset({*_MONTHS, *_LENGTHS})
"""What `date_add` and `date_sub` know."""

MYSQL_LETTERS = frozenset(_MYSQL_LETTERS)
"""What may follow a percent sign in `date_format`."""

_DAY = 86_400
_AGO = (
    (365 * _DAY, "一年前"),
    (30 * _DAY, "一个月前"),
    (7 * _DAY, "一周前"),
    (_DAY, "一天前"),
    (3_600, "一小时前"),
    (60, "一分钟前"),
    (float("-inf"), "刚刚"),
)
