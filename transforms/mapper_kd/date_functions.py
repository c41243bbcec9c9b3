"""Functions on dates and times: any vendor's spelling in, Kingdee's wall-clock text out (contract 6.4)."""

from __future__ import annotations

import calendar
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import TYPE_CHECKING, Any

from erp_sdk.times import parse_time, vendor_text

from mapper_kd import run_clock
from mapper_kd.arithmetic import describe
from mapper_kd.failures import Invalid
from mapper_kd.kinds import DATETIME
from mapper_kd.text_functions import whole

if TYPE_CHECKING:
    from mapper_kd.date_layouts import Layout

_RFC3339_LENGTH = 25
_DATE_LENGTH = 10
_MAX_DAYS = 40_000
_MONTHS = 12


def datetime_text(value: Any) -> str | None:
    """Return the Beijing wall-clock time as Kingdee takes it: ``2026-01-05 09:30:51``."""
    if value.__class__ is str and len(value) == _RFC3339_LENGTH and value.endswith("+08:00"):
        # What our taps emit: nothing to convert, only to check.
        try:
            return datetime.fromisoformat(value[:-6]).isoformat(" ")
        except ValueError:
            raise Invalid(f"{describe(value)} is no date or time") from None
    moment = _moment(value)
    return None if moment is None else vendor_text(moment)


def date(value: Any) -> str | None:
    """Return the Beijing date of a time: ``2026-01-05``."""
    spelled = datetime_text(value)
    return None if spelled is None else spelled[:_DATE_LENGTH]


def add_days(value: Any, days: Any) -> str | None:
    """Return the time so many days later."""
    moment, shift = _moment(value), whole(days)
    if moment is None:
        return None
    if abs(shift) > _MAX_DAYS:
        raise Invalid(f"{shift} days are out of range")
    try:
        spelled = vendor_text(moment + timedelta(days=shift))
    except OverflowError:
        raise Invalid(f"{describe(value)} cannot be moved by {shift} days") from None
    return spelled[:_DATE_LENGTH] if _is_date(value) else spelled


def month_start(value: Any) -> str | None:
    """Return the first day of the month."""
    moment = _moment(value)
    return None if moment is None else f"{vendor_text(moment)[:7]}-01"


def month_end(value: Any) -> str | None:
    """Return the last day of the month."""
    moment = _moment(value)
    if moment is None:
        return None
    return f"{vendor_text(moment)[:7]}-{calendar.monthrange(moment.year, moment.month)[1]}"


def add_months(value: Any, months: Any) -> str | None:
    """Return the time so many months later; the 31st becomes a shorter month's last day."""
    moment, shift = _moment(value), whole(months)
    if moment is None:
        return None
    year, month = divmod(moment.year * _MONTHS + moment.month - 1 + shift, _MONTHS)
    if not MINYEAR <= year <= MAXYEAR:
        raise Invalid(f"{describe(value)} cannot be moved by {shift} months")
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    spelled = vendor_text(moment.replace(year=year, month=month + 1, day=day))
    return spelled[:_DATE_LENGTH] if _is_date(value) else spelled


def days_between(start: Any, end: Any) -> int | None:
    """Return how many days after the first date the second is; the time of day does not count."""
    first, second = _moment(start), _moment(end)
    return None if first is None or second is None else (second.date() - first.date()).days


def weekday(value: Any) -> int | None:
    """Return the day of the week: 1 is Monday, 7 is Sunday."""
    moment = _moment(value)
    return None if moment is None else moment.isoweekday()


def today() -> str:
    """Return the Beijing date on which the run began."""
    return now()[:_DATE_LENGTH]


def now() -> str:
    """Return the Beijing time at which the run began."""
    return vendor_text(run_clock.started())


def format_date(value: Any, layout: Layout) -> str | None:
    """Return the time in a layout."""
    moment = _moment(value)
    return None if moment is None else layout.spell(moment)


def parse_date(value: Any, layout: Layout) -> str | None:
    """Return the date, or the time, that a text says in a layout."""
    if value is None:
        return None
    spelled = str(value) if value.__class__ is int else value
    if spelled.__class__ is not str:
        raise TypeError(f"{describe(value)} is no text; text() makes one")
    if not spelled.strip():
        return None
    try:
        found = vendor_text(layout.read(spelled))
    except ValueError as error:
        raise Invalid(f"{describe(value)} is no date: {error}") from None
    return found if layout.kind is DATETIME else found[:_DATE_LENGTH]


def _is_date(value: Any) -> bool:
    return value.__class__ is str and len(value) == _DATE_LENGTH


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if value.__class__ is not str and value.__class__ is not int:
        raise Invalid(f"{describe(value)} is no date or time")
    try:
        return parse_time(value)
    except (ValueError, OverflowError, OSError):
        raise Invalid(f"{describe(value)} is no date or time") from None
