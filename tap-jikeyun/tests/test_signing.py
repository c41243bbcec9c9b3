import hashlib
import json
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_jikeyun.signing import sign, signed_form

SECRET = "a1B2c3D4e5F60718293a4b5c6d7e8f90"


def parameters(method, second, bizcontent, **others):
    return {
        "method": method,
        "appkey": "10000001",
        "version": "v1.0",
        "contenttype": "json",
        "timestamp": f"2025-03-01 08:00:{second:02d}",
        "bizcontent": bizcontent,
        **others,
    }


# parameters, sign, and the digest of somebody who forgot to lower-case
VECTORS = {
    "J1": (
        parameters(
            "erp.allocate.get",
            0,
            '{"pageIndex":0,"pageSize":50,"startCreateTime":"2025-02-28 00:00:00",'
            '"endCreateTime":"2025-02-28 23:59:59"}',
        ),
        "28367f275c93ea166afa8fd705e9871d",
        "7f521a1f209550ffc1ec83fb97317281",
    ),
    "J2 Chinese text": (
        parameters("erp.warehouse.get", 5, '{"pageIndex":0,"pageSize":50,"name":"示例一号仓"}'),
        "a5fbe719efe186a0b4a6aa8efe6612e8",
        "5b1f017cec9ce02ab372774adad925e5",
    ),
    "J3 nested values, token and contextid": (
        parameters(
            "oms.trade.fullinfoget",
            10,
            '{"startModified":"2025-02-22 00:00:00","endModified":"2025-02-28 23:59:59",'
            '"fields":"tradeNo,tradeStatus,goodsDetail.goodsNo,scrollId","scrollId":"","tradeTypeList":[1,7],'
            '"isDelete":null,"pageSize":200}',
            token="IGNORED-TOKEN",
            contextid="IGNORED-CTX",
        ),
        "53f82187fb79f27e6721013e7271ebf7",
        "f1e23780cc8dc23f91874d5c71acf52e",
    ),
    "J4 empty object": (
        parameters("erp.goodscate.get", 15, "{}"),
        "be52fce635aa397b826d0cb28f0faf30",
        "9ebeaad57f0c8b9dac075d62eea59642",
    ),
    "J5 capitals in a public parameter": (
        parameters(
            "omsapi-business.refund.listrefund",
            20,
            '{"pageInfo":{"pageIndex":1,"pageSize":50},"memberName":"DemoMember",'
            '"gmtModifiedBegin":"2025-02-28 00:00:00","gmtModifiedEnd":"2025-02-28 23:59:59"}',
            version="V1.0",
        ),
        "f0e305ae65ad2a8e157f14cf48c89d94",
        "a130c627a60fa762e9c82f55aa6fc5cd",
    ),
}

names = st.text(min_size=1, max_size=12).filter(lambda name: name not in {"sign", "token", "contextid"})
forms = st.dictionaries(names, st.text(max_size=30), max_size=8)


@pytest.mark.parametrize(("form", "expected", "wrong"), VECTORS.values(), ids=VECTORS.keys())
def test_the_worked_vectors_of_the_vendor_contract(form, expected, wrong):
    as_typed = "".join(name + form[name] for name in sorted(form) if name not in {"token", "contextid"})

    assert hashlib.md5(f"{SECRET}{as_typed}{SECRET}".encode()).hexdigest() == wrong
    assert sign(SECRET, form) == expected


@given(forms, st.randoms())
def test_the_order_of_the_parameters_does_not_matter(form, random):
    shuffled = list(form.items())
    random.shuffle(shuffled)

    assert sign(SECRET, dict(shuffled)) == sign(SECRET, form)


@given(forms, st.text(), st.text())
def test_token_contextid_and_an_earlier_signature_are_not_signed(form, token, contextid):
    assert sign(SECRET, {**form, "token": token, "contextid": contextid, "sign": "0" * 32}) == sign(SECRET, form)


@given(st.dictionaries(st.text(st.characters(max_codepoint=126), max_size=8), st.text(max_size=8), max_size=4))
def test_the_case_of_ascii_letters_inside_bizcontent_does_not_matter(content):
    text = json.dumps(content, ensure_ascii=True)

    assert sign(SECRET, {"bizcontent": text.upper()}) == sign(SECRET, {"bizcontent": text.lower()})


@given(st.text("一二三示例仓库０９", min_size=1, max_size=10), st.text("四五六货品调拨", min_size=1, max_size=10))
def test_other_chinese_text_is_another_signature(one, other):
    assert sign(SECRET, {"bizcontent": one}) != sign(SECRET, {"bizcontent": other})


@given(forms)
def test_whoever_decodes_the_posted_form_finds_the_same_signature(form):
    received = dict(parse_qsl(urlencode(signed_form(SECRET, form)), keep_blank_values=True))

    assert received["sign"] == sign(SECRET, received)


def test_a_parameter_without_a_value_is_neither_signed_nor_sent():
    form = parameters("erp.goodscate.get", 15, "{}", memo=None)

    assert signed_form(SECRET, form) == {
        **{name: value for name, value in form.items() if name != "memo"},
        "sign": "be52fce635aa397b826d0cb28f0faf30",
    }


def test_empty_text_is_a_value():
    assert sign(SECRET, {"appkey": "1", "memo": ""}) != sign(SECRET, {"appkey": "1"})
    assert signed_form(SECRET, {"memo": ""})["memo"] == ""
