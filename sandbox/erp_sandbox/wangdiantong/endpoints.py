"""Every interface of the sandbox's Wangdiantong, declared (contract 8). To add one, write one more row."""

from __future__ import annotations

from erp_sandbox.wangdiantong import (
    base_lists,
    bases,
    enterprise_lists,
    flagship_lists,
    goods,
    stockout_rows,
    stockouts,
)
from erp_sandbox.wangdiantong.query import FLAG, LIST, NUMBER, STATUSES, TEXT, Check, Endpoint, TableRows, read_integers

MINUTES_60 = 60 * 60
DAYS_30 = 30 * 86_400
UNSTATED = 100 * 366 * 86_400
"""The vendor states no longest window."""

STOCKOUT_PARAMETERS = {
    "status": STATUSES,
    "shop_no": TEXT,
    "shop_nos": LIST,
    "warehouse_no": TEXT,
    "stockout_no": TEXT,
    "src_order_no": TEXT,
    "src_tid": TEXT,
    "is_by_modified": FLAG,
    "app_rights": TEXT,
    "is_no_position": TEXT,
    "fetch_stock_only": TEXT,
}
FLAGSHIP_STOCKOUT_PARAMETERS = {
    "status_type": NUMBER,
    "status": STATUSES,
    "warehouse_no": TEXT,
    "stockout_no": TEXT,
    "shop_nos": LIST,
    "src_order_no": TEXT,
    "logistics_no": TEXT,
    "need_sn": FLAG,
    "position": NUMBER,
    "is_slave": FLAG,
    "get_anchor": FLAG,
    "order_type": NUMBER,
    "need_pick_position": NUMBER,
    "need_gov_subsidy_info": FLAG,
    "src_tid": TEXT,
}

ENTERPRISE = (
    Endpoint(
        name="stockout_order_query_trade",
        qimen_name="wdt.stockout.order.query.trade",
        list_key="stockout_list",
        parameters=STOCKOUT_PARAMETERS,
        longest=DAYS_30,
        instead_of_times=frozenset({"stockout_no", "src_order_no", "src_tid"}),
        rows=TableRows(stockouts.select_enterprise, stockout_rows.render, editable=True),
    ),
    Endpoint(
        name="his_stockout_order_query_trade",
        qimen_name="wdt.his.stockout.order.query.trade",
        list_key="stockout_list",
        parameters=STOCKOUT_PARAMETERS,
        longest=DAYS_30,
        instead_of_times=frozenset({"stockout_no", "src_order_no", "src_tid"}),
        history=True,
        rows=TableRows(stockouts.select_enterprise, stockout_rows.render, editable=True),
    ),
    Endpoint(
        name="shop",
        qimen_name="wdt.shop.query",
        list_key="shoplist",
        parameters={"shop_no": TEXT, "platform_id": NUMBER, "platform_ids": Check(read_integers), "is_disabled": FLAG},
        defaults={"is_disabled": False},
        page_size=30,
        counted=False,
        times_needed=False,
        rows=TableRows(bases.select_shops, bases.render_shops),
    ),
    Endpoint(
        name="warehouse_query",
        qimen_name="wdt.warehouse.query",
        list_key="warehouses",
        parameters={"warehouse_no": TEXT, "warehouse_type": NUMBER, "is_disabled": FLAG},
        defaults={"is_disabled": False},
        longest=DAYS_30,
        times_needed=False,
        rows=TableRows(bases.select_warehouses, bases.render_warehouses),
    ),
    Endpoint(
        name="goods_query",
        qimen_name="wdt.goods.query",
        list_key="goods_list",
        parameters={"spec_no": TEXT, "goods_no": TEXT, "brand_no": TEXT, "class_name": TEXT, "barcode": TEXT,
                    "deleted": FLAG},
        longest=DAYS_30,
        instead_of_times=frozenset({"spec_no", "goods_no"}),
        rows=TableRows(goods.select, goods.render),
    ),
    *enterprise_lists.ENDPOINTS,
    *base_lists.ENTERPRISE,
)  # fmt: skip

FLAGSHIP = (
    Endpoint(
        name="wms.stockout.Sales.queryWithDetail",
        qimen_name="wdt.wms.stockout.sales.querywithdetail",
        list_key="order",
        parameters=FLAGSHIP_STOCKOUT_PARAMETERS,
        longest=MINUTES_60,
        instead_of_times=frozenset({"stockout_no", "src_order_no", "logistics_no"}),
        rows=TableRows(stockouts.select_flagship, stockout_rows.render, editable=True),
    ),
    Endpoint(
        name="wms.stockout.Sales.queryHistoryWithDetail",
        qimen_name="wdt.wms.stockout.sales.queryhistorywithdetail",
        list_key="order",
        parameters=FLAGSHIP_STOCKOUT_PARAMETERS,
        longest=MINUTES_60,
        instead_of_times=frozenset({"stockout_no", "src_order_no", "logistics_no"}),
        history=True,
        rows=TableRows(stockouts.select_flagship, stockout_rows.render, editable=True),
    ),
    Endpoint(
        name="setting.Shop.queryShop",
        qimen_name="wdt.setting.shop.queryshop",
        list_key="details",
        parameters={"shop_no": TEXT, "platform_id": NUMBER},
        times_needed=False,
        rows=TableRows(bases.select_shops, bases.render_shops),
    ),
    Endpoint(
        name="setting.Warehouse.queryWarehouse",
        qimen_name="wdt.setting.warehouse.querywarehouse",
        list_key="details",
        parameters={"warehouse_no": TEXT, "warehouse_name": TEXT, "type": NUMBER, "sub_type": NUMBER,
                    "hide_delete": FLAG},
        longest=UNSTATED,
        times_needed=False,
        rows=TableRows(bases.select_warehouses, bases.render_warehouses),
    ),
    Endpoint(
        name="goods.Goods.queryWithSpec",
        qimen_name="wdt.goods.goods.querywithspec",
        list_key="goods_list",
        parameters={"spec_no": TEXT, "goods_no": TEXT, "brand_name": TEXT, "class_name": TEXT, "barcode": TEXT,
                    "hide_deleted": FLAG},
        longest=DAYS_30,
        end_is_now=True,
        instead_of_times=frozenset({"spec_no", "goods_no"}),
        rows=TableRows(goods.select, goods.render),
    ),
    *flagship_lists.ENDPOINTS,
    *base_lists.FLAGSHIP,
)  # fmt: skip

INTERNAL_ONLY = frozenset({"wms.stockin.PreStockin.search"})
"""旗舰版 methods that answer on the Taobao gateway only (contract 5.2); named so that the direct way refuses them."""
