"""Runs that go on where an earlier one stopped."""

from datetime import datetime, timezone

import pytest
from erp_sdk.prefetch import _SPARE
from erp_sdk.times import CST
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import SingerSDKError
from tap_kingdee.reading import FormStream, changed_within


def test_the_second_run_reads_what_has_changed_and_nothing_older(tap, bookkeeper):
    changed, *_ = bookkeeper.save_outstocks(2, 1, 1)
    first = tap("outstocks", "sale_orders")
    (added,) = bookkeeper.save_outstocks(4)
    bookkeeper.call("Save", "SAL_OUTSTOCK", {"Model": {"FID": changed, "FNote": "改"}, "IsDeleteEntry": False})

    second = tap("outstocks", "sale_orders", state=first.states[-1], lookback_minutes=0)

    read = {document["FID"]: document for document in second.records("outstocks")}
    assert {changed, added} <= set(read)
    assert read[changed]["FNote"] == "改"
    assert all(d["FModifyDate"] >= first.bookmark("outstocks") for d in read.values())
    orders = second.records("sale_orders")
    assert 0 < len(orders) < len(first.records("sale_orders"))  # those of the bookmark's own second
    assert second.bookmark("outstocks") == max(d["FModifyDate"] for d in read.values())


def test_the_bookmark_is_the_newest_change_that_kingdee_holds(tap, erp_sandbox):
    held = erp_sandbox.show("kingdee", "SAL_SaleOrder")

    reading = tap("sale_orders")

    assert reading.bookmark("sale_orders") == max(d["FModifyDate"] for d in held)[:19] + "+08:00"


def test_lookback_reads_again_but_never_moves_the_bookmark_back(tap):
    first = tap("sale_orders")

    second = tap("sale_orders", state=first.states[-1], lookback_minutes=60 * 24 * 30)

    assert second.records("sale_orders") == first.records("sale_orders")
    assert not second.states or second.bookmark("sale_orders") == first.bookmark("sale_orders")


def test_start_date_and_end_date_bound_what_is_read(tap):
    everything = tap("sale_orders").records("sale_orders")
    times = sorted(order["FModifyDate"] for order in everything)
    start, end = times[len(times) // 3], times[2 * len(times) // 3]

    reading = tap("sale_orders", start_date=start, end_date=end)

    assert [o for o in everything if start <= o["FModifyDate"] <= end] == sorted(
        reading.records("sale_orders"), key=lambda order: order["FID"]
    )
    assert reading.bookmark("sale_orders") == end


def test_windows_cut_the_time_but_lose_nothing(tap):
    whole = tap("sale_orders").records("sale_orders")

    windows = tap("sale_orders", window_minutes=180)

    assert sorted(windows.records("sale_orders"), key=lambda order: order["FID"]) == whole
    assert len(windows.states) > 5
    bookmarks = [state["bookmarks"]["sale_orders"].get("replication_key_value") for state in windows.states]
    assert bookmarks == sorted(bookmarks)


def test_a_stopped_backfill_resumes_at_its_last_whole_window(tap, faults):
    """Windows are read side by side, so the call that fails lies further on than all that may be read ahead."""
    whole = tap("sale_orders").records("sale_orders")
    read_ahead = 4 + _SPARE  # windows, of two calls each at most; before them four for the oldest and newest change
    faults(kind="http_500", nth=4 + 2 * read_ahead + 2)

    with pytest.raises(SingerSDKError, match="HTTP 500") as stopped:
        tap("sale_orders", window_minutes=60, max_tries=1, concurrency=4)
    begun = stopped.value.reading
    rest = tap("sale_orders", window_minutes=60, state=begun.states[-1], lookback_minutes=0)

    read_first = {order["FID"] for order in begun.records("sale_orders")}
    read_then = {order["FID"] for order in rest.records("sale_orders")}
    assert read_first | read_then == {order["FID"] for order in whole}
    assert 0 < len(read_then) < len(whole)


def test_a_backfill_stopped_in_its_first_window_has_no_bookmark_and_begins_anew(tap, faults):
    faults(kind="http_500", nth=6)  # four for the oldest and newest change, then the window's second page

    with pytest.raises(SingerSDKError, match="HTTP 500") as stopped:
        tap("sale_orders", window_minutes=60 * 24 * 30, max_tries=1)

    assert all("sale_orders" not in state["bookmarks"] for state in stopped.value.reading.states)


def test_a_row_without_a_change_time_is_read_though_it_is_newer_than_every_change(tap, monkeypatch):
    """Imported base data 导入: only its creation time tells of it."""
    times = {("FModifyDate", "DESC"): "2026-03-02T09:00:00.5", ("FCreateDate", "DESC"): "2026-03-05T10:11:12"}
    times |= {("FModifyDate", "ASC"): "2026-03-01T00:00:00", ("FCreateDate", "ASC"): "2026-02-27T00:00:00"}
    asked = []

    def query(self, condition, *, fields, order, limit):
        del self, fields
        asked.append(condition)
        return f'[["{times[tuple(order.split())]}"]]'.encode() if limit == 1 else b"[]"

    monkeypatch.setattr(FormStream, "query", query)
    reading = tap("units")

    assert reading.bookmark("units") == "2026-03-05T10:11:12+08:00"
    assert any("FModifyDate is null and FCreateDate>=" in condition for condition in asked)


def test_a_form_without_change_times_is_read_in_full_each_time(tap):
    first = tap("organizations")
    second = tap("organizations", state=first.states[-1] if first.states else None)

    assert second.records("organizations") == first.records("organizations") != []


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001 - bounds


@given(moments)
def test_both_ends_of_a_window_are_included_and_told_in_beijing_time(moment):
    told = moment.astimezone(CST).strftime("%Y-%m-%d %H:%M:%S")

    condition = changed_within(moment, moment)

    assert f"FModifyDate>='{told}'" in condition
    assert condition.count(">=") == 2
    assert "FModifyDate is null and FCreateDate>=" in condition


def test_the_first_window_of_everything_includes_what_has_no_time_at_all():
    condition = changed_within(None, datetime(2026, 1, 5, 23, 59, 59, tzinfo=CST))

    assert ">=" not in condition
    assert "FModifyDate<'2026-01-06 00:00:00'" in condition
    assert "FCreateDate is null" in condition


def test_an_early_start_date_costs_no_calls_for_the_years_before_the_oldest_change(tap, erp_sandbox):
    def asked():
        return sum(erp_sandbox.get("calls")["kingdee"]["ExecuteBillQuery"].values())

    before = asked()
    reading = tap("sale_orders", start_date="1990-01-01")

    assert len(reading.records("sale_orders")) == erp_sandbox.summary("kingdee", "SAL_SaleOrder")["documents"]
    assert asked() - before < 10
