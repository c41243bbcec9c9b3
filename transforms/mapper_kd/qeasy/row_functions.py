"""Functions of ``qeasy`` for values of which only the data say whether they are lists (contract 7, 10, 11)."""

from __future__ import annotations

import logging
import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mapper_kd.date_functions import now
from mapper_kd.failures import Invalid
from mapper_kd.function import Function
from mapper_kd.kinds import ANY, Kind, ListKind, RowKind, list_of, row_of
from mapper_kd.sql import arithmetic, casts, times
from mapper_kd.sql.texts import shortened
from mapper_kd.sql.values import number_of, plain, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

logger = logging.getLogger(__name__)

_FORMAT = re.compile(r"(?P<name>\w+)\s*(?:\(\s*(?P<argument>.*?)\s*\))?\s*\Z", re.DOTALL)
_MOST_ROWS = 100_000
_MOST_PLACES = 1000
_SCALARS = {str, bool, int, Decimal}
_told: set[str] = set()


def one(value: Any) -> Any:
    """Return the first of a list, an object as it is, and nothing of what has no parts."""
    if value.__class__ is list:
        _tell(value)
        return value[0] if value and value[0].__class__ is not list else None
    return None if value.__class__ in _SCALARS else value


def _tell(rows: Sequence[Any]) -> None:
    """Say once in a process, not once in a record, that such a list is there."""
    columns = ", ".join(sorted(rows[0])[:8]) if rows and rows[0].__class__ is dict else ""
    if columns not in _told and len(_told) < _MOST_PLACES:
        _told.add(columns)
        logger.warning(
            "LIST_IN_HEADER: a list of rows%s stands where the scheme wants one value; its first row is taken.",
            f" with {columns}" if columns else "",
        )


def single(value: Any) -> Any:
    """Return an object as it is; nothing of a list, and of what has no parts."""
    return None if value.__class__ is list or value.__class__ in _SCALARS else value


def kept(value: Any, rows: list[Any]) -> Any:
    """Return the rows that are kept of a list; what is no list stays as it is."""
    return rows if value.__class__ is list else value


def kept_in(value: Any, rows: Sequence[Any], path: str, *more: str) -> Any:
    """Return a value whose list on one of the paths has only these rows, as `driver` gave them."""
    for written in (path, *more):
        first, *below = written.split(".")
        on = list_on([first, *below], {first: value})
        if on is not None:
            only = [_followed(row, on) for row in rows]
            return replaced({first: value}, on, only)[first]
    return value


def list_on(path: Sequence[str], values: Any) -> tuple[str, ...] | None:
    """Return the beginning of a path that leads to a list, if it goes on behind it."""
    value = values
    for size, name in enumerate(path[:-1], start=1):
        value = value.get(name) if value.__class__ is dict else None
        if value.__class__ is list:
            return tuple(path[:size])
    return None


def replaced(record: dict[str, Any], path: Sequence[str], rows: Any) -> dict[str, Any]:
    """Return a record with another value at the end of a path."""
    first, *others = path
    return record | {first: replaced(record[first], others, rows) if others else rows}


def _followed(value: Any, path: Sequence[str]) -> Any:
    """Follow a path; through a list it goes by its first row."""
    for name in path:
        if value.__class__ is list:
            value = value[0] if value else None
        value = value.get(name) if value.__class__ is dict else None
    return value


# --- formatResponse in the rows of a list


def formatted(value: Any, *rules: str) -> Any:
    """Return a list with new columns in its rows; what is no list stays as it is.

    Args:
        value: The list, or an object with a list in it.
        rules: Path in a row, new column and format, for each one.
    """
    for path, new, form in zip(rules[::3], rules[1::3], rules[2::3], strict=True):
        if value.__class__ is list:
            value = [_formatted(row, path.split("."), new, form) for row in value]
        elif value.__class__ is dict and (on := list_on(path.split("."), value)):
            below = path.split(".")[len(on) :]
            value = replaced(value, on, [_formatted(row, below, new, form) for row in _followed(value, on)])
    return value


def _formatted(row: Any, path: Sequence[str], new: str, form: str) -> Any:
    if row.__class__ is not dict:
        return row
    on = list_on(path, row)
    if on is not None:
        return replaced(row, on, [_formatted(inner, path[len(on) :], new, form) for inner in _followed(row, on)])
    value = _followed(row, path)
    return row if value is None else row | {new: _format(form)(value)}


@lru_cache(maxsize=256)
def _format(form: str) -> Callable[[Any], Any]:
    if "%" in form:
        return lambda value: times.shown(value, form)
    found = _FORMAT.match(form)
    name, argument = (found["name"], found["argument"]) if found is not None else (form, None)
    if name == "implode":
        mark = "," if argument is None else argument
        return lambda value: mark.join(map(text, value)) if value.__class__ is list else text(value)
    if name == "round":
        return lambda value: plain(arithmetic.rounded(number_of(value), int(argument or 2)))
    if name == "longText":
        return lambda value: shortened(value, int(argument or 15))
    if name not in _PLAIN_FORMATS:
        raise Invalid(f"there is no format {form}")
    return _PLAIN_FORMATS[name]


_PLAIN_FORMATS: dict[str, Callable[[Any], Any]] = {
    "date": times.date,
    "intval": casts.intval,
    "amount": casts.amount,
    "dateDescription": lambda value: times.ago(value, now()),
}


# --- beatFlat of several lists


def flattened(names: str, *values: Any) -> list[Any]:
    """Return the rows that flattening several lists (拍扁) makes records of: one of each list, by its name.

    Args:
        names: The lists in their order, with commas; ``details.batchs`` is the list ``batchs`` of a row of ``details``.
        values: The lists that are no list of a row of another, in their order.

    Returns:
        Objects such as ``{"details": {…, "batchs": {…}}, "number": "1-2"}``; a list without rows has one empty row.
    """
    given = iter(values)
    made: list[tuple[dict[str, Any], str]] = [({}, "")]
    for name in names.split(","):
        path = name.split(".")
        own = next(given) if len(path) == 1 else None
        made = [one_more for row, number in made for one_more in _spread(row, number, path, own)]
        if len(made) > _MOST_ROWS:
            raise Invalid(f"flattening {names} makes more than {_MOST_ROWS} rows")
    return [row | {"number": number[1:]} for row, number in made]


def _spread(row: dict[str, Any], number: str, path: list[str], own: Any) -> Iterator[tuple[dict[str, Any], str]]:
    rows = own if len(path) == 1 else _followed(row, path)
    rows = rows if rows.__class__ is list and rows else [rows] if rows.__class__ is dict else [{}]
    for count, item in enumerate(rows, start=1):
        yield replaced(row, path, item), f"{number}-{count}"


# --- what is known of them


def _itself(arguments: Sequence[Kind]) -> Kind:
    return _uncertain(arguments[0])


def _item(arguments: Sequence[Kind]) -> Kind:
    kind = arguments[0].item if isinstance(arguments[0], ListKind) else arguments[0]
    return _uncertain(kind)


def _uncertain(kind: Kind) -> Kind:
    return row_of(kind.columns, certain=False) if isinstance(kind, RowKind) else kind


ROW_FUNCTIONS: dict[str, Function] = {
    "one": Function("qeasy.one(value)", "the first row of a list, an object as it is", "row", _item, one),
    "single": Function("qeasy.single(value)", "an object as it is, nothing of a list", "row", _itself, single),
    "kept": Function(
        "qeasy.kept(list, rows)", "the rows; but what is no list stays as it is", "row any", _itself, kept
    ),
    "kept_in": Function(
        'qeasy.kept_in(value, rows, "list.path", …)', "the same, deeper in a value", "whole any text*", ANY, kept_in
    ),
    "formatted": Function(
        'qeasy.formatted(list, "path", "new", "format", …)',
        "a list with new columns in its rows",
        "whole text*",
        ANY,
        formatted,
    ),
    "flattened": Function(
        'qeasy.flattened("a,a.b", list, …)',
        "the rows that flattening several lists makes records of",
        "text whole*",
        list_of(ANY),
        flattened,
    ),
}
