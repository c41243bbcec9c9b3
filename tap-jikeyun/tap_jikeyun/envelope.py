"""What lies in an answer of 吉客云: success or not, and the rows in whatever the vendor wrapped them (contract 5, 9).

``result.data`` is an object that holds the list, the list itself, a single object where a list belongs, null, or JSON
text of any of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

Parts = dict[str, msgspec.Raw]
_parts = msgspec.json.Decoder(Parts)
_NOTHING = frozenset({b"null", b'""', b""})
_LIST, _OBJECT, _TEXT = b"[", b"{", b'"'


class OddShapeError(ValueError):
    """The data has no list where one belongs; the text says what it has."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer's parts.

    Attributes:
        code: "200" when it succeeded; as text, whatever the vendor's type.
        sub_code: The code that says what went wrong; "" when there is none.
        text: The vendor's message with the trace id 上下文, for its support.
        data: What was asked for, as JSON.
    """

    code: str
    sub_code: str
    text: str
    data: bytes

    @property
    def succeeded(self) -> bool:
        """Tell whether the call did what it should.

        ``wms.*`` may answer with code 0 in place of 200: then there is data and no sub code but zeros (contract 5).
        """
        if self.code == "200":
            return True
        return self.code == "0" and not self.sub_code.strip("0") and self.data not in _NOTHING


def open_envelope(parts: Mapping[str, msgspec.Raw]) -> Opened | None:
    """Return an answer's parts; None when it has no code and so is not the vendor's.

    Raises:
        msgspec.DecodeError: ``result`` is no object.
    """
    code = _text(parts.get("code"))
    if not code:
        return None
    raw = parts.get("result")
    result: Parts = {} if raw is None or bytes(raw) in _NOTHING else _parts.decode(raw)
    text, trace = _text(parts.get("msg")), _text(result.get("contextId"))
    data = result.get("data", msgspec.Raw(b"null"))
    said = f"{text or 'no text'} (contextId {trace})" if trace else text
    return Opened(code, _text(parts.get("subCode")), said, bytes(data))


def rows_of(data: bytes, list_key: str | None, row_key: str) -> tuple[bytes | None, Parts]:
    """Return the JSON array of rows, None when there is none, and what lies beside it.

    Args:
        data: ``result.data``.
        list_key: Where an object holds the list; None where the data should be the list itself.
        row_key: A property of every row, by which a single object is known to be one.

    Raises:
        OddShapeError: There is something else.
    """
    data = _unquoted(data)
    if data in _NOTHING:
        return None, {}
    if data[:1] == _LIST:
        return data, {}
    parts = _object(data)
    if list_key is not None and list_key in parts:
        return _list(bytes(parts[list_key]), list_key), parts
    lists = [name for name, value in parts.items() if bytes(value)[:1] == _LIST] if row_key not in parts else []
    if len(lists) == 1:
        return bytes(parts[lists[0]]), parts
    if row_key in parts:
        return b"[" + data + b"]", {}
    if lists or any(bytes(value)[:1] == _OBJECT for value in parts.values()):
        raise OddShapeError(f"{', '.join(parts)} where {list_key or 'a list'} should be")
    return None, parts


def _list(value: bytes, name: str) -> bytes | None:
    value = _unquoted(value)
    if value in _NOTHING:
        return None
    if value[:1] == _OBJECT:
        return b"[" + value + b"]"
    if value[:1] != _LIST:
        raise OddShapeError(f"{value[:40].decode('utf-8', 'replace')} where {name} should be a list")
    return value


def _unquoted(value: bytes) -> bytes:
    return msgspec.json.decode(value, type=str).strip().encode() if value[:1] == _TEXT else value


def _object(data: bytes) -> Parts:
    try:
        return _parts.decode(data)
    except msgspec.DecodeError:
        raise OddShapeError(f"{data[:40].decode('utf-8', 'replace')} where data should be") from None


def _text(raw: msgspec.Raw | None) -> str:
    value: Any = None if raw is None else msgspec.json.decode(raw)
    return "" if value is None else str(value).strip()


def whole_number(raw: msgspec.Raw | None) -> int | None:
    """Read a count that comes as number or text; None when it is none."""
    text = _text(raw)
    return int(text) if text.isdecimal() else None
