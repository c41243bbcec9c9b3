"""What a mapping file can say, and how it is told when it says it wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from erp_sdk.command import SetupError

LINES = [
    {"sku": "A", "count": 2, "price": Decimal("1.50"), "lots": [{"lot": "L1", "count": 1}, {"lot": "L2", "count": 1}]},
    {"sku": "B", "count": 0, "price": Decimal("0.00"), "lots": []},
    {"sku": "C", "count": 5, "price": None},
]


def mapped(project, body, head="", **values):
    (model,) = project.map(project.flow(body, head), {"lines": LINES} | values)
    return model


# --- head


def test_plain_values_are_constants_as_they_are_written(project):
    model = mapped(
        project,
        """
  FText: XSCKD01_SYS
  FQuoted: "100"
  FZeros: 0100
  FDate: 2026-01-05
  FNo: no
  FTime: 12:30
  FInteger: -7
  FDecimal: 0.10
  FTrue: true
  FFalse: false
  FEquals: "=number"
""",
    )

    assert model == {
        "FBillNo": "N1",
        "FText": "XSCKD01_SYS",
        "FQuoted": "100",
        "FZeros": "0100",
        "FDate": "2026-01-05",
        "FNo": "no",
        "FTime": "12:30",
        "FInteger": -7,
        "FDecimal": Decimal("0.10"),
        "FTrue": True,
        "FFalse": False,
        "FEquals": "N1",
    }


def test_dotted_keys_are_references_and_parts_of_any_depth(project):
    body = """
  FOrg.FNumber: "100"
  SubHead.FCurrency.FNumber: PRE001
  SubHead.FIncluded: true
  SubHead.FNote: =remark
  FAuxPropId.FAUXPROPID__FF100001.FNumber: =shop
"""

    assert mapped(project, body, remark="r", shop="S") == {
        "FBillNo": "N1",
        "FOrg": {"FNumber": "100"},
        "SubHead": {"FCurrency": {"FNumber": "PRE001"}, "FIncluded": True, "FNote": "r"},
        "FAuxPropId": {"FAUXPROPID__FF100001": {"FNumber": "S"}},
    }


def test_keys_leave_in_the_order_they_are_written(project):
    body = "  FZ: =status\n  FA: 1\n  FM.FNumber: =shop\n  FB: =number"

    assert list(mapped(project, body, status=1, shop="S")) == ["FBillNo", "FZ", "FA", "FM", "FB"]


def test_empty_values_are_left_out_and_so_are_objects_of_nothing_else(project):
    body = "  FNote: =remark\n  FShop.FNumber: =shop\n  Sub.FA: =remark\n  Sub.FB.FNumber: =shop\n  FText: =buyer"

    assert mapped(project, body, buyer="") == {"FBillNo": "N1", "FText": ""}


def test_false_and_zero_are_values(project):
    assert mapped(project, "  FOpen: =open\n  FPaid: =paid", open=False, paid=0) == {
        "FBillNo": "N1",
        "FOpen": False,
        "FPaid": 0,
    }


def test_the_number_leaves_as_text(project):
    content = project.flow().replace("=number", "=id")

    assert project.map(content, {"id": 77}) == [{"FBillNo": "77"}]


@pytest.mark.parametrize("policy", ["on_miss: null", "default: =remark", "when: =open"])
def test_no_policy_lets_a_document_go_without_its_number(project, policy):
    project.table("number", "id,number", "1,N1")
    content = project.flow().replace("FBillNo: =number", f"FBillNo: {{value: '=code(\"number\", shop)', {policy}}}")

    assert [one["reason"] for one in project.map(content, {"shop": "7"})] == ["number_missing"]


def test_a_field_can_be_turned_into_a_kind(project):
    body = """
  FCount: {value: =shop, type: integer}
  FPrice: {value: =shop, type: decimal}
  FText: {value: =status, type: text}
  FDate: {value: =time, type: date}
  FTime: {value: =time, type: datetime}
  FFlag: {value: =buyer, type: boolean}
"""

    model = mapped(project, body, shop="12.0", status=5, time="2026-01-05T23:30:00+00:00", buyer="yes")

    assert model == {
        "FBillNo": "N1",
        "FCount": 12,
        "FPrice": Decimal("12.0"),
        "FText": "5",
        "FDate": "2026-01-06",
        "FTime": "2026-01-06 07:30:00",
        "FFlag": True,
    }


def test_a_field_can_depend_on_a_condition(project):
    content = project.flow(
        "  FNote:\n    value: =remark\n    when: =status == 1\n  FConst:\n    value: x\n    when: =open"
    )

    assert project.map(content, {"status": 1, "remark": "a", "open": True}, {"status": 2, "remark": "a"}) == [
        {"FBillNo": "N1", "FNote": "a", "FConst": "x"},
        {"FBillNo": "N1"},
    ]


def test_where_decides_which_records_become_documents(project):
    content = project.flow(head='where: =status in (95, 105) and shop != "X"')
    records = [{"number": str(one), "status": one, "shop": "S"} for one in (5, 95, 105, 110)]

    assert project.map(content, *records, {"status": 95, "shop": "X"}) == [{"FBillNo": "95"}, {"FBillNo": "105"}]


def test_constants_are_calculated_too_and_fail_at_their_field(project):
    body = "  FA.FNumber: =upper('x')\n  FB.FC.FNumber: =text(1 / 0)\n  FB.FD: 1"

    assert mapped(project, body)["field"] == "FB.FC.FNumber"
    assert mapped(project, body.replace("/ 0", "/ 4")) == {
        "FBillNo": "N1",
        "FA": {"FNumber": "X"},
        "FB": {"FC": {"FNumber": "0.25"}, "FD": 1},
    }


# --- names


def test_let_names_values_for_head_and_lines(project):
    body = """
  FTotal: =total
  FTwice: =twice
lines:
  FEntity:
    each: =lines
    let:
      amount: =coalesce(line.price, 0) * line.count
    fields:
      FAmount: =amount
      FShare: =round(amount / total, 2)
"""
    head = "let:\n  total: =sum(row.count * row.price for row in lines if row.price is not None)\n  twice: =total * 2"

    model = mapped(project, body, head)

    assert model["FTotal"] == 3
    assert model["FTwice"] == 6
    assert model["FEntity"][0] == {"FAmount": 3, "FShare": 1}


def test_a_let_hides_a_field_which_record_still_reaches(project):
    assert mapped(project, "  FA: =shop\n  FB: =record.shop", "let:\n  shop: =upper(shop)", shop="s1") == {
        "FBillNo": "N1",
        "FA": "S1",
        "FB": "s1",
    }


def test_a_let_can_be_a_list_of_chosen_rows(project):
    body = """
  FCount: =len(lines)
lines:
  FEntity:
    each: =lines
    fields: {FItem: =line.sku, FLots: =len(line.lots)}
"""
    head = "let:\n  lines: =[row for row in record.lines if row.count > 0]"

    model = mapped(project, body, head)

    assert model["FCount"] == 2
    assert model["FEntity"] == [{"FItem": "A", "FLots": 2}, {"FItem": "C", "FLots": 0}]


def test_what_goes_wrong_in_a_let_is_reported_at_the_field_that_uses_it(project):
    project.table("customer", "buyer,customer", "x,KH1")
    content = project.flow(
        "  FShop: =shop\n  FCustomerID.FNumber: =customer\n  FOther: {value: =customer, on_miss: null}",
        'let:\n  customer: =code("customer", buyer)',
    )

    (letter,) = project.map(content, {"buyer": "y"})

    assert letter["field"] == "FCustomerID.FNumber"


def test_a_let_that_nothing_uses_harms_nothing(project):
    assert mapped(project, "", "let:\n  bad: =decimal(shop)", shop="x") == {"FBillNo": "N1"}


# --- lists


def test_each_makes_a_line_of_every_row(project):
    body = "lines:\n  FEntity:\n    each: =lines\n    fields:\n      FItem.FNumber: =line.sku\n      FNo: =number"

    assert mapped(project, body)["FEntity"] == [{"FItem": {"FNumber": one}, "FNo": "N1"} for one in "ABC"]


def test_where_chooses_the_rows_of_a_list(project):
    body = "lines:\n  FEntity:\n    each: =lines\n    where: =line.count > 0\n    fields:\n      FItem: =line.sku"

    assert mapped(project, body)["FEntity"] == [{"FItem": "A"}, {"FItem": "C"}]


def test_the_index_of_a_failing_line_counts_the_lines_that_go_out(project):
    body = """
lines:
  FEntity:
    each: =lines
    where: =line.count > 0
    fields:
      FFree: =line.price <= 0
"""

    assert mapped(project, body)["field"] == "FEntity[1].FFree"


def test_several_lists_may_come_from_the_same_or_different_rows(project):
    body = """
lines:
  FEntity:
    each: =lines
    fields:
      FItem: =line.sku
  FPlan:
    each: =tags
    fields:
      FTag: =line
"""

    model = mapped(project, body, tags=["x", "y"])

    assert [one["FItem"] for one in model["FEntity"]] == ["A", "B", "C"]
    assert model["FPlan"] == [{"FTag": "x"}, {"FTag": "y"}]


def test_a_list_inside_a_line_sees_its_row_the_row_around_it_and_the_record(project):
    body = """
lines:
  FEntity:
    each: =lines
    fields:
      FItem: =line.sku
    lines:
      FLots:
        each: =line.lots
        fields:
          FLot: =line.lot
          FItem: =parent.sku
          FNo: =parent.parent.number
          FBill: =record.number
"""

    entity = mapped(project, body)["FEntity"]

    assert entity[0]["FLots"] == [{"FLot": one, "FItem": "A", "FNo": "N1", "FBill": "N1"} for one in ("L1", "L2")]
    assert "FLots" not in entity[1]
    assert "FLots" not in entity[2]


def test_a_failure_in_a_nested_list_names_both_lines(project):
    body = """
lines:
  FEntity:
    each: =lines
    fields:
      FItem: =line.sku
    lines:
      FLots:
        each: =line.lots
        fields:
          FNumber: {value: =line.lot, type: integer}
"""
    lines = [{"sku": "A"}, {"sku": "B", "lots": [{"lot": "1"}, {"lot": "x"}]}]

    assert mapped(project, body, lines=lines)["field"] == "FEntity[1].FLots[1].FNumber"


def test_a_list_without_each_is_one_line_whose_row_is_the_one_around_it(project):
    body = """
lines:
  FEntity:
    each: =lines
    fields:
      FItem: =line.sku
    lines:
      FEntity_Link:
        when: =line.count > 0
        fields:
          FRule: R
          FSource: =line.sku
  FPlan:
    fields:
      FAmount: =paid
"""

    model = mapped(project, body, paid=7)

    assert model["FPlan"] == [{"FAmount": 7}]
    assert [one.get("FEntity_Link") for one in model["FEntity"]] == [
        [{"FRule": "R", "FSource": "A"}],
        None,
        [{"FRule": "R", "FSource": "C"}],
    ]


def test_a_list_can_be_calculated_or_be_of_unknown_shape(project):
    body = """
lines:
  FTids:
    each: =split(shop, ",")
    fields:
      FTid: =strip(line)
  FAny:
    each: =anything
    fields:
      FName: =line.name
      FDeep: =line.more.x
"""

    model = mapped(project, body, shop="T1, T2", anything={"name": "one", "more": {"x": 1}})

    assert model["FTids"] == [{"FTid": "T1"}, {"FTid": "T2"}]
    assert model["FAny"] == [{"FName": "one", "FDeep": 1}]


def test_a_list_may_hang_in_a_part_of_the_head(project):
    body = "lines:\n  Sub.FRows:\n    each: =tags\n    fields:\n      FTag: =line"

    assert mapped(project, body, tags=["x"])["Sub"] == {"FRows": [{"FTag": "x"}]}


def test_a_list_of_no_rows_is_left_out(project):
    body = "lines:\n  FEntity:\n    each: =lines\n    fields:\n      FItem: =line.sku"

    assert mapped(project, body, lines=None) == {"FBillNo": "N1"}


def test_aggregates_look_over_all_lines(project):
    body = """
  FCount: =len(lines)
  FQty: =sum(lines.count)
  FMax: =max(lines.price)
  FFirst: =first(lines).sku
  FLast: =last(lines).sku
  FSkus: =join(lines.sku, "+")
  FLots: =len(lines.lots)
  FAverage: =average(lines.count)
"""

    assert mapped(project, body) == {
        "FBillNo": "N1",
        "FCount": 3,
        "FQty": 7,
        "FMax": Decimal("1.50"),
        "FFirst": "A",
        "FLast": "C",
        "FSkus": "A+B+C",
        "FLots": 3,
        "FAverage": Decimal(7) / 3,
    }


# --- misses


def test_each_field_decides_what_a_miss_means(project):
    project.table("org", "shop,org", "S1,101")
    content = project.flow("""
  FSkipped.FNumber: {value: '=code("org", shop)', on_miss: null}
  FDefault.FNumber: {value: '=code("org", shop)', default: "100"}
  FOther.FNumber: {value: '=code("org", shop)', default: =buyer}
""")

    assert project.map(content, {"shop": "S1"}, {"shop": "S9", "buyer": "B"}, {"shop": None, "buyer": "B"}) == [
        {"FBillNo": "N1", "FSkipped": {"FNumber": "101"}, "FDefault": {"FNumber": "101"}, "FOther": {"FNumber": "101"}},
        {"FBillNo": "N1", "FDefault": {"FNumber": "100"}, "FOther": {"FNumber": "B"}},
        {"FBillNo": "N1", "FDefault": {"FNumber": "100"}, "FOther": {"FNumber": "B"}},
    ]


def test_a_default_also_stands_in_for_an_empty_value(project):
    assert mapped(project, "  FNote: {value: =remark, default: none}")["FNote"] == "none"


def test_a_policy_is_for_misses_only_and_hides_no_other_failure(project):
    letter = mapped(project, "  FCount: {value: =integer(shop), on_miss: null}", shop="x")

    assert (letter["reason"], letter["field"]) == ("value_invalid", "FCount")


def test_a_miss_in_a_line_counts_for_the_line(project):
    project.table("stock", "warehouse,stock", "W1,CK1")
    body = """
lines:
  FEntity:
    each: =lines
    fields:
      FItem: =line.sku
      FStock.FNumber: =code("stock", warehouse)
      FMaybe.FNumber: {value: '=code("stock", warehouse)', on_miss: null}
"""

    assert mapped(project, body, warehouse="W9")["field"] == "FEntity[0].FStock.FNumber"
    assert mapped(project, body, warehouse="W9", lines=[]) == {"FBillNo": "N1"}
    assert mapped(project, body, warehouse="W1")["FEntity"][2] == {
        "FItem": "C",
        "FStock": {"FNumber": "CK1"},
        "FMaybe": {"FNumber": "CK1"},
    }


# --- what schemes of other platforms do


def test_case_when_on_a_value_is_a_table_in_the_mapping(project):
    head = 'tables:\n  org:\n    rows: {"310": "825", "412": "826"}'
    content = project.flow('  FOrg.FNumber: {value: \'=code("org", shop)\', default: "809"}', head)

    models = project.map(content, {"shop": "310"}, {"shop": "999"})

    assert [one["FOrg"]["FNumber"] for one in models] == ["825", "809"]


def test_case_when_on_conditions_is_an_expression(project):
    body = '  FA: =case(paid > 100, "big", paid > 0, "small", "gift")\n  FB: ="x" if open else "y"'
    content = project.flow(body)

    models = project.map(content, {"paid": 200, "open": True}, {"paid": 5}, {"paid": 0})

    assert [(one["FA"], one["FB"]) for one in models] == [("big", "x"), ("small", "y"), ("gift", "y")]


def test_lists_in_a_list_without_each_see_its_names(project):
    project.table("org", "shop,org", "S1,101")
    body = """
lines:
  FOne:
    when: =shop
    let: {org: '=code("org", shop)'}
    fields: {FShop: =shop}
    lines:
      FTwo:
        each: =record.lines
        fields: {FOrg: =org}
"""
    models = project.map(project.flow(body), {"shop": "S1", "lines": [{"sku": "A"}]}, {"lines": [{"sku": "A"}]})

    assert models == [{"FBillNo": "N1", "FOne": [{"FShop": "S1", "FTwo": [{"FOrg": "101"}]}]}, {"FBillNo": "N1"}]


def test_a_flat_record_of_one_line_becomes_a_document_with_one_line(project):
    body = "lines:\n  FEntity:\n    fields:\n      FMATERIALID.FNumber: =shop\n      FQty: =paid"

    assert mapped(project, body, shop="M-01", paid=4)["FEntity"] == [{"FMATERIALID": {"FNumber": "M-01"}, "FQty": 4}]


def test_a_lookup_may_follow_a_lookup_and_take_several_columns(project):
    project.table("customer", "buyer,customer", "张三,KH1")
    project.table("seller", "customer,seller,group", "KH1,XS1,G7")
    project.table("entry", "bill,item,fid,entry", "T1,A,4001,88001", "T1,B,4001,88002")
    body = """
  FCustomer.FNumber: =customer
  FSeller.FNumber: =lookup("seller", customer).seller
  FGroup.FNumber: =seller.group
lines:
  FEntity:
    each: =lines
    let:
      order: =find("entry", shop, line.sku)
    fields:
      FItem: =line.sku
    lines:
      FEntity_Link:
        when: =order
        fields:
          FSBillId: =order.fid
          FSId: =order.entry
"""
    head = """
let:
  customer: =code("customer", buyer)
  seller: =lookup("seller", customer)
tables:
  entry: {key: [bill, item]}
"""

    model = mapped(project, body, head, buyer="张三", shop="T1")

    assert (model["FCustomer"], model["FSeller"]) == ({"FNumber": "KH1"}, {"FNumber": "XS1"})
    assert model["FGroup"] == {"FNumber": "G7"}
    assert [one.get("FEntity_Link") for one in model["FEntity"]] == [
        [{"FSBillId": "4001", "FSId": "88001"}],
        [{"FSBillId": "4001", "FSId": "88002"}],
        None,
    ]


# --- what is wrong is said before a record is read


@pytest.mark.parametrize(
    ("body", "head", "message"),
    [
        ("  FA: =daet(time)", "", r"orders.yml:7: head.FA: =daet\(time\): there is no function daet; did you mean"),
        ("  FA: =remrak", "", r"head.FA: =remrak: there is no field remrak in orders; did you mean remark\?"),
        ("  FA: =receiver.nmae", "", r"there is no field nmae in orders.receiver; did you mean name\?"),
        ("  FA: =first(lines).skuu", "", r"there is no field skuu in orders.lines; did you mean sku\?"),
        ('  FA: =code("orgs", shop)', "", r"no table orgs in the mapping and no orgs.csv in codes; did you mean org\?"),
        ('  FA: =lookup("org", shop).orgg', "", r"no column orgg in table org \(codes/org.csv\); did you mean org\?"),
        ('  FA: =code("org", shop, buyer)', "", r"asks table org with 2 key values; its key is shop"),
        ('  FA: =code("wide", shop)', "", r"several values \(a, b\); write lookup\(\"wide\", …\).a"),
        ("  FA: =line.sku", "", r"there is no row to call line in the head; it is known below lines:"),
        ("  FA: =lines", "", r"=lines is a list of rows; name one of its parts"),
        ("  FA: =receiver", "", r"=receiver is a row; name one of its parts"),
        ("  FA: =status == '95'", "", r"compares status, which is integer with '95', which is text"),
        ("  FA: =shop * 2", "", r"needs a number, but shop is text; decimal\(\) makes a number of it"),
        ("  FA: =shop.upper", "", r"takes upper from shop, which is text.*write upper\(…\) around it"),
        ("  FA: {value: =shop, on_mis: skip}", "", r"FA.on_mis: is no key of.*did you mean on_miss"),
        ("  FA: {value: =shop, on_miss: ignore}", "", r"on_miss: is 'ignore'; it can be dead_letter, null, skip"),
        ("  FA: {value: =shop, on_miss: null, default: x}", "", r"on_miss: and default: exclude each other"),
        ("  FA: {value: =shop, type: int}", "", r"type: is 'int'; it can be text, date"),
        ("  FA: {on_miss: null}", "", r"head.FA: has no value:"),
        ("  FA:", "", r"head.FA: has no value"),
        ("  FA: [1]", "", r"head.FA: needs a single value"),
        ("  FA:\n    FNumber: =shop", "", r"head.FA: has a field below it; write .* as FA.FNumber: …\.$"),
        ("  FA.FNumber: 100", "", r'head.FA.FNumber: is a code and must be text; write it in quotes: "100"'),
        ("  FA..B: x", "", r"is no field key"),
        ("  'F\"A': x", "", r"is no field key"),
        ("  FA: =record['a\\nb']", "", r"there is no field a\nb in orders"),
        ("  FA: x\n  FA: y", "", r"head.FA: is written twice"),
        ("  FA: x\n  FA.FB: y", "", r"head.FA.FB: needs FA to be an object"),
        ("lines:\n  FBillNo:\n    fields: {FA: x}", "", r"lines.FBillNo: is there already"),
        ("lines:\n  FE:\n    each: =lines", "", r"lines.FE: has no fields:"),
        ("lines:\n  FE:\n    each: =shop\n    fields: {FA: x}", "", r"each: =shop is text and no list"),
        ("lines:\n  FE:\n    each: lines\n    fields: {FA: x}", "", r"each: is a list and must be an expression"),
        ("", "where: status", r"where: is a condition and must be an expression: it starts with ="),
        ("", "were: =open", r"were: is no key of the mapping language here; did you mean where\?"),
        ("", "let: {1a: =open}", r"let.1a: is no name"),
        ("", "tables: {t: {csv: a.csv, sql: b}}", r"tables.t: has both csv: and sql:"),
        ("", "tables: {t: {sql: select 1}}", r"tables.t: comes from sql: and needs database: and key: too"),
        ("", "tables: {org: {optional: perhaps}}", r"optional: needs true or false"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_place_cause_and_nearest_name(project, body, head, message):
    project.table("org", "shop,org", "S1,101")
    project.table("wide", "shop,a,b", "S1,1,2")
    project.mapping(project.flow(body, head))

    with pytest.raises(SetupError, match=message):
        project.run(project.schema())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "orders.yml:1: is empty"),
        ("a: [", "orders.yml:1: is no valid YAML"),
        ("- 1", "needs keys and values below it"),
        ("stream: orders\nnumber: FNo\nhead: {FNo: =number}", "has no form:"),
        (
            "stream: orders\nform: F\nnumber: FNo\nhead: {FBillNo: =number}",
            "number: names FNo, which is no field of head",
        ),
        ("stream: orders\nform: F\nnumber: F.No\nhead: {F.No: =number}", "must be a plain field"),
        ("stream: 1\nform: F\nnumber: F\nhead: {F: =number}", 'stream: needs a text; write it in quotes: "1"'),
        ("a: &a {b: *a}", "is no key of the mapping language"),
        ("\t", "is no valid YAML"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused_with_its_line(project, content, message):
    project.mapping(content)

    with pytest.raises(SetupError) as refusal:
        project.run()

    assert message in str(refusal.value)


def test_a_mapping_without_a_number_can_be_looked_at_but_not_be_run(project):
    flow = project.mapping("stream: orders\nform: F\nhead: {FNote: =remark}").as_posix()
    records = project.write("records.json", '[{"id": 1, "remark": "r"}]')

    answer = project.ask("preview", flow, records.as_posix(), "--json")
    with pytest.raises(SetupError, match=r"orders.yml:1: has no number:, the field of head by which a document is"):
        project.run(project.schema())

    assert '{"FNote":"r"}' in answer.stdout


def test_a_list_that_holds_itself_is_refused(project):
    body = "lines: &loop\n  FE: {fields: {FA: x}, lines: *loop}"
    project.mapping(project.flow(body))

    with pytest.raises(SetupError, match=r"orders\.yml"):
        project.run()


def test_only_the_first_problem_is_told_in_full_with_how_many_follow(project):
    project.mapping(project.flow("  FA: =a b\n  FB: =nope()\n  FC: =nada()"))

    with pytest.raises(SetupError, match=r"head.FA.*\(and 2 more: `mapper-kd check` lists them\)"):
        project.run()
