"""奇门 Qimen: both scenes of the Taobao gateway, as a client meets them."""

import json
from decimal import Decimal

import pytest

DAYS = {"start_time": "2026-03-30 00:00:00", "end_time": "2026-03-31 23:59:59"}
HOUR = {"start_time": "2026-03-30 17:00:00", "end_time": "2026-03-30 17:59:59"}
FINISHED = {**HOUR, "status_type": 3, "status": "110"}
STOCKOUTS = "wdt.stockout.order.query.trade"
FLAGSHIP_STOCKOUTS = "wdt.wms.stockout.sales.querywithdetail"
FIRST = {"page_size": 50, "page_no": 1}


@pytest.mark.parametrize("sign_method", ["md5", "hmac", "hmac-sha256"])
@pytest.mark.parametrize("http_method", ["GET", "POST"])
@pytest.mark.parametrize("path_suffix", ["", "test"])
def test_every_way_to_sign_and_send_is_accepted(wdt, sign_method, http_method, path_suffix):
    for client, call in (
        (wdt.qimen, {"method": STOCKOUTS, **DAYS, "page_no": 0, "page_size": 2}),
        (wdt.qimen_flagship, {"method": FLAGSHIP_STOCKOUTS, "params": FINISHED, "pager": FIRST}),
    ):
        client.sign_method, client.http_method, client.path_suffix = sign_method, http_method, path_suffix
        answer = client(**call)["response"]
        assert answer.get("errorcode", answer.get("status")) == 0, answer


def test_enterprise_rows_have_real_numbers_and_the_total_on_page_0(wdt):
    raw = wdt.qimen.send(STOCKOUTS, **DAYS, status=110, page_no=0, page_size=2).text
    answer = json.loads(raw, parse_float=Decimal)["response"]

    row = answer["stockout_list"][0]
    assert answer["total_count"] > 100
    assert (type(row["stockout_id"]), type(row["status"]), type(row["paid"])) == (int, int, Decimal)
    assert str(row["paid"].as_tuple().exponent) == "-4"
    assert "社区店" in raw
    assert "total_count" not in wdt.qimen(STOCKOUTS, **DAYS, page_no=1)["response"]
    assert answer["request_id"]


def test_the_same_documents_come_through_the_gateway_and_directly(wdt):
    through = wdt.qimen(STOCKOUTS, **DAYS, page_no=0, page_size=100)["response"]["stockout_list"]
    directly = wdt.enterprise("stockout_order_query_trade", **DAYS, page_no=0, page_size=100)["stockout_list"]

    assert [str(row["stockout_id"]) for row in through] == [row["stockout_id"] for row in directly]


@pytest.mark.parametrize(
    ("method", "list_key"),
    [
        ("wdt.shop.query", "shoplist"),
        ("wdt.warehouse.query", "warehouses"),
    ],
)
def test_enterprise_base_data_is_served(wdt, method, list_key):
    assert wdt.qimen(method)["response"][list_key]


def test_a_business_refusal_of_the_enterprise_scene_has_an_errorcode(wdt):
    answer = wdt.qimen(STOCKOUTS)["response"]

    assert answer["errorcode"] == 2900
    wdt.qimen.overrides = {"sid": "demo9"}
    assert wdt.qimen(STOCKOUTS, **DAYS)["response"]["errorcode"] == 2030


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        pytest.param({"method": ""}, 21, id="no-method"),
        pytest.param({"method": "wdt.no.such.query"}, 22, id="unknown-method"),
        pytest.param({"format": "xml"}, 23, id="format"),
        pytest.param({"sign": ""}, 24, id="no-signature"),
        pytest.param({"sign": "0" * 32}, 25, id="wrong-signature"),
        pytest.param({"app_key": ""}, 28, id="no-app-key"),
        pytest.param({"app_key": "999"}, 29, id="unknown-app-key"),
        pytest.param({"timestamp": ""}, 30, id="no-timestamp"),
        pytest.param({"timestamp": "1732190400"}, 31, id="timestamp-in-seconds"),
        pytest.param({"v": ""}, 32, id="no-version"),
        pytest.param({"v": "1.0"}, 33, id="other-version"),
        pytest.param({"target_app_key": ""}, 40, id="no-target"),
        pytest.param({"target_app_key": "999"}, 41, id="unknown-target"),
        pytest.param({"sign_method": "sha1"}, 41, id="unknown-sign-method"),
    ],
)
def test_the_gateway_refuses_before_the_erp_sees_the_call(wdt, switch, overrides, code):
    wdt.qimen.overrides = overrides

    failure = wdt.qimen(STOCKOUTS, **DAYS)["response"]

    assert failure["flag"] == "failure"
    assert failure["code"] == str(code)
    assert "errorcode" not in failure
    switch(qimen_failure="error_response")
    error = wdt.qimen(STOCKOUTS, **DAYS)["error_response"]
    assert error["code"] == code
    assert error["sub_code"].startswith("isv.")


def test_a_lower_case_gateway_signature_is_refused(wdt):
    sent = dict(pair.split("=", 1) for pair in wdt.qimen.send("wdt.shop.query").request.body.split("&"))

    wdt.qimen.overrides = {"sign": sent["sign"].lower()}

    assert wdt.qimen("wdt.shop.query")["response"]["code"] == "25"


@pytest.mark.parametrize(("offset", "fresh"), [(590, True), (-590, True), (620, False), (-620, False)])
def test_the_gateways_clock_may_be_off_by_ten_minutes(wdt, offset, fresh):
    wdt.qimen.clock_offset = offset

    assert ("errorcode" in wdt.qimen("wdt.shop.query")["response"]) == fresh


def test_the_first_flagship_page_is_1_and_always_has_the_total(wdt):
    first = wdt.qimen_flagship(FLAGSHIP_STOCKOUTS, FINISHED, {"page_size": 5, "page_no": 1})["response"]["data"]
    second = wdt.qimen_flagship(FLAGSHIP_STOCKOUTS, FINISHED, {"page_size": 5, "page_no": 2})["response"]["data"]
    direct = wdt.flagship("wms.stockout.Sales.queryWithDetail", FINISHED, page_no=0, page_size=10)["data"]

    assert first["order"] + second["order"] == direct["order"]
    assert first["total_count"] == second["total_count"] == direct["total_count"]


def test_flagship_page_0_is_an_error_or_an_empty_page(wdt, switch):
    zero = {"page_size": 5, "page_no": 0}
    assert wdt.qimen_flagship(FLAGSHIP_STOCKOUTS, FINISHED, zero)["response"]["status"] == 100

    switch(qimen_page_zero="empty")

    answer = wdt.qimen_flagship(FLAGSHIP_STOCKOUTS, FINISHED, zero)["response"]
    assert answer["status"] == 0
    assert "order" not in answer["data"]


@pytest.mark.parametrize(
    ("overrides", "status", "message"),
    [
        ({"wdt_sign": "0" * 32}, 1, "验证失败"),
        ({"wdt_appkey": "demo9-key"}, 1, "验证失败"),
        ({"wdt_salt": "pepper"}, 1, "验证失败"),
        ({"wdt3_customer_id": "demo9"}, 1, "sid is not exists"),
        ({"datetime": "2026-01-01 00:00:00"}, 7, "时间戳错误"),
        ({"params": "7"}, 1, "参数错误"),
        ({"pager": ""}, 100, f"此方法仅支持分页查询：{FLAGSHIP_STOCKOUTS}"),
        ({"pager": '{"page_no":1}'}, 1, "参数错误"),
        ({"params": '{"shop_no":"S1"}'}, 2, "shop_no"),
    ],
)
def test_the_erp_refuses_what_the_gateway_let_through(wdt, overrides, status, message):
    wdt.qimen_flagship.overrides = overrides

    answer = wdt.qimen_flagship(FLAGSHIP_STOCKOUTS, FINISHED, FIRST)["response"]

    assert (answer["status"], answer["message"]) == (status, message)


def test_the_answer_may_be_under_the_methods_own_name(wdt, switch):
    switch(qimen_answer="named")

    answer = wdt.qimen_flagship(FLAGSHIP_STOCKOUTS, FINISHED, FIRST)

    assert list(answer) == ["wdt_wms_stockout_sales_querywithdetail_response"]


def test_the_scene_is_in_the_host_name_as_on_the_real_gateway(wdt):
    client = wdt.qimen_flagship
    client.credentials = {**client.credentials, "base_url": wdt.qimen.credentials["base_url"]}
    client.headers = {"Host": "3ldsmu02o9.api.taobao.com"}

    assert client(FLAGSHIP_STOCKOUTS, FINISHED, FIRST)["response"]["status"] == 0


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("wdt.setting.shop.queryshop", {}),
        ("wdt.setting.warehouse.querywarehouse", {}),
        ("wdt.goods.goods.querywithspec", DAYS),
    ],
)
def test_flagship_base_data_is_served(wdt, method, params):
    assert wdt.qimen_flagship(method, params, FIRST)["response"]["data"]["total_count"] > 4


def test_taobao_documents_come_only_through_the_gateway_and_without_the_buyer(serve_sandbox, clients):
    served = serve_sandbox("--taobao-shops", "12", "--limits", "off")
    wdt = clients(served)
    window = {"start_time": "2026-03-30 00:00:00", "end_time": "2026-03-31 23:59:59", "page_size": 100}
    truth = served.show("wangdiantong", "sales_stockouts", status="95,110")
    taobao = {str(d["stockout_id"]) for d in truth if d["platform_id"] == 1}
    others = {str(d["stockout_id"]) for d in truth if d["platform_id"] == 127}
    assert taobao
    assert others

    directly = wdt.enterprise("stockout_order_query_trade", **window)["stockout_list"]
    through = wdt.qimen(STOCKOUTS, **window)["response"]["stockout_list"]

    assert {row["stockout_id"] for row in directly} == others
    assert {str(row["stockout_id"]) for row in through} == taobao | others
    for row in through:
        has_buyer = [bool(row[name]) for name in ("nick_name", "customer_name", "receiver_name", "receiver_area")]
        assert has_buyer == [row["platform_id"] == 127] * 4
    served.post("wangdiantong/settings", {"qimen_rows": "taobao"})
    complement = wdt.qimen(STOCKOUTS, **window)["response"]["stockout_list"]
    assert {str(row["stockout_id"]) for row in complement} == taobao
    flagship = wdt.qimen_flagship(
        FLAGSHIP_STOCKOUTS, {"stockout_no": complement[0]["order_no"]}, FIRST
    )["response"]["data"]["order"]  # fmt: skip
    assert flagship[0]["nick_name"] == ""
    assert "receiver_name" not in flagship[0]
    assert served.summary("wangdiantong", "sales_stockouts", dialect="openapi")["documents"] < len(
        served.show("wangdiantong", "sales_stockouts")
    )
