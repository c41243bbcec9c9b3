"""Code maps and casts on a resolved value (contract 6.1, 6.2)."""

from __future__ import annotations

from transforms.tests.qeasy.oracle.diagnostics import Rejected
from transforms.tests.qeasy.oracle.values import is_empty, leading_number, looks_numeric, normal, text, truncated

_TRUE = {"true", "1", "yes", "y"}
_FALSE = {"false", "0", "no", "n", ""}


def mapped(value, mapping, run):
    """Translate a value by a static map table; null and empty are not looked up."""
    if is_empty(value):
        return value
    table = run.context.get("mappings", {})[mapping["target"]]
    ways = ("b_value", "a_value") if mapping.get("direction") == "negative" else ("a_value", "b_value")
    for row in table["rows"]:
        if text(row[ways[0]]) == text(value):
            return row[ways[1]]
    policy = table.get("unmatched", "keep")
    if policy == "exception":
        raise Rejected("MAP_MISS")
    if policy == "default":
        return table["default"]
    run.warn("MAP_MISS")
    return value


def cast(value, kind):
    """Convert a scalar to the entry's type; text and times are never converted."""
    if value is None or isinstance(value, (list, dict)):
        return value
    if kind in {"bool", "boolean"}:
        return _boolean(text(value).strip().lower())
    if kind not in {"int", "float", "number"}:
        return value
    if is_empty(value):
        return None
    number = leading_number(text(value))
    if number is None or (kind != "int" and not looks_numeric(text(value))):
        raise Rejected("TYPE_ERROR")
    return truncated(number) if kind == "int" else normal(number)


def _boolean(word):
    if word not in _TRUE | _FALSE:
        raise Rejected("TYPE_ERROR")
    return word in _TRUE
