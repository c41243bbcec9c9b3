"""Previews of schemes: what a source alone makes of records, and records as a bill query gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import SetupError
from erp_sdk.messages import decode, encode

from mapper_kd.qeasy.importing import import_scheme
from mapper_kd.qeasy.running import beside
from mapper_kd.qeasy.shaped_records import Shaper
from mapper_kd.qeasy.source_settings import keyed
from mapper_kd.qeasy.surroundings import context_of, of_context
from mapper_kd.sql.values import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_WRAPPERS = ("records", "raw")


class SchemePreview:
    """A scheme, looked at.

    Args:
        path: Its file.
        context: What a run has around it.

    Raises:
        SetupError: It is no scheme, or the context is wrong.
    """

    def __init__(self, path: Path, context: dict[str, Any]) -> None:
        self._context = context_of(context, "of the preview")
        self._imported = import_scheme([path], of_context(self._context, beside(path)))
        self._file = path.as_posix()

    @property
    def has_target(self) -> bool:
        """Whether it maps anything."""
        return self._imported.scheme.target is not None

    def shaped(self, lines: Iterable[bytes]) -> list[Any]:
        """Return the records of a source alone, made ready as its scheme says.

        Raises:
            SetupError: The input is no JSON, or the scheme is wrong.
        """
        source = self._imported.scheme.source
        assert source is not None  # noqa: S101 - narrows the type; a scheme without a target has a source
        report = self._imported.report
        if report.errors:
            raise SetupError(f"{self._file}: {report.errors[0]}")
        return Shaper(source, self._imported.surroundings, report, self._context.seen_ids).shape(_rows(lines))

    def keyed(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the input with rows of a bill query as objects, and without records that came before.

        A Singer stream is left as it is.
        """
        content = b"".join(lines)
        source = self._imported.scheme.source
        try:
            rows = _rows([content])
        except SetupError:
            yield from content.splitlines(keepends=True)
            return
        if source is None or any(isinstance(row, dict) and "type" in row and "stream" in row for row in rows):
            yield from content.splitlines(keepends=True)
            return
        seen = {text(key) for key in self._context.seen_ids}
        for row in rows:
            record = keyed(source, row)
            if source.id_check and source.id and not source.flat and isinstance(record, dict):
                key = _key(record, source.id)
                if key is not None and key in seen:
                    continue
                seen.add(key or "")
            yield encode(record) + b"\n"


def _key(record: Any, path: str) -> str | None:
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return None if record is None else text(record)


def _rows(lines: Iterable[bytes]) -> list[Any]:
    content = b"".join(lines).removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        return []
    try:
        given = decode(content)
    except (ValueError, ArithmeticError, RecursionError):
        try:
            return [decode(line) for line in content.splitlines() if line.strip()]
        except (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError):
            raise SetupError("the records are no JSON.") from None
    for name in _WRAPPERS:
        if isinstance(given, dict) and isinstance(given.get(name), list):
            return list(given[name])
    return given if isinstance(given, list) else [given]
