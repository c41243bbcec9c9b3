"""ExecuteBillQuery and BillQuery: which rows, in which order, from which row on (vendor contract 6.1 and 8.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import islice
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee import filters
from erp_sandbox.kingdee.columns import Column, Scope
from erp_sandbox.kingdee.documents import DECODE, ENCODE
from erp_sandbox.kingdee.envelope import BAD_PARAMETER, EXCEPTION, Refused
from erp_sandbox.kingdee.values import to_decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from erp_sandbox.kingdee.columns import Row
    from erp_sandbox.kingdee.datacentre import DataCentre

    Test = Callable[[Row], bool]

ORDER_ITEM = re.compile(r"\s*([^\s,]+)(?:\s+(asc|desc))?\s*", re.IGNORECASE)
LIKE_PART = re.compile(r"%|_|\[[^\]]*\]|[^%_\[]+|\[")
MODIFIED_COLUMN = "modified"
SHUFFLE_PRIME = 1_000_003
SORT_ROOM = 20_000
"""Rows that may wait for a sort beyond those wanted: what bounds the memory of an order no index has."""

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """The part of a filter that SQL answers from indexed columns; ``whole`` when that is all of it."""

    sql: str
    parameters: tuple[Any, ...]
    whole: bool


NOTHING = Condition("1", (), whole=False)


class Query:
    """One query.

    Args:
        centre: the data centre.
        data: the call's ``data``.
        shuffle: a number that differs from call to call, for rows whose order the client did not ask for.

    Raises:
        Refused: as the contract's table 5.3 has it.
    """

    def __init__(self, centre: DataCentre, data: dict[str, Any], shuffle: int = 0) -> None:
        given = {key.lower(): value for key, value in data.items()}
        self._centre = centre
        self._form = centre.form(given.get("formid"))
        self._table = centre.table(self._form)
        self._scope = Scope(centre, self._form)
        self._shuffle = shuffle if centre.settings.shuffle_unordered else 0
        self.keys = [key.strip() for key in str(given.get("fieldkeys") or "").split(",") if key.strip()]
        if not self.keys:
            raise Refused(BAD_PARAMETER, "data 数据包中的参数 FieldKeys 的值不能为空")
        self._columns = [self._scope.column(key) for key in self.keys]
        tree = self._tree(given.get("filterstring"))
        self._order = self._ordering(str(given.get("orderstring") or ""))
        try:
            self._condition = Condition("1", (), whole=True) if tree is None else self._pushed(tree)
            self._test = None if tree is None or self._condition.whole else self._compiled(tree)
        except filters.FilterError as error:
            raise _bad_filter(error) from None
        self._start, self._end = self._window(given)

    def rows(self) -> list[list[Any]]:
        """Return the rows asked for, as cells in the order of the keys."""
        if self._start >= self._end or self._form.id in self._centre.settings.no_permission:
            return []
        cells = [column.cell for column in self._columns]
        return [[cell(row) for cell in cells] for row in self._window_rows()]

    def _window(self, given: dict[str, Any]) -> tuple[int, int]:
        """Return the first row and the one after the last (contract 6.1): TopRowCount caps the whole result."""
        start, limit, top = (_whole(given.get(key), key) for key in ("startrow", "limit", "toprowcount"))
        ceiling = self._centre.settings.query_ceiling
        end = start + (min(limit, ceiling) if limit > 0 else ceiling)
        return start, min(end, top) if top > 0 else end

    def _tree(self, given: Any) -> filters.Tree | None:
        try:
            if isinstance(given, list):
                return filters.parse_conditions(given, self._centre.now_text())
            text = str(given or "")
            if text.lstrip().startswith("["):
                return filters.parse_conditions(_json_list(text), self._centre.now_text())
            return filters.parse(text, self._centre.now_text())
        except filters.FilterError as error:
            raise _bad_filter(error) from None

    def _ordering(self, text: str) -> list[tuple[Column, bool]]:
        """Return (column, descending) for each part of OrderString."""
        order = []
        for part in text.split(",") if text.strip() else ():
            match = ORDER_ITEM.fullmatch(part)
            if match is None:
                raise Refused(EXCEPTION, f"GetRealExpress error：{part.strip()}")
            order.append((self._scope.column(match[1]), (match[2] or "").lower() == "desc"))
        return order

    def _window_rows(self) -> Iterable[Row]:
        leading, within = self._split_order()
        if leading is None:
            return self._sorted_rows()
        tail = f"ORDER BY {leading}"
        skip = self._start
        if self._test is None and (skipped := self._skippable(tail)) is not None:
            offset, skip = skipped
            tail += f" LIMIT -1 OFFSET {int(offset)}"
        rows = self._stream(tail, within)
        return islice(rows, skip, skip + self._end - self._start)

    def _skippable(self, tail: str) -> tuple[int, int] | None:
        """Return how many documents, then rows, come before the window, from the counts of lines alone."""
        lists, totals = self._scope.lists, self._form.totals
        if not lists:
            return self._start, 0
        if len(lists) > 1 or totals is None or lists[0][0].key != totals.entity:
            return None
        before = 0
        documents = 0
        for _key, lines in self._table.keys(self._centre.db, self._where(tail), self._condition.parameters, tail):
            rows = max(lines, 1)
            if before + rows > self._start:
                break
            before += rows
            documents += 1
        return documents, self._start - before

    def _stream(self, tail: str, within: list[tuple[Column, bool]]) -> Iterator[Row]:
        test, scope = self._test, self._scope
        parameters = self._condition.parameters
        for document in self._table.scan(self._centre.db, self._where(tail), parameters, tail):
            rows = scope.rows(document)
            if within:
                rows = _sort(rows, within)
            elif self._shuffle % 2:
                rows.reverse()
            yield from rows if test is None else filter(test, rows)

    def _where(self, tail: str) -> str:
        """Return the SQL condition, written so that a window of change times is found by its index.

        Asked for rows in key order, SQLite would otherwise walk the whole table along its primary key.
        """
        sql = self._condition.sql
        if MODIFIED_COLUMN not in sql or not tail.startswith("ORDER BY id"):
            return sql
        return f"id IN (SELECT id FROM {self._table.name} WHERE {sql})"  # noqa: S608 - our own names, values as parameters

    def _split_order(self) -> tuple[str | None, list[tuple[Column, bool]]]:
        """Return the SQL order of the documents and the order of the rows within one; no SQL when an index has none."""
        parts: list[str] = []
        for at, (column, descending) in enumerate(self._order):
            if column.sql is None:
                rest = self._order[at:]
                unique = any(part.startswith("id") for part in parts)
                return (", ".join(parts), rest) if unique else (None, [])
            parts.append(f"{column.sql} {'DESC' if descending else 'ASC'}")
        if self._shuffle and not self._form.guid:
            parts.append(f"(id * {self._shuffle * 7919 % SHUFFLE_PRIME}) % {SHUFFLE_PRIME}")
        return ", ".join([*parts, "id"]), []

    def _sorted_rows(self) -> list[Row]:
        """Sort what no index orders, keeping no more rows than the window's end and some room."""
        kept: list[Row] = []
        for row in self._stream("ORDER BY id", []):
            kept.append(row)
            if len(kept) >= self._end + SORT_ROOM:
                kept = _sort(kept, self._order)[: self._end]
        return _sort(kept, self._order)[self._start : self._end]

    def _pushed(self, tree: filters.Tree) -> Condition:
        """Return what SQL can answer: a condition that every matching document meets."""
        if isinstance(tree, (filters.Both, filters.Either)):
            parts = [self._pushed(part) for part in tree.parts]
            both = isinstance(tree, filters.Both)
            known = [part for part in parts if part is not NOTHING]
            if not known or (not both and len(known) < len(parts)):
                return NOTHING
            sql = (" AND " if both else " OR ").join(f"({part.sql})" for part in known)
            parameters = tuple(value for part in known for value in part.parameters)
            return Condition(sql, parameters, whole=len(known) == len(parts) and all(part.whole for part in known))
        if isinstance(tree, (filters.Compare, filters.Among)):
            return self._pushed_field(tree, self._scope.column(tree.field))
        return NOTHING

    def _pushed_field(self, tree: filters.Compare | filters.Among, column: Column) -> Condition:
        if column.sql is None:
            return NOTHING
        if isinstance(tree, filters.Compare):
            if column.to_sql is not None and tree.operator != "=":
                return NOTHING
            return Condition(f"{column.sql} {tree.operator} ?", (column.sql_value(tree.value),), whole=True)
        if tree.negated:
            return NOTHING
        values = ENCODE([column.sql_value(value) for value in tree.values]).decode()
        where = f"{column.sql} IN (SELECT value FROM json_each(?))"  # noqa: S608 - one of our own column names
        return Condition(where, (values,), whole=True)

    def _compiled(self, tree: filters.Tree) -> Test:
        """Return the test of a row for the whole filter."""
        if isinstance(tree, filters.Always):
            return lambda _row: tree.value
        if isinstance(tree, (filters.Both, filters.Either)):
            tests = [self._compiled(part) for part in tree.parts]
            join = all if isinstance(tree, filters.Both) else any
            return lambda row: join(test(row) for test in tests)
        column = self._scope.column(tree.field)
        value_of = column.value
        if isinstance(tree, filters.Null):
            return lambda row: (column.read(row) in (None, "", " ")) is not tree.negated
        if isinstance(tree, filters.Like):
            pattern = like(tree.pattern)
            return lambda row: (
                (value := value_of(row)) is not None and (pattern.fullmatch(str(value)) is not None) is not tree.negated
            )
        if isinstance(tree, filters.Among):
            wanted = {_padded(column.coerce(value)) for value in tree.values}
            return lambda row: (value := value_of(row)) is not None and (_padded(value) in wanted) is not tree.negated
        operate, literal = OPERATORS[tree.operator], _padded(column.coerce(tree.value))
        return lambda row: (value := value_of(row)) is not None and operate(_padded(value), literal)


def like(pattern: str) -> re.Pattern[str]:
    """Return a regular expression for a SQL LIKE pattern."""
    parts = []
    for part in LIKE_PART.findall(pattern):
        if part == "%":
            parts.append(".*")
        elif part == "_":
            parts.append(".")
        elif part.startswith("[") and len(part) > 2:  # noqa: PLR2004 - "[]" holds nothing
            inner = part[1:-1]
            negated = inner.startswith("^")
            body = re.escape(inner[1:] if negated else inner).replace(r"\-", "-")
            parts.append(f"[{'^' if negated else ''}{body}]")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts), re.DOTALL)


def _sort(rows: list[Row], order: list[tuple[Column, bool]]) -> list[Row]:
    """Sort by several columns, stable; empty cells come first, as in the vendor's database."""
    for column, descending in reversed(order):
        rows = sorted(rows, key=_sort_key(column), reverse=descending)
    return rows


def _sort_key(column: Column) -> Callable[[Row], Any]:
    value_of = column.value
    return cmp_to_key(lambda a, b: _compare(value_of(a), value_of(b)))


def _compare(a: Any, b: Any) -> int:
    if a is None or b is None:
        return int(a is not None) - int(b is not None)
    return int(a > b) - int(a < b)


def _padded(value: Any) -> Any:
    """Return a text as SQL compares it: blanks at its end do not count."""
    return value.rstrip(" ") if isinstance(value, str) else value


def _whole(value: Any, name: str) -> int:
    number = to_decimal(value) if value not in (None, "") else 0
    if number is None or number < 0:
        raise Refused(BAD_PARAMETER, f"data 数据包中的参数 {name} 的值无效")
    return int(number)


def _json_list(text: str) -> list[Any]:
    try:
        found = DECODE(text)
    except ValueError:
        raise filters.FilterError(text[:30]) from None
    return found if isinstance(found, list) else []


def _bad_filter(error: filters.FilterError) -> Refused:
    return Refused(EXCEPTION, f"GetRealExpress error：过滤条件不正确，“{error}”附近有语法错误")
