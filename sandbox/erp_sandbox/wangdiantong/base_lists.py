"""Base data and stock lists, declared for both families (contract 8.E10, 8.E13 to 8.E15, 8.F19, 8.F22 to 8.F25)."""

from __future__ import annotations

from erp_sandbox.wangdiantong.catalogue import LOGISTICS, STOCK, SUITES, SUPPLIERS
from erp_sandbox.wangdiantong.changes import STOCK_CHANGES
from erp_sandbox.wangdiantong.query import FLAG, LIST, NAMES, NUMBER, TEXT, Endpoint, Range

MINUTES_60 = 60 * 60
DAYS_30 = 30 * 86_400
UNSTATED = 100 * 366 * 86_400
"""The vendor states no longest window."""

ENTERPRISE = (
    Endpoint(
        name="suites_query",
        qimen_name="wdt.suites.query",
        list_key="suites",
        parameters={"suite_no": TEXT, "brand_name": TEXT, "class_name": TEXT},
        longest=DAYS_30,
        instead_of_times=frozenset({"suite_no"}),
        rows=SUITES,
    ),
    Endpoint(
        name="purchase_provider_query",
        qimen_name="wdt.purchase.provider.query",
        list_key="provider_list",
        parameters={"provider_no": TEXT, "provider_name": TEXT, "column": LIST, "is_deleted": FLAG},
        defaults={"is_deleted": False},
        times_needed=False,
        rows=SUPPLIERS,
    ),
    Endpoint(
        name="logistics",
        qimen_name="wdt.logistics.query",
        list_key="logistics_list",
        parameters={"logistics_no": TEXT, "logistics_name": TEXT},
        page_size=100,
        counted=False,
        times_needed=False,
        rows=LOGISTICS,
    ),
    Endpoint(
        name="stock_query",
        qimen_name="wdt.stock.query",
        list_key="stocks",
        parameters={"warehouse_no": TEXT, "spec_no": TEXT, "goods_no": TEXT, "barcode": TEXT, "is_deleted": FLAG,
                    "spec_is_deleted": FLAG},
        longest=DAYS_30,
        instead_of_times=frozenset({"spec_no", "barcode", "warehouse_no"}),
        warehouse_hour=True,
        rows=STOCK,
    ),
    Endpoint(
        name="vip_stock_query_all",
        qimen_name="wdt.vip.stock.query.all",
        list_key="stocks",
        parameters={"warehouse_no": TEXT},
        times_needed=False,
        at_night=True,
        rows=STOCK,
    ),
)  # fmt: skip

FLAGSHIP = (
    Endpoint(
        name="goods.Suite.search",
        qimen_name="wdt.goods.suite.search",
        list_key="suite_list",
        parameters={"spec_no": TEXT, "goods_no": TEXT, "brand_name": TEXT, "class_name": TEXT, "barcode": TEXT,
                    "suite_no": TEXT, "suite_name": TEXT, "hide_deleted": FLAG},
        longest=DAYS_30,
        instead_of_times=frozenset({"suite_no"}),
        rows=SUITES,
    ),
    Endpoint(
        name="setting.PurchaseProvider.queryDetail",
        qimen_name="wdt.setting.purchaseprovider.querydetail",
        list_key="details",
        parameters={"provider_no": TEXT, "provider_name": TEXT, "telno": TEXT, "mobile": TEXT, "description": TEXT,
                    "contact": TEXT, "is_disabled": NUMBER, "deleted": NUMBER},
        longest=UNSTATED,
        ranges=(Range("modified_begin", "modified_end", "modified"), Range("created_begin", "created_end", "created")),
        times_needed=False,
        rows=SUPPLIERS,
    ),
    Endpoint(
        name="setting.Logistics.queryLogistics",
        qimen_name="wdt.setting.logistics.querylogistics",
        list_key="details",
        parameters={"logistics_no": TEXT, "logistics_name": TEXT, "hide_delete": FLAG, "need_quantity": FLAG},
        defaults={"hide_delete": True},
        times_needed=False,
        rows=LOGISTICS,
    ),
    Endpoint(
        name="wms.StockSpec.search2",
        qimen_name="wdt.wms.stockspec.search2",
        list_key="detail_list",
        parameters={"spec_nos": NAMES, "warehouse_no": TEXT, "mask": NUMBER, "need_alarm_info": NUMBER},
        longest=DAYS_30,
        instead_of_times=frozenset({"spec_nos"}),
        limit="max_page_size_stock",
        rows=STOCK,
    ),
    Endpoint(
        name="wms.StockSpec.queryChangeHistory",
        qimen_name="wdt.wms.stockspec.querychangehistory",
        list_key="data",
        parameters={"spec_no": TEXT, "type": NUMBER, "defect": FLAG, "warehouse_no": TEXT},
        defaults={"defect": False},
        longest=MINUTES_60,
        longest_with={"spec_no": DAYS_30},
        ranges=(Range("start_date", "end_date"),),
        rows=STOCK_CHANGES,
    ),
)  # fmt: skip
