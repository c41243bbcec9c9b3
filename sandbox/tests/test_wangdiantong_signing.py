"""The signatures, held against every worked vector of the vendor contract (section 4)."""

import pytest
from erp_sandbox.wangdiantong import signing

ENTERPRISE_SECRET = "9f86d081884c7d659a2feaa0c55ad015"
ENTERPRISE_KEYS = {"appkey": "demo2-ot", "sid": "demo2", "timestamp": "1732190400"}
STOCKIN_INFO = (
    '{"outer_no":"T-0001","warehouse_no":"WH01","is_check":1,"remark":"盘盈&补录",'
    '"goods_list":[{"spec_no":"SKU-红-01","stockin_num":2,"stockin_price":"12.5000"}]}'
)
FLAGSHIP_SECRET = "fedcba9876543210fedcba9876543210"
FLAGSHIP_KEYS = {
    "sid": "demo3",
    "key": "demo3-key",
    "salt": "0123456789abcdef0123456789abcdef",
    "timestamp": "406843200",
    "v": "1.0",
}
TOP_SECRET = "topsecret0123456789"
TOP_KEYS = {
    "app_key": "12345678",
    "target_app_key": "87654321",
    "timestamp": "2024-11-21 20:00:00",
    "format": "json",
    "v": "2.0",
    "sign_method": "md5",
}
STOCKOUT_CALL = {
    **TOP_KEYS,
    "method": "wdt.stockout.order.query.trade",
    "sid": "demo2",
    "status": "95",
    "start_time": "2024-11-21 00:00:00",
    "end_time": "2024-11-21 23:59:59",
    "page_no": "0",
    "page_size": "100",
}
REFUND_CALL = {
    **TOP_KEYS,
    "method": "wdt.wms.stockin.refund.querywithdetail",
    "datetime": "2024-11-21 20:00:00",
    "wdt_appkey": "demo3-key",
    "wdt_salt": "0123456789abcdef0123456789abcdef",
    "wdt3_customer_id": "demo3",
    "params": '{"start_time":"2024-11-01 00:00:00","end_time":"2024-11-21 23:59:59","time_type":0,'
    '"status":"80","warehouse_no":"WH01","need_sn":false}',
    "pager": '{"page_size":50,"page_no":1}',
}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param(
            {
                "start_time": "2024-11-21 00:00:00",
                "end_time": "2024-11-21 23:59:59",
                "status": "95",
                "page_no": "0",
                "page_size": "100",
            },
            "93ee77fba4af0e2a74041ee3349ac92a",
            id="E1-plain",
        ),
        pytest.param(
            {"provider_name": "测试供应商（华东）", "page_no": "0", "page_size": "40"},
            "8e861bfe7b9553c1053d0bc15a9af9d8",
            id="E2-chinese",
        ),
        pytest.param({"stockin_info": STOCKIN_INFO}, "fc1025cc67f1b94e4776d0a3224646f8", id="E3-nested-json"),
        pytest.param({"shop_no": "", "page_no": "0"}, "789f1e8931f7276dd5d334d261d02029", id="E4-empty-value"),
    ],
)
def test_an_enterprise_signature_is_the_contracts(parameters, expected):
    sent = {**ENTERPRISE_KEYS, **parameters, "sign": "not part of it"}

    assert signing.enterprise(sent, ENTERPRISE_SECRET) == expected


@pytest.mark.parametrize(
    ("parameters", "mistaken"),
    [
        (
            {"provider_name": "测试供应商（华东）", "page_no": "0", "page_size": "40"},
            "42cafd40a8c11334b4fbf83d08d8ec3f",
        ),
        ({"stockin_info": STOCKIN_INFO}, "135998e49f90c2b26df9804cec80b55d"),
    ],
)
def test_the_mistaken_byte_lengths_give_the_signature_the_contract_warns_of(parameters, mistaken):
    sent = {**ENTERPRISE_KEYS, **parameters}

    assert signing.enterprise(sent, ENTERPRISE_SECRET, signing.WRONG_LENGTHS["byte"]) == mistaken


@pytest.mark.parametrize(
    ("method", "paging", "body", "expected"),
    [
        pytest.param(
            "wms.stockout.Sales.queryWithDetail",
            {"page_size": "100", "page_no": "0", "calc_total": "1"},
            '[{"start_time":"2024-11-21 00:00:00","end_time":"2024-11-21 00:59:59","status_type":3,"status":"110"}]',
            "7a5c4ab8e38593a32866dc5b44a52067",
            id="F1",
        ),
        pytest.param(
            "setting.PurchaseProvider.queryDetail",
            {"page_size": "50", "page_no": "0", "calc_total": "0"},
            '[{"provider_name":"测试供应商（华东）"}]',
            "9804bbcb475c82b99025b2af6c81561b",
            id="F2-chinese-body",
        ),
        pytest.param("system.Core.now", {}, "[]", "a484a75ba0b4c7322bc09e087830ef19", id="F3-no-pager"),
    ],
)
def test_a_flagship_signature_is_the_contracts(method, paging, body, expected):
    query = {**FLAGSHIP_KEYS, "method": method, **paging, "sign": "not part of it"}

    assert signing.flagship(query, body.encode(), FLAGSHIP_SECRET) == expected


@pytest.mark.parametrize(
    ("sign_method", "expected"),
    [
        ("md5", "705C4F28D7E6B5CE04F639213A83DF80"),
        ("hmac", "59FFE8FAD29C52B58F7BA2EBABFFDD3F"),
        ("hmac-sha256", "365F0D61BC4364CB950F55A659BFBF13F0ED634B8EFA881E8A6CE1BBA2A89E2A"),
    ],
)
def test_a_gateway_signature_is_the_contracts(sign_method, expected):
    assert signing.top({**STOCKOUT_CALL, "sign_method": sign_method}, TOP_SECRET) == expected


def test_the_two_signatures_of_a_flagship_gateway_call_are_the_contracts():
    wdt_sign = signing.qimen_flagship(REFUND_CALL, FLAGSHIP_SECRET)

    assert wdt_sign == "7794cce49016653acc615f94d20509cf"
    assert signing.top({**REFUND_CALL, "wdt_sign": wdt_sign}, TOP_SECRET) == "51207497D5B0D381DB57E5E29B04F55D"


def test_wdt_sign_knows_both_habits_for_scalars_in_arrays_and_for_empty_texts():
    call = {"method": "wdt.a.b", "params": '{"list":["x",{"k":1.50}],"note":""}'}
    texts = {
        (True, True): "methodwdt.a.bparamslistxk1.50note",
        (False, True): "methodwdt.a.bparamslistk1.50note",
        (True, False): "methodwdt.a.bparamslistxk1.50",
    }

    for (list_scalars, empty_values), text in texts.items():
        signed = signing.qimen_flagship(call, "s", list_scalars=list_scalars, empty_values=empty_values)
        assert signed == signing.qimen_flagship({"method": text.removeprefix("method")}, "s")
