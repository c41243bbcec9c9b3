"""Amounts of lines that add up: each is rounded, and the last takes what is left of the total."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_kd.arithmetic import add, describe, number, subtract
from mapper_kd.failures import Invalid, Missing
from mapper_kd.list_functions import total as sum_of
from mapper_kd.number_functions import round_half_up

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Rounded:
    """Numbers with so many digits after the point, rounded half away from zero."""

    digits: int

    def round(self, value: Any) -> Decimal | None:
        """Return the rounded number; None of None."""
        return round_half_up(value, self.digits)


@dataclass(frozen=True)
class Remainder:
    """What makes the lines of a list add up to a total.

    Attributes:
        attribute: The attribute of a line that holds the amount.
        digits: Of each amount, after the point.
        tolerance: How far the rounded amounts may be away from the total; None is one unit of the last digit a line.
    """

    attribute: str
    digits: int
    tolerance: Decimal | int | None

    def settle(self, lines: Sequence[Any], total: Any) -> None:
        """Give the last line with an amount what is left of the total.

        Raises:
            Invalid: It is more than rounding explains.
            Missing: There are lines, but no total.
        """
        if not lines:
            return
        if total is None:
            raise Missing("the total is empty")
        amounts = [(line, amount) for line in lines if (amount := getattr(line, self.attribute)) is not None]
        wanted = Decimal(number(total))
        if wanted != round_half_up(wanted, self.digits):
            raise Invalid(f"the total {describe(wanted)} has more than {self.digits} digits after the point")
        left = subtract(wanted, sum_of([amount for _, amount in amounts]))
        bound = Decimal(1).scaleb(-self.digits) * len(amounts) if self.tolerance is None else self.tolerance
        if abs(left) > bound:
            raise Invalid(
                f"the lines make {describe(subtract(wanted, left))}, but the total is {describe(wanted)}: "
                f"{describe(abs(left))} is more than rounding explains",
                "correct the amounts in the source, or say tolerance: in the mapping",
            )
        if left and amounts:
            line, amount = amounts[-1]
            setattr(line, self.attribute, add(amount, left))

    def settle_sum(self, lines: Sequence[Any], unrounded: Sequence[Any]) -> None:
        """Make the lines add up to the rounded sum of what they were before."""
        self.settle(lines, round_half_up(sum_of(list(unrounded)), self.digits))
