import json
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tap_jushuitan.signing import sign, sign_legacy, signed_form

SECRET = "demosecret0002"
PUBLIC = {
    "access_token": "demotoken0003",
    "app_key": "demoappkey0001",
    "charset": "utf-8",
    "timestamp": "1767225600",
    "version": "2",
}
WINDOW = {
    "page_index": 1,
    "page_size": 50,
    "modified_begin": "2026-01-01 00:00:00",
    "modified_end": "2026-01-02 00:00:00",
    "names": ["示例供应商甲"],
}
COMPACT_BIZ = json.dumps(WINDOW, ensure_ascii=False, separators=(",", ":"))
MIXED_BIZ = (
    '{"page_index":"1","page_size":"50","status":"","shop_id":null,'
    '"so_ids":["SO-1","SO-2"],"start_ts":1,"is_get_total":false}'
)
FIRST_TOKEN = {
    "app_key": "demoappkey0001",
    "charset": "utf-8",
    "code": "aB3dE9",
    "grant_type": "authorization_code",
    "timestamp": "1767225600",
}
REFRESHED_TOKEN = {
    "app_key": "demoappkey0001",
    "charset": "utf-8",
    "grant_type": "refresh_token",
    "refresh_token": "demorefresh0004",
    "scope": "all",
    "timestamp": "1767225600",
}
VECTORS = {
    "V1 getInitToken": (FIRST_TOKEN, "229b2de33075d664c0f5dc79136e5008"),
    "V2 Chinese text kept raw": ({**PUBLIC, "biz": COMPACT_BIZ}, "b9149cfc7255072961332e545c8aaed8"),
    "V3 the same call with spaces and escapes": (
        {**PUBLIC, "biz": json.dumps(WINDOW)},
        "7a9b2aa4b2b06b061a4327f50633df47",
    ),
    "V4 empty biz, empty and missing fields": (
        {**PUBLIC, "biz": "{}", "state": "", "memo": None},
        "f566a2af2c263def53a6698b683063b5",
    ),
    "V5 list, null and empty text inside biz": ({**PUBLIC, "biz": MIXED_BIZ}, "753bb0a5343f86f8a70a7826bbda9b35"),
    "V6 refreshToken": (REFRESHED_TOKEN, "34083397aad97b6c1a8df52cac4381b0"),
}
WIRE_V2 = (
    "access_token=demotoken0003&app_key=demoappkey0001&biz=%7B%22page_index%22%3A1%2C%22page_size%22%3A50%2C"
    "%22modified_begin%22%3A%222026-01-01+00%3A00%3A00%22%2C%22modified_end%22%3A%222026-01-02+00%3A00%3A00%22%2C"
    "%22names%22%3A%5B%22%E7%A4%BA%E4%BE%8B%E4%BE%9B%E5%BA%94%E5%95%86%E7%94%B2%22%5D%7D&charset=utf-8"
    "&timestamp=1767225600&version=2&sign=b9149cfc7255072961332e545c8aaed8"
)

names = st.text(min_size=1, max_size=12).filter(lambda name: name != "sign")
values = st.text(min_size=1, max_size=30)
forms = st.dictionaries(names, values, max_size=8)


@pytest.mark.parametrize(("form", "expected"), VECTORS.values(), ids=VECTORS.keys())
def test_the_worked_vectors_of_the_vendor_contract(form, expected):
    assert sign(SECRET, form) == expected


def test_the_posted_form_is_the_worked_one_byte_for_byte():
    posted = urlencode(signed_form(SECRET, {**PUBLIC, "biz": COMPACT_BIZ}))

    assert sorted(posted.split("&")) == sorted(WIRE_V2.split("&"))


def test_empty_fields_are_neither_signed_nor_sent():
    form = signed_form(SECRET, VECTORS["V4 empty biz, empty and missing fields"][0])

    assert set(form) == {*PUBLIC, "biz", "sign"}
    assert form["sign"] != "ae8461b28281d166fe5acc062220e3de"  # what signing them literally would give


def test_a_number_is_signed_as_it_is_sent():
    assert sign(SECRET, {**PUBLIC, "timestamp": 1767225600, "version": 2}) == sign(SECRET, PUBLIC)


def test_a_zero_has_a_value_and_is_signed():
    assert signed_form(SECRET, {"page": 0})["page"] == "0"
    assert sign(SECRET, {"page": 0}) != sign(SECRET, {})


@given(forms, st.randoms())
def test_the_order_of_the_fields_does_not_matter(form, random):
    shuffled = list(form.items())
    random.shuffle(shuffled)

    assert sign(SECRET, dict(shuffled)) == sign(SECRET, form)


@given(forms)
def test_a_signature_that_is_already_there_does_not_matter(form):
    assert sign(SECRET, {**form, "sign": "of an earlier attempt"}) == sign(SECRET, form)


@given(forms)
def test_whoever_decodes_the_posted_form_finds_the_same_signature(form):
    received = dict(parse_qsl(urlencode(signed_form(SECRET, form)), keep_blank_values=True))

    assert received["sign"] == sign(SECRET, received)


@given(st.dictionaries(st.sampled_from(["names", "so_ids", "备注"]), st.lists(st.text(max_size=10)), min_size=1))
def test_another_spelling_of_the_same_biz_is_another_signature(biz):
    compact = json.dumps(biz, ensure_ascii=False, separators=(",", ":"))
    spaced = json.dumps(biz, ensure_ascii=False, indent=1)
    assume(compact != spaced)

    assert sign(SECRET, {**PUBLIC, "biz": compact}) != sign(SECRET, {**PUBLIC, "biz": spaced})


def test_the_worked_vector_of_the_legacy_gateway():
    signature = sign_legacy(
        "demopartnerkey02",
        method="shops.query",
        partner_id="demopartner01",
        token="demolegacytoken03",
        timestamp=1767225600,
    )

    assert signature == "1d3fa532fac665ff0efe9ed317d00e78"
