"""Pages, windows and cursors (contract 6)."""

from collections import Counter
from itertools import pairwise

import pytest

WEEK = {"modified_begin": "2026-03-28 00:00:00", "modified_end": "2026-04-04 00:00:00"}
DAY = {"modified_begin": "2026-03-31 00:00:00", "modified_end": "2026-04-01 00:00:00"}
OUTBOUNDS = "/open/orders/out/simple/query"
PURCHASE_INS = "/open/purchasein/query"
NEWER_INS = "/open/webapi/wmsapi/purchasein/purchaseinquery"
INVENTORY = "/open/inventory/query"
ALL_INS = {"statuss": ["WaitConfirm", "Confirmed", "Cancelled", "Delete", "Archive", "OuterConfirming"]}

ENDPOINTS = {
    "shops": ("/open/shops/query", "shop_id", {}),
    "warehouses": ("/open/wms/partner/query", "wms_co_id", {}),
    "distributors_legacy": ("/open/jushuitan/distributor/query", "drp_co_id", {}),
    "skus": ("/open/sku/query", "sku_id", {**WEEK, "page_size": 100}),
    "items": ("/open/mall/item/query", "i_id", {**WEEK, "page_size": 50, "only_item": True}),
    "orders": ("/open/orders/single/query", "o_id", {**WEEK, "page_size": 100}),
    "sales_outbounds": (OUTBOUNDS, "io_id", {**WEEK, "page_size": 50}),
    "refunds": ("/open/refund/single/query", "as_id", {**WEEK, "page_size": 7}),
    "aftersale_receipts": ("/open/aftersale/received/query", "io_id", {**WEEK, "page_size": 7}),
    "purchase_orders": ("/open/purchase/query", "po_id", {**WEEK, "page_size": 11}),
    "purchase_ins": (PURCHASE_INS, "io_id", {**WEEK, **ALL_INS, "page_size": 7}),
    "purchase_returns": ("/open/purchaseout/query", "io_id", {**WEEK, "page_size": 2}),
    "other_inouts": ("/open/other/inout/query", "io_id", {**WEEK, "page_size": 7}),
    "allocations": ("/open/allocate/query", "io_id", {**WEEK, "page_size": 31}),
    "inventory_counts": ("/open/inventory/count/query", "io_id", {**WEEK, "page_size": 7}),
    "inventory": (INVENTORY, "sku_id", {**WEEK, "page_size": 100}),
}


@pytest.mark.parametrize("stream", sorted(ENDPOINTS))
def test_paging_gives_every_row_once_and_says_how_many_there_are(jst, erp_sandbox, stream):
    path, key, biz = ENDPOINTS[stream]
    truth = [str(document["id"]).partition("@")[0] for document in erp_sandbox.show("jushuitan", stream)]
    first = jst.data(path, **biz)

    rows = [str(row[key]) for row in jst.walk(path, **biz)]

    assert Counter(rows) == Counter(truth)
    assert len(truth) > 2
    if "data_count" in first:
        assert first["data_count"] == len(truth)
        assert first["page_count"] == -(-len(truth) // first["page_size"])
    else:
        assert stream in {"shops", "inventory"}
    assert first["page_index"] == 1


def test_the_current_route_of_distributors_counts_its_own_way(jst, erp_sandbox):
    path = "/open/api/drp/inneropen/partner/supplier/querymychannel"
    truth = erp_sandbox.show("jushuitan", "distributors")
    first = jst.data(path, page_num=1, page_size=100)
    second = jst.data(path, page_num="2", page_size="100")

    assert set(first) == {"total", "channel_vos"}
    assert first["total"] == len(truth)
    found = [int(row["channel_co_id"]) for row in first["channel_vos"] + second["channel_vos"]]
    assert found == [document["id"] for document in truth]
    assert jst.data(path, page_num=3)["channel_vos"] != first["channel_vos"]
    ended = jst.rows(path, status=4)
    assert ended
    assert {row["status"] for row in ended} == {4}


def test_suppliers_come_by_windows_of_one_day(jst, erp_sandbox):
    path = "/open/supplier/query"
    days = [f"2026-03-{day} 00:00:00" for day in range(25, 32)] + ["2026-04-01 00:00:00"]
    found = [
        row["supplier_id"]
        for begin, end in pairwise(days)
        for row in jst.walk(path, modified_begin=begin, modified_end=end)
    ]

    assert sorted(found) == sorted(document["id"] for document in erp_sandbox.show("jushuitan", "suppliers"))
    assert jst.code(path, **WEEK) == 170
    assert len(jst.rows(path, **WEEK, supplier_ids=[3001, 3002])) == 2


@pytest.mark.parametrize("page", [0, -1, "0", "x", 1.5, True])
def test_pages_count_from_one(jst, page):
    assert jst.code("/open/shops/query", page_index=page) == 130
    assert jst.code("/open/shops/query", page_size=page) == 130


@pytest.mark.parametrize(
    ("stream", "default", "most"),
    [("shops", 100, 100), ("orders", 30, 100), ("sales_outbounds", 30, 50), ("refunds", 30, 50), ("skus", 30, 100),
     ("items", 30, 50), ("inventory", 30, 100)],
)  # fmt: skip
def test_pages_have_a_size_of_their_own_and_a_most(jst, switch, stream, default, most):
    path, _, biz = ENDPOINTS[stream]
    biz = {name: value for name, value in biz.items() if name != "page_size"}

    plain = jst.data(path, **biz)
    clamped = jst.data(path, **biz, page_index="1", page_size="5000")

    assert plain["page_size"] == default
    assert (clamped["page_size"], clamped["page_index"]) == (most, 1)
    rows = next(value for value in clamped.values() if isinstance(value, list))
    assert len(rows) == most or not clamped["has_next"]
    switch(page_size_over="error")
    assert jst.code(path, **biz, page_size=most + 1) == 130


def test_an_empty_page_has_an_empty_list_or_null(jst, switch):
    beyond = {**WEEK, "page_index": 9999}
    assert jst.data(OUTBOUNDS, **beyond)["datas"] == []

    switch(empty_list="null")

    data = jst.data(OUTBOUNDS, **beyond)
    assert data["datas"] is None
    assert data["has_next"] is False


@pytest.mark.parametrize("sent", [False, "false", "False", 0])
def test_a_total_that_is_not_asked_for_is_zero(jst, sent):
    data = jst.data("/open/refund/single/query", **WEEK, page_size=5, is_get_total=sent)

    assert (data["data_count"], data["page_count"], data["has_next"]) == (0, 0, True)


@pytest.mark.parametrize(
    ("path", "biz", "code"),
    [
        (OUTBOUNDS, {}, 170),
        (OUTBOUNDS, {"status": "Confirmed"}, 170),
        (OUTBOUNDS, {"modified_begin": "2026-03-30 00:00:00"}, 170),
        (OUTBOUNDS, {"modified_end": "2026-03-30 00:00:00", "modified_begin": ""}, 170),
        (OUTBOUNDS, {"modified_begin": "2026-03-31 00:00:00", "modified_end": "2026-03-30 00:00:00"}, 170),
        (OUTBOUNDS, {"modified_begin": "2026-03-28 00:00:00", "modified_end": "2026-04-04 00:00:01"}, 170),
        (OUTBOUNDS, {"modified_begin": "2026/03/28 00:00:00", "modified_end": "2026-04-04 00:00:00"}, 130),
        (OUTBOUNDS, {"modified_begin": "2026-03-28", "modified_end": "2026-04-04"}, 130),
        (OUTBOUNDS, {"modified_begin": "2026-02-30 00:00:00", "modified_end": "2026-03-01 00:00:00"}, 130),
        (OUTBOUNDS, {"io_ids": ["20953303"]}, 0),
        (OUTBOUNDS, {"io_ids": []}, 170),
        (OUTBOUNDS, {"io_ids": "20953303"}, 130),
        (OUTBOUNDS, {"io_ids": list(range(51))}, 130),
        (OUTBOUNDS, {**WEEK, "drp_co_id": 70311}, 170),
        (OUTBOUNDS, {**DAY, "drp_co_id": "70311"}, 0),
        (OUTBOUNDS, {**WEEK, "date_type": 2}, 0),
        (OUTBOUNDS, {**WEEK, "page_index": 10**17}, 0),
        (OUTBOUNDS, {"so_ids": ["T²", "", "X"]}, 0),
        (OUTBOUNDS, {**WEEK, "date_type": 1}, 130),
        (OUTBOUNDS, {**WEEK, "InoutFlds": ["Volume"]}, 0),
        (OUTBOUNDS, {**WEEK, "InoutFlds": ["volume"]}, 130),
        ("/open/inventory/count/query", {"io_ids": "101364001,101364002"}, 0),
        ("/open/inventory/count/query", {"io_ids": [101364001]}, 130),
        ("/open/sku/query", {"sku_ids": "SKU1,SKU2"}, 0),
        ("/open/sku/query", {"sku_ids": ["SKU1"]}, 130),
        ("/open/sku/query", {"sku_ids": ",".join(f"SKU{at}" for at in range(21))}, 130),
        ("/open/sku/query", {**WEEK, "date_field": "sold"}, 130),
        ("/open/purchase/query", {"po_ids": ["51364001"]}, 0),
        ("/open/purchase/query", {"statuss": ["Finished"]}, 170),
        (INVENTORY, {}, 170),
        (INVENTORY, {"wms_co_id": 90001}, 170),
        (INVENTORY, {"ts": 1}, 0),
        (INVENTORY, {**WEEK, "ts": 1}, 170),
        (OUTBOUNDS, {**WEEK, "start_ts": 1}, 170),
        (OUTBOUNDS, {"start_ts": 1, "status": "Confirmed"}, 0),
        (NEWER_INS, {"start_ts": 1, "is_get_total": False, "page_size": 50}, 0),
        (NEWER_INS, {"start_ts": 1, **ALL_INS}, 130),
        (NEWER_INS, {**WEEK, "seller_ids": [3001]}, 0),
        ("/open/other/inout/query", {"start_ts": 1, "types": ["其它进仓"]}, 130),
        ("/open/allocate/query", {"start_ts": 1}, 170),
        ("/open/jushuitan/distributor/query", {"modified_begin": "2026-03-30 00:00:00"}, 170),
    ],
)  # fmt: skip
def test_conditions_are_checked(jst, path, biz, code):
    assert jst.code(path, **biz) == code


def test_a_window_ends_before_the_rows_of_its_last_second(jst, erp_sandbox, switch):
    """Stored times have milliseconds; the end of a window has none, so a row of that second is behind it."""
    document = erp_sandbox.show("jushuitan", "inventory_counts")[0]
    path, moment = "/open/inventory/count/query", document["modified"]

    def found(begin, end):
        return document["id"] in {row["io_id"] for row in jst.walk(path, modified_begin=begin, modified_end=end)}

    assert found(moment, moment[:-8] + "23:59:59")
    assert not found("2026-03-28 00:00:00", moment)
    switch(same_second="yes")
    assert found(moment, moment)


def cursor_walk(jst, path, name, key, **biz):
    """Read as the contract says: >=, page one, until no row has a higher version."""
    highest, found, boundaries = 1, {}, 0
    while True:
        data = jst.data(path, **{name: highest}, page_size=50, is_get_total=False, **biz)
        rows = next(value for value in data.values() if isinstance(value, list))
        versions = [int(row["ts"]) for row in rows]
        assert versions == sorted(versions)
        boundaries += bool(versions) and versions[0] == highest
        for row in rows:
            found[row[key]] = int(row["ts"])
        if not versions or versions[-1] <= highest:
            return found, boundaries
        highest = versions[-1]


@pytest.mark.parametrize("stream", ["orders", "sales_outbounds", "refunds", "aftersale_receipts", "other_inouts"])
def test_a_cursor_gives_every_document_and_the_last_one_again(jst, erp_sandbox, switch, stream):
    path, key, _ = ENDPOINTS[stream]
    switch(other_ts=True)
    truth = {document["id"]: document["ts"] for document in erp_sandbox.show("jushuitan", stream)}

    found, boundaries = cursor_walk(jst, path, "start_ts", key)

    assert found == truth
    assert boundaries
    assert min(truth.values()) > 2**32


def test_a_cursor_of_purchase_ins_gives_confirmed_ones_as_texts_on_the_newer_path(jst, erp_sandbox, switch):
    truth = {d["id"]: d["ts"] for d in erp_sandbox.show("jushuitan", "purchase_ins")}
    confirmed = {d["id"] for d in erp_sandbox.show("jushuitan", "purchase_ins", status="Confirmed")}

    assert set(cursor_walk(jst, NEWER_INS, "start_ts", "io_id")[0]) == confirmed < set(truth)
    switch(cursor_filters="accept")
    assert cursor_walk(jst, PURCHASE_INS, "start_ts", "io_id", **ALL_INS)[0] == truth


@pytest.mark.parametrize("warehouse", [0, 90003])
def test_a_cursor_gives_the_stock_of_a_warehouse_or_of_all(jst, erp_sandbox, warehouse):
    truth = {d["number"] for d in erp_sandbox.show("jushuitan", "inventory", wms_co_id=warehouse)}

    found, _ = cursor_walk(jst, INVENTORY, "ts", "sku_id", wms_co_id=warehouse)

    assert set(found) == truth


def test_other_inouts_carry_no_row_version_unless_switched_on(jst, switch):
    assert "ts" not in jst.rows("/open/other/inout/query", **WEEK)[0]
    switch(other_ts=True)
    assert jst.rows("/open/other/inout/query", **WEEK)[0]["ts"] > 2**32


@pytest.mark.usefixtures("edit")
def test_pages_slide_while_people_edit_but_a_cursor_loses_nothing(jst, erp_sandbox, switch):
    path = "/open/purchase/query"
    stayed = {d["id"] for d in erp_sandbox.show("jushuitan", "purchase_orders")}
    switch(live_edits=3)
    seen, page, more = set(), 1, True
    while more:
        data = jst.data(path, **WEEK, page_index=page, page_size=20)
        seen |= {row["po_id"] for row in data["datas"]}
        page, more = page + 1, data["has_next"]
    switch(live_edits=0)
    left = {row["po_id"] for row in jst.walk(path, **WEEK)}

    assert left - seen  # rows that nobody edited, and that offset paging skipped
    assert stayed - left  # what was edited left the window

    switch(live_edits=3)
    found, _ = cursor_walk(jst, OUTBOUNDS, "start_ts", "io_id")
    switch(live_edits=0)
    truth = {document["id"]: document["ts"] for document in erp_sandbox.show("jushuitan", "sales_outbounds")}
    assert found == truth
