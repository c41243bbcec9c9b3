"""The vendor's signature, with the vectors of the contract."""

import pytest
from erp_sandbox.jushuitan.signing import legacy, sign

CALL = {
    "access_token": "demotoken0003",
    "app_key": "demoappkey0001",
    "charset": "utf-8",
    "timestamp": "1767225600",
    "version": "2",
}
AUTH = {"app_key": "demoappkey0001", "charset": "utf-8", "timestamp": "1767225600"}
WINDOW = '"modified_begin":"2026-01-01 00:00:00","modified_end":"2026-01-02 00:00:00","names":["示例供应商甲"]}'
SPACED = (
    '{"page_index": 1, "page_size": 50, "modified_begin": "2026-01-01 00:00:00", '
    '"modified_end": "2026-01-02 00:00:00", "names": ["\\u793a\\u4f8b\\u4f9b\\u5e94\\u5546\\u7532"]}'
)
NESTED = (
    '{"page_index":"1","page_size":"50","status":"","shop_id":null,"so_ids":["SO-1","SO-2"],"start_ts":1,'
    '"is_get_total":false}'
)


@pytest.mark.parametrize(
    ("form", "digest"),
    [
        ({**AUTH, "grant_type": "authorization_code", "code": "aB3dE9"}, "229b2de33075d664c0f5dc79136e5008"),
        ({**CALL, "biz": '{"page_index":1,"page_size":50,' + WINDOW}, "b9149cfc7255072961332e545c8aaed8"),
        ({**CALL, "biz": SPACED}, "7a9b2aa4b2b06b061a4327f50633df47"),
        ({**CALL, "biz": "{}", "state": "", "sign": "of before"}, "f566a2af2c263def53a6698b683063b5"),
        ({**CALL, "biz": NESTED}, "753bb0a5343f86f8a70a7826bbda9b35"),
        (
            {**AUTH, "grant_type": "refresh_token", "refresh_token": "demorefresh0004", "scope": "all"},
            "34083397aad97b6c1a8df52cac4381b0",
        ),
    ],
    ids=["V1", "V2", "V3", "V4", "V5", "V6"],
)
def test_the_contracts_vectors_come_out(form, digest):
    assert sign("demosecret0002", form) == digest


def test_empty_fields_signed_literally_do_not_match():
    """The contract's negative V4: ``memoNone`` and ``state`` signed by a client that forgets to drop them."""
    form = {**CALL, "biz": "{}", "memo": "", "state": ""}

    assert sign("demosecret0002", form) != "ae8461b28281d166fe5acc062220e3de"


@pytest.mark.parametrize(
    "biz",
    [
        "{}",
        '{"supplier_codes":["GYS01"],"names":["汽车用品供应商"]}',
        '{ "names" : [ "\\u6c7d\\u8f66\\u7528\\u54c1\\u4f9b\\u5e94\\u5546" ] }',
        '{"names":["汽车用品供应商"],"status":"","x":null}',
    ],
)
def test_biz_is_signed_as_the_text_that_was_sent(jst, biz):
    answer = jst.send("/open/supplier/query", biz).json()

    assert answer["code"] == (170 if biz == "{}" else 0)


def test_fields_without_a_value_do_not_take_part(jst):
    jst.overrides = {"state": "", "charset": "UTF-8"}

    assert jst("/open/shops/query")["code"] == 0


def test_the_older_gateways_vector_comes_out():
    assert legacy("demopartnerkey02", "shops.query", "demopartner01", "demolegacytoken03", "1767225600") == (
        "1d3fa532fac665ff0efe9ed317d00e78"
    )
