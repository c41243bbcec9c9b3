"""What a parked document waits for: read from Kingdee's complaint, the document's model and the form's metadata."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from erp_sdk.messages import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import msgspec

    from target_kingdee.api.answers import Complaint

NUMBER_KEYS = frozenset({"fnumber", "fstaffnumber"})
_MISSED = re.compile(r"必填|必录")
_CODE_CHARACTER = r"[0-9A-Za-z_\-]"


def lookups_of(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Read which form each reference of a form leads to.

    Args:
        metadata: NeedReturnData of QueryBusinessInfo (contract 8.15).

    Returns:
        Field key in small letters -> FormId. A key that leads to two forms, in two entities, is left out.
    """
    found: dict[str, set[str]] = {}
    for entity in metadata.get("Entrys") or ():
        for field in entity.get("Fields") or ():
            form = field.get("LookUpObjectFormId")
            if isinstance(form, str) and form.strip():
                found.setdefault(str(field.get("Key")).lower(), set()).add(form.strip())
    return {key: next(iter(forms)) for key, forms in found.items() if len(forms) == 1}


def waits_for(model: msgspec.Raw, complaints: Sequence[Complaint], lookups: Mapping[str, str]) -> str | None:
    """Tell what has to be in Kingdee before a document is worth another attempt.

    Args:
        model: The document.
        complaints: Why Kingdee refused it.
        lookups: See `lookups_of`.

    Returns:
        JSON for the ledger, ``[{"form": …, "number": …}, …]``; None when it cannot be known.
    """
    by_field: dict[str, list[str]] = {}
    for complaint in complaints:
        if complaint.FieldName:
            by_field.setdefault(_key(complaint.FieldName), []).append(complaint.Message or "")
    numbers: dict[str, dict[str, None]] = {field: {} for field in by_field if field in lookups}
    if not numbers:
        return None
    for field, number in _references(decode(model), numbers):
        numbers[field][number] = None
    waits = [
        {"form": lookups[field], "number": number}
        for field, some in numbers.items()
        for number in _blamed(some, by_field[field])
    ]
    return encode(waits).decode() if waits else None


def refers_to_nothing(model: msgspec.Raw, complaints: Iterable[Complaint]) -> bool:
    """Whether Kingdee misses a mandatory reference that the model has: nothing usable goes by its number.

    So it is told without IsVerifyBaseDataField, and the words of a failed verification are not known (contract 5.4).
    """
    missed = {_key(one.FieldName) for one in complaints if one.FieldName and _MISSED.search(one.Message or "")}
    return bool(missed) and any(_is_given(decode(model), key) for key in missed)


def _is_given(value: Any, key: str) -> bool:
    """Whether an object has this reference, or every line of one of its lists."""
    if isinstance(value, list):
        return bool(value) and all(_is_given(item, key) for item in value)
    if not isinstance(value, dict):
        return False
    return any(
        bool(part) and isinstance(part, dict) if name.lower() == key else _is_given(part, key)
        for name, part in value.items()
    )


def read_waits(text: str | None) -> list[tuple[str, str]]:
    """Read `waits_for` back: form and number each; empty where it is not known."""
    if not text:
        return []
    return [(str(one["form"]), str(one["number"])) for one in decode(text.encode())]


def _key(field_name: str) -> str:
    return field_name.rpartition(".")[2].lower()


def _references(value: Any, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the numbers that these fields refer to, anywhere in a model."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item, fields)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key.lower() in fields and isinstance(part, dict):
                yield from ((key.lower(), str(code)) for name, code in part.items() if name.lower() in NUMBER_KEYS)
            else:
                yield from _references(part, fields)


def _blamed(numbers: Iterable[str], messages: Sequence[str]) -> list[str]:
    """Return the numbers that Kingdee names; all of them where it names none."""
    everything = list(numbers)
    text = " ".join(messages)
    named = [one for one in everything if _is_named(one, text)]
    return named or everything


def _is_named(number: str, text: str) -> bool:
    return bool(re.search(f"(?<!{_CODE_CHARACTER}){re.escape(number)}(?!{_CODE_CHARACTER})", text))
