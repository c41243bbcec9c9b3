"""Tables of more shapes: JSON, several rows, units, chains, columns that nobody reads, and loading again."""

from __future__ import annotations

import json
import logging
import os
from decimal import Decimal

import pytest
from erp_sdk.command import SetupError
from mapper_kd.tables import TableShelf, TableSpec
from mapper_kd.yaml_nodes import Place


def fields(model):
    return {key: value for key, value in model.items() if key != "FBillNo"}


# --- keys and chains


def test_a_key_of_several_columns_finds_the_row_with_all_of_them(project):
    project.table("price", "shop,sku,price", "S1,A,1", "S1,B,2", "S2,A,3")
    content = project.flow('  FA: =code("price", shop, buyer)', "tables: {price: {key: [shop, sku]}}")

    models = project.map(content, {"shop": "S1", "buyer": "B"}, {"shop": "S2", "buyer": "B"})

    assert models[0]["FA"] == "2"
    assert models[1]["message"] == ('FA: table price (codes/price.csv) has no row for "S2", "B".')


def test_a_lookup_is_the_key_of_the_next(project):
    project.table("customer", "nick,number,group", "张三,KH1,VIP", "李四,KH2,")
    project.table("seller", "group,seller", "VIP,XS01")
    body = '  FA: =code("seller", lookup("customer", buyer).group)'

    models = project.map(project.flow(body), {"buyer": "张三"}, {"buyer": "李四"}, {"buyer": "王五"})

    assert models[0]["FA"] == "XS01"
    assert [one["reason"] for one in models[1:]] == ["value_missing", "code_missing"]
    assert "the key for table seller (codes/seller.csv) is empty" in models[1]["message"]


def test_what_a_miss_means_is_said_by_each_field(project):
    project.table("org", "shop,org", "S1,101")
    body = """
  FA: {value: '=code("org", shop)', default: "100"}
  FB: {value: '=lookup("org", shop).org', on_miss: null}
lines:
  FEntity:
    each: =record.lines
    fields:
      FSku: =line.sku
      FOrg: {value: '=code("org", line.sku)', on_miss: skip line}
"""
    lines = [{"sku": "S1"}, {"sku": "S9"}]

    (model,) = project.map(project.flow(body), {"shop": "S7", "lines": lines})

    assert fields(model) == {"FA": "100", "FEntity": [{"FSku": "S1", "FOrg": "101"}]}


def test_a_miss_may_leave_the_record_out(project):
    project.table("org", "shop,org", "S1,101")
    body = "  FA: {value: '=code(\"org\", shop)', on_miss: skip record}"

    models = project.map(project.flow(body), {"shop": "S1"}, {"shop": "S2"})

    assert [one["FA"] for one in models] == ["101"]


# --- several rows


ORDERS = ("bill,status,fid", "P1,C,1", "P1,B,2", "P2,C,3", "P1,B,4")


def test_rows_gives_all_rows_of_a_key_in_their_order(project):
    project.table("orders", *ORDERS)
    body = """
  FFirst: =first(row.fid for row in rows("orders", shop) if row.status != "C")
  FCount: =len(rows("orders", shop))
  FAll: =join([row.bill for row in rows("orders")], "-")
"""
    models = project.map(project.flow(body), {"shop": "P1"}, {"shop": "P3"}, {"shop": None})

    assert [fields(one) for one in models] == [
        {"FFirst": "2", "FCount": 3, "FAll": "P1-P1-P2-P1"},
        {"FCount": 0, "FAll": "P1-P1-P2-P1"},
        {"FCount": 0, "FAll": "P1-P1-P2-P1"},
    ]


def test_rows_make_lines(project):
    project.table("orders", *ORDERS)
    body = """
lines:
  FLinks:
    each: =rows("orders", shop)
    fields: {FId: =line.fid, FStatus: =line.status}
"""
    (model,) = project.map(project.flow(body), {"shop": "P1"})

    assert model["FLinks"] == [
        {"FId": "1", "FStatus": "C"},
        {"FId": "2", "FStatus": "B"},
        {"FId": "4", "FStatus": "B"},
    ]


def test_a_key_may_come_twice_only_where_nobody_asks_for_one_row(project):
    project.table("orders", *ORDERS)

    with pytest.raises(SetupError, match=r"codes/orders.csv:3: P1 is there already \(line 2\)"):
        project.map(project.flow('  FA: =len(rows("orders", shop))\n  FB: =find("orders", shop).fid'), {"shop": "P1"})


# --- units


UNITS = ("from,to,factor", "箱,Pcs,24", "kg,g,1000", "坏,Pcs,many", "零,Pcs,0")


@pytest.mark.parametrize(
    ("quantity", "units", "expected"),
    [
        (2, ("箱", "Pcs"), "48"),
        ("2.5", ("kg", "g"), "2500.0"),
        (12, ("Pcs", "箱"), "0.5"),
        (1500, ("g", "kg"), "1.5"),
        (7, ("Pcs", "Pcs"), "7"),
        (None, ("箱", "Pcs"), None),
    ],
)
def test_a_quantity_is_converted_in_either_direction(project, quantity, units, expected):
    project.table("units", *UNITS)
    content = project.flow('  FQty: =convert("units", anything, shop, buyer)')

    (model,) = project.map(content, {"anything": quantity, "shop": units[0], "buyer": units[1]})

    assert model.get("FQty") == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("unit", "reason", "message"),
    [
        ("包", "code_missing", 'has no row for "包", "Pcs"'),
        (None, "value_missing", "buyer"),
        ("坏", "value_invalid", '"many" is no number'),
        ("零", "value_invalid", 'the factor from "零" to "Pcs" is "0"'),
    ],
)
def test_a_unit_without_a_usable_factor_is_a_dead_letter(project, unit, reason, message):
    project.table("units", *UNITS)

    (letter,) = project.map(project.flow('  FQty: =convert("units", 1, buyer, "Pcs")'), {"buyer": unit})

    assert letter["reason"] == reason
    assert message in letter["message"]


def test_units_may_depend_on_the_material(project):
    project.table("units", "material,from,to,factor", "A,箱,瓶,6", "B,箱,瓶,12")
    head = "tables: {units: {key: [from, to, material], values: factor}}"

    models = project.map(
        project.flow('  FQty: =convert("units", 24, "瓶", "箱", buyer)', head), {"buyer": "A"}, {"buyer": "B"}
    )

    assert [one["FQty"] for one in models] == [4, 2]


# --- JSON


PRODUCTS = [
    {"product": {"no": "A", "lots": [1, 2]}, "shop": 7, "price": 1.10, "ok": True, "name": " 甲 "},
    {"product": {"no": "B"}, "shop": "7", "price": None},
    {"shop": 8},
]


def product(project, body, *values, head="", content=None):
    project.write("codes/products.json", json.dumps(PRODUCTS) if content is None else content)
    tables = f"tables: {{product: {{json: products.json, key: [shop, product.no]{head}}}}}"
    return project.map(project.flow(body, tables), *values)


def test_a_json_list_is_a_table_whose_cells_keep_what_they_are(project):
    body = """
  FPrice: =find("product", 7, buyer).price
  FOk: =find("product", 7, buyer).ok
  FName: =find("product", 7, buyer).name
  FLots: =sum(find("product", 7, buyer)["product.lots"])
"""
    models = product(project, body, {"buyer": "A"}, {"buyer": "B"}, {"buyer": "C"})

    assert fields(models[0]) == {"FPrice": Decimal("1.1"), "FOk": True, "FName": " 甲 ", "FLots": 3}
    assert fields(models[1]) == fields(models[2]) == {"FLots": 0}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "codes/products.json: is no JSON list of objects"),
        ("[1]", "codes/products.json: is no JSON list of objects"),
        ("", "codes/products.json: is empty; it needs a JSON list of objects"),
        ('[{"shp": 1, "product.no": 1}]', "there is no column shop in codes/products.json; did you mean shp?"),
        ('[{"shop": 1, "product.no": [1]}]', "codes/products.json:1: its key cannot be asked for: a list"),
    ],
)
def test_json_that_is_no_such_table_is_refused(project, content, message):
    with pytest.raises(SetupError) as failure:
        product(project, '  FA: =find("product", 7, buyer).price', {"buyer": "A"}, content=content)

    assert message in str(failure.value)


def test_a_code_of_a_json_table_needs_its_column(project):
    with pytest.raises(SetupError, match=r"for a code, but nothing says which column; say values: in .*orders.yml:4"):
        product(project, '  FA: =code("product", 7, buyer)', {"buyer": "A"})


# --- what is read of a file


def test_a_file_is_kept_only_as_far_as_mappings_read_it(project):
    wide = [",".join(f"c{index}" for index in range(10))]
    wide += [",".join(f"value {row} of column {index}" for index in range(10)) for row in range(50)]
    project.table("wide", *wide)
    shelf = TableShelf([project.folder / "codes"], {})
    spec = TableSpec("wide", Place("m.yml", 1), origin="wide.csv")
    table = shelf.open(spec)

    find, (code, _) = table.asked_by("find"), table.column("row", "c3", certain=True)
    shelf.load(spec)

    row = find("value 7 of column 0")
    assert row == ("value 7 of column 3",)
    assert code == "row[0]"


def test_a_mapping_that_reads_more_of_a_table_later_finds_it_there(project):
    project.table("org", "shop,org,owner", "S1,101,201")
    project.mapping(project.flow('  FA: =find("org", shop).org'), "first")
    second = project.flow('  FA: =find("org", shop).owner').replace("stream: orders", "stream: shops")
    project.mapping(second, "second")

    messages = project.run(
        project.schema(),
        project.record(shop="S1"),
        project.schema("shops", id={"type": "integer"}, number={"type": "string"}, shop={"type": "string"}),
        project.record("shops", shop="S1"),
        project.record(shop="S1"),
    )

    assert [one["record"]["FA"] for one in messages if one["type"] == "RECORD"] == ["101", "201", "101"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"codes/org.csv:1: is empty; it needs a header line with a key column"),
        (b"shop;org\nS1;1\n", r"its columns are separated by ';', and must be by commas"),
        (
            "shop,org\nS1,1\n".encode("utf-16"),
            r"codes/org.csv: is UTF-16 \(Excel's Unicode text\); save it as CSV UTF-8",
        ),
        (b"PK\x03\x04\x80\xff", r"codes/org.csv: is an Excel workbook; save it as CSV UTF-8"),
        (b"shop,org,org\nS1,1,2\n", r"codes/org.csv:1: has two columns org; give one of them another name"),
        (b'shop,org\n"S\n1",1\nS2\n', r"codes/org.csv:4: has 1 columns, the header has 2"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_what_to_do(project, content, message):
    (project.folder / "codes/org.csv").write_bytes(content)

    with pytest.raises(SetupError, match=message):
        project.map(project.flow('  FA: =lookup("org", shop).org'), {"shop": "S1"})


def test_wide_blanks_around_a_cell_go_and_wide_characters_in_it_stay(project):
    project.table("org", "shop,org", "　Ｓ１　店 ,１０１ ")

    assert project.map(project.flow('  FA: =code("org", shop)'), {"shop": "Ｓ１　店"})[0]["FA"] == "１０１"


# --- loading again


def reloaded(project, head="reload: 15 minutes"):
    shelf = TableShelf([project.folder / "codes"], {})
    spec = TableSpec("org", Place("m.yml", 1), origin="org.csv", reload=900, optional="optional" in head)
    code = shelf.open(spec).asked_by("find")
    shelf.open(spec).index("org")
    shelf.load(spec)
    return shelf, code


def test_a_file_that_has_changed_is_read_again_when_its_time_has_come(project, clock):
    project.table("org", "shop,org", "S1,101")
    shelf, find = reloaded(project)
    project.table("org", "other,shop,org", "x,S1,102", "y,S2,103")
    os.utime(project.folder / "codes/org.csv", ns=(1, 1))

    shelf.refresh()
    before = find("S1")
    clock.now = 900
    project.table("org", "shop,other,org", "S1,x,102", "S2,y,103")
    shelf.refresh()

    assert (before, find("S1"), find("S2")) == (("101",), ("102",), ("103",))


def test_a_broken_new_file_leaves_the_rows_and_is_told_once(project, clock, caplog):
    project.table("org", "shop,org", "S1,101")
    shelf, find = reloaded(project)
    project.table("org", "shop,orgg", "S1,102", "S2,103")
    told = []
    for turn in range(1, 4):
        clock.now = 900 * turn
        with caplog.at_level(logging.WARNING):
            shelf.refresh()
        told.append([record.getMessage() for record in caplog.records])

    assert find("S1") == ("101",)
    assert told[0] == told[2]
    (sentence,) = told[0]
    assert sentence.startswith(
        "table org (codes/org.csv) keeps the rows it has: ".replace("codes", str(project.folder / "codes"))
    )
    assert "there is no column org in" in sentence

    project.table("org", "shop,org", "S1,104")
    clock.now = 3600
    shelf.refresh()
    assert find("S1") == ("104",)


def test_a_file_that_goes_leaves_the_rows_and_one_that_comes_is_read(project, clock, caplog):
    shelf, find = reloaded(project, "optional")
    assert find("S1") is None
    path = project.table("org", "shop,org", "S1,101")
    clock.now = 900
    shelf.refresh()
    assert find("S1") == ("101",)

    path.unlink()
    clock.now = 1800
    shelf.refresh()

    assert find("S1") == ("101",)
    assert "code table org is not there" in caplog.text


def test_a_run_reads_a_changed_file_between_two_records(project, clock):
    project.table("org", "shop,org", "S1,101")
    project.mapping(project.flow('  FA: =code("org", shop)', "tables: {org: {reload: 1 minute}}"))

    def lines():
        yield project.wire([project.schema()])
        yield project.wire([project.record(shop="S1")])
        project.table("org", "shop,org", "S1,1020")
        yield project.wire([project.record(shop="S1")])
        clock.now = 60
        yield project.wire([project.record(shop="S1")])

    assert [one["FA"] for one in project.listen(lines())] == ["101", "101", "1020"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("{csv: a.csv, json: b.json}", "tables.t: has both csv: and json:; a table comes from one of them"),
        ("{json: b.json}", "tables.t: comes from json: and needs key: too"),
        ("{table: t, key: a}", "tables.t: comes from table: and needs database: too"),
        ("{csv: a.csv, preload: true}", "tables.t.preload: is for tables from sql:, table:, ledger:, not from csv:"),
        ("{rows: {a: b}, reload: 1 hour}", "tables.t.reload: is for tables from csv:, json:, sql:"),
        ("{csv: a.csv, reload: 15 min}", "tables.t.reload: needs a time such as 15 minutes"),
        ("{csv: a.csv, reload: 0 hours}", "tables.t.reload: needs a time such as 15 minutes"),
        ("{table: t, database: d, key: a, preload: true, cache: 5}", "tables.t.cache: and preload: exclude each other"),
        ("{ledger: F, key: a}", "tables.t.key: is not for tables from ledger:; their key is the document's number"),
        ("{csv: a.csv, account: x}", "tables.t.account: is for tables from ledger:, not from csv:"),
        ("{csv: a.csv, relaod: 1 hour}", "did you mean reload?"),
    ],
)
def test_a_table_that_is_declared_wrongly_is_refused(project, table, message):
    with pytest.raises(SetupError) as failure:
        project.map(project.flow("", f"tables: {{t: {table}}}"), {})

    assert message in str(failure.value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('rows("org", shop, buyer)', "asks table org with 2 key values; its key is shop"),
        ('rows("org", shop).orgg', "there is no column orgg in table org"),
        ('convert("org", 1, "a")', "calls convert() with too few values"),
        ("convert(shop, 1, 2, 3)", "calls convert() without the name of a table in quotes"),
        ('rows("orgs")', "there is no table orgs in the mapping and no orgs.csv"),
        ('rows("org", find("org", shop))', "asks table org with find('org', shop), which is a row"),
    ],
)
def test_a_table_that_is_asked_wrongly_is_refused(project, expression, message):
    project.table("org", "shop,org", "S1,101")

    with pytest.raises(SetupError) as failure:
        project.map(project.flow(f"  FA: '={expression}'"), {})

    assert message in str(failure.value)


def test_rows_in_memory_are_asked_by_their_keys():
    records = [{"number": "A", "write": {"code": 5}, "fid": 1}, {"number": "A", "write": {"code": 6}, "fid": 2}]
    shelf = TableShelf([], {}, {"22-33": records})
    spec = TableSpec(
        "orders", Place("m.yml", 1), "collection", "22-33", key=("number", "write.code"), duplicates="first"
    )
    table = shelf.open(spec)
    find, index = table.asked_by("find"), table.index("fid")
    shelf.load(spec)

    assert find("A", 6)[index] == 2
    assert find("A", None) is None
    with pytest.raises(SetupError, match=r"the collection 22-34 is not given; did you mean 22-33\?"):
        shelf.open(TableSpec("orders", Place("m.yml", 1), "collection", "22-34", key=("number",)))
