"""Base data that documents refer to and Kingdee misses: made from what the mapping gives with them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from target_kingdee import base_data
from target_kingdee.ledger import Ledger
from target_kingdee.ledger_engine import ledger_url
from target_kingdee.writer_lock import WriterLock

SCHEMA = {"type": "SCHEMA", "stream": "SAL_OUTSTOCK", "schema": {"properties": {}}, "key_properties": ["FBillNo"]}
CREATE = {"missing_base_data": "create"}
TRANSFORMS = Path(__file__).resolve().parents[2] / "transforms"
ORG = {"FNumber": "100"}


def customer(number: str, **fields: Any) -> dict[str, Any]:
    model = {"FNumber": number, "FName": f"客户{number}", "FCreateOrgId": ORG, "FUseOrgId": ORG, **fields}
    return {"form": "BD_Customer", "model": model}


def material(number: str, unit: str = "Pcs") -> dict[str, Any]:
    basic = {"FErpClsID": "1", "FCategoryID": {"FNumber": "CHLB01_SYS"}, "FBaseUnitId": {"FNumber": unit}}
    model = {"FNumber": number, "FName": f"物料{number}", "FCreateOrgId": ORG, "FUseOrgId": ORG, "SubHeadEntity": basic}
    return {"form": "BD_MATERIAL", "model": model}


def unit(number: str) -> dict[str, Any]:
    return {"form": "BD_UNIT", "model": {"FNumber": number, "FName": number}}


def bringing(message: dict[str, Any], *companions: dict[str, Any]) -> dict[str, Any]:
    """Give a RECORD base data, and let it refer to what of it are customers and materials."""
    model = message["record"]
    for one in companions:
        number = (one.get("model") or {}).get("FNumber")
        if one["form"] == "BD_Customer" and number:
            model["FCustomerID"] = {"FNumber": number}
    materials = [one["model"]["FNumber"] for one in companions if one["form"] == "BD_MATERIAL" and one.get("model")]
    for line, number in zip(model["FEntity"], materials, strict=False):
        line["FMaterialID"] = {"FNumber": number}
    return {**message, "base_data": list(companions)}


def made(kingdee: Any, form: str) -> list[tuple[str, str]]:
    """Return what this test's numbers are in Kingdee."""
    rows = [row for row in kingdee.sandbox.show("kingdee", form) if row.get("FNumber")]
    ours = [row for row in rows if row["FNumber"].startswith(kingdee.prefix)]
    return sorted((kingdee.short(row["FNumber"]), row["FDocumentStatus"]) for row in ours)


def letters(target: Any, state: str = "open") -> list[dict[str, Any]]:
    """Return the dead letters of a state."""
    told = target.tell("dead-letters", "list", "--state", state, "--json").stdout
    return [json.loads(line) for line in told.splitlines()]


class TestCreate:
    def test_what_is_missing_is_made_and_the_document_saved_again(self, target, kingdee, document, state):
        number = kingdee.number
        message = bringing(document(1), customer(number("K")), material(number("M1")), material(number("M2")))

        outcome = target.run([SCHEMA, message, state(1)], **CREATE)

        assert outcome.exit_code == 0, outcome.stderr
        assert made(kingdee, "BD_Customer") == [("K", "C")]
        assert made(kingdee, "BD_MATERIAL") == [("M1", "C"), ("M2", "C")]
        assert kingdee.statuses() == {"1": "C"}
        assert outcome.states == [1]
        summary = outcome.summary
        assert (summary["delivered"], summary["base_data_created"], summary["dead_lettered"]) == (1, 3, 0)

    def test_what_comes_first_in_the_list_is_there_first(self, target, kingdee, document):
        number = kingdee.number
        short = bringing(document(1), material(number("M1"), number("U")))
        whole = bringing(document(2), unit(number("U")), material(number("M2"), number("U")))

        outcome = target.run([SCHEMA, short, whole], **CREATE)

        assert outcome.summary["base_data_created"] == 3, outcome.stderr
        assert made(kingdee, "BD_UNIT") == [("U", "C")]
        assert kingdee.statuses() == {"1": "C", "2": "C"}

    def test_two_batches_in_two_threads_make_one(self, target, kingdee, document):
        number = kingdee.number
        messages = [
            bringing(document(index), customer(number("K")), material(number(f"M{index % 2}"))) for index in range(1, 9)
        ]

        outcome = target.run([SCHEMA, *messages], **CREATE, concurrency=2, batch_size=2)

        assert outcome.exit_code == 0, outcome.stderr
        assert made(kingdee, "BD_Customer") == [("K", "C")]
        assert made(kingdee, "BD_MATERIAL") == [("M0", "C"), ("M1", "C")]
        assert set(kingdee.statuses().values()) == {"C"}
        assert (outcome.summary["delivered"], outcome.summary["base_data_created"]) == (8, 3)

    def test_only_what_is_missing_is_made(self, target, kingdee, document):
        there = {"form": "BD_Customer", "model": {"FNumber": "KH00001"}}
        message = bringing(document(1), there, material(kingdee.number("M")))

        outcome = target.run([SCHEMA, message], **CREATE)

        assert outcome.summary["base_data_created"] == 1
        assert made(kingdee, "BD_MATERIAL") == [("M", "C")]

    def test_what_is_there_costs_no_call_unless_a_document_is_refused(self, target, document):
        messages = [bringing(document(index), customer("KH00001")) for index in range(1, 4)]

        outcome = target.run([SCHEMA, *messages], **CREATE)

        assert outcome.summary["delivered"] == 3
        assert outcome.summary["calls_by_service"]["BatchSave"] == 1

    def test_without_the_setting_nothing_is_made(self, target, kingdee, document):
        outcome = target.run([SCHEMA, bringing(document(1), customer(kingdee.number("K")))])

        assert outcome.summary["dead_lettered_by_reason"] == {"base_data_missing": 1}
        assert made(kingdee, "BD_Customer") == []

    def test_the_next_run_changes_nothing(self, target, kingdee, document):
        messages = [SCHEMA, bringing(document(1), customer(kingdee.number("K")))]
        target.run(messages, **CREATE)

        again = target.run(messages, **CREATE)

        assert (again.summary["unchanged"], again.summary["base_data_created"]) == (1, 0)
        assert made(kingdee, "BD_Customer") == [("K", "C")]

    def test_a_run_that_writes_customers_itself_makes_them_too(self, target, kingdee, document):
        number = kingdee.number
        stream = {
            "type": "SCHEMA",
            "stream": "BD_Customer",
            "schema": {"properties": {}},
            "key_properties": ["FNumber"],
        }
        record = {"type": "RECORD", "stream": "BD_Customer", "record": customer(number("K1"))["model"]}

        outcome = target.run([stream, record, SCHEMA, bringing(document(1), customer(number("K2")))], **CREATE)

        assert outcome.exit_code == 0, outcome.stderr
        assert made(kingdee, "BD_Customer") == [("K1", "C"), ("K2", "C")]

    @pytest.mark.parametrize("kind", ["reset_after", "http_502_after", "database_after", "audit_stays_saved"])
    def test_a_call_without_a_verdict_makes_no_second_one(self, target, kingdee, document, kind):
        kingdee.fault(kind, nth=2)  # the first is the document's

        outcome = target.run([SCHEMA, bringing(document(1), customer(kingdee.number("K")))], **CREATE)

        assert outcome.exit_code == 0, outcome.stderr
        assert made(kingdee, "BD_Customer") == [("K", "C")]
        assert kingdee.statuses() == {"1": "C"}

    @pytest.mark.parametrize("kind", ["timeout_after", "timeout_before"])
    def test_killed_in_between_the_next_run_makes_no_second_one(self, target, kingdee, document, kind):
        kingdee.fault(kind, nth=2, seconds=30)
        messages = [SCHEMA, bringing(document(1), customer(kingdee.number("K")))]
        process = target.start(messages, **CREATE)
        deadline = time.monotonic() + 20
        while not (made(kingdee, "BD_Customer") if kind == "timeout_after" else kingdee.has_fault_fired()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
        process.communicate()
        kingdee.sandbox.clear_faults()

        outcome = target.run(messages, **CREATE)

        assert outcome.exit_code == 0, outcome.stderr
        assert made(kingdee, "BD_Customer") == [("K", "C")]
        assert kingdee.statuses() == {"1": "C"}


def test_the_shipped_mapping_gives_what_kingdee_needs(target, kingdee, tmp_path):
    number = kingdee.number
    shipped = (TRANSFORMS / "mappings/wangdiantong/sales_stockouts.yml").read_text(encoding="utf-8")
    section = re.sub(r"^# ", "", shipped[shipped.index("# base_data:") :], flags=re.MULTILINE)
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(shipped[: shipped.index("# base_data:")] + section, encoding="utf-8")
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "customer.csv").write_text(f"nick_name,customer\n新客户,{number('K')}\n", encoding="utf-8")
    (codes / "customer_seller.csv").write_text("customer,seller\n", encoding="utf-8")
    goods = [
        {"goods_no": number(f"M{index}"), "goods_name": "酱油", "goods_count": 2, "sell_price": 3} for index in (1, 2)
    ]
    record = {
        "order_no": number(1),
        "status": "110",
        "consign_time": "2026-03-30T09:30:51+08:00",
        "fenxiao_nick": "华南经销",
        "nick_name": "新客户",
        "warehouse_no": "WH02",
        "details_list": goods,
    }
    schema = {"type": "SCHEMA", "stream": "sales_stockouts", "schema": {"properties": {}}, "key_properties": []}
    source = [schema, {"type": "RECORD", "stream": "sales_stockouts", "record": record}]
    config = tmp_path / "mapper.json"
    config.write_text(json.dumps({"flows": str(mapping), "codes": [str(TRANSFORMS / "codes"), str(codes)]}))
    mapped = subprocess.run(
        [str(Path(sys.executable).parent / "mapper-kd"), "--config", str(config)],
        input="".join(f"{json.dumps(one)}\n" for one in source).encode(),
        capture_output=True,
        check=True,
    )

    outcome = target.run(mapped.stdout.decode().splitlines(), **CREATE)

    assert outcome.exit_code == 0, outcome.stderr
    assert (outcome.summary["delivered"], outcome.summary["base_data_created"]) == (1, 3), outcome.stderr
    assert made(kingdee, "BD_Customer") == [("K", "C")]
    assert made(kingdee, "BD_MATERIAL") == [("M1", "C"), ("M2", "C")]


class TestWhatIsNotMade:
    def test_a_failing_companion_tells_its_reason_in_the_documents_letter(self, target, kingdee, document):
        number = kingdee.number
        bad = customer(number("K"))
        del bad["model"]["FUseOrgId"]

        outcome = target.run([SCHEMA, bringing(document(1), bad), document(2)], **CREATE)

        assert made(kingdee, "BD_Customer") == []
        assert kingdee.statuses() == {"2": "C"}
        assert outcome.summary["dead_lettered_by_reason"] == {"base_data_missing": 1}
        (letter,) = letters(target)
        assert letter["form"] == "SAL_OUTSTOCK"
        assert f"客户“{number('K')}”不存在" in letter["message"]
        assert f"BD_Customer {number('K')} could not be made: FUseOrgId" in letter["message"]

    def test_a_companion_that_fails_is_tried_once_a_run(self, target, kingdee, document):
        bad = customer(kingdee.number("K"))
        del bad["model"]["FUseOrgId"]
        messages = [bringing(document(index), bad) for index in range(1, 5)]

        outcome = target.run([SCHEMA, *messages], **CREATE, batch_size=1)

        assert outcome.summary["dead_lettered"] == 4
        assert outcome.summary["calls_by_service"]["BatchSave"] == 5

    def test_mended_it_goes_through_with_the_next_run(self, target, kingdee, document):
        number = kingdee.number("K")
        bad = customer(number)
        del bad["model"]["FUseOrgId"]
        target.run([SCHEMA, bringing(document(1), bad)], **CREATE)

        target.run([SCHEMA, bringing(document(1), customer(number))], **CREATE)

        assert made(kingdee, "BD_Customer") == [("K", "C")]
        assert kingdee.statuses() == {"1": "C"}
        assert letters(target) == []

    def test_what_the_mapping_could_not_give_is_told(self, target, kingdee, document):
        number = kingdee.number
        problem = {"form": "BD_MATERIAL", "problem": "BD_MATERIAL[0].FName: the value is empty."}
        message = bringing(document(1, lines=1), customer(number("K")), problem)
        message["record"]["FEntity"][0]["FMaterialID"] = {"FNumber": number("M")}

        target.run([SCHEMA, message], **CREATE)

        (letter,) = letters(target)
        assert number("M") in letter["message"]
        assert "its mapping gives no BD_MATERIAL: BD_MATERIAL[0].FName: the value is empty." in letter["message"]

    def test_forbidden_stays_forbidden(self, target, kingdee, document, materials):
        number = materials[-1]
        kingdee.person("forbid", form="BD_MATERIAL", numbers=[number])
        try:
            target.run([SCHEMA, bringing(document(1, lines=1), material(number))], **CREATE)
        finally:
            kingdee.person("enable", form="BD_MATERIAL", numbers=[number])

        (letter,) = letters(target)
        assert f"BD_MATERIAL {number} is forbidden 禁用 in Kingdee" in letter["message"]

    def test_of_another_organisation_it_is_not_made_again(self, target, kingdee, document):
        number = kingdee.number("K")
        theirs = customer(number, FCreateOrgId={"FNumber": "102"}, FUseOrgId={"FNumber": "102"})
        other = bringing(document(1, FSaleOrgId={"FNumber": "102"}), theirs)
        target.run([SCHEMA, other], **CREATE)

        target.run([SCHEMA, bringing(document(2), customer(number))], **CREATE)

        assert made(kingdee, "BD_Customer") == [("K", "C")]
        (letter,) = letters(target)
        assert "在当前组织下不可用" in letter["message"]

    def test_somebody_elses_unaudited_one_is_reported_and_left(self, target, kingdee, document, tmp_path):
        number = kingdee.number("K")
        stream = {
            "type": "SCHEMA",
            "stream": "BD_Customer",
            "schema": {"properties": {}},
            "key_properties": ["FNumber"],
        }
        record = {"type": "RECORD", "stream": "BD_Customer", "record": customer(number)["model"]}
        target.run([stream, record], final_status="saved", ledger_path=str(tmp_path / "other.sqlite"))

        target.run([SCHEMA, bringing(document(1), customer(number))], **CREATE)

        assert made(kingdee, "BD_Customer") == [("K", "A")]
        (letter,) = letters(target)
        assert f"BD_Customer {number} is in Kingdee unaudited 未审核" in letter["message"]

    def test_what_a_person_deleted_is_not_made_again(self, target, kingdee, document):
        number = kingdee.number("K")
        target.run([SCHEMA, bringing(document(1), customer(number))], **CREATE)
        kingdee.person("delete-documents", form="BD_Customer", numbers=[number])

        target.run([SCHEMA, bringing(document(2), customer(number))], **CREATE)

        assert made(kingdee, "BD_Customer") == []
        (letter,) = letters(target)
        assert "deleted 已删除 by somebody" in letter["message"]

    def test_a_form_that_kingdee_does_not_have_is_told(self, target, kingdee, document):
        odd = {"form": "BD_Custmer", "model": customer(kingdee.number("K"))["model"]}
        message = bringing(document(1), odd)
        message["record"]["FCustomerID"] = {"FNumber": kingdee.number("K")}

        outcome = target.run([SCHEMA, message], **CREATE)

        assert outcome.exit_code == 0
        (letter,) = letters(target)
        assert "BD_Custmer cannot be looked up in Kingdee" in letter["message"]

    def test_another_run_that_writes_the_form_is_waited_for(self, target, kingdee, document):
        ledger = Ledger(ledger_url(str(target.ledger), None), account_of(target))
        lock = WriterLock(ledger)
        lock.acquire(ledger.book("BD_Customer"))
        timer = threading.Timer(1.0, lock.release)
        timer.start()

        outcome = target.run([SCHEMA, bringing(document(1), customer(kingdee.number("K")))], **CREATE)

        timer.join()
        ledger.close()
        assert outcome.summary["delivered"] == 1
        assert made(kingdee, "BD_Customer") == [("K", "C")]

    def test_another_run_that_goes_on_writing_it_is_told(self, target, kingdee, document, monkeypatch):
        monkeypatch.setattr(base_data, "LOCK_SECONDS", 0.3)
        ledger = Ledger(ledger_url(str(target.ledger), None), account_of(target))
        lock = WriterLock(ledger)
        lock.acquire(ledger.book("BD_Customer"))
        try:
            outcome = target.run([SCHEMA, bringing(document(1), customer(kingdee.number("K")))], **CREATE)
        finally:
            lock.release()
            ledger.close()

        assert outcome.exit_code == 0
        assert made(kingdee, "BD_Customer") == []
        (letter,) = letters(target)
        assert "is writing BD_Customer" in letter["message"]


def account_of(target: Any) -> str:
    """What the ledger's rows of this sandbox belong to."""
    host = target.credentials["base_url"].split("//")[1].split("/")[0]
    return f"{target.credentials['acct_id']}@{host}"
