"""`mapper-kd explain`: where the fields of a document come from."""

from __future__ import annotations

import json

import pytest

BODY = """
  FCustomerID.FNumber: =customer
  FSalesManID.FNumber: {value: '=code("seller", customer)', on_miss: null}
  FKind:
    case:
      - {when: =status == 1, then: A}
    else: =remark
  FType.FNumber: XSCKD01_SYS
lines:
  FEntity:
    each: =lines
    where: =line.count > 0
    let: {name: '=concat(line.sku, receiver.city)'}
    fields:
      FMaterialID.FNumber: =line.sku
      FName: =name
      FLots: =join(line.lots.lot, ",")
"""


@pytest.fixture
def orders(project):
    project.table("customer", "buyer,customer", "B,K1")
    project.table("seller", "customer,seller", "K1,S1")
    project.mapping(project.flow(BODY, "where: =open\nlet: {customer: '=code(\"customer\", buyer)'}"))
    return project


def settings(orders):
    written = orders.write("config.json", json.dumps({"flows": "mappings", "codes": "codes"}))
    return ["--config", str(written)]


def explain(orders, *arguments):
    result = orders.ask("explain", "mappings/orders.yml", *arguments, "--codes", "codes")
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_every_field_with_its_sources_is_one_json_object(orders):
    said = json.loads(explain(orders, "--json"))

    assert (said["stream"], said["form"], said["where"]) == ("orders", "SAL_OUTSTOCK", "=open")
    fields = {one["field"]: one for one in said["fields"]}
    assert list(fields)[:2] == ["FBillNo", "FCustomerID.FNumber"]
    assert fields["FBillNo"]["sources"] == ["number"]
    assert fields["FBillNo"]["place"].startswith("mappings/orders.yml:")
    seller = fields["FSalesManID.FNumber"]
    assert seller["sources"] == ["buyer"]
    assert seller["tables"] == ["customer.customer", "seller.seller"]
    assert seller["names"] == ["customer"]
    assert seller["policy"] == ["on_miss: null"]
    assert fields["FKind"]["value"] == "when =status == 1 then A; else =remark"
    assert fields["FKind"]["sources"] == ["status", "remark"]
    assert fields["FType.FNumber"] | {"place": ""} == {
        "field": "FType.FNumber", "place": "", "value": "XSCKD01_SYS", "sources": [], "tables": [], "names": [],
        "policy": [], "rows": [],
    }  # fmt: skip


def test_fields_of_lines_lead_down_to_the_lists_of_the_source(orders):
    fields = {one["field"]: one for one in json.loads(explain(orders, "FEntity", "--json"))["fields"]}

    assert list(fields) == ["FEntity.FMaterialID.FNumber", "FEntity.FName", "FEntity.FLots"]
    assert fields["FEntity.FMaterialID.FNumber"]["sources"] == ["lines.sku"]
    assert fields["FEntity.FMaterialID.FNumber"]["rows"] == ["each: =lines", "where: =line.count > 0"]
    assert fields["FEntity.FName"]["sources"] == ["lines.sku", "receiver.city"]
    assert "lines.lots.lot" in fields["FEntity.FLots"]["sources"]


@pytest.mark.parametrize("key", ["FEntity.FMaterialID.FNumber", "FEntity.FMaterialID", "FMaterialID", "fmaterialid"])
def test_one_field_may_be_named_by_a_part_of_its_path(orders, key):
    said = explain(orders, key)

    assert "FEntity.FMaterialID.FNumber" in said
    assert "lines.sku" in said
    assert "each: =lines" in said
    assert "FBillNo" not in said


def test_all_fields_are_a_table(orders):
    said = explain(orders)

    assert said.splitlines()[0] == "mappings/orders.yml: orders -> SAL_OUTSTOCK, where: =open"
    row = next(line for line in said.splitlines() if "FSalesManID.FNumber" in line)
    assert '=code("seller", customer)' in row
    assert "buyer" in row


def test_what_kingdee_says_of_a_field_is_told_too(orders):
    field = {"Key": "FBillNo", "Name": "单据编号", "FieldType": 231, "Length": 80, "MustInput": 1}
    metadata = {"Id": "SAL_OUTSTOCK", "Entrys": [{"Key": "FBillHead", "Fields": [field]}]}
    orders.write("forms/SAL_OUTSTOCK.json", json.dumps(metadata))

    assert "FBillNo 单据编号, text, 80 characters, mandatory (必录)" in explain(orders, "FBillNo", "--forms", "forms")


def test_an_unknown_field_is_named_with_the_nearest(orders):
    result = orders.ask("explain", "mappings/orders.yml", "FCustomreID", "--codes", "codes")

    assert result.returncode == 2
    assert result.stderr == (
        "mapper-kd: mappings/orders.yml: there is no field FCustomreID; did you mean FCustomerID?\n"
    )


def test_a_merged_document_leads_down_to_the_records_it_is_made_of(project):
    project.mapping(
        "stream: orders\nform: F\nnumber: FBillNo\n"
        "merge:\n  by: {place: =receiver.city}\n  values: {total: =sum(paid)}\n"
        "  lines:\n    goods: {each: =lines, by: {sku: =line.sku}, values: {qty: =sum(line.count)}}\n"
        "head:\n  FBillNo: =place\n  FAmount: =total\n"
        "lines:\n  FEntity:\n    each: =goods\n    fields: {FQty: =line.qty}\n"
    )

    fields = {one["field"]: one for one in json.loads(explain(project, "--json"))["fields"]}

    assert fields["FBillNo"]["sources"] == ["receiver.city"]
    assert fields["FAmount"]["sources"] == ["paid"]
    assert fields["FAmount"]["names"] == ["total"]
    assert fields["FEntity.FQty"]["sources"] == ["lines.count"]


def test_a_field_alone_is_looked_for_in_all_mappings_of_the_project(orders):
    orders.write("mappings/other.yml", "stream: s\nform: BD_Customer\nnumber: FNumber\nhead:\n  FNumber: =id\n")

    result = orders.ask("explain", "FBillNo", *settings(orders), "--json")

    assert result.returncode == 0, result.stderr
    (only,) = json.loads(result.stdout)["mappings"]
    assert (only["mapping"], [one["field"] for one in only["fields"]]) == ("orders", ["FBillNo"])


def test_a_field_that_no_mapping_has_is_said_with_the_nearest(orders):
    result = orders.ask("explain", "FBillNumber", *settings(orders))

    assert result.returncode == 2
    assert "no mapping of the project has it: there is no field FBillNumber; did you mean FBillNo?" in result.stderr


def test_rows_that_are_grouped_sorted_or_cut_lead_down_to_the_list_they_are_of(project):
    project.mapping(
        "stream: orders\nform: F\nnumber: FBillNo\ndocuments: {each: '=group(items, \"warehouse\")'}\n"
        'head:\n  FBillNo: =f"{no}-{line.warehouse}"\n'
        'lines:\n  FEntity:\n    each: =sort(line.rows, "sku")\n    fields:\n'
        "      FSku: =line.sku\n      FStock: =parent.warehouse\n      FSum: =sum(row.qty for row in parent.rows)\n"
        "  FParts:\n    each: =chunks(line.rows, 2)\n    fields: {FSkus: '=join(line.rows.sku, \"+\")'}\n"
    )

    fields = {one["field"]: one for one in json.loads(explain(project, "--json"))["fields"]}

    assert fields["FEntity.FSku"]["sources"] == ["items.sku"]
    assert fields["FEntity.FStock"]["sources"] == ["items.warehouse"]
    assert "items.qty" in fields["FEntity.FSum"]["sources"]
    assert "items.sku" in fields["FParts.FSkus"]["sources"]
