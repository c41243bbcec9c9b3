"""旗舰版 openapi, as a client meets it."""

import json

import pytest

STOCKOUTS = "wms.stockout.Sales.queryWithDetail"
HOUR = {"start_time": "2026-03-30 17:00:00", "end_time": "2026-03-30 17:59:59"}
FINISHED = {**HOUR, "status_type": 3, "status": "110"}


def test_paging_gives_every_document_of_the_hour_once(wdt, erp_sandbox):
    rows = []
    for page in range(100):
        found = wdt.flagship(STOCKOUTS, FINISHED, page_no=page, page_size=7).get("data", {}).get("order")
        if not found:
            break
        rows += found

    truth = [
        d
        for d in erp_sandbox.show("wangdiantong", "sales_stockouts", status="95,105,110,113")
        if HOUR["start_time"] <= d["modified"] <= HOUR["end_time"]
    ]
    assert [row["order_no"] for row in rows] == [
        d["order_no"] for d in sorted(truth, key=lambda d: (d["modified"], d["stockout_id"]))
    ]
    assert len(rows) > 10


def test_values_have_the_mixed_types_of_the_vendors_sample(wdt):
    answer = wdt.flagship(STOCKOUTS, FINISHED, page_size=1)
    row = answer["data"]["order"][0]

    assert isinstance(row["stockout_id"], int)
    assert isinstance(row["paid"], str)
    assert isinstance(row["receivable"], (int, float))
    assert isinstance(row["trade_time"], int)
    assert row["trade_time"] > 10**12  # epoch milliseconds
    assert len(row["modified"]) == len("2026-03-30 17:00:00")
    line = row["details_list"][0]
    assert isinstance(line["sell_price"], (int, float))
    assert isinstance(line["rec_id"], int)
    assert row["status"] == 110


def test_the_total_comes_only_with_calc_total(wdt):
    assert "total_count" in wdt.flagship(STOCKOUTS, FINISHED, calc_total=1)["data"]
    assert "total_count" not in wdt.flagship(STOCKOUTS, FINISHED, calc_total=0)["data"]


def test_without_rows_and_total_even_data_is_missing(wdt, switch):
    nothing = {**FINISHED, "start_time": "2020-01-01 00:00:00", "end_time": "2020-01-01 00:30:00"}
    assert wdt.flagship(STOCKOUTS, nothing, calc_total=0) == {"status": 0}
    assert wdt.flagship(STOCKOUTS, nothing, calc_total=1) == {"status": 0, "data": {"total_count": 0}}

    switch(empty_list="present")

    assert wdt.flagship(STOCKOUTS, nothing, calc_total=0) == {"status": 0, "data": {"order": []}}


@pytest.mark.parametrize(
    ("status_type", "ours", "column"),
    [(0, "95,105,110,113", "consign_time"), (1, "5", "modified"), (2, "55", "modified")],
)
def test_the_status_type_picks_the_set_and_the_time_column(wdt, erp_sandbox, status_type, ours, column):
    document = erp_sandbox.show("wangdiantong", "sales_stockouts", status=ours)[2]
    hour = document[column][:13]
    window = {"start_time": f"{hour}:00:00", "end_time": f"{hour}:59:59"}

    answer = wdt.flagship(STOCKOUTS, {**window, "status_type": status_type}, page_size=200)

    truth = {
        d["order_no"]
        for d in erp_sandbox.show("wangdiantong", "sales_stockouts", status=ours)
        if d[column][:13] == hour
    }
    assert {row["order_no"] for row in answer["data"]["order"]} == truth


def test_status_type_3_without_a_status_falls_back_to_the_consign_time(wdt, erp_sandbox):
    answer = wdt.flagship(STOCKOUTS, {**HOUR, "status_type": 3}, page_size=200)

    truth = {
        d["order_no"]
        for d in erp_sandbox.show("wangdiantong", "sales_stockouts", status="95,105,110,113")
        if HOUR["start_time"] <= d["consign_time"] <= HOUR["end_time"]
    }
    assert {row["order_no"] for row in answer["data"]["order"]} == truth


def test_consign_time_is_missing_until_the_document_is_shipped(wdt, erp_sandbox):
    document = erp_sandbox.show("wangdiantong", "sales_stockouts", status="55")[0]

    (row,) = wdt.flagship(STOCKOUTS, {"stockout_no": document["order_no"]})["data"]["order"]

    assert row["status"] == 70
    assert "consign_time" not in row


def test_order_type_turns_the_order_round(wdt):
    rows = wdt.flagship(STOCKOUTS, {**FINISHED, "order_type": 1}, page_size=200)["data"]["order"]

    assert [row["modified"] for row in rows] == sorted((row["modified"] for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("params", "status", "message"),
    [
        pytest.param({**FINISHED, "shop_no": "S0001"}, 2, "shop_no", id="unknown-parameter"),
        pytest.param({"status_type": 3, "status": "110"}, 100, "参数中必须包含起止时间", id="no-times"),
        pytest.param({**FINISHED, "end_time": None}, 100, "参数中必须包含起止时间", id="one-time"),
        pytest.param(
            {**FINISHED, "end_time": "2026-03-30 18:00:01"},
            100,
            "您的查询时间过宽,查询时间不能大于60分钟",
            id="a-second-over-60-minutes",
        ),
        pytest.param(
            {**FINISHED, "start_time": "2026/03/30 17:00:00"},
            100,
            "Unparseable date: 2026/03/30 17:00:00",
            id="slashes",
        ),
        pytest.param({**FINISHED, "status": "110;5"}, 100, "状态应该是由逗号分隔开的整数数组", id="bad-status-list"),
        pytest.param(HOUR, 100, "status_typemust not be null", id="no-status-type"),
        pytest.param({**HOUR, "status_type": 9}, 100, "status_type不合法", id="no-such-status-type"),
        pytest.param({**FINISHED, "shop_nos": "S9998,S9999"}, 100, "传入店铺编号全部错误", id="unknown-shops"),
        pytest.param({**FINISHED, "warehouse_no": "WH77"}, 100, "仓库不存在", id="unknown-warehouse"),
    ],
)
def test_a_wrong_parameter_is_refused_in_the_vendors_words(wdt, params, status, message):
    assert wdt.flagship(STOCKOUTS, params) == {"status": status, "message": message}


def test_exactly_60_minutes_are_allowed_unless_the_build_counts_both_ends(wdt, switch):
    window = {**FINISHED, "end_time": "2026-03-30 18:00:00"}
    assert wdt.flagship(STOCKOUTS, window)["status"] == 0

    switch(window_edge="strict")

    assert wdt.flagship(STOCKOUTS, window)["status"] == 100
    assert wdt.flagship(STOCKOUTS, FINISHED)["status"] == 0


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("{}", 1, "参数错误"),
        ("not json", 1, "参数错误"),
        ("[]", 1, "参数个数错误"),
        ("[{},{}]", 1, "参数个数错误"),
        ('["text"]', 1, "argument type mismatch"),
    ],
)
def test_a_body_that_is_no_argument_array_is_refused(wdt, body, status, message):
    answer = wdt.flagship.send(STOCKOUTS, body, page_no=0, page_size=10).json()

    assert answer == {"status": status, "message": message}


def test_the_pager_is_required_and_its_numbers_checked(wdt, switch):
    assert wdt.flagship.send(STOCKOUTS, json.dumps([FINISHED])).json() == {
        "status": 100,
        "message": f"此方法仅支持分页查询：{STOCKOUTS}",
    }
    assert wdt.flagship(STOCKOUTS, FINISHED, page_no=-1)["status"] == 100
    assert wdt.flagship(STOCKOUTS, FINISHED, page_size=0)["status"] == 100
    switch(max_page_size_flagship=3)
    assert len(wdt.flagship(STOCKOUTS, FINISHED, page_size=500)["data"]["order"]) == 3
    switch(page_size_over="error")
    assert wdt.flagship(STOCKOUTS, FINISHED, page_size=500)["status"] == 100


@pytest.mark.parametrize(
    ("overrides", "status", "message"),
    [
        ({"sid": "demo9"}, 1, "sid is not exists"),
        ({"key": "demo9-key"}, 1, "验证失败"),
        ({"salt": "pepper"}, 1, "验证失败"),
        ({"sign": "0" * 32}, 1, "验证失败"),
        ({"v": "2.0"}, 8, "版本错误"),
        ({"timestamp": "1665947116495"}, 1, 'For input string: "1665947116495"'),
        ({"timestamp": "now"}, 1, 'For input string: "now"'),
    ],
)
def test_a_caller_who_is_not_who_they_say_is_refused(wdt, overrides, status, message):
    wdt.flagship.overrides = overrides

    assert wdt.flagship("setting.Shop.queryShop") == {"status": status, "message": message}


@pytest.mark.parametrize(("offset", "status"), [(110, 0), (-110, 0), (130, 7), (-130, 7)])
def test_the_clock_may_be_off_by_120_seconds(wdt, offset, status):
    wdt.flagship.clock_offset = offset

    assert wdt.flagship("setting.Shop.queryShop")["status"] == status


@pytest.mark.parametrize(("trouble", "status"), [("disabled", 1), ("ip", 6), ("otp", 3)])
def test_an_account_in_trouble_is_refused(wdt, switch, trouble, status):
    switch(account=trouble)

    assert wdt.flagship("setting.Shop.queryShop")["status"] == status


def test_a_form_content_type_is_refused(wdt):
    wdt.flagship.content_type = "application/x-www-form-urlencoded"

    assert wdt.flagship("setting.Shop.queryShop") == {"status": 1, "message": "参数错误"}


def test_the_signature_covers_the_bodys_own_bytes(wdt):
    body = '[ {"warehouse_name" :\t"华东中心仓"} ]'

    answer = wdt.flagship.send("setting.Warehouse.queryWarehouse", body, page_no=0, page_size=10, calc_total=1).json()

    assert [w["warehouse_no"] for w in answer["data"]["details"]] == ["WH01"]


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("wms.stockin.PreStockin.search", "The API used internal only: wms.stockin.PreStockin.search"),
        ("wms.no.Such.method", "接口不存在：wms.no.Such.method"),
    ],
)
def test_methods_that_are_not_for_this_way_are_refused(wdt, method, message):
    assert wdt.flagship(method) == {"status": 100, "message": message}


def test_shops_come_whole_with_disabled_ones_marked(wdt, erp_sandbox):
    answer = wdt.flagship("setting.Shop.queryShop", page_size=200)

    shops = {shop["shop_no"]: shop["is_disabled"] for shop in answer["data"]["details"]}
    assert shops == {shop["shop_no"]: shop["is_disabled"] for shop in erp_sandbox.show("wangdiantong", "shops")}
    assert shops["S0000"] is True


def test_warehouses_hide_disabled_ones_unless_told_and_their_times_differ_in_type(wdt):
    method = "setting.Warehouse.queryWarehouse"
    hidden = wdt.flagship(method)["data"]["details"]
    shown = wdt.flagship(method, {"hide_delete": 0})["data"]["details"]

    assert [w["warehouse_no"] for w in hidden] == [f"WH0{n}" for n in range(1, 6)]
    assert [w["warehouse_no"] for w in shown if w["is_disabled"]] == ["WH09"]
    assert isinstance(hidden[0]["modified"], int)
    assert isinstance(hidden[0]["created"], str)


def test_goods_hide_deleted_ones_by_default_and_end_now(wdt, erp_sandbox):
    method = "goods.Goods.queryWithSpec"
    truth = erp_sandbox.show("wangdiantong", "goods")
    window = {"start_time": "2026-03-29 00:00:00", "end_time": "2026-03-31 23:59:59"}

    hidden = wdt.flagship(method, window, page_size=1)["data"]["total_count"]
    shown = wdt.flagship(method, {**window, "hide_deleted": 0}, page_size=1)["data"]["total_count"]

    assert shown == len(truth)
    assert shown - hidden == sum(1 for goods in truth if goods["deleted"])
    assert wdt.flagship(method, {"start_time": "2026-03-29 00:00:00"})["status"] == 100  # until now: over 30 days
    assert wdt.flagship(method, {"start_time": "2099-01-01 00:00:00"})["message"] == "开始时间不能大于结束时间"
    assert wdt.flagship(method)["message"] == "参数中必须包含起止时间"
