"""`mapper-kd test`: cases beside a mapping."""

from __future__ import annotations

import pytest

MAPPING = """
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
where: =status == 1
head:
  FBillNo: =number
  FNote: =remark
  FCustomerID.FNumber: =code("customer", buyer)
  FDate: =today()
lines:
  FEntity:
    each: =lines
    fields:
      FMaterialID.FNumber: =line.sku
      FRealQty: =line.count
"""
CASES = """
now: 2026-01-05 09:30:00
tables: {customer: [{buyer: "01", customer: K1}]}
cases:
  - name: a whole document
    record: &order {number: N1, status: 1, buyer: "01", lines: [{sku: S1, count: 1.50}]}
    document:
      FBillNo: N1
      FCustomerID.FNumber: K1
      FDate: 2026-01-05
      FEntity: [{FMaterialID: {FNumber: S1}, FRealQty: 1.5}]
  - name: a part of one
    record: {<<: *order, remark: hello}
    includes: {FNote: hello, FCustomerID: {FNumber: K1}}
  - name: several
    records: [*order, {<<: *order, status: 2}]
    documents:
      - {FBillNo: N1, FCustomerID.FNumber: K1, FDate: 2026-01-05, FEntity: [{FMaterialID.FNumber: S1, FRealQty: 1.50}]}
  - name: none
    record: {<<: *order, status: 2}
    nothing: true
  - name: an unknown customer
    record: {<<: *order, buyer: "02"}
    dead_letter: {field: FCustomerID.FNumber, reason: code_missing, message: '"02"'}
"""


@pytest.fixture
def orders(project):
    project.mapping(MAPPING)

    def test(cases):
        project.write("mappings/orders.cases.yml", cases)
        return project.ask("test", "mappings", "--codes", "codes")

    return test


def test_cases_that_hold_are_counted(orders):
    result = orders(CASES)

    assert result.returncode == 0
    assert result.stdout == "mappings/orders.yml: 5 cases as expected\n"


def test_a_list_of_cases_is_enough(orders, project):
    project.table("customer", "buyer,customer", "01,K1")

    result = orders("- record: {number: N1, status: 1, buyer: '01'}\n  includes: {FBillNo: N1, FNote: null}\n")

    assert result.stdout == "mappings/orders.yml: 1 case as expected\n"


@pytest.mark.parametrize(
    ("old", "new", "differences"),
    [
        ("FRealQty: 1.5}", "FRealQty: 2}", ["FEntity[0].FRealQty", "- 2", "+ 1.5"]),
        ("FBillNo: N1\n", "FBillNo: N1\n      FX: 1\n", ["FX", "- 1", "+ (nothing)"]),
        ("      FCustomerID.FNumber: K1\n", "", ["FCustomerID", "- (nothing)", '+ {"FNumber":"K1"}']),
        ("includes: {FNote: hello,", "includes: {FNote: null,", ["FNote", "- null", '+ "hello"']),
        ("[*order, {<<: *order, status: 2}]", "[*order, *order]", ["documents[1]", "- (nothing)"]),
        ("reason: code_missing", "reason: value_missing", ["dead_letter.reason", '- "value_missing"']),
        ('buyer: "02"}', 'buyer: "01"}', ["dead letters", "- 1", "+ 0"]),
        ("status: 2}\n    nothing", "buyer: x}\n    nothing", ["dead letter", "code_missing: FCustomerID.FNumber"]),
    ],
)  # fmt: skip
def test_what_is_not_as_expected_is_shown_field_by_field(orders, old, new, differences):
    assert old in CASES

    result = orders(CASES.replace(old, new, 1))

    assert result.returncode == 1
    assert "1 of 5 cases are not as expected" in result.stderr
    for text in differences:
        assert text in result.stdout


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ("nothing", "needs a list of cases"),
        ("- {record: {}}", "case 1 needs exactly one of document:, documents:, includes:, dead_letter:, nothing:."),
        ("- {name: A, document: {}}", "case 1 (A) needs record: or records:."),
        ("- {record: {}, documnet: {}}", "case 1 has documnet:, which is no part of a case; did you mean document:?"),
        ("- {record: [], nothing: true}", "case 1: a record has to be an object."),
        ("tables: {customer: []}\ncases: []", "tables: needs a list of rows for each table"),
        ("- {record: {}, nothing: true", "are no valid YAML"),
        ("- {record: {}, document: {A: 1, A.B: 2}}", "writes A.B into A, which has a value of its own"),
    ],
)
def test_a_wrong_file_of_cases_is_one_sentence(orders, cases, message):
    result = orders(cases)

    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_cases_are_no_mappings_and_a_mapping_without_them_is_named(orders, project):
    project.mapping(MAPPING, "lonely")

    result = orders(CASES)

    assert result.returncode == 0
    assert "mappings/lonely.yml: no cases (lonely.cases.yml is not there)" in result.stdout
    assert "orders.cases" not in result.stdout


def test_records_are_read_as_the_catalog_says(project):
    project.mapping(MAPPING.replace("=remark", "=remarq"))
    project.write("mappings/orders.cases.yml", CASES)
    project.write("catalog.singer", project.wire([project.schema()]).decode())

    result = project.ask("test", "mappings", "--catalog", "catalog.singer")

    assert result.returncode == 2
    assert "there is no field remarq in orders; did you mean remark?" in result.stderr


def test_merged_documents_have_cases_too(project):
    project.mapping(
        "stream: orders\nform: F\nnumber: FBillNo\n"
        "merge:\n  by: {shop: =shop}\n  values: {paid: =sum(paid)}\n"
        "head:\n  FBillNo: =shop\n  FAmount: =paid\n"
    )
    project.write(
        "mappings/orders.cases.yml",
        "- records: [{shop: A, paid: 1.10}, {shop: A, paid: 2}, {shop: B, paid: 5}]\n"
        "  documents: [{FBillNo: A, FAmount: 3.1}, {FBillNo: B, FAmount: 5}]\n",
    )

    result = project.ask("test", "mappings")

    assert result.stdout == "mappings/orders.yml: 1 case as expected\n"
