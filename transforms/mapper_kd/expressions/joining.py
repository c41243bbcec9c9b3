"""Putting pieces of generated source together, with what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper_kd.expression_checks import ExpressionError
from mapper_kd.kinds import NULL, Kind, ListKind, RowKind, common
from mapper_kd.scope import CONSTANT, Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def joined(text: str, kind: Kind, parts: Iterable[Code], *, certain: bool = False, fails: bool = True) -> Code:
    """Return the code of a source made of parts: it depends on all, and reads what they read."""
    parts = list(parts)
    readings = tuple(dict.fromkeys(reading for part in parts for reading in part.readings))
    return Code(text, kind, max((part.depth for part in parts), default=CONSTANT), fails, certain, readings)


def choice(cases: Sequence[tuple[Code, Code]], otherwise: Code) -> Code:
    """Return the code of the value after the first condition that holds.

    Raises:
        ExpressionError: Some values are lists or rows, and others are not.
    """
    text = otherwise.text
    for test, value in reversed(cases):
        text = f"({value.text} if {test.text} else {text})"
    values = [*(value for _, value in cases), otherwise]
    parts = [*(part for pair in cases for part in pair), otherwise]
    return joined(text, value_kind(values), parts, certain=all(part.certain for part in values))


def loop(variable: str, item: str, rows: str, test: str | None = None) -> str:
    """Return the source of a list made by a loop."""
    # The rows come in as an argument: `coalesce` assigns, which Python forbids in a comprehension's own iterable.
    condition = f" if {test}" if test else ""
    return f"(lambda rows: [{item} for {variable} in rows{condition}])(_rows({rows}))"


def value_kind(parts: Iterable[Code]) -> Kind:
    """Return the kind of a value that is one of the parts.

    Raises:
        ExpressionError: Some are lists or rows, and others are not: what could be done with the value is not known.
    """
    kinds = [part.kind for part in parts]
    if any(isinstance(kind, (RowKind, ListKind)) for kind in kinds):
        if len({kind for kind in kinds if kind is not NULL}) > 1:
            raise ExpressionError("gives a list or a row in one case and something else in another")
        return next(kind for kind in kinds if kind is not NULL)
    return common(kinds)
