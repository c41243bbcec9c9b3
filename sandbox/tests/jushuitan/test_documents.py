"""The rows themselves: their types, states and lines, and that they tell one story (contract 8, 9)."""

import pytest

ORDERS = "/open/orders/single/query"
OUTBOUNDS = "/open/orders/out/simple/query"
REFUNDS = "/open/refund/single/query"
RECEIPTS = "/open/aftersale/received/query"
PURCHASES = "/open/purchase/query"
INS = "/open/purchasein/query"
NEWER_INS = "/open/webapi/wmsapi/purchasein/purchaseinquery"
RETURNS = "/open/purchaseout/query"
OTHERS = "/open/other/inout/query"
TRANSFERS = "/open/allocate/query"
COUNTS = "/open/inventory/count/query"
SKUS = "/open/sku/query"
ITEMS = "/open/mall/item/query"
INVENTORY = "/open/inventory/query"


@pytest.mark.parametrize(
    ("path", "types"),
    [
        (ORDERS, {"wms_co_id": str, "freight": str, "drp_co_id_from": str, "ts": int, "labels": str,
                  "platform_free_amount": str, "items.oi_id": int}),
        (OUTBOUNDS, {"wms_co_id": int, "freight": int, "drp_co_id_from": str, "ts": int, "io_id": int,
                     "items.oi_id": str, "items.ioi_id": int, "stock_enabled": str}),
        (REFUNDS, {"wms_co_id": int, "drp_co_id_from": int, "ts": str, "wh_id": int, "items.asi_id": int}),
        (RECEIPTS, {"items.ioi_id": str, "ts": int, "wms_co_id": int, "wh_id": int}),
        (PURCHASES, {"supplier_id": int, "items.inQty": int, "tax_rate": int}),
        (INS, {"wh_id": str, "ts": int, "wms_co_id": int, "supplier_id": int}),
        (NEWER_INS, {"wh_id": str, "ts": str, "logistics_company": str}),
        (RETURNS, {"wms_co_id": str, "wh_id": int, "seller_id": int}),
        (OTHERS, {"wms_co_id": int, "wh_id": int, "labels": str}),
        (TRANSFERS, {"labels": list, "lables": list, "wms_co_id": int, "link_io_id": int}),
        (COUNTS, {"wms_co_id": int, "items.qty": int, "items.r_qty": int, "items.ioi_id": int}),
        (SKUS, {"supplier_id": str, "enabled": int, "autoid": int, "is_series_number": bool}),
        (ITEMS, {"market_price": str, "skus.supplier_id": int, "skus.shelf_life": str, "skus.enabled": int}),
        (INVENTORY, {"ts": int, "qty": int}),
    ],
)  # fmt: skip
def test_values_have_the_types_of_their_endpoint(jst, week, path, types):
    rows = jst.rows(path, **week)

    assert rows
    for name, kind in types.items():
        outer, _, inner = name.partition(".")
        values = [line[inner] for row in rows for line in row[outer]] if inner else [row[outer] for row in rows]
        assert {type(value) for value in values} == {kind}, name


def test_what_is_not_there_is_null_or_empty_or_missing_by_turns(jst, week):
    orders = jst.walk(ORDERS, **week, page_size=100)
    discounts = {type(row["shop_free_amount"]) for row in orders}
    shops = jst.rows("/open/shops/query")

    assert discounts == {str, int, float}  # "" for null, else a number
    assert {row["shop_free_amount"] for row in orders if isinstance(row["shop_free_amount"], str)} == {""}
    assert {(row["send_date"], row["end_time"]) for row in orders if row["status"] != "Sent"} == {("", None)}
    assert {len(row["created"]) for row in shops} == {0, 23}  # "" and a time with milliseconds
    assert {"group_id" in row for row in shops} == {True, False}
    assert {"status" in row for row in jst.rows("/open/wms/partner/query")} == {True, False}
    suppliers = {row["supplier_id"] for row in jst.walk(SKUS, **week, page_size=100)}
    assert "0" in suppliers  # no supplier


def test_amounts_are_exact(jst, erp_sandbox, week):
    truth = {document["id"]: document for document in erp_sandbox.show("jushuitan", "sales_outbounds")}
    for row in jst.walk(OUTBOUNDS, **week, page_size=50):
        lines = truth[row["io_id"]]["lines"]
        assert [(line["ioi_id"], line["sku_id"], str(line["qty"])) for line in row["items"]] == [
            (line["id"], line["sku_id"], line["quantity"]) for line in lines
        ]
        assert [f"{line['sale_amount']:.2f}" for line in row["items"]] == [line["amount"] for line in lines]


def test_shops_and_warehouses_that_are_closed_are_not_listed(jst, erp_sandbox):
    for stream, path, key in (
        ("shops", "/open/shops/query", "shop_id"),
        ("warehouses", "/open/wms/partner/query", "wms_co_id"),
    ):
        listed = {row[key] for row in jst.walk(path)}
        everything = {document["id"] for document in erp_sandbox.show("jushuitan", stream, all=1)}
        assert len(everything - listed) == 1


def test_an_order_sold_is_an_outbound_shipped_and_may_come_back(jst, week):
    orders = {row["o_id"]: row for row in jst.walk(ORDERS, **week, page_size=100)}
    outbounds = {row["o_id"]: row for row in jst.walk(OUTBOUNDS, **week, page_size=50)}
    receipts = {row["as_id"]: row for row in jst.walk(RECEIPTS, **week)}

    assert orders.keys() == outbounds.keys()
    for number, order in orders.items():
        outbound = outbounds[number]
        assert [line["sku_id"] for line in order["items"]] == [line["sku_id"] for line in outbound["items"]]
        assert str(outbound["wms_co_id"]) == order["wms_co_id"]
        assert (order["status"] == "Sent") == (outbound["status"] == "Confirmed") == bool(outbound["io_date"])
    for refund in jst.walk(REFUNDS, **week):
        sold = {line["sku_id"]: line["qty"] for line in orders[refund["o_id"]]["items"]}
        assert all(line["qty"] <= sold[line["sku_id"]] or sold[line["sku_id"]] == 0 for line in refund["items"])
        receipt = receipts[refund["as_id"]]
        assert sum(line["r_qty"] for line in refund["items"]) == (
            sum(line["qty"] for line in receipt["items"]) if receipt["io_date"] else 0
        )


def test_documents_that_ended_early_keep_their_states(jst, week):
    orders = jst.walk(ORDERS, **week, page_size=100)
    states = {row["status"] for row in orders}

    assert states >= {"Sent", "Cancelled", "Merged", "Split"}
    assert all(row["link_o_id"] for row in orders if row["status"] in {"Merged", "Split"})
    assert {row["status"] for row in jst.walk(OUTBOUNDS, **week)} >= {"Confirmed", "Delete", "Cancelled"}
    assert {row["status"] for row in jst.walk(REFUNDS, **week)} >= {"Confirmed", "Cancelled"}


def test_purchase_ins_are_confirmed_ones_unless_others_are_asked_for(jst, week, edit):
    before = {row["io_id"] for row in jst.walk(INS, **week)}
    edit("purchase_ins", min(before), status="Cancelled", modified="2026-03-31 12:00:00")
    everything = ["WaitConfirm", "Confirmed", "Cancelled", "Delete", "Archive", "OuterConfirming"]

    for path in (INS, NEWER_INS):
        plain = jst.walk(path, **week)
        assert {row["status"] for row in plain} == {"Confirmed"}
        assert {row["io_id"] for row in plain} == before - {min(before)}
        asked = {row["io_id"]: row["status"] for row in jst.walk(path, **week, statuss=everything)}
        assert asked[min(before)] in {"Cancelled", "Delete"}
        assert "Archive" in asked.values()


def test_an_edit_moves_time_and_row_version(jst, erp_sandbox, edit):
    newest = max(document["ts"] for document in erp_sandbox.show("jushuitan", "orders"))
    number = erp_sandbox.show("jushuitan", "sales_outbounds", status="Confirmed")[0]["id"]

    edit("sales_outbounds", number, status="Cancelled", remark="买家不要了")

    row = jst.rows(OUTBOUNDS, start_ts=newest + 1)[0]
    assert (row["io_id"], row["remark"]) == (number, "买家不要了")
    assert row["status"] in {"Cancelled", "Delete"}
    assert row["modified"] > "2026-04-02"
    order = jst.rows(ORDERS, o_ids=[row["o_id"]])[0]
    assert order["status"] in {"Cancelled", "Merged", "Split"}  # the order of the same sale


def test_a_purchase_says_how_much_of_it_came_and_went_back(jst, week):
    purchases = {row["po_id"]: row for row in jst.walk(PURCHASES, **week)}
    came = jst.walk(INS, **week, statuss=["Confirmed", "Archive"])

    for row in came:
        ordered = {line["sku_id"]: line for line in purchases[row["po_id"]]["items"]}
        assert all(ordered[line["sku_id"]]["inQty"] == line["qty"] for line in row["items"])
    received = {row["po_id"] for row in came}
    for number, row in purchases.items():
        assert (number in received) == (row["receive_status"] != "Not_Received")
    assert {row["receive_status"] for row in purchases.values()} == {"Not_Received", "Part_Received", "Received"}
    back = jst.walk(RETURNS, **week)
    assert all(
        {line["sku_id"]: line["return_qty"] for line in purchases[row["po_id"]]["items"]}[row["items"][0]["sku_id"]]
        == 1
        for row in back
    )
    assert len(back) > 2


def test_a_transfer_is_two_documents_that_know_each_other(jst, week):
    both = {row["io_id"]: row for row in jst.walk(TRANSFERS, **week)}
    sent = jst.walk(TRANSFERS, **week, type="调拨出")
    received = jst.walk(TRANSFERS, **week, type="调拨入")

    assert len(sent) == len(received) == len(both) / 2
    for row in sent:
        other = both[row["link_io_id"]]
        assert other["link_io_id"] == row["io_id"]
        assert (other["type"], row["type"]) == ("调拨入", "调拨出")
        assert (other["wms_co_id"], other["link_wms_co_id"]) == (row["link_wms_co_id"], row["wms_co_id"])
        assert [line["qty"] for line in other["items"]] == [line["qty"] for line in row["items"]]
        assert {line["ioi_id"] for line in other["items"]}.isdisjoint(line["ioi_id"] for line in row["items"])
    assert [row["io_id"] for row in jst.rows(TRANSFERS, so_ids=[received[0]["so_id"]])] == [received[0]["io_id"]]


def test_a_count_has_gains_losses_and_what_was_found(jst, week):
    rows = jst.walk(COUNTS, **week)
    differences = [line["qty"] for row in rows for line in row["items"]]

    assert min(differences) < 0 < max(differences)
    assert all(line["r_qty"] >= 0 for row in rows for line in row["items"])
    joined = f"{rows[0]['io_id']},{rows[1]['io_id']}"
    assert [row["io_id"] for row in jst.rows(COUNTS, io_ids=joined)] == [rows[0]["io_id"], rows[1]["io_id"]]


def test_batches_and_unique_codes_come_where_the_merchant_has_them(jst, week, switch):
    rows = jst.walk(OUTBOUNDS, **week)
    assert any(row["batchs"] for row in rows)
    assert any(row["sns"] for row in rows)
    assert {type(mark["supplier_id"]) for row in jst.walk(RECEIPTS, **week) for mark in row["batchs"]} == {str}

    switch(batches=False)

    assert not any(row["batchs"] or row["sns"] for row in jst.walk(OUTBOUNDS, **week))


def test_stock_names_its_warehouse_only_where_one_was_asked_for(jst):
    skus = [row["sku_id"] for row in jst.rows(INVENTORY, ts=1)]
    asked = {"sku_ids": ",".join(skus[:20])}
    totals = {row["sku_id"]: row for row in jst.rows(INVENTORY, **asked, has_lock_qty=True)}
    sums = dict.fromkeys(totals, 0)
    for warehouse in range(90001, 90006):
        rows = jst.rows(INVENTORY, **asked, wms_co_id=warehouse)
        assert {row["wms_co_id"] for row in rows} <= {warehouse}
        for row in rows:
            sums[row["sku_id"]] += row["qty"]

    assert sums == {sku: row["qty"] for sku, row in totals.items()}
    assert not any("wms_co_id" in row for row in totals.values())
    assert all(row["lock_qty"] == 0 for row in totals.values())


@pytest.mark.parametrize(
    ("path", "biz", "keeps"),
    [
        (ORDERS, {"shop_id": 10000311}, lambda row: row["shop_id"] == 10000311),
        (ORDERS, {"status": "Merged"}, lambda row: row["status"] == "Merged"),
        (ORDERS, {"order_types": ["分销Plus"]}, lambda row: row["type"] == "分销Plus"),
        (ORDERS, {"date_type": 3, "page_size": 100}, lambda row: row["send_date"] != ""),
        (OUTBOUNDS, {"status": "Delete"}, lambda row: row["status"] == "Delete"),
        (OUTBOUNDS, {"wms_co_id": 90002}, lambda row: row["wms_co_id"] == 90002),
        (OUTBOUNDS, {"date_type": 2}, lambda row: row["io_date"] is not None),
        (REFUNDS, {"good_status": "SELLER_RECEIVED"}, lambda row: row["good_status"] == "SELLER_RECEIVED"),
        (REFUNDS, {"type": "拒收退货"}, lambda row: row["type"] == "拒收退货"),
        (PURCHASES, {"statuss": ["Finished"]}, lambda row: row["status"] == "Finished"),
        (NEWER_INS, {"wms_co_id": 90004}, lambda row: row["wms_co_id"] == 90004),
        (OTHERS, {"types": ["其它出库"]}, lambda row: row["type"] == "其它出库"),
        (COUNTS, {"status": "Confirmed"}, lambda row: row["status"] == "Confirmed"),
        (SKUS, {"name": "BANANAS", "page_size": 100}, lambda row: "BANANAS" in row["name"]),
    ],
)
def test_a_filter_gives_exactly_what_it_says(jst, week, path, biz, keeps):
    key = {PURCHASES: "po_id", ORDERS: "o_id", REFUNDS: "as_id", SKUS: "sku_id"}.get(path, "io_id")
    narrow = {"statuss": ["Confirmed"]} if path == NEWER_INS else {}
    everything = jst.walk(path, **week, **narrow, page_size=100)
    found = [row[key] for row in jst.walk(path, **week, **narrow, **biz)]

    assert sorted(found) == sorted(row[key] for row in everything if keeps(row))
    assert 0 < len(found) < len(everything)


def test_documents_are_found_by_the_numbers_of_others(jst, week):
    outbound = next(row for row in jst.rows(OUTBOUNDS, **week) if row["l_id"])
    refund = jst.rows(REFUNDS, **week)[0]
    bought = jst.rows(INS, **week)[0]

    for name, value in (("o_ids", outbound["o_id"]), ("so_ids", outbound["so_id"]), ("l_ids", outbound["l_id"])):
        assert [row["io_id"] for row in jst.rows(OUTBOUNDS, **{name: [value]})] == [outbound["io_id"]]
    assert [row["as_id"] for row in jst.rows(REFUNDS, o_ids=[refund["o_id"]])] == [refund["as_id"]]
    assert [row["as_id"] for row in jst.rows(RECEIPTS, as_ids=[refund["as_id"]])] == [refund["as_id"]]
    assert [row["po_id"] for row in jst.rows(PURCHASES, po_ids=[bought["po_id"]])] == [bought["po_id"]]
    assert [row["io_id"] for row in jst.rows(INS, po_ids=[bought["po_id"]])] == [bought["io_id"]]
    assert [row["io_id"] for row in jst.rows(INS, so_ids=[bought["so_id"]])] == [bought["io_id"]]


def test_a_style_lists_its_skus_unless_bare_ones_are_asked_for(jst):
    sku = jst.rows(SKUS, sku_ids="SKU1082185")[0]

    full = jst.rows(ITEMS, i_ids=[sku["i_id"]])[0]

    assert [nested["sku_id"] for nested in full["skus"]] == [sku["sku_id"]]
    assert full["skus"][0]["sale_price"] == sku["sale_price"] == float(full["market_price"])
    assert "skus" not in jst.rows(ITEMS, i_ids=[sku["i_id"]], only_item=True)[0]
    assert "purchase_price" in jst.rows(SKUS, sku_ids="SKU1082185", flds="purchase_price")[0]


def test_distributors_are_the_shops_with_their_salesmen(jst):
    shops = {row["shop_id"] - 10_000_000 for row in jst.walk("/open/shops/query")}
    legacy = {row["drp_co_id"] - 70_000: row for row in jst.walk("/open/jushuitan/distributor/query")}

    assert legacy.keys() == shops
    assert all(row["salesman"] == f"XS{store % 12 + 1:02d}" for store, row in legacy.items())
    assert legacy[311]["name"] == "分销商0311（社区店0311号店）"
    assert len(jst.rows("/open/jushuitan/distributor/query", drp_co_ids=[70311, 70318])) == 2
