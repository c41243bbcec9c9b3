"""Reads values, conditions and names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_kd.kinds import speakable
from mapper_kd.mapping.model import Case, Let, Value

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary

    from mapper_kd.yaml_nodes import Entry

CASE_KEYS = ("when", "then")
_CHOICE_KEYS = ("value", "case", "else", "table")


def value(entry: Entry) -> Value:
    """Read a single value: a constant, or an expression."""
    if entry.is_mapping or entry.is_list:
        entry.wrong("needs a single value: a constant, or an expression that starts with =")
        return Value(entry.place)
    written = entry.scalar()
    if isinstance(written, str) and written.startswith("="):
        return Value(entry.place, expression=written[1:].strip())
    if written is None:
        entry.wrong("has no value")
    return Value(entry.place, constant=written)


def choice(parts: Dictionary[str, Entry], entry: Entry) -> Value:
    """Read what stands in ``value:`` (and ``table:``), or in ``case:`` and ``else:``."""
    if "case" in parts and "value" in parts:
        parts["case"].wrong("and value: exclude each other")
    if "else" in parts and "case" not in parts:
        parts["else"].wrong("belongs to case:, which is not there")
    if "case" in parts:
        cases = tuple(_case(one) for one in parts["case"].items())
        if not cases:
            parts["case"].wrong("is empty")
        otherwise = value(parts["else"]) if "else" in parts else None
        return Value(entry.place, cases=cases, otherwise=otherwise)
    if "value" not in parts:
        entry.wrong("has no value: (a field with more than a value is written with value:, and on_miss:, type: …)")
        return Value(entry.place)
    read = value(parts["value"])
    if "table" in parts:
        read = replace(read, table=_table(parts["table"]))
        if read.expression is None:
            parts["table"].wrong("needs a value: that is an expression: it starts with =")
    return replace(read, place=entry.place)


def _case(entry: Entry) -> Case:
    parts = entry.known(CASE_KEYS) if entry.is_mapping else {}
    if parts.keys() != set(CASE_KEYS):
        entry.wrong("is no case: write when: with a condition, and then: with the value")
        return Case(Value(entry.place), Value(entry.place))
    when = condition(parts, "when")
    return Case(when or Value(entry.place), value(parts["then"]))


def _table(entry: Entry) -> dict[str, object]:
    rows = {key: one.scalar() for key, one in entry.entries()}
    if entry.is_mapping and not rows:
        entry.wrong("is empty")
    for key, row in rows.items():
        if isinstance(row, str) and row.startswith("="):
            entry.wrong(f"has an expression for {key}; the values of a table are constants, case: takes expressions")
    return rows


def condition(parts: Dictionary[str, Entry], key: str) -> Value | None:
    """Read a part that has to be an expression; None when it is not there."""
    if key not in parts:
        return None
    read = value(parts[key])
    if read.expression is None and read.constant is not None:
        kind = "list" if key == "each" else "condition"
        parts[key].wrong(f"is a {kind} and must be an expression: it starts with =")
    return read


def lets(entry: Entry | None) -> tuple[Let, ...]:
    """Read the section ``let:``."""
    if entry is None:
        return ()
    found = []
    for name, one in entry.entries():
        if not name.isidentifier() or name.startswith("_"):
            one.wrong("is no name: letters, digits and underscores, beginning with a letter")
        found.append(Let(name, choice(one.known(_CHOICE_KEYS), one) if one.is_mapping else value(one)))
    return tuple(found)


def keys(key: str, entry: Entry) -> tuple[str, ...]:
    """Return the parts of a dotted key."""
    parts = tuple(key.split("."))
    if not all(parts) or any(part != part.strip() or not speakable(part) for part in parts):
        entry.wrong("is no field key: names with a dot between them, such as FCustomerID.FNumber")
        return (f"line {entry.place.line}",)  # so that the rest of the file is checked too
    return parts
