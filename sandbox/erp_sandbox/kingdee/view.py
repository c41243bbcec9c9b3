"""View and QueryBusinessInfo: a document under its property names, and a form's metadata (contract 8.2, 8.15)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.kingdee.envelope import BAD_PARAMETER, NO_DATA, Refused, envelope
from erp_sandbox.kingdee.metadata import ENTRY_ID, HEAD, SEQ, Entity, Field, Form, load_forms
from erp_sandbox.kingdee.values import INTEGER_DIGITS, SCALE

if TYPE_CHECKING:
    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document

CHINESE = 2052
FIELD_TYPES = {
    "text": 231,
    "texts": 231,
    "enum": 167,
    "integer": 56,
    "decimal": 106,
    "date": 61,
    "datetime": 61,
    "bool": 175,
    "ref": 56,
}
"""The database's type codes (nvarchar, varchar, int, decimal, datetime, char)."""
ELEMENT_TYPES = {name: code for code, name in enumerate(FIELD_TYPES, start=1)}


def view(centre: DataCentre, form: Form, data: dict[str, Any]) -> dict[str, Any]:
    """Return one whole document by Id or Number.

    Raises:
        Refused: MsgCode 8 when neither is given, 10 when there is no such document.
    """
    given = {key.lower(): value for key, value in data.items()}
    key, number = given.get("id"), given.get("number")
    table = centre.table(form)
    document = None
    if key not in (None, "", 0, "0"):
        text = str(key)
        document = table.get(centre.db, text if form.guid or not text.isdecimal() else int(text))
    elif number not in (None, ""):
        found = table.by_numbers(centre.db, [str(number)])
        document = found[0] if found else None
    else:
        raise Refused(BAD_PARAMETER, "data 数据包中的参数 Number 和 Id 的值不能同时为空")
    if document is None:
        raise Refused(NO_DATA, f"未找到“{number or key}”对应的{form.name}数据")
    properties = {"Id": document[form.key], **_Viewer(centre).entity(form.head, document)}
    return envelope([], [], Result=properties)


class _Viewer:
    """Writes entities under their property names; referenced records are read once a call."""

    def __init__(self, centre: DataCentre) -> None:
        self._centre = centre
        self._records: dict[tuple[str, Any], dict[str, Any]] = {}

    def entity(self, entity: Entity, values: Document) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for field in entity.fields.values():
            shown |= self._field(field, values.get(field.key), values)
        for child in entity.entities.values():
            inner = values.get(child.key)
            if child.kind == "single":
                shown[child.view_name] = [self.entity(child, inner or {})]
            else:
                shown[child.view_name] = [
                    {"Id": line[ENTRY_ID], "Seq": line[SEQ], **self.entity(child, line)} for line in inner or ()
                ]
        return shown

    def _field(self, field: Field, value: Any, values: Document) -> dict[str, Any]:
        name = field.view_name
        if field.type == "ref":
            form_id = _form_of(field, values)
            record = self._record(form_id, value) if value and form_id else None
            return {f"{name}_Id": value["id"] if value else 0, name: record}
        if field.type == "texts":
            return {name: [{"Key": CHINESE, "Value": value or " "}]}
        if field.type == "decimal":
            return {name: msgspec.Raw(format(Decimal(value or 0), ".10f").encode())}
        if field.type == "bool":
            return {name: bool(value)}
        return {name: " " if value is None and field.type == "text" else value}

    def _record(self, form_id: str, value: dict[str, Any]) -> dict[str, Any]:
        known = form_id, value["id"]
        record = self._records.get(known)
        if record is None:
            stored = self._centre.documents.tables[form_id].get(self._centre.db, value["id"]) or {}
            name = stored.get("FName", " ")
            record = {
                "Id": value["id"],
                "msterID": stored.get("FMasterId", value["id"]),
                "MultiLanguageText": [{"PtId": value["id"], "LocaleId": CHINESE, "Name": name}],
                "Name": [{"Key": CHINESE, "Value": name}],
                "Number": value["FNumber"],
            }
            self._records[known] = record
        return record


def _form_of(field: Field, values: Document) -> str | None:
    """Return the form a reference is of; a multi-class one says so in another field."""
    if isinstance(field.form, dict):
        return field.form.get(str(values.get(field.form["by"])))
    return field.form


def business_info(form: Form) -> dict[str, Any]:
    """Return a form's metadata as QueryBusinessInfo does."""
    entries: list[dict[str, Any]] = []

    def walk(entity: Entity, parent: str) -> None:
        entries.append(
            {
                "Id": entity.key,
                "Key": entity.key,
                "ParentKey": parent,
                "Name": _named(entity.name),
                "EntryName": entity.view_name if entity.key != HEAD else "",
                "TableName": entity.table,
                "Fields": [_field_info(field) for field in entity.fields.values()],
            }
        )
        for child in entity.entities.values():
            walk(child, entity.key)

    walk(form.head, "")
    info = {"Id": form.id, "Name": _named(form.name), "PkFieldName": form.key, "Entrys": entries}
    return envelope([], [], NeedReturnData=info)


def _field_info(field: Field) -> dict[str, Any]:
    looked_up = field.form if isinstance(field.form, str) else None
    return {
        "Id": field.key,
        "Key": field.key,
        "Name": _named(field.name),
        "PropertyName": field.view_name,
        "MustInput": int(field.must),
        "FieldType": FIELD_TYPES[field.type],
        "ElementType": ELEMENT_TYPES[field.type],
        "LookUpObjectFormId": looked_up if looked_up in load_forms() else None,
        "Extends": [{"Value": value, "Caption": _named(title)} for value, title in field.values.items()],
        "IsViewVisible": True,
        **_size_info(field),
    }


def _size_info(field: Field) -> dict[str, Any]:
    """Return how much a field holds; the names of these parts are our choice, no public answer shows them."""
    if field.type in {"text", "texts"}:
        return {"Length": field.length}
    return {"Precision": INTEGER_DIGITS + SCALE, "Scale": SCALE} if field.type == "decimal" else {}


def _named(text: str) -> list[dict[str, Any]]:
    return [{"Key": CHINESE, "Value": text}]
