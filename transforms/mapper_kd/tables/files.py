"""Tables that stand in a file of the folders with code tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sdk.command import SetupError

from mapper_kd.tables.memory import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mapper_kd.tables.spec import TableSpec

_SAVE = "in Excel: 文件 > 另存为 > CSV UTF-8"


class FileTable(MemoryTable):
    """A file that may come later, when it is optional, or change, when the mapping says ``reload:``."""

    def __init__(self, spec: TableSpec, find: Callable[[], Path | None], missing: str) -> None:
        """Look for the file.

        Args:
            spec: What the mapping declares.
            find: Gives the path of the file as it is now.
            missing: The sentence for when it is not there.
        """
        self._find = find
        self._missing = missing
        self._path = find()
        self._signature = self._sign()
        super().__init__(spec, spec.origin if self._path is None else self._path.as_posix())

    def _load(self) -> None:
        if self._path is None:
            if not self.spec.optional:
                raise SetupError(self._missing)
            return
        self._signature = self._sign()
        super()._load()

    def refresh(self) -> None:
        """As `Table.refresh`; a file that has not changed is not read."""
        path, before = self._find(), self._signature
        if path is None and self._path is not None:
            raise SetupError(self._missing)
        self._path = path
        now = self._sign()
        if now == before:
            return
        if path is not None:
            self.place = path.as_posix()
        self._load()
        if self._sign() != now:  # it was being written while it was read
            self._signature = None

    def _sign(self) -> tuple[object, ...] | None:
        try:
            status = self._path.stat() if self._path is not None else None
        except OSError as error:
            raise self._unreadable(error) from None
        return None if status is None else (self._path, status.st_mtime_ns, status.st_size, status.st_ino)

    def _unreadable(self, error: OSError) -> SetupError:
        return SetupError(f"{self.place}: cannot be read: {error.strerror}.")

    def _not_utf8(self) -> SetupError:
        start = b""
        if self._path is not None:
            with self._path.open("rb") as file:
                start = file.read(4)
        if start.startswith(b"PK"):
            return SetupError(f"{self.place}: is an Excel workbook; save it as CSV UTF-8 ({_SAVE}).")
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return SetupError(f"{self.place}: is UTF-16 (Excel's Unicode text); save it as CSV UTF-8 ({_SAVE}).")
        return SetupError(f"{self.place}: is not UTF-8 (perhaps GBK, Excel's own CSV); save it as CSV UTF-8 ({_SAVE}).")
