"""What a user sees when something is set wrong: one sentence, the right exit code, no traceback, no secret."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from erp_sdk import times
from erp_sdk.command import UserError, explain
from singer_sdk.exceptions import SingerSDKError
from tap_wangdiantong import client
from tap_wangdiantong.streams import SalesStockouts

ALL_DIALECTS = ("openapi", "flagship", "qimen", "qimen_flagship")
WRONG = "wrong-4711-secret"


def sentence_of(output):
    last = output.stderr.strip().splitlines()[-1]
    assert "Traceback" not in output.stderr
    assert last.startswith("tap-wangdiantong: ")
    return last


def refusal(reader, dialect="openapi", /, **changes):
    """Run in this process; return the sentence and the exit code that the command would give."""
    with pytest.raises((SingerSDKError, UserError)) as refused:
        reader.read(dialect, **changes)
    return explain(refused.value)


@pytest.mark.parametrize("dialect", ALL_DIALECTS)
def test_a_wrong_secret_is_named_and_not_shown(tap, dialect):
    secret = "app_secret" if dialect == "qimen" else "appsecret"
    value = f"{WRONG}:not-a-real-salt-flagship" if "flagship" in dialect else WRONG

    output = tap.command(tap.settings(dialect, **{secret: value}))

    assert output.code == 1
    assert secret in sentence_of(output)
    assert WRONG not in output.stderr + output.stdout


@pytest.mark.parametrize("dialect", ["openapi", "flagship", "qimen"])
def test_an_unknown_seller_is_named(tap, dialect):
    sentence, code = refusal(tap, dialect, sid="nobody")

    assert code == 1
    assert "sid" in sentence


def test_an_unknown_gateway_app_is_named(tap):
    sentence, code = refusal(tap, "qimen", app_key="99999999")

    assert code == 1
    assert "app_key" in sentence


def test_an_unreachable_host_is_given_up_soon(tap):
    output = tap.command(tap.settings(base_url="http://127.0.0.1:9/openapi2/"))

    assert output.code == 1
    assert "http://127.0.0.1:9/openapi2/" in sentence_of(output)
    assert "cannot be reached" in sentence_of(output)
    assert "base_url" in sentence_of(output)


def test_a_page_that_is_no_api_is_named(tap):
    sentence, code = refusal(tap, base_url=f"{tap.sandbox.url}/_sandbox/wangdiantong/nowhere/")

    assert code == 1
    assert "base_url" in sentence


def test_html_instead_of_an_answer_is_said_so(tap):
    tap.sandbox.post("faults", [{"vendor": "wangdiantong", "call": "*", "every": 1, "kind": "html"}])
    try:
        sentence, code = refusal(tap)
    finally:
        tap.sandbox.clear_faults()

    assert code == 1
    assert "<" in sentence
    assert "gateway" in sentence


@pytest.mark.parametrize("dialect", ALL_DIALECTS)
def test_a_wrong_clock_is_said_with_both_times(tap, dialect, monkeypatch):
    monkeypatch.setattr(client, "now", lambda: times.now() + timedelta(hours=2))

    sentence, code = refusal(tap, dialect)

    assert code == 1
    assert "clock" in sentence


@pytest.mark.parametrize("dialect", ALL_DIALECTS)
def test_a_window_longer_than_allowed_says_which_setting(tap, dialect, monkeypatch):
    family = "flagship" if "flagship" in dialect else "enterprise"
    declared = getattr(SalesStockouts, family)
    monkeypatch.setattr(SalesStockouts, family, replace(declared, window=declared.window * 2))

    sentence, code = refusal(tap, dialect, start_date="2026-01-01", end_date="2026-03-31")

    assert code == 1
    assert "window_minutes" in sentence


def test_a_wider_window_than_the_vendors_is_not_asked_for(tap):
    assert tap.read("flagship", window_minutes=600).records()


@pytest.mark.parametrize(
    ("switch", "says"), [("disabled", "interface account"), ("otp", "动态口令"), ("ip", "address")]
)
def test_an_account_that_is_locked_says_why(tap, switch, says):
    tap.sandbox.post("wangdiantong/settings", {"account": switch})
    try:
        sentence, code = refusal(tap, "flagship")
    finally:
        tap.sandbox.post("wangdiantong/settings", {"account": "ok"})

    assert code == 1
    assert says in sentence


def test_a_rate_limit_that_does_not_end_says_what_to_lower(tap):
    tap.sandbox.post("faults", [{"vendor": "wangdiantong", "call": "*", "every": 1, "kind": "throttle"}])
    try:
        sentence, code = refusal(tap, max_tries=3)
    finally:
        tap.sandbox.clear_faults()

    assert code == 1
    assert "calls_per_minute" in sentence


def test_a_page_size_that_is_refused_is_named(tap):
    tap.sandbox.post("wangdiantong/settings", {"page_size_over": "error"})
    try:
        sentence, code = refusal(tap, page_size=500)
    finally:
        tap.sandbox.post("wangdiantong/settings", {"page_size_over": "clamp"})

    assert code == 1
    assert "page_size" in sentence


@pytest.mark.parametrize(
    ("dialect", "missing", "says"),
    [
        ("openapi", "appsecret", "appsecret (接口密钥)"),
        ("flagship", "sid", "sid (卖家账号)"),
        ("qimen", "target_app_key", "target_app_key"),
        ("qimen_flagship", "appkey", "appkey (接口账号)"),
        ("openapi", "dialect", "'dialect' is a required property"),
    ],
)
def test_a_missing_setting_is_asked_for_by_both_its_names(tap, dialect, missing, says):
    sentence, code = refusal(tap, dialect, **{missing: None})

    assert code == 2
    assert says in sentence


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dialect": "openapi2"}, "'openapi2' is not one of"),
        ({"dialect": "flagship"}, "secret:salt"),
        ({"start_date": "tomorrow"}, "start_date is 'tomorrow'"),
        ({"start_date": None}, "set start_date"),
        ({"end_date": "2026-13-01"}, "end_date is '2026-13-01'"),
        ({"page_size": "many"}, "'many' is not of type"),
    ],
)
def test_a_wrong_setting_says_what_is_expected(tap, changes, says):
    sentence, code = refusal(tap, **changes)

    assert code == 2
    assert says in sentence


def test_a_wrong_setting_ends_the_command_with_2(tap):
    output = tap.command(tap.settings(appsecret=None))

    assert output.code == 2
    assert "appsecret (接口密钥)" in sentence_of(output)


def test_a_secret_of_the_wrong_type_is_not_shown_either(tap):
    output = tap.command(tap.settings(appsecret=471147114711))

    assert output.code == 2
    assert "471147114711" not in output.stderr + output.stdout


def test_a_bookmark_that_is_no_time_names_the_stream(tap):
    state = {"bookmarks": {"sales_stockouts": {"replication_key": "modified", "replication_key_value": "soon"}}}

    sentence, code = refusal(tap, state=state)

    assert code == 2
    assert "sales_stockouts" in sentence
    assert "soon" in sentence


def test_discovery_and_about_need_no_account(tap):
    discovered = tap.command({}, "--discover")
    about = tap.command({}, "--about", "--format=json")

    assert (discovered.code, about.code) == (0, 0)
    assert '"sales_stockouts"' in discovered.stdout
    assert "接口密钥" in json.loads(about.stdout)["settings"]["properties"]["appsecret"]["description"]


def test_the_connection_can_be_tested(tap):
    (tap.folder / "test.json").write_text(json.dumps(tap.settings()))

    output = tap.command({}, "--config", str(tap.folder / "test.json"), "--test")

    assert output.code == 0
    assert len(output.records()) == 1


def test_secrets_are_never_put_out(tap):
    for dialect in ("flagship", "qimen_flagship"):
        config = tap.settings(dialect, start_date="2026-03-31 04:00:00", end_date="2026-03-31 06:00:00")

        output = tap.command(config)

        assert output.code == 0
        for name in ("appsecret", "app_secret"):
            for part in config.get(name, "no secret here").split(":"):
                assert part not in output.stderr + output.stdout
