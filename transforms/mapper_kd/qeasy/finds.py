"""Lookups of a scheme, ``_findCollection`` and ``_mongoQuery``, as lookups of our own language (contract 5.2, 5.3).

Values are equal when their texts are, a missing one equals nothing, and the first row that fits gives the answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.native import SchemeError
from mapper_kd.qeasy.placeholders import Term, lone, quoted, read, split, template

if TYPE_CHECKING:
    from mapper_kd.qeasy.native import Context

_COLUMN = r"[^\W\d](?:[\w$!-]|\.(?=\w))*"
_FIND = re.compile(
    rf"_findCollection\s+find\s+(?P<column>{_COLUMN})\s+from\s+(?P<collection>[\w-]+)\s+where\s+(?P<where>.*)",
    re.DOTALL,
)
_CONDITION = re.compile(
    rf"\s*(?:and\s+)?(?P<column>{_COLUMN})=(?P<operand>'(?:[^']|'')*'|(?:\{{\{{[^{{}}]*\}}\}}|\{{[^{{}}]*\}}|[^\s'{{}}])+)(?=\s|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_MONGO = re.compile(
    rf"_mongoQuery\s+(?P<collection>[\w-]+)\s+findField=(?P<column>{_COLUMN})\s+where=(?P<where>\{{.*)", re.DOTALL
)
_END = re.compile(r"\s*_endFind\s*\Z")
_MAX_CONDITIONS = 50
_COMPARISONS = {"$gt": "greater", "$gte": "greater_or_equal", "$lt": "less", "$lte": "less_or_equal"}


@dataclass(frozen=True)
class Condition:
    """What a column of a row must be: ``operator`` is one of Mongo's, ``operands`` are templates or JSON scalars."""

    column: str
    operator: str
    operands: tuple[Any, ...]


@dataclass(frozen=True)
class Group:
    """Conditions that hold together (``$and``), of which one holds (``$or``), or which do not hold (``$not``)."""

    operator: str
    members: tuple[Condition | Group, ...]


@dataclass(frozen=True)
class Find:
    """A lookup: the value of a column in the first row of a collection for which everything in `where` holds."""

    collection: str
    column: str
    where: tuple[Condition | Group, ...]


def parse_lookup(written: str) -> Find:
    """Read a lookup.

    Raises:
        SchemeError: ``BAD_LOOKUP``.
    """
    source = _END.sub("", written.strip())
    return _parse_mongo(source) if source.startswith("_mongoQuery") else _parse_find(source)


def lookup(find: Find, context: Context) -> Term:
    """Return the expression of a lookup.

    Raises:
        SchemeError: ``UNKNOWN_COLLECTION``, or an operand that cannot be read.
    """
    keys = [one for one in find.where if isinstance(one, Condition) and one.operator == "$eq"]
    # A column can be asked for one value only.
    keys = [one for index, one in enumerate(keys) if one.column not in {before.column for before in keys[:index]}]
    rest = [one for one in find.where if not any(one is key for key in keys)]
    operands = [_operand(key.operands[0], context) for key in keys]
    columns = tuple(dict.fromkeys([find.column, *(column for one in rest for column in _columns(one))]))
    table = context.table(find.collection, tuple(key.column for key in keys), columns)
    asked = ", ".join([quoted(table), *operands])
    if not rest:
        return Term(_part(f"find({asked})", find.column))
    tests = " and ".join(_test(one, context) for one in rest)
    return Term(f"first({_part('row', find.column)} for row in rows({asked}) if {tests})")


def _parse_find(source: str) -> Find:
    found = _FIND.fullmatch(source)
    if found is None:
        raise SchemeError("BAD_LOOKUP", "is not written as: _findCollection find COLUMN from UUID where COLUMN=VALUE …")
    conditions, position, where = [], 0, found["where"].rstrip()
    while position < len(where):
        one = _CONDITION.match(where, position)
        if one is None:
            raise SchemeError(
                "BAD_LOOKUP", f"has a condition that cannot be read: {where[position : position + 60].strip()}"
            )
        operand = one["operand"]
        if operand.startswith("'"):
            operand = operand[1:-1].replace("''", "'")
        conditions.append(Condition(_column(one["column"]), "$eq", (operand,)))
        position = one.end()
    if not 0 < len(conditions) <= _MAX_CONDITIONS:
        raise SchemeError("BAD_LOOKUP", f"needs between 1 and {_MAX_CONDITIONS} conditions")
    return Find(found["collection"], _column(found["column"]), tuple(conditions))


def _parse_mongo(source: str) -> Find:
    found = _MONGO.fullmatch(source)
    if found is None:
        raise SchemeError("BAD_LOOKUP", "is not written as: _mongoQuery UUID findField=COLUMN where={…}")
    try:
        query = json.loads(found["where"])
    except (ValueError, RecursionError) as error:
        raise SchemeError("BAD_LOOKUP", f"has a filter that is no JSON: {error}") from None
    return Find(found["collection"], _column(found["column"]), _members(query))


def _members(query: Any) -> tuple[Condition | Group, ...]:
    if not isinstance(query, dict) or not query:
        raise SchemeError("BAD_LOOKUP", "has a filter that is no object with conditions")
    members: list[Condition | Group] = []
    for key, wanted in query.items():
        if key in {"$and", "$or"}:
            if not isinstance(wanted, list) or not wanted:
                raise SchemeError("BAD_LOOKUP", f"needs a list after {key}")
            members.append(Group(key, tuple(Group("$and", _members(one)) for one in wanted)))
        elif key.startswith("$"):
            raise SchemeError("BAD_LOOKUP", f"uses {key}, which cannot be translated; a table and rows(…) can do more")
        else:
            members.extend(_conditions(_column(key), wanted))
    return tuple(members)


def _conditions(column: str, wanted: Any) -> list[Condition | Group]:
    if not isinstance(wanted, dict):
        wanted = {"$eq": wanted}
    found: list[Condition | Group] = []
    for operator, value in wanted.items():
        if operator == "$not":
            found.append(Group("$not", tuple(_conditions(column, value))))
        elif operator in {"$in", "$nin"} and isinstance(value, list) and len(value) <= _MAX_CONDITIONS:
            found.append(Condition(column, operator, tuple(map(_scalar, value))))
        elif operator in {"$eq", "$ne", "$exists", *_COMPARISONS}:
            found.append(Condition(column, operator, (_scalar(value),)))
        elif (
            operator == "$regex"
            and isinstance(value, str)
            and not any(not isinstance(one, str) for one in split(value))
        ):
            found.append(Condition(column, operator, (value,)))
        else:
            raise SchemeError("BAD_LOOKUP", f"uses {operator} in a way that cannot be translated")
    return found


def _scalar(value: Any) -> Any:
    if isinstance(value, (dict, list, float)):
        raise SchemeError("BAD_LOOKUP", f"compares with {value!s:.40}, which is no text and no whole number")
    return value


def _column(written: str) -> str:
    return written.removeprefix("content.")


def _columns(one: Condition | Group) -> list[str]:
    return [one.column] if isinstance(one, Condition) else [name for part in one.members for name in _columns(part)]


def _operand(operand: Any, context: Context) -> str:
    if not isinstance(operand, str):
        return str(operand)
    placeholder = lone(operand)
    return read(placeholder, context).text if placeholder is not None else template(split(operand), context).text


def _part(row: str, column: str) -> str:
    return f"{row}.{column}" if column.isidentifier() and not column.startswith("__") else f"{row}[{quoted(column)}]"


def _test(one: Condition | Group, context: Context) -> str:
    if isinstance(one, Group):
        tests = [_test(member, context) for member in one.members]
        if one.operator == "$not":
            return f"not ({' and '.join(tests)})"
        word = " or " if one.operator == "$or" else " and "
        return f"({word.join(tests)})" if len(tests) > 1 else tests[0]
    cell = _part("row", one.column)
    if one.operator == "$exists":
        return f"{cell} is {'not ' if one.operands[0] else ''}None"
    if one.operator == "$regex":
        return f"matches({cell}, {quoted(one.operands[0])})"
    operands = [_operand(operand, context) for operand in one.operands]
    if one.operator in _COMPARISONS:
        return f'sql.{_COMPARISONS[one.operator]}(sql.operand({cell}), sql.operand({operands[0]}), "exact")'
    same = " or ".join(f"sql.same({cell}, {operand})" for operand in operands) or "False"
    return f"not ({same})" if one.operator in {"$ne", "$nin"} else f"({same})" if len(operands) > 1 else same
