"""What ``values:`` of a merge may do with the values of many records, taken one by one in the order of arrival.

Each gives what the function of the same name gives for a list of all these values, without holding the list. A value
that is a list itself counts as its items; empty (null) values do not count. Those that say `is_whole` take each value
as it is, empty ones and lists too.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from mapper_kd.arithmetic import MAX_TEXT, add, describe, divide
from mapper_kd.failures import Invalid
from mapper_kd.list_functions import empty
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DISTINCT = 100_000
_MAX_LISTED = 100_000


class Aggregate(Protocol):
    """One value of a merged record in the making."""

    is_whole: ClassVar[bool]

    def take(self, value: Any) -> None:
        """Take the value of one more record; never null, never a list, unless the values are taken whole."""

    def result(self) -> Any:
        """Return what it has come to."""


class Sum:
    """The exact sum; 0 of none."""

    __slots__ = ("_sum",)
    is_whole: ClassVar[bool] = False

    def __init__(self) -> None:
        self._sum: Any = Decimal(0)

    def take(self, value: Any) -> None:
        """Add a number."""
        self._sum = add(self._sum, value)

    def result(self) -> Any:
        """Return the sum."""
        return self._sum


class Count:
    """How many are not empty."""

    __slots__ = ("_count",)
    is_whole: ClassVar[bool] = False

    def __init__(self) -> None:
        self._count = 0

    def take(self, value: Any) -> None:
        """Count a value."""
        if not empty(value):
            self._count += 1

    def result(self) -> int:
        """Return the count."""
        return self._count


class First:
    """The first that is not null."""

    __slots__ = ("_value",)
    is_whole: ClassVar[bool] = False

    def __init__(self) -> None:
        self._value: Any = None

    def take(self, value: Any) -> None:
        """Keep the first value."""
        if self._value is None:
            self._value = value

    def result(self) -> Any:
        """Return it."""
        return self._value


class Last(First):
    """The last that is not null."""

    __slots__ = ()

    def take(self, value: Any) -> None:
        """Keep the last value."""
        self._value = value


class Smallest(First):
    """The smallest."""

    __slots__ = ()

    def take(self, value: Any) -> None:
        """Keep the smaller."""
        if self._value is None or _less(value, self._value):
            self._value = value


class Largest(First):
    """The largest."""

    __slots__ = ()

    def take(self, value: Any) -> None:
        """Keep the larger."""
        if self._value is None or _less(self._value, value):
            self._value = value


class Average:
    """The average; empty of none."""

    __slots__ = ("_count", "_sum")
    is_whole: ClassVar[bool] = False

    def __init__(self) -> None:
        self._sum, self._count = Sum(), 0

    def take(self, value: Any) -> None:
        """Add a number."""
        self._sum.take(value)
        self._count += 1

    def result(self) -> Any:
        """Return the quotient."""
        return divide(self._sum.result(), self._count) if self._count else None


class Distinct:
    """Each value once, in the order of arrival."""

    __slots__ = ("_values",)
    is_whole: ClassVar[bool] = False

    def __init__(self) -> None:
        self._values: dict[Any, None] = {}

    def take(self, value: Any) -> None:
        """Keep a value that is new."""
        try:
            self._values.setdefault(value)
        except TypeError:
            raise Invalid(f"distinct() needs texts or numbers, not {describe(value)}") from None
        if len(self._values) > _MAX_DISTINCT:
            raise Invalid(f"distinct() finds more than {_MAX_DISTINCT} different values")

    def result(self) -> list[Any]:
        """Return the values."""
        return list(self._values)


class Listed:
    """All values in the order of arrival, empty ones too, so that there is one for each record."""

    __slots__ = ("_values",)
    is_whole: ClassVar[bool] = True

    def __init__(self) -> None:
        self._values: list[Any] = []

    def take(self, value: Any) -> None:
        """Keep a value; of a list its items."""
        if value.__class__ is list:
            self._values.extend(value)
        else:
            self._values.append(value)
        if len(self._values) > _MAX_LISTED:
            raise Invalid(f"list() has more than {_MAX_LISTED} values")

    def result(self) -> list[Any]:
        """Return the values."""
        return self._values


class FromFirst:
    """What the first record says, though it be nothing."""

    __slots__ = ("_taken", "_value")
    is_whole: ClassVar[bool] = True

    def __init__(self) -> None:
        self._value: Any = None
        self._taken = False

    def take(self, value: Any) -> None:
        """Keep the first value."""
        if not self._taken:
            self._value, self._taken = value, True

    def result(self) -> Any:
        """Return it."""
        return self._value


class FromLast(FromFirst):
    """What the last record says, though it be nothing."""

    __slots__ = ()

    def take(self, value: Any) -> None:
        """Keep the last value."""
        self._value = value


class Join:
    """The values as one text; empty ones are left out.

    Args:
        mark: What stands between two.
    """

    __slots__ = ("_length", "_mark", "_parts")
    is_whole: ClassVar[bool] = False

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._parts: list[str] = []
        self._length = 0

    def take(self, value: Any) -> None:
        """Keep a value's text."""
        part = text(value)
        if part:
            self._parts.append(part)
            self._length += len(part) + len(self._mark)
            if self._length > MAX_TEXT:
                raise Invalid(f"join() makes a text of more than {MAX_TEXT} characters")

    def result(self) -> str:
        """Return the text."""
        return self._mark.join(self._parts)


AGGREGATES: dict[str, Callable[[], Aggregate]] = {
    "sum": Sum,
    "count": Count,
    "min": Smallest,
    "max": Largest,
    "first": First,
    "last": Last,
    "average": Average,
    "distinct": Distinct,
    "list": Listed,
    "from_first": FromFirst,
    "from_last": FromLast,
}
"""By the name that mappings write; ``join`` besides, which needs its mark."""

NAMES = (*AGGREGATES, "join")


def _less(left: Any, right: Any) -> bool:
    try:
        return bool(left < right)
    except TypeError:
        raise Invalid(f"{describe(left)} and {describe(right)} cannot be compared") from None
