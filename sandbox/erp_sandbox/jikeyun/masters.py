"""基础资料: warehouses, channels, vendors and the small ones (contract 8.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun.selecting import Columns
from erp_sandbox.jikeyun.trade_rows import CHANNEL_ID, taobao_shops
from erp_sandbox.jikeyun.transfers import REASONS, WAREHOUSE_ID
from erp_sandbox.jikeyun.values import (
    DAY_SECONDS,
    Style,
    long_id,
    shop_code,
    shop_name,
    warehouse_code,
    warehouse_name,
)
from erp_sandbox.retail import facts, words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from erp_sandbox.jikeyun.asking import Asked, Window
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import StoreRow

    Row = dict[str, Any]

VENDOR_ID = 54
MASTERS_SINCE = 1_577_808_000  # 2020-01-01 in Beijing: when the master data without a time of their own were written
NO_WAREHOUSE = "无"


def warehouses(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.warehouse.get``; the times it filters by are not in the rows."""
    window = asked.window("gmtModifiedStart", "gmtModifiedEnd")
    every = asked.flag("includeDeleteAndBlockup")
    found = (
        row
        for modified, row in all_warehouses(Style(erp.settings))
        if (every or not (int(row["isBlockup"]) or int(row["isDelete"])))
        and _asked_for(row, asked, "warehouseCode", "warehouseName")
        and _inside(modified, window)
    )
    return {"warehouseInfo": _page(found, asked)}


def all_warehouses(style: Style) -> Iterator[tuple[int, Row]]:
    """Yield modified time and row of each warehouse: five at work, one out of use, one deleted."""
    listed = [(at, warehouse_code(at), name, 0, 0) for at, name in enumerate(words.WAREHOUSES, start=1)]
    listed += [(8, "JK08", "旧仓（停用）", 1, 0), (9, "JK09", "临时仓（已删除）", 0, 1)]
    for at, code, name, blocked, deleted in listed:
        yield (
            MASTERS_SINCE + at * DAY_SECONDS,
            {
                "warehouseId": style.identifier(long_id(WAREHOUSE_ID, at), at),
                "warehouseCode": code,
                "warehouseName": name,
                "warehouseCompanyId": "1",
                "warehouseCompanyCode": "C01",
                "linkMan": "仓管员",
                "tel": None,
                "address": "",
                "provinceName": "",
                "cityName": None,
                "postcode": "",
                "isBlockup": style.quantity(blocked, as_text=style.odd(at)),
                "isDelete": style.quantity(deleted, as_text=style.odd(at, 2)),
            },
        )


def channels(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.sales.get``: 销售渠道, the shops."""
    window = asked.window("gmtModifiedStart", "gmtModifiedEnd")
    codes, identifiers = set(asked.texts("channelCodes")), set(asked.texts("channelIds"))
    blocked = asked.flag("isBlockup") or asked.flag("isDelete")
    found = (
        row
        for modified, row in all_channels(erp.db, Style(erp.settings))
        if not blocked
        and (not codes or row["channelCode"] in codes)
        and (not identifiers or str(row["channelId"]) in identifiers)
        and _inside(modified, window)
    )
    return {"salesChannelInfo": _page(found, asked)}


def all_channels(db: sqlite3.Connection, style: Style) -> Iterator[tuple[int, Row]]:
    """Yield modified time and row of each shop."""
    taobao = taobao_shops(db)
    for row in facts.stores(db):
        yield row.modified, _channel(row, row.store_id in taobao, style)


def _channel(row: StoreRow, on_taobao: bool, style: Style) -> Row:
    store = row.store_id
    warehouse = store % len(words.WAREHOUSES) + 1
    none = style.odd(store, 11)
    return {
        "channelId": style.identifier(long_id(CHANNEL_ID, store), store),
        "channelCode": shop_code(store),
        "channelName": shop_name(store),
        "channelType": 1 if on_taobao else 0,
        "onlinePlatTypeCode": "TAOBAO" if on_taobao else "OTHER",
        "onlinePlatTypeName": "淘宝" if on_taobao else "自有平台",
        "companyId": "1",
        "companyCode": "C01",
        "companyName": "演示商贸有限公司",
        "departCode": None,
        "channelDepartId": "",
        "channelDepartName": "零售部",
        "warehouseCode": "" if none else warehouse_code(warehouse),
        "warehouseName": NO_WAREHOUSE if none else warehouse_name(warehouse),
        "cateId": "0",
        "cateName": words.DISTRIBUTORS[store % len(words.DISTRIBUTORS)],
        "platShopId": "",
        "platShopName": None,
        "memo": "",
        **{f"field{at}": None for at in range(1, 31)},
    }


def vendors(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.vend.get``: 供应商."""
    window = asked.window("gmtModifiedStart", "gmtModifiedEnd")
    found = (
        row
        for modified, row in all_vendors(Style(erp.settings))
        if _asked_for(row, asked, "code", "name") and _inside(modified, window)
    )
    return {"vendInfo": _page(found, asked)}


def all_vendors(style: Style) -> Iterator[tuple[int, Row]]:
    """Yield modified time and row of each supplier."""
    for supplier in facts.SUPPLIERS:
        yield (
            MASTERS_SINCE + supplier.id * DAY_SECONDS,
            {
                "vendId": style.identifier(long_id(VENDOR_ID, supplier.id), supplier.id),
                "code": supplier.number,
                "name": supplier.name,
                "abbreviation": supplier.name.removesuffix("供应商"),
                "className": "默认分类",
                "taxIdentifyNumber": None,
                "isBlockup": style.quantity(0, as_text=style.odd(supplier.id)),
                "isDelete": "0",
            },
        )


def company(_erp: Erp, _asked: Asked) -> Row:
    """Answer ``erp.company.query``: there is one, so the data is that object and no list."""
    return {"companyId": "1", "companyCode": "C01", "companyName": "演示商贸有限公司", "isBlockup": 0}


def departments(_erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp.depart.query``."""
    names = ("零售部", "物流部", "采购部")
    rows = ({"departId": str(at), "departCode": f"D{at:02d}", "departName": name} for at, name in enumerate(names, 1))
    return _page(rows, asked)


def categories(_erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp.goodscate.get``: 货品分类."""
    names = dict.fromkeys((*words.DEPARTMENTS.values(), words.UNKNOWN_DEPARTMENT))
    rows = ({"cateId": str(at), "cateCode": f"FL{at:02d}", "cateName": name} for at, name in enumerate(names, 1))
    return _page(rows, asked)


def users(_erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp.user.search``."""
    named = asked.texts("cols")
    if not named:
        raise asked.wrong("cols不能为空")
    chosen = Columns(named)
    names = ("仓库主管", "物流经理", "采购员")
    rows = ({"userId": str(at), "userCode": f"U{at:02d}", "userName": name} for at, name in enumerate(names, 1))
    return [chosen.of(row) for row in _page(rows, asked)]


def logistics(_erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.logistic.get``: 物流公司."""
    names = (("SF", "顺丰速运"), ("ZTO", "中通快递"), ("JD", "京东物流"))
    rows = ({"logisticId": str(at), "logisticCode": code, "logisticName": name, "isBlockup": 0}
            for at, (code, name) in enumerate(names, 1))  # fmt: skip
    return {"logisticInfo": _page(rows, asked)}


def dictionary(_erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp.dictionary.page``: 数据字典."""
    rows = ({"dicId": str(at), "dicType": "allocateReason", "dicName": name} for at, name in enumerate(REASONS, 1))
    return _page(rows, asked)


def _page(rows: Iterable[Row], asked: Asked) -> list[Row]:
    page = asked.page()
    return list(rows)[page.offset : page.offset + page.size]


def _asked_for(row: Row, asked: Asked, code: str, name: str) -> bool:
    """Whether a row has the ``code``, and the ``name`` as a part of its own, that are asked for."""
    return asked.text("code") in {"", row[code]} and asked.text("name") in row[name]


def _inside(modified: int, window: Window | None) -> bool:
    return window is None or window.holds(modified)
