"""Quantities in other units, by a table of factors: 1 of `from` is `factor` of `to`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.arithmetic import describe, divide, multiply
from mapper_kd.failures import Invalid, Miss
from mapper_kd.number_functions import decimal

if TYPE_CHECKING:
    from collections.abc import Callable


def converted(factor: Callable[..., Any], quantity: Any, unit: Any, wanted: Any, rest: tuple[Any, ...]) -> Any:
    """Return the quantity in the wanted unit; None of None.

    Args:
        factor: Gives the table's factor for a key (from, to, …), or raises Miss.
        quantity: A number, or its text.
        unit: What it is counted in.
        wanted: What it shall be counted in; the same unit needs no row.
        rest: Further parts of the key: the material, where units differ by it.

    Raises:
        Miss: The table has a row in neither direction.
        Invalid: The quantity or the factor is no number, or the factor is 0.
    """
    number = decimal(quantity)
    if number is None or (unit == wanted and unit):
        return number
    try:
        return multiply(number, _factor(factor(unit, wanted, *rest), unit, wanted))
    except Miss as miss:
        try:
            back = factor(wanted, unit, *rest)
        except Miss:
            raise miss from None
    return divide(number, _factor(back, wanted, unit))


def _factor(value: Any, unit: Any, wanted: Any) -> Any:
    number = decimal(value)
    if not number:
        raise Invalid(f"the factor from {describe(unit)} to {describe(wanted)} is {describe(value)}")
    return number
