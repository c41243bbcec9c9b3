"""How numbers are spelled in templates: filled up to a width, in thousands, with so many digits after the point."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mapper_kd.arithmetic import number
from mapper_kd.number_functions import round_half_up


@dataclass(frozen=True)
class NumberFormat:
    """A format such as ``06``, ``.2f`` or ``,.2f``.

    Attributes:
        layout: Its part before the point.
        digits: After the point, rounded half away from zero; None leaves them as they are.
    """

    layout: str
    digits: int | None

    def spell(self, value: Any) -> str:
        """Return the number as text; an empty value is empty text."""
        if value is None:
            return ""
        exact = Decimal(number(value)) if self.digits is None else round_half_up(value, self.digits)
        return format(exact, f"{self.layout}f")
