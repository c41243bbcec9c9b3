"""Singer messages as bytes: msgspec both ways, numbers exact, one decode and one encode a record.

The stock reader and writer decode numbers with ``json`` and encode them with ``simplejson``, and flush after each
record; together they cost more than the rest of a mapper. These keep singer-sdk's interfaces.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader, GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message, RecordMessage
from singer_sdk.singerlib.exceptions import InvalidInputLine

NOTHING = msgspec.Raw()
"""No bytes at all: the part was not there."""


class Source(msgspec.Struct, omit_defaults=True):
    """Where a mapped record comes from; travels beside the record so that the record stays a clean Kingdee model.

    ``record`` holds the source record's JSON verbatim; ``NOTHING`` when it was left out. ``members`` are the keys of
    the source records that a mapped record is made of, where ``key`` is not simply the one's: several records merged
    into one, or one that became several.
    """

    stream: str
    key: dict[str, Any]
    mapping: str = ""
    record: msgspec.Raw = NOTHING
    members: list[dict[str, Any]] = []


@dataclass(slots=True)
class SourcedRecord(RecordMessage):
    """A RECORD with a top-level ``source``, which readers that do not know it ignore."""

    source: Source | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the message as the dictionary that goes on the wire."""
        # Named explicitly: a slotted dataclass is a new class, and the zero-argument super() would miss it.
        message: dict[str, Any] = RecordMessage.to_dict(self)
        if self.source is not None:
            message["source"] = self.source
        return message


class RecordLine(msgspec.Struct, tag_field="type", tag="RECORD"):
    """A RECORD message that is only ever encoded: many of them at once with ``encode_lines``.

    ``record`` is whatever the encoder takes: a dictionary, or a struct.
    """

    stream: str
    record: Any
    version: int | msgspec.UnsetType
    time_extracted: str


class _Envelope(msgspec.Struct):
    """A message whose parts are not decoded yet."""

    type: str
    stream: str | None = None
    record: msgspec.Raw = NOTHING
    time_extracted: str | None = None
    version: int | None = None
    source: msgspec.Raw = NOTHING


def _spell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


_encoder = msgspec.json.Encoder(enc_hook=_spell, decimal_format="number")
_canonical_encoder = msgspec.json.Encoder(enc_hook=_spell, decimal_format="number", order="sorted")
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_envelope_decoder = msgspec.json.Decoder(_Envelope)

decode = _decoder.decode
"""JSON bytes or text to Python values; a number with a fraction or an exponent becomes an exact Decimal."""

encode = _encoder.encode
"""Python values to JSON bytes; a Decimal becomes a number with all its digits."""

encode_lines = _encoder.encode_lines
"""A list of values to JSON lines, each with its line end."""

encode_sorted = _canonical_encoder.encode
"""As ``encode`` with keys in sorted order: the same content gives the same bytes."""


class MessageReader(GenericSingerReader[bytes]):
    """Reads Singer messages from a byte stream (a text stream works too).

    A RECORD message is a dictionary with ``stream``, ``record`` (decoded, numbers exact), ``raw`` (the record's bytes
    as they came, `msgspec.Raw`) and, where the line has them, ``source`` (`msgspec.Raw`), ``time_extracted``,
    ``version``.
    """

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input as bytes."""
        return sys.stdin.buffer

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Decode one line.

        Raises:
            InvalidInputLine: The line is no JSON object of a Singer message. The line's text is left out of the
                message, since records hold personal data.
        """
        try:
            envelope = _envelope_decoder.decode(line)
            if envelope.type != "RECORD":
                message: dict[str, Any] = decode(line)
                return message
            if envelope.record is NOTHING or envelope.stream is None:
                raise InvalidInputLine("a RECORD message on standard input has no 'record' or no 'stream'")
            message = {"type": "RECORD", "stream": envelope.stream, "raw": envelope.record}
            message["record"] = decode(envelope.record)
        except msgspec.DecodeError as error:
            raise InvalidInputLine(f"a line on standard input is no Singer message: {error}") from None
        if envelope.source is not NOTHING:
            message["source"] = envelope.source
        if envelope.time_extracted is not None:
            message["time_extracted"] = envelope.time_extracted
        if envelope.version is not None:
            message["version"] = envelope.version
        return message


class MessageWriter(GenericSingerWriter[bytes, Message]):
    """Writes Singer messages to standard output; flushes at every message that is not a RECORD, and when told."""

    def serialize_message(self, message: Message) -> bytes:
        """Encode one message, without the line end."""
        return encode(message.to_dict())

    def write_message(self, message: Message) -> None:
        """Write one message as a line."""
        out = sys.stdout.buffer
        out.write(self.serialize_message(message) + b"\n")
        if not isinstance(message, RecordMessage):
            out.flush()

    def write_line(self, line: bytes) -> None:
        """Write an already encoded message; ``line`` has no line end."""
        sys.stdout.buffer.write(line + b"\n")

    def flush(self) -> None:
        """Hand over what is buffered, for a process about to wait."""
        sys.stdout.buffer.flush()
