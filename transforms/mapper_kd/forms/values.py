"""Whether a value is what a form's field takes: each check returns nothing, or raises the value and the rule."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from mapper_kd.arithmetic import describe
from mapper_kd.failures import Invalid
from mapper_kd.forms.metadata import DATE, DECIMAL, ENUM, INTEGER, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_kd.forms.metadata import FormField

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?")
_MANY = 8


def check_text(value: Any, field: FormField, form: str) -> None:
    """Hold a text against its length; a number is written as one, and several languages are a list."""
    if isinstance(value, list):
        for one in value:
            check_text(one.get("Value") if isinstance(one, dict) else one, field, form)
        return
    if isinstance(value, (bool, dict)):
        _refuse(f"{describe(value)} is no text, and {field} of {form} is one")
    if isinstance(value, str) and field.length:
        size = len(value.encode("utf-16-le", "surrogatepass")) // 2
        if size > field.length:
            _refuse(
                f"a text of {size} characters is too long: {field} of {form} takes {field.length}",
                f"shorten it, as left(…, {field.length}) does, or let {field.key} be longer in Kingdee",
            )


def check_number(value: Any, field: FormField, form: str) -> None:
    """Hold a number against its digits before and after the point."""
    number = _number(value, field, form)
    if not field.precision:
        return
    try:
        _digits(field.precision).quantize(number, unit_of(field.scale))
    except (Inexact, InvalidOperation):
        _refuse_digits(value, number, field, form)


@cache
def _digits(precision: int) -> Context:
    return Context(prec=precision, traps=[Inexact, InvalidOperation])


@cache
def quantizer(precision: int) -> Callable[[Decimal, Decimal], Decimal]:
    """Return what writes a number with the digits of a unit, and gives NaN where that takes more digits than these."""
    return Context(prec=precision, traps=[]).quantize


@cache
def unit_of(scale: int) -> Decimal:
    """Return one unit of the last of so many digits after the point."""
    return Decimal(1).scaleb(-scale)


def _refuse_digits(value: Any, number: Decimal, field: FormField, form: str) -> NoReturn:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - finite, as _number has seen
    places = -exponent - (len(digits) - len("".join(map(str, digits)).rstrip("0")))
    if places > field.scale:
        _refuse(
            f"{describe(value)} has {places} digits after the point: {field} of {form} takes {field.scale}",
            f"round it: round: {field.scale}, or fewer",
        )
    whole = field.precision - field.scale
    _refuse(f"{describe(value)} is too large: {field} of {form} takes {whole} digits before the point")


def check_integer(value: Any, field: FormField, form: str) -> None:
    """Refuse what is no whole number."""
    number = _number(value, field, form)
    if number != number.to_integral_value():
        _refuse(f"{describe(value)} is no whole number, and {field} of {form} is one")


def check_enumeration(value: Any, field: FormField, form: str) -> None:
    """Refuse what is none of the codes."""
    if str(value) not in field.values or isinstance(value, bool):
        codes = [f"{code} {title}".strip() for code, title in field.values.items()]
        more = f" and {len(codes) - _MANY} more" if len(codes) > _MANY else ""
        _refuse(f"{describe(value)} is none of what {field} of {form} takes: {', '.join(codes[:_MANY])}{more}")


def check_date(value: Any, field: FormField, form: str) -> None:
    """Refuse what is no date that Kingdee reads (contract 6.4)."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    _refuse(f"{describe(value)} is no date, and {field} of {form} is one", "make it one with date(…) or datetime(…)")


def _number(value: Any, field: FormField, form: str) -> Decimal:
    if value.__class__ is Decimal:
        return value
    if value.__class__ is int:
        return Decimal(value)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        _refuse(f"{describe(value)} is no number, and {field} of {form} is one")
    return Decimal(value.strip())


def _refuse(message: str, fix: str = "") -> NoReturn:
    raise Invalid(message, fix)


CHECKS: dict[str, Callable[[Any, FormField, str], None]] = {
    TEXT: check_text,
    DECIMAL: check_number,
    INTEGER: check_integer,
    ENUM: check_enumeration,
    DATE: check_date,
}
