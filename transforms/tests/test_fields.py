"""What a field can say besides its value: choices, policies, empty values, rounding, objects as they are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from erp_sdk.command import SetupError

D = Decimal
LINES = [{"sku": "A", "count": 1}, {"sku": "B", "count": 1}, {"sku": "C", "count": 1}]


def entity(*lines):
    return {"FBillNo": "N1", "FEntity": list(lines)}


# --- case: and table:


def test_the_first_case_that_holds_gives_the_value(project):
    body = """
  FSize:
    case:
      - {when: =paid > 100, then: big}
      - {when: =paid > 0, then: '=concat("paid ", paid)'}
    else: gift
  FBig:
    case:
      - when: =paid > 100
        then: true
"""

    models = project.map(project.flow(body), {"paid": 200}, {"paid": D("5.50")}, {"paid": 0})

    assert [one["FSize"] for one in models] == ["big", "paid 5.50", "gift"]
    assert [one.get("FBig") for one in models] == [True, None, None]


def test_a_let_can_be_a_choice_too(project):
    head = """
let:
  size:
    case: [{when: =paid > 100, then: big}]
    else: small
  org: {value: =shop, table: {S1: "101"}}
"""

    model, letter = project.map(
        project.flow("  FA: =size\n  FB.FNumber: =org", head), {"paid": 7, "shop": "S1"}, {"paid": 7, "shop": "S2"}
    )

    assert model == {"FBillNo": "N1", "FA": "small", "FB": {"FNumber": "101"}}
    assert (letter["field"], letter["reason"]) == ("FB.FNumber", "code_missing")


def test_what_goes_wrong_in_a_case_is_told_with_its_field(project):
    body = "  FSize:\n    case: [{when: =paid > 100, then: big}]"

    (letter,) = project.map(project.flow(body), {})

    assert (letter["field"], letter["reason"]) == ("FSize", "expression_failed")
    assert letter["message"] == "FSize (its case:): paid is empty."


def test_a_table_beside_a_value_says_what_stands_for_it(project):
    body = """
  FOrg.FNumber: {value: =status, table: {"95": "101", "110": "102"}}
  FName: {value: =shop, table: {S1: 一店, S2: null}, default: 其他}
  FRate: {value: =buyer, table: {a: 0.13, b: 6}, on_miss: null}
"""
    records = [{"status": 95, "shop": "S1", "buyer": "a"}, {"status": 110, "shop": "S2"}, {"status": 5, "shop": "S1"}]

    first, second, letter = project.map(project.flow(body), *records)

    assert first == {"FBillNo": "N1", "FOrg": {"FNumber": "101"}, "FName": "一店", "FRate": D("0.13")}
    assert second == {"FBillNo": "N1", "FOrg": {"FNumber": "102"}, "FName": "其他"}
    assert (letter["field"], letter["reason"]) == ("FOrg.FNumber", "code_missing")
    assert "table: has nothing for 5" in letter["message"]
    assert "add 5 to table: in mappings/orders.yml:" in letter["fix"]


def test_an_empty_value_is_missing_in_a_table_and_not_unknown(project):
    (letter,) = project.map(project.flow("  FA: {value: =shop, table: {S1: x}}"), {})

    assert (letter["field"], letter["reason"]) == ("FA", "value_missing")


# --- on_miss:


STOCK = """
lines:
  FEntity:
    each: =lines
    fields:
      FItem: =line.sku
      FStock.FNumber: {value: '=code("stock", line.sku)', on_miss: %s}
"""


def test_a_miss_can_leave_out_the_line(project):
    project.table("stock", "sku,stock", "A,CK1", "C,CK3")
    body = STOCK % "skip line"

    assert project.map(project.flow(body), {"lines": LINES}) == [
        entity({"FItem": "A", "FStock": {"FNumber": "CK1"}}, {"FItem": "C", "FStock": {"FNumber": "CK3"}})
    ]


def test_a_miss_in_a_list_of_one_line_can_leave_that_out(project):
    project.table("stock", "sku,stock", "A,CK1")
    body = STOCK.replace("line.sku", "shop").replace("    each: =lines\n", "") % "skip line"

    assert project.map(project.flow(body), {"shop": "A"}, {"shop": "X"}) == [
        entity({"FItem": "A", "FStock": {"FNumber": "CK1"}}),
        {"FBillNo": "N1"},
    ]


def test_a_miss_in_a_nested_list_leaves_out_the_nested_line_only(project):
    project.table("stock", "sku,stock", "L1,CK1")
    body = """
lines:
  FEntity:
    each: =lines
    fields: {FItem: =line.sku}
    lines:
      FLots:
        each: =line.lots
        fields:
          FStock.FNumber: {value: '=code("stock", line.lot)', on_miss: skip line}
"""
    lines = [{"sku": "A", "lots": [{"lot": "L1"}, {"lot": "L2"}]}, {"sku": "B", "lots": [{"lot": "L2"}]}]

    assert project.map(project.flow(body), {"lines": lines}) == [
        entity({"FItem": "A", "FLots": [{"FStock": {"FNumber": "CK1"}}]}, {"FItem": "B"})
    ]


def test_a_miss_can_leave_out_the_record(project):
    project.table("stock", "sku,stock", "A,CK1", "B,CK2")
    content = project.flow(STOCK % "skip record")

    assert project.map(content, {"lines": LINES}, {"lines": LINES[:1]}) == [
        entity({"FItem": "A", "FStock": {"FNumber": "CK1"}})
    ]


def test_a_miss_can_leave_out_the_record_from_its_head(project):
    project.table("org", "shop,org", "S1,101")
    content = project.flow("  FOrg.FNumber: {value: '=code(\"org\", shop)', on_miss: skip record}")

    assert project.map(content, {"shop": "S9"}, {"shop": "S1"}) == [{"FBillNo": "N1", "FOrg": {"FNumber": "101"}}]


def test_base_data_that_misses_is_left_out_of_its_list(project):
    project.table("stock", "sku,stock", "B,CK2")
    head = """
base_data:
  BD_STOCK:
    each: =lines
    fields:
      FNumber: {value: '=code("stock", line.sku)', on_miss: skip line}
"""
    project.mapping(project.flow(head=head))

    *_, message = project.run(project.schema(), project.record(lines=LINES))

    assert message["base_data"] == [{"form": "BD_STOCK", "model": {"FNumber": "CK2"}}]


# --- when_empty:


def test_when_empty_drops_empty_texts_or_sends_null(project):
    body = """
  FPlain: =shop
  FDrop: {value: =shop, when_empty: drop}
  FNull: {value: =shop, when_empty: null}
  FRef.FNumber: {value: =shop, when_empty: null}
  FGone.FNumber: {value: =shop, when_empty: drop}
  FOnly: {value: =shop, when: =open, when_empty: null}
  FElse: {value: =shop, when_empty: drop, default: X}
"""
    content = project.flow(body)

    empty, null, full = project.map(content, {"shop": ""}, {"open": True}, {"shop": "S", "open": True})

    assert empty == {"FBillNo": "N1", "FPlain": "", "FNull": None, "FRef": {"FNumber": None}, "FElse": "X"}
    assert null == {"FBillNo": "N1", "FNull": None, "FRef": {"FNumber": None}, "FOnly": None, "FElse": "X"}
    assert full["FGone"] == {"FNumber": "S"}
    assert {full[one] for one in ("FPlain", "FDrop", "FNull", "FOnly", "FElse")} == {"S"}


# --- round:, total:, tolerance:


def amounts(project, rounding, lines, **values):
    body = f"lines:\n  FEntity:\n    each: =lines\n    fields:\n      FAmount: {{value: =line.price, {rounding}}}"
    (made,) = project.map(project.flow(body), {"lines": lines} | values)
    return [one.get("FAmount") for one in made["FEntity"]] if "FEntity" in made else made


def prices(*values):
    return [{"sku": "A", "price": None if one is None else D(one)} for one in values]


def test_round_is_half_away_from_zero(project):
    assert amounts(project, "round: 2", prices("0.125", "-0.125", "7")) == [D("0.13"), D("-0.13"), D(7)]


def test_lines_in_which_nothing_is_filled_and_nulls_in_objects_are_left_out(project):
    body = """
lines:
  FEntity:
    each: =lines
    fields: {FAmount: =line.price, FSub.FWhole: =json(line.sku)}
"""
    whole = '{"a": null, "b": [{"c": null, "d": 0}, null], "e": ""}'
    lines = [{"price": None}, {"price": "1", "sku": whole}, {"sku": '""'}, {}]

    (made,) = project.map(project.flow(body), {"lines": lines})

    assert made["FEntity"] == [
        {"FAmount": "1", "FSub": {"FWhole": {"b": [{"d": 0}, None], "e": ""}}},
        {"FSub": {"FWhole": ""}},
    ]
    assert project.map(project.flow(body), {"lines": lines[:1]}) == [{"FBillNo": "N1"}]


def test_round_in_the_head_takes_its_default_too(project):
    body = "  FA: {value: =paid, default: 1.125, round: 2}\n  FB: {value: =shop, type: decimal, round: 0}"

    assert project.map(project.flow(body), {"shop": "2.5"}) == [{"FBillNo": "N1", "FA": D("1.13"), "FB": 3}]


def test_the_last_line_takes_what_is_left_of_the_total(project):
    made = amounts(project, "round: 2, total: =paid", prices("3.333", "3.333", "3.333"), paid=10)

    assert made == [D("3.33"), D("3.33"), D("3.34")]


def test_the_last_line_with_an_amount_takes_what_is_left(project):
    made = amounts(project, "round: 2, total: =paid", prices("5.004", "5.004", None), paid=D("10.01"))

    assert made == [D("5.00"), D("5.01"), None]


def test_the_total_can_be_the_rounded_sum_of_what_the_lines_were(project):
    assert amounts(project, "round: 0, total: sum", prices("0.4", "0.4", "0.4")) == [0, 0, 1]


def test_a_default_is_a_part_of_the_sum_too(project):
    assert amounts(project, "round: 0, total: sum, default: 0.4", prices("0.4", None, "0.4")) == [0, 0, 1]


def test_lines_without_their_total_are_refused(project):
    letter = amounts(project, "round: 2, total: =paid", prices("3", "3"))

    assert (letter["field"], letter["reason"]) == ("FEntity.FAmount", "value_missing")
    assert amounts(project, "round: 2, total: =paid", []) == {"FBillNo": "N1"}
    assert amounts(project, "round: 2, total: =paid", prices(None), paid=1)["reason"] == "value_invalid"


def test_lines_that_are_left_out_are_no_part_of_the_sum(project):
    project.table("stock", "sku,stock", "A,CK1")
    body = """
lines:
  FEntity:
    each: =lines
    fields:
      FAmount: {value: =line.price, round: 0, total: sum}
      FStock.FNumber: {value: '=code("stock", line.sku)', on_miss: skip line}
"""
    lines = [*prices("0.4", "0.4", "0.4"), {"sku": "Z", "price": 70}]

    (made,) = project.map(project.flow(body), {"lines": lines})

    assert [one["FAmount"] for one in made["FEntity"]] == [0, 0, 1]


def test_more_than_rounding_explains_is_refused(project):
    letter = amounts(project, "round: 2, total: =paid", prices("3.333", "3.333", "3.333"), paid=D("10.03"))

    assert (letter["field"], letter["reason"]) == ("FEntity.FAmount", "value_invalid")
    assert "the lines make 9.99, but the total is 10.03: 0.04 is more than rounding explains" in letter["message"]


def test_tolerance_is_what_may_be_left(project):
    rounding = "round: 2, total: =paid, tolerance: 0.5"

    assert amounts(project, rounding, prices("3", "3"), paid=D("6.50")) == [3, D("3.50")]
    assert amounts(project, rounding, prices("3", "3"), paid=D("6.51"))["reason"] == "value_invalid"


def test_a_total_in_nested_lines_is_of_each_list(project):
    body = """
lines:
  FEntity:
    each: =lines
    fields: {FItem: =line.sku}
    lines:
      FLots:
        each: =line.lots
        fields:
          FQty: {value: =line.count / 3, round: 0, total: =parent.count}
"""
    lots = [{"lot": "x", "count": 10}, {"lot": "y", "count": 10}]
    lines = [{"sku": "A", "count": 7, "lots": lots}, {"sku": "B", "count": 5, "lots": lots}]

    (made,) = project.map(project.flow(body), {"lines": lines})

    assert [[lot["FQty"] for lot in one["FLots"]] for one in made["FEntity"]] == [[3, 4], [3, 2]]


# --- type: as_is, references


def test_as_is_leaves_a_value_what_it_is(project):
    body = "  FWho: {value: =receiver, type: as_is}\n  FAll: {value: =lines, type: as_is}\n  FCity: =receiver.city"
    content = project.flow(body).replace("FBillNo: =number", "FBillNo: {value: =id, type: as_is}")
    project.mapping(content)

    _, schema, made = project.run(
        project.schema(), project.record(id=77, receiver={"name": "a", "city": "b"}, lines=[{"sku": "A", "count": 2}])
    )

    assert made["record"] == {
        "FBillNo": 77,
        "FWho": {"name": "a", "city": "b"},
        "FAll": [{"sku": "A", "count": 2}],
        "FCity": "b",
    }
    assert schema["schema"]["properties"]["FBillNo"]["type"] == ["integer", "null"]


def test_a_reference_may_be_a_list_or_an_object(project):
    body = "  FTags.FNumber: =tags\n  FWho.FNAME: =receiver\n  FAny.FNumber: =anything"
    content = project.flow(body)
    records = [
        {"tags": ["a", "b"], "receiver": {"name": "n"}, "anything": "x"},
        {"tags": [], "anything": ["x", None, {"FNumber": "y"}]},
        {"anything": {"FNumber": "z", "FName": "Z"}},
    ]

    several, listed, object_ = project.map(content, *records)

    assert several == {
        "FBillNo": "N1",
        "FTags": [{"FNumber": "a"}, {"FNumber": "b"}],
        "FWho": {"name": "n"},
        "FAny": {"FNumber": "x"},
    }
    assert listed == {"FBillNo": "N1", "FAny": [{"FNumber": "x"}, {"FNumber": "y"}]}
    assert object_ == {"FBillNo": "N1", "FAny": {"FNumber": "z", "FName": "Z"}}


def test_the_schema_says_that_a_reference_is_a_list(project):
    project.mapping(project.flow("  FTags.FNumber: =tags"))

    schema = project.run(project.schema())[1]["schema"]

    item = {"type": ["object", "null"], "properties": {"FNumber": {"type": ["string", "null"]}}}
    assert schema["properties"]["FTags"] == {"type": ["array", "null"], "items": item}


# --- what is wrong is said before a record is read


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("  FA: {case: []}", r"case: is empty"),
        ("  FA: {case: [{when: =open}]}", r"case: is no case: write when: with a condition, and then: with the value"),
        ("  FA: {case: [{when: open, then: x}]}", r"when: is a condition and must be an expression"),
        ("  FA: {value: x, case: [{when: =open, then: x}]}", r"case: and value: exclude each other"),
        ("  FA: {value: =shop, else: x}", r"else: belongs to case:, which is not there"),
        ("  FA: {case: [{when: =opn, then: x}]}", r"there is no field opn in orders; did you mean open"),
        ("  FA: {value: x, table: {a: b}}", r"table: needs a value: that is an expression"),
        ("  FA: {value: =shop, table: {}}", r"table: is empty"),
        ("  FA: {value: =shop, table: {a: =shop}}", r"has an expression for a; .* case: takes expressions"),
        ("  FA: {value: =tags, table: {a: b}}", r"looks for =tags in its table:, which is a list of text"),
        ("  FA.FNUMBER: 5", r'is a code and must be text; write it in quotes: "5"'),
        ("  FA.FUserId: {value: =shop, table: {a: 5}}", r"table: is a code and must be text"),
        ("  FA.fstaffnumber: {value: =shop, default: 5}", r"default: is a code and must be text"),
        ("  FA.FName: {case: [{when: =open, then: 5}]}", r"case: is a code and must be text"),
        ("  FA: {value: =shop, on_miss: skip line}", r"says on_miss: skip line, but there is no line to leave out in"),
        ("  FA: {value: =shop, when_empty: keep}", r"when_empty: is 'keep'; it can be drop, null"),
        ("  FA: {value: =shop, when_empty: null, required: true}", r"required: does not let through"),
        ("  FA: {value: =paid, round: a}", r"round: needs how many digits"),
        ("  FA: {value: =shop, round: 2}", r"is rounded, but =shop is text; type: decimal makes a number"),
        ("  FA: {value: =paid, total: =paid}", r"total: needs round: beside it"),
        ("  FA: {value: =paid, round: 2, tolerance: 1}", r"tolerance: needs total: beside it"),
        ("  FA: {value: =paid, round: 2, total: =paid}", r"has a total:, which is for plain fields of a list"),
        ("  FA: {value: =receiver}", r"its value|=receiver is a row; name one of its parts"),
        ("  FA.FNumber: =lookup('org', shop)", r"is a row; name one of its parts"),
    ],
)
def test_a_wrong_field_is_refused(project, body, message):
    project.table("org", "shop,org", "S1,101")
    project.mapping(project.flow(body))

    with pytest.raises(SetupError, match=message):
        project.run(project.schema())


@pytest.mark.parametrize(
    ("rounding", "message"),
    [
        ("round: 2, total: =line.price", r"=line.price is another one in each line; a total is for all"),
        ("round: 2, total: all", r"total: is an expression .*, or the word sum"),
        ("round: 2, total: sum, tolerance: -1", r"tolerance: needs a number, 0 or more"),
    ],
)
def test_a_wrong_total_is_refused(project, rounding, message):
    with pytest.raises(SetupError, match=message):
        amounts(project, rounding, [])
