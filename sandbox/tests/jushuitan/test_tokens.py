"""授权: tokens got, renewed and run out (contract 3)."""

import pytest

SHOPS = "/open/shops/query"


def test_expires_in_counts_down_and_a_refresh_fills_it_up(jst, tokens):
    tokens(100)

    first = jst.init()["data"]
    again = jst.refresh(first["refresh_token"])["data"]

    assert 90 <= first["expires_in"] <= 100
    assert again["expires_in"] == 2_592_000
    assert {**again, "expires_in": 0} == {**first, "expires_in": 0}  # the values stay, only the expiry moves
    assert first["scope"] == "all"
    assert jst(SHOPS)["code"] == 0


def test_after_expiry_only_a_new_authorisation_helps(jst, tokens):
    first = jst.init()["data"]
    tokens(0)

    assert jst(SHOPS)["code"] == 100
    assert jst.refresh(first["refresh_token"])["code"] == 100
    second = jst.init()["data"]
    assert second["access_token"] != first["access_token"]
    assert jst(SHOPS)["code"] == 100  # the old one is over
    jst.credentials["access_token"] = second["access_token"]
    assert jst(SHOPS)["code"] == 0


def test_a_refresh_may_give_new_values_and_end_the_old_ones(jst, switch):
    first = jst.init()["data"]
    switch(token_values="new", token_seconds=60)

    second = jst.refresh(first["refresh_token"])["data"]

    assert second["expires_in"] == 60
    assert second["refresh_token"] != first["refresh_token"]
    assert jst(SHOPS)["code"] == 100
    jst.credentials["access_token"] = second["access_token"]
    assert jst(SHOPS)["code"] == 0
    assert jst.refresh(first["refresh_token"])["code"] == 100


def test_a_service_provider_is_given_a_code_and_may_not_refresh(jst, isv):
    asked = {"grant_type": "authorization_code", "code": isv.credentials["code"]}
    given = isv.token("accessToken", **asked)["data"]

    assert given["access_token"] == isv.credentials["access_token"]
    assert isv(SHOPS)["code"] == 0
    assert isv.refresh(given["refresh_token"])["code"] == 150
    assert isv.token("accessToken", **{**asked, "code": "guessed"})["code"] == 100
    assert isv.init()["code"] == 150
    assert jst.token("accessToken", **asked)["code"] == 150


@pytest.mark.parametrize(
    ("call", "fields", "code"),
    [
        ("getInitToken", {"grant_type": "authorization_code"}, 130),
        ("getInitToken", {"grant_type": "refresh_token", "code": "abcdef"}, 0),  # a service in production sends this
        ("getInitToken", {"grant_type": "password", "code": "abcdef"}, 130),
        ("getinittoken", {"grant_type": "authorization_code", "code": "abcdef"}, 0),
        ("refreshToken", {"grant_type": "refresh_token", "scope": "all"}, 130),
        ("refreshToken", {"grant_type": "refresh_token", "refresh_token": "x", "scope": "some"}, 130),
        ("refreshToken", {"grant_type": "refresh_token", "refresh_token": "x", "scope": "all"}, 100),
        ("refreshToken", {"grant_type": "authorization_code", "refresh_token": "x", "scope": "all"}, 130),
    ],
)
def test_token_calls_need_their_fields(jst, call, fields, code):
    assert jst.token(call, **fields)["code"] == code


def test_token_calls_are_signed_and_timed_like_the_others(jst, switch):
    switch(grant_type="documented")
    assert jst.token("getInitToken", grant_type="refresh_token", code="abcdef")["code"] == 130
    jst.overrides = {"sign": "0" * 32}
    assert jst.init()["code"] == 10
    jst.overrides = {}
    jst.clock_offset = 3600
    assert jst.init()["code"] == 140
