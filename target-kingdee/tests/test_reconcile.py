"""`reconcile`: what was delivered is held against what Kingdee has, document by document."""

from __future__ import annotations

import json

import pytest

FORM = "SAL_OUTSTOCK"


@pytest.fixture
def compare(target, kingdee):
    """Reconcile this test's documents as JSON; gives exit code, differences and sums."""

    def run(first="2026-03-01", last="2026-03-31", **settings):
        mine = f"FBillNo>='{kingdee.prefix}' and FBillNo<'{kingdee.prefix[:-1]}.'"  # '.' follows '-'
        outcome = target.tell(
            "reconcile", "--form", FORM, "--from", first, "--to", last, "--filter", mine, "--json", **settings
        )
        *found, sums = [json.loads(line) for line in outcome.stdout.splitlines()]
        told = [(kingdee.short(one["number"]), one["difference"], one["ledger"], one["kingdee"]) for one in found]
        return outcome.exit_code, told, sums["summary"]

    return run


@pytest.fixture
def delivered(target, documents):
    """Three documents of two lines: 2 pieces at 10.50 each."""
    assert target.run(documents(3)).summary["delivered"] == 3


@pytest.mark.usefixtures("delivered")
def test_what_is_there_as_it_was_sent_is_no_difference(compare):
    code, found, sums = compare()

    assert (code, found) == (0, [])
    assert sums["ledger"] == sums["kingdee"] == {"documents": 3, "lines": 6, "quantity": "12", "amount": "126.00"}
    assert sums["documents_by_status"]["delivered"] == 3


@pytest.mark.usefixtures("delivered")
def test_a_document_that_is_gone_is_missing(compare, kingdee):
    kingdee.person("delete-documents", form=FORM, numbers=[kingdee.number(2)])

    code, [(number, kind, ledger, there)], sums = compare()

    assert (code, number, kind, there) == (1, "2", "missing", None)
    assert ledger.startswith("2026-03-31")
    assert sums["differences_by_kind"] == {"missing": 1}


def test_a_document_that_the_ledger_does_not_know_is_extra(compare, target, documents, tmp_path):
    target.run(documents(1), ledger_path=str(tmp_path / "another.sqlite"))
    target.run(documents(1)[:1])

    code, [(number, kind, ledger, _)], _ = compare()

    assert (code, number, kind, ledger) == (1, "1", "extra", None)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"status": "D"}, ("status", "C", "D")),
        ({"lines": [{"FRealQty": 3}]}, ("quantity", "4", "5")),
        ({"lines": [{}, None]}, ("lines", "2", "1")),
        ({"lines": [{"FTaxPrice": "10.51"}]}, ("amount", "42.00", "42.02")),
        ({"set": {"FDate": "2026-04-01"}}, ("date", "2026-03-31", "2026-04-01")),
        ({"set": {"FDate": "2026-03-30"}}, ("date", "2026-03-31", "2026-03-30")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("delivered")
def test_what_a_person_changed_is_told(compare, kingdee, change, difference):
    kingdee.person("edit-document", form=FORM, number=kingdee.number(2), **change)

    code, found, _ = compare()

    assert code == 1
    assert ("2", *difference) in found
    assert {number for number, *_ in found} == {"2"}


def test_the_first_and_the_last_day_are_included(compare, target, schema, document):
    days = ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")
    target.run([schema, *(document(day, FDate=day) for day in days)])

    assert compare()[2]["ledger"]["documents"] == 2
    assert compare("2026-02-28", "2026-02-28")[2]["kingdee"]["documents"] == 1
    assert compare("2026-02-28", "2026-04-01")[2]["kingdee"]["documents"] == 4


def test_days_without_documents_are_no_difference(compare, target, documents):
    target.run(documents(1))

    code, found, sums = compare("2020-01-01", "2020-12-31")

    assert (code, found) == (0, [])
    assert sums["ledger"]["documents"] == sums["kingdee"]["documents"] == 0


def test_what_was_not_delivered_is_counted_apart(compare, target, schema, document):
    unknown = document(2, FCustomerID={"FNumber": "不存在"})
    target.run([schema, document(1), unknown])

    code, found, sums = compare()

    assert (code, found) == (0, [])
    assert sums["documents_by_status"]["dead_letters"] == 1
    assert sums["ledger"]["documents"] == 1


def test_gifts_are_worth_nothing_and_odd_prices_round_by_line(compare, target, schema, document):
    model = document(1, price="1.005", lines=3)
    for line, free in zip(model["record"]["FEntity"], (True, False, False), strict=True):
        line["FIsFree"], line["FRealQty"] = free, 1.5
        if free:
            line["FTaxPrice"] = 0
    target.run([schema, model])

    code, found, sums = compare()

    assert (code, found) == (0, [])
    assert sums["ledger"] == sums["kingdee"]
    assert (sums["ledger"]["quantity"], sums["ledger"]["amount"]) == ("4.5", "3.02")


def test_an_amount_that_the_model_does_not_tell_is_not_compared(compare, target, schema, document):
    model = document(1)
    for line in model["record"]["FEntity"]:
        line["FPrice"] = line.pop("FTaxPrice")
    target.run([schema, model])

    code, found, sums = compare()

    assert (code, found) == (0, [])
    assert sums["not_compared"] == {"amount": 1}
    assert sums["kingdee"]["amount"] == "0.00"


def test_more_documents_than_a_page_has_rows_are_compared_one_by_one(compare, target, documents, kingdee, monkeypatch):
    target.run(documents(25, lines=3), batch_size=25)
    monkeypatch.setattr("target_kingdee.reconciliation.DOCUMENTS_A_TIME", 4)
    kingdee.person("delete-documents", form=FORM, numbers=[kingdee.number(7), kingdee.number(23)])

    code, found, sums = compare()

    assert code == 1
    assert sorted((number, kind) for number, kind, *_ in found) == [("23", "missing"), ("7", "missing")]
    assert sums["kingdee"] == {"documents": 23, "lines": 69, "quantity": "138", "amount": "1449.00"}


@pytest.mark.usefixtures("delivered")
def test_the_table_says_the_same_to_people(target, kingdee):
    kingdee.person("delete-documents", form=FORM, numbers=[kingdee.number(2)])

    outcome = target.tell(
        "reconcile", "--from", "2026-03-31", "--to", "2026-03-31", "--filter", f"FBillNo>'{kingdee.prefix}'"
        f" and FBillNo<'{kingdee.prefix[:-1]}.'",
    )  # fmt: skip

    assert outcome.exit_code == 1
    heading, first, *_ = outcome.stdout.splitlines()
    assert heading.split() == ["number", "difference", "ledger", "Kingdee"]
    assert first.split()[:2] == [kingdee.number(2), "missing"]
    assert "Kingdee                2               4               8           84.00" in outcome.stdout
    assert outcome.stdout.splitlines()[-1] == "1 differences: 1 missing."


@pytest.mark.usefixtures("delivered")
def test_a_ledger_in_postgres_knows_its_own_documents(compare, target, schema, document, postgres_database):
    target.run([schema, document(4)], ledger_url=postgres_database.url)

    code, found, sums = compare(ledger_url=postgres_database.url)

    assert code == 1
    assert sums["ledger"] == sums["kingdee"] == {"documents": 1, "lines": 2, "quantity": "4", "amount": "42.00"}
    assert sorted((number, kind) for number, kind, *_ in found) == [("1", "extra"), ("2", "extra"), ("3", "extra")]


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(
    "wrong", [("--from", "2026-03-31", "--to", "2026-03-01"), ("--from", "31.3.2026", "--to", "2026-03-31"), ()]
)
def test_wrong_usage_is_exit_code_2(target, wrong):
    outcome = target.tell("reconcile", *wrong)

    assert outcome.exit_code == 2
