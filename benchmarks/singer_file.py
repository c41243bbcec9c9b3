"""Captured Singer messages: what a process reads when it is measured alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class _Record(msgspec.Struct):
    from_tap: list[msgspec.Raw] = msgspec.field(name="details_list", default_factory=list)
    from_mapper: list[msgspec.Raw] = msgspec.field(name="FEntity", default_factory=list)


class _Message(msgspec.Struct):
    type: str
    stream: str = ""
    record: _Record | None = None


_decode = msgspec.json.Decoder(_Message).decode


@dataclass(frozen=True)
class Captured:
    """A file of Singer messages.

    Attributes:
        path: Where it is.
        documents: How many records it holds, dead letters not among them.
        lines: How many lines they have together.
    """

    path: Path
    documents: int
    lines: int

    def without_records(self) -> Path:
        """Return a file with everything but the records: what a process takes to read it is its start-up."""
        path = self.path.with_suffix(".empty")
        with self.path.open("rb") as messages, path.open("wb") as kept:
            kept.writelines(line for line in messages if not line.startswith(b'{"type":"RECORD"'))
        return path


def count(path: Path) -> Captured:
    """Count what a file of Singer messages holds."""
    documents = lines = 0
    with path.open("rb") as messages:
        for line in messages:
            message: Any = _decode(line)
            if message.record is not None and message.stream != "dead_letters":
                documents += 1
                lines += len(message.record.from_tap) + len(message.record.from_mapper)
    return Captured(path, documents, lines)
