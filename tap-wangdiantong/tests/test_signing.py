"""The worked examples of the vendor contract, sections 4.1 to 4.4; their keys are invented."""

import pytest
from tap_wangdiantong.signing import FLAGSHIP_EPOCH, flagship_sign, openapi_sign, top_sign, wdt_sign

APPSECRET = "9f86d081884c7d659a2feaa0c55ad015"
OPENAPI = {"appkey": "demo2-ot", "sid": "demo2", "timestamp": "1732190400"}

SECRET = "fedcba9876543210fedcba9876543210"
SALT = "0123456789abcdef0123456789abcdef"
FLAGSHIP = {"sid": "demo3", "key": "demo3-key", "salt": SALT, "timestamp": "406843200", "v": "1.0"}

TOP_SECRET = "topsecret0123456789"
TOP = {
    "app_key": "12345678",
    "target_app_key": "87654321",
    "timestamp": "2024-11-21 20:00:00",
    "format": "json",
    "v": "2.0",
    "sign_method": "md5",
}
DAY = {"start_time": "2024-11-21 00:00:00", "end_time": "2024-11-21 23:59:59", "page_no": "0", "page_size": "100"}


def test_openapi_signs_plain_parameters():
    assert openapi_sign({**OPENAPI, **DAY, "status": "95"}, APPSECRET) == "93ee77fba4af0e2a74041ee3349ac92a"


def test_openapi_counts_chinese_characters_not_bytes():
    params = {**OPENAPI, "provider_name": "测试供应商（华东）", "page_no": "0", "page_size": "40"}

    assert openapi_sign(params, APPSECRET) == "8e861bfe7b9553c1053d0bc15a9af9d8"


def test_openapi_signs_nested_json_as_the_text_that_is_sent():
    stockin = (
        '{"outer_no":"T-0001","warehouse_no":"WH01","is_check":1,"remark":"盘盈&补录",'
        '"goods_list":[{"spec_no":"SKU-红-01","stockin_num":2,"stockin_price":"12.5000"}]}'
    )

    assert openapi_sign({**OPENAPI, "stockin_info": stockin}, APPSECRET) == "fc1025cc67f1b94e4776d0a3224646f8"


def test_openapi_packs_an_empty_value_that_is_sent():
    params = {**OPENAPI, "shop_no": "", "page_no": "0"}

    assert openapi_sign(params, APPSECRET) == "789f1e8931f7276dd5d334d261d02029"


def test_flagship_signs_query_and_body():
    body = '[{"start_time":"2024-11-21 00:00:00","end_time":"2024-11-21 00:59:59","status_type":3,"status":"110"}]'
    params = {
        **FLAGSHIP,
        "method": "wms.stockout.Sales.queryWithDetail",
        "page_size": "100",
        "page_no": "0",
        "calc_total": "1",
    }

    assert flagship_sign(params, body, SECRET) == "7a5c4ab8e38593a32866dc5b44a52067"


def test_flagship_signs_a_chinese_body():
    body = '[{"provider_name":"测试供应商（华东）"}]'
    params = {
        **FLAGSHIP,
        "method": "setting.PurchaseProvider.queryDetail",
        "page_size": "50",
        "page_no": "0",
        "calc_total": "0",
    }

    assert flagship_sign(params, body, SECRET) == "9804bbcb475c82b99025b2af6c81561b"


def test_flagship_signs_a_call_without_pages():
    assert flagship_sign({**FLAGSHIP, "method": "system.Core.now"}, "[]", SECRET) == "a484a75ba0b4c7322bc09e087830ef19"


def test_the_flagship_epoch_is_2012_in_beijing():
    assert 1732190400 - FLAGSHIP_EPOCH == 406843200


@pytest.mark.parametrize(
    ("sign_method", "sign"),
    [
        ("md5", "705C4F28D7E6B5CE04F639213A83DF80"),
        ("hmac", "59FFE8FAD29C52B58F7BA2EBABFFDD3F"),
        ("hmac-sha256", "365F0D61BC4364CB950F55A659BFBF13F0ED634B8EFA881E8A6CE1BBA2A89E2A"),
    ],
)
def test_the_gateway_takes_three_kinds_of_signature(sign_method, sign):
    params = {
        **TOP,
        **DAY,
        "sid": "demo2",
        "status": "95",
        "method": "wdt.stockout.order.query.trade",
        "sign_method": sign_method,
    }

    assert top_sign(params, TOP_SECRET, sign_method) == sign


def test_flagship_qimen_signs_twice():
    method = "wdt.wms.stockin.refund.querywithdetail"
    business = {
        "datetime": "2024-11-21 20:00:00",
        "wdt_appkey": "demo3-key",
        "wdt_salt": SALT,
        "wdt3_customer_id": "demo3",
        "params": '{"start_time":"2024-11-01 00:00:00","end_time":"2024-11-21 23:59:59","time_type":0,"status":"80",'
        '"warehouse_no":"WH01","need_sn":false}',
        "pager": '{"page_size":50,"page_no":1}',
    }

    inner = wdt_sign(business, method, SECRET)

    assert inner == "7794cce49016653acc615f94d20509cf"
    outer = top_sign({**TOP, **business, "method": method, "wdt_sign": inner}, TOP_SECRET, "md5")
    assert outer == "51207497D5B0D381DB57E5E29B04F55D"
