import json
from decimal import Decimal

import msgspec
import pytest
from erp_sdk.messages import encode
from erp_sdk.schemas import Rows, WrongValueError
from hypothesis import given
from hypothesis import strategies as st


def nullable(kind, **more):
    return {"type": [kind, "null"], **more}


SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": ["integer"]},
        "no": nullable("string"),
        "status": nullable("string"),
        "modified": nullable("string", format="date-time"),
        "day": nullable("string", format="date"),
        "amount": nullable("number"),
        "count": nullable("integer"),
        "is_disabled": nullable("boolean"),
        "tags": nullable("array", items={"type": "string"}),
        "owner": nullable("object", properties={"name": nullable("string"), "level": nullable("integer")}),
        "details_list": nullable(
            "array",
            items={
                "type": "object",
                "properties": {
                    "rec_id": nullable("integer"),
                    "price": nullable("number"),
                    "gift_type": nullable("string"),
                    "position": nullable("array", items={"type": "object", "properties": {"no": nullable("string")}}),
                },
            },
        ),
        "class": nullable("string"),
        "订单号": nullable("string"),
        "x-y": nullable("integer"),
    },
}


def rows_of(**options):
    return Rows(SCHEMA, keys=["id"], version="modified", **options)


def convert(*vendor_rows, rows=None):
    """Return the records as they go on the wire, numbers exact."""
    rows = rows or rows_of()
    return [json.loads(bytes(row.record), parse_float=Decimal) for row in rows.decode(json.dumps(vendor_rows).encode())]


@pytest.mark.parametrize(
    ("field", "sent", "becomes"),
    [
        ("no", "CK-1", "CK-1"),
        ("no", "", ""),
        ("no", None, None),
        ("status", 110, "110"),
        ("status", "110", "110"),
        ("modified", "2026-01-05 09:30:51", "2026-01-05T09:30:51+08:00"),
        ("modified", "2026-01-05T01:30:51Z", "2026-01-05T09:30:51+08:00"),
        ("modified", 1767576651000, "2026-01-05T09:30:51+08:00"),
        ("modified", "1767576651000", "2026-01-05T09:30:51+08:00"),
        ("modified", "0000-00-00 00:00:00", None),
        ("modified", "", None),
        ("modified", None, None),
        ("day", "2026-01-05 09:30:51", "2026-01-05"),
        ("day", "", None),
        ("amount", "2.0000", Decimal("2.0000")),
        ("amount", "-0.10", Decimal("-0.10")),
        ("amount", "007.50", Decimal("7.50")),
        ("amount", 3, 3),
        ("amount", "", None),
        ("count", "18", 18),
        ("count", "18.0000", 18),
        ("count", 18, 18),
        ("count", "-1", -1),
        ("count", "", None),
        ("is_disabled", "1", True),
        ("is_disabled", 0, False),
        ("is_disabled", True, True),
        ("is_disabled", "false", False),
        ("is_disabled", "", None),
        ("tags", ["a", "b"], ["a", "b"]),
        ("details_list", "", None),
        ("details_list", [], []),
        ("class", "无", "无"),
        ("订单号", "T1", "T1"),
        ("x-y", "5", 5),
    ],
)
def test_a_value_takes_the_type_that_its_schema_declares(field, sent, becomes):
    assert convert({"id": "1", field: sent}) == [{"id": 1, field: becomes}]


def test_the_digits_of_a_number_are_kept():
    payload = b'[{"id":1,"amount":12345678901234567.8900,"details_list":[{"price":"0.10"},{"price":0.1000}]}]'

    assert bytes(rows_of().decode(payload)[0].record) == (
        b'{"id":1,"amount":12345678901234567.8900,"details_list":[{"price":0.10},{"price":0.1000}]}'
    )


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_every_amount_survives_exactly_as_text_and_as_number(amount):
    payload = f'[{{"id":1,"amount":"{amount}"}},{{"id":2,"amount":{amount}}}]'.encode()
    rows = rows_of()

    assert [rows.dictionary(row)["amount"] for row in rows.decode(payload)] == [amount, amount]


def test_lines_within_lines_are_converted():
    line = {"rec_id": "7", "price": "1.50", "gift_type": 0, "position": [{"no": 5}, {"no": "A"}]}

    assert convert({"id": 1, "details_list": [line], "owner": {"name": "n", "level": "2"}}) == [
        {
            "id": 1,
            "details_list": [
                {"rec_id": 7, "price": Decimal("1.50"), "gift_type": "0", "position": [{"no": "5"}, {"no": "A"}]}
            ],
            "owner": {"name": "n", "level": 2},
        }
    ]


def test_what_is_absent_stays_absent():
    assert convert({"id": 1}, {"id": 2, "no": "x"}, {"id": 3}) == [{"id": 1}, {"id": 2, "no": "x"}, {"id": 3}]


def test_a_field_that_comes_late_or_changes_its_type_is_read_too():
    rows = rows_of()

    assert convert({"id": 1, "status": "95"}, rows=rows) == [{"id": 1, "status": "95"}]
    assert convert({"id": 2, "status": 95, "count": "3"}, rows=rows) == [{"id": 2, "status": "95", "count": 3}]
    assert convert({"id": 3, "status": "95"}, rows=rows) == [{"id": 3, "status": "95"}]


def test_a_field_that_the_schema_does_not_have_is_left_out_and_told():
    rows = rows_of()

    assert convert({"id": 1, "new_field": {"a": 1}}, rows=rows) == [{"id": 1}]
    assert rows.unknown_fields == ["new_field"]


def test_only_selected_properties_are_read_besides_key_and_version():
    chosen = {("properties", "no")}
    rows = rows_of(selected=lambda crumb: crumb in chosen)
    row = {"id": 1, "no": "x", "amount": "nonsense", "modified": "2026-01-05 09:30:51"}

    assert convert(row, rows=rows) == [{"id": 1, "no": "x", "modified": "2026-01-05T09:30:51+08:00"}]


def test_key_and_version_of_a_row_are_at_hand():
    row = rows_of().decode(b'[{"id":"1","modified":"2026-01-05 09:30:51"}]')[0]

    assert row.key == 1
    assert row.version == "2026-01-05T09:30:51+08:00"


def test_a_key_of_several_properties_is_a_tuple():
    rows = Rows(SCHEMA, keys=["id", "no"])

    assert rows.decode(b'[{"id":"1","no":"x"}]')[0].key == (1, "x")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": 5, "amount": "abc"}, "id 5: amount holds 'abc', which is no number"),
        ({"id": 5, "amount": "NaN"}, "id 5: amount holds 'NaN'"),
        ({"id": 5, "count": "1.5"}, "id 5: count holds '1.5', which is no whole number"),
        ({"id": 5, "modified": "yesterday"}, "id 5: modified holds 'yesterday', which is no date and time"),
        ({"id": 5, "is_disabled": "2"}, "id 5: is_disabled holds '2', which is no yes or no"),
        ({"id": 5, "status": {"a": 1}}, "id 5: status holds"),
        ({"id": 5, "details_list": [{"price": "1"}, {"price": "-"}]}, "id 5: details_list.price holds '-'"),
    ],
)
def test_a_value_that_does_not_fit_names_row_and_field(row, says):
    with pytest.raises(WrongValueError) as wrong:
        convert({"id": 4, "amount": "1"}, row)

    assert says in str(wrong.value)


@pytest.mark.parametrize(
    ("sent", "becomes"),
    [
        ("12", 12),
        (12, 12),
        ("0", 0),
        ("-3", -3),
        ("", None),
        ("0012", 12),
        (" 5", 5),
        ("7.0", 7),
        (7.0, 7),
        (None, None),
    ],
)
def test_a_whole_number_may_be_spelt_in_another_way_on_a_later_page(sent, becomes):
    rows = rows_of()
    convert({"id": 1, "count": "686"}, rows=rows)

    assert convert({"id": 2, "count": sent}, {"id": 3, "count": "4"}, rows=rows) == [
        {"id": 2, "count": becomes},
        {"id": 3, "count": 4},
    ]


def test_rows_that_are_no_objects_are_refused():
    with pytest.raises(WrongValueError):
        rows_of().decode(b"[1, 2]")


def test_amounts_that_come_again_are_the_same_and_memory_stays_bounded():
    rows = rows_of()
    payload = json.dumps([{"id": number, "amount": f"{number}.10"} for number in range(20_000)]).encode()

    first, again = rows.decode(payload), rows.decode(payload)

    assert encode(first) == encode(again)
    assert msgspec.json.decode(again[-1].record)["amount"] == 19999.10
