"""Every path of the sandbox's Jushuitan, declared (contract 8). To add one, write one more row."""

from __future__ import annotations

from erp_sandbox.jushuitan import counts, parties, sales
from erp_sandbox.jushuitan.query import (
    Check,
    Endpoint,
    comma_integers,
    flag,
    integer,
    integers,
    text,
    texts,
)

INTEGER, TEXT, FLAG = Check(integer), Check(text), Check(flag)
MODIFIED_CLOCKS = {0: "modified", 2: "happened"}

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
        path="/open/orders/single/query",
        parameters={"so_ids": Check(texts, 20), "o_ids": Check(integers, 20), "shop_id": INTEGER,
                    "is_offline_shop": FLAG, "status": TEXT, "order_types": Check(texts)},
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
                    "drp_co_id": INTEGER},
        listing=sales.outbounds,
        keys=frozenset({"so_ids", "o_ids", "io_ids", "l_ids", "wave_ids"}),
        days_with={"drp_co_id": 1},
        date_types=MODIFIED_CLOCKS,
        cursor="start_ts",
    ),
    Endpoint(
        path="/open/inventory/count/query",
        parameters={"io_ids": Check(comma_integers, 50), "status": TEXT},
        listing=counts.select,
        keys=frozenset({"io_ids"}),
    ),
)  # fmt: skip

BY_PATH = {endpoint.path: endpoint for endpoint in ENDPOINTS}
