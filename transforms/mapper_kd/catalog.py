"""What a tap says of its streams: a Singer catalog, or the SCHEMA lines of its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError
from erp_sdk.messages import decode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class StreamSchema:
    """A stream's JSON schema and the properties that make its key."""

    schema: dict[str, Any]
    key: tuple[str, ...]


def read_catalog(path: Path) -> dict[str, StreamSchema]:
    """Return the streams of a catalog file, by name.

    Args:
        path: A catalog (``tap-… --discover > catalog.json``), or what a tap has written (``tap-… > records.singer``).

    Raises:
        SetupError: The file is neither.
    """
    try:
        content = path.read_bytes()
        try:
            entries: Iterable[Any] = decode(content)["streams"]
        except (ValueError, TypeError, KeyError):
            messages = [decode(line) for line in content.splitlines() if line.startswith(b"{") and b'"SCHEMA"' in line]
            entries = [message for message in messages if message.get("type") == "SCHEMA"]
        streams = {entry.get("stream") or entry["tap_stream_id"]: _stream(entry) for entry in entries}
    except OSError as error:
        raise SetupError(f"the catalog {path.as_posix()} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        streams = {}
    if not streams:
        raise SetupError(f"{path.as_posix()} is neither a Singer catalog nor a tap's output with SCHEMA lines.")
    return streams


def _stream(entry: dict[str, Any]) -> StreamSchema:
    return StreamSchema(entry["schema"], tuple(entry.get("key_properties") or ()))
