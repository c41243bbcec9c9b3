"""The SQL functions of the vendor contract (5.1) on texts and numbers.

No function here or in `time_functions` is ever called with NULL: that gives NULL by itself.
"""

from __future__ import annotations

from decimal import Decimal

from transforms.tests.qeasy.oracle.values import as_number, divided, is_empty, rounded, text, truncated

AGGREGATES = {"SUM", "AVG", "MAX", "MIN", "COUNT"}


def aggregate(name, values):
    """Fold the bound values of a column; null and blank ones count for nothing."""
    values = [value for value in values if not is_empty(value)]
    if name == "COUNT":
        return len(values)
    if not values:
        return 0 if name == "SUM" else None
    if name in {"MAX", "MIN"}:
        words = any(isinstance(value, str) for value in values)
        return (max if name == "MAX" else min)(values, key=text if words else as_number)
    total = sum((as_number(value) for value in values), Decimal(0))
    return total if name == "SUM" else divided(total, len(values))


def _concat(*values):
    return "".join(text(value) for value in values)


def _substring(value, start, length=None):
    value, start = text(value), _whole(start)
    if start < 0:
        start = len(value) + start + 1
    if start < 1 or (length is not None and _whole(length) < 1):
        return ""
    return value[start - 1 :] if length is None else value[start - 1 : start - 1 + _whole(length)]


def _substring_index(value, delimiter, count):
    value, delimiter, count = text(value), text(delimiter), _whole(count)
    if not delimiter or count == 0:
        return ""
    parts = value.split(delimiter)
    return delimiter.join(parts[:count] if count > 0 else parts[count:])


def _right(value, count):
    return text(value)[-_whole(count) :] if _whole(count) > 0 else ""


def _replace(value, old, new):
    return text(value).replace(text(old), text(new)) if text(old) else text(value)


def _round(value, digits=0):
    return rounded(as_number(value), _whole(digits))


def _floor(value):
    return as_number(value).__floor__()


def _ceil(value):
    return as_number(value).__ceil__()


def _whole(value):
    return truncated(rounded(as_number(value), 0))


FUNCTIONS = {
    "ABS": lambda value: abs(as_number(value)),
    "ROUND": _round,
    "CEIL": _ceil,
    "FLOOR": _floor,
    "CONCAT": _concat,
    "SUBSTRING": _substring,
    "SUBSTRING_INDEX": _substring_index,
    "LEFT": lambda value, count: text(value)[: max(0, _whole(count))],
    "RIGHT": _right,
    "REPLACE": _replace,
    "LENGTH": lambda value: len(text(value).encode()),
    "CHAR_LENGTH": lambda value: len(text(value)),
    "LOCATE": lambda part, value: text(value).lower().find(text(part).lower()) + 1,
    "UPPER": lambda value: text(value).upper(),
    "LOWER": lambda value: text(value).lower(),
    "TRIM": lambda value: text(value).strip(" "),
}
