"""How one value of a vendor becomes the type that a schema declares; a table of kinds, and what they remember."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sdk.money import decimal_or_none
from erp_sdk.times import parse_time, rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable

ABSENT = (type(None), msgspec.UnsetType)
_REMEMBERED = 1 << 15
_SECONDS_TEXT = len("2026-01-05 09:30:51")


class Memory(dict[Any, Any]):
    """Remembers conversions of text: most amounts are 0.0000, and a document's lines share its times. Bounded."""

    def __init__(self, convert: Callable[[Any], Any], clean: tuple[type, ...]) -> None:
        super().__init__()
        self._convert = convert
        self._clean = frozenset((*clean, *ABSENT))

    def __missing__(self, value: Any) -> Any:
        if value.__class__ in self._clean:  # not remembered: 1 and Decimal("1.00") are equal, and not the same
            return value
        if len(self) >= _REMEMBERED:
            self.clear()
        converted = self[value] = self._convert(value)
        return converted


def _time(value: Any) -> str | None:
    if value.__class__ is str and len(value) == _SECONDS_TEXT and value[4:11:3] == "-- ":
        try:
            datetime.fromisoformat(value)
        except ValueError:  # a zero date, or nonsense: the slow way knows
            pass
        else:
            return value.replace(" ", "T") + "+08:00"
    moment = parse_time(value)
    return None if moment is None else rfc3339(moment)


def _date(value: Any) -> str | None:
    moment = parse_time(value)
    return None if moment is None else moment.date().isoformat()


def whole_number(value: Any) -> int | None:
    """Convert to a whole number; ValueError when it is none."""
    number = decimal_or_none(value)
    if number is None:
        return None
    if number != int(number):
        raise ValueError(value)
    return int(number)


def _number(value: Any) -> msgspec.Raw | None:
    number = decimal_or_none(value)
    return None if number is None else msgspec.Raw(str(number))


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError(value)
    return str(value)


_BOOLEANS = {False: False, True: True, "0": False, "1": True, "false": False, "true": True, "": None}


def _boolean(value: Any) -> bool | None:
    return _BOOLEANS[value.lower() if isinstance(value, str) else value]


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of one declared type are converted.

    Attributes:
        said: The type's name in an error.
        convert: From any value but None to the declared type.
        clean: The classes that need no conversion.
        memory: Conversions that are kept, for all fields together, where equal values come often.
    """

    said: str
    convert: Callable[[Any], Any]
    clean: tuple[type, ...]
    memory: Memory | None = None


_NUMBERS = (int, Decimal, msgspec.Raw)
TEXT = Kind("text", _text, (str,))
KINDS = {
    ("string", "date-time"): Kind("date and time", _time, (), Memory(_time, ())),
    ("string", "date"): Kind("date", _date, (), Memory(_date, ())),
    ("integer", None): Kind("whole number", whole_number, (int,)),
    ("number", None): Kind("number", _number, _NUMBERS, Memory(_number, _NUMBERS)),
    ("boolean", None): Kind("yes or no (0, 1, true, false)", _boolean, (bool,)),
}
