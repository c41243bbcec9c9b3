"""Functions on texts, MySQL's: positions start at 1, and what is made of null is null. Numbers are spelled first."""

from __future__ import annotations

from typing import Any

from mapper_kd.arithmetic import MAX_TEXT, bounded
from mapper_kd.failures import Invalid
from mapper_kd.sql.values import text, whole
from mapper_kd.text_functions import glued


def concat(*values: Any) -> str | None:
    """``CONCAT(a, b, …)``: null when one of them is null."""
    return None if None in values else bounded("".join(map(text, values)))


def concat_with(mark: Any, *values: Any) -> str | None:
    """``CONCAT_WS(mark, a, b, …)``: without those that are null."""
    return None if mark is None else glued([text(value) for value in values if value is not None], text(mark))


def substring(value: Any, position: Any, length: Any = MAX_TEXT) -> str | None:
    """``SUBSTRING(value, position, length)``: a position below 0 counts from the end; nothing begins at 0."""
    if value is None or position is None or length is None:
        return None
    spelled = text(value)
    start, size = whole(position) or 0, whole(length) or 0
    start = len(spelled) + start if start < 0 else start - 1
    return spelled[start : start + size] if start >= 0 and size > 0 else ""


def substring_index(value: Any, mark: Any, count: Any) -> str | None:
    """``SUBSTRING_INDEX(value, mark, n)``: what stands before the n-th mark, or after it from the right."""
    if value is None or mark is None or count is None:
        return None
    spelled, by, size = text(value), text(mark), whole(count)
    if not by or not size:
        return ""
    parts = spelled.split(by)
    return by.join(parts[:size] if size > 0 else parts[size:])


def left(value: Any, count: Any) -> str | None:
    """``LEFT(value, n)``."""
    if value is None or count is None:
        return None
    return text(value)[: max(0, whole(count) or 0)]


def right(value: Any, count: Any) -> str | None:
    """``RIGHT(value, n)``."""
    if value is None or count is None:
        return None
    size = whole(count) or 0
    return text(value)[-size:] if size > 0 else ""


def replace(value: Any, old: Any, new: Any) -> str | None:
    """``REPLACE(value, old, new)``: capitals count."""
    if value is None or old is None or new is None:
        return None
    spelled, mark, by = text(value), text(old), text(new)
    if not mark:
        return spelled
    if len(spelled) + spelled.count(mark) * len(by) > MAX_TEXT:
        raise Invalid(f"the expression makes a text of more than {MAX_TEXT} characters")
    return spelled.replace(mark, by)


def length(value: Any) -> int | None:
    """``LENGTH(value)``: bytes, three for a Chinese character."""
    return None if value is None else len(text(value).encode())


def char_length(value: Any) -> int | None:
    """``CHAR_LENGTH(value)``."""
    return None if value is None else len(text(value))


def locate(part: Any, value: Any, start: Any = 1) -> int | None:
    """``LOCATE(part, value, start)``: the position, or 0; capitals do not count."""
    if value is None or part is None or start is None:
        return None
    begin = whole(start) or 0
    return text(value).lower().find(text(part).lower(), begin - 1) + 1 if begin > 0 else 0


def upper(value: Any) -> str | None:
    """``UPPER(value)``."""
    return None if value is None else bounded(text(value).upper())


def lower(value: Any) -> str | None:
    """``LOWER(value)``."""
    return None if value is None else bounded(text(value).lower())


def trim(value: Any) -> str | None:
    """``TRIM(value)``: blanks."""
    return None if value is None else text(value).strip(" ")


def left_trim(value: Any) -> str | None:
    """``LTRIM(value)``."""
    return None if value is None else text(value).lstrip(" ")


def right_trim(value: Any) -> str | None:
    """``RTRIM(value)``."""
    return None if value is None else text(value).rstrip(" ")


def left_pad(value: Any, size: Any, fill: Any) -> str | None:
    """``LPAD(value, n, fill)``: exactly n characters."""
    filled = _filling(value, size, fill)
    return None if filled is None else filled + text(value)[: whole(size)]


def right_pad(value: Any, size: Any, fill: Any) -> str | None:
    """``RPAD(value, n, fill)``: exactly n characters."""
    filled = _filling(value, size, fill)
    return None if filled is None else text(value)[: whole(size)] + filled


def implode(value: Any, mark: str = ",") -> Any:
    """Return a list as one text, or the text of anything else."""
    if value is None:
        return None
    return glued(list(map(text, value)), mark) if value.__class__ is list else text(value)


def shortened(value: Any, size: int = 15) -> str | None:
    """Return the first characters of a text, and three dots when it is longer."""
    if value is None:
        return None
    spelled = text(value)
    return f"{spelled[:size]}..." if len(spelled) > size else spelled


def _filling(value: Any, size: Any, fill: Any) -> str | None:
    if value is None or size is None or fill is None:
        return None
    width, by = whole(size) or 0, text(fill)
    if width > MAX_TEXT:
        raise Invalid(f"the expression makes a text of more than {MAX_TEXT} characters")
    missing = width - len(text(value))
    if width < 0 or (missing > 0 and not by):
        return None
    return (by * (missing // len(by) + 1))[:missing] if missing > 0 else ""
