"""The mapper as a Singer process: what it passes on, what it makes of records, what becomes of those it cannot map."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from erp_sdk.command import SetupError, UserError
from singer_sdk.singerlib.exceptions import InvalidInputLine

PRICED = """
  FAmount: =paid
lines:
  FEntity:
    each: =lines
    fields:
      FRealQty: =line.count
"""


def kinds(messages):
    return [(one["type"], one.get("stream")) for one in messages]


def records(messages, stream="SAL_OUTSTOCK"):
    return [one for one in messages if one["type"] == "RECORD" and one["stream"] == stream]


def test_a_record_becomes_a_model_of_the_form(project):
    (model,) = project.map(project.flow(PRICED), {"number": "A1", "lines": [{"count": 2}, {"count": 3}]})

    assert model == {"FBillNo": "A1", "FEntity": [{"FRealQty": 2}, {"FRealQty": 3}]}


def test_numbers_keep_every_digit(project):
    digits = ["0.1", "1.2900", "12345678901234567890.123456789", "-0.05", "2.0000"]

    models = project.map(project.flow("  FAmount: =paid"), *({"paid": Decimal(one)} for one in digits))

    assert [str(model["FAmount"]) for model in models] == digits


def test_the_schemas_of_the_form_and_of_dead_letters_come_before_any_record(project):
    project.mapping(project.flow(PRICED))

    messages = project.run(project.schema(), project.record())

    assert kinds(messages) == [("SCHEMA", "dead_letters"), ("SCHEMA", "SAL_OUTSTOCK"), ("RECORD", "SAL_OUTSTOCK")]
    assert messages[0]["key_properties"] == ["stream", "key", "form"]
    assert messages[1]["key_properties"] == ["FBillNo"]
    assert messages[1]["schema"] == {
        "type": "object",
        "properties": {
            "FBillNo": {"type": "string"},
            "FAmount": {"type": ["number", "null"]},
            "FEntity": {
                "type": ["array", "null"],
                "items": {"type": "object", "properties": {"FRealQty": {"type": ["number", "null"]}}},
            },
        },
    }


def test_the_schema_follows_from_fields_functions_and_constants(project):
    project.table("org", "shop,org", "S1,100")
    project.mapping(
        project.flow("""
  FDate: =date(time)
  FTime: =datetime(time)
  FOrg.FNumber: =code("org", shop)
  FOpen: =open
  FCount: =len(lines)
  FRate: 13
  FPrice: 1.5
  FFlag: true
  FFree: =paid <= 0
  FName: =receiver.name
  FAny: =anything
  FTags: =tags
  FChoice: =status if open else 0.5
  FForced:
    value: =shop
    type: integer
""")
    )

    properties = project.run(project.schema())[1]["schema"]["properties"]

    assert properties["FDate"] == {"type": ["string", "null"], "format": "date"}
    assert properties["FTime"] == {"type": ["string", "null"]}
    assert properties["FOrg"] == {"type": ["object", "null"], "properties": {"FNumber": {"type": ["string", "null"]}}}
    assert properties["FAny"] == {}
    assert properties["FTags"] == {"type": ["array", "null"], "items": {"type": ["string", "null"]}}
    types = {
        key: properties[key]["type"][0] for key in ("FOpen", "FCount", "FRate", "FPrice", "FFlag", "FFree", "FName")
    }
    assert types == {
        "FOpen": "boolean",
        "FCount": "integer",
        "FRate": "integer",
        "FPrice": "number",
        "FFlag": "boolean",
        "FFree": "boolean",
        "FName": "string",
    }
    assert properties["FChoice"]["type"] == ["number", "null"]
    assert properties["FForced"]["type"] == ["integer", "null"]


def test_the_source_record_travels_verbatim_beside_the_model(project):
    project.mapping(project.flow(""), "shop/orders")
    verbatim = '{"id": 7,  "number":"A1", "unknown": {"b":1.10, "a":[null]}, "remark":"中 \\u4e2d"}'
    line = f'{{"type":"RECORD","stream":"orders","record":{verbatim},"time_extracted":"2026-01-05T01:30:51+00:00"}}'

    mapper_output = project.run(project.schema(), line.encode())
    (mapped,) = records(mapper_output)

    assert mapped["source"] == {
        "stream": "orders",
        "key": {"id": 7},
        "mapping": "shop/orders",
        "record": json.loads(verbatim, parse_float=Decimal),
    }
    assert mapped["time_extracted"] == "2026-01-05T01:30:51+00:00"
    assert mapped["record"] == {"FBillNo": "A1"}


def test_the_bytes_of_the_source_record_are_not_touched(project):
    project.mapping(project.flow(""))
    verbatim = b'{"id":7, "number" : "A1","price":1.2900,"e":1E2,"u":"\\u4e2d"}'
    mapper = project.command("--config", str(project.write("c.json", '{"flows":"mappings"}')), messages=[
        project.schema(), b'{"type":"RECORD","stream":"orders","record":' + verbatim + b"}"
    ])  # fmt: skip

    assert mapper.returncode == 0
    assert b'"record":' + verbatim in mapper.stdout


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("key", {"stream": "orders", "key": {"id": 1}, "mapping": "orders"}), ("none", None)],
)
def test_the_source_can_be_left_out(project, setting, expected):
    project.mapping(project.flow(""))

    (mapped,) = records(project.run(project.schema(), project.record(), source=setting))

    assert mapped.get("source") == expected


def test_state_keeps_its_place_between_the_records(project):
    project.mapping(project.flow(""))
    state = {"type": "STATE", "value": {"bookmarks": {"orders": {"n": 1.50, "deep": [1, None]}}}}

    messages = project.run(project.schema(), project.record(number="A"), state, project.record(number="B"), state)

    assert [one["type"] for one in messages[2:]] == ["RECORD", "STATE", "RECORD", "STATE"]
    assert messages[3]["value"] == {"bookmarks": {"orders": {"n": Decimal("1.50"), "deep": [1, None]}}}


def test_streams_without_a_mapping_are_dropped(project):
    project.mapping(project.flow(""))
    version = {"type": "ACTIVATE_VERSION", "stream": "shops", "version": 3}

    messages = project.run(
        project.schema("shops"), project.schema(), project.record("shops"), project.record(), version
    )

    assert {one["stream"] for one in messages} == {"dead_letters", "SAL_OUTSTOCK"}


def test_streams_without_a_mapping_pass_unchanged_if_told(project):
    project.mapping(project.flow(""))
    version = {"type": "ACTIVATE_VERSION", "stream": "shops", "version": 3}
    shop = project.record("shops", name="店", price=Decimal("1.50")) | {"version": 3}

    messages = project.run(project.schema("shops"), shop, version, unmapped_streams="pass")

    assert messages == [project.schema("shops"), shop, version]


def test_a_version_of_a_mapped_stream_ends_here(project):
    project.mapping(project.flow(""))

    messages = project.run(
        project.schema(),
        project.record() | {"version": 3},
        {"type": "ACTIVATE_VERSION", "stream": "orders", "version": 3},
    )

    assert [one["type"] for one in messages] == ["SCHEMA", "SCHEMA", "RECORD"]
    assert "version" not in messages[-1]


def test_batch_files_are_refused_with_what_to_do(project):
    project.mapping(project.flow(""))

    with pytest.raises(SetupError, match=r"orders as BATCH files.*batch_config"):
        project.run(project.schema(), {"type": "BATCH", "stream": "orders", "encoding": {}, "manifest": []})


def test_a_record_before_its_schema_is_refused(project):
    project.mapping(project.flow(""))

    with pytest.raises(UserError, match="comes before its SCHEMA"):
        project.run(project.record())


@pytest.mark.parametrize(
    "line", [b"garbage", b"[1]", b'{"type":"WHAT"}', b'{"type":"RECORD","stream":"orders"}', b"[" * 9999]
)
def test_a_line_that_is_no_message_is_refused_with_its_number(project, line):
    project.mapping(project.flow(""))

    with pytest.raises(InvalidInputLine, match="line 2 of the input is no Singer message"):
        project.run(project.schema(), line)


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        ({"type": "SCHEMA", "stream": "orders"}, "schema"),
        ({"type": "SCHEMA", "schema": {}}, "stream"),
        ({"type": "STATE"}, "value"),
        ({"type": "ACTIVATE_VERSION", "stream": "orders"}, "version"),
    ],
)
def test_a_message_without_its_parts_is_refused(project, message, missing):
    project.mapping(project.flow(""))

    with pytest.raises(UserError, match=f"a {message['type']} message of the tap has no {missing}"):
        project.run(message)


@pytest.mark.parametrize(
    "odd", [{"type": 5}, {"type": ["object", 5]}, {"anyOf": [{"type": "string"}]}, True, {"type": "x"}]
)
def test_a_property_of_an_odd_schema_is_of_any_kind(project, odd):
    project.mapping(project.flow("  FA: =shop.x\n  FB: =shop"))

    (mapped,) = records(project.run(project.schema(id={}, number={}, shop=odd), project.record(shop={"x": [1]})))

    assert mapped["record"] == {"FBillNo": "N1", "FA": [1], "FB": {"x": [1]}}


def test_blank_lines_are_no_messages(project):
    project.mapping(project.flow(""))

    assert len(records(project.run(project.schema(), b"", b"  ", project.record()))) == 1


def test_one_stream_may_lead_to_several_forms(project):
    project.mapping(project.flow("", "where: =status == 1"), "first")
    project.mapping(project.flow("").replace("SAL_OUTSTOCK", "AR_receivable"), "second")

    messages = project.run(project.schema(), project.record(status=1, number="A"), project.record(status=2, number="B"))

    mapped = [
        (one["stream"], one["record"]["FBillNo"], one["source"]["mapping"]) for one in messages if "record" in one
    ]
    assert mapped == [
        ("SAL_OUTSTOCK", "A", "first"),
        ("AR_receivable", "A", "second"),
        ("AR_receivable", "B", "second"),
    ]


def test_streams_that_lead_to_one_form_share_a_schema_that_holds_both(project):
    project.mapping(project.flow("  FNote: =remark\n  FCount: =status"), "orders")
    project.mapping(project.flow("  FCount: =paid").replace("stream: orders", "stream: returns"), "returns")

    messages = project.run(project.schema(), project.schema("returns"))

    assert kinds(messages) == [("SCHEMA", "dead_letters"), ("SCHEMA", "SAL_OUTSTOCK")] * 2
    assert set(messages[-1]["schema"]["properties"]) == {"FBillNo", "FNote", "FCount"}
    assert set(messages[-1]["schema"]["properties"]["FCount"]["type"]) == {"integer", "null", "number"}


def test_a_schema_names_the_source_streams_and_how_they_were_declared(project):
    project.mapping(project.flow(""), "orders")
    project.mapping(project.flow("").replace("stream: orders", "stream: returns"), "returns")
    declared = [project.schema(), project.schema("returns")]

    messages = project.run(*declared)

    sources = [{name: one[name] for name in ("stream", "key_properties", "schema")} for one in declared]
    assert [one["sources"] for one in messages if one["stream"] == "SAL_OUTSTOCK"] == [sources[:1], sources]
    assert [one["sources"] for one in messages if one["stream"] == "dead_letters"] == [sources[:1], sources]


def test_a_form_without_source_keys_names_no_source_streams(project):
    project.mapping(project.flow(""))

    messages = project.run(project.schema(), source="none")

    assert ["sources" in one for one in messages] == [True, False]


def test_a_dead_letter_says_all_that_is_needed_to_mend_and_send_again(project):
    project.table("customer", "buyer,customer", "张三,KH1")
    project.mapping(project.flow('  FCustomerID.FNumber: =code("customer", buyer)'), "shop/orders")

    messages = project.run(project.schema(), project.record(buyer="李四", extra=[1]), project.record(buyer="张三"))

    (letter,) = (one["record"] for one in records(messages, "dead_letters"))
    occurred = letter.pop("occurred_at")
    assert letter == {
        "stream": "orders",
        "key": '{"id":1}',
        "form": "SAL_OUTSTOCK",
        "mapping": "shop/orders",
        "field": "FCustomerID.FNumber",
        "expression": '=code("customer", buyer)',
        "reason": "code_missing",
        "message": 'FCustomerID.FNumber: table customer (codes/customer.csv) has no row for "李四".',
        "fix": 'add the row for "李四", then send the document again.',
        "record": {"id": 1, "number": "N1", "buyer": "李四", "extra": [1]},
    }
    assert occurred.endswith("+08:00")
    assert len(records(messages)) == 1


def test_the_key_of_a_dead_letter_is_the_same_whatever_the_order_of_its_parts(project):
    project.mapping(project.flow(""))
    declared = project.schema(key=("shop", "id"))

    messages = project.run(declared, project.record(id=2, shop="S", number=None))

    (letter,) = (one["record"] for one in records(messages, "dead_letters"))
    assert letter["key"] == '{"id":2,"shop":"S"}'


@pytest.mark.parametrize(
    ("values", "field", "reason", "message"),
    [
        ({"number": None}, "FBillNo", "number_missing", "no number"),
        ({"number": "  "}, "FBillNo", "number_missing", "no number"),
        ({"paid": None}, "FFree", "expression_failed", "paid is empty"),
        ({"paid": "viel"}, "FFree", "value_invalid", '"viel" is no number'),
        ({"lines": []}, "FEntity", "value_missing", "no lines"),
        ({"lines": None}, "FEntity", "value_missing", "lines is empty"),
        ({"lines": [{"sku": "A"}, {"sku": ""}]}, "FEntity[1].FMaterialID.FNumber", "value_missing", "empty"),
        ({"time": "gestern"}, "FDate", "value_invalid", '"gestern" is no date'),
        ({"lines": "x"}, None, "record_invalid", "Expected `array | null`, got `str`"),
        ({"lines": [None]}, None, "record_invalid", "Expected `object`, got `null`"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_mapped_names_field_reason_and_cause(project, values, field, reason, message):
    body = """
  FDate: =date(time)
  FFree: =decimal(paid) <= 0
lines:
  FEntity:
    each: =lines
    required: true
    fields:
      FMaterialID.FNumber:
        value: =line.sku
        required: true
"""
    good = {"paid": 1, "time": "2026-01-05", "lines": [{"sku": "A"}]}

    letter, model = project.map(project.flow(body), good | values, good)

    assert (letter["field"], letter["reason"]) == (field, reason)
    assert message in letter["message"]
    assert letter["fix"].endswith(".")
    assert model["FEntity"] == [{"FMaterialID": {"FNumber": "A"}}]


@pytest.mark.parametrize("content", [b'{"id":1,"paid":1e99999999999999999999}', b'{"id":1,"number":"\xff"}'])
def test_a_record_that_cannot_even_be_decoded_is_kept_as_text(project, content):
    project.mapping(project.flow("  FPaid: =paid"))

    messages = project.run(
        project.schema(), b'{"type":"RECORD","stream":"orders","record":' + content + b"}", project.record()
    )

    (letter,) = (one["record"] for one in records(messages, "dead_letters"))
    assert letter["reason"] == "record_invalid"
    assert letter["record"] == {"unreadable": content.decode("utf-8", "backslashreplace")}
    assert len(records(messages)) == 1


def test_a_stream_without_a_key_still_maps(project):
    project.mapping(project.flow(""))

    (mapped,) = records(project.run(project.schema(key=()), project.record()))

    assert mapped["source"]["key"] == {}


def test_key_properties_that_the_schema_lacks_are_a_sentence(project):
    project.mapping(project.flow(""))

    with pytest.raises(SetupError, match=r"key_properties name a field that its schema does not have.*idd"):
        project.run(project.schema(key=("idd",)))


def test_a_stream_without_properties_is_mapped_on_trust(project):
    project.mapping(
        project.flow(
            "  FName: =receiver.name\nlines:\n  FEntity:\n    each: =lines\n    fields:\n      FQty: =line.count"
        )
    )
    declared = project.schema() | {"schema": {"type": "object"}}

    (mapped,) = records(
        project.run(declared, project.record(receiver={"name": "R"}, lines=[{"count": 1}, {"other": 2}]))
    )

    assert mapped["record"] == {"FBillNo": "N1", "FName": "R", "FEntity": [{"FQty": 1}]}


def test_a_schema_that_comes_again_with_more_fields_is_taken(project):
    project.mapping(project.flow("  FNote: =remark"))
    wider = project.schema() | {
        "schema": {"type": "object", "properties": project.order["properties"] | {"more": {"type": "string"}}}
    }

    messages = project.run(project.schema(), project.record(remark="a"), wider, project.record(remark="b"))

    assert [one["record"]["FNote"] for one in records(messages)] == ["a", "b"]


def test_the_standard_interface_gives_message_objects(project):
    from mapper_kd.mapper import MapperKd

    project.mapping(project.flow(""))
    mapper = MapperKd(config={"flows": "mappings", "codes": "codes"})
    reader = mapper.message_reader
    declared = list(mapper.map_schema_message(reader.deserialize_json(json.dumps(project.schema()).encode())))

    (message,) = mapper.map_record_message(reader.deserialize_json(json.dumps(project.record()).encode()))

    assert [one.stream for one in declared] == ["dead_letters", "SAL_OUTSTOCK"]
    assert (message.stream, message.record) == ("SAL_OUTSTOCK", {"FBillNo": "N1"})


def test_half_an_emoji_is_replaced_and_the_record_lives(project):
    project.mapping(project.flow("  FNote: =remark"))
    remark = rb"\ud83d\ude00 \ud83d \\ud83d"
    line = b'{"type":"RECORD","stream":"orders","record":{"id":1,"number":"N1","remark":"' + remark + b'"}}'

    (mapped,) = records(project.run(project.schema(), line))

    assert mapped["record"]["FNote"] == "\U0001f600 \ufffd \\ud83d"
    assert mapped["source"]["record"]["remark"] == mapped["record"]["FNote"]
