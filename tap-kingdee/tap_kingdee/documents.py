"""Rows of ExecuteBillQuery to whole documents 单据: which fields are asked for, and where each cell goes.

A stream's schema is its field list. Where a property stands tells its query key (vendor contract 8.1.1):

    FNote                        head field 单据头字段                FNote
    FCustomerID.FNumber          property of a base-data reference   FCustomerID.FNumber
    SubHeadEntity.FIsIncludedTax field of a 1:1 sub-head 子单据头      FIsIncludedTax
    FEntity[].FRealQty           field of an entry 分录               FRealQty
    FEntity[].FEntryID, .FSeq    the entry's own key and line number FEntity_FEntryID, FEntity_FSeq

As soon as one field of an entry is asked for, the answer is one row per line with the head repeated (contract 6.1).
Flat rows have the fields of the line beside those of the head, and the entry's own key and line number under their
query keys.

For each query a decoder and a function are made, once: the decoder gives a row as a tuple of typed cells, the function
puts the rows of a document into its JSON. Nothing else looks at a cell.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
from erp_sdk.messages import decode, encode
from erp_sdk.schemas import Row as Record

from tap_kingdee.cells import NAMES, Kind, Schema, kind_of

Row = Sequence[Any]
Path = tuple[str, ...]
Selected = Callable[[Path], bool]
"""Tells for a breadcrumb such as ``("properties", "FNote")`` whether the catalog selects it."""

ENTRY_KEY = "FEntryID"
_OF_THE_ENTRY = frozenset({ENTRY_KEY, "FSeq"})
_NO_LINE = frozenset({None, 0, ""})
_PLACE = re.compile(r"`\$\[\d+\]\[(\d+)\]")


class WrongCellError(ValueError):
    """A cell does not fit the type that the schema declares, or a row is none."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a query.

    Attributes:
        key: What FieldKeys says, for example ``FCustomerID.FNumber``.
        path: Where the cell goes in the record or in the line.
        kind: The declared type.
        stand_in: The key of the column that is taken where this one is empty.
    """

    key: str
    path: Path
    kind: Kind
    stand_in: str | None = None

    def refuses(self, cell: Any) -> bool:
        """Tell whether a cell does not fit the declared type."""
        try:
            self.kind.read(decode(cell) if isinstance(cell, msgspec.Raw) else cell)
        except (ValueError, TypeError, KeyError):
            return True
        return False


@dataclass(slots=True)
class Layout:
    """The columns of a stream's query and the shape of its records.

    Attributes:
        head: Columns of the head, the primary key first; of flat rows, all columns.
        lines: Columns of the entry, its key first; empty without lines and for flat rows.
        entry: The property that holds the lines; None without lines and for flat rows.
        entry_key: The query key of the entry's primary key, for filter and order; None without lines.
    """

    head: tuple[Column, ...]
    lines: tuple[Column, ...] = ()
    entry: str | None = None
    entry_key: str | None = None

    _loose: set[int] = field(default_factory=set, repr=False)
    _loosening: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _decoder: msgspec.json.Decoder[list[Row]] = field(init=False, repr=False)
    _record: Callable[[Sequence[Row]], Record] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._compile()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of the cells."""
        return (*self.head, *self.lines)

    @property
    def field_keys(self) -> str:
        """What the query's FieldKeys says."""
        return ",".join(column.key for column in self.columns)

    def position(self, key: str) -> int:
        """Return the index of a column in a row."""
        return [column.key for column in self.columns].index(key)

    def rows(self, content: bytes) -> list[Row]:
        """Return the rows of an answer as tuples of cells.

        Raises:
            WrongCellError: A row has not the cells that were asked for.
        """
        decoder = self._decoder
        try:
            return decoder.decode(content)
        except msgspec.ValidationError as error:
            place = _PLACE.search(str(error))
            with self._loosening:
                if decoder is self._decoder:  # else another thread has met the same meanwhile
                    if place is None or int(place[1]) in self._loose:
                        raise WrongCellError(f"a row has not the cells that were asked for ({error})") from None
                    # This column holds something else than its type says: the slow way knows whether that will do.
                    self._loose.add(int(place[1]))
                    self._compile()
        return self.rows(content)

    def records(self, documents: Sequence[Sequence[Row]]) -> list[Record]:
        """Return the records of documents, each the rows with one primary key: one a document, or one a row.

        Raises:
            WrongCellError: A cell does not fit its declared type; names document and field.
        """
        if self.entry_key is not None and self.entry is None:
            documents = [[row] for document in documents for row in document]
        record = self._record
        records: list[Record] = []
        try:
            for rows in documents:
                records.append(record(rows))  # noqa: PERF401 - how many there are tells which one is wrong
        except (ValueError, TypeError, KeyError) as error:
            raise self._wrong_cell(documents[len(records)], error) from None
        return records

    def _wrong_cell(self, rows: Sequence[Row], error: Exception) -> WrongCellError:
        for row in rows:
            for column, cell in zip(self.columns, row, strict=False):
                if column.refuses(cell):
                    said = bytes(cell).decode() if isinstance(cell, msgspec.Raw) else str(cell)
                    where = f"{column.key} of {self.head[0].key} {row[0]}"
                    return WrongCellError(f"{where} holds {said[:80]!r}, which the schema does not allow")
        return WrongCellError(f"{self.head[0].key} {rows[0][0]} cannot be read ({error!r})")

    def _compile(self) -> None:
        """Make the decoder and write the function; its text is made of numbers and of the kinds' expressions."""
        names: dict[str, Any] = {**NAMES, "no_line": _NO_LINE, "Record": Record, "Raw": msgspec.Raw, "encode": encode}
        cells = [f"c{place}" for place in range(len(self.columns))]
        expressions = [self._expression(place, names) for place in range(len(self.columns))]
        width = len(self.head)
        parts = {column.path: text for column, text in zip(self.head, expressions, strict=False)}
        if self.entry is not None:
            line = _constructor({c.path: text for c, text in zip(self.lines, expressions[width:], strict=True)}, names)
            unpacked = ", ".join([*(["_"] * width), *cells[width:]])
            # A document without lines comes as one row whose entry cells are null (contract 6.1).
            parts[(self.entry,)] = f"[{line} for ({unpacked},) in rows if c{width} not in no_line]"
        key = (
            "c0" if self.entry_key is None or self.entry is not None else f"(c0, c{self.position(self.entry_key)} or 0)"
        )
        text = [
            "def record(rows):",
            f" ({', '.join(cells)},) = rows[0]",
            f" return Record({key}, None, Raw(encode({_constructor(parts, names)})))",
        ]
        exec("\n".join(text), names)  # noqa: S102 - see the docstring; the same way dataclasses makes __init__
        self._record = names["record"]
        kinds = [Any if place in self._loose else column.kind.holds for place, column in enumerate(self.columns)]
        row: Any = tuple[tuple(kinds)]  # type: ignore[misc]  # a type made at run time
        self._decoder = msgspec.json.Decoder(list[row], float_hook=Decimal)

    def _expression(self, place: int, names: dict[str, Any]) -> str:
        column = self.columns[place]
        cell = f"c{place}"
        if place in self._loose:
            names[f"read{place}"] = column.kind.read
            text = f"read{place}({cell})"
        else:
            text = column.kind.expression.format(c=cell)
        if column.stand_in is not None and any(other.key == column.stand_in for other in self.head):
            text = f"({text} or {self._expression(self.position(column.stand_in), names)})"
        if column.key == self.entry_key and self.entry is None:
            text = f"({text} or 0)"  # part of the primary key, which has no nulls
        return text


def _constructor(parts: Mapping[Path, str], names: dict[str, Any]) -> str:
    """Return the call that makes an object with these expressions in these places; its structs go into ``names``."""
    tree: dict[str, Any] = {}
    for path, text in parts.items():
        *parents, name = path
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = text
    return _call(tree, names)


def _call(tree: Mapping[str, Any], names: dict[str, Any]) -> str:
    struct = f"Struct{sum(name.startswith('Struct') for name in names)}"
    attributes = {f"f{number}": name for number, name in enumerate(tree)}
    names[struct] = msgspec.defstruct(struct, [(name, Any) for name in attributes], rename=attributes, gc=False)
    return f"{struct}({', '.join(_call(part, names) if isinstance(part, dict) else part for part in tree.values())})"


@dataclass(frozen=True, slots=True)
class Fields:
    """What a stream may ask for.

    Attributes:
        schema: The stream's JSON schema; one from a catalog may have further fields of the tenant (``F_ora_…``).
        primary_key: Its column comes first.
        needed: Head fields that are asked for whether selected or not.
        entry: The property that holds the lines; without any selected line field the query has no lines.
        flat: The fields of the lines stand beside those of the head.
        sub_heads: Properties that are 1:1 sub-heads; every other object is a base-data reference.
        stand_ins: Properties, and the one that is taken where they are empty.
    """

    schema: Schema
    primary_key: str
    needed: Sequence[str] = ()
    entry: str | None = None
    flat: bool = False
    sub_heads: frozenset[str] = frozenset()
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    def layout(self, selected: Selected = lambda _: True) -> Layout:
        """Return the columns of the query for what the catalog selects."""
        properties = self.schema["properties"]
        entry_key = None if self.entry is None else f"{self.entry}_{ENTRY_KEY}"
        keys = [self.primary_key, *([entry_key] if self.flat and entry_key else [])]
        always: set[Path] = {("properties", name) for name in (*keys, *self.needed)}

        def chosen(crumb: Path) -> bool:
            return crumb in always or selected(crumb)

        first = {name: properties.get(name, {"type": "integer"}) for name in keys}
        ordered = {**first, **{name: properties[name] for name in properties if name != self.entry}}
        head = tuple(self._columns(ordered, (), (), chosen))
        if self.flat:
            return Layout(head, entry_key=entry_key)
        crumb = ("properties", str(self.entry))
        if self.entry is None or self.entry not in properties or not chosen(crumb):
            return Layout(head)
        of_line = {ENTRY_KEY: {"type": "integer"}, **properties[self.entry]["items"]["properties"]}
        always.add((*crumb, "items", "properties", ENTRY_KEY))
        lines = tuple(
            Column(f"{self.entry}_{c.key}" if c.key in _OF_THE_ENTRY else c.key, c.path, c.kind)
            for c in self._columns(of_line, (), (*crumb, "items"), chosen)
        )
        return Layout(head, lines, self.entry, entry_key)

    def _columns(
        self, properties: Mapping[str, Schema], path: Path, crumb: Path, selected: Selected
    ) -> Iterator[Column]:
        for name, declared in properties.items():
            here = (*crumb, "properties", name)
            if not selected(here):
                continue
            if "properties" not in declared:
                # Below a sub-head the bare key is asked for, below a reference the dotted one.
                key = ".".join(part for part in (*path, name) if part not in self.sub_heads)
                yield Column(key, (*path, name), kind_of(declared), self.stand_ins.get(key))
            else:
                yield from self._columns(declared["properties"], (*path, name), here, selected)


def flat_schema(schema: Schema, entry: str) -> dict[str, Any]:
    """Return the schema of flat rows: the line's fields beside the head's.

    Raises:
        ValueError: Head and lines share a name.
    """
    properties = dict(schema["properties"])
    lines = properties.pop(entry)["items"]["properties"]
    own = {f"{entry}_{name}" if name in _OF_THE_ENTRY else name: declared for name, declared in lines.items()}
    if shared := sorted(set(own) & set(properties)):
        raise ValueError(", ".join(shared))
    key = {f"{entry}_{ENTRY_KEY}": {"type": "integer", "description": "分录内码 key of the line; 0: it has none"}}
    required = [*schema.get("required", ()), *key]
    return {**schema, "properties": {**properties, **own, **key}, "required": required}
