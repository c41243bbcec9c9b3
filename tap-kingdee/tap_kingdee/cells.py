"""How one cell of an answer becomes the type that a schema declares.

Each kind says what the decoder makes of a cell, and the expression that the generated functions of `documents` have for
it; ``read`` is the slow way, for a column that was seen to hold something else, and for finding the wrong cell.

| declared | becomes | blank (``""``, ``" "``) becomes |
|---|---|---|
| string | the text; a number becomes its text | null |
| string, format date-time | RFC 3339 text with +08:00, seconds | null |
| integer | int | null |
| number | the number as Kingdee spells it, all its digits | null |
| boolean | true or false, from those or from "1", "0", "true", "false" | null |
| several types, or none | as it came | null |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from erp_sdk.messages import decode
from erp_sdk.money import decimal_or_none
from erp_sdk.times import parse_time, rfc3339

Schema = Mapping[str, Any]

_REMEMBERED = 1 << 15
_TRUTH = {"1": True, "0": False, "true": True, "false": False, "": None}
_DIGITS = b"-0123456789"


class _Memory(dict[Any, Any]):
    """Remembers conversions: a page's rows share their times, and most of their amounts. Bounded."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, cell: Any) -> Any:
        if len(self) >= _REMEMBERED:
            self.clear()
        converted = self[cell] = self._convert(cell)
        return converted


@dataclass(frozen=True, slots=True)
class Kind:
    """One declared type.

    Attributes:
        holds: What the decoder makes of a cell; a page with another cell is refused by it.
        expression: From such a cell, ``{c}``, to the declared type.
        read: The same from any cell.
    """

    holds: Any
    expression: str
    read: Callable[[Any], Any]


def _text(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell if cell and not cell.isspace() else None  # blank text comes as "" or " " (contract, quirk 6)
    if cell is None:
        return None
    if isinstance(cell, (int, Decimal)) and not isinstance(cell, bool):
        return str(cell)
    raise TypeError(cell)


def _time(cell: str | int | None) -> str | None:
    moment = parse_time(cell)
    return None if moment is None else rfc3339(moment)


def _number(cell: Any) -> int | Decimal | None:
    return cell if cell.__class__ is Decimal or cell.__class__ is int else decimal_or_none(cell)


def _spelt_number(spelt: bytes) -> msgspec.Raw | int | Decimal | None:
    """Read a number from its JSON: what is one already keeps its digits."""
    if spelt[:1] in _DIGITS:
        return msgspec.Raw(spelt)
    return _number(decode(spelt))


def _integer(cell: Any) -> int | None:
    number = _number(cell)
    if number is not None and number != int(number):
        raise ValueError(cell)
    return None if number is None else int(number)


def _truth(cell: Any) -> bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    return _TRUTH[str(cell).strip().lower()]  # a checkbox comes as true/false or as "1"/"0" (contract 8.1.3)


def _anything(cell: Any) -> Any:
    return None if isinstance(cell, str) and not cell.strip() else cell


ANYTHING = Kind(Any, "anything({c})", _anything)
_TEXT = Kind(str | None, "({c} if {c} and not {c}.isspace() else None)", _text)
_KINDS: dict[tuple[str, str | None], Kind] = {
    ("string", None): _TEXT,
    ("string", "date-time"): Kind(str | None, "times[{c}]", _time),
    ("number", None): Kind(msgspec.Raw, "numbers[bytes({c})]", _number),
    ("integer", None): Kind(int | None, "{c}", _integer),
    ("boolean", None): Kind(bool | None, "{c}", _truth),
}

NAMES: dict[str, Any] = {"times": _Memory(_time), "numbers": _Memory(_spelt_number), "anything": _anything}
"""What the expressions name."""


def kind_of(declared: Schema) -> Kind:
    """Return the kind of a property."""
    types = declared.get("type", ())
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    if len(names) != 1:
        return ANYTHING
    return _KINDS.get((names[0], declared.get("format"))) or _KINDS.get((names[0], None), ANYTHING)
