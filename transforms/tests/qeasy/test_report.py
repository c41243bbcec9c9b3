"""Nothing of a scheme is dropped in silence: whatever a mapping does not do stands in the report, with its place."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from mapper_kd.cli import commands

SOURCE = {"api": "demo.query", "effect": "QUERY", "id": "no", "request": []}
TARGET = {"api": "batchSave", "effect": "EXECUTE", "otherRequest": {"FormId": "SAL_OUTSTOCK"}}
NAMED = [
    *(
        ("source", {key: value})
        for key, value in {
            "idCheck": False,
            "response": [{"field": "a"}],
            "otherResponse": {"listKey": "datas"},
            "pagination": {"pageSize": 50, "cursorField": "next"},
            "condition": [[{"field": "a", "logic": "eq", "value": "1"}]],
            "condition_bk": [[{"field": "a", "logic": "eq", "value": "1"}]],
            "formatResponse": [{"old": "a", "new": "b", "format": "date"}],
            "beatFlat": ["items"],
            "flattenConfig": {"enabled": True, "arrayFields": ["items"], "preserveParent": False},
            "omissionRemedy": {"crontab": "0 2 * * *", "adapter": "X", "takeOverRequest": []},
            "groupCalculate": {"headerGroup": ["a"]},
            "distributionOrg": "100",
            "isUploadFile": True,
            "DownloadAttachment": True,
            "AttachmentFields": "a",
            "uploadAttachment": True,
            "diffMode": {"on": True},
            "diffActions": {"on": True},
            "fetchOverride": {"a": 1},
            "relationMapping": {"a": 1},
            "indexConfig": {"a": 1},
            "customResolvers": ["<?php"],
            "processor": "x",
            "surprise": 1,
        }.items()
    ),
    *(
        ("target", {key: value})
        for key, value in {
            "idCheck": True,
            "response": [{"field": "primaryWriteback", "value": "{{Id}}"}],
            "otherResponse": {"listKey": "datas"},
            "distributionOrg": "100",
            "callBackStrategy": {"strategyId": "x", "no": "{{no}}"},
            "autoCheck": True,
            "isUploadFile": True,
            "diffMode": {"on": True},
            "writeMode": "replace",
            "idField": "FBillNo",
            "idempotency": {"enabled": True, "keyField": "no", "strategy": "skip"},
            "retryPolicy": {"maxRetries": 3},
            "errorHandling": {"strategy": "abort", "ignoreRules": [{"errorCode": "1", "action": "ignore"}]},
            "customResolvers": ["<?php"],
            "triggerConfig": {"a": 1},
            "multiTrigger": {"a": 1},
            "convergence": {"a": 1},
            "condition": [[]],
            "operation": {"method": "scatter"},
            "surprise": 1,
        }.items()
    ),
    *(
        ("entry", {"value": "{{no}}"} | entry)
        for entry in [
            {"mapping": {"target": "nowhere"}},
            {"parser": {"type": "xml", "path": "/a"}},
            {"parser": {"type": "csv"}},
            {"parser": {"type": "conditional"}},
            {"parser": "NoSuchParser"},
            {"format": "number:2"},
            {"type": "money"},
            {"parent": "FNowhere"},
            {"surprise": 1},
            {"value": "${now()}"},
            {"value": "{{no|shouting}}"},
            {"value": "findCollection find a from b where c=d"},
            {"value": " _function 1"},
            {"value": "_function Math.floor({no})"},
            {"value": "_function md5('{no}')"},
            {"value": "_findCollection find a from 99999999-aaaa-4bbb-8ccc-000000000009 where b={no}"},
        ]
    ),
]


@pytest.mark.parametrize(("side", "given"), NAMED, ids=[f"{side} {json.dumps(given)[:70]}" for side, given in NAMED])
def test_what_a_mapping_does_not_do_is_named_with_its_place_and_what_to_do(side, given, tmp_path):
    number = {"field": "FBillNo", "value": "{{no}}"}
    entry = {"field": "F", **given} if side == "entry" else {"field": "F", "value": "1"}
    target = TARGET | {"request": [number, entry]} | (given if side == "target" else {})
    scheme = {"source": SOURCE | (given if side == "source" else {}), "target": target}
    path = tmp_path / "scheme.json"
    path.write_text(json.dumps(scheme), encoding="utf-8")

    report = json.loads(CliRunner().invoke(commands, ["import-qeasy", str(path), "--json"]).stdout)["report"]

    place = "$.target.request[1]" if side == "entry" else f"$.{side}.{next(iter(given))}"
    named = [one for one in report if one["path"].startswith(place)]
    assert named, report
    assert all(one["code"] and one["line"] and one["what"] and one["fix"] for one in report)
    assert all(one["what"].endswith((".", "?")) and not one["what"].endswith(("..", "?.")) for one in report)


def test_a_save_without_a_form_is_named(tmp_path):
    path = tmp_path / "scheme.json"
    target = {"api": "batchSave", "effect": "EXECUTE", "request": [{"field": "FBillNo", "value": "{{no}}"}]}
    path.write_text(json.dumps({"source": SOURCE, "target": target}), encoding="utf-8")

    report = json.loads(CliRunner().invoke(commands, ["import-qeasy", str(path), "--json"]).stdout)["report"]

    [named] = [one for one in report if one["code"] == "NO_FORM"]
    assert (named["severity"], named["path"]) == ("warning", "$.target")
    assert "FormId" in named["fix"]
