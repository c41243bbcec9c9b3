"""Every path of the sandbox's Jushuitan, declared (contract 8). To add one, write one more row."""

from __future__ import annotations

from functools import partial

from erp_sandbox.jushuitan import aftersales, counts, inventory, moves, outbounds, parties, purchasing, sales, wares
from erp_sandbox.jushuitan.query import (
    Check,
    Endpoint,
    comma_integers,
    comma_texts,
    flag,
    integer,
    integers,
    text,
    texts,
    texts_or_comma,
)

INTEGER, TEXT, FLAG = Check(integer), Check(text), Check(flag)
CHANGED_OR_DONE = {0: "modified", 2: "happened"}
PURCHASE_IN_PARAMETERS = {
    "po_ids": Check(integers, 30),
    "io_ids": Check(integers, 30),
    "so_ids": Check(texts),
    "statuss": Check(texts),
}

ENDPOINTS = (
    Endpoint(
        path="/open/shops/query",
        parameters={"shop_ids": Check(integers), "nicks": Check(texts)},
        listing=parties.shops,
        days=0,
        size=100,
        most=100,
        envelope=("page_index", "page_size", "has_next"),
    ),
    Endpoint(path="/open/wms/partner/query", parameters={}, listing=parties.warehouses, days=0),
    Endpoint(
        path="/open/jushuitan/distributor/query",
        parameters={"drp_co_ids": Check(integers)},
        listing=parties.distributors_legacy,
        needs_condition=False,
    ),
    Endpoint(
        path="/open/api/drp/inneropen/partner/supplier/querymychannel",
        parameters={"status": INTEGER},
        listing=parties.distributors,
        days=0,
        list_key="channel_vos",
        page_key="page_num",
        most=100,
        envelope=("total",),
    ),
    Endpoint(
        path="/open/supplier/query",
        parameters={"supplier_ids": Check(integers, 50), "supplier_codes": Check(texts), "names": Check(texts, 50)},
        listing=parties.suppliers,
        keys=frozenset({"supplier_ids", "supplier_codes", "names"}),
        days=1,
        keys_widen=True,
        most=500,
    ),
    Endpoint(
        path="/open/sku/query",
        parameters={"sku_ids": Check(comma_texts, 20), "i_ids": Check(texts, 20), "exactly_name": TEXT, "name": TEXT,
                    "sku_codes": Check(comma_texts), "flds": Check(comma_texts)},
        listing=wares.skus,
        keys=frozenset({"sku_ids", "i_ids", "exactly_name", "name", "sku_codes"}),
        date_fields={"modified": "modified", "created": "created"},
        most=100,
    ),
    Endpoint(
        path="/open/mall/item/query",
        parameters={"i_ids": Check(texts_or_comma, 20), "only_item": FLAG, "item_flds": Check(texts),
                    "itemsku_flds": Check(texts)},
        listing=wares.items,
        keys=frozenset({"i_ids"}),
        date_fields={"modified": "modified", "created": "created"},
    ),
    Endpoint(
        path="/open/orders/single/query",
        parameters={"so_ids": Check(texts, 20), "o_ids": Check(integers, 20), "shop_id": INTEGER,
                    "is_offline_shop": FLAG, "status": TEXT, "order_types": Check(texts), "is_get_cbfinance": FLAG},
        listing=sales.orders,
        keys=frozenset({"so_ids", "o_ids"}),
        date_types={0: "modified", 1: "created", 2: "created", 3: "happened"},
        cursor="start_ts",
        list_key="orders",
        most=100,
    ),
    Endpoint(
        path="/open/orders/out/simple/query",
        parameters={"so_ids": Check(texts, 50), "o_ids": Check(integers, 50), "io_ids": Check(integers, 50),
                    "l_ids": Check(texts, 20), "wave_ids": Check(integers, 50), "shop_id": INTEGER,
                    "is_offline_shop": FLAG, "status": TEXT, "wms_co_id": INTEGER, "owner_co_id": INTEGER,
                    "drp_co_id": INTEGER, "is_get_cbfinance": FLAG, "is_get_cblogistic": FLAG,
                    "InoutFlds": Check(texts), "InoutItemFlds": Check(texts)},
        listing=outbounds.select,
        keys=frozenset({"so_ids", "o_ids", "io_ids", "l_ids", "wave_ids"}),
        days_with={"drp_co_id": 1},
        date_types=CHANGED_OR_DONE,
        cursor="start_ts",
    ),
    Endpoint(
        path="/open/refund/single/query",
        parameters={"as_ids": Check(integers), "o_ids": Check(integers), "so_ids": Check(texts),
                    "shop_buyer_ids": Check(texts, 50), "shop_id": INTEGER, "is_offline_shop": FLAG, "status": TEXT,
                    "good_status": TEXT, "type": TEXT, "owner_co_id": TEXT},
        listing=aftersales.refunds,
        keys=frozenset({"as_ids", "o_ids", "so_ids"}),
        cursor="start_ts",
    ),
    Endpoint(
        path="/open/aftersale/received/query",
        parameters={"as_ids": Check(integers, 50), "io_ids": Check(integers, 50), "so_ids": Check(texts),
                    "o_ids": Check(integers), "shop_id": INTEGER},
        listing=aftersales.receipts,
        keys=frozenset({"as_ids", "io_ids", "so_ids", "o_ids"}),
        date_types={0: "modified", 1: "created", 2: "created", 4: "happened"},
        cursor="start_ts",
    ),
    Endpoint(
        path="/open/purchase/query",
        parameters={"po_ids": Check(integers), "so_ids": Check(texts), "status": TEXT, "statuss": Check(texts)},
        listing=purchasing.orders,
        keys=frozenset({"po_ids", "so_ids"}),
    ),
    Endpoint(
        path="/open/purchasein/query",
        parameters=PURCHASE_IN_PARAMETERS,
        listing=partial(purchasing.ins, newer=False),
        keys=frozenset({"po_ids", "io_ids", "so_ids"}),
        date_types=CHANGED_OR_DONE,
        cursor="start_ts",
        cursor_alone=True,
    ),
    Endpoint(
        path="/open/webapi/wmsapi/purchasein/purchaseinquery",
        parameters=PURCHASE_IN_PARAMETERS
        | {"seller_ids": Check(integers), "owner_co_id": INTEGER, "wms_co_id": INTEGER},
        listing=partial(purchasing.ins, newer=True),
        keys=frozenset({"po_ids", "io_ids", "so_ids"}),
        date_types=CHANGED_OR_DONE,
        cursor="start_ts",
        cursor_alone=True,
    ),
    Endpoint(
        path="/open/purchaseout/query",
        parameters={"io_ids": Check(integers, 30), "so_ids": Check(texts), "status": TEXT},
        listing=purchasing.returns,
        keys=frozenset({"io_ids", "so_ids"}),
        date_types=CHANGED_OR_DONE,
    ),
    Endpoint(
        path="/open/other/inout/query",
        parameters={"io_ids": Check(integers, 50), "so_ids": Check(texts, 50), "types": Check(texts), "status": TEXT,
                    "wms_co_id": INTEGER},
        listing=moves.others,
        keys=frozenset({"io_ids", "so_ids"}),
        date_types=CHANGED_OR_DONE,
        cursor="start_ts",
        cursor_alone=True,
    ),
    Endpoint(
        path="/open/allocate/query",
        parameters={"io_ids": Check(integers), "so_ids": Check(texts), "type": TEXT},
        listing=moves.transfers,
        keys=frozenset({"io_ids", "so_ids"}),
        date_types=CHANGED_OR_DONE,
    ),
    Endpoint(
        path="/open/inventory/query",
        parameters={"wms_co_id": INTEGER, "sku_ids": Check(comma_texts, 100), "names": Check(comma_texts, 100),
                    "i_ids": Check(comma_texts), "has_lock_qty": FLAG},
        listing=inventory.select,
        keys=frozenset({"sku_ids", "names", "i_ids"}),
        cursor="ts",
        list_key="inventorys",
        most=100,
        envelope=("page_index", "page_size", "has_next"),
    ),
    Endpoint(
        path="/open/inventory/count/query",
        parameters={"io_ids": Check(comma_integers, 50), "status": TEXT},
        listing=counts.select,
        keys=frozenset({"io_ids"}),
    ),
)  # fmt: skip

BY_PATH = {endpoint.path: endpoint for endpoint in ENDPOINTS}
