"""Code tables as CSV files with a header line."""

from __future__ import annotations

import csv
from contextlib import closing
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError

from mapper_kd.kinds import ANY, TEXT, Kind, UnknownNameError
from mapper_kd.tables.files import FileTable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from mapper_kd.tables.spec import TableSpec

_NO_HEADER = "needs a header line with a key column and at least one value column"


class CsvTable(FileTable):
    """A CSV file, UTF-8 with or without a byte order mark (as Excel writes it).

    The first column is the key and the others are values, unless the mapping says otherwise. Blanks around a cell are
    no part of it, whatever their width. An empty cell is no value: the row is there, but gives nothing.
    """

    keys_may_be_empty = False

    def __init__(self, spec: TableSpec, find: Callable[[], Path | None], missing: str) -> None:
        super().__init__(spec, find, missing)
        if self._path is not None:
            self._take_header()

    def kind_of(self, column: str) -> Kind:  # noqa: ARG002 - all cells are text
        """As `Table.kind_of`."""
        return TEXT if self.values else ANY

    def _take_header(self) -> list[str]:
        with closing(self._lines()) as lines:
            header = [name.strip() for name in next(lines, (1, []))[1]]
        if not any(header):
            raise SetupError(f"{self.place}:1: is empty; it {_NO_HEADER}.")
        key = self.spec.key or tuple(header[:1])
        values = self.spec.values or tuple(name for name in header if name and name not in key)
        for name in (*key, *self.spec.values):
            self._position(header, name)
        if not values:
            mark = next((mark for mark in (";", "\t") if mark in "".join(header)), None)
            hint = f"; its columns are separated by {mark!r}, and must be by commas" if mark else ""
            raise SetupError(f"{self.place}:1: {_NO_HEADER}{hint}.")
        self.key, self.values = key, values
        return header

    def _position(self, header: list[str], name: str) -> int:
        if name not in header:
            raise SetupError(f"{self.spec.place}: {UnknownNameError('column', name, header, self.place)}.")
        if header.count(name) > 1:
            raise SetupError(f"{self.place}:1: has two columns {name}; give one of them another name.")
        return header.index(name)

    def _load(self) -> None:
        if self._path is not None:
            self._take_header()
        super()._load()

    def _picked(self, columns: Sequence[str]) -> Generator[tuple[int, list[Any]], None, None]:
        header = self._take_header()
        wanted = [self._position([*header, *(self.may_lack - set(header))], name) for name in columns]
        width = len(header)
        lines = self._lines()
        next(lines, None)
        for number, cells in lines:
            if len(cells) < width:
                if not any(map(str.strip, cells)):
                    continue
                raise SetupError(f"{self.place}:{number}: has {len(cells)} columns, the header has {width}.")
            picked = [(cells[index].strip() or None) if index < width else None for index in wanted]
            if picked[0] is None and not any(map(str.strip, cells)):
                continue
            yield number, picked

    def _lines(self) -> Generator[tuple[int, list[str]], None, None]:
        """Yield the cells of each row that is not blank altogether, with the line on which it ends."""
        assert self._path is not None  # noqa: S101 - narrows the type; the callers have looked
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, strict=True)
                for cells in reader:
                    if cells:
                        yield reader.line_num, cells
        except UnicodeDecodeError:
            raise self._not_utf8() from None
        except csv.Error as error:
            raise SetupError(f"{self.place}: is no valid CSV: {error}.") from None
        except OSError as error:
            raise self._unreadable(error) from None
