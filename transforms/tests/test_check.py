"""`mapper-kd check`: forms that it finds by itself, and what a mapping says in vain."""

from __future__ import annotations

import json

import pytest

HEAD = [
    {"Key": "FBillNo", "FieldType": 231, "Length": 8},
    {"Key": "FDate", "Name": "日期", "FieldType": 61, "MustInput": 1},
    {"Key": "FNote", "FieldType": 167},
    {"Key": "FAmount", "FieldType": 106, "Precision": 23, "Scale": 10},
    {"Key": "FOwnerId", "FieldType": 56},
    {"Key": "FCustomerID", "FieldType": 56, "LookUpObjectFormId": "BD_Customer"},
]


@pytest.fixture
def form(project):
    metadata = {"Id": "SAL_OUTSTOCK", "Entrys": [{"Key": "FBillHead", "Fields": HEAD}]}
    project.write("forms/SAL_OUTSTOCK.json", json.dumps(metadata))
    return project


def test_it_finds_the_forms_in_their_folders(form):
    form.mapping(
        form.flow("  FDate: =date(time)\n  FOwnerId.FNumber: =buyer\n  FCustomerID: {value: =anything, type: as_is}")
    )

    result = form.ask("check", "mappings", "--forms", "forms")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "mappings/orders.yml: orders -> SAL_OUTSTOCK is fine, held against form SAL_OUTSTOCK.\n"


def test_keys_that_the_form_does_not_have_and_fields_it_demands(form):
    form.mapping(form.flow("  FAmmount: =paid\n  FBillNo.FNumber: x\n".replace("  FBillNo.FNumber: x\n", "")))

    result = form.ask("check", "mappings", "--forms", "forms")

    assert result.returncode == 2
    assert "orders.yml:7: head.FAmmount: the form has no field FAmmount; did you mean FAmount?" in result.stderr
    assert "warning: mappings/orders.yml: FDate is mandatory (必录) in SAL_OUTSTOCK, but not mapped." in result.stderr


def test_text_in_a_number_field_is_a_warning(form):
    form.mapping(form.flow("  FDate: =date(time)\n  FAmount: =remark"))
    form.write("catalog.singer", form.wire([form.schema()]).decode())

    result = form.ask("check", "mappings", "--forms", "forms", "--catalog", "catalog.singer")

    assert result.returncode == 0
    assert "head.FAmount: gives text, and FAmount is a number; decimal(…) makes it one." in result.stderr


def test_a_number_in_a_text_field_or_as_a_code_is_a_warning(form):
    form.mapping(form.flow("  FDate: =date(time)\n  FNote: =paid\n  FCustomerID.FNumber: =len(buyer)"))
    form.write("catalog.singer", form.wire([form.schema()]).decode())

    result = form.ask("check", "mappings", "--forms", "forms", "--catalog", "catalog.singer")

    assert result.returncode == 0
    assert "head.FNote: gives a number, and FNote is text; text(…) spells it." in result.stderr
    assert "gives a number, and FNumber of FCustomerID is text; text(…) spells it." in result.stderr


def test_constants_that_do_not_fit_their_field(form):
    form.mapping(form.flow("  FDate: yesterday"))

    result = form.ask("check", "mappings", "--forms", "forms")

    assert result.returncode == 2
    assert 'head.FDate: "yesterday" is no date, and FDate 日期 of SAL_OUTSTOCK is one.' in result.stderr


def test_what_a_mapping_says_in_vain(project):
    project.table("asked", "a,b", "1,2")
    project.table("forgotten", "a,b", "1,2")
    project.mapping(
        project.flow(
            """
  FA: =code("asked", used)
  FB: =case(status == 1, "A", status == 2, "B", status==1, "C", "D")
  FC:
    case:
      - {when: =status == 1, then: A}
      - {when: =True, then: B}
      - {when: =status == 3, then: C}
    else: D
  FD: =f"{told}"
lines:
  FE:
    each: =lines
    let: {idle: =line.sku}
    fields: {FX: =line.count}
""",
            "tables:\n  asked: {csv: asked.csv}\n  forgotten: {csv: forgotten.csv}\n"
            "let: {used: =remark, unused: =remark, told: =shop}",
        )
    )

    result = project.ask("check", "mappings", "--codes", "codes")

    warnings = [line.partition("orders.yml:")[2] for line in result.stderr.splitlines()]
    assert [warning.partition(": ")[2] for warning in warnings] == [
        "tables.forgotten: nothing asks this table.",
        "let.unused: nothing uses this name.",
        "the case `status == 1` is never reached: the same condition stands before it.",
        "what comes after the case `True` is never reached: it always holds.",
        "let.idle: nothing uses this name.",
    ]
    assert result.returncode == 0


def test_a_mapping_without_a_number_can_be_looked_at_only(project):
    project.mapping(project.flow().replace("number: FBillNo\n", ""))

    result = project.ask("check", "mappings")

    assert result.returncode == 0
    assert "has no number:, so it can be looked at, but not be sent." in result.stderr
