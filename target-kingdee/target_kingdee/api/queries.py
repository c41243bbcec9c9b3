"""Reading whole result sets: pages by primary key, so that what changes meanwhile shifts nothing (contract 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PAGE_ROWS = 2000  # what every build gives; newer ones would give 10,000 (contract 6.1)


def rows_by_key(
    page: Callable[[Sequence[str], str, str, int], list[list[Any]]],
    fields: Sequence[str],
    primary_key: str,
    filter_string: str = "",
    size: int = PAGE_ROWS,
) -> Iterator[list[Any]]:
    """Yield all rows, in the order of the primary key.

    A document's lines are rows of one key; a document that straddles two pages is read again with the next one.

    Args:
        page: Reads one page: fields, filter, order, first row.
        fields: What the rows hold.
        primary_key: The form's.
        filter_string: SQL-like (contract 8.1).
        size: How many rows a full page has.
    """
    columns = [primary_key, *fields]
    lines = [field for field in fields if field.endswith("_FEntryID")]
    order = ",".join(f"{key} ASC" for key in (primary_key, *lines[:1]))
    last: Any = None
    while True:
        rows = page(columns, _both(filter_string, _above(primary_key, last)), order, 0)
        is_full = len(rows) >= size
        whole = [row for row in rows if row[0] != rows[-1][0]] if is_full else rows
        if is_full and not whole:
            whole = _all_of_one(
                page, columns, _both(filter_string, f"{primary_key}={_quoted(rows[0][0])}"), order, rows
            )
        for row in whole:
            yield row[1:]
        if not is_full:
            return
        last = whole[-1][0]


def rows_in_order(
    page: Callable[[Sequence[str], str, str, int], list[list[Any]]],
    fields: Sequence[str],
    primary_key: str,
    filter_string: str,
    order: str,
) -> Iterator[list[Any]]:
    """Yield all rows in an order of the caller's; pages by offset, so what changes meanwhile may shift them."""
    start = 0
    while rows := page(fields, filter_string, f"{order},{primary_key} ASC", start):
        yield from rows
        start += len(rows)


def _all_of_one(
    page: Callable[[Sequence[str], str, str, int], list[list[Any]]],
    columns: Sequence[str],
    filter_string: str,
    order: str,
    rows: list[list[Any]],
) -> list[list[Any]]:
    """Read the rest of a document that has more lines than a page."""
    found = list(rows)
    while more := page(columns, filter_string, order, len(found)):
        found += more
    return found


def _above(primary_key: str, last: Any) -> str:
    return "" if last is None else f"{primary_key}>{_quoted(last)}"


def _quoted(key: Any) -> str:
    return str(key) if isinstance(key, int) else "'" + str(key).replace("'", "''") + "'"


def _both(first: str, second: str) -> str:
    return " and ".join(f"({part})" if part is first and second else part for part in (first, second) if part)
