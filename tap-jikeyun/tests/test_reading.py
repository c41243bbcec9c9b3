"""What the tap hands on, held against what the sandbox's ERP really holds."""

import json
from decimal import Decimal

import jsonschema_rs
import pytest
from tap_jikeyun.streams import STREAMS
from tap_jikeyun.tap import TapJikeyun

CHECKED_EVERY = 5  # records of one stream have one shape
LONG_AGO = {"goods": "2025-01-01"}
NUMBERED = ("wms_orders", "refunds", "return_changes")
LINES = {
    "transfers": ("stockAllocateDetailViews", "skuCount", "totalAmount"),
    "trades": ("goodsDetail", "sellCount", "sellTotal"),
    "stock_outs": ("goodsDocDetailList", "quantity", None),
    "stock_ins": ("goodsDocDetailList", "quantity", None),
    "wms_orders": ("goodsDetail", "sellCount", None),
    "return_changes": ("returnChangeGoodsDetail", "returnCount", "returnTotal"),
    "refunds": ("tradeAfterOnlineGoodsDTOList", "refundCount", "refundTotal"),
}


def sums(documents, lines, quantity, amount):
    found = [line for document in documents for line in document[lines]]
    return {
        "documents": len(documents),
        "lines": len(found),
        "quantity": sum(Decimal(str(line[quantity])) for line in found),
        "amount": sum(Decimal(str(line[amount])) for line in found) if amount else None,
    }


def validator(output):
    schema = next(m["schema"] for m in output.messages if m["type"] == "SCHEMA")
    closed = json.loads(json.dumps(schema).replace('"properties"', '"additionalProperties": false, "properties"'))
    return jsonschema_rs.Draft7Validator(closed, validate_formats=True)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_gives_what_the_erp_holds_once_each_and_in_its_schemas_types(tap, stream):
    name, key = stream.name, stream.primary_keys[0]
    truth = tap.sandbox.show("jikeyun", name)

    output = tap.read(name, start_date=LONG_AGO.get(name, "2026-03-30"))

    records = output.records(name)
    numbered = "number" if name in NUMBERED else "id"
    assert truth
    assert sorted(record[key] for record in records) == sorted(document[numbered] for document in truth)
    check = validator(output)
    for record in json.loads(json.dumps(records[::CHECKED_EVERY], default=float)):
        check.validate(record)
    if name in LINES:
        lines, quantity, amount = LINES[name]
        wanted = sums(truth, "lines", "quantity", "amount" if amount else None)
        assert sums(records, lines, quantity, amount) == wanted
        modified = {document[numbered]: document["modified"].replace(" ", "T") + "+08:00" for document in truth}
        assert {record[key]: record["gmtModified"] for record in records} == modified


def test_a_bookmark_is_left_by_streams_that_are_read_by_time_and_no_other(tap):
    output = tap.read("trades", "transfers", "vendors", end_date="2026-03-31")

    assert output.bookmark("trades") == output.bookmark("transfers") == "2026-03-31T23:59:59+08:00"
    assert output.states[-1]["bookmarks"]["vendors"] == {}


def test_a_run_takes_up_where_the_last_one_ended_without_gap_or_overlap(tap):
    whole = {record["recId"] for record in tap.read("stock_ins").records("stock_ins")}

    first = tap.read("stock_ins", end_date="2026-03-30 12:00:00")
    second = tap.read("stock_ins", state=first.states[-1], lookback_minutes=0)

    halves = [{record["recId"] for record in half.records("stock_ins")} for half in (first, second)]
    assert all(halves)
    assert halves[0] | halves[1] == whole
    at_the_seam = {r["recId"] for r in first.records("stock_ins") if r["gmtModified"] == "2026-03-30T12:00:00+08:00"}
    assert halves[0] & halves[1] == at_the_seam


def test_deselected_columns_are_neither_asked_for_nor_given(tap):
    catalog = tap.catalog("trades")
    entry = next(entry for entry in catalog["streams"] if entry["tap_stream_id"] == "trades")
    columns = entry["schema"]["properties"]["goodsDetail"]["items"]["properties"]
    unwanted = [("properties", name) for name in ("buyerMemo", "gmtModified", "tradeOrderColumnExt")]
    unwanted += [("properties", "goodsDetail", "properties", name) for name in columns if name != "goodsNo"]
    kept = [item for item in entry["metadata"] if tuple(item["breadcrumb"]) not in unwanted]
    entry["metadata"] = [*kept, *({"breadcrumb": list(crumb), "metadata": {"selected": False}} for crumb in unwanted)]

    records = tap.read(catalog=catalog).records("trades")

    stream = TapJikeyun(config=tap.settings(), catalog=catalog).streams["trades"]
    asked = stream.columns["fields"].split(",")
    assert not {"buyerMemo", "columnExt", "goodsDetail"} & set(asked)
    assert [name for name in asked if name.startswith("goodsDetail")] == ["goodsDetail.goodsNo"]
    assert {"tradeId", "gmtModified", "scrollId"} <= set(asked)
    assert all("buyerMemo" not in record for record in records)
    assert {name for record in records for line in record["goodsDetail"] for name in line} == {"goodsNo"}


def test_the_misspelt_selector_asks_for_whole_lists_and_their_columns(tap):
    asked = TapJikeyun(config=tap.settings()).streams["stock_outs"].columns["selelctFields"].split(",")

    assert {"recId", "goodsDocDetailList", "goodsDocDetailList.recId"} <= set(asked)


HABITS = [
    (("trades", "wms_orders", "transfers"), {"code_as_text": True, "wms_success": "0", "scroll_end": "same"}),
    (("stock_ins", "transfers"), {"mixed": False, "totals": "half", "lone_rows": "object", "page_size_over": "clamp"}),
]


@pytest.mark.parametrize(("streams", "habits"), HABITS)
def test_a_server_with_other_habits_is_read_completely(tap, streams, habits):
    usual = tap.sandbox.post("jikeyun/settings")
    tap.sandbox.post("jikeyun/settings", habits)
    try:
        output = tap.read(*streams, page_size=500, window_minutes=180)
    finally:
        tap.sandbox.post("jikeyun/settings", usual)

    for stream in streams:
        assert len(output.records(stream)) == len(tap.sandbox.show("jikeyun", stream))


def test_disabled_warehouses_are_read_unless_told_otherwise(tap):
    def hidden(**changes):
        records = tap.read("warehouses", **changes).records("warehouses")
        return [record["warehouseCode"] for record in records if record["isBlockup"] or record["isDelete"]]

    assert hidden()
    assert hidden(include_disabled=False) == []


def test_archived_trades_are_read_when_asked_for(tap):
    tap.sandbox.post("jikeyun/settings", {"archive_before": "2026-03-30 12:00:00"})
    try:
        current = {record["tradeId"] for record in tap.read("trades").records("trades")}
        both = {record["tradeId"] for record in tap.read("trades", archived_trades=True).records("trades")}
    finally:
        tap.sandbox.post("jikeyun/settings", {"archive_before": ""})

    assert current < both
    assert both == {document["id"] for document in tap.sandbox.show("jikeyun", "trades")}


def test_every_property_of_a_schema_has_a_chinese_description():
    tap = TapJikeyun(config={}, validate_config=False, setup_mapper=False)

    def undescribed(schema, path):
        for name, declared in schema["properties"].items():
            if not any("\u4e00" <= letter <= "\u9fff" for letter in declared.get("description", "")):
                yield f"{path}.{name}"
            for inner in (declared, declared.get("items", {})):
                if "properties" in inner:
                    yield from undescribed(inner, f"{path}.{name}")

    assert [name for stream in STREAMS for name in undescribed(tap.streams[stream.name].schema, stream.name)] == []
