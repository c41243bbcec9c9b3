"""Functions on dates and times: any vendor's spelling in, Kingdee's wall-clock text out (contract 6.4)."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from typing import Any

from erp_sdk.times import parse_time, vendor_text

from mapper_kd.arithmetic import describe
from mapper_kd.failures import Invalid
from mapper_kd.text_functions import whole

_RFC3339_LENGTH = 25
_DATE_LENGTH = 10
_MAX_DAYS = 40_000


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
    return spelled[:_DATE_LENGTH] if value.__class__ is str and len(value) == _DATE_LENGTH else spelled


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


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if value.__class__ is not str and value.__class__ is not int:
        raise Invalid(f"{describe(value)} is no date or time")
    try:
        return parse_time(value)
    except (ValueError, OverflowError, OSError):
        raise Invalid(f"{describe(value)} is no date or time") from None
