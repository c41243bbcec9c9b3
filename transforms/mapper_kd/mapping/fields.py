"""Reads the fields of a head or of a line, in their short and their long form."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mapper_kd.kinds import SCALARS, nearest
from mapper_kd.mapping.model import (
    DEAD_LETTER,
    DEFAULT,
    NULL,
    SKIP_LINE,
    SKIP_RECORD,
    Field,
    Rounding,
    Value,
)
from mapper_kd.mapping.values import choice, condition, keys, value

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary

    from mapper_kd.yaml_nodes import Entry, Place, Problems

FIELD_KEYS = (
    "value", "case", "else", "table", "type", "on_miss", "default", "when", "when_empty", "required",
    "round", "total", "tolerance",
)  # fmt: skip
REFERENCE_KEYS = frozenset({"fnumber", "fname", "fuserid", "fuseraccount", "fstaffnumber"})
"""What base data is known by, in small letters; Kingdee's forms write it in either case."""

_MOST_DIGITS = 10


def fields(entry: Entry | None, *, of_rows: bool = False) -> tuple[Field, ...]:
    """Read a section of fields.

    Args:
        entry: The section.
        of_rows: Whether they are written once for each row of a list, so that there is something to add up.
    """
    if entry is None:
        return ()
    found = [_field(key, one) for key, one in entry.entries()]
    for one in found:
        if one.rounding is not None and one.rounding.is_settled and not (of_rows and len(one.keys) == 1):
            entry.problems.add(one.place, "has a total:, which is for plain fields of a list with each:")
    _check_paths([(one.keys, one.place) for one in found], entry.problems)
    return tuple(found)


def _field(key: str, entry: Entry) -> Field:
    names = keys(key, entry)
    if not entry.is_mapping:
        read = value(entry)
        _check_codes(names, [(read, entry)])
        return Field(names, read)
    below = [name for name, _ in entry.entries()]
    if below and not any(name in FIELD_KEYS or nearest(name, FIELD_KEYS) for name in below):
        entry.wrong(f"has a field below it; write the two with a dot between them, as {key}.{below[0]}: …")
        return Field(names, Value(entry.place))
    parts = entry.known(FIELD_KEYS)
    read = choice(parts, entry)
    default = value(parts["default"]) if "default" in parts else None
    on_miss = parts["on_miss"].choice((DEAD_LETTER, NULL, SKIP_LINE, SKIP_RECORD)) if "on_miss" in parts else ""
    if default is not None and "on_miss" in parts:
        parts["on_miss"].wrong("and default: exclude each other; default: alone is the policy")
    kind = parts["type"].choice((*SCALARS, "as_is")) if "type" in parts else ""
    if kind != "as_is":
        _check_codes(names, _constants(read, default, parts, entry))
    field = Field(
        names,
        read,
        kind=SCALARS.get(kind),
        as_is=kind == "as_is",
        on_miss=DEFAULT if default is not None else on_miss or DEAD_LETTER,
        default=default,
        when=condition(parts, "when"),
        when_empty=parts["when_empty"].choice(("drop", "null")) if "when_empty" in parts else "",
        required=parts["required"].flag() if "required" in parts else False,
        rounding=_rounding(parts),
    )
    if field.required and field.when_empty == "null":
        parts["when_empty"].wrong("sends nothing for an empty value, which required: does not let through")
    return field


def _rounding(parts: Dictionary[str, Entry]) -> Rounding | None:
    for key in ("total", "tolerance"):
        if key in parts and ("round" if key == "total" else "total") not in parts:
            parts[key].wrong(f"needs {'round: beside it' if key == 'total' else 'total: beside it'}")
    if "round" not in parts:
        return None
    digits = parts["round"].scalar()
    if type(digits) is not int or not 0 <= digits <= _MOST_DIGITS:
        parts["round"].wrong(f"needs how many digits after the point, 0 to {_MOST_DIGITS}")
        digits = 0
    tolerance = parts["tolerance"].scalar() if "tolerance" in parts else None
    if "tolerance" in parts and (type(tolerance) not in {int, Decimal} or str(tolerance).startswith("-")):
        parts["tolerance"].wrong("needs a number, 0 or more")
    if "total" not in parts:
        return Rounding(digits)
    total = value(parts["total"])
    sums_up = total.constant == "sum"
    if isinstance(total.constant, str) and not sums_up:
        parts["total"].wrong("is an expression (it starts with =), or the word sum")
    return Rounding(digits, None if sums_up else total, sums_up, tolerance)


def _constants(
    read: Value, default: Value | None, parts: Dictionary[str, Entry], entry: Entry
) -> list[tuple[Value, Entry]]:
    """Return all values that a field may be given, with what to blame for each."""
    found = [(case.then, parts["case"]) for case in read.cases]
    found += [(one, parts["else"]) for one in [read.otherwise] if one is not None]
    found += [(Value(read.place, constant=one), parts["table"]) for one in read.table.values()]
    found += [(one, parts["default"]) for one in [default] if one is not None]
    return found or [(read, parts.get("value", entry))]


def _check_codes(names: tuple[str, ...], found: list[tuple[Value, Entry]]) -> None:
    # Kingdee's codes are text; a number here has usually lost its leading zeros already (contract 8.18).
    if names[-1].casefold() not in REFERENCE_KEYS:
        return
    for one, entry in found:
        if one.expression is None and not isinstance(one.constant, str | None):
            entry.wrong(f'is a code and must be text; write it in quotes: "{one.constant}"')


def _check_paths(paths: list[tuple[tuple[str, ...], Place]], problems: Problems) -> None:
    whole = {names for names, _ in paths}
    for names, place in paths:
        for size in range(1, len(names)):
            if names[:size] in whole:
                problems.add(place, f"needs {'.'.join(names[:size])} to be an object, but that has a value of its own")
