"""Records made ready: derived fields and flattened lists (contract 10)."""

from __future__ import annotations

import re
from decimal import Decimal

from transforms.tests.qeasy.oracle.diagnostics import SchemeError
from transforms.tests.qeasy.oracle.paths import MISSING, segments, walk
from transforms.tests.qeasy.oracle.times import SHAPES, parse_time
from transforms.tests.qeasy.oracle.values import as_number, is_empty, normal, rounded, text, truncated

_FORMAT = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)


def formatted(record, formats, run):
    """Add the fields that `formatResponse` derives."""
    for each in formats:
        record = _derived(record, segments(each["old"]), each["new"], each["format"], run)
    return record


def _derived(record, path, new, shape, run):
    for at in range(1, len(path)):
        rows = walk(record, path[:at])
        if isinstance(rows, list):
            made = [_derived(row, path[at:], new, shape, run) for row in rows]
            return _replaced(record, path[:at], made)
    value = walk(record, path)
    return record if value is MISSING or value is None else record | {new: shape_of(value, shape, run)}


def _replaced(record, path, rows):
    first, *others = path
    return record | {first: _replaced(record[first], others, rows) if others else rows}


def shape_of(value, shape, run):
    """Return a value in one of the formats of the contract."""
    found = _FORMAT.fullmatch(shape.strip())
    name, argument = (found[1], found[2]) if found else (shape, None)
    if name in SHAPES:
        moment = None if is_empty(value) else parse_time(value, run.zone)
        if moment is None and not is_empty(value):
            run.warn("BAD_TIME")
        return value if moment is None else moment.strftime(SHAPES[name])
    if name == "longText":
        length = int(argument or 15)
        return text(value) if len(text(value)) <= length else text(value)[:length] + "..."
    if name == "intval":
        return truncated(as_number(value))
    if name == "round":
        return normal(rounded(as_number(value), int(argument or 2)))
    if name == "amount":
        return f"￥{Decimal(rounded(as_number(value), 2)):,.2f}"
    if name == "implode":
        separator = "," if argument is None else argument.strip().strip("'\"")
        return separator.join(map(text, value)) if isinstance(value, list) else text(value)
    raise SchemeError("UNKNOWN_FORMAT", shape)


def beat_flat(record, lists, id_path):
    """Return one record for each row of the named lists, numbered in `_id` from 1."""
    flat = [(record, "")]
    for name in lists:
        flat = [each for one, suffix in flat for each in _flattened(one, suffix, name)]
    if id_path is None:
        return [one for one, _ in flat]
    return [one | {"_id": text(walk(record, segments(id_path))) + suffix} for one, suffix in flat]


def _flattened(record, suffix, name):
    others = {key: value for key, value in record.items() if key != name}
    rows = record.get(name)
    rows = rows if isinstance(rows, list) and rows else [rows] if isinstance(rows, dict) else [{}]
    return [
        (others | {f"{name}_{column}": value for column, value in row.items()}, f"{suffix}-{at}")
        for at, row in enumerate(rows, start=1)
    ]
