"""Schemes by every way in: envelopes, layouts, what is named in the report, settings, and runs as a Singer mapper."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from erp_sdk.command import SetupError
from mapper_kd.cli import commands
from mapper_kd.qeasy.importing import import_scheme
from mapper_kd.qeasy.surroundings import context_of, of_context
from mapper_kd.qeasy.target_settings import call_back, calls, write_back
from target_kingdee.target import TargetKingdee

from transforms.tests.qeasy.agreement import comparable, exact

EXAMPLES = Path(__file__).parent / "examples"
TARGET = {
    "api": "batchSave",
    "effect": "EXECUTE",
    "request": [
        {"field": "FBillNo", "label": "单据编号", "value": "{no}"},
        {"field": "FEntity", "type": "array", "value": "items", "label": "明细"},
        {"field": "FQty", "value": "{{items.qty}}", "parent": "FEntity"},
    ],
    "otherRequest": [{"field": "FormId", "value": "SAL_OUTSTOCK"}],
}
RECORD = {"no": "A-1", "items": [{"qty": 2}, {"qty": 3}]}
DOCUMENT = {"FBillNo": "A-1", "FEntity": [{"FQty": 2}, {"FQty": 3}]}


def run(*arguments):
    result = CliRunner().invoke(commands, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SetupError):
        raise result.exception
    return result


def written(folder, name, content):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def documents(folder, scheme, *records):
    result = run("preview", written(folder, "scheme.json", scheme), written(folder, "in.json", [*records]), "--json")
    assert result.exit_code == 0, result.output
    return exact(result.stdout)["documents"]


def imported(folder, scheme, *options):
    return run("import-qeasy", written(folder, "scheme.json", scheme), "--json", *options)


def codes(result):
    return {(one["code"], one["path"]) for one in json.loads(result.stdout)["report"]}


@pytest.mark.parametrize(
    "scheme",
    [{"target": TARGET}, TARGET, {"metadata": TARGET}, {"metadata": {"target": {"metadata": TARGET}}}],
    ids=["both sides", "bare", "wrapped", "wrapped twice"],
)
def test_a_target_is_read_from_each_envelope(scheme, tmp_path):
    assert documents(tmp_path, scheme, RECORD) == [DOCUMENT]


def test_source_and_target_may_be_two_files(tmp_path):
    source = written(tmp_path, "source.json", {"api": "shop.php", "effect": "QUERY", "request": []})
    target = written(tmp_path, "target.json", TARGET)
    mapping = tmp_path / "mapping.yml"

    assert run("import-qeasy", source, target, "--output", mapping).exit_code == 0

    assert "stream: shops" in mapping.read_text(encoding="utf-8")
    shown = run("preview", mapping, written(tmp_path, "in.json", RECORD), "--json")
    assert json.loads(shown.stdout) == {"documents": [DOCUMENT], "dead_letters": []}


def test_flat_children_find_parents_in_any_order_and_in_nested_ones(tmp_path):
    request = [
        {"field": "FLot", "value": "{{items.lots.no}}", "parent": "FLots"},
        {"field": "FLots", "type": "array", "value": "items.lots", "parent": "FEntity"},
        {
            "field": "FEntity",
            "type": "array",
            "value": "items",
            "children": [{"field": "FQty", "value": "{{items.qty}}"}],
        },
    ]
    record = {"items": [{"qty": 1, "lots": [{"no": "L1"}, {"no": "L2"}]}]}

    assert documents(tmp_path, TARGET | {"request": request}, record) == [
        {"FEntity": [{"FQty": 1, "FLots": [{"FLot": "L1"}, {"FLot": "L2"}]}]}
    ]


def test_the_notation_with_objects_of_parameters_is_read(tmp_path):
    scheme = {
        "target": {
            "api": "batchSave",
            "requestParams": {
                "FBillNo": "{{source.no}}",
                "FEntity": "source.items",
                "fieldMapping": {"FEntity_FQty": "{{source.items.qty}}"},
            },
            "otherRequestParams": {"FormId": "SAL_OUTSTOCK"},
        }
    }
    assert documents(tmp_path, scheme, RECORD) == [DOCUMENT]


def test_a_field_of_the_row_hides_the_records_own(tmp_path):
    request = [
        {"field": "FEntity", "type": "array", "value": "items", "children": [{"field": "FNote", "value": "{note}"}]}
    ]
    record = {"note": "head", "items": [{"note": "row"}, {"qty": 1}]}

    assert documents(tmp_path, TARGET | {"request": request}, record) == [
        {"FEntity": [{"FNote": "row"}, {"FNote": "head"}]}
    ]


def test_everything_that_is_not_done_is_named_with_its_path(tmp_path):
    scheme = {
        "source": {"api": "shop.php", "request": [], "fetchOverride": {}, "condition_bk": [], "surprise": 1},
        "target": TARGET | {"distributionOrg": "100", "diffMode": {"on": True}, "isUploadFile": True},
        "callBackStrategy": {"strategyId": "x", "no": "{{no}}"},
        "extra": 1,
    }
    found = codes(imported(tmp_path, scheme))

    assert {
        ("UNSUPPORTED", "$.source.fetchOverride"),
        ("SWITCHED_OFF", "$.source.condition_bk"),
        ("UNKNOWN_KEY", "$.source.surprise"),
        ("UNSUPPORTED", "$.target.distributionOrg"),
        ("UNSUPPORTED", "$.target.diffMode"),
        ("UNSUPPORTED", "$.target.isUploadFile"),
        ("CALL_BACK", "$.callBackStrategy.no"),
        ("UNKNOWN_KEY", "$.extra"),
    } <= found


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (
            {"value": "_findCollection find a from 99999999-aaaa-4bbb-8ccc-000000000009 where b={no}"},
            "UNKNOWN_COLLECTION",
        ),
        ({"value": "{no}", "parser": {"name": "NoSuchParser"}}, "UNKNOWN_PARSER"),
        ({"value": "{{no|shouting}}"}, "UNKNOWN_FILTER"),
        ({"value": "{no}", "mapping": {"target": "nowhere"}}, "UNKNOWN_MAP"),
        ({"value": "abc", "type": "int"}, "TYPE_ERROR"),
        ({"value": "_function NO_SUCH({no})"}, "FUNCTION_ERROR"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_cannot_be_translated_refuses_the_scheme_with_its_place(entry, code, tmp_path):
    result = imported(tmp_path, TARGET | {"request": [{"field": "FBillNo", **entry}]})

    assert isinstance(result.exception, SetupError)
    assert json.loads(result.stdout)["mapping"] is None
    assert code in {code for code, path in codes(result) if path.startswith("$.request[0]")}


def test_a_map_to_numbers_gives_numbers_and_a_literal_that_it_lacks_rejects_each_record(tmp_path):
    written(tmp_path, "collections.yml", "maps: {orgs: {rows: [{a_value: S1, b_value: 107}], unmatched: exception}}\n")
    organisation = {"mapping": {"target": "orgs"}, "parser": {"name": "ConvertObjectParser", "params": "FNumber"}}
    plain = {"field": "FPlain", "value": "{shop}", "mapping": {"target": "orgs"}}
    request = [{"field": "FOrg", "value": "{shop}", **organisation}, plain]

    assert documents(tmp_path, TARGET | {"request": request}, {"shop": "S1"}) == [
        {"FOrg": {"FNumber": 107}, "FPlain": 107}
    ]

    scheme = written(tmp_path, "literal.json", TARGET | {"request": [{"field": "FOrg", "value": "S2", **organisation}]})
    shown = json.loads(run("preview", scheme, written(tmp_path, "in.json", [{}, {}]), "--json").stdout)
    assert [letter["reason"] for letter in shown["dead_letters"]] == ["code_missing", "code_missing"]


@pytest.mark.parametrize(("is_required", "reasons"), [(True, ["value_missing"]), (False, [])])
def test_a_list_that_grouping_has_taken_away_is_not_sent(is_required, reasons, tmp_path):
    lost = {"field": "FLost", "type": "array", "value": "items", "is_required": is_required}
    request = [{"field": "FShop", "value": "{shop}"}, lost, {"field": "FQty", "value": "1", "parent": "FLost"}]
    grouping = {"headerGroup": ["shop"], "bodyName": "lines", "calculate": {"qty": "$sum"}}
    scheme = written(tmp_path, "scheme.json", TARGET | {"request": request, "groupCalculate": grouping})

    shown = json.loads(run("preview", scheme, written(tmp_path, "in.json", [{"shop": "S1"}]), "--json").stdout)

    assert [letter["reason"] for letter in shown["dead_letters"]] == reasons
    assert shown["documents"] == ([] if is_required else [{"FShop": "S1"}])


@pytest.mark.parametrize(
    ("value", "parser", "expected"),
    [
        ("{{json}}", {"type": "jsonpath", "path": "$.a[0].b"}, 1),
        ("{{object}}", {"type": "jsonpath", "path": "$.a[0].b"}, 1),
        ("{{json}}", {"type": "jsonpath", "path": "$.a[*].b"}, [1, 2]),
        ("{{json}}", {"type": "jsonpath", "path": "$['a'][*].c[*].d"}, ["x", "y", "z"]),
        ("{{json}}", {"type": "jsonpath", "path": "$.z.y", "defaultValue": "none"}, "none"),
        ("{{no}}", [{"type": "regex", "pattern": "[0-9]+"}, {"type": "number"}], 12),
        ("{{no}}", {"type": "regex", "pattern": "N", "replacement": "M"}, "M12"),
        ("{{tags}}", {"type": "merge", "separator": "-"}, "q-r-q"),
        ("{{tags}}", {"name": "ArrayUnique,ArrayToString", "params": "+"}, "q+r"),
        ("{{no}}", {"type": "map", "map": {"N12": "yes"}, "defaultValue": "no"}, "yes"),
        (" {{no}} ", [{"type": "transform", "function": "lower"}, {"type": "transform", "function": "trim"}], "n12"),
    ],
)
def test_typed_parsers_and_chains_are_done(value, parser, expected, tmp_path):
    content = {"a": [{"b": 1, "c": [{"d": "x"}, {"d": "y"}]}, {"b": 2, "c": [{"d": "z"}]}]}
    record = {"no": "N12", "json": json.dumps(content), "object": content, "tags": ["q", "r", "q"]}
    scheme = TARGET | {"request": [{"field": "F", "value": value, "parser": parser}]}

    assert documents(tmp_path, scheme, record) == [{"F": expected}]


def test_program_code_is_refused(tmp_path):
    result = imported(tmp_path, TARGET | {"customResolvers": ["<?php"]})

    assert isinstance(result.exception, SetupError)
    assert ("REFUSED_CODE", "$.customResolvers") in codes(result)


@pytest.mark.parametrize("text", ["{'a': 1}", '{"request": [...]}', "[1, 2", '"text"', '{"a": NaN}', ""])
def test_a_file_that_is_no_scheme_is_refused_in_one_sentence(text, tmp_path):
    result = run("import-qeasy", written(tmp_path, "scheme.json", text))

    assert isinstance(result.exception, SetupError)
    assert "scheme.json" in str(result.exception)


@pytest.mark.parametrize("name", ["W02", "W04", "W05", "W07", "W09", "W12", "W15"])
def test_calls_write_back_and_call_back_are_rendered(name, tmp_path):
    text = (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")
    example, expected = exact(text), exact(text)["expected"]
    file = written(tmp_path, "scheme.json", json.loads(text)["scheme"])
    scheme = import_scheme([file], of_context(context_of(example["context"], "of the example")))
    rows = [row for one in expected["requests"] for row in one["rows"]]
    records = (expected.get("records") or example["input"]["records"])[:1] * len(rows)

    made = calls(scheme, rows, records, example["context"].get("collections", {}))

    size = 20 if name == "W07" else 1
    given = [row for one in made for row in one["rows"]]
    assert comparable(given) == comparable(rows)
    assert len(made) == -(-len(rows) // size)
    assert all(one["params"] == expected["requests"][0]["params"] for one in made)
    if "writeback" in expected:
        kept = write_back(scheme, example["input"]["response"])
        assert comparable(kept) == comparable(expected["writeback"])
        assert comparable(call_back(scheme, records[0], kept)) == comparable(expected["callback"])


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("W*.json")), ids=lambda path: path.stem)
def test_the_query_of_a_source_and_its_shaped_records_are_as_expected(path, tmp_path):
    example = exact(path.read_text(encoding="utf-8"))
    raw = json.loads(path.read_text(encoding="utf-8"))
    context = written(tmp_path, "context.json", raw["context"])

    result = exact(imported(tmp_path, raw["scheme"], "--context", context).stdout)

    for key in ("query", "remedy_query"):
        assert comparable(result.get(key)) == comparable(example["expected"].get(key))
    if "target" not in raw["scheme"]:
        shown = run(
            "preview",
            tmp_path / "scheme.json",
            written(tmp_path, "in.json", raw["input"]),
            "--json",
            "--context",
            context,
        )
        assert comparable(exact(shown.stdout)["documents"]) == comparable(example["expected"]["records"])


def test_settings_of_tap_and_target_follow_from_the_scheme(tmp_path):
    source = {
        "api": "wdt.stockout.order.query.trade",
        "pagination": {"pageSize": 100},
        "request": [{"field": "status", "value": "95,110"}],
        "omissionRemedy": {"crontab": "0 2 * * *", "takeOverRequest": [{"field": "a", "value": "{{DAYS_AGO_3}}"}]},
    }
    target = TARGET | {
        "operation": {"method": "batchArraySave", "rows": 20},
        "otherRequest": {"FormId": "SAL_OUTSTOCK", "IsVerifyBaseDataField": "false", "BatchCount": "3"},
    }
    settings = json.loads(imported(tmp_path, {"source": source, "target": target}).stdout)["settings"]

    assert settings["extractors"] == [
        {
            "name": "tap-wangdiantong",
            "config": {"dialect": "qimen", "page_size": 100, "statuses": ["95", "110"]},
            "select": ["sales_stockouts.*"],
        },
        {
            "name": "tap-wangdiantong--backfill",
            "inherit_from": "tap-wangdiantong",
            "config": {"lookback_minutes": 4320},
        },
    ]
    assert settings["loaders"] == [
        {
            "name": "target-kingdee",
            "config": {"batch_size": 20, "IsVerifyBaseDataField": False, "batch_count": 3, "final_status": "saved"},
        }
    ]


ACCOUNT = {"base_url": "https://kingdee.example/k3cloud/", "acct_id": "a", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("settings", "config"),
    [
        ({"otherRequest": {"IsAutoSubmitAndAudit": "true"}}, {"IsAutoSubmitAndAudit": True, "final_status": "audited"}),
        ({"otherRequest": {"Operation": "Submit"}}, {"final_status": "submitted"}),
        ({"otherRequest": {"Operation": "Save"}, "autoCheck": True}, {"final_status": "audited"}),
        (
            {"otherRequest": {"NeedReturnFields": "FID, FBillNo", "SubSystemId": 23, "NetworkCtrl": True}},
            {
                "NeedReturnFields": ["FID", "FBillNo"],
                "SubSystemId": "23",
                "forms": {"SAL_OUTSTOCK": {"options": {"NetworkCtrl": True}}},
                "final_status": "saved",
            },
        ),
        ({"writeMode": "insert_only"}, {"final_status": "saved", "on_existing": "skip"}),
        ({"idempotency": {"strategy": "error"}}, {"final_status": "saved", "on_existing": "fail"}),
        (
            {"retryPolicy": {"maxRetries": 3, "initialInterval": 1500}},
            {"final_status": "saved", "max_retries": 3, "backoff_seconds": 1.5},
        ),
        (
            {"errorHandling": {"strategy": "abort", "errorRateThreshold": 20, "abortOnConsecutiveErrors": 7}},
            {"final_status": "saved", "dead_letter": "stop", "max_error_rate": 0.2, "max_consecutive_errors": 7},
        ),
    ],
    ids=lambda one: next(iter(one)),
)
def test_target_kingdee_takes_the_settings_that_a_scheme_comes_to(settings, config, tmp_path):
    other = {"FormId": "SAL_OUTSTOCK"} | settings.get("otherRequest", {})
    result = imported(tmp_path, TARGET | settings | {"otherRequest": other}, "--report", tmp_path / "report.txt")

    written_yaml = (tmp_path / "report.txt").read_text(encoding="utf-8").split("For meltano.yml:")[1]
    (loader,) = yaml.safe_load(written_yaml)["plugins"]["loaders"]
    assert loader == {"name": "target-kingdee", "config": config}
    assert json.loads(result.stdout)["settings"]["loaders"] == [loader]
    assert TargetKingdee(config=ACCOUNT | config, validate_config=True).settings.form("SAL_OUTSTOCK").policy.goal


def test_the_same_scheme_gives_the_same_text_each_time(tmp_path):
    assert imported(tmp_path, TARGET).stdout == imported(tmp_path, TARGET).stdout


def test_an_error_of_a_scheme_that_is_run_as_it_is_names_the_line_of_the_scheme(tmp_path):
    scheme = json.dumps(TARGET | {"request": [{"field": "FBillNo", "value": "_function {no} / 0"}]}, indent=1)
    shown = run("preview", written(tmp_path, "scheme.json", scheme), written(tmp_path, "in.json", {"no": 1}), "--json")

    letter = json.loads(shown.stdout)["dead_letters"][0]
    line = next(number for number, text in enumerate(scheme.splitlines(), start=1) if "_function" in text)
    assert letter["reason"] == "expression_failed"
    assert f"scheme.json:{line}" in letter["fix"] + letter["message"]


def test_collections_and_maps_come_from_the_file_beside_the_scheme(tmp_path):
    uuid = "11111111-aaaa-4bbb-8ccc-000000000001"
    request = [
        {"field": "FId", "value": f"_findCollection find FID from {uuid} where FBillNo={{no}}"},
        {"field": "FOrg", "value": "{shop}", "mapping": {"target": "orgs", "direction": "positive"}},
    ]
    written(tmp_path, "orders.json", [{"FBillNo": "A-1", "FID": 7}])
    written(
        tmp_path,
        "collections.yml",
        f"collections: {{{uuid}: {{json: orders.json}}}}\n"
        "maps: {orgs: {rows: {S1: '101'}, unmatched: exception}}\n",
    )
    scheme = written(tmp_path, "scheme.json", TARGET | {"request": request})
    records = written(tmp_path, "in.json", [{"no": "A-1", "shop": "S1"}, {"no": "A-2", "shop": "S9"}])

    shown = json.loads(run("preview", scheme, records, "--json", "--codes", tmp_path).stdout)

    assert shown["documents"] == [{"FId": 7, "FOrg": "101"}]
    assert [letter["reason"] for letter in shown["dead_letters"]] == ["code_missing"]


def test_whole_numbers_of_a_scheme_keep_every_digit(tmp_path):
    numbers = [("FRate", "13"), ("FLong", "12345678901234567"), ("FPart", "10.80")]
    request = [*TARGET["request"], *({"field": name, "type": "int", "value": value} for name, value in numbers)]

    result = imported(tmp_path, {"target": {**TARGET, "request": request}})

    mapping = json.loads(result.stdout)["mapping"]
    assert [line.strip() for line in mapping.splitlines() if line.strip().startswith(("FRate", "FLong", "FPart"))] == [
        "FRate: 13",
        "FLong: 12345678901234567",
        "FPart: 10",
    ]


def test_keys_that_came_before_are_not_sent_again(tmp_path):
    example = json.loads((EXAMPLES / "W01.json").read_text(encoding="utf-8"))
    scheme, records = (
        written(tmp_path, "scheme.json", example["scheme"]),
        written(tmp_path, "in.json", example["input"]),
    )

    def keys(**context):
        about = written(tmp_path, "context.json", example["context"] | context)
        shown = json.loads(run("preview", scheme, records, "--json", "--context", about).stdout)["documents"]
        return [str(one["FEntity_FEntryID"]) for one in shown]

    assert set(keys(seen_ids=[])) - set(keys()) == set(example["expected"]["repeats"])


def test_another_timezone_is_refused(tmp_path):
    about = written(tmp_path, "context.json", {"timezone": "Europe/Berlin"})

    for command in (
        ("preview", written(tmp_path, "s.json", {"target": TARGET}), written(tmp_path, "in.json", RECORD)),
        (
            "import-qeasy",
            tmp_path / "s.json",
        ),
    ):
        result = run(*command, "--context", about)

        assert isinstance(result.exception, SetupError)
        assert "Europe/Berlin" in str(result.exception)
        assert "Asia/Shanghai" in str(result.exception)


@pytest.mark.parametrize("form", ["STK_MISCELLANEOUS", "SAL_OUTSTOCK"])
def test_a_query_of_bills_says_what_of_it_is_there(form, tmp_path):
    source = {"api": "executeBillQuery", "request": [{"field": "FBillNo", "value": "FBillNo"}]}
    source["otherRequest"] = [{"field": "FormId", "value": form}]
    result = json.loads(imported(tmp_path, {"source": source, "target": TARGET}).stdout)

    said = {one["code"]: one["what"] for one in result["report"]}
    if form == "SAL_OUTSTOCK":
        assert "whole documents" in said["FLAT_ROWS"]
        assert result["settings"]["extractors"][0]["select"] == ["outstocks.*"]
    else:
        assert "SAL_OUTSTOCK" in said["NO_TAP"]
        assert "extractors" not in result["settings"]


def test_a_list_that_only_the_data_know_is_warned_of_once(tmp_path, caplog):
    scheme = TARGET | {"request": [{"field": "FBillNo", "value": "{{heads.only_here}}"}]}
    records = [{"heads": [{"only_here": f"A-{at}"}, {"only_here": "B"}]} for at in range(5)]

    assert documents(tmp_path, scheme, *records) == [{"FBillNo": f"A-{at}"} for at in range(5)]

    assert [
        one.message for one in caplog.records if "LIST_IN_HEADER" in one.message and "only_here" in one.message
    ] == [
        "LIST_IN_HEADER: a list of rows with only_here stands where the scheme wants one value; its first row is taken."
    ]
