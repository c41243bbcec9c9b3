"""Streams of any form, out of the setting forms; what is left out there follows from the form's metadata.

An entry that has the name of a ready-made stream takes its place, and differs from it in what it says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from erp_sdk.command import SetupError
from singer_sdk import typing as th

from tap_kingdee.client import nearest
from tap_kingdee.documents import ENTRY_KEY, flat_schema
from tap_kingdee.metadata import TYPES, Entity, FormInfo
from tap_kingdee.reading import CHANGED, CREATED, SCHEMAS, ChangingForm, FormStream, WholeForm

if TYPE_CHECKING:
    from collections.abc import Callable

_ORGANIZATIONS = ("FUseOrgId", "FStockOrgId", "FSaleOrgId", "FPurchaseOrgId", "FSettleOrgId", "FSETTLEORGID")
_LINES = ["nested", "flat"]

FORMS: th.Property[Any] = th.Property(
    "forms",
    th.ArrayType(
        th.ObjectType(
            th.Property("name", th.StringType, required=True, description="The stream's name."),
            th.Property("form", th.StringType, description="FormId 业务对象, for example STK_MISCELLANEOUS."),
            th.Property("key", th.StringType, description="The primary key's field; default: what Kingdee says."),
            th.Property(
                "entry", th.StringType, description="The entry 单据体 whose lines are read, for example FEntity."
            ),
            th.Property(
                "fields",
                th.ArrayType(th.CustomType({"type": ["string", "object"]})),
                description="Field keys as Kingdee spells them: FBillNo, FStockOrgId (code and name), "
                "FStockOrgId.FNumber (the code alone), F_ora_Text2; an object {key, type} sets the type. "
                "Default: all fields of the head, of its 1:1 parts and of the entry.",
            ),
            th.Property("filter", th.StringType, description="A FilterString 过滤条件."),
            th.Property(
                "replication_key",
                th.StringType,
                description="The time that tells what is new: FModifyDate (default, if the form has it), FApproveDate "
                "审核日期 …; empty: the form is read whole each time.",
            ),
            th.Property("lines", th.StringType, allowed_values=_LINES, description="nested (default) or flat."),
            th.Property("sub_heads", th.ArrayType(th.StringType), description="Entities that are 1:1 parts 子单据头."),
            th.Property(
                "organization_fields",
                th.ArrayType(th.StringType),
                description="The fields that the setting organizations narrows; default: FUseOrgId, FStockOrgId, "
                "FSaleOrgId, FPurchaseOrgId or FSettleOrgId, the first that the form has.",
            ),
        )
    ),
    default=[],
    description="Streams of any form, or ready-made ones with other fields, filter, replication key or lines. 业务对象",
)

Plan = Mapping[str, Any]


def configured(plan: Plan, ready: Mapping[str, type[FormStream]], ask: Callable[[str], FormInfo]) -> type[FormStream]:
    """Return the stream class for one entry of the setting forms.

    Args:
        plan: The entry.
        ready: The ready-made streams by name.
        ask: Gets a form's metadata.

    Raises:
        SetupError: The entry does not fit the form.
    """
    name = str(plan["name"])
    base = ready.get(name)
    form = str(plan.get("form") or (base.form if base else ""))
    if not form:
        raise SetupError(f"forms: {name} needs its form 业务对象, for example STK_MISCELLANEOUS.")
    if base is not None and base.form != form:
        raise SetupError(f"forms: {name} is the ready-made stream of {base.form}; give the one of {form} another name.")
    if base is not None and not any(plan.get(word) for word in ("key", "entry", "fields", "sub_heads")):
        made = _as_ready_made(base)
    else:
        twin = base or next((stream for stream in ready.values() if stream.form == form), None)
        made = _Discovery(plan, form, twin, ask(form), entry=base.entry if base else None).attributes()
    made |= {
        "name": name,
        "form": form,
        "condition": plan.get("filter") or "",
        "__doc__": base.__doc__ if base else None,
    }
    if fields := plan.get("organization_fields"):
        made["organization_fields"] = tuple(fields)
    return _with_lines(plan, _with_time(plan, made, base), name)


def _as_ready_made(base: type[FormStream]) -> dict[str, Any]:
    words = ("primary_keys", "entry", "sub_heads", "organization_fields", "text_key")
    schema = json.loads((SCHEMAS / f"{cast('Any', base).name}.json").read_text(encoding="utf-8"))
    return {"schema": schema, **{word: getattr(base, word) for word in words}}


def _with_time(plan: Plan, made: dict[str, Any], base: type[FormStream] | None) -> dict[str, Any]:
    """Add the time that tells what is new: the one named, else FModifyDate if the form has it."""
    properties = made["schema"]["properties"]
    field = plan.get("replication_key")
    if field is None:
        by_default = CHANGED in properties if base is None else issubclass(base, ChangingForm)
        field = CHANGED if by_default else ""
    if field and (field not in properties or properties[field].get("format") != "date-time"):
        raise SetupError(f"forms: {made['name']}: {field} is no time of the head of {made['form']}.")
    return {**made, "replication_key": field or None, "changed_by": field}


def _with_lines(plan: Plan, made: dict[str, Any], name: str) -> type[FormStream]:
    entry = made["entry"]
    if plan.get("lines") == "flat":
        if entry is None:
            raise SetupError(f"forms: {name} has no entry 单据体, so its lines cannot be flat.")
        try:
            made["schema"] = flat_schema(made["schema"], entry)
        except ValueError as error:
            raise SetupError(f"forms: {name}: head and lines both have {error}; ask for one of them.") from None
        made |= {"flat": True, "primary_keys": (*made["primary_keys"], f"{entry}_{ENTRY_KEY}")}
    kind = ChangingForm if made["replication_key"] else WholeForm
    return type(f"Form_{name}", (kind,), made)


class _Discovery:
    """The attributes of a stream out of a form's metadata.

    Args:
        plan: The entry of the setting.
        form: FormId.
        twin: A ready-made stream of the form: it knows what the metadata may not tell.
        info: The metadata.
        entry: The entry that is read if the plan names none.
    """

    def __init__(
        self, plan: Plan, form: str, twin: type[FormStream] | None, info: FormInfo, *, entry: str | None
    ) -> None:
        self._plan = plan
        self._form = form
        self._twin = twin
        self._info = info
        self._where = f"forms: {plan['name']}"
        entry = plan.get("entry") or entry
        self._named_sub_heads = tuple(plan.get("sub_heads") or (twin.sub_heads if twin else ()))
        for one in (*self._named_sub_heads, *([entry] if entry else [])):
            if one not in info.entities:
                raise SetupError(f"{self._where}: {form} has no entity {one}{nearest(one, info.entities)}.")
        self._sub_heads = {one.key: one for one in info.sub_heads(self._named_sub_heads)}
        self._entries = {one.key: one for one in info.entries(self._named_sub_heads)}
        if entry and entry not in self._entries:
            raise SetupError(f"{self._where}: {entry} is no entry 单据体 of the head of {form}.")
        self._entry = entry
        known = cast("Any", twin).primary_keys[0] if twin else info.key
        self._key = str(plan.get("key") or known or "FID")

    def attributes(self) -> dict[str, Any]:
        """Return what the stream class is made of."""
        properties = self._asked() if self._plan.get("fields") else self._everything()
        text_key = self._twin is not None and self._twin.text_key  # the metadata do not say so
        key = {"type": "string" if text_key else "integer", "description": "内码 primary key"}
        properties = {self._key: key, **{name: part for name, part in properties.items() if name != self._key}}
        time = self._plan.get("replication_key", CHANGED)
        if time and time not in properties and time in self._info.head.fields:
            properties[time] = self._info.head.fields[time].schema()
        schema = {
            "type": "object",
            "description": f"{self._form} {self._info.title}",
            "properties": properties,
            "required": [self._key],
        }
        first = next((one for one in _ORGANIZATIONS if one in self._info.head.fields), None)
        organization_fields = (first,) if first else ()
        return {
            "schema": schema,
            "primary_keys": (self._key,),
            "entry": self._entry if self._entry in properties else None,
            "sub_heads": frozenset(set(self._sub_heads) & set(properties)),
            "organization_fields": self._twin.organization_fields if self._twin else organization_fields,
            "text_key": text_key,
            "has_creation_time": CREATED in self._info.head.fields,
        }

    def _everything(self) -> dict[str, Any]:
        properties: dict[str, Any] = {key: one.schema() for key, one in self._info.head.fields.items()}
        for entity in self._sub_heads.values():
            properties[entity.key] = _object(entity, {key: one.schema() for key, one in entity.fields.items()})
        if self._entry:
            entity = self._entries[self._entry]
            properties[entity.key] = _lines(entity, {key: one.schema() for key, one in entity.fields.items()})
        return properties

    def _asked(self) -> dict[str, Any]:
        """Return the properties of the fields that are named."""
        found: dict[str, dict[str, Any]] = {}
        for key, of_it, declared in _merged(self._plan["fields"], self._where):
            if key != self._key and not self._is_of_an_entry(key):  # these are asked for anyway
                home = self._home(key)
                part = home.fields[key].schema(of_it) if declared is None else {**declared}
                found.setdefault(home.key, {})[key] = part
        properties = found.pop(self._info.head.key, {})
        for name, inside in found.items():
            single = self._sub_heads.get(name)
            properties[name] = _object(single, inside) if single else _lines(self._entries[name], inside)
        return properties

    def _is_of_an_entry(self, key: str) -> bool:
        """Tell whether a key is an entry's own key or line number, which makes it the entry that is read."""
        name, _, own = key.rpartition("_")
        if own not in (ENTRY_KEY, "FSeq") or name not in self._entries:
            return False
        self._entry = self._entry or name
        return True

    def _home(self, key: str) -> Entity:
        """Return the entity that a field is asked of; the first entry named is the one that is read."""
        homes = [self._info.head, *self._sub_heads.values()]
        homes += [self._entries[self._entry]] if self._entry else list(self._entries.values())
        for entity in homes:
            if key in entity.fields:
                if entity.key in self._entries:
                    self._entry = entity.key
                return entity
        elsewhere = next((one.key for one in self._info.entities.values() if key in one.fields), None)
        if elsewhere is not None:
            raise SetupError(
                f"{self._where}: {key} is a field of {elsewhere}; the lines of one entry can be read at a time "
                f"({self._entry}), since those of two would multiply."
            )
        raise SetupError(f"{self._where}: {self._form} has no field {key}{nearest(key, self._info.field_keys())}.")


def _merged(fields: Sequence[Any], where: str) -> list[tuple[str, list[str], Mapping[str, Any] | None]]:
    """Return each field once, with the properties asked of it and the type given for it."""
    found: dict[str, tuple[list[str], Mapping[str, Any] | None]] = {}
    for one in fields:
        said = {"key": one} if isinstance(one, str) else one
        kind = said.get("type")
        if not isinstance(said.get("key"), str) or (kind is not None and kind not in TYPES):
            raise SetupError(f"{where}: {one!r} is no field; write its key, or {{key, type}} with {', '.join(TYPES)}.")
        key, _, of_it = said["key"].strip().partition(".")
        properties, declared = found.get(key, ([], None))
        found[key] = ([*properties, *([of_it] if of_it else [])], TYPES[kind] if kind else declared)
    return [(key, properties, declared) for key, (properties, declared) in found.items()]


def _object(entity: Entity, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "description": entity.title, "properties": properties}


def _lines(entity: Entity, properties: dict[str, Any]) -> dict[str, Any]:
    keys = {
        ENTRY_KEY: {"type": "integer", "description": "分录内码 primary key of the line"},
        "FSeq": {"type": ["integer", "null"], "description": "行号 line number, from 1"},
    }
    items = {"type": "object", "properties": keys | properties, "required": [ENTRY_KEY]}
    return {"type": "array", "description": entity.title, "items": items}
