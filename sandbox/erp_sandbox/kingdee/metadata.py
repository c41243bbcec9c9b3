"""The form metadata of ``forms/*.yml``, typed: what a form, its entities and its fields are."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "FBillHead"
ENTRY_ID = "FEntryID"
SEQ = "FSeq"

FieldType = Literal["text", "texts", "integer", "decimal", "date", "datetime", "bool", "enum", "ref"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A misspelt word in a metadata file is an error, not a rule that never applies."""


class Field(_Strict, frozen=True):
    """One field of a form. ``form`` maps ``by`` to the naming field for a multi-class reference (多类别基础资料).

    ``of`` is the property of the referenced record that must name the form the field is of.
    ``length`` and ``values`` (code and title of an enumeration 枚举) are told by QueryBusinessInfo, not enforced.
    """

    key: str
    name: str
    type: FieldType
    must: bool = False
    read_only: bool = False
    form: str | dict[str, str] | None = None
    org: str | None = None
    of: str = ""
    default: str | int | bool | None = None
    length: int = 255
    values: dict[str, str] = {}
    orm: str = msgspec.field(name="property", default="")

    @property
    def view_name(self) -> str:
        """The property name in View: the key without its leading F unless the form says otherwise."""
        return self.orm or self.key.removeprefix("F")


class Amount(_Strict, frozen=True):
    """The fields from which a line's amount with tax (价税合计) is computed; without ``price`` tax has no part."""

    quantity: str
    tax_price: str
    all_amount: str
    price: str = ""
    tax_rate: str = ""


class Entity(_Strict, frozen=True):
    """The head, a 1:1 part of it, or an entry list (单据体) with its fields and sub-entries."""

    key: str
    name: str
    kind: Literal["head", "single", "list"]
    table: str
    fields: dict[str, Field]
    orm: str = msgspec.field(name="property", default="")
    must: bool = False
    first_id: int = 1
    amount: Amount | None = None
    entities: dict[str, Entity] = {}

    @property
    def view_name(self) -> str:
        """The entity's name in View (ORM entry)."""
        return self.orm or self.key.removeprefix("F")

    def walk(self) -> Iterator[Entity]:
        """Yield this entity and everything below it, parents first."""
        yield self
        for child in self.entities.values():
            yield from child.walk()


class Number(_Strict, frozen=True):
    """The number field and the code rule (编码规则) that fills it; without a rule the number must be given."""

    field: str
    rule: str | None = None


class Period(_Strict, frozen=True):
    """The date and the organisation that a closed period (关账) is held against."""

    date: str
    org: str


class Totals(_Strict, frozen=True):
    """The entry and the line fields that ``_sandbox`` adds up."""

    entity: str
    quantity: str
    amount: str = ""


class Total(_Strict, frozen=True):
    """A head field that holds the sum of a line field."""

    field: str
    entity: str
    amount: str


class Stock(_Strict, frozen=True):
    """What auditing does to 即时库存: ``direction`` -1 takes out, 1 puts in."""

    entity: str
    org: str
    material: str
    warehouse: str
    status: str
    quantity: str
    direction: int


class Link(_Strict, frozen=True):
    """A conversion rule (转换规则) whose source lines a line may name; ``write_back`` is the source line's quantity."""

    rule: str
    table: str
    quantity: str
    write_back: str | None = None


class Operation(_Strict, frozen=True):
    """An ExcuteOperation code: fields it sets, the values they must have before, document states it needs."""

    name: str
    set: dict[str, str]
    from_: dict[str, str] = msgspec.field(name="from", default={})
    date: str | None = None
    user: str | None = None
    only_status: tuple[str, ...] = ()
    unless_status: tuple[str, ...] = ()


class Form(_Strict, frozen=True):
    """A form (业务对象).

    ``one_of`` are groups of head fields of which a document needs at least one. ``without_fid``: a query for FID fails
    as an unknown ``field`` or as an unknown ``column``.
    """

    id: str
    name: str
    kind: Literal["bill", "base", "stock"]
    key: str
    head: Entity
    guid: bool = False
    number: Number | None = None
    first_id: int = 1
    main_org: str | None = None
    period: Period | None = None
    totals: Totals | None = None
    total: Total | None = None
    stock: tuple[Stock, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    links: tuple[Link, ...] = ()
    operations: dict[str, Operation] = {}
    without_fid: Literal["field", "column"] | None = None

    @property
    def number_key(self) -> str:
        """The field that numbers a record: FBillNo, FNumber …"""
        return self.number.field if self.number else self.key

    def entities(self) -> Iterator[Entity]:
        """Yield the head and every entity below it, parents first."""
        return self.head.walk()

    def sequence(self, entity: Entity) -> str:
        """Name the counter that gives out this entity's ids."""
        return f"{self.id}.{entity.key}"


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Lay a form over its template: dictionaries merge by key, None removes a key, anything else replaces."""
    merged = dict(base)
    for key, value in own.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict) and key in {"fields", "operations"}:
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def _entity(key: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Give every field and sub-entity of a raw entity its own key."""
    return {
        **raw,
        "key": key,
        "fields": {name: {**field, "key": name} for name, field in raw.get("fields", {}).items()},
        "entities": {name: _entity(name, entity) for name, entity in raw.get("entities", {}).items()},
    }


def _form(form_id: str, raw: dict[str, Any]) -> Form:
    head: dict[str, Any] = {name: raw.pop(name) for name in ("fields", "entities", "table") if name in raw}
    head |= {"name": raw["name"], "kind": "head"}
    return msgspec.convert({**raw, "id": form_id, "head": _entity(HEAD, head)}, Form)


@cache
def load_forms() -> dict[str, Form]:
    """Return all forms by their id, in alphabetical order."""
    files = {
        entry.name.removesuffix(".yml"): msgspec.yaml.decode(entry.read_bytes())
        for entry in resources.files(__package__).joinpath("forms").iterdir()
        if entry.name.endswith(".yml")
    }
    forms = {}
    for form_id in sorted(name for name in files if not name.startswith("_")):
        raw = dict(files[form_id])
        template = raw.pop("extends", None)
        forms[form_id] = _form(form_id, _merged(files[template], raw) if template else raw)
    return forms
