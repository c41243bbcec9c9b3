"""Settings that narrow or widen what is read: states of refunds, archived documents, trailing days."""

import pytest
from tap_wangdiantong.tap import TapWangdiantong

PERIOD = {"start_date": "2026-03-30", "end_date": "2026-04-01"}


def ids(records, key="stockin_id"):
    return {record[key] for record in records}


@pytest.mark.parametrize(
    ("dialect", "status"), [("openapi", "process_status"), ("flagship", "flagship_process_status")]
)
def test_refunds_that_are_not_settled_can_be_left_out(tap, dialect, status):
    truth = tap.sandbox.show("wangdiantong", "refund_stockins")
    settled = {shown["id"] for shown in truth if shown[status] >= 80 and shown["modified"] < "2026-04-02"}

    everything = ids(tap.read(dialect, streams=("refund_stockins",), **PERIOD).records("refund_stockins"))
    narrowed = tap.read(dialect, streams=("refund_stockins",), refund_process_status_from=80, **PERIOD)

    assert ids(narrowed.records("refund_stockins")) == settled & everything
    assert settled & everything < everything
    assert narrowed.bookmark("refund_stockins") == "2026-04-01T23:59:59+08:00"


def test_the_filter_works_when_its_property_is_not_selected(tap):
    catalog = tap.catalog("refund_stockins", dialect="flagship")
    entry = next(entry for entry in catalog["streams"] if entry["tap_stream_id"] == "refund_stockins")
    for item in entry["metadata"]:
        if tuple(item["breadcrumb"]) == ("properties", "process_status"):
            item["metadata"]["selected"] = False
    chosen = {"refund_process_status_from": 80, **PERIOD}

    with_it = tap.read("flagship", streams=("refund_stockins",), **chosen)
    without = tap.read("flagship", catalog=catalog, **chosen)

    assert ids(without.records("refund_stockins")) == ids(with_it.records("refund_stockins"))


def test_stock_ins_without_a_refund_behind_them_are_left_out_and_that_is_said(tap, caplog):
    config = tap.settings("flagship", refund_process_status_from=80)
    stream = TapWangdiantong(config=config).streams["refund_stockins"]
    rows = stream.rows.decode(b'[{"stockin_id": 1, "process_status": 90}, {"stockin_id": 2}, {"stockin_id": 3}]')

    kept = stream.kept(rows, {}, None)
    stream.kept(rows, {}, None)

    assert [row.key for row in kept] == [1]
    assert caplog.text.count("without process_status are left out") == 1


@pytest.mark.parametrize("dialect", ["openapi", "flagship"])
def test_archived_documents_are_read_when_asked_for_and_none_twice(tap, dialect):
    streams = ("sales_stockouts", "refund_stockins", "trades")
    period = {"start_date": "2026-03-30", "end_date": "2026-03-30", "streams": streams}
    whole = tap.read(dialect, **period)
    tap.sandbox.post("wangdiantong/settings", {"history_before": "2026-03-30 12:00:00"})
    try:
        without, found = tap.read(dialect, **period), tap.read(dialect, history_days=1, **period)
    finally:
        tap.sandbox.post("wangdiantong/settings", {"history_before": ""})

    for name, key in zip(streams, ("stockout_id", "stockin_id", "trade_id"), strict=True):
        assert ids(found.records(name), key) == ids(whole.records(name), key)
        assert len(found.records(name)) == len(whole.records(name))
    assert len(without.records("sales_stockouts")) < len(whole.records("sales_stockouts"))


def test_transfers_that_left_days_before_the_bookmark_are_read_again(tap):
    first = tap.read("flagship", streams=("transfer_stockouts",), **PERIOD)
    again = {"streams": ("transfer_stockouts",), "state": first.states[-1], **PERIOD}

    trailing = tap.read("flagship", **again)
    only_minutes = tap.read("flagship", consign_lookback_days=0, **again)

    assert ids(trailing.records("transfer_stockouts"), "stockout_id") == ids(
        first.records("transfer_stockouts"), "stockout_id"
    )
    assert len(only_minutes.records("transfer_stockouts")) < len(trailing.records("transfer_stockouts"))
    assert trailing.bookmark("transfer_stockouts") == first.bookmark("transfer_stockouts")


def test_a_stream_that_the_dialect_does_not_have_is_not_offered(tap):
    offered = {
        dialect: {entry["tap_stream_id"] for entry in tap.catalog(dialect=dialect)["streams"]}
        for dialect in ("openapi", "qimen", "flagship", "qimen_flagship")
    }

    assert offered["openapi"] == offered["qimen"]
    assert offered["flagship"] == offered["qimen_flagship"]
    assert offered["openapi"] - offered["flagship"] == {"stockins", "stockouts"}
    assert "raw_trades" in offered["flagship"] - offered["openapi"]
