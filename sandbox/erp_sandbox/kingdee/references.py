"""Reading a base-data reference of a Model (vendor contract 5.4 and 8.18)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.basedata import MISSING, BaseData, Ref

if TYPE_CHECKING:
    from erp_sandbox.kingdee.metadata import Field, Form
    from erp_sandbox.kingdee.reading import Reading
    from erp_sandbox.kingdee.values import Setter, Target

NUMBER_KEYS = frozenset({"fnumber", "number", "fstaffnumber", "fcode"})
NAME_KEYS = frozenset({"fname", "name"})
OTHER_FORM = "不属于当前单据"
UNREADABLE = '不是基础资料（应写作{"FNumber":"编码"}）'


def compile_reference(field: Field, base: BaseData, form: Form) -> Setter:
    """Return the setter of a reference field of a form.

    A number is looked up among what is audited, not forbidden, usable in the organisation of ``field.org`` (or the
    form's main organisation), and with ``field.of`` meant for this form. What is not found leaves the field empty, and
    is an error with IsVerifyBaseDataField.
    """
    if isinstance(field.form, dict):
        return _multi_class(field, base, form.main_org)
    setter = _of_form(field, str(field.form), base, field.org or form.main_org)
    return _meant_for(setter, field, base, form.id) if field.of else setter


def _of_form(field: Field, form_id: str, base: BaseData, org_key: str | None) -> Setter:
    key = field.key
    index = base.form(form_id)
    find = index.by_number.get

    def set_reference(value: Any, target: Target, reading: Reading) -> None:
        number = value.get("FNumber") if value.__class__ is dict else None
        if number.__class__ is str:
            ref = find(number)
            if ref is not None and ref.obstacle is None and (ref.org is None or ref.org == reading.shared_org):
                target[key] = {"FNumber": number, "id": ref.id}
                return
        elif number is None or isinstance(number, (int, Decimal)):
            number = number_in(value, form_id, base)
        if not number:
            target.pop(key, None)
            return
        found: Ref | str = MISSING
        if isinstance(number, str):
            found = index.usable(number, reading.org_id(org_key), reading.shared_org)
        if isinstance(found, Ref):
            target[key] = found.value
            return
        target.pop(key, None)
        if reading.verify:
            text = number if isinstance(number, str) else str(value)
            reading.fail(field, f"字段“{field.name}”的{index.form.name}“{text[:100]}”{found}")

    return set_reference


def _meant_for(setter: Setter, field: Field, base: BaseData, form_id: str) -> Setter:
    """Return a setter that takes records only whose property ``field.of`` names the form: a 单据类型 has its form."""
    key, index = field.key, base.form(str(field.form))
    find = index.by_number.get

    def set_reference(value: Any, target: Target, reading: Reading) -> None:
        setter(value, target, reading)
        found = target.get(key)
        ref = find(found["FNumber"]) if found else None
        if ref is not None and ref.defaults.get(field.of) != form_id:
            target.pop(key)
            if reading.verify:
                reading.fail(field, f"字段“{field.name}”的{index.form.name}“{ref.number}”{OTHER_FORM}")

    return set_reference


def _multi_class(field: Field, base: BaseData, main_org: str | None) -> Setter:
    classes = dict(field.form) if isinstance(field.form, dict) else {}
    by = classes.pop("by")
    setters = {name: _of_form(field, form_id, base, main_org) for name, form_id in classes.items()}

    def set_reference(value: Any, target: Target, reading: Reading) -> None:
        setter = setters.get(target.get(by, ""))
        if setter is not None:
            setter(value, target, reading)
        elif reading.verify and value:
            reading.fail(field, f"字段“{field.name}”的类别“{target.get(by, '')}”不存在")

    return set_reference


def number_in(value: Any, form_id: str, base: BaseData) -> str | object | None:
    """Return the number a reference names.

    Args:
        value: ``{"FNumber": …}`` with the key in any case and the code as text or number, ``{"FCUSTID": 100123}`` or a
            bare number (the internal id), ``{}``, ``""`` or null.
        form_id: the referenced form.
        base: where an id is looked up.

    Returns:
        The number; None for a blank reference; `UNREADABLE` for what names nothing.
    """
    if isinstance(value, dict):
        given = {str(key).lower(): part for key, part in value.items()}
        for key in NUMBER_KEYS & given.keys():
            part = given[key]
            return _blank_or(part, str(part).strip() if not isinstance(part, (dict, list)) else UNREADABLE)
        ids = [part for key, part in given.items() if key not in NAME_KEYS and isinstance(part, (int, str))]
        if ids:
            return _by_id(ids[0], form_id, base)
        return None if not any(given.values()) else UNREADABLE
    return _by_id(value, form_id, base)


def _by_id(value: Any, form_id: str, base: BaseData) -> str | object | None:
    if value in (None, "", 0, "0"):
        return None
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return base.number_of(form_id, value) or UNREADABLE
    return UNREADABLE


def _blank_or(part: Any, number: str) -> str | None:
    return None if part in (None, "") else number
