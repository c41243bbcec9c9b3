"""One record that gives several documents."""

from __future__ import annotations

import json

import pytest
from erp_sdk.command import SetupError

LINES = [
    {"sku": "A", "count": 2, "price": 3, "lots": [{"lot": "L1", "count": 1}, {"lot": "L2", "count": 1}]},
    {"sku": "B", "count": 0, "price": 0, "lots": []},
    {"sku": "C", "count": 5, "price": None, "lots": [{"lot": "L3", "count": 5}]},
]
EXPLODED = """
stream: orders
form: STK_MISCELLANEOUS
number: FBillNo
where: =status != 5
let:
  buyer_code: =upper(buyer)
documents:
  each: =lines
  where: =line.count > 0
  let:
    number_of: =f"{number}-{line.sku}"
head:
  FBillNo: =number_of
  FNote: =buyer_code
  FPrice: =line.price
lines:
  FEntity:
    each: =line.lots
    fields:
      FItem: =parent.sku
      FLot.FNumber: =line.lot
      FDocument: =number_of
"""


def documents(project, content, *records, **settings):
    project.mapping(content)
    messages = project.run(project.schema(), *(project.record(**one) for one in records), **settings)
    return [one for one in messages if one["type"] == "RECORD"]


def test_each_row_of_a_list_becomes_a_document(project):
    made = documents(project, EXPLODED, {"lines": LINES, "status": 1, "buyer": "x"})

    assert [one["record"] for one in made] == [
        {
            "FBillNo": "N1-A",
            "FNote": "X",
            "FPrice": 3,
            "FEntity": [
                {"FItem": "A", "FLot": {"FNumber": "L1"}, "FDocument": "N1-A"},
                {"FItem": "A", "FLot": {"FNumber": "L2"}, "FDocument": "N1-A"},
            ],
        },
        {
            "FBillNo": "N1-C",
            "FNote": "X",
            "FEntity": [{"FItem": "C", "FLot": {"FNumber": "L3"}, "FDocument": "N1-C"}],
        },
    ]


def test_a_record_without_such_rows_gives_nothing(project):
    assert documents(project, EXPLODED, {"lines": [], "status": 1}, {"lines": LINES, "status": 5}) == []


def test_one_document_that_fails_fails_the_record(project):
    content = EXPLODED.replace("FPrice: =line.price", "FPrice: =line.price * 2")

    (letter,) = documents(project, content, {"lines": LINES, "status": 1, "buyer": "x"})

    assert letter["stream"] == "dead_letters"
    assert (letter["record"]["field"], letter["record"]["reason"]) == ("FPrice", "expression_failed")
    assert letter["record"]["message"] == "document 2 of the record: FPrice (=line.price * 2): line.price is empty."


def test_a_failure_in_the_lines_of_a_document_names_the_line(project):
    content = EXPLODED.replace("FDocument: =number_of", "FDocument: =integer(line.lot)")

    (letter,) = documents(project, content, {"lines": LINES, "status": 1, "buyer": "x"})

    assert letter["record"]["field"] == "FEntity[0].FDocument"


def test_a_miss_in_any_document_can_leave_out_the_record(project):
    project.table("price", "sku,price", "A,1")
    content = EXPLODED.replace("=line.price", "{value: '=code(\"price\", line.sku)', on_miss: skip record}")

    made = documents(project, content, {"lines": LINES, "status": 1}, {"lines": LINES[:1], "status": 1})

    assert [one["record"]["FBillNo"] for one in made] == ["N1-A"]


def test_documents_of_one_record_need_numbers_of_their_own(project):
    content = EXPLODED.replace("FBillNo: =number_of", "FBillNo: =number")

    (letter,) = documents(project, content, {"lines": LINES, "status": 1})

    assert (letter["record"]["field"], letter["record"]["reason"]) == ("FBillNo", "value_invalid")
    assert 'two documents of the record have the number "N1"' in letter["record"]["message"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  each: =lines\n", "", r"documents: has no each:, the list that gives one document"),
        ("each: =lines", "each: =shop", r"documents.each: =shop is text and no list"),
        ("=line.price", "{value: =line.price, on_miss: skip line}", r"there is no line to leave out"),
        ("number_of: =f", "number of: =f", r"is no name"),
        ("  where: =line.count", "  were: =line.count", r"documents.were: is no key of"),
    ],
)
def test_a_wrong_section_is_refused(project, old, new, message):
    project.mapping(EXPLODED.replace(old, new))

    with pytest.raises(SetupError, match=message):
        project.run(project.schema())


def test_lineage_leads_through_lists_names_and_tables_to_the_source(project):
    project.table("price", "sku,price", "A,1")
    content = EXPLODED.replace("FPrice: =line.price", 'FPrice: =code("price", first(line.lots).lot)')
    content = content.replace("  each: =lines\n", '  each: "=[row for row in lines if row.price]"\n')
    flow = project.mapping(content)

    said = project.ask("explain", flow.as_posix(), "--json", "--codes", "codes")
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)

    read = {one["field"]: (one["sources"], one["tables"], one["names"]) for one in answer["fields"]}
    assert read == {
        "FBillNo": (["number", "lines.sku"], [], ["number_of"]),
        "FNote": (["buyer"], [], ["buyer_code"]),
        "FPrice": (["lines.lots.lot"], ["price.price"], []),
        "FEntity.FItem": (["lines.sku"], [], []),
        "FEntity.FLot.FNumber": (["lines.lots.lot"], [], []),
        "FEntity.FDocument": (["number", "lines.sku"], [], ["number_of"]),
    }
