"""Field entries to an object: values, lists and their rows, required fields, dropping (contract 3, 6.3, 7)."""

from __future__ import annotations

import re

from transforms.tests.qeasy.oracle.casts import cast, mapped
from transforms.tests.qeasy.oracle.diagnostics import Failure, Rejected
from transforms.tests.qeasy.oracle.expressions import evaluate
from transforms.tests.qeasy.oracle.find_collection import mongo_value, parse_find
from transforms.tests.qeasy.oracle.paths import segments, walk
from transforms.tests.qeasy.oracle.placeholders import PLACEHOLDER, placeholder_of, rendered
from transforms.tests.qeasy.oracle.value_parsers import chain_of, parsed

_AGGREGATE = re.compile(rf"(?i:SUM|AVG|MAX|MIN|COUNT)\s*\(\s*(?:{PLACEHOLDER.pattern})\s*\)")  # is of all rows anyway


def nested(entries, run):
    """Return entries as a tree: those that name a `parent` beside them move into its children (contract 2.1).

    Of several entries with one `field` the last one is kept.
    """
    entries = [dict(entry) for entry in entries]
    everywhere = list(_all(entries))
    top = []
    for entry in entries:
        named = entry.get("parent") or entry.get("parent_id")
        owner = next((each for each in everywhere if named and named in {_field(each), each.get("id")}), None)
        (top if owner is None or owner is entry else owner.setdefault("children", [])).append(entry)
    return _without_repeats(top, run)


def _all(entries):
    for entry in entries:
        yield entry
        if entry.get("children"):
            entry["children"] = [dict(child) for child in entry["children"]]
            yield from _all(entry["children"])


def _without_repeats(entries, run):
    by_field = {}
    for entry in entries:
        if _field(entry) in by_field:
            run.warn("DUPLICATE_FIELD")
        by_field[_field(entry)] = entry
        if entry.get("children"):
            entry["children"] = _without_repeats(entry["children"], run)
    return list(by_field.values())


def _field(entry):
    return entry.get("field", entry.get("target"))


def _source_of(entry):
    """Return what the entry says to write: None when it is unset."""
    given = [entry[key] for key in ("value", "expression", "default") if entry.get(key) not in (None, "")]
    return given[0] if given else None


class Renderer:
    """Renders entries for one record and keeps what rejects it as (code, field path) pairs in `rejections`."""

    def __init__(self):
        self.rejections = []

    def object(self, entries, place, prefix=""):
        """Render entries to an object without the keys that have nothing."""
        made = {}
        for entry in entries:
            field = prefix + _field(entry)
            try:
                value = without_nulls(self._value(entry, place, field))
            except Rejected as rejected:
                self.rejections.append((rejected.code, field))
                continue
            if entry.get("is_required") is True and value in (None, "", [], {}):
                self.rejections.append(("REQUIRED_MISSING", field))
            elif value is not None:
                made[_field(entry)] = value
        return made

    def _value(self, entry, place, field):
        if entry.get("children"):
            if entry.get("type") == "array":
                return self._rows(entry, place, field) or None
            return self.object(entry["children"], place, f"{field}.") or None
        for parser in chain_of(entry.get("parser")):  # an unknown one is an error of the scheme, used or not
            del parser
        source = _source_of(entry)
        if source is None:
            return None
        value = _evaluated(source, place)
        mapping = entry.get("mapping")
        if isinstance(mapping, dict):
            value = mapped(value, mapping, place.run)
        value = cast(value, entry.get("type", "string"))
        return parsed(value, entry.get("parser"), _field(entry))

    def _rows(self, entry, place, field):
        made = []
        for row_place in _row_places(entry, place):
            row = self.object(entry["children"], row_place, f"{field}.")
            made.extend([row] if row else [])
        return made


def _evaluated(source, place):
    if not isinstance(source, str):
        return source
    if source[:1].isspace() and source.lstrip().startswith("_"):
        place.run.warn("LEADING_SPACE")
    keyword = source.strip()
    try:
        if keyword.startswith("_function"):
            return evaluate(keyword.removeprefix("_function"), place)
    except Failure:
        raise Rejected("FUNCTION_ERROR") from None
    if keyword.startswith("_findCollection"):
        return parse_find(keyword).value(place)
    if keyword.startswith("_mongoQuery"):
        return mongo_value(keyword, place)
    if keyword.startswith(("function ", "findCollection ")):
        place.run.warn("SUSPICIOUS_LITERAL")
    return rendered(source, place)


def _row_places(entry, place):
    """Return one place for each row of an `array` entry."""
    source = _source_of(entry)
    driven = [path for path, _ in place.rows]
    if source is not None:
        path = segments(source.strip().strip("{}").strip())
        if path in driven:  # the list that already drives: its current row, once
            return [place]
    else:
        candidates = _list_paths(entry["children"], place, driven)
        if len(candidates) > 1:
            raise Rejected("AMBIGUOUS_LIST")
        if not candidates:
            return [place]
        path = candidates[0]
    rows = place.get(".".join(path))
    rows = rows if isinstance(rows, list) else [] if rows is None else [rows]
    if not rows:
        place.run.warn("EMPTY_LIST")
    return [place.inside(path, row) for row in rows]


def _list_paths(entries, place, driven):
    """Return the paths of lists that the entries' placeholders go through and that no entry around drives."""
    found = []
    for entry in entries:
        source = _source_of(entry)
        if entry.get("children"):
            found += _list_paths(entry["children"], place, driven) if source is None else []
            continue
        for match in PLACEHOLDER.finditer(_AGGREGATE.sub("", source) if isinstance(source, str) else ""):
            path = segments(placeholder_of(match).path)
            if not any(path[: len(drives)] == drives for drives in driven):
                found += _lists_on(path, place.record)
    return [path for position, path in enumerate(found) if path not in found[:position]]


def _lists_on(path, record):
    for length in range(1, len(path)):
        if isinstance(walk(record, path[:length]), list) and not path[length].isdigit():
            return [path[:length]]
    return []


def without_nulls(value):
    """Remove keys whose value is null, at any depth (contract 6.3)."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
