"""What passes between a mapping and a function of the user's own: the kinds of annotations, checked both ways."""

from __future__ import annotations

import datetime as dt
import types
import typing
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erp_sdk.times import CST, parse_time, vendor_text

from mapper_kd.allotment import MAX_ITEMS
from mapper_kd.arithmetic import bounded, describe, number
from mapper_kd.failures import Invalid
from mapper_kd.json_functions import plain
from mapper_kd.kinds import ANY, BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, Kind, list_of

if TYPE_CHECKING:
    from collections.abc import Callable

_DATE_LENGTH = 10


@dataclass(frozen=True)
class Annotation:
    """What an annotation says of a value.

    Attributes:
        name: As it is written.
        family: What the language may give, as `Function.takes` has it.
        kind: What it is in the language.
        null: Whether it may be None.
        take: Makes the function's value of the language's; raises `TypeError` or `Invalid` where it cannot.
        give: Makes the language's value of the function's; likewise.
    """

    name: str
    family: str
    kind: Kind
    take: Callable[[Any], Any]
    give: Callable[[Any], Any]
    null: bool = False


def annotation(written: Any) -> Annotation:
    """Return what an annotation says.

    Raises:
        ValueError: The language has no such values.
    """
    arguments = typing.get_args(written)
    if typing.get_origin(written) in {typing.Union, types.UnionType}:
        others = [one for one in arguments if one is not type(None)]
        if len(others) != 1 or len(others) == len(arguments):
            raise ValueError("is annotated with several types; it can be one, or one and None")
        inner = annotation(others[0])
        return Annotation(f"{inner.name} | None", inner.family, inner.kind, inner.take, inner.give, null=True)
    if written is list or typing.get_origin(written) is list:
        return _list(annotation(arguments[0]) if arguments else _ANYTHING)
    if written in {object, Any, dict} or typing.get_origin(written) is dict:
        return _ANYTHING
    if written is float:
        raise ValueError("is annotated float, which is not exact; money and quantities are Decimal")
    known = _SCALARS.get(written)
    if known is None:
        named = getattr(written, "__name__", str(written))
        allowed = ", ".join([*(one.name for one in _SCALARS.values()), "list[…]", "dict", "object"])
        raise ValueError(f"is annotated {named}; it can be {allowed}, or one of them | None")
    return known


def _list(item: Annotation) -> Annotation:
    def each(values: Any, make: Callable[[Any], Any]) -> list[Any]:
        if values.__class__ is not list:
            raise TypeError(f"{describe(values)} is no list")
        if len(values) > MAX_ITEMS:
            raise Invalid(f"a list of more than {MAX_ITEMS} items is too long")
        return [None if value is None else make(value) for value in values]

    return Annotation(
        f"list[{item.name}]",
        "values",
        list_of(item.kind),
        lambda values: each(values, item.take),
        lambda values: each(values, item.give),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{describe(value)} is no text")
    return bounded(str(value))


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError(f"{describe(value)} is no Decimal")
    if not Decimal(value).is_finite():
        raise TypeError(f"{value} is no number")
    return Decimal(number(Decimal(value)))


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{describe(value)} is no whole number")
    return int(number(int(value)))


def _whole(value: Any) -> int:
    if value.__class__ is Decimal and number(value) == value.to_integral_value():
        return int(value)
    return _integer(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{describe(value)} is neither true nor false")
    return value


def _moment(value: Any) -> dt.datetime:
    try:
        moment = parse_time(_text(value))
    except (ValueError, OverflowError, OSError):
        moment = None
    if moment is None:
        raise Invalid(f"{describe(value)} is no date or time")
    return moment


def _day(value: Any) -> dt.date:
    return _moment(value).date()


def _spelled_day(value: Any) -> str:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise TypeError(f"{describe(value)} is no date")
    return value.isoformat()


def _spelled_moment(value: Any) -> str:
    if not isinstance(value, dt.datetime):
        raise TypeError(f"{describe(value)} is no datetime")
    return vendor_text(value if value.tzinfo else value.replace(tzinfo=CST))


_ANYTHING = Annotation("object", "plain", ANY, plain, plain)

_SCALARS: dict[Any, Annotation] = {
    str: Annotation("str", "text", TEXT, _text, _text),
    Decimal: Annotation("Decimal", "number", DECIMAL, _decimal, _decimal),
    int: Annotation("int", "number", INTEGER, _whole, _integer),
    bool: Annotation("bool", "boolean", BOOLEAN, _boolean, _boolean),
    dt.date: Annotation("date", "text", DATE, _day, _spelled_day),
    dt.datetime: Annotation("datetime", "text", DATETIME, _moment, _spelled_moment),
}
