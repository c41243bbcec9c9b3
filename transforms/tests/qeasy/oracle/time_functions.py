"""The SQL functions of the vendor contract (5.1) on times; each is called with the run, which has the clock."""

from __future__ import annotations

from transforms.tests.qeasy.oracle.times import (
    date_text,
    datetime_text,
    java_format,
    last_day,
    mysql_format,
    parse_time,
    plus,
    seconds,
)
from transforms.tests.qeasy.oracle.values import as_number, text, truncated

_MILLISECONDS = 10**11  # FORMAT_DATE takes a number from here on for milliseconds


def _unix_timestamp(run, value=None):
    moment = run.now if value is None else parse_time(value, run.zone)
    return None if moment is None else seconds(moment)


def _from_unixtime(run, count, pattern="%Y-%m-%d %H:%i:%s"):
    return mysql_format(parse_time(_ten_digits(as_number(count)), run.zone), text(pattern))


def _ten_digits(count):
    return f"{truncated(count):010}"


def _of_time(make):
    """Make a function of a time that is NULL where there is no such time."""

    def function(run, value, *others):
        moment = parse_time(value, run.zone)
        return None if moment is None else make(moment, *others)

    return function


def _moved(sign):
    def function(run, value, interval):
        count, unit = interval
        moment = parse_time(value, run.zone)
        if moment is None:
            return None
        only_a_day = len(text(value)) <= len("2026-03-20") and unit in {"DAY", "MONTH"}
        return (date_text if only_a_day else datetime_text)(plus(moment, sign * count, unit))

    return function


def _format_date(run, value, pattern):
    number = as_number(value)
    moment = parse_time(value, run.zone)
    if not isinstance(value, str):
        moment = parse_time(_ten_digits(number / 1000 if number >= _MILLISECONDS else number), run.zone)
    return None if moment is None else java_format(moment, text(pattern))


TIME_FUNCTIONS = {
    "NOW": lambda run: datetime_text(run.now),
    "CURDATE": lambda run: date_text(run.now),
    "UNIX_TIMESTAMP": _unix_timestamp,
    "FROM_UNIXTIME": _from_unixtime,
    "DATE_FORMAT": _of_time(mysql_format),
    "DATE_SUB": _moved(-1),
    "DATE_ADD": _moved(1),
    "DAY": _of_time(lambda moment: moment.day),
    "LAST_DAY": _of_time(lambda moment: date_text(last_day(moment))),
    "FORMAT_DATE": _format_date,
}
