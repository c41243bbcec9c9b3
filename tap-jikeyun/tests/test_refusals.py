"""What a user sees when something is wrong: one sentence, the right exit code, no secret; and calls that go wrong."""

from datetime import timedelta

import pytest
from erp_sdk import times
from erp_sdk.command import UserError, explain
from singer_sdk.exceptions import SingerSDKError
from tap_jikeyun import client
from tap_jikeyun.client import TimeFilter
from tap_jikeyun.streams import StockOuts, Transfers, WmsOrders
from tap_jikeyun.tap import TapJikeyun

WRONG = "wrong-4711-secret"


@pytest.fixture
def switch(tap):
    """Turn switches of the sandbox; they are put back afterwards."""
    usual = tap.sandbox.post("jikeyun/settings")
    yield lambda **changes: tap.sandbox.post("jikeyun/settings", changes)
    tap.sandbox.post("jikeyun/settings", usual)


@pytest.fixture
def faults(tap):
    def plan(*entries):
        tap.sandbox.post("faults", [{"vendor": "jikeyun", "call": "*", **entry} for entry in entries])

    yield plan
    fired = [fault["fired"] for fault in tap.sandbox.get("faults")["faults"]]
    tap.sandbox.clear_faults()
    assert all(fired)


def refusal(reader, *streams, **changes):
    """Run in this process; return the sentence and the exit code that the command would give."""
    with pytest.raises((SingerSDKError, UserError)) as refused:
        reader.read(*(streams or ("warehouses",)), **changes)
    return explain(refused.value)


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"appsecret": WRONG}, 1, "appsecret (应用密钥)"),
        ({"appkey": "99"}, 1, "check appkey"),
        ({"appkey": "nobody"}, 1, "check appkey"),
        ({"base_url": "http://127.0.0.1:9/do"}, 1, "cannot be reached"),
        ({"appkey": None}, 2, "'appkey' is a required property"),
        ({"refused_streams": "ignore"}, 2, "'ignore' is not one of"),
        ({"start_date": "tomorrow", "streams": ("transfers",)}, 2, "start_date is 'tomorrow'"),
        ({"start_date": None, "streams": ("transfers",)}, 2, "set start_date"),
        ({"member_name": None, "streams": ("refunds",)}, 2, "member_name (会员名)"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(tap, changes, code, says):
    streams = changes.get("streams", ())

    sentence, exit_code = refusal(tap, *streams, **{k: v for k, v in changes.items() if k != "streams"})

    assert exit_code == code
    assert says in sentence
    assert "\n" not in sentence


def test_the_command_ends_with_the_sentence_and_shows_no_secret(tap):
    output = tap.command(tap.settings(appsecret=WRONG), streams=("warehouses",))

    assert output.code == 1
    last = output.stderr.strip().splitlines()[-1]
    assert last.startswith("tap-jikeyun: ")
    assert "contextId" in last
    assert "Traceback" not in output.stderr
    assert WRONG not in output.stderr + output.stdout


def test_a_page_that_is_no_api_is_named(tap):
    sentence, _ = refusal(tap, base_url=f"{tap.sandbox.url}/_sandbox/credentials")

    assert "base_url" in sentence


def test_a_wrong_clock_is_said(tap, monkeypatch):
    monkeypatch.setattr(client, "now", lambda: times.now() + timedelta(hours=2))

    sentence, code = refusal(tap)

    assert code == 1
    assert "clock" in sentence


@pytest.mark.parametrize(("stream", "longer"), [("trades", timedelta(days=8)), ("wms_orders", timedelta(hours=25))])
def test_a_window_longer_than_allowed_says_which_setting(tap, monkeypatch, stream, longer):
    chosen = {"trades": client.ChangedRows, "wms_orders": WmsOrders}[stream]
    monkeypatch.setattr(chosen, "longest_window", longer, raising=False)
    if stream == "trades":
        monkeypatch.setattr("tap_jikeyun.streams.Trades.longest_window", longer)

    sentence, code = refusal(tap, stream, end_date="2026-04-30")

    assert code == 1
    assert "window_minutes" in sentence


def test_streams_of_methods_that_are_not_subscribed_do_not_stop_the_others(tap, switch):
    switch(subscribed="erp.warehouse.get,erp.vend.get,erp.allocate.*")

    output = tap.command(tap.settings(), streams=("transfers", "trades", "goods", "warehouses", "vendors"))

    assert output.code == 1
    assert all(output.records(stream) for stream in ("transfers", "warehouses", "vendors"))
    last = output.stderr.strip().splitlines()[-1]
    assert "2 of the streams could not be read" in last
    assert "oms.trade.fullinfoget" in last
    assert "erp.storage.goodslist" in last
    assert "订阅接口" in last
    assert set(output.states[-1]["bookmarks"]) >= {"transfers"}
    assert "replication_key_value" not in output.states[-1]["bookmarks"].get("trades", {})


def test_a_run_with_refused_streams_may_end_well_if_that_is_wanted(tap, switch):
    switch(subscribed="erp.warehouse.get")

    output = tap.read("trades", "warehouses", refused_streams="warn")

    assert output.records("warehouses")
    assert not output.records("trades")


def test_a_quota_that_is_used_up_is_not_hammered_at(tap, switch):
    switch(quota=1)
    tap.sandbox.post("limits", {"limits": "real"})
    before = refused_calls(tap)
    try:
        sentence, code = refusal(tap, "transfers", "warehouses", page_size=20, concurrency=1)
    finally:
        tap.sandbox.post("limits", {"limits": "off"})
        tap.sandbox.post("jikeyun/reset-quota")

    assert code == 1
    assert "额度" in sentence
    assert refused_calls(tap) - before == 1 + ("2 of the streams" in sentence)


def refused_calls(reader):
    counted = reader.sandbox.get("calls").get("jikeyun", {})
    return sum(number for outcomes in counted.values() for outcome, number in outcomes.items() if outcome != "ok")


def test_a_filter_that_the_vendor_ignores_is_found_out(tap, monkeypatch):
    monkeypatch.setattr(Transfers, "filters", (TimeFilter("startCreatedTime", "endCreatedTime", "gmtCreate"),))

    sentence, code = refusal(tap, "transfers", start_date="2026-03-30", end_date="2026-03-30 12:00:00")

    assert code == 1
    assert "startCreatedTime" in sentence
    assert "gmtCreate" in sentence


def test_a_row_without_the_time_that_was_asked_for_is_found_out(tap, monkeypatch):
    monkeypatch.setattr(StockOuts, "filters", (TimeFilter("gmtModifiedStart", "gmtModifiedEnd", "logisticCode"),))

    sentence, code = refusal(tap, "stock_outs")

    assert code == 1
    assert "logisticCode" in sentence


@pytest.mark.parametrize("stream", ["stock_outs", "transfers", "channels"])
def test_the_same_page_for_ever_is_found_out(tap, switch, stream):
    switch(same_page="*")

    sentence, code = refusal(tap, stream, page_size=30)

    assert code == 1
    assert "page" in sentence or "again and again" in sentence


@pytest.mark.parametrize("page_size", [12, 20, 30, 200])
def test_a_count_that_is_too_small_loses_nothing(tap, switch, page_size):
    switch(totals="half")

    records = tap.read("transfers", page_size=page_size).records("transfers")

    assert len(records) == len(tap.sandbox.show("jikeyun", "transfers"))


def test_an_isv_application_reads_with_the_merchants_token(tap):
    isv = tap.sandbox.credentials["jikeyun"]["isv"]

    assert tap.read("warehouses", **isv).records("warehouses")
    sentence, code = refusal(tap, **{**isv, "token": "wrong"})
    assert code == 1
    assert "商家授权 token" in sentence


def test_a_scroll_that_is_forgotten_is_walked_again(tap, switch, faults):
    switch(scroll_seconds=1)
    faults({"kind": "slow", "call": "oms.trade.fullinfoget", "nth": 2, "seconds": 2.2})

    records = tap.read("trades", page_size=100).records("trades")

    assert {record["tradeId"] for record in records} == {d["id"] for d in tap.sandbox.show("jikeyun", "trades")}


KINDS = ["reset_after", "throttle", "short_circuited"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_fails_now_and_then_loses_nothing(tap, faults, kind):
    faults({"kind": kind, "every": 4})

    output = tap.read("transfers", "trades", page_size=40)

    for stream, key in (("transfers", "allocateId"), ("trades", "tradeId")):
        truth = {document["id"] for document in tap.sandbox.show("jikeyun", stream)}
        assert {record[key] for record in output.records(stream)} == truth


def test_the_connection_can_be_tested_without_what_only_one_stream_needs(tap):
    assert TapJikeyun(config=tap.settings(member_name=None)).run_connection_test()


def test_a_test_of_the_connection_says_what_is_not_subscribed(tap, switch):
    switch(subscribed="erp.*")

    with pytest.raises(SingerSDKError, match=r"oms\.trade\.fullinfoget"):
        TapJikeyun(config=tap.settings()).run_connection_test()
