"""What tests and people see and change beside the wire: ``/_sandbox/kingdee/…`` and the command line."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import requests

COMMAND = str(Path(sys.executable).parent / "erp-sandbox")


def refused(erp_sandbox, path, body=None):
    answer = requests.post(f"{erp_sandbox.url}/_sandbox/kingdee/{path}", json=body, timeout=30)
    assert answer.status_code == 400
    return answer.json()["error"]


class TestShow:
    def test_documents_are_shown_whole(self, galaxy, outstock, held):
        model = outstock(FNote="备注")
        galaxy.save(model)
        document = held(model["FBillNo"])
        assert document["FStockOrgId"] == {"FNumber": "100", "id": document["FStockOrgId"]["id"]}
        assert Decimal(document["FEntity"][0]["FAllAmount"]) == Decimal("2.58")
        assert document["FEntity"][0]["FMaterialID"]["FNumber"] == model["FEntity"][0]["FMaterialID"]["FNumber"]

    def test_lines_are_shown_one_by_one(self, galaxy, outstock, erp_sandbox):
        model = outstock(lines=3)
        galaxy.save(model)
        lines = erp_sandbox.show("kingdee", "SAL_OUTSTOCK", number=model["FBillNo"], lines=1)
        assert [line["FSeq"] for line in lines] == [1, 2, 3]
        assert {line["FBillNo"] for line in lines} == {model["FBillNo"]}

    def test_a_summary_adds_up_what_is_shown(self, galaxy, outstock, erp_sandbox):
        galaxy.batch([outstock(), outstock(lines=3)], IsAutoSubmitAndAudit=True)
        galaxy.save(outstock())
        documents = erp_sandbox.show("kingdee", "SAL_OUTSTOCK")
        summary = erp_sandbox.summary("kingdee", "SAL_OUTSTOCK")
        lines = [line for document in documents for line in document.get("FEntity", ())]
        assert summary["documents"] == len(documents)
        assert summary["lines"] == len(lines)
        assert Decimal(summary["quantity"]) == sum(Decimal(line.get("FRealQty", 0)) for line in lines)
        assert Decimal(summary["amount"]) == sum(Decimal(line.get("FAllAmount", 0)) for line in lines)
        assert sum(summary["by_status"].values()) == len(documents)
        assert summary["sums_by_status"]["C"]["documents"] == summary["by_status"]["C"]

    @pytest.mark.parametrize("query", ["?colour=red", "?summary=1&number=x"])
    def test_a_wrong_question_is_answered_in_a_sentence(self, erp_sandbox, query):
        answer = requests.get(f"{erp_sandbox.url}/_sandbox/kingdee/SAL_OUTSTOCK{query}", timeout=30)
        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")

    def test_an_unknown_form_is_answered_with_those_there_are(self, erp_sandbox):
        answer = requests.get(f"{erp_sandbox.url}/_sandbox/kingdee/NOPE", timeout=30)
        assert answer.status_code == 400
        assert "SAL_OUTSTOCK" in answer.json()["error"]

    def test_the_command_line_shows_the_same(self, galaxy, outstock, erp_sandbox, held):
        model = outstock()
        galaxy.save(model)
        command = [COMMAND, "--state", str(erp_sandbox.state), "show", "kingdee", "sal_outstock", "--json"]
        shown = subprocess.run([*command, "--number", model["FBillNo"]], capture_output=True, check=True, text=True)
        assert [json.loads(line) for line in shown.stdout.splitlines()] == [held(model["FBillNo"])]


class TestSettings:
    def test_they_are_shown_changed_and_put_back(self, erp_sandbox, settings):
        before = erp_sandbox.get("kingdee/settings")
        changed = settings(unique_numbers=False, query_ceiling=2000)
        assert (changed["unique_numbers"], changed["query_ceiling"]) == (False, 2000)
        assert erp_sandbox.get("kingdee/settings") == changed
        erp_sandbox.post("kingdee/reset-settings")
        assert erp_sandbox.get("kingdee/settings") == before

    @pytest.mark.parametrize("change", [{"nope": 1}, {"auto_audit": "maybe"}, {"closed_until": 5}])
    def test_a_wrong_one_is_refused_in_a_sentence(self, erp_sandbox, change):
        assert "settings are wrong" in refused(erp_sandbox, "settings", change)


class TestPeople:
    """What a tenant's people do in Kingdee's own client."""

    def test_a_person_edits_a_document(self, galaxy, outstock, held, erp_sandbox):
        model = outstock()
        galaxy.save(model, IsAutoSubmitAndAudit=True)
        edit = {
            "form": "SAL_OUTSTOCK",
            "number": model["FBillNo"],
            "set": {"FNote": "改过"},
            "lines": [{}, {"FRealQty": "5"}],
        }
        erp_sandbox.post("kingdee/edit-document", {**edit, "status": "D"})
        document = held(model["FBillNo"])
        assert (document["FNote"], document["FDocumentStatus"]) == ("改过", "D")
        assert [Decimal(line["FRealQty"]) for line in document["FEntity"]] == [2, 5]
        assert Decimal(document["FEntity"][1]["FAllAmount"]) == Decimal("6.45")

    def test_whoever_edits_is_kept_as_modifier_and_whoever_audits_as_approver(
        self, galaxy, outstock, held, erp_sandbox
    ):
        model = outstock()
        galaxy.save(model, IsAutoSubmitAndAudit=True)
        before = held(model["FBillNo"])
        edit = {"form": "SAL_OUTSTOCK", "number": model["FBillNo"]}
        erp_sandbox.post("kingdee/edit-document", {**edit, "set": {"FNote": "改过"}})
        edited = held(model["FBillNo"])
        assert (before["FModifierId"]["FNumber"], edited["FModifierId"]["FNumber"]) == ("demo", "accountant")
        assert edited["FModifyDate"] > before["FModifyDate"]
        assert (edited["FApproverId"], edited["FApproveDate"]) == (before["FApproverId"], before["FApproveDate"])
        rows = galaxy.query("SAL_OUTSTOCK", "FModifierId.FNumber,FModifyDate", f"FBillNo='{model['FBillNo']}'")
        assert rows == [["accountant", edited["FModifyDate"]]]
        erp_sandbox.post("kingdee/edit-document", {**edit, "status": "D"})
        assert "FApproverId" not in held(model["FBillNo"])
        erp_sandbox.post("kingdee/edit-document", {**edit, "status": "C"})
        assert held(model["FBillNo"])["FApproverId"]["FNumber"] == "accountant"

    def test_a_person_removes_a_line_and_adds_one(self, galaxy, outstock, line, held, erp_sandbox):
        model = outstock(lines=3)
        galaxy.save(model)
        before = [row["FEntryID"] for row in held(model["FBillNo"])["FEntity"]]
        lines = [{"FRealQty": 7}, None, {}, line(quantity=9)]
        erp_sandbox.post("kingdee/edit-document", {"form": "SAL_OUTSTOCK", "number": model["FBillNo"], "lines": lines})
        after = held(model["FBillNo"])["FEntity"]
        assert [row["FEntryID"] for row in after[:2]] == [before[0], before[2]]
        assert after[2]["FEntryID"] not in before
        assert [Decimal(row["FRealQty"]) for row in after] == [7, 2, 9]
        assert [row["FSeq"] for row in after] == [1, 2, 3]

    def test_a_person_deletes_an_audited_document(self, galaxy, outstock, held, erp_sandbox):
        model = outstock()
        galaxy.save(model, IsAutoSubmitAndAudit=True)
        body = {"form": "SAL_OUTSTOCK", "numbers": [model["FBillNo"]]}
        assert erp_sandbox.post("kingdee/delete-documents", body) == {"deleted": 1}
        assert held(model["FBillNo"]) is None

    def test_base_data_goes_back_to_unaudited(self, galaxy, outstock, erp_sandbox):
        named = {"form": "BD_Saler", "numbers": ["XS12"]}
        erp_sandbox.post("kingdee/unaudit-base-data", named)
        try:
            result = galaxy.save(outstock(FSalesManID={"FNumber": "XS12"}), IsVerifyBaseDataField=True)
        finally:
            erp_sandbox.post("kingdee/enable", named)
        assert "未审核" in result["ResponseStatus"]["Errors"][0]["Message"]

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("forbid", {"form": "BD_Saler"}),
            ("forbid", {"form": "BD_Saler", "numbers": ["NOPE"]}),
            ("forbid", {"form": "NOPE", "numbers": ["1"]}),
            ("forbid", {"form": "SAL_SaleOrder", "numbers": ["NOPE"]}),
            ("edit-document", {"form": "SAL_OUTSTOCK", "number": "NOPE"}),
            ("edit-document", {"form": "BD_Saler", "number": "XS01", "status": "Q"}),
            ("edit-document", {"form": "BD_Customer", "number": "KH00001", "set": {"FSELLER": {"FNumber": "NOPE"}}}),
            ("stock", {"material": "NOPE", "stock": "CK01", "quantity": 1}),
            ("no-such-control", {}),
        ],
    )
    def test_a_wrong_wish_is_refused_in_a_sentence(self, erp_sandbox, path, body):
        assert refused(erp_sandbox, path, body)
