"""What generated code calls by name besides the functions of the language: reading parts, and failing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from mapper_kd.allotment import LONG_LIST, begin, take
from mapper_kd.arithmetic import bounded, describe
from mapper_kd.failures import Invalid, Miss, Missing, NumberMissing, OrganisationsContradict
from mapper_kd.text_functions import text

if TYPE_CHECKING:
    from collections.abc import Callable


def part(row: Any, attribute: str) -> Any:
    """Return a part of an object of the record that may be null."""
    return None if row is None else getattr(row, attribute)


def cell(row: tuple[Any, ...] | None, index: int) -> Any:
    """Return a column of a table's row that may not be there."""
    return None if row is None else row[index]


def item(value: Any, name: str) -> Any:
    """Return a part of a value whose schema is not known; of a list, the part of each item."""
    if value is None:
        return None
    if value.__class__ is dict:
        return value.get(name)
    if value.__class__ is list:
        return [item(one, name) for one in value]
    raise Invalid(f"{describe(value)} has no part {name}")


def spelled(value: Any) -> str:
    """Return how a value is spelled in a template; an empty one is empty text."""
    return text(value) or ""


def near(name: str, otherwise: Any, *rows: Any) -> Any:
    """Return a part of the first row that has it, else the other value."""
    for row in rows:
        if row.__class__ is dict and name in row:
            return row[name]
    return otherwise


def rows(value: Any) -> list[Any]:
    """Return the rows of a list; an object counts as one row, null as none."""
    if value.__class__ is list:
        if len(value) > LONG_LIST:
            take(len(value))
        return value
    if value is None:
        return []
    if value.__class__ is dict:
        return [value]
    raise Invalid(f"{describe(value)} is no list")


def searched(value: Any) -> Any:
    """Return a list that ``in`` goes through."""
    if value.__class__ is list and len(value) > LONG_LIST:
        take(len(value))
    return value


def at(value: Any, index: int) -> Any:
    """Return an item of a list or a character of a text; None past its end."""
    if value is None:
        return None
    if value.__class__ is not list and value.__class__ is not str:
        raise Invalid(f"{describe(value)} has no parts")
    return value[index] if -len(value) <= index < len(value) else None


def piece(value: Any, start: int | None, end: int | None) -> Any:
    """Return the part of a text or list between two positions."""
    if value is None:
        return None
    if value.__class__ is not list and value.__class__ is not str:
        raise Invalid(f"{describe(value)} has no parts")
    return value[start:end]


def needed(value: Any) -> Any:
    """Return the value of a field that is required."""
    if value is None or value == "":
        raise Missing("the value is empty")
    return value


def needed_lines(lines: list[Any]) -> list[Any]:
    """Return the lines of a list that is required."""
    if not lines:
        raise Missing("the document has no lines")
    return lines


def needed_number(value: Any) -> str:
    """Return the document's number as text."""
    number = text(value)
    if not number or not number.strip():
        raise NumberMissing("the document has no number")
    return number


def number_as_is(value: Any) -> Any:
    """Return the document's number, which may be one."""
    needed_number(value)
    return value


def reference(structure: Callable[[Any], Any], value: Any) -> Any:
    """Return a reference to base data for a value that is no text: several for a list, an object as it is."""
    if value is None or value.__class__ is dict or isinstance(value, msgspec.Struct):
        return value
    if value.__class__ is list:
        return [reference(structure, one) for one in value if one is not None] or None
    return structure(value)


def compact(value: Any) -> Any:
    """Return a value without what is null in its objects."""
    if value.__class__ is dict:
        return {key: compact(one) for key, one in value.items() if one is not None}
    return [compact(one) for one in value] if value.__class__ is list else value


def distinct_documents(documents: list[Any], attribute: str) -> list[Any]:
    """Return the documents of a record if each has a number of its own."""
    numbers = [getattr(document, attribute) for document in documents]
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise Invalid(f"two documents of the record have the number {describe(twice)}")
    return documents


def fail(error: Exception) -> NoReturn:
    """Raise, at the place of use, what went wrong when a shared value was calculated."""
    raise error


GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    "_part": part,
    "_cell": cell,
    "_item": item,
    "_near": near,
    "_begin": begin,
    "_rows": rows,
    "_searched": searched,
    "_at": at,
    "_slice": piece,
    "_needed": needed,
    "_lines": needed_lines,
    "_number": needed_number,
    "_number_as_is": number_as_is,
    "_reference": reference,
    "_compact": compact,
    "_distinct": distinct_documents,
    "_null": msgspec.Raw(b"null"),
    "_once": (None,),
    "_fail": fail,
    "_Decimal": Decimal,
    "_str": str,
    "_int": int,
    "_bounded": bounded,
    "_spelled": spelled,
    "_Miss": Miss,
    "_Contradiction": OrganisationsContradict,
    "_Exception": Exception,
}
"""The only names that generated code can reach; Python's builtins are not among them."""
