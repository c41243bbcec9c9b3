"""Records that could not be mapped, as RECORDs of the stream ``dead_letters``: no target loses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sdk.messages import decode, encode_sorted
from erp_sdk.times import now, rfc3339

if TYPE_CHECKING:
    import msgspec

    from mapper_kd.failures import Failure
    from mapper_kd.mapping import Mapping

STREAM = "dead_letters"
KEY_PROPERTIES = ["stream", "key", "form"]

_TEXT = {"type": ["string", "null"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "stream": {"type": "string", "description": "the source stream"},
        "key": {"type": "string", "description": "the source record's key, as canonical JSON"},
        "form": {"type": "string", "description": "the Kingdee form (单据) it was meant for"},
        "mapping": _TEXT | {"description": "the mapping, by its path below mappings/"},
        "field": _TEXT
        | {"description": "the Kingdee field (字段标识) that failed, such as FEntity[2].FMaterialID.FNumber"},
        "expression": _TEXT | {"description": 'what the mapping has for that field, such as =code("shop", shop_no)'},
        "reason": _TEXT | {"description": "its class: code_missing, value_missing, value_invalid, number_missing …"},
        "message": _TEXT | {"description": "what is wrong, one sentence"},
        "fix": _TEXT | {"description": "what to do about it, one sentence"},
        "record": {"type": ["object", "null"], "description": "the source record, verbatim"},
        "occurred_at": {"type": ["string", "null"], "format": "date-time"},
    },
}


def dead_letter(mapping: Mapping, key: dict[str, Any], failure: Failure, record: msgspec.Raw) -> dict[str, Any]:
    """Return the record of a dead letter.

    Args:
        mapping: The mapping that failed.
        key: The source record's key.
        failure: Where and why.
        record: The source record's bytes.
    """
    return {
        "stream": mapping.stream,
        "key": encode_sorted(key).decode(),
        "form": mapping.form,
        "mapping": mapping.name,
        "field": failure.field,
        "expression": failure.expression,
        "reason": failure.reason,
        "message": failure.message,
        "fix": failure.fix,
        "record": _readable(record),
        "occurred_at": rfc3339(now()),
    }


def _readable(record: msgspec.Raw) -> Any:
    """Return the record's bytes, or its text where they are no JSON that a reader downstream could decode."""
    try:
        value = decode(record)
    except (ValueError, ArithmeticError, RecursionError):
        return {"unreadable": bytes(record).decode("utf-8", "backslashreplace")}
    return record if isinstance(value, dict) else {"unreadable": value}
