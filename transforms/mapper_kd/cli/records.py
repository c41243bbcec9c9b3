"""Records for a preview, in whatever shape they are at hand."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import SetupError

from mapper_kd.reader import RawRecordReader, without_half_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SINGER = {"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION", "BATCH"}
_WRAPPERS = ("records", "raw")
_SHAPES = 'a tap\'s output, a JSON record, a list of records, {"records": […]}, or a record on each line'

_decode_parts = msgspec.json.Decoder(dict[str, msgspec.Raw] | list[msgspec.Raw]).decode


def read_messages(lines: Iterable[bytes], stream: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield the SCHEMA and RECORD messages of one stream; plain records come as RECORD messages of it.

    Args:
        lines: A tap's output (read as it comes); a JSON record; a JSON list of records; ``{"records": […]}`` or
            ``{"raw": […]}``; or one JSON record a line.
        stream: The stream that is wanted.
        name: What to call the input in an error.

    Raises:
        SetupError: It is none of these.
    """
    given = (line for line in lines if not line.isspace())
    first = next(given, b"").removeprefix(b"\xef\xbb\xbf")
    alone = _parts(first)
    if isinstance(alone, dict) and _is_message(alone):
        yield from _messages(chain([first], given), stream, name)
        return
    second = None if alone is None else next(given, None)
    records = _records(first + b"".join(given), name) if second is None else chain([first, second], given)
    for number, record in enumerate(records, start=1):
        content = without_half_characters(bytes(record))
        if not isinstance(_parts(content), dict):
            raise SetupError(f"{name} cannot be read: record {number} is no JSON object (it can be {_SHAPES}).")
        yield {"type": "RECORD", "stream": stream, "record": msgspec.Raw(content)}


def _parts(content: bytes | msgspec.Raw) -> dict[str, msgspec.Raw] | list[msgspec.Raw] | None:
    try:
        parts: dict[str, msgspec.Raw] | list[msgspec.Raw] = _decode_parts(without_half_characters(bytes(content)))
    except (ValueError, RecursionError):
        return None
    return parts


def _is_message(parts: dict[str, msgspec.Raw]) -> bool:
    kind = msgspec.json.decode(parts["type"]) if "type" in parts else None
    return kind in _SINGER and bool({"stream", "value"} & parts.keys())


def _messages(lines: Iterable[bytes], stream: str, name: str) -> Iterator[dict[str, Any]]:
    reader = RawRecordReader()
    for line in lines:
        try:
            message = reader.deserialize_json(line)
        except (ValueError, ArithmeticError, RecursionError):
            raise SetupError(f"{name} is no tap's output: a line of it is no Singer message.") from None
        if message.get("stream") == stream and message["type"] in {"SCHEMA", "RECORD"}:
            yield message


def _records(content: bytes, name: str) -> list[msgspec.Raw]:
    """Return the records of one JSON value."""
    parts = _parts(content)
    if parts is None:
        if not content.strip():
            return []
        raise SetupError(f"{name} cannot be read: it is no JSON (it can be {_SHAPES}).")
    if isinstance(parts, list):
        return parts
    for wrapper in _WRAPPERS:
        inside = _parts(parts[wrapper]) if wrapper in parts else None
        if isinstance(inside, list):
            return inside
    return [msgspec.Raw(content)]
