"""A source's records made ready in memory, for looking at a source without a target (contract 10, 11, 13).

A mapping of both sides does the same with its ``let:``, ``where:`` and ``documents:``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.functions import flat
from mapper_kd.qeasy.places import Place
from mapper_kd.qeasy.rendering import one_value
from mapper_kd.qeasy.roots import PlainRoot
from mapper_kd.qeasy.shaping import condition_text, derived_text
from mapper_kd.qeasy.source_settings import keyed
from mapper_kd.sql.values import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Condition, DerivedField, Source
    from mapper_kd.qeasy.surroundings import Surroundings

_VALUE = "value"


class Shaper:
    """The shaping of one source.

    Args:
        source: The source.
        surroundings: Its variables and options.
        report: Receives what is wrong.
        seen: Keys of records that came before.
    """

    def __init__(self, source: Source, surroundings: Surroundings, report: Report, seen: Iterable[Any] = ()) -> None:
        self._source = source
        self._seen = {text(key) for key in seen}
        self.repeats: list[str] = []
        place = Place(PlainRoot(), surroundings, report, source.node)
        seconds = surroundings.options.datetime_seconds
        self._derive = [(one, one_value(derived_text(one, _VALUE, seconds=seconds))) for one in source.derived]
        self._groups = [
            [(one, one_value(condition_text(one, _VALUE, place.at(one.node)))) for one in group]
            for group in source.conditions
        ]

    def shape(self, rows: Iterable[Any]) -> list[Any]:
        """Return the records that fetched rows come to; `repeats` has the keys of those that came before."""
        made = []
        for row in rows:
            record: Any = keyed(self._source, row)
            for derived, call in self._derive:
                record = _derived(record, derived.old, derived, call)
            kept = self._kept(record)
            made += [] if kept is None else self._flattened(kept)
        return [record for record in made if self._is_new(record)]

    # --- condition

    def _kept(self, record: Any) -> Any:
        if not self._groups:
            return record
        passed = [lists for group in self._groups if (lists := _passing(record, group)) is not None]
        if not passed:
            return None
        for path in {path for lists in passed for path in lists}:
            if all(path in lists for lists in passed):  # a group that says nothing of the list keeps all its rows
                chosen = {index for lists in passed for index in lists[path]}
                record = _replaced(
                    record, path, [row for index, row in enumerate(_at(record, path)) if index in chosen]
                )
        return record

    # --- beatFlat and idCheck

    def _flattened(self, record: Any) -> list[Any]:
        if not self._source.flat:
            return [record]
        made = [(record, "")]
        for name, _ in self._source.flat:
            made = [
                (
                    {key: value for key, value in one.items() if key != name}
                    | {f"{name}_{key}": value for key, value in (row or {}).items()},
                    f"{suffix}-{number}",
                )
                for one, suffix in made
                for number, row in enumerate(flat(one.get(name)), start=1)
            ]
        if not self._source.id:
            return [one for one, _ in made]
        key = text(_at(record, self._source.id.split(".")))
        return [one | {"_id": f"{key}{suffix}"} for one, suffix in made]

    def _is_new(self, record: Any) -> bool:
        if not self._source.id_check or not self._source.id:
            return True
        value = record.get("_id", _at(record, self._source.id.split(".")))
        key = None if value is None else text(value)
        if key is None or key not in self._seen:
            if key is not None:
                self._seen.add(key)
            return True
        self.repeats.append(key)
        return False


def _at(value: Any, path: Sequence[str]) -> Any:
    """Follow a path; through a list it goes by index, or by its first row."""
    for name in path:
        if isinstance(value, list):
            if name.isdigit():
                value = value[int(name)] if int(name) < len(value) else None
                continue
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list_on(record: Any, path: Sequence[str]) -> tuple[str, ...] | None:
    return next(
        (tuple(path[:size]) for size in range(1, len(path)) if isinstance(_at(record, path[:size]), list)), None
    )


def _replaced(record: Any, path: Sequence[str], rows: Any) -> Any:
    first, *others = path
    return record | {first: _replaced(record[first], others, rows) if others else rows}


def _derived(record: Any, path: Sequence[str], derived: DerivedField, call: Callable[[Any], Any]) -> Any:
    on = _list_on(record, path) if isinstance(record, dict) else None
    if on is not None:
        return _replaced(record, on, [_derived(row, path[len(on) :], derived, call) for row in _at(record, on)])
    value = _at(record, path)
    return record if value is None or not isinstance(record, dict) else record | {derived.new: call(value)}


def _passing(
    record: Any, group: Sequence[tuple[Condition, Callable[[Any], Any]]]
) -> dict[tuple[str, ...], list[int]] | None:
    """Return the positions of the rows that pass, by list; None when the group fails."""
    lists: dict[tuple[str, ...], list[tuple[Condition, Callable[[Any], Any]]]] = {}
    for condition, test in group:
        on = _list_on(record, condition.path)
        if on is not None:
            lists.setdefault(on, []).append((condition, test))
        elif not test(_at(record, condition.path)):
            return None
    passing = {}
    for on, tests in lists.items():
        rows = _at(record, on)
        kept = [
            index
            for index, row in enumerate(rows)
            if all(test(_at(row, condition.path[len(on) :])) for condition, test in tests)
        ]
        is_strict = any(condition.strict for condition, _ in tests)
        if not kept or (is_strict and len(kept) < len(rows)):
            return None
        passing[on] = kept
    return passing
