"""Functions on text; none can make a text longer than `arithmetic.MAX_TEXT`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from mapper_kd.allotment import LONG_LIST, LONG_TEXT, take, take_text
from mapper_kd.arithmetic import MAX_TEXT, bounded, describe, number
from mapper_kd.failures import Invalid

TOO_LONG = f"the expression makes a text of more than {MAX_TEXT} characters"
_HALF = {0x3000: 0x20} | {code + 0xFEE0: code for code in range(0x21, 0x7F)}


def text(value: Any) -> str | None:
    """Return the value's plain spelling."""
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return format(number(value), "f" if isinstance(value, Decimal) else "d")
    raise Invalid(f"{describe(value)} has no text form")


def upper(value: Any) -> str | None:
    """Return the text in capitals."""
    return None if value is None else bounded(_text(value).upper())


def lower(value: Any) -> str | None:
    """Return the text in small letters."""
    return None if value is None else bounded(_text(value).lower())


def strip(value: Any) -> str | None:
    """Return the text without blanks around it."""
    return None if value is None else _text(value).strip()


def left(value: Any, count: Any) -> str | None:
    """Return the first characters."""
    return None if value is None else _text(value)[: max(0, whole(count))]


def right(value: Any, count: Any) -> str | None:
    """Return the last characters."""
    if value is None:
        return None
    size = whole(count)
    return _text(value)[-size:] if size > 0 else ""


def before(value: Any, mark: Any) -> str | None:
    """Return the part before the mark."""
    return None if value is None else _text(value).partition(_mark(mark))[0]


def after(value: Any, mark: Any) -> str | None:
    """Return the part after the mark, or None."""
    if value is None:
        return None
    _, found, rest = _text(value).partition(_mark(mark))
    return rest if found else None


def replace(value: Any, old: Any, new: Any) -> str | None:
    """Return the text with one part exchanged for another."""
    if value is None:
        return None
    whole_text, mark, by = _text(value), _mark(old), _text(new)
    if len(whole_text) + whole_text.count(mark) * len(by) > MAX_TEXT:
        raise Invalid(TOO_LONG)
    return bounded(whole_text.replace(mark, by))


def pad(value: Any, size: Any, fill: Any) -> str | None:
    """Return the text filled up on the left."""
    if value is None:
        return None
    width, filler = max(0, whole(size)), _text(fill)
    if width > MAX_TEXT:
        raise Invalid(TOO_LONG)
    if len(filler) != 1:
        raise Invalid(f"{describe(filler)} is not one character to fill up with")
    return bounded(_text(text(value)).rjust(width, filler))


def trim_zeros(value: Any) -> str | None:
    """Return a number's spelling without zeros at the end of its fraction."""
    spelled = text(value)
    if spelled is None or not spelled.strip():
        return None
    try:
        exact = number(Decimal(spelled.strip()))
    except InvalidOperation:
        raise Invalid(f"{describe(value)} is no number") from None
    plain = format(exact, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"", "-0"} else plain


def halfwidth(value: Any) -> str | None:
    """Return the text with full-width letters, digits and signs (全角) as plain ones (半角)."""
    return None if value is None else _text(value).translate(_HALF)


def concat(*values: Any) -> str:
    """Return the texts of the values, one after the other."""
    return bounded("".join(text(value) or "" for value in values))


def split(value: Any, mark: Any) -> list[str]:
    """Return the parts of a text."""
    parts = _text(value).split(_mark(mark)) if value else []
    if len(parts) > LONG_LIST:
        take(len(parts))
    return parts


def join(values: Any, mark: Any) -> str | None:
    """Return the items as one text."""
    if values is None:
        return None
    if values.__class__ is not list:
        raise TypeError(f"{describe(values)} is no list")
    if len(values) > LONG_LIST:
        take(len(values))
    return glued([part for part in map(text, values) if part], _text(mark))


def glued(parts: list[str], glue: str) -> str:
    """Return the texts as one, unless that is too long."""
    if sum(map(len, parts)) + len(parts) * len(glue) > MAX_TEXT:
        raise Invalid(TOO_LONG)
    return bounded(glue.join(parts))


def contains(value: Any, part: Any) -> bool:
    """Whether the part is in the text."""
    return value is not None and _text(part) in _text(value)


def starts_with(value: Any, part: Any) -> bool:
    """Whether the text begins so."""
    return value is not None and _text(value).startswith(_text(part))


def ends_with(value: Any, part: Any) -> bool:
    """Whether the text ends so."""
    return value is not None and _text(value).endswith(_text(part))


def whole(value: Any) -> int:
    """Return a whole number, for a count or a position."""
    if value.__class__ is not int:
        raise TypeError(f"{describe(value)} is no whole number; integer() makes one")
    return value


def _text(value: Any) -> str:
    if value.__class__ is not str:
        raise TypeError(f"{describe(value)} is no text; text() makes one")
    if len(value) > LONG_TEXT:
        take_text(len(value))
    return value


def _mark(value: Any) -> str:
    mark = _text(value)
    if not mark:
        raise Invalid("the mark to look for is an empty text")
    return mark
