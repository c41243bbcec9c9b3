"""Documents that are edited while somebody pages through them (contract 6, trap 1)."""

import pytest

WINDOW = {"start_time": "2026-03-30 00:00:00", "end_time": "2026-03-31 23:59:59"}
PAGE = {"status": "95,105,110,113", "is_by_modified": 1, "page_size": 40}


def page(client, number):
    return client("stockout_order_query_trade", **WINDOW, **PAGE, page_no=number).get("stockout_list", [])


def rows_at_start(client):
    answer = client("stockout_order_query_trade", **WINDOW, **PAGE, page_no=0)
    return answer["total_count"]


@pytest.mark.usefixtures("edits")
def test_front_to_back_loses_rows_while_people_edit(wdt, switch, erp_sandbox):
    total = rows_at_start(wdt.enterprise)
    switch(live_edits=3)

    seen = {row["stockout_id"] for number in range(-(-total // 40)) for row in page(wdt.enterprise, number)}

    edited = edited_documents(erp_sandbox)
    untouched = {str(d["stockout_id"]) for d in erp_sandbox.show("wangdiantong", "sales_stockouts")} - edited
    assert total > 400
    assert len(seen) < total
    lost = {
        str(d["stockout_id"])
        for d in erp_sandbox.show("wangdiantong", "sales_stockouts", status=PAGE["status"])
        if str(d["stockout_id"]) in untouched and d["modified"] <= WINDOW["end_time"]
    } - seen
    assert lost  # rows that nobody edited, and that no later window will bring


@pytest.mark.usefixtures("edits")
def test_back_to_front_repeats_rows_but_loses_none_that_stayed(wdt, switch, erp_sandbox):
    total = rows_at_start(wdt.enterprise)
    switch(live_edits=3)

    read = [row["stockout_id"] for number in reversed(range(-(-total // 40))) for row in page(wdt.enterprise, number)]

    edited = edited_documents(erp_sandbox)
    stayed = {
        str(d["stockout_id"])
        for d in erp_sandbox.show("wangdiantong", "sales_stockouts", status=PAGE["status"])
        if d["modified"] <= WINDOW["end_time"]
    }
    assert edited
    assert stayed <= set(read)
    assert len(read) > len(set(read))


def edited_documents(erp_sandbox):
    return {
        str(d["stockout_id"])
        for d in erp_sandbox.show("wangdiantong", "sales_stockouts")
        if d["modified"] > "2026-04-02 00:00:00"
    }
