"""Singer messages in: a record stays the bytes it came as, since a mapping reads little of it and passes all on."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import msgspec
from erp_sdk.messages import NOTHING, MessageReader, decode
from singer_sdk.singerlib.exceptions import InvalidInputLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BUFFER = 1 << 18
_NO_MESSAGE = "line {number} of the input is no Singer message: {error}"


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def without_half_characters(line: bytes) -> bytes:
    r"""Replace halves of an emoji by U+FFFD: vendors cut names to a length, Python taps write the half as ``\ud83d``.

    No UTF-8 text can hold it, so neither Kingdee nor any other reader could take the record.
    """
    return _ESCAPE.sub(lambda match: rb"\ufffd" if match["half"] else match[0], line)


class Envelope(msgspec.Struct, gc=False):
    """A message of which only the outside is decoded."""

    type: str
    stream: str = ""
    record: msgspec.Raw = NOTHING
    time_extracted: str | None = None
    version: int | None = None
    replay: bool = False


_open = msgspec.json.Decoder(Envelope).decode


class RawRecordReader(MessageReader):
    """As `MessageReader`, but a RECORD message has the record as `msgspec.Raw` and the whole ``line``."""

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input, with room for some hundred records."""
        try:
            return open(sys.stdin.fileno(), "rb", buffering=_BUFFER, closefd=False)
        except (OSError, ValueError):  # standard input of a test is no file
            return sys.stdin.buffer

    def process_lines(
        self, file_input: IO[bytes] | None, callbacks: Mapping[Any, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Give each message to the callback of its type, and return how many there were of each.

        Raises:
            InvalidInputLine: A line is no Singer message.
        """
        counts: Counter[str] = Counter()
        number = 0
        for line in file_input or self.default_input:
            number += 1
            if line.isspace():
                continue
            try:
                message = self.deserialize_json(line)
            except (ValueError, ArithmeticError, RecursionError) as error:
                # The line's text is left out: records hold personal data.
                raise InvalidInputLine(_NO_MESSAGE.format(number=number, error=error)) from None
            callback = callbacks.get(message["type"])
            if callback is None:
                raise InvalidInputLine(_NO_MESSAGE.format(number=number, error=f"its type is {message['type']!s:.40}"))
            callback(message)
            counts[message["type"]] += 1
        return counts

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Decode one line, a RECORD's record not.

        Raises:
            ValueError: It is no Singer message.
        """
        try:
            envelope = _open(line)
        except msgspec.DecodeError:
            line = without_half_characters(line)
            envelope = _open(line)
        if envelope.type != "RECORD":
            message: dict[str, Any] = decode(line)
            message["line"] = line
            return message
        if envelope.record is NOTHING or not envelope.stream:
            raise ValueError("it is a RECORD without record or stream")
        return {
            "type": "RECORD",
            "stream": envelope.stream,
            "record": envelope.record,
            "time_extracted": envelope.time_extracted,
            "replay": envelope.replay,
            "line": line,
        }
