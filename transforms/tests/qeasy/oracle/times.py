"""Points in time: what texts and numbers are taken as one, and how they are written (contract 4.4, 4.5, 10.1)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from transforms.tests.qeasy.oracle.values import is_number, text

_SEPARATED = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?")
_MYSQL = {"Y": "%Y", "m": "%m", "d": "%d", "H": "%H", "i": "%M", "s": "%S", "%": "%%"}
_JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def parse_time(value, zone):
    """Return the aware datetime a value stands for, in the zone, or None (contract 4.5: accepted inputs)."""
    if is_number(value) or isinstance(value, str):
        written = text(value).strip()
        if re.fullmatch(r"\d{10}", written):
            return datetime.fromtimestamp(int(written), zone)
        if re.fullmatch(r"\d{13}", written):
            return datetime.fromtimestamp(int(written) // 1000, zone)
        found = _COMPACT.fullmatch(written) or _SEPARATED.fullmatch(written)
        return _made(found, zone) if found else None
    return None


def _made(found, zone):
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    offset = found[7] if found.re is _SEPARATED else None
    try:
        local = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - its zone is set below
    except ValueError:
        return None
    if offset is None:
        return local.replace(tzinfo=zone)
    if offset == "Z":
        return local.replace(tzinfo=timezone.utc).astimezone(zone)
    digits = offset.replace(":", "")
    away = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return local.replace(tzinfo=timezone(-away if digits[0] == "-" else away)).astimezone(zone)


def zone_of(name):
    return ZoneInfo(name or "Asia/Shanghai")


def date_text(moment):
    return moment.strftime("%Y-%m-%d")


def datetime_text(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def seconds(moment):
    return int(moment.timestamp())


FILTERS = {
    "date": date_text,
    "datetime": datetime_text,
    "dateTime": datetime_text,
    "timestamp": seconds,
    "timestamp_ms": lambda moment: seconds(moment) * 1000,
}

SHAPES = {  # of formatResponse (contract 10.1): here dateTime has no seconds
    "date": "%Y-%m-%d",
    "time": "%H:%M:%S",
    "dateTime": "%Y-%m-%d %H:%M",
    "shortDate": "%m-%d",
    "shortTime": "%H:%M",
    "shortDateTime": "%m-%d %H:%M",
}


def mysql_format(moment, pattern):
    """Write a time as DATE_FORMAT does, for the format letters of the contract."""
    return re.sub(r"%(.)", lambda found: moment.strftime(_MYSQL[found[1]]), pattern)


def java_format(moment, pattern):
    """Write a time by a pattern such as yyyy-MM-dd HH:mm:ss."""
    return re.sub("yyyy|MM|dd|HH|mm|ss", lambda found: moment.strftime(_JAVA[found[0]]), pattern)


def plus(moment, count, unit):
    """Move a time by so many of MySQL's units; a month keeps the day where the month has it."""
    if unit == "MONTH":
        months = moment.year * 12 + moment.month - 1 + count
        first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
        return first.replace(day=min(moment.day, last_day(first).day))
    return moment + timedelta(**{f"{unit.lower()}s": count})


def last_day(moment):
    """Return the last day of a time's month, at the same time of day."""
    return (moment.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
