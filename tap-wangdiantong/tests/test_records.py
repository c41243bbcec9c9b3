"""What the tap hands on, held against what the sandbox's ERP really holds."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from tap_wangdiantong.streams import STREAMS
from tap_wangdiantong.tap import TapWangdiantong

DIALECTS = ("openapi", "flagship", "qimen", "qimen_flagship")
NOT_SHIPPED = "55"

everywhere = pytest.mark.parametrize("dialect", DIALECTS)


def totals(documents):
    lines = [line for document in documents for line in document["details_list"]]
    amounts = [Decimal(line["goods_count"]) * Decimal(line["sell_price"]) for line in lines]
    return {
        "documents": len({document["stockout_id"] for document in documents}),
        "lines": len(lines),
        "quantity": sum(Decimal(line["goods_count"]) for line in lines),
        "amount": sum(amount.quantize(Decimal("0.01"), ROUND_HALF_UP) for amount in amounts),
    }


def in_beijing(text):
    return text and text.replace(" ", "T") + "+08:00"


@everywhere
def test_documents_lines_quantity_and_amount_are_the_erps(tap, dialect):
    truth = tap.sandbox.summary("wangdiantong", "sales_stockouts")["by_status"]
    wanted = [sums for status, sums in truth.items() if status != NOT_SHIPPED]

    found = totals(tap.read(dialect).records())

    assert found == {name: sum(Decimal(sums[name]) for sums in wanted) for name in found}


@everywhere
def test_a_document_is_the_erps_to_the_last_digit(tap, dialect):
    truth = {document["stockout_id"]: document for document in tap.sandbox.show("wangdiantong", "sales_stockouts")}

    for record in tap.read(dialect, start_date="2026-03-31", end_date="2026-03-31 16:00:00").records():
        document = truth[record["stockout_id"]]
        assert record["order_no"] == document["order_no"]
        assert record.get("consign_time") == in_beijing(document["consign_time"])
        assert record["modified"] == in_beijing(document["modified"])
        assert record["remark"] == document["remark"]
        assert record["fenxiao_nick"] == document["fenxiao_nick"]
        lines = {line["rec_id"]: line for line in record["details_list"]}
        assert len(lines) == len(document["details"])
        for line in document["details"]:
            assert lines[line["rec_id"]]["goods_no"] == line["goods_no"]
            for amount in ("goods_count", "sell_price", "share_amount"):
                assert Decimal(lines[line["rec_id"]][amount]) == Decimal(line[amount])


@everywhere
def test_codes_are_text_in_every_dialect(tap, dialect):
    records = tap.read(dialect, start_date="2026-03-31").records()

    cancelled_and_shipped = {"openapi": {"5", "95", "105", "110", "113"}, "flagship": {"5", "110"}}
    family = "flagship" if "flagship" in dialect else "openapi"
    assert {record["status"] for record in records} == cancelled_and_shipped[family]
    assert all(isinstance(line["gift_type"], str) for record in records for line in record["details_list"])


@everywhere
def test_disabled_shops_and_warehouses_are_read_unless_told_otherwise(tap, dialect):
    def disabled(**changes):
        output = tap.read(dialect, streams=("warehouses",), **changes)
        return [warehouse["warehouse_no"] for warehouse in output.records("warehouses") if warehouse["is_disabled"]]

    assert disabled()
    assert disabled(include_disabled=False) == []


def test_goods_come_with_their_specs_and_unique(tap):
    goods = tap.read(streams=("goods",)).records("goods")

    assert len({good["goods_id"] for good in goods}) == len(goods)
    assert all(good["spec_list"][0]["spec_no"] == f"{good['goods_no']}-1" for good in goods)


def test_asking_for_all_statuses_at_once_gives_the_same_in_fewer_calls(tap):
    one_by_one = {record["stockout_id"] for record in tap.read().records()}

    assert {record["stockout_id"] for record in tap.read(status_list=True).records()} == one_by_one


def test_the_statuses_can_be_chosen(tap):
    records = tap.read(statuses=["55", "113"]).records()

    assert {record["status"] for record in records} == {"55", "113"}


@everywhere
def test_windows_can_be_about_the_time_of_shipping(tap, dialect):
    output = tap.read(dialect, filter_by="consign_time", start_date="2026-03-31", end_date="2026-03-31")
    truth = tap.sandbox.show("wangdiantong", "sales_stockouts")
    shipped = {d["stockout_id"] for d in truth if str(d["status"]) in ("95", "105", "110", "113")}
    that_day = {d["stockout_id"] for d in truth if (d["consign_time"] or "").startswith("2026-03-31")} & shipped

    assert {record["stockout_id"] for record in output.records()} & shipped == that_day
    assert output.states[-1]["bookmarks"]["sales_stockouts"]["replication_key"] == "consign_time"


def test_deselected_properties_are_neither_in_records_nor_in_the_schema(tap):
    catalog = tap.catalog("sales_stockouts")
    entry = next(entry for entry in catalog["streams"] if entry["tap_stream_id"] == "sales_stockouts")
    for item in entry["metadata"]:
        if tuple(item["breadcrumb"][1:]) in {("remark",), ("details_list",), ("stockout_id",)}:
            item["metadata"]["selected"] = False

    output = tap.read(catalog=catalog, start_date="2026-03-31")

    schema = next(m["schema"] for m in output.messages if m["type"] == "SCHEMA")["properties"]
    for properties in (schema, *output.records()):
        assert "remark" not in properties
        assert "details_list" not in properties
        assert "stockout_id" in properties


def test_a_stream_map_sees_plain_records(tap):
    chosen = {
        "sales_stockouts": {
            "stockout_id": "stockout_id",
            "number": "order_no",
            "double": "goods_count * 2",
            "__else__": None,
        }
    }

    records = tap.read(stream_maps=chosen, start_date="2026-03-31").records()

    assert records
    assert all(record["number"].startswith("CK") and record["double"] is not None for record in records)


def test_flattening_works_on_plain_records_too(tap):
    output = tap.read(flattening_enabled=True, flattening_max_depth=1, start_date="2026-03-31")

    assert isinstance(output.records()[0]["details_list"], str)


def test_a_full_table_can_announce_its_version(tap):
    output = tap.read(streams=("shops",), emit_activate_version_messages=True)

    announced = next(m for m in output.messages if m["type"] == "ACTIVATE_VERSION")
    versions = {m["version"] for m in output.messages if m["type"] == "RECORD"}
    assert versions == {announced["version"]}


def test_every_record_says_when_it_was_extracted(tap):
    output = tap.read(streams=("shops",))

    assert all(m["time_extracted"].endswith("+00:00") for m in output.messages if m["type"] == "RECORD")


@pytest.mark.parametrize("stream", STREAMS)
def test_every_property_of_a_schema_has_a_chinese_description(stream):
    dialect = "openapi" if stream.enterprise else "flagship"
    tap = TapWangdiantong(config={"dialect": dialect}, validate_config=False, setup_mapper=False)

    def undescribed(schema, path=""):
        for name, declared in schema["properties"].items():
            if not any("\u4e00" <= letter <= "\u9fff" for letter in declared.get("description", "")):
                yield f"{path}{name}"
            if "items" in declared:
                yield from undescribed(declared["items"], f"{path}{name}.")

    assert list(undescribed(tap.streams[stream.name].schema)) == []
