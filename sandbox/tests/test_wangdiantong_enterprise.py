"""企业版 openapi2, as a client meets it."""

import json

import pytest

DAYS = {"start_time": "2026-03-30 00:00:00", "end_time": "2026-03-31 23:59:59"}
SHIPPED = "95,105,110,113"
STOCKOUTS = "stockout_order_query_trade"


def walk(client, name, list_key, **parameters):
    """Page from the first page to the last, as long as nobody edits."""
    rows, page = [], 0
    while True:
        answer = client(name, page_no=page, **parameters)
        assert answer["code"] == 0, answer
        found = answer.get(list_key, [])
        rows += found
        if not found:
            return rows
        page += 1


def test_paging_gives_every_shipped_document_once_and_as_the_vendor_holds_it(wdt, erp_sandbox):
    rows = walk(wdt.enterprise, STOCKOUTS, "stockout_list", **DAYS, status=SHIPPED, page_size=100)

    truth = {d["order_no"]: d for d in erp_sandbox.show("wangdiantong", "sales_stockouts", status=SHIPPED)}
    assert len(rows) == len(truth) > 500
    for row in rows:
        document = truth[row["order_no"]]
        for name in ("consign_time", "modified", "shop_no", "warehouse_no", "nick_name", "src_trade_no", "remark"):
            assert row[name] == document[name]
        lines = [{k: line[k] for k in ("goods_no", "goods_count", "sell_price", "share_amount")}
                 for line in row["details_list"]]  # fmt: skip
        assert lines == [{k: v for k, v in line.items() if k != "rec_id"} for line in document["details"]]


def test_every_row_value_is_a_text_and_chinese_is_escaped(wdt):
    answer = wdt.enterprise.send(STOCKOUTS, **DAYS, page_no=0, page_size=3)

    assert answer.content.isascii()
    assert b"\\u793e\\u533a\\u5e97" in answer.content
    row = answer.json()["stockout_list"][0]
    assert all(isinstance(value, str) for name, value in row.items() if name != "details_list")
    assert all(isinstance(value, str) for line in row["details_list"] for value in line.values())
    assert answer.json()["code"] == 0
    assert isinstance(answer.json()["total_count"], int)


def test_the_total_comes_with_page_0_only(wdt):
    first = wdt.enterprise(STOCKOUTS, **DAYS, page_no=0, page_size=50)
    second = wdt.enterprise(STOCKOUTS, **DAYS, page_no=1, page_size=50)

    assert first["total_count"] > 100
    assert "total_count" not in second
    assert {r["stockout_id"] for r in first["stockout_list"]}.isdisjoint(
        r["stockout_id"] for r in second["stockout_list"]
    )


def test_pages_have_the_methods_own_default_size(wdt):
    assert len(wdt.enterprise(STOCKOUTS, **DAYS)["stockout_list"]) == 40
    shops = wdt.enterprise("shop")
    assert len(shops["shoplist"]) == 30
    assert "total_count" not in shops


def test_a_page_size_over_the_maximum_is_cut_or_refused_by_a_switch(wdt, switch):
    assert len(wdt.enterprise(STOCKOUTS, **DAYS, page_size=1000)["stockout_list"]) == 100

    switch(page_size_over="error")

    assert wdt.enterprise(STOCKOUTS, **DAYS, page_size=1000)["code"] == 2220


def test_without_a_status_only_shipped_and_completed_documents_come(wdt):
    rows = walk(wdt.enterprise, STOCKOUTS, "stockout_list", **DAYS, page_size=100)

    assert {row["status"] for row in rows} == {"95", "110"}


@pytest.mark.parametrize(("status", "column"), [("5", "modified"), ("55", "modified"), ("113", "consign_time")])
def test_the_status_decides_which_time_the_window_is_about(wdt, erp_sandbox, status, column):
    documents = erp_sandbox.show("wangdiantong", "sales_stockouts", status=status)
    moment = documents[-1][column]

    rows = wdt.enterprise(STOCKOUTS, start_time="2026-03-20 00:00:00", end_time=moment, status=status, page_size=100)

    assert [row["stockout_id"] for row in rows["stockout_list"]] == [
        str(d["stockout_id"]) for d in sorted(documents, key=lambda d: (d[column], d["stockout_id"]))
        if d[column] <= moment
    ]  # fmt: skip


def test_is_by_modified_filters_shipped_documents_on_their_last_change(wdt, edits, erp_sandbox):
    document = erp_sandbox.show("wangdiantong", "sales_stockouts", status="110")[0]
    edits("edit", {"order_no": document["order_no"], "modified": "2026-05-01 12:00:00"})
    window = {"start_time": "2026-05-01 00:00:00", "end_time": "2026-05-02 00:00:00", "status": "110"}

    assert "stockout_list" not in wdt.enterprise(STOCKOUTS, **window)
    found = wdt.enterprise(STOCKOUTS, **window, is_by_modified=1)["stockout_list"]
    assert [row["order_no"] for row in found] == [document["order_no"]]


def test_both_ends_of_a_window_belong_to_it(wdt, erp_sandbox, switch):
    switch(equal_times="allow")
    document = erp_sandbox.show("wangdiantong", "sales_stockouts", status="110")[0]
    moment = document["consign_time"]

    rows = wdt.enterprise(STOCKOUTS, start_time=moment, end_time=moment)["stockout_list"]

    assert document["order_no"] in {row["order_no"] for row in rows}


def test_a_list_of_statuses_is_accepted_unless_the_switch_refuses_it(wdt, switch):
    assert wdt.enterprise(STOCKOUTS, **DAYS, status="95,110")["code"] == 0

    switch(status_list="refuse")

    assert wdt.enterprise(STOCKOUTS, **DAYS, status="95,110")["code"] == 2830
    assert wdt.enterprise(STOCKOUTS, **DAYS, status="95")["code"] == 0


@pytest.mark.parametrize(
    ("parameter", "field"), [("stockout_no", "order_no"), ("src_order_no", "src_order_no"), ("src_tid", "src_trade_no")]
)
def test_one_document_is_found_by_its_number_without_times(wdt, erp_sandbox, parameter, field):
    document = erp_sandbox.show("wangdiantong", "sales_stockouts", status="55")[0]

    rows = wdt.enterprise(STOCKOUTS, **{parameter: document[field]})["stockout_list"]

    assert [row["stockout_id"] for row in rows] == [str(document["stockout_id"])]


def test_a_document_audited_again_has_a_new_number_and_leaves_a_cancelled_twin(wdt, edits, erp_sandbox):
    document = erp_sandbox.show("wangdiantong", "sales_stockouts", status="110")[3]

    twin = edits("reaudit", {"order_no": document["order_no"]})

    rows = wdt.enterprise(STOCKOUTS, src_tid=document["src_trade_no"], status="5,110")["stockout_list"]
    assert {(row["order_no"], row["status"]) for row in rows} == {
        (document["order_no"], "5"),
        (twin["order_no"], "110"),
    }
    assert twin["stockout_id"] != document["stockout_id"]


def test_what_is_not_shipped_has_a_zero_consign_time(wdt):
    row = wdt.enterprise(STOCKOUTS, **DAYS, status=55)["stockout_list"][0]

    assert row["consign_time"] == "0000-00-00 00:00:00"
    assert row["logistics_no"] == ""


def test_gifts_and_zero_quantities_are_as_the_retailer_had_them(wdt):
    rows = walk(wdt.enterprise, STOCKOUTS, "stockout_list", **DAYS, status=SHIPPED, page_size=100)
    lines = [line for row in rows for line in row["details_list"]]

    gifts = [line for line in lines if line["sell_price"] == "0.0000"]
    assert gifts
    assert all(line["gift_type"] == "1" for line in gifts)
    assert any(line["goods_count"] == "0.0000" for line in lines)


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [
        pytest.param({}, 2900, "时间区间", id="neither-times-nor-number"),
        pytest.param({"start_time": "2026-03-30 00:00:00"}, 2102, "end_time", id="one-time-only"),
        pytest.param({**DAYS, "end_time": "2026-03-31"}, 2160, "end_time", id="no-time-of-day"),
        pytest.param({**DAYS, "start_time": "2026/03/30 00:00:00"}, 2160, "start_time", id="slashes"),
        pytest.param({**DAYS, "start_time": "2026-02-30 00:00:00"}, 2160, "start_time", id="no-such-day"),
        pytest.param({**DAYS, "end_time": DAYS["start_time"]}, 2105, "等于", id="equal-times"),
        pytest.param({**DAYS, "end_time": "2026-03-29 00:00:00"}, 2830, "大于", id="reversed"),
        pytest.param({**DAYS, "start_time": "2026-03-01 23:59:58"}, 2104, "30天", id="a-second-too-long"),
        pytest.param({**DAYS, "page_size": "0"}, 2220, "page_size", id="page-size-0"),
        pytest.param({**DAYS, "page_size": "many"}, 2220, "page_size", id="page-size-text"),
        pytest.param({**DAYS, "page_no": "-1"}, 2830, "page_no", id="page-before-the-first"),
        pytest.param({**DAYS, "status": "shipped"}, 2830, "status", id="status-text"),
        pytest.param({**DAYS, "status": "42"}, 2830, "status", id="no-such-status"),
        pytest.param({**DAYS, "is_by_modified": "yes"}, 2830, "is_by_modified", id="flag-text"),
        pytest.param({**DAYS, "shop_no": "S9999"}, 2310, "店铺", id="unknown-shop"),
        pytest.param({**DAYS, "warehouse_no": "WH77"}, 2830, "仓库", id="unknown-warehouse"),
    ],
)
def test_a_wrong_parameter_is_refused_with_the_vendors_code(wdt, parameters, code, words):
    answer = wdt.enterprise(STOCKOUTS, **parameters)

    assert (answer["code"], words in answer["message"]) == (code, True), answer


def test_a_window_may_be_30_days_long_unless_the_build_counts_both_ends(wdt, switch):
    window = {"start_time": "2026-03-01 00:00:00", "end_time": "2026-03-31 00:00:00"}
    assert wdt.enterprise(STOCKOUTS, **window)["code"] == 0

    switch(window_edge="strict")

    assert wdt.enterprise(STOCKOUTS, **window)["code"] == 2104


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        pytest.param({"sid": "demo9"}, 2030, id="unknown-sid"),
        pytest.param({"appkey": "demo9-ot"}, 2030, id="unknown-appkey"),
        pytest.param({"sign": "0" * 32}, 2060, id="wrong-signature"),
        pytest.param({"sign": ""}, 2060, id="no-signature"),
        pytest.param({"timestamp": "soon"}, 2100, id="timestamp-text"),
    ],
)
def test_a_caller_who_is_not_who_they_say_is_refused(wdt, overrides, code):
    wdt.enterprise.overrides = overrides

    assert wdt.enterprise("shop")["code"] == code


@pytest.mark.parametrize(("offset", "code"), [(290, 0), (-290, 0), (320, 2100), (-320, 2100)])
def test_the_clock_may_be_off_by_300_seconds(wdt, offset, code):
    wdt.enterprise.clock_offset = offset

    assert wdt.enterprise("shop")["code"] == code


@pytest.mark.parametrize(("trouble", "code"), [("disabled", 2090), ("ip", 2100), ("otp", 2100)])
def test_an_account_in_trouble_is_refused(wdt, switch, trouble, code):
    switch(account=trouble)

    assert wdt.enterprise("shop")["code"] == code


def test_a_signature_over_byte_lengths_is_refused_and_the_log_says_why(wdt, erp_sandbox):
    log = erp_sandbox.state.with_suffix(".log")
    chinese = {**DAYS, "class_name": "食品杂货"}
    assert wdt.enterprise("goods_query", **chinese)["code"] == 0

    wdt.enterprise.length = lambda text: len(text.encode())

    assert wdt.enterprise("goods_query", **chinese)["code"] == 2060
    assert "would match with byte lengths" in log.read_text()


def test_parameters_may_stand_in_the_query_of_a_post(wdt):
    import requests

    sent = wdt.enterprise.send("shop").request
    answer = requests.post(f"{sent.url}?{sent.body}", json={"ignored": True}, timeout=30)

    assert answer.json()["code"] == 0


@pytest.mark.parametrize("path", ["openapi2/no_such_query.php", "openapi2/shop", "openapi2/shop.php/more"])
def test_an_unknown_file_is_not_found(erp_sandbox, path):
    import requests

    answer = requests.post(f"{erp_sandbox.url}/{path}", timeout=30)

    assert answer.status_code == 404
    assert "<html>" in answer.text


def test_without_rows_the_list_is_missing_unless_the_switch_keeps_it(wdt, switch):
    window = {"start_time": "2020-01-01 00:00:00", "end_time": "2020-01-02 00:00:00"}
    answer = wdt.enterprise(STOCKOUTS, **window)
    assert answer == {"code": 0, "message": "", "total_count": 0}

    switch(empty_list="present", total_as_text=True)

    assert wdt.enterprise(STOCKOUTS, **window) == {
        "code": 0,
        "message": "",
        "total_count": "0",
        "stockout_list": [],
    }


def test_the_code_of_a_refusal_can_be_changed(wdt, switch):
    switch(codes={"conditions_missing": 4711})

    assert wdt.enterprise(STOCKOUTS)["code"] == 4711


def test_documents_before_the_cut_off_are_in_the_history_only(wdt, switch):
    his = f"his_{STOCKOUTS}"
    everything = wdt.enterprise(STOCKOUTS, **DAYS)["total_count"]
    assert wdt.enterprise(his, **DAYS)["total_count"] == 0

    switch(history_before="2026-03-30 18:00:00")

    live, old = (wdt.enterprise(name, **DAYS)["total_count"] for name in (STOCKOUTS, his))
    assert min(live, old) > 0
    assert live + old == everything


def test_rights_hide_other_warehouses_and_refuse_to_be_asked_for_them(wdt, switch):
    switch(warehouse_rights="WH02")

    rows = wdt.enterprise(STOCKOUTS, **DAYS)["stockout_list"]
    assert {row["warehouse_no"] for row in rows} == {"WH02"}
    assert [w["warehouse_no"] for w in wdt.enterprise("warehouse_query")["warehouses"]] == ["WH02"]
    for answer in (
        wdt.enterprise(STOCKOUTS, **DAYS, warehouse_no="WH01"),
        wdt.enterprise("warehouse_query", warehouse_no="WH01"),
    ):
        assert answer["message"] == "无仓库访问权限"


def test_shop_and_warehouse_filters_select(wdt):
    by_warehouse = wdt.enterprise(STOCKOUTS, **DAYS, warehouse_no="WH03")["stockout_list"]
    assert {row["warehouse_no"] for row in by_warehouse} == {"WH03"}
    shops = sorted({row["shop_no"] for row in by_warehouse})[:2]

    assert {row["shop_no"] for row in wdt.enterprise(STOCKOUTS, **DAYS, shop_no=shops[0])["stockout_list"]} == {
        shops[0]
    }
    by_shops = wdt.enterprise(STOCKOUTS, **DAYS, shop_nos=",".join([*shops, "S9999"]), page_size=100)["stockout_list"]
    assert {row["shop_no"] for row in by_shops} == set(shops)


def test_disabled_shops_and_warehouses_are_shown_only_when_asked_for(wdt):
    assert [w["warehouse_no"] for w in wdt.enterprise("warehouse_query")["warehouses"]] == [
        f"WH0{n}" for n in range(1, 6)
    ]
    assert [w["warehouse_no"] for w in wdt.enterprise("warehouse_query", is_disabled=1)["warehouses"]] == ["WH09"]
    shops = walk(wdt.enterprise, "shop", "shoplist", page_size=100)
    assert "S0000" not in {shop["shop_no"] for shop in shops}
    assert [shop["shop_no"] for shop in wdt.enterprise("shop", is_disabled=1)["shoplist"]] == ["S0000"]


def test_goods_are_read_by_modified_or_by_number_and_deleted_ones_on_demand(wdt, erp_sandbox):
    truth = erp_sandbox.show("wangdiantong", "goods")
    window = {"start_time": "2026-03-02 00:00:00", "end_time": "2026-03-31 23:59:59", "page_size": 100}

    alive = walk(wdt.enterprise, "goods_query", "goods_list", **window)
    everything = walk(wdt.enterprise, "goods_query", "goods_list", **window, deleted=1)

    assert {row["goods_no"] for row in alive} == {g["goods_no"] for g in truth if not g["deleted"]}
    assert {row["goods_no"] for row in everything} == {g["goods_no"] for g in truth}
    one = wdt.enterprise("goods_query", spec_no=truth[5]["spec_no"])["goods_list"]
    assert [row["goods_name"] for row in one] == [truth[5]["goods_name"]]
    assert one[0]["spec_list"][0]["spec_no"] == truth[5]["spec_no"]
    assert one[0]["created"] == "0000-00-00 00:00:00"
    assert wdt.enterprise("goods_query")["code"] == 2900


def test_answers_are_json_whatever_a_remark_holds(wdt, edits, erp_sandbox):
    order_no = erp_sandbox.show("wangdiantong", "sales_stockouts", status="110")[7]["order_no"]
    remark = 'quote " back\\slash 100% %(x)s </html>\n换行\t表 \u2028 😀'
    edits("edit", {"order_no": order_no, "remark": remark})

    (row,) = wdt.enterprise(STOCKOUTS, stockout_no=order_no)["stockout_list"]

    assert row["remark"] == remark
    assert json.dumps(row)
