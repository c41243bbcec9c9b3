"""Vendor rows to typed records, compiled once per schema.

A schema file says what a record looks like when it leaves the tap; the vendor sends the same fields in whatever type
its dialect happens to use ("2.0000", 3, 3.0; 110 or "110"; "2026-01-05 09:30:51" or epoch milliseconds; "" for
nothing). From the file this module makes

* one ``msgspec`` struct per object of the schema, so that the decoder itself drops what is not selected, keeps absent
  fields absent and reads text at the speed of C, and
* one generated function per object that turns the remaining values into the declared types.

| declared in the schema file | becomes | "" becomes |
|---|---|---|
| string | the text as it came; a number becomes its text ("110") | "" |
| string, format date-time | RFC 3339 text with +08:00, seconds | null |
| string, format date | yyyy-MM-dd text | null |
| integer | int | null |
| number | exact Decimal (an int stays an int) | null |
| boolean | bool, from true/false, 0/1, "0"/"1" | null |
| object, array of objects | the same, recursively | null |
| array of anything else | as it came | null |

Each row is decoded, converted and encoded before the next one is touched, in the thread that read the page: its values
stay in the processor's cache, and what waits in memory is the record's JSON (`Row`). A number that came as text becomes
that JSON number, exact, without its text being built again. `Rows.dictionary` gives the record as a dictionary with
Decimals, at twice the cost.
"""

from __future__ import annotations

import keyword
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec

from erp_sdk.messages import decode, encode
from erp_sdk.value_kinds import ABSENT, KINDS, TEXT, Kind, whole_number

Schema = Mapping[str, Any]
Selected = Callable[[tuple[str, ...]], bool]
"""Tells for a breadcrumb such as ``("properties", "remark")`` whether the catalog selects it."""

_LONG, _LONG_DIGITS = 1 << 63, 18


class Row(msgspec.Struct, gc=False):
    """A record ready to be written.

    Attributes:
        key: Its primary key: a value, or a tuple of them.
        version: What tells which of two rows with the same key is newer.
        record: The record's JSON.
        times: The times by which the vendor filters, where the stream names them.
    """

    key: Any
    version: Any
    record: msgspec.Raw
    times: tuple[Any, ...] = ()


class WrongValueError(ValueError):
    """A value does not fit the type that the schema declares."""

    def __init__(self, where: str, value: object, declared: str) -> None:
        super().__init__(f"{where} holds {str(value)[:80]!r}, which is no {declared}")


@dataclass(slots=True)
class _Learnt:
    """What the vendor was seen to send for one object of the schema.

    Attributes:
        fields: Its fields and the attributes they have in the struct, in the order in which they were met.
        loose: Fields that came as something else than text: codes do in some dialects, and numbers.
        odd: Whole numbers that came as something that the decoder does not take for one, "" for example.
        nested: The same for the objects inside.
    """

    fields: dict[str, str] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    odd: set[str] = field(default_factory=set)
    nested: dict[str, _Learnt] = field(default_factory=dict)

    def study(self, row: Mapping[str, Any], schema: Schema) -> None:
        """Take note of a row as the plain decoder gives it."""
        for name, value in row.items():
            if name not in self.fields:
                plain = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
                self.fields[name] = name if plain else f"field_{len(self.fields)}"
            declared = schema["properties"].get(name)
            inner = None if declared is None else _inner_object(declared)
            if inner is not None:
                learnt = self.nested.setdefault(name, _Learnt())
                for item in value if isinstance(value, list) else [value]:
                    if isinstance(item, dict):
                        learnt.study(item, inner)
            elif value is not None and not isinstance(value, str):
                self.loose.add(name)
            if value is not None and not _is_plain_integer(value):
                self.odd.add(name)


def _is_plain_integer(value: Any) -> bool:
    if value.__class__ is str:
        return value.isascii() and value.isdigit() and (value[0] != "0" or value == "0") and len(value) <= _LONG_DIGITS
    return value.__class__ is int and -_LONG < value < _LONG


@dataclass(slots=True)
class _Object:
    """A struct and its conversion, for one object of the schema."""

    struct: type[msgspec.Struct]
    convert: Callable[[Sequence[Any]], None]
    kinds: dict[str, Kind]
    nested: dict[str, _Object]
    decoder: msgspec.json.Decoder[Any]

    def wrong_values(self, rows: Sequence[Any], attributes: _Learnt) -> Iterator[tuple[Any, str, object, str]]:
        """Yield row, field, value and declared type of what cannot be converted; converting twice does no harm."""
        for row in rows:
            for name, inner in self.nested.items():
                value = getattr(row, attributes.fields[name])
                items = value if isinstance(value, list) else [value] if isinstance(value, msgspec.Struct) else []
                for _, path, wrong, said in inner.wrong_values(items, attributes.nested[name]):
                    yield row, f"{name}.{path}", wrong, said
            for name, kind in self.kinds.items():
                value = getattr(row, attributes.fields[name])
                if value.__class__ not in (*kind.clean, *ABSENT):
                    try:
                        kind.convert(value)
                    except (ValueError, TypeError, KeyError):
                        yield row, name, value, kind.said


_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Rows:
    """Decodes the rows of a stream.

    The structs hold what the vendor was seen to send and nothing more; a page with a field that was not met before is
    studied, and the structs are made anew. So the hundred optional fields of a schema cost nothing where they are never
    sent.

    Args:
        schema: The stream's JSON schema (an object).
        keys: The primary key's properties; always read.
        version: The property that tells which of two rows with the same key is newer; always read. None when there is
            none.
        times: Properties that a row's `Row.times` hold; always read.
        selected: Which properties the catalog selects; all by default.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        keys: Sequence[str],
        version: str | None = None,
        times: Sequence[str] = (),
        selected: Selected = lambda _: True,
    ) -> None:
        needed = [name for name in (*keys, version, *times) if name is not None]
        always = {("properties", name) for name in needed}
        self._schema = schema
        self._keys = keys
        self._selected: Selected = lambda crumb: crumb in always or selected(crumb)
        self._learning = threading.Lock()
        self._learnt = _Learnt({name: name for name in needed})
        self._compiled = _compile_object(self._schema, self._selected, self._learnt, ())
        self._key: Callable[[Any], Any] = attrgetter(*keys)
        self._version: Callable[[Any], Any] = attrgetter(version) if version else lambda _: None
        self._times = _times_getter(times)

    def decode(self, payload: bytes | msgspec.Raw) -> list[Row]:
        """Return the rows of a JSON array.

        Raises:
            WrongValueError: A value does not fit its declared type, or a row is no object; names row and field.
        """
        try:
            return self._rows(payload, self._compiled)
        except msgspec.ValidationError:
            return self._rows(payload, self._study(payload))

    def _rows(self, payload: bytes | msgspec.Raw, compiled: _Object) -> list[Row]:
        decode_one, convert, key, version = compiled.decoder.decode, compiled.convert, self._key, self._version
        times = self._times
        rows = []
        for raw in _split(payload):
            row = decode_one(raw)
            try:
                convert((row,))
            except (ValueError, TypeError, KeyError) as error:
                raise self._explain(row, compiled, error) from error
            rows.append(Row(key(row), version(row), msgspec.Raw(encode(row)), times(row)))
        return rows

    def _explain(self, row: Any, compiled: _Object, error: Exception) -> WrongValueError:
        for _, name, value, said in compiled.wrong_values((row,), self._learnt):
            keys = ", ".join(f"{key} {getattr(row, key)}" for key in self._keys)
            return WrongValueError(f"{keys}: {name}", value, said)
        return WrongValueError("a row", error, "row of this schema")

    @staticmethod
    def dictionary(row: Row) -> dict[str, Any]:
        """Return a row as the dictionary that singer-sdk's own code works on."""
        record: dict[str, Any] = decode(row.record)
        return record

    @property
    def unknown_fields(self) -> list[str]:
        """The fields met so far that the schema does not have: the vendor may have added some."""
        return sorted(set(self._learnt.fields) - set(self._schema["properties"]))

    def _study(self, payload: bytes | msgspec.Raw) -> _Object:
        rows = decode(payload)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise WrongValueError("the list of rows", rows, "list of objects")
        with self._learning:
            for row in rows:
                self._learnt.study(row, self._schema)
            self._compiled = _compile_object(self._schema, self._selected, self._learnt, ())
        return self._compiled


def _times_getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda _: ()
    if len(names) == 1:
        one = attrgetter(*names)
        return lambda row: (one(row),)
    return attrgetter(*names)


def _inner_object(declared: Schema) -> Schema | None:
    """Return the schema of an object, or of the objects of an array."""
    if "properties" in declared:
        return declared
    items = declared.get("items", {})
    return items if "properties" in items else None


def _declared_type(declared: Schema) -> str:
    types = declared.get("type", "string")
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    return str(names[0])


def _compile_object(schema: Schema, selected: Selected, learnt: _Learnt, path: tuple[str, ...]) -> _Object:
    crumb = tuple(part for name in path for part in ("properties", name))
    fields: list[tuple[str, Any, Any]] = []
    kinds: dict[str, Kind] = {}
    nested: dict[str, _Object] = {}
    dropped: list[str] = []
    for name, attribute in learnt.fields.items():
        declared = schema["properties"].get(name)
        shape: Any = Any
        if declared is None or not selected((*crumb, "properties", name)):
            dropped.append(name)
            shape = msgspec.Raw
        elif (inner := _inner_object(declared)) is not None:
            nested[name] = _compile_object(inner, selected, learnt.nested.get(name, _Learnt()), (*path, name))
            item: Any = nested[name].struct  # a type made at run time
            shape = (item if "properties" in declared else list[item]) | str | None  # PHP writes "" for an empty list
        elif kind := KINDS.get((_declared_type(declared), declared.get("format"))):
            if kind.convert is whole_number and name not in learnt.odd:
                shape = int | None  # the decoder reads "110" as 110
            else:
                kinds[name] = kind
        elif _declared_type(declared) == "string":
            if name in learnt.loose:
                kinds[name] = TEXT
            else:
                shape = str | None
        fields.append((attribute, shape if shape is Any else shape | msgspec.UnsetType, msgspec.UNSET))
    struct: Any = msgspec.defstruct(
        "_".join(("Row", *path)),
        fields,
        rename={attribute: name for name, attribute in learnt.fields.items()},
        gc=bool(nested),
        forbid_unknown_fields=True,
    )
    convert = _compile_conversion(learnt, kinds, nested, dropped)
    return _Object(struct, convert, kinds, nested, msgspec.json.Decoder(struct, float_hook=Decimal, strict=False))


def _compile_conversion(
    learnt: _Learnt, kinds: Mapping[str, Kind], nested: Mapping[str, _Object], dropped: Sequence[str]
) -> Callable[[Sequence[Any]], None]:
    """Write and compile the function that converts a list of structs in place.

    The text is made of attribute names that were checked to be identifiers, and of nothing else from outside.
    """
    attributes = learnt.fields
    names: dict[str, Any] = {"UNSET": msgspec.UNSET}
    lines = ["def convert(rows):", " for row in rows:", "  pass"]
    lines += [f"  row.{attributes[name]} = UNSET" for name in dropped]
    for number, (name, kind) in enumerate(kinds.items()):
        place, convert, clean = f"row.{attributes[name]}", f"convert_{number}", f"clean_{number}"
        names[convert] = kind.convert
        names[clean] = frozenset((*kind.clean, *ABSENT))
        if kind.memory is not None:
            names[convert] = kind.memory
            lookup = f"{place} = {convert}[v]"
            lines += [
                f"  v = {place}",
                f"  if v.__class__ not in {clean}: {lookup}" if name in learnt.loose else f"  {lookup}",
            ]
        elif kind.convert is whole_number:
            lines += [
                f"  v = {place}",
                f"  if v.__class__ is str and v.isdecimal(): {place} = int(v)",
                f"  elif v.__class__ not in {clean}: {place} = {convert}(v)",
            ]
        else:
            lines += [f"  v = {place}", f"  if v.__class__ not in {clean}: {place} = {convert}(v)"]
    for number, (name, inner) in enumerate(nested.items()):
        place = f"row.{attributes[name]}"
        names[f"nested_{number}"] = inner.convert
        names[f"struct_{number}"] = inner.struct
        lines += [
            f"  v = {place}",
            f"  if v.__class__ is list: nested_{number}(v)",
            f"  elif v.__class__ is struct_{number}: nested_{number}((v,))",
            f"  elif v == '': {place} = None",
        ]
    exec("\n".join(lines), names)  # noqa: S102 - see the docstring; the same way dataclasses makes __init__
    convert_rows: Callable[[Sequence[Any]], None] = names["convert"]
    return convert_rows
