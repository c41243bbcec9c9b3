"""Tables of objects: a JSON file, or a collection that is in memory already."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import SetupError
from erp_sdk.messages import decode

from mapper_kd.kinds import UnknownNameError, speakable
from mapper_kd.tables.files import FileTable
from mapper_kd.tables.memory import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from mapper_kd.tables.spec import TableSpec


class JsonTable(FileTable):
    """A JSON file: a list of objects, whose keys are the columns. A dotted column is a part of an object in it."""

    def _picked(self, columns: Sequence[str]) -> Generator[tuple[int, list[Any]], None, None]:
        content = self._content()
        structure = _structure(columns)
        try:
            decoder = msgspec.json.Decoder(list[structure], float_hook=Decimal)  # type: ignore[valid-type]  # made here
            objects = decoder.decode(content)
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise self._no_list(content, error) from None
        seen: set[str] = set()
        names = structure.__struct_encode_fields__
        for number, one in enumerate(objects, start=1):
            there = {
                name: value
                for name, value in zip(names, msgspec.structs.astuple(one), strict=True)
                if value is not msgspec.UNSET
            }
            yield number, picked_of(there, columns, seen)
        for name in columns:
            if objects and name not in seen | self.may_lack:
                keys = {key for one in decode(content) for key in one}
                raise SetupError(f"{self.spec.place}: {UnknownNameError('column', name, keys, self.place)}.")

    def _content(self) -> bytes:
        assert self._path is not None  # noqa: S101 - narrows the type; the caller has looked
        try:
            return self._path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        except OSError as error:
            raise self._unreadable(error) from None

    def _no_list(self, content: bytes, error: Exception) -> SetupError:
        if not content.strip():
            return SetupError(f"{self.place}: is empty; it needs a JSON list of objects.")
        try:
            content.decode()
        except UnicodeDecodeError:
            return SetupError(f"{self.place}: is not UTF-8 (perhaps GBK); save it as UTF-8.")
        return SetupError(f"{self.place}: is no JSON list of objects: {error}.")


def _structure(columns: Sequence[str]) -> type[msgspec.Struct]:
    """Return a structure of what the columns need of an object; the rest of it is not even decoded."""
    wanted = dict.fromkeys(name for column in columns for name in (column, column.partition(".")[0]))
    names = {f"c{index}": name for index, name in enumerate(wanted) if speakable(name)}
    fields = [(attribute, Any, msgspec.UNSET) for attribute in names]
    return msgspec.defstruct("Object", fields, rename=names, gc=False)


class CollectionTable(MemoryTable):
    """Objects that whoever runs the mapping has in memory."""

    def __init__(self, spec: TableSpec, objects: Sequence[dict[str, Any]]) -> None:
        super().__init__(spec, f"collection {spec.origin}")
        self._objects = objects

    def _picked(self, columns: Sequence[str]) -> Generator[tuple[int, list[Any]], None, None]:
        for number, one in enumerate(self._objects, start=1):
            yield number, picked_of(one, columns, set())


class RowsTable(MemoryTable):
    """A table of one key and one value, written in the mapping itself."""

    def __init__(self, spec: TableSpec) -> None:
        super().__init__(spec, spec.place.file)
        self.key, self.values = ("key",), ("value",)

    def _picked(self, columns: Sequence[str]) -> Generator[tuple[int, list[Any]], None, None]:
        for number, pair in enumerate(self.spec.rows.items(), start=1):
            yield number, [pair[name == "value"] for name in columns]


def picked_of(value: dict[str, Any], columns: Sequence[str], seen: set[str]) -> list[Any]:
    """Return the cells of these columns, None where the object has none; notes which columns are there."""
    cells = []
    for column in columns:
        if column in value:
            seen.add(column)
            cells.append(value[column])
            continue
        found: Any = value
        for name in column.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            seen.add(column)
        cells.append(found)
    return cells
