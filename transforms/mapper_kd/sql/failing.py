"""What an expression gives where it cannot be calculated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.failures import Miss, RecordError

if TYPE_CHECKING:
    from collections.abc import Callable


def attempt(calculate: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """Return a value, or the other one when the expression cannot be calculated.

    A miss in a table is no failure of the expression: the field's own policy decides about it.
    """
    try:
        return calculate()
    except Miss:
        raise
    except (RecordError, TypeError, ArithmeticError):
        return otherwise()
