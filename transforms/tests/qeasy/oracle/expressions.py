"""Evaluating a `_function` on bound values, by MySQL's rules as the vendor contract keeps them (5.1).

Values are None, int/Decimal, str, and bool; a bool is SQL's 1 or 0 that remembers to be compared as a boolean.
"""

from __future__ import annotations

import re
from decimal import Context, localcontext

from transforms.tests.qeasy.oracle.diagnostics import Failure
from transforms.tests.qeasy.oracle.functions import AGGREGATES, FUNCTIONS, aggregate
from transforms.tests.qeasy.oracle.syntax import parse
from transforms.tests.qeasy.oracle.time_functions import TIME_FUNCTIONS
from transforms.tests.qeasy.oracle.values import (
    as_number,
    divided,
    is_empty,
    is_number,
    leading_number,
    looks_numeric,
    normal,
    text,
    truncated,
)


def evaluate(source, place):
    """Return the value of an expression (the text after `_function`), or raise Failure."""
    with localcontext(Context(prec=100)):
        value = value_of(parse(source, place.run), place)
    if isinstance(value, bool):
        return int(value)
    return normal(value) if is_number(value) else value


def bound(value):
    """Bind a value that stands without quotes: numeric text is a number, empty text is NULL."""
    if isinstance(value, str):
        if is_empty(value):
            return None
        return leading_number(value) if looks_numeric(value) else value
    if isinstance(value, (list, dict)):
        return text(value)
    return value


def value_of(tree, place):
    """Evaluate one node."""
    return _KINDS[tree[0]](place, *tree[1:])


def truth(value):
    """Return a value as a condition: True, False, or None for NULL."""
    return None if value is None else as_number(value) != 0


def compared(operator, left, right):
    """Compare two values; NULL with anything is NULL."""
    if left is None or right is None:
        return None
    left, right = _comparable(left, right)
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def _comparable(left, right):
    if isinstance(left, str) and isinstance(right, str):
        return left.lower().rstrip(" "), right.lower().rstrip(" ")
    words = {"true": True, "false": False}
    if isinstance(left, bool) and isinstance(right, str):
        right = words.get(right.lower(), right)
    elif isinstance(right, bool) and isinstance(left, str):
        left = words.get(left.lower(), left)
    return as_number(left), as_number(right)


def _and(place, left, right):
    answers = [truth(value_of(left, place)), truth(value_of(right, place))]
    return False if False in answers else None if None in answers else True


def _or(place, left, right):
    answers = [truth(value_of(left, place)), truth(value_of(right, place))]
    return True if True in answers else None if None in answers else False


def _not(place, tree):
    return _negated(truth(value_of(tree, place)), negate=True)


def _negated(answer, *, negate):
    return answer if answer is None or not negate else not answer


def _negative(place, tree):
    value = value_of(tree, place)
    return None if value is None else -as_number(value)


def _arithmetic(place, operator, left, right):
    left, right = value_of(left, place), value_of(right, place)
    if left is None or right is None:
        return None
    left, right = as_number(left), as_number(right)
    if operator in "/%" and right == 0:
        raise Failure("a division by zero")
    if operator == "/":
        return divided(left, right)
    if operator == "%":
        return left % right  # the sign of the dividend, as in MySQL
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _null(place, tree, negated):
    return (value_of(tree, place) is None) != negated


def _like(place, tree, pattern, negated):
    value, pattern = value_of(tree, place), value_of(pattern, place)
    if value is None or pattern is None:
        return None
    pieces = re.findall(r"\\.|.", text(pattern), re.DOTALL)
    wild = {"%": ".*", "_": "."}
    regular = "".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces)
    return (re.fullmatch(regular, text(value), re.DOTALL | re.IGNORECASE) is not None) != negated


def _in(place, tree, items, negated):
    value = value_of(tree, place)
    answers = [compared("=", value, value_of(item, place)) for item in items]
    answer = True if True in answers else None if None in answers else False
    return _negated(answer, negate=negated)


def _case(place, subject, branches, otherwise):
    against = None if subject is None else value_of(subject, place)
    for when, then in branches:
        value = value_of(when, place)
        if truth(value) if subject is None else compared("=", against, value):
            return value_of(then, place)
    return value_of(otherwise, place)


def _call(place, name, arguments):
    if name in AGGREGATES:
        [(kind, path)] = arguments
        if kind != "placeholder":
            raise Failure(f"{name} needs a path into a list")
        return aggregate(name, [bound(value) for value in place.all_rows(path.path)])
    if name in _CHOOSING:
        return _CHOOSING[name](place, *arguments)
    if name not in FUNCTIONS and name not in TIME_FUNCTIONS:
        raise Failure(f"there is no function {name}")
    values = [value_of(argument, place) for argument in arguments]
    if None in values:
        return None
    try:
        return FUNCTIONS[name](*values) if name in FUNCTIONS else TIME_FUNCTIONS[name](place.run, *values)
    except TypeError:
        raise Failure(f"{name} takes other arguments") from None


def _first_that_is(place, *arguments):
    for argument in arguments:
        value = value_of(argument, place)
        if value is not None:
            return value
    return None


def _if(place, condition, then, otherwise):
    return value_of(then if truth(value_of(condition, place)) else otherwise, place)


def _nullif(place, left, right):
    left, right = value_of(left, place), value_of(right, place)
    return None if compared("=", left, right) else left


_CHOOSING = {"IFNULL": _first_that_is, "COALESCE": _first_that_is, "IF": _if, "NULLIF": _nullif}

_KINDS = {
    "value": lambda _, value: value,
    "placeholder": lambda place, placeholder: bound(placeholder.value(place)),
    "string": lambda place, parts: "".join(
        part if isinstance(part, str) else text(part.value(place)) for part in parts
    ),
    "find": lambda place, find: bound(find.value(place)),
    "interval": lambda place, count, unit: (truncated(as_number(value_of(count, place))), unit),
    "and": _and,
    "or": _or,
    "not": _not,
    "negative": _negative,
    "compare": lambda place, operator, left, right: compared(operator, value_of(left, place), value_of(right, place)),
    "arithmetic": _arithmetic,
    "null?": _null,
    "like": _like,
    "in": _in,
    "case": _case,
    "call": _call,
}
