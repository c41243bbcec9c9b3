"""NeedReturnFields: which of a saved document's fields a Save answers with (vendor contract 8.3)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.metadata import ENTRY_ID, SEQ, load_forms

if TYPE_CHECKING:
    from erp_sandbox.kingdee.documents import Document
    from erp_sandbox.kingdee.metadata import Form

Wanted = tuple[tuple[str, ...], dict[str, tuple[str, ...]]]
"""Head fields, and fields by entity."""


def returned_fields(form: Form, document: Document, wanted: tuple[str, ...]) -> dict[str, Any]:
    """Return the wanted fields of one document: head fields by key, entry fields (``FEntity.FKey``) line by line.

    Keys match in any case; a field the document does not have is null, one the form does not have is left out.
    """
    if not wanted:
        return {}
    head, by_entity = _wanted(form.id, wanted)
    answer: dict[str, Any] = {name: document.get(name) for name in head}
    for key, names in by_entity.items():
        held = document.get(key) or []
        if isinstance(held, dict):
            answer[key] = {name: held.get(name) for name in names}
        elif len(names) == 1:
            name = names[0]
            answer[key] = [{name: line.get(name)} for line in held]
        else:
            answer[key] = [{name: line.get(name) for name in names} for line in held]
    return answer


@lru_cache(maxsize=256)
def _wanted(form_id: str, wanted: tuple[str, ...]) -> Wanted:
    """Return the form's own spelling of the keys that a client wants back."""
    form = load_forms()[form_id]
    entities = {entity.key.lower(): entity for entity in form.head.entities.values()}
    head_names = {name.lower(): name for name in (*form.head.fields, form.key)}
    head: dict[str, None] = {}
    by_entity: dict[str, dict[str, None]] = {}
    for key in wanted:
        first, _, rest = key.lower().partition(".")
        entity = entities.get(first)
        if entity is None:
            if first in head_names:
                head[head_names[first]] = None
            continue
        names = {name.lower(): name for name in (*entity.fields, ENTRY_ID, SEQ)}
        if rest in names:
            by_entity.setdefault(entity.key, {})[names[rest]] = None
    return tuple(head), {key: tuple(names) for key, names in by_entity.items()}
