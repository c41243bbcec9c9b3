"""Documents of many records, and records of many documents: their letters, and replaying them."""

from __future__ import annotations

import json

import pytest

MERGE = """
merge:
  by: {customer: BY}
  values: {number: =first(number), mobile: =first(mobile)}
  lines:
    rows: {each: =lines, by: {sku: =line.sku}, values: {price: =max(line.price)}}
head:"""


def merging_by(flow, by, customer):
    """Return a mapping that makes one document of many orders."""
    text = flow.OUTSTOCK.replace('where: =status == "shipped"\n', "").replace("each: =lines", "each: =rows")
    text = text.replace('=code("customer", buyer)', customer)
    return text.replace("head:", MERGE.replace("BY", by))


@pytest.fixture
def merging(flow):
    """One document for each buyer."""
    flow.mapping(merging_by(flow, "=buyer", '=code("customer", customer)'))
    return flow


@pytest.fixture
def exploding(flow):
    """One document of each line."""
    text = flow.OUTSTOCK.replace("head:", "documents: {each: =lines}\nhead:").replace("    each: =lines\n", "")
    flow.mapping(text.replace("FBillNo: =number", 'FBillNo: =concat(number, "-", line.price)'))
    return flow


def line(flow, price, sku=None):
    return {"sku": sku or flow.sku, "price": price}


def keys(letters):
    return [json.loads(letter["source_key"]) for letter in letters]


def test_a_group_that_could_not_be_mapped_is_delivered_whole_by_a_replay(merging, kingdee):
    merging.deliver(merging.order(1, "bob"), merging.order(2, "bob", lines=[line(merging, 3)]), merging.order(3, "ann"))
    [letter] = merging.letters()
    merging.customers(ann="KH00001", bob="KH00002")

    outcome = merging.replay()

    assert json.loads(letter["source_key"]) == {"customer": "bob", "part": 1}
    assert letter["record"]["order_id"] == 1
    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C", "3": "C"}
    assert merging.letters() == []


def test_a_record_that_could_not_be_gathered_joins_a_document_and_its_letter_closes(flow, kingdee):
    flow.mapping(merging_by(flow, "'=code(\"customer\", buyer)'", "=customer"))
    flow.deliver(flow.order(1, "ann"), flow.order(2, "bob"))
    [letter] = flow.letters()
    flow.customers(ann="KH00001", bob="KH00001")

    flow.replay()

    assert json.loads(letter["source_key"]) == {"order_id": 2}
    assert kingdee.statuses() == {"1": "C", "2-2": "C"}, "a supplement: the first document was out"
    assert flow.letters() == []


def test_a_letter_of_a_member_closes_when_its_document_arrives_though_kingdee_refuses_it(flow):
    flow.mapping(merging_by(flow, "'=code(\"customer\", buyer)'", "=customer"))
    order = flow.order(2, "bob", sku="NO-SUCH-MATERIAL")
    flow.deliver(order)
    before = keys(flow.letters())
    flow.customers(bob="KH00002")

    flow.deliver(order)

    assert before == [{"order_id": 2}]
    assert keys(flow.letters()) == [{"customer": "KH00002", "part": 1}]


def test_a_merged_document_that_kingdee_refused_is_delivered_by_a_replay_and_only_once(merging, kingdee):
    orders = [merging.order(1), merging.order(2, lines=[line(merging, 1, "NO-SUCH-MATERIAL")])]
    merging.deliver(*orders)
    mapping = (merging.home / "mappings" / "orders.yml").read_text()
    merging.mapping(mapping.replace("FMaterialID.FNumber: =line.sku", f"FMaterialID.FNumber: {merging.sku}"))

    merging.replay()
    again = merging.deliver(*orders)

    assert kingdee.statuses() == {"1": "C"}
    assert len(kingdee.held()[kingdee.number(1)]["FEntity"]) == 2
    assert merging.letters() == []
    assert (again.summary["delivered"], again.summary["unchanged"]) == (0, 1)


def test_documents_of_one_record_have_letters_of_their_own_and_are_replayed_together(exploding, kingdee):
    bad = "NO-SUCH-MATERIAL"
    exploding.deliver(exploding.order(1, lines=[line(exploding, 1), line(exploding, 2, bad), line(exploding, 3, bad)]))
    letters = exploding.letters()
    mapping = (exploding.home / "mappings" / "orders.yml").read_text()
    exploding.mapping(mapping.replace("FMaterialID.FNumber: =line.sku", f"FMaterialID.FNumber: {exploding.sku}"))

    replayed = exploding.replayed()
    exploding.replay()

    number = kingdee.number(1)
    assert sorted(one["number"] for one in keys(letters)) == [f"{number}-2", f"{number}-3"]
    assert len(replayed) == 1, "the record is sent once"
    assert kingdee.statuses() == {"1-1": "C", "1-2": "C", "1-3": "C"}
    assert exploding.letters() == []


def test_the_letter_of_a_record_closes_when_its_documents_arrive(exploding, kingdee):
    exploding.deliver(exploding.order(1, "bob", lines=[line(exploding, 1), line(exploding, 2)]))
    before = keys(exploding.letters())
    exploding.customers(bob="KH00002")

    exploding.replay()

    assert before == [{"order_id": 1}]
    assert kingdee.statuses() == {"1-1": "C", "1-2": "C"}
    assert exploding.letters() == []
