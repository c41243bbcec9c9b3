"""Rows of ExecuteBillQuery to whole documents 单据: which fields are asked for, and where each cell goes.

A stream's schema file is its field list. Where a property stands tells its query key (vendor contract 8.1.1):

    FNote                        head field 单据头字段                FNote
    FCustomerID.FNumber          property of a base-data reference   FCustomerID.FNumber
    SubHeadEntity.FIsIncludedTax field of a 1:1 sub-head 子单据头      FIsIncludedTax
    FEntity[].FRealQty           field of an entry 分录               FRealQty
    FEntity[].FEntryID, .FSeq    the entry's own key and line number FEntity_FEntryID, FEntity_FSeq

As soon as one field of an entry is asked for, the answer is one row per line with the head repeated (contract 6.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any

from erp_sdk.money import decimal_or_none
from erp_sdk.times import parse_time, rfc3339

Row = Sequence[Any]
Schema = Mapping[str, Any]
Path = tuple[str, ...]
Selected = Callable[[Path], bool]
"""Tells for a breadcrumb such as ``("properties", "FNote")`` whether the catalog selects it."""

Shape = tuple[tuple[str, Any], ...]
"""An object's properties in order: a reader of one cell, or the shape of an object in turn."""

ENTRY_KEY = "FEntryID"
_OF_THE_ENTRY = frozenset({ENTRY_KEY, "FSeq"})
_NO_LINE = (None, 0, "")
_TRUTH = {"1": True, "0": False, "true": True, "false": False, "": None}


class WrongCellError(ValueError):
    """A cell does not fit the type that the schema declares."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a query.

    Attributes:
        key: What FieldKeys says, for example ``FCustomerID.FNumber``.
        path: Where the cell goes in the record or in the line.
        read: From a cell to the declared type.
    """

    key: str
    path: Path
    read: Callable[[Any], Any]

    def refuses(self, cell: Any) -> bool:
        """Tell whether a cell does not fit the declared type."""
        try:
            self.read(cell)
        except (ValueError, TypeError, KeyError):
            return True
        return False


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a stream's query and the shape of its documents.

    Attributes:
        head: Columns of the head; the primary key comes first.
        lines: Columns of the entry, its key first; empty for a stream without lines.
        entry: The property that holds the lines; None without lines.
    """

    head: tuple[Column, ...]
    lines: tuple[Column, ...] = ()
    entry: str | None = None

    _head_shape: Shape = field(init=False, repr=False, compare=False)
    _line_shape: Shape = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_head_shape", _shape(self.head))
        object.__setattr__(self, "_line_shape", _shape(self.lines))

    @property
    def field_keys(self) -> str:
        """What the query's FieldKeys says."""
        return ",".join(column.key for column in (*self.head, *self.lines))

    @property
    def entry_key(self) -> str | None:
        """The query key of the entry's primary key, for filter and order; None without lines."""
        return self.lines[0].key if self.lines else None

    def position(self, key: str) -> int:
        """Return the index of a column in a row."""
        return [column.key for column in (*self.head, *self.lines)].index(key)

    def document(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Return the document that these rows, all with the same primary key, tell.

        Raises:
            WrongCellError: A cell does not fit its declared type; names document and field.
        """
        width = len(self.head)
        try:
            record = _build(self._head_shape, iter(rows[0]))
            if self.entry is not None:
                # A document without lines comes as one row whose entry cells are null (contract 6.1).
                record[self.entry] = [
                    _build(self._line_shape, islice(row, width, None)) for row in rows if row[width] not in _NO_LINE
                ]
        except (ValueError, TypeError, KeyError, StopIteration) as error:
            raise self._wrong_cell(rows, error) from None
        return record

    def _wrong_cell(self, rows: Sequence[Row], error: Exception) -> WrongCellError:
        columns = (*self.head, *self.lines)
        wrong = (
            (column, cell, row)
            for row in rows
            for column, cell in zip(columns, row, strict=False)
            if column.refuses(cell)
        )
        for column, cell, row in wrong:
            where = f"{column.key} of {self.head[0].key} {row[0]}"
            return WrongCellError(f"{where} holds {str(cell)[:80]!r}, which the schema does not allow")
        return WrongCellError(f"{self.head[0].key} {rows[0][0]} has fewer cells than were asked for ({error!r})")


def _shape(columns: Sequence[Column]) -> Shape:
    """Return the nested form of columns, which come in the order of the nesting."""
    tree: dict[str, Any] = {}
    for column in columns:
        *parents, name = column.path
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = column.read
    return _freeze(tree)


def _freeze(tree: Mapping[str, Any]) -> Shape:
    return tuple((name, _freeze(part) if isinstance(part, dict) else part) for name, part in tree.items())


def _build(shape: Shape, cells: Iterator[Any]) -> dict[str, Any]:
    return {name: _build(part, cells) if part.__class__ is tuple else part(next(cells)) for name, part in shape}


def layout(
    schema: Schema,
    *,
    primary_key: str,
    needed: Sequence[str] = (),
    entry: str | None = None,
    sub_heads: frozenset[str] = frozenset(),
    selected: Selected = lambda _: True,
) -> Layout:
    """Read the columns out of a schema.

    Args:
        schema: The stream's JSON schema; one from a catalog may have further fields of the tenant (``F_ora_…``).
        primary_key: Its column comes first.
        needed: Head fields that are asked for whether selected or not.
        entry: The property that holds the lines; without any selected line field the query has no lines.
        sub_heads: Properties that are 1:1 sub-heads; every other object is a base-data reference.
        selected: What the catalog selects.
    """
    properties = schema["properties"]
    always: set[Path] = {("properties", name) for name in (primary_key, *needed)}

    def chosen(crumb: Path) -> bool:
        return crumb in always or selected(crumb)

    ordered = {primary_key: properties[primary_key], **{n: properties[n] for n in properties if n != entry}}
    head = tuple(_columns(ordered, (), (), sub_heads, chosen))
    crumb = ("properties", str(entry))
    if entry is None or entry not in properties or not chosen(crumb):
        return Layout(head)
    of_line = {ENTRY_KEY: {"type": "integer"}, **properties[entry]["items"]["properties"]}
    always.add((*crumb, "items", "properties", ENTRY_KEY))
    lines = tuple(
        Column(f"{entry}_{c.key}" if c.key in _OF_THE_ENTRY else c.key, c.path, c.read)
        for c in _columns(of_line, (), (*crumb, "items"), frozenset(), chosen)
    )
    return Layout(head, lines, entry)


def _columns(
    properties: Mapping[str, Schema], path: Path, crumb: Path, sub_heads: frozenset[str], selected: Selected
) -> Iterator[Column]:
    for name, declared in properties.items():
        here = (*crumb, "properties", name)
        if not selected(here):
            continue
        if "properties" not in declared:
            # Below a sub-head the bare key is asked for, below a reference the dotted one.
            key = ".".join(part for part in (*path, name) if part not in sub_heads)
            yield Column(key, (*path, name), _reader(declared))
        else:
            yield from _columns(declared["properties"], (*path, name), here, sub_heads, selected)


def _reader(declared: Schema) -> Callable[[Any], Any]:
    types = declared.get("type", "any")
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    kind = (names[0], declared.get("format"))
    return _READERS.get(kind) or _READERS.get((names[0], None), _anything)


def _text(cell: Any) -> str | None:
    if cell.__class__ is str:
        return cell if cell and not cell.isspace() else None  # blank text comes as "" or " " (contract, quirk 6)
    if cell is None:
        return None
    if isinstance(cell, (int, Decimal)) and not isinstance(cell, bool):
        return str(cell)
    raise TypeError(cell)


@lru_cache(4096)  # the lines of a day share their dates
def _time(cell: str | int | None) -> str | None:
    moment = parse_time(cell)
    return None if moment is None else rfc3339(moment)


def _number(cell: Any) -> int | Decimal | None:
    return cell if cell.__class__ is Decimal or cell.__class__ is int else decimal_or_none(cell)


def _integer(cell: Any) -> int | None:
    number = _number(cell)
    if number is not None and number != int(number):
        raise ValueError(cell)
    return None if number is None else int(number)


def _truth(cell: Any) -> bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    return _TRUTH[str(cell).strip().lower()]  # a checkbox comes as true/false or as "1"/"0" (contract 8.1.3)


def _anything(cell: Any) -> Any:
    return None if isinstance(cell, str) and not cell.strip() else cell


_READERS: dict[tuple[str, str | None], Callable[[Any], Any]] = {
    ("string", None): _text,
    ("string", "date-time"): _time,
    ("number", None): _number,
    ("integer", None): _integer,
    ("boolean", None): _truth,
}
