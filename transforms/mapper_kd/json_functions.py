"""JSON in a text field: read with exact numbers, in bounded size and depth, and written."""

from __future__ import annotations

from decimal import Decimal, DecimalException
from typing import Any

import msgspec

from mapper_kd.allotment import MAX_ITEMS, take_text
from mapper_kd.arithmetic import MAX_TEXT, bounded, describe, number
from mapper_kd.failures import Invalid

MAX_DEPTH = 32
_MAX_CHARACTERS = 10 * MAX_TEXT

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def read_json(value: Any) -> Any:
    """Return what a text says in JSON."""
    if value is None:
        return None
    if value.__class__ is not str:
        raise TypeError(f"{describe(value)} is no text with JSON")
    if not value.strip():
        return None
    if len(value) > MAX_TEXT:
        raise Invalid(f"a JSON text of more than {MAX_TEXT} characters is not read")
    take_text(len(value))
    try:
        found = _decode(value)
    except RecursionError:
        raise Invalid(_too_deep()) from None
    except (msgspec.MsgspecError, DecimalException, UnicodeError) as error:
        reason = str(error) if isinstance(error, msgspec.MsgspecError) else "a number or a character is none"
        raise Invalid(f"{describe(value)} is no JSON: {reason}") from None
    # Few texts have as many brackets as it takes to be too deep.
    if value.count("[") + value.count("{") > MAX_DEPTH:
        plain(found)
    return found


def write_json(value: Any) -> str | None:
    """Return the value's JSON on one line; objects keep the order of their keys."""
    if value is None:
        return None
    plain(value)
    try:
        return bounded(_encode(value).decode())
    except (TypeError, UnicodeError, msgspec.MsgspecError):
        raise Invalid(f"{describe(value)} cannot be written as JSON") from None


def plain(value: Any) -> Any:
    """Return a value that is data and of bearable size and depth.

    Raises:
        Invalid: It is nested too deeply, or is too large.
        TypeError: It holds something other than objects, lists, texts, exact numbers, truth values and null.
    """
    _walk(value, MAX_DEPTH, [MAX_ITEMS, _MAX_CHARACTERS])
    return value


def _walk(value: Any, depth: int, left: list[int]) -> None:
    kind = value.__class__
    if kind is str:
        left[1] -= len(value)
    elif kind is list or kind is dict:
        left[0] -= len(value)
        if depth == 0:
            raise Invalid(_too_deep())
        if kind is dict and not all(key.__class__ is str for key in value):
            raise TypeError("an object with a key that is no text is no data")
    elif kind is int or (kind is Decimal and value.is_finite()):
        number(value)
    elif value is not None and kind is not bool:
        raise TypeError(f"{value!s:.20} of the type {kind.__name__} is no data")
    if left[0] < 0 or left[1] < 0:
        raise Invalid(f"a value of more than {MAX_ITEMS} items or {_MAX_CHARACTERS} characters is too large")
    if kind is list or kind is dict:
        for item in value if kind is list else value.values():
            _walk(item, depth - 1, left)


def _too_deep() -> str:
    return f"JSON nested deeper than {MAX_DEPTH} levels is not read"
