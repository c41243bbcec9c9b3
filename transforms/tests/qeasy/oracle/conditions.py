"""The record filter of a source: groups of conditions, of which one must hold (contract 11)."""

from __future__ import annotations

from transforms.tests.qeasy.oracle.paths import MISSING, Place, segments, walk
from transforms.tests.qeasy.oracle.placeholders import as_text
from transforms.tests.qeasy.oracle.times import parse_time, seconds
from transforms.tests.qeasy.oracle.values import is_empty, leading_number, looks_numeric, text

_ALIASES = {"ne": "neq", "gte": "egt", "ge": "egt", "lte": "elt", "le": "elt", "nin": "notin"}
_TRUE_WHEN_EMPTY = {"neq", "notlike", "notin", "isnull"}


def kept(record, groups, run):
    """Return [the record] with the list rows that passed, or [] when no group of conditions holds."""
    if not groups:
        return [record]
    passed = [lists for group in groups if (lists := _lists_of(record, group, run)) is not None]
    if not passed:
        return []
    for path in {path for lists in passed for path in lists}:
        rows = walk(record, path)
        if all(path in lists for lists in passed):  # a group that says nothing of the list keeps all its rows
            chosen = {at for lists in passed for at in lists[path]}
            record = _with(record, path, [row for at, row in enumerate(rows) if at in chosen])
    return [record]


def _lists_of(record, group, run):
    """Return {list path: positions of the rows that pass}, or None when the group fails."""
    by_list = {}
    for condition in group:
        path = segments(condition["field"])
        list_path = next((path[:at] for at in range(1, len(path)) if isinstance(walk(record, path[:at]), list)), None)
        if list_path is None:
            value = walk(record, path)
            if not holds(None if value is MISSING else value, condition, run):
                return None
        else:
            by_list.setdefault(tuple(list_path), []).append((path[len(list_path) :], condition))
    chosen = {}
    for list_path, conditions in by_list.items():
        rows = walk(record, list_path)
        positions = [at for at, row in enumerate(rows) if _row_holds(row, conditions, run)]
        strict = any(condition.get("strictMode") is True for _, condition in conditions)
        if (strict and len(positions) < len(rows)) or not positions:
            return None
        chosen[list_path] = positions
    return chosen


def _row_holds(row, conditions, run):
    values = [(walk(row, path), condition) for path, condition in conditions]
    return all(holds(None if value is MISSING else value, condition, run) for value, condition in values)


def holds(value, condition, run):
    """Say whether one condition holds for a value."""
    logic = _ALIASES.get(condition["logic"], condition["logic"])
    if logic == "notnull":
        return not is_empty(value)
    if is_empty(value):
        return logic in _TRUE_WHEN_EMPTY
    if logic == "isnull":
        return False
    wanted = condition.get("value")
    wanted = wanted if isinstance(wanted, list) else as_text(text(wanted), Place(run, {}))
    if isinstance(wanted, str) and wanted.startswith("timestamp:"):
        moment = parse_time(value, run.zone)
        if moment is None:
            return logic in _TRUE_WHEN_EMPTY
        value, wanted = seconds(moment), wanted.removeprefix("timestamp:")
    return _LOGIC[logic](text(value), wanted)


def _sides(left, right):
    left, right = text(left), text(right)
    if looks_numeric(left) and looks_numeric(right):
        return leading_number(left), leading_number(right)
    return left, right


def _equal(value, wanted):
    left, right = _sides(value, wanted)
    return left == right


def _less(value, wanted):
    left, right = _sides(value, wanted)
    return left < right


def _among(value, wanted):
    return any(_equal(value, item) for item in (wanted if isinstance(wanted, list) else wanted.split(",")))


def _between(value, wanted):
    low, high = wanted if isinstance(wanted, list) else wanted.split(",")
    return not _less(value, low) and not _less(high, value)


_LOGIC = {
    "eq": _equal,
    "neq": lambda value, wanted: not _equal(value, wanted),
    "lt": _less,
    "gt": lambda value, wanted: _less(wanted, value),
    "elt": lambda value, wanted: not _less(wanted, value),
    "egt": lambda value, wanted: not _less(value, wanted),
    "like": lambda value, wanted: wanted in value,
    "notlike": lambda value, wanted: wanted not in value,
    "between": _between,
    "in": _among,
    "notin": lambda value, wanted: not _among(value, wanted),
}


def _with(record, path, rows):
    first, *others = path
    return record | {first: _with(record[first], others, rows) if others else rows}
