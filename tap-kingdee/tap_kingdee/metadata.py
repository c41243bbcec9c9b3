"""What QueryBusinessInfo tells of a form: its entities and their fields, and the schema that follows (contract 8.15).

The answer says neither which entities are 1:1 parts of the head nor which properties a referenced form has. The names
of the former are known for the forms of the contract (`SUB_HEADS`); of the latter, code and name are asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HEAD = "FBillHead"
SUB_HEADS = re.compile(
    r"SubHeadEntity\d*|FsubHead\w+|FSaleOrderFinance|FPOOrderFinance|FInStockFin|FBaseInfo|FBusinessInfo|FFinanceInfo"
    r"|FT_BD_CUSTOMEREXT",
    re.IGNORECASE,
)
"""1:1 parts of the heads of the contract's forms."""

_NULL = "null"
_TEXT: dict[str, Any] = {"type": ["string", _NULL]}
TYPES: Mapping[str, dict[str, Any]] = {
    "string": _TEXT,
    "integer": {"type": ["integer", _NULL]},
    "number": {"type": ["number", _NULL]},
    "boolean": {"type": ["boolean", _NULL]},
    "date-time": {"type": ["string", _NULL], "format": "date-time"},
}
"""What the setting forms may say of a field."""

_DATABASE: Mapping[int, dict[str, Any]] = {
    **dict.fromkeys((48, 52, 56, 127), TYPES["integer"]),
    **dict.fromkeys((59, 60, 62, 106, 108, 122), TYPES["number"]),
    **dict.fromkeys((40, 42, 58, 61), TYPES["date-time"]),
    104: TYPES["boolean"],
    # One character: a code, or a checkbox, which comes as true and false (contract 8.1.3).
    175: {"type": ["boolean", "string", _NULL]},
}
"""FieldType, the database's type code, to what the schema says; all others are text."""

_CODE, _NAME = ("FNumber", "编码 code"), ("FName", "名称 name")
_PROPERTIES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "SEC_User": (_NAME,),
    "BD_Empinfo": (("FStaffNumber", "员工编号 code"), _NAME),
}
"""What is asked of a referenced form, where it is not code and name."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form.

    Attributes:
        key: As Kingdee spells it.
        title: Its Chinese name, with the codes it may hold.
        declared: Its type in a JSON schema.
        refers: The form of the base data it refers to, if it does.
    """

    key: str
    title: str
    declared: Mapping[str, Any]
    refers: str | None = None

    def schema(self, properties: Sequence[str] = ()) -> dict[str, Any]:
        """Return the field's part of the schema; of a reference, its code and name if no properties are named."""
        if self.refers is None and not properties:
            return {**self.declared, "description": self.title}
        offered = _PROPERTIES.get(self.refers or "", (_CODE, _NAME))
        told = dict(offered)
        asked = {name: {**_TEXT, "description": told.get(name, name)} for name in properties or told}
        described = self.title if self.refers is None else f"{self.title} ({self.refers})"
        return {"type": "object", "description": described, "properties": asked}


@dataclass(frozen=True, slots=True)
class Entity:
    """The head of a form, a 1:1 part of it, or an entry 单据体."""

    key: str
    title: str
    parent: str
    fields: Mapping[str, FormField]


@dataclass(frozen=True, slots=True)
class FormInfo:
    """A form 业务对象.

    Attributes:
        id: FormId.
        title: Its Chinese name.
        key: The primary key's field, if the answer names it.
        entities: By their keys, the head's always `HEAD`.
    """

    id: str
    title: str
    key: str | None
    entities: Mapping[str, Entity] = field(default_factory=dict)

    @property
    def head(self) -> Entity:
        """The form's head."""
        return self.entities[HEAD]

    def sub_heads(self, named: Sequence[str] = ()) -> list[Entity]:
        """Return the 1:1 parts of the head: those named, and those that are known."""
        return [
            entity
            for entity in self.entities.values()
            if entity.key != HEAD
            and entity.parent in ("", HEAD)
            and (entity.key in named or SUB_HEADS.fullmatch(entity.key))
        ]

    def entries(self, sub_heads: Sequence[str] = ()) -> list[Entity]:
        """Return the entries of the head."""
        single = {entity.key for entity in self.sub_heads(sub_heads)} | {HEAD}
        return [entity for entity in self.entities.values() if entity.key not in single and entity.parent in ("", HEAD)]

    def field_keys(self) -> Iterator[str]:
        """Yield the key of every field."""
        for entity in self.entities.values():
            yield from entity.fields


def read_form(answer: Mapping[str, Any]) -> FormInfo:
    """Read the metadata of an answer (``NeedReturnData``).

    Raises:
        ValueError: They have no head.
    """
    told = answer["Entrys"]
    keys = [str(entry["Key"]) for entry in told]
    # Usually called FBillHead; else it is the first, if that hangs on nothing.
    head = HEAD if HEAD in keys else next((str(one["Key"]) for one in told[:1] if not one.get("ParentKey")), "")
    entities: dict[str, Entity] = {}
    for entry in told:
        fields = {str(one["Key"]): _read_field(one) for one in entry.get("Fields") or () if one.get("Key")}
        names = (str(entry["Key"]), str(entry.get("ParentKey") or ""))
        key, parent = (HEAD if name == head else name for name in names)
        entities[key] = Entity(key, _chinese(entry.get("Name")), parent, fields)
    if HEAD not in entities:
        raise ValueError("no head")
    return FormInfo(str(answer["Id"]), _chinese(answer.get("Name")), answer.get("PkFieldName"), entities)


def _read_field(told: Mapping[str, Any]) -> FormField:
    refers = told.get("LookUpObjectFormId") or None
    codes = [f"{one.get('Value')} {_chinese(one.get('Caption'))}" for one in told.get("Extends") or () if one]
    title = _chinese(told.get("Name")) or str(told["Key"])
    code = str(told.get("FieldType") or "")
    declared = _DATABASE.get(int(code) if code.isdecimal() else 0, _TEXT)
    return FormField(str(told["Key"]), f"{title}: {', '.join(codes)}" if codes else title, declared, refers)


def _chinese(names: Any) -> str:
    """Return the Chinese one of a text in several languages."""
    if not isinstance(names, list):
        return str(names or "")
    texts = {str(name.get("Key")): str(name.get("Value") or "") for name in names}
    return texts.get("2052") or next(iter(texts.values()), "")
