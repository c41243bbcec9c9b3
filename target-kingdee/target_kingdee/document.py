"""One document on its way: the Kingdee model as it came, where it comes from, and a hash of its content."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import UserError
from erp_sdk.messages import NOTHING, decode, encode, encode_sorted

from target_kingdee.totals import UNKNOWN, Totals

if TYPE_CHECKING:
    from collections.abc import Sequence

_HASH_BYTES = 16
_DISTINCT_NUMBERS = 65536


class Document(msgspec.Struct, gc=False):
    """A Kingdee model and its source.

    Attributes:
        number: The document's number, by which it is looked up in Kingdee.
        model: The model's JSON, byte for byte as it came.
        content_hash: See `content_hash`.
        source_stream: The stream of the source record.
        source_key: The source record's key as canonical JSON text.
        mapping: The mapping that made the model; empty when none did.
        record: The source record's JSON; the model itself when it came without a source.
        base_data: The base data that the mapping gives with it, JSON, in the order in which it has to exist.
        totals: What reconciling compares.
        is_replay: It comes from a dead letter that a person wants delivered.
        members: The keys of the source records that it is made of, where `source_key` is not simply the one's: several
            records in one document, or one record in several.
    """

    number: str
    model: msgspec.Raw
    content_hash: bytes
    source_stream: str
    source_key: str
    mapping: str
    record: msgspec.Raw
    base_data: msgspec.Raw = NOTHING
    totals: Totals = UNKNOWN
    is_replay: bool = False
    members: Sequence[str] = ()


class Entry(msgspec.Struct, gc=False):
    """What the ledger knows of a number.

    Attributes:
        status: ``sending`` (the last attempt has no known outcome), ``saved`` (in Kingdee, not audited), ``parked``
            (not in Kingdee before its base data is), ``delivered``, ``existing`` (somebody else's, left alone),
            ``dead``, ``deleted`` (by a person, in Kingdee) or ``discarded`` (by a person, in its dead letter).
        content_hash: Of the last attempt.
        delivered_hash: Of what Kingdee holds, when we put it there.
        floor_id: The form's highest primary key before the first attempt: what has a higher one is ours.
        modified_at: FModifyDate as Kingdee last told it, verbatim; None when it was not seen since the last change.
        is_reported: This run has just found it changed or deleted by a person, and said so in a letter.
    """

    status: str
    source_stream: str
    source_key: str
    content_hash: bytes
    delivered_hash: bytes | None = None
    kingdee_id: str | None = None
    document_status: str | None = None
    floor_id: int | None = None
    modified_at: str | None = None
    is_reported: bool = False

    def is_of(self, document: Document) -> bool:
        """Whether the number belongs to the same source record."""
        return self.source_key == document.source_key and self.source_stream == document.source_stream


def read_model(model: msgspec.Raw) -> dict[str, Any]:
    """Decode a model for hashing: each number in its shortest spelling.

    Raises:
        UserError: It is no JSON object.
    """
    try:
        return _canonical_decode(model)
    except msgspec.ValidationError:
        raise UserError("a RECORD on standard input holds no JSON object; the tap or mapper is broken.") from None


def content_hash(model: dict[str, Any]) -> bytes:
    """Hash a model so that neither the order of its keys nor the spelling of its numbers matters.

    Args:
        model: What `read_model` gave. ``2``, ``2.0`` and ``2.000`` are one number; ``"2"`` is text and another value.
    """
    return hashlib.sha256(encode_sorted(model)).digest()[:_HASH_BYTES]


def canonical_key(key: Any) -> str:
    """Spell a source key as canonical JSON text, so that two spellings of one key are one key."""
    return encode_sorted(key).decode()


def document_number(value: Any) -> str | None:
    """Read a document's number; None when there is none."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def with_id(model: msgspec.Raw, primary_key: str, kingdee_id: int | str) -> bytes:
    """Return a model that updates the document of this id (contract 8.3)."""
    values = decode(model)
    values.pop(primary_key, None)
    number = int(kingdee_id) if str(kingdee_id).isdigit() else kingdee_id
    return encode({primary_key: number, **values})


def has_new_lines(model: bytes) -> bool:
    """Whether a model has lines that do not say which of the document's lines they are (FEntryID)."""
    return any(
        isinstance(line, dict) and not line.get("FEntryID")
        for lines in decode(model).values()
        if isinstance(lines, list)
        for line in lines
    )


@lru_cache(_DISTINCT_NUMBERS)
def _shortest(spelled: str) -> msgspec.Raw | int:
    """Spell a number that has a fraction or an exponent as shortly as it goes, exactly."""
    plain = format(Decimal(spelled), "f") if "e" in spelled or "E" in spelled else spelled
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if "." not in plain:
        return int(plain)  # as a number without a fraction is decoded; takes "-0" as well
    return msgspec.Raw(plain.encode())


_canonical_decode = msgspec.json.Decoder(dict[str, Any], float_hook=_shortest).decode
