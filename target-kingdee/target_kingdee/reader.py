"""Reads Singer lines without taking the Kingdee model apart: it goes on as the bytes that came."""

from __future__ import annotations

import sys
from typing import IO, Any

import msgspec
from erp_sdk.messages import NOTHING, MessageReader, Source
from singer_sdk.singerlib.exceptions import InvalidInputLine

PIPE_BYTES = 1 << 18


class _Line(msgspec.Struct, gc=False):
    type: str
    stream: str | None = None
    record: msgspec.Raw = NOTHING
    source: Source | None = None
    base_data: msgspec.Raw = NOTHING
    replay: bool = False


_decode = msgspec.json.Decoder(_Line).decode


class ModelReader(MessageReader):
    """Gives a RECORD message as ``stream``, ``record``, ``source``, ``base_data`` and ``replay``.

    ``record`` is `msgspec.Raw`, ``source`` a `Source` or None, ``base_data`` is `msgspec.Raw` too, and `NOTHING` where
    the mapper gives none; ``replay`` is true for what comes from a dead letter.
    """

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input, read in pieces as large as a pipe gives them."""
        return open(sys.stdin.fileno(), "rb", buffering=PIPE_BYTES, closefd=False)

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Decode one line.

        Raises:
            InvalidInputLine: It is no Singer message. Its text is left out, since records hold personal data.
        """
        try:
            message = _decode(line)
        except msgspec.DecodeError as error:
            raise InvalidInputLine(f"a line on standard input is no Singer message: {error}") from None
        if message.type != "RECORD":
            return super().deserialize_json(line)
        if message.stream is None or message.record is NOTHING:
            raise InvalidInputLine("a RECORD message on standard input has no 'record' or no 'stream'")
        return {
            "type": "RECORD",
            "stream": message.stream,
            "record": message.record,
            "source": message.source,
            "base_data": message.base_data,
            "replay": message.replay,
        }
