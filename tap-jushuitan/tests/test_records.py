"""What the tap hands on, held against what the sandbox's ERP really holds."""

import json
from decimal import Decimal

import jsonschema_rs
import pytest
from tap_jushuitan.streams import STREAMS, VersionedRows

END = "2026-04-02"
KEYS = {stream.name: stream.primary_keys for stream in STREAMS}
LINE_AMOUNT = {
    "orders": "amount", "sales_outbounds": "sale_amount", "aftersale_receipts": "sale_amount",
    "purchase_ins": "cost_amount", "purchase_returns": "cost_amount", "other_inouts": "cost_amount",
}  # fmt: skip


def keyed(records, stream):
    found = {tuple(str(record[key]) for key in KEYS[stream]): record for record in records}
    assert len(found) == len(records)
    return found


def in_beijing(text):
    return text and text[:19].replace(" ", "T") + "+08:00"


@pytest.mark.parametrize("stream", KEYS)
def test_a_stream_is_complete_and_each_record_is_the_erps_to_the_last_digit_and_keeps_to_its_schema(everything, stream):
    output, documents = everything(stream)
    schema = next(m["schema"] for m in output.messages if m["type"] == "SCHEMA")
    closed = json.dumps(schema).replace('"properties": {', '"additionalProperties": false, "properties": {')
    validator = jsonschema_rs.Draft7Validator(json.loads(closed), validate_formats=True)

    records = keyed(output.records(stream), stream)

    truth = {(d["number"], "0") if stream == "inventory" else (str(d["id"]),): d for d in documents}
    assert len(records) > 3
    assert records.keys() == truth.keys()
    for record in json.loads(json.dumps(list(records.values())[:300], default=float)):
        validator.validate(record)
    for key, record in records.items():
        hold_against(stream, record, truth[key])


def hold_against(stream, record, document):
    if "modified" in document:
        assert record["modified"] == in_beijing(document["modified"])
    if "items" in record and stream != "refunds":
        lines = document["lines"]
        assert record["status"] == document["status"]
        assert [line["sku_id"] for line in record["items"]] == [line["sku_id"] for line in lines]
        assert [line["qty"] for line in record["items"]] == [Decimal(line["quantity"]) for line in lines]
        if amount := LINE_AMOUNT.get(stream):
            assert [line[amount] for line in record["items"]] == [Decimal(line["amount"]) for line in lines]


@pytest.mark.usefixtures("in_april")
@pytest.mark.parametrize("stream", [s.name for s in STREAMS if issubclass(s, VersionedRows) and s.name != "inventory"])
def test_row_versions_and_windows_show_the_same(tap, everything, stream):
    by_window, _ = everything(stream)

    by_version = tap.read(streams=(stream,), start_date="2026-03-30")

    assert keyed(by_version.records(stream), stream) == keyed(by_window.records(stream), stream)


def test_ids_are_numbers_and_absent_amounts_null_whatever_the_interface_sends(everything):
    order, receipt, refund = (
        everything(stream)[0].records(stream)[0] for stream in ("orders", "aftersale_receipts", "refunds")
    )

    assert isinstance(order["wms_co_id"], int)
    assert isinstance(order["freight"], (int, Decimal))
    assert order["platform_free_amount"] is None or isinstance(order["platform_free_amount"], (int, Decimal))
    assert isinstance(receipt["items"][0]["ioi_id"], int)
    assert isinstance(refund["ts"], int)


@pytest.mark.usefixtures("in_april")
def test_purchase_ins_come_in_states_that_the_vendor_hides_unless_asked(tap, everything):
    records = everything("purchase_ins")[0].records("purchase_ins")
    confirmed = tap.read(streams=("purchase_ins",), start_date="2026-03-30", purchase_in_statuses=["Confirmed"])
    older = tap.read(streams=("purchase_ins",), start_date="2026-03-30", end_date=END, purchase_in_route="older")

    assert {record["status"] for record in records} > {"Confirmed"}
    assert {record["status"] for record in confirmed.records("purchase_ins")} == {"Confirmed"}
    assert len(confirmed.records("purchase_ins")) == sum(record["status"] == "Confirmed" for record in records)
    assert confirmed.bookmark("purchase_ins")["replication_key"] == "ts"
    assert keyed(older.records("purchase_ins"), "purchase_ins").keys() == keyed(records, "purchase_ins").keys()


def test_stock_is_read_for_each_warehouse_that_is_asked_for_and_later_only_what_has_changed(tap, everything):
    total = {row["sku_id"]: row["qty"] for row in everything("inventory")[0].records("inventory")}
    codes = [warehouse["wms_co_id"] for warehouse in everything("warehouses")[0].records("warehouses")]

    run = {"streams": ("inventory",), "start_date": None, "inventory_warehouses": codes}
    first = tap.read(**run)
    second = tap.read(**run, state=first.state)

    sums = dict.fromkeys(total, 0)
    for row in keyed(first.records("inventory"), "inventory").values():
        sums[row["sku_id"]] += row["qty"]
    assert {row["wms_co_id"] for row in first.records("inventory")} == set(codes)
    assert sums == total
    assert len(second.records("inventory")) <= len(codes)


def test_a_period_of_the_books_is_read_by_the_documents_own_date(tap):
    truth = [d for d in tap.sandbox.show("jushuitan", "sales_outbounds") if (d["happened"] or "")[:10] == "2026-03-30"]

    output = tap.read(filter_by="document_date", start_date="2026-03-30", end_date="2026-03-30")

    shipped = {record["io_id"] for record in output.records()}
    assert shipped
    assert {record["io_date"][:10] for record in output.records()} == {"2026-03-30"}
    assert shipped == {d["id"] for d in truth if d["status"] in {record["status"] for record in output.records()}}
    assert output.bookmark()["replication_key"] == "io_date"


def test_the_older_distributors_can_be_read_as_a_whole(tap, everything):
    by_window = everything("distributors_legacy")[0].records("distributors_legacy")

    whole = tap.read(streams=("distributors_legacy",), distributors_whole=True, start_date=None)

    assert whole.bookmark("distributors_legacy") == {}
    assert keyed(whole.records("distributors_legacy"), "distributors_legacy") == keyed(by_window, "distributors_legacy")


def test_a_table_that_fits_on_one_page_takes_one_call(tap):
    before = tap.calls().get("/open/wms/partner/query", {}).get("ok", 0)

    tap.read(streams=("warehouses",))

    assert tap.calls()["/open/wms/partner/query"]["ok"] == before + 1


def test_a_stream_map_sees_plain_records(tap):
    chosen = {"io_id": "io_id", "number": "io_id", "double": "pay_amount * 2", "__else__": None}

    mapped = tap.read(start_date="2026-03-30", end_date=END, stream_maps={"sales_outbounds": chosen})

    assert mapped.records()
    assert all(record["number"] == record["io_id"] and record["double"] is not None for record in mapped.records())
