"""What a function of the language is: how it is written, what it takes and gives, and what does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_kd.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Function:
    """One function of the language.

    Attributes:
        usage: How it is written, for the table in the README.
        meaning: What it gives.
        takes: The families of its arguments; ``?`` marks one that may be left out, ``*`` one that may be repeated,
            ``?*`` both. ``values`` is a list of plain values, ``plain`` that or one of them; ``pattern``, ``column``
            and the like are constants that are made ready once (`mapper_kd.expressions.arguments`).
        gives: The kind of its result, or how it follows from the kinds of the arguments.
        call: The implementation; None for the forms that the expression compiler builds itself.
    """

    usage: str
    meaning: str
    takes: str
    gives: Kind | Callable[[Sequence[Kind]], Kind]
    call: Callable[..., Any] | None = None

    def kind(self, arguments: Sequence[Kind]) -> Kind:
        """Return the kind of the result."""
        return self.gives if isinstance(self.gives, Kind) else self.gives(arguments)
