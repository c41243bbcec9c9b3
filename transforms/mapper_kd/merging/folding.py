"""From contributions to the merged record, one at a time: what is kept of them is what the record will hold."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from erp_sdk.messages import decode, encode

from mapper_kd.arithmetic import describe
from mapper_kd.failures import Invalid
from mapper_kd.merging.aggregates import AGGREGATES, Join
from mapper_kd.merging.section import PART

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mapper_kd.merging.aggregates import Aggregate
    from mapper_kd.merging.section import Merge, MergedList, MergedValue


class _Values:
    """The aggregates of one merged record, or of one of its lines."""

    __slots__ = ("_made", "_takers")

    def __init__(self, makers: list[tuple[str, str, Callable[[], Aggregate]]]) -> None:
        self._made = [(name, make()) for name, _, make in makers]
        self._takers = [(key, one) for (_, key, _), (_, one) in zip(makers, self._made, strict=True)]

    def take(self, given: dict[str, Any]) -> None:
        for key, aggregate in self._takers:
            value = given.get(key) if key else True
            if aggregate.is_whole:
                aggregate.take(value)
            elif value is None:
                continue
            elif value.__class__ is list:
                for item in value:
                    if item is not None:
                        aggregate.take(item)
            else:
                aggregate.take(value)

    def result(self) -> dict[str, Any]:
        return {name: one.result() for name, one in self._made}


def _makers(values: Iterable[MergedValue]) -> list[tuple[str, str, Callable[[], Aggregate]]]:
    return [(one.name, "" if one.argument is None else f"v{index}", _maker(one)) for index, one in enumerate(values)]


def _maker(one: MergedValue) -> Callable[[], Aggregate]:
    return (lambda: Join(one.mark)) if one.function == "join" else AGGREGATES[one.function]


class _Lines:
    """The lines of one merged record."""

    def __init__(self, section: MergedList, key: str) -> None:
        self._key = key
        self._by = [(f"b{index}", one.name) for index, one in enumerate(section.by)]
        self._plain = [(f"v{index}", one.name) for index, one in enumerate(section.values)]
        self._makers = _makers(section.values) if section.by else []
        self._kept: list[dict[str, Any]] = []
        self._folded: dict[tuple[Any, ...], _Values] = {}

    def take(self, given: dict[str, Any]) -> None:
        rows = given.get(self._key)
        if rows is None:
            return
        if not self._by:
            self._kept.extend({name: row.get(key) for key, name in self._plain} for row in rows)
            return
        for row in rows:
            place = _place(row, self._by)
            values = self._folded.get(place)
            if values is None:
                values = self._folded[place] = _Values(self._makers)
            values.take(row)

    def result(self) -> list[dict[str, Any]]:
        if not self._by:
            return self._kept
        names = [name for _, name in self._by]
        return [dict(zip(names, place, strict=True)) | one.result() for place, one in self._folded.items()]


def _place(row: dict[str, Any], by: list[tuple[str, str]]) -> tuple[Any, ...]:
    place = tuple([row.get(key) for key, _ in by])
    for value in place:
        if value.__class__ is list or value.__class__ is dict:
            raise Invalid(f"by: of lines needs texts or numbers, not {describe(value)}")
    return place


class Folding:
    """One merged record in the making.

    Args:
        section: What the mapping says.
        by: The values of its `by`.
        part: Which document of its group it is.
    """

    def __init__(self, section: Merge, by: dict[str, Any], part: int) -> None:
        self._start = {**by, PART: part}
        self._values = _Values(_makers(section.values))
        self._lines = {one.name: _Lines(one, f"l{index}") for index, one in enumerate(section.lines)}

    def take(self, contribution: bytes) -> None:
        """Take what one more record gives.

        Raises:
            RecordError: Its values cannot be taken together with the others.
        """
        given = decode(contribution)
        self._values.take(given)
        for lines in self._lines.values():
            lines.take(given)

    def result(self) -> dict[str, Any]:
        """Return the merged record."""
        return self._start | self._values.result() | {name: lines.result() for name, lines in self._lines.items()}


def lines_of(section: Merge) -> Callable[[bytes], Iterable[Any]]:
    """Return what tells the lines of the first list apart in a contribution: equal ones become one line."""
    by = [f"b{index}" for index in range(len(section.lines[0].by))]
    numbers = count()

    def lines(contribution: bytes) -> Iterable[Any]:
        rows = decode(contribution).get("l0") or ()
        return [encode([row.get(key) for key in by]) for row in rows] if by else [next(numbers) for _ in rows]

    return lines
