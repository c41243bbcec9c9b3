"""The part of a source record that a mapping reads.

The tap's SCHEMA says what a record may hold; the mappings say what of it they use. Only that is decoded: a stock-out
has some sixty fields and thirty a line, a mapping reads a dozen, and msgspec skips the rest four times as fast as it
would decode it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from mapper_kd.kinds import (
    ANY,
    BOOLEAN,
    DATE,
    DECIMAL,
    INTEGER,
    TEXT,
    Kind,
    ListKind,
    RowKind,
    UnknownNameError,
    list_of,
    row_of,
    speakable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SCALARS = {"string": TEXT, "integer": INTEGER, "number": DECIMAL, "boolean": BOOLEAN}


class SourceObject:
    """An object of the tap's schema, and which of its properties the mappings read.

    Without ``properties`` in the schema nothing can be checked: every name is taken and its kind is ANY.

    Args:
        schema: The object's schema.
        place: What it is called in messages.
        is_made: Whether it was made here: its dates are dates then, and not whatever text a tap has.
    """

    def __init__(self, schema: Mapping[str, Any], place: str, *, is_made: bool = False) -> None:
        self.place = place
        properties = schema.get("properties")
        self._properties: Mapping[str, Any] = properties if isinstance(properties, dict) else {}
        self._open = not self._properties
        self._used: dict[str, tuple[str, Kind]] = {}
        self._whole = False
        self._is_made = is_made

    def column(self, row: str, name: str, *, certain: bool) -> tuple[str, Kind]:
        """As `kinds.Columns.column`; notes that the property is used."""
        if name not in self._used:
            if (not self._open and name not in self._properties) or not speakable(name):
                raise UnknownNameError("field", name, self._properties, self.place)
            schema = self._properties.get(name, {})
            spelling = name if name.isascii() and name.isidentifier() else ""
            self._used[name] = (f"c{len(self._used)}_{spelling}", self._kind(name, schema))
        attribute, kind = self._used[name]
        return (f"{row}.{attribute}" if certain else f"_part({row}, {attribute!r})"), kind

    def knows(self, name: str) -> bool:
        """Whether the schema has this property, or has no list of properties at all."""
        return self._open or name in self._properties

    def names(self) -> list[str]:
        """The properties that the schema lists."""
        return list(self._properties)

    def _kind(self, name: str, schema: Any) -> Kind:
        if not isinstance(schema, dict):
            return ANY
        types = schema.get("type", [])
        listed = types if isinstance(types, list) else [types]
        named = [one for one in listed if isinstance(one, str) and one != "null"]
        if len(named) != 1:
            return ANY
        if named[0] == "object" and schema.get("properties"):
            inside = SourceObject(schema, f"{self.place}.{name}", is_made=self._is_made)
            return row_of(inside, certain=False)
        if named[0] == "array":
            item = self._kind(name, schema.get("items") or {})
            # A row of a list is never null: a list that holds null is no valid record.
            return list_of(row_of(item.columns, certain=True) if isinstance(item, RowKind) else item)
        if self._is_made and schema.get("format") == "date":
            return DATE
        return _SCALARS.get(named[0], ANY)

    def take_whole(self) -> bool:
        """Note that all of its properties are used, as they are; False when they are not known."""
        self._whole = True
        for name in filter(speakable, self._properties):
            _, kind = self.column("", name, certain=True)
            inner = kind.item if isinstance(kind, ListKind) else kind
            if isinstance(inner, RowKind) and isinstance(inner.columns, SourceObject):
                inner.columns.take_whole()
        return not self._open

    def structure(self) -> type[msgspec.Struct]:
        """Return the structure with the used properties, nested ones included; missing ones are None."""
        fields = [(attribute, _annotation(kind), None) for attribute, kind in self._used.values()]
        rename = {attribute: name for name, (attribute, _) in self._used.items()}
        return msgspec.defstruct("Record", fields, rename=rename, gc=False, omit_defaults=self._whole)


def _annotation(kind: Kind) -> Any:
    if isinstance(kind, RowKind) and isinstance(kind.columns, SourceObject):
        return kind.columns.structure() | None
    if isinstance(kind, ListKind) and isinstance(kind.item, RowKind):
        rows: Any = _annotation(row_of(kind.item.columns, certain=False))
        inner = next(one for one in rows.__args__ if one is not type(None))
        return list[inner] | None  # type: ignore[valid-type]  # made at run time
    return Any


def decoder(structure: type[msgspec.Struct]) -> Callable[[bytes | msgspec.Raw], Any]:
    """Return the function from a record's bytes to the structure; a number with a fraction becomes an exact Decimal."""
    return msgspec.json.Decoder(structure, float_hook=Decimal).decode
