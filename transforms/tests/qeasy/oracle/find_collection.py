"""Looking into what other schemes have collected: `_findCollection` and `_mongoQuery` (contract 5.2, 5.3)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from transforms.tests.qeasy.oracle.diagnostics import SchemeError
from transforms.tests.qeasy.oracle.paths import MISSING, walk
from transforms.tests.qeasy.oracle.placeholders import PLACEHOLDER, as_text, rendered
from transforms.tests.qeasy.oracle.values import is_empty, leading_number, looks_numeric, text

_FIND = re.compile(r"_findCollection\s+find\s+(\S+)\s+from\s+(\S+)\s+where\s+(.*)", re.DOTALL)
_CONDITION = re.compile(rf"([^\s=]+)=('[^']*'|{PLACEHOLDER.pattern}|\S+)")
_MONGO = re.compile(r"_mongoQuery\s+(\S+)\s+findField=(\S+)\s+where=(.*?)(?:\s+_endFind)?\s*", re.DOTALL)


@dataclass(frozen=True)
class Find:
    """One `_findCollection`: conditions are (column, template) pairs."""

    column: str
    collection: str
    conditions: tuple

    def value(self, place):
        rows = collection(self.collection, place.run)
        wanted = [(column, rendered(operand, place)) for column, operand in self.conditions]
        if any(is_empty(value) for _, value in wanted):
            place.run.warn("LOOKUP_MISS")
            return None
        found = [row for row in rows if all(_same(stored(row, column), value) for column, value in wanted)]
        return _first(found, self.column, place.run)


def parse_find(source):
    """Read the text of one lookup, with or without its `_endFind`."""
    found = _FIND.fullmatch(re.sub(r"\s*_endFind\s*$", "", source.strip()))
    if not found:
        raise SchemeError("BAD_LOOKUP", source)
    conditions = tuple((each[1], each[2].strip("'")) for each in _CONDITION.finditer(found[3]))
    return Find(found[1], found[2], conditions)


def end_of_find(source, start, run):
    """Return where the text of the lookup that begins at `start` ends, and where the expression goes on."""
    terminator = source.find("_endFind", start)
    following = source.find("_findCollection", start + 1)
    if terminator >= 0 and (following < 0 or terminator < following):
        end = terminator + len("_endFind")
        return end, end
    run.warn("MISSING_ENDFIND")
    depth = 0
    for position in range(start, len(source)):
        if source[position] in ",)" and depth == 0:
            return position, position
        depth += {"(": 1, ")": -1}.get(source[position], 0)
    return len(source), len(source)


def mongo_value(source, place):
    """Evaluate one `_mongoQuery`."""
    found = _MONGO.fullmatch(source.strip())
    if not found:
        raise SchemeError("BAD_LOOKUP", source)
    query = _filled(json.loads(found[3]), place)
    rows = [row for row in collection(found[1], place.run) if _matches(row, query)]
    return _first(rows, found[2], place.run)


def collection(name, run):
    """Return what the scheme of that id has collected."""
    try:
        return run.context.get("collections", {})[name]
    except KeyError:
        raise SchemeError("UNKNOWN_COLLECTION", name) from None


def stored(row, column):
    """Return a column of a stored row; `content.` is the stored record itself."""
    value = walk(row, column.removeprefix("content.").split("."))
    return None if value is MISSING else value


def _first(rows, column, run):
    if len(rows) != 1:
        run.warn("LOOKUP_MULTI" if rows else "LOOKUP_MISS")
    return stored(rows[0], column) if rows else None


def _same(value, wanted):
    return value is not None and not is_empty(wanted) and text(value) == text(wanted)


def _filled(query, place):
    if isinstance(query, dict):
        return {key: _filled(value, place) for key, value in query.items()}
    if isinstance(query, list):
        return [_filled(value, place) for value in query]
    return as_text(query, place) if isinstance(query, str) else query


def _matches(row, query):
    for key, wanted in query.items():
        if key == "$and":
            holds = all(_matches(row, each) for each in wanted)
        elif key == "$or":
            holds = any(_matches(row, each) for each in wanted)
        else:
            tests = wanted if isinstance(wanted, dict) else {"$eq": wanted}
            holds = all(_test(stored(row, key), operator, value) for operator, value in tests.items())
        if not holds:
            return False
    return True


def _test(value, operator, wanted):
    if operator == "$exists":
        return (value is not None) == bool(wanted)
    if operator in {"$eq", "$ne"}:
        return _same(value, wanted) == (operator == "$eq")
    if operator in {"$in", "$nin"}:
        return any(_same(value, each) for each in wanted) == (operator == "$in")
    if value is None or is_empty(wanted):
        return False
    left, right = text(value), text(wanted)
    if looks_numeric(left) and looks_numeric(right):
        left, right = leading_number(left), leading_number(right)
    return {"$gt": left > right, "$gte": left >= right, "$lt": left < right, "$lte": left <= right}[operator]
