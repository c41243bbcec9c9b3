"""When two outcomes are the same: numbers by value, booleans apart from numbers, keys in any order."""

from __future__ import annotations

import json
import re
from decimal import Decimal

CAUSES = {  # the mapper's reason classes and the vendor contract's codes (contract 13)
    "code_missing": "MAP_MISS",
    "expression_failed": "FUNCTION_ERROR",
    "value_missing": "REQUIRED_MISSING",
    "value_invalid": "TYPE_ERROR",
}


def exact(text):
    """Read JSON without losing a digit."""
    return json.loads(text, parse_float=Decimal)


def comparable(value):
    """Return a value in a form that is equal to another's only if both say the same."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return ("number", Decimal(value))
    return ("truth", value) if isinstance(value, bool) else value


def documents_of(result):
    """Return the rows of all calls of an `interpret` result, in order."""
    return [row for request in result["requests"] for row in request["rows"]]


def cause_of(letter):
    """Return a dead letter as (code, field path without row numbers)."""
    return CAUSES.get(letter["reason"], letter["reason"]), re.sub(r"\[\d+\]", "", letter["field"] or "")


def is_among(cause, causes):
    """Say whether a dead letter's cause is one of an oracle's: a reference's field may name its key as well."""
    code, field = cause
    return any(code == each and f"{field}.".startswith(f"{path}.") for each, path in causes)
