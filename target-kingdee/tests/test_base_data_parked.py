"""Documents whose base data is missing, parked until it is there."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import msgspec
import pytest
from target_kingdee.api.answers import Complaint
from target_kingdee.waiting import lookups_of, waits_for

SCHEMA = {"type": "SCHEMA", "stream": "SAL_OUTSTOCK", "schema": {"properties": {}}, "key_properties": ["FBillNo"]}
PARK = {"missing_base_data": "park"}
CUSTOMERS = {"type": "SCHEMA", "stream": "BD_Customer", "schema": {"properties": {}}, "key_properties": ["FNumber"]}
NOTHING_NEW = {"type": "STATE", "value": {"bookmarks": {"sales_stockouts": 0}}}


def customer(number: str) -> dict[str, Any]:
    org = {"FNumber": "100"}
    model = {"FNumber": number, "FName": f"客户{number}", "FCreateOrgId": org, "FUseOrgId": org}
    return {"type": "RECORD", "stream": "BD_Customer", "record": model}


@pytest.fixture
def waiting(kingdee, document):
    """Make a RECORD whose customer is not in Kingdee."""

    def make(index: int, name: str = "K", **head: Any) -> dict[str, Any]:
        return document(index, FCustomerID={"FNumber": kingdee.number(name)}, **head)

    return make


@pytest.fixture
def arrive(target, kingdee):
    """Let customers come to Kingdee, from elsewhere."""

    def come(*names: str) -> None:
        records = [customer(kingdee.number(name)) for name in names or ("K",)]
        outcome = target.run([CUSTOMERS, *records], ledger_path=str(target.home / "elsewhere.sqlite"))
        assert outcome.summary["delivered"] == len(records)

    return come


def letters(target: Any, state: str = "parked") -> list[dict[str, Any]]:
    """Return the dead letters of a state."""
    told = target.tell("dead-letters", "list", "--state", state, "--json").stdout
    return [json.loads(line) for line in told.splitlines()]


def test_a_document_is_parked_and_says_what_it_waits_for(target, kingdee, waiting, document, state):
    outcome = target.run([SCHEMA, waiting(1), document(2), state(2)], **PARK)

    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.states == [2]
    assert (outcome.summary["parked"], outcome.summary["delivered"], outcome.summary["dead_lettered"]) == (1, 1, 0)
    assert kingdee.statuses() == {"2": "C"}
    (letter,) = letters(target)
    assert (letter["number"], letter["reason"], letter["state"]) == (kingdee.number(1), "base_data_missing", "parked")
    assert letter["waits_for"] == [{"form": "BD_Customer", "number": kingdee.number("K")}]
    assert letters(target, "open") == []


def test_it_is_delivered_by_the_next_run_after_its_base_data_came(target, kingdee, waiting, arrive):
    target.run([SCHEMA, waiting(1), waiting(2)], **PARK)
    arrive()

    outcome = target.run([SCHEMA, NOTHING_NEW], **PARK)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C", "2": "C"}
    assert (outcome.summary["read"], outcome.summary["delivered"]) == (0, 2)
    assert letters(target) == []
    assert [letter["state"] for letter in letters(target, "delivered")] == ["delivered", "delivered"]


def test_its_totals_are_noted_as_those_of_any_document(target, waiting, document, arrive):
    target.run([SCHEMA, waiting(1), document(2)], **PARK)
    arrive()
    target.run([SCHEMA], **PARK)

    with closing(sqlite3.connect(target.ledger)) as ledger:
        noted = ledger.execute("select document_date, line_count, quantity, amount from deliveries").fetchall()

    assert len(noted) == 2
    assert noted[0] == noted[1]
    assert None not in noted[0]


def test_what_still_waits_costs_no_call_of_its_own(target, kingdee, waiting, arrive):
    target.run([SCHEMA, *(waiting(index, f"K{index}") for index in range(1, 6))], **PARK)
    arrive("K3")

    outcome = target.run([SCHEMA], **PARK)

    assert kingdee.statuses() == {"3": "C"}
    assert outcome.summary["calls_by_service"]["BatchSave"] == 1
    assert len(letters(target)) == 4

    again = target.run([SCHEMA], **PARK)

    assert "BatchSave" not in again.summary["calls_by_service"]
    # The highest id, and what the four wait for: when the form is opened and at the run's end.
    assert again.summary["calls_by_service"]["ExecuteBillQuery"] == 3


def test_what_comes_during_the_run_is_used_at_its_end(target, kingdee, waiting):
    messages = [SCHEMA, waiting(1), CUSTOMERS, customer(kingdee.number("K"))]

    outcome = target.run(messages, **PARK, batch_size=1)

    assert kingdee.statuses() == {"1": "C"}
    assert (outcome.summary["parked"], outcome.summary["delivered"]) == (1, 2)
    assert letters(target) == []


def test_several_things_are_waited_for_together(target, kingdee, waiting, arrive):
    message = waiting(1)
    message["record"]["FEntity"][1]["FMaterialID"] = {"FNumber": kingdee.number("M")}
    target.run([SCHEMA, message], **PARK)

    (letter,) = letters(target)
    assert sorted((one["form"], one["number"]) for one in letter["waits_for"]) == [
        ("BD_Customer", kingdee.number("K")),
        ("BD_MATERIAL", kingdee.number("M")),
    ]

    arrive("K")
    again = target.run([SCHEMA], **PARK)

    assert "BatchSave" not in again.summary["calls_by_service"]


def test_enabled_again_it_has_arrived(target, kingdee, document, materials):
    number = materials[-2]
    message = document(1)
    message["record"]["FEntity"][0]["FMaterialID"] = {"FNumber": number}
    kingdee.person("forbid", form="BD_MATERIAL", numbers=[number])
    try:
        target.run([SCHEMA, message], **PARK)
        waited_for = letters(target)[0]["waits_for"]
        still = target.run([SCHEMA], **PARK)
    finally:
        kingdee.person("enable", form="BD_MATERIAL", numbers=[number])
    target.run([SCHEMA], **PARK)

    assert waited_for == [{"form": "BD_MATERIAL", "number": number}]
    assert "BatchSave" not in still.summary["calls_by_service"]
    assert kingdee.statuses() == {"1": "C"}


def test_what_is_refused_for_another_reason_now_is_a_dead_letter(target, kingdee, waiting, arrive):
    target.run([SCHEMA, waiting(1)], **PARK)
    arrive()
    kingdee.settings(closed_until={"100": "2026-12-31"})

    outcome = target.run([SCHEMA], **PARK)

    assert letters(target) == []
    (letter,) = letters(target, "open")
    assert letter["reason"] == "period_closed"
    assert outcome.summary["dead_lettered_by_reason"] == {"period_closed": 1}


def test_what_may_not_be_used_in_its_organisation_goes_on_waiting(target, kingdee, waiting):
    number = kingdee.number("K")
    theirs = customer(number)
    theirs["record"] |= {"FCreateOrgId": {"FNumber": "102"}, "FUseOrgId": {"FNumber": "102"}}
    target.run([CUSTOMERS, theirs], ledger_path=str(target.home / "elsewhere.sqlite"))
    target.run([SCHEMA, waiting(1)], **PARK)

    outcome = target.run([SCHEMA], **PARK)

    assert outcome.summary["calls_by_service"]["BatchSave"] == 1  # tried once more, not twice
    assert len(letters(target)) == 1


def test_when_its_record_comes_again_it_is_handled_as_any_other(target, kingdee, waiting, document):
    target.run([SCHEMA, waiting(1)], **PARK)

    target.run([SCHEMA, document(1)], **PARK)

    assert kingdee.statuses() == {"1": "C"}
    assert letters(target) == []
    assert target.run([SCHEMA], **PARK).summary["delivered"] == 0


def test_discarded_it_is_not_taken_up_again(target, kingdee, waiting, arrive):
    target.run([SCHEMA, waiting(1)], **PARK)
    (letter,) = letters(target)
    told = target.tell("dead-letters", "discard", str(letter["dead_letter_id"]), "--note", "doppelt", "--yes")
    assert told.exit_code == 0, told.stderr
    arrive()

    target.run([SCHEMA], **PARK)

    assert kingdee.statuses() == {}


def test_killed_while_it_is_taken_up_the_next_run_takes_it_up(target, kingdee, waiting, arrive):
    target.run([SCHEMA, waiting(1), waiting(2)], **PARK)
    arrive()
    kingdee.fault("timeout_before", seconds=30)
    process = target.start([SCHEMA], **PARK)
    deadline = time.monotonic() + 20
    while not kingdee.has_fault_fired():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate()
    kingdee.sandbox.clear_faults()

    outcome = target.run([SCHEMA], **PARK)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C", "2": "C"}


def test_parked_and_then_the_setting_changes_they_are_taken_up_all_the_same(target, kingdee, waiting, arrive):
    target.run([SCHEMA, waiting(1)], **PARK)
    arrive()

    target.run([SCHEMA])

    assert kingdee.statuses() == {"1": "C"}


def test_encrypted_ones_are_opened_and_delivered(target, kingdee, waiting, arrive):
    key = target.tell("dead-letters", "new-key").stdout.strip()
    personal = {"personal_data": "encrypt", "personal_data_key": key, "personal_fields": ["FNote"]}
    target.run([SCHEMA, waiting(1, FNote="张三 13800000000")], **PARK, **personal)
    arrive()

    closed = target.run([SCHEMA], **PARK)
    opened = target.run([SCHEMA], **PARK, **personal)

    assert "1 parked documents of SAL_OUTSTOCK stay parked: they are encrypted: set personal_data_key." in closed.stderr
    assert (closed.summary["delivered"], opened.summary["delivered"]) == (0, 1)
    assert kingdee.held()[kingdee.number(1)]["FNote"] == "张三 13800000000"


def test_without_their_personal_data_they_stay(target, kingdee, waiting, arrive):
    target.run([SCHEMA, waiting(1)], **PARK, personal_data="omit")
    arrive()

    outcome = target.run([SCHEMA], **PARK, personal_data="omit")

    assert "personal_data=omit left their personal data out" in outcome.stderr
    assert kingdee.statuses() == {}
    assert len(letters(target)) == 1


def test_a_reference_that_is_only_called_mandatory_is_missing_all_the_same(target, waiting):
    target.run([SCHEMA, waiting(1)], **PARK, IsVerifyBaseDataField=False)

    (letter,) = letters(target)
    assert letter["message"] == "FCustomerID: 字段“客户”是必填项"


def test_a_line_without_its_reference_is_no_missing_base_data(target, document):
    message = document(1)
    del message["record"]["FEntity"][1]["FMaterialID"]

    target.run([SCHEMA, message], **PARK)

    assert letters(target) == []
    assert [letter["reason"] for letter in letters(target, "open")] == ["field_invalid"]


LOOKUPS = {"fcustomerid": "BD_Customer", "fmaterialid": "BD_MATERIAL"}
MODEL = {
    "FCustomerID": {"FNumber": "K1"},
    "FEntity": [{"FMaterialID": {"FNUMBER": "M1"}}, {"FMaterialID": {"FNumber": "M10"}}],
}


@pytest.mark.parametrize(
    ("complaints", "expected"),
    [
        ([("FCustomerID", "字段“客户”是必填项")], ["K1"]),
        ([("FMaterialID", "物料“M10”已禁用"), ("FMaterialID", "第【2】行分录，【物料编码】字段必录")], ["M10"]),
        ([("FEntity.FMaterialID", "物料“M1”不存在")], ["M1"]),
        ([("FMaterialID", "【物料编码】字段必录")], ["M1", "M10"]),
        ([("FCustomerID", "客户“K1”不存在"), ("FNote", "太长")], ["K1"]),
        ([("FStockID", "仓库不存在")], None),
        ([(None, "基础资料不存在")], None),
        ([], None),
    ],
)
def test_what_is_waited_for_is_read_from_the_complaint(complaints, expected):
    said = [Complaint(field, message) for field, message in complaints]

    waits = waits_for(msgspec.Raw(json.dumps(MODEL).encode()), said, LOOKUPS)

    assert (None if waits is None else [one["number"] for one in json.loads(waits)]) == expected


def test_references_are_read_from_the_forms_metadata():
    head = {"Fields": [{"Key": "FCustomerID", "LookUpObjectFormId": "BD_Customer"}, {"Key": "FNote"}]}
    lines = {"Fields": [{"Key": "FOwnerID", "LookUpObjectFormId": "BD_Supplier"}]}
    others = {"Fields": [{"Key": "FOwnerID", "LookUpObjectFormId": "BD_Customer"}]}

    assert lookups_of({"Entrys": [head, lines, others]}) == {"fcustomerid": "BD_Customer"}
