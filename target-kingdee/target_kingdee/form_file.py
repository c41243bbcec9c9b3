"""A form's metadata as a small file: Kingdee's own words, one line a field, the same text for the same form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CHINESE = 2052
_LEFT_OUT = frozenset({"Id", "IsViewVisible", "PropertyName", "EntryName", "TableName", "ElementType"})
"""What says nothing of the values that a field takes."""


def form_file(metadata: Mapping[str, Any]) -> str:
    """Return the text of a form's file.

    Args:
        metadata: NeedReturnData of QueryBusinessInfo (contract 8.15). Names are cut to their Chinese text; parts that
            are empty or say nothing of values are left out; everything else stays as it is.
    """
    entities = ",\n".join(_entity(one) for one in metadata.get("Entrys") or () if isinstance(one, dict))
    head = {"Id": metadata.get("Id"), "Name": _text(metadata.get("Name")), "PkFieldName": metadata.get("PkFieldName")}
    known = ",\n".join(f"  {_json(key)}: {_json(value)}" for key, value in head.items() if value)
    return f'{{\n{known},\n  "Entrys": [\n{entities}\n  ]\n}}\n'


def _entity(entity: Mapping[str, Any]) -> str:
    fields = ",\n".join(f"      {_json(_kept(one))}" for one in entity.get("Fields") or () if isinstance(one, dict))
    head = _kept({key: value for key, value in entity.items() if key != "Fields"})
    return f'    {_json(head)[:-1]}, "Fields": [\n{fields}\n    ]}}'


def _kept(part: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: _text(value) if key in {"Name", "Caption"} else value for key, value in part.items()}
    if isinstance(part.get("Extends"), list):
        kept["Extends"] = [_kept(one) if isinstance(one, dict) else one for one in part["Extends"]]
    if not kept.get("MustInput"):
        kept.pop("MustInput", None)
    return {key: value for key, value in kept.items() if key not in _LEFT_OUT and value not in (None, "", [], {})}


def _text(value: Any) -> Any:
    """Return the Chinese text of ``[{"Key": 2052, "Value": …}]``; another language's where there is none."""
    if not isinstance(value, list):
        return value
    texts = {one.get("Key"): one.get("Value") for one in value if isinstance(one, dict)}
    return texts.get(CHINESE) or next(iter(texts.values()), "")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
