"""Shops 店铺 and warehouses 仓库: the base data that is always read whole (contract 8.E11, 8.E12, 8.F20, 8.F21)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.wangdiantong.fields import (
    Field,
    Style,
    constant_number,
    constant_text,
    lines,
    number,
    plain,
    template,
    text,
    time,
)
from erp_sandbox.wangdiantong.query import Selection
from erp_sandbox.wangdiantong.refusals import Refusal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from erp_sandbox.wangdiantong.query import Query

ENTERPRISE_SHOP = (
    number("platform_id"),
    constant_number("sub_platform_id"),
    number("shop_id"),
    plain("shop_no"),
    text("shop_name"),
    constant_text("account_id"),
    constant_text("account_nick"),
    number("auth_state"),
    constant_number("push_rds_id"),
    constant_text("email"),
    number("is_disabled"),
    plain("modified"),
    plain("created"),
)
FLAGSHIP_SHOP = (
    number("shop_id"),
    plain("shop_no"),
    text("shop_name"),
    number("platform_id"),
    constant_number("sub_platform_id"),
    constant_text("contact"),
    constant_text("province"),
    constant_text("city"),
    constant_text("district"),
    constant_text("address"),
    constant_text("telno"),
    constant_text("mobile"),
    constant_text("remark"),
    constant_text("group_id", "0"),
    constant_text("account_id"),
    lines("is_disabled", "is_disabled_bool"),
    number("auth_state"),
    plain("auth_time", "created"),
    constant_text("re_expire_time"),
    plain("modified"),
    plain("created"),
)

ENTERPRISE_WAREHOUSE = (
    number("warehouse_id"),
    plain("warehouse_no"),
    text("name"),
    number("type"),
    number("warehouse_type", "type"),
    constant_number("sub_type"),
    constant_text("ext_warehouse_no"),
    text("province"),
    text("city"),
    text("district"),
    constant_text("address"),
    constant_text("contact"),
    constant_text("telno"),
    constant_text("mobile"),
    constant_text("zip"),
    constant_text("remark"),
    constant_number("is_defect"),
    number("is_disabled"),
    plain("modified"),
    plain("created"),
)
FLAGSHIP_WAREHOUSE = (
    number("warehouse_id"),
    plain("warehouse_no"),
    text("name"),
    number("type"),
    constant_number("sub_type"),
    text("province"),
    text("city"),
    text("district"),
    constant_text("address"),
    constant_text("contact"),
    constant_text("telno"),
    constant_text("mobile"),
    constant_text("zip"),
    constant_text("remark"),
    lines("is_disabled", "is_disabled_bool"),
    plain("created"),
    number("modified", "modified_ms"),
)


class Shop(NamedTuple):
    """One row of ``wdt_shops``; the columns in the table's order."""

    shop_id: int
    shop_no: str
    name: str
    platform: int
    disabled: int
    created: int
    modified: int


class Warehouse(NamedTuple):
    """One row of ``wdt_warehouses``; the columns in the table's order."""

    warehouse_id: int
    warehouse_no: str
    name: str
    type: int
    province: str
    city: str
    district: str
    disabled: int
    created: int
    modified: int


def select_shops(query: Query, _db: sqlite3.Connection) -> Selection:
    """企业版 shows disabled shops only when asked for them; 旗舰版 shows all with their ``is_disabled``."""
    values = query.values
    selection = Selection("wdt_shops", "shop_id", "shop_id")
    if "shop_no" in values:
        selection.add("shop_no = ?", values["shop_no"])
    if "platform_id" in values:
        selection.add("platform = ?", values["platform_id"])
    if "platform_ids" in values:
        selection.add_in("platform", values["platform_ids"])
    if "is_disabled" in values:
        selection.add("disabled = ?", int(values["is_disabled"]))
    return selection


def select_warehouses(query: Query, _db: sqlite3.Connection) -> Selection:
    """Both families hide disabled warehouses unless asked; rights hide more."""
    values = query.values
    selection = Selection("wdt_warehouses", "warehouse_id", "warehouse_id")
    allowed = [number for number in query.settings.warehouse_rights.split(",") if number]
    for name, column in (("warehouse_no", "warehouse_no"), ("warehouse_name", "name"), ("warehouse_type", "type"),
                         ("type", "type")):  # fmt: skip
        if name in values:
            selection.add(f"{column} = ?", values[name])
    if "sub_type" in values:
        selection.add("? = 0", values["sub_type"])
    if allowed:
        if values.get("warehouse_no", allowed[0]) not in allowed:
            raise Refusal("warehouse_no_right")
        selection.add_in("warehouse_no", allowed)
    if query.window is not None:
        selection.add("modified BETWEEN ? AND ?", *query.window)
    if "is_disabled" in values:
        selection.add("disabled = ?", int(values["is_disabled"]))
    elif values.get("hide_delete", True):
        selection.add("NOT disabled")
    return selection


def render_shops(_db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]], style: Style) -> Iterator[str]:
    """Yield each row of ``wdt_shops`` as a JSON object in a dialect's style."""
    compiled = _template(FLAGSHIP_SHOP if style is Style.FLAGSHIP else ENTERPRISE_SHOP, style)
    for row in map(Shop._make, rows):
        yield compiled % {
            "shop_id": row.shop_id,
            "shop_no": row.shop_no,
            "shop_name": style.text(row.name),
            "platform_id": row.platform,
            "auth_state": 3 if row.disabled else 1,
            **_state(row),
        }


def render_warehouses(_db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]], style: Style) -> Iterator[str]:
    """Yield each row of ``wdt_warehouses`` as a JSON object in a dialect's style."""
    compiled = _template(FLAGSHIP_WAREHOUSE if style is Style.FLAGSHIP else ENTERPRISE_WAREHOUSE, style)
    for row in map(Warehouse._make, rows):
        yield compiled % {
            "warehouse_id": row.warehouse_id,
            "warehouse_no": row.warehouse_no,
            "name": style.text(row.name),
            "type": row.type,
            "province": style.text(row.province),
            "city": style.text(row.city),
            "district": style.text(row.district),
            **_state(row),
        }


def _state(row: Shop | Warehouse) -> dict[str, Any]:
    return {
        "is_disabled": row.disabled,
        "is_disabled_bool": "true" if row.disabled else "false",
        "created": time(row.created),
        "modified": time(row.modified),
        "modified_ms": row.modified * 1_000,
    }


@lru_cache(maxsize=16)
def _template(fields: tuple[Field, ...], style: Style) -> str:
    return template(fields, style)
