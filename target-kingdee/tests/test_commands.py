"""The commands for people: query, check, ledger; and what the plugin says of itself."""

from __future__ import annotations

import csv
import io
import json

import pytest


def test_a_query_prints_all_rows_of_a_form_in_csv_with_names_of_ones_own(target, kingdee):
    printed = target.tell("query", "BD_Customer", "customer=FNumber", "seller=FSELLER.FNumber", "--csv").stdout

    rows = list(csv.DictReader(io.StringIO(printed)))
    held = sorted(one["FNumber"] for one in kingdee.sandbox.show("kingdee", "BD_Customer"))
    assert sorted(row["customer"] for row in rows) == held
    assert len(held) > 2000
    assert all(set(row) == {"customer", "seller"} for row in rows)


def test_lines_of_documents_are_whole_across_pages(target, kingdee):
    printed = target.tell("query", "SAL_SaleOrder", "FBillNo", "FSaleOrderEntry_FEntryID", "--json").stdout

    rows = [json.loads(line) for line in printed.splitlines()]
    held = [
        {"FBillNo": order["FBillNo"], "FSaleOrderEntry_FEntryID": line["FEntryID"]}
        for order in kingdee.sandbox.show("kingdee", "SAL_SaleOrder")
        for line in order["FSaleOrderEntry"]
    ]
    assert sorted(map(str, rows)) == sorted(map(str, held))


def test_a_query_filters_and_orders(target, kingdee, documents):
    target.run(documents(3))

    printed = target.tell(
        "query", "SAL_OUTSTOCK", "FBillNo", "--filter", f"FBillNo like '{kingdee.prefix}%'", "--order", "FBillNo DESC"
    ).stdout

    assert printed.splitlines() == ["FBillNo", *(kingdee.number(index) for index in (3, 2, 1))]


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["SAL_OUTSTOK", "FBillNo"], "SAL_OUTSTOK"),
        (["SAL_OUTSTOCK", "FNoSuchField"], "FNoSuchField"),
        (["SAL_OUTSTOCK", "FBillNo", "--filter", "FBillNo ~ 1"], "filter"),
    ],
)
def test_a_query_that_kingdee_refuses_is_one_sentence(target, args, named):
    outcome = target.tell("query", *args)

    assert outcome.exit_code == 1
    assert named in outcome.sentence
    assert "Traceback" not in outcome.stderr


def test_check_says_which_forms_may_be_used(target):
    good = target.tell("check")
    bad = target.tell("check", "SAL_OUTSTOCK", "NO_SUCH_FORM")

    assert good.exit_code == 0
    assert "signed in to" in good.stdout
    assert "SAL_OUTSTOCK 销售出库单: visible" in good.stdout
    assert bad.exit_code == 1
    assert "NO_SUCH_FORM" in bad.stdout


def test_check_says_how_long_it_waits_for_an_absent_kingdee_and_what_to_look_at(target):
    absent = target.tell("check", base_url="http://127.0.0.1:9/k3cloud/", max_outage_seconds=1)

    assert absent.exit_code == 1
    assert "for up to 1 s" in absent.stderr
    assert "cannot be reached (the connection was refused); check base_url" in absent.stderr


def test_check_with_a_wrong_secret_fails(target):
    assert target.tell("check", app_secret="f" * 32).exit_code == 1


def test_the_ledger_says_where_it_is_and_what_it_holds(target, document, schema):
    target.run([schema, document(1), document(2, FCustomerID={"FNumber": "KH99999"})])

    assert target.tell("ledger", "path").stdout.strip() == str(target.ledger)
    summary = json.loads(target.tell("ledger", "summary").stdout)
    assert {row["status"]: row["documents"] for row in summary["documents"]} == {"dead": 1, "delivered": 1}
    assert [row["reason"] for row in summary["open_dead_letters"]] == ["base_data_missing"]
    assert summary["last_runs"][0]["summary"]["delivered"] == 1
    assert summary["last_runs"][0]["result"] == "done"


def test_settings_come_from_the_environment_when_no_file_names_them(target, monkeypatch):
    for name, value in {**target.credentials, "ledger_path": str(target.ledger), "max_error_rate": "0.25"}.items():
        monkeypatch.setenv(f"TARGET_KINGDEE_{name.upper()}", str(value))

    assert target.command("check").exit_code == 0


def test_no_secret_is_in_logs_or_in_the_ledger(kingdee, target, documents, monkeypatch):
    monkeypatch.setenv("LOGLEVEL", "DEBUG")
    kingdee.fault("response_error", nth=1)

    outcome = target.run(documents(2), auth="password", password=kingdee.sandbox.galaxy["password"])

    secrets = [kingdee.sandbox.galaxy["password"], kingdee.sandbox.galaxy["app_secret"]]
    kept = b"".join(path.read_bytes() for path in target.home.glob("ledger.sqlite*"))
    assert outcome.exit_code == 0, outcome.stderr
    assert all(secret not in outcome.stderr and secret.encode() not in kept for secret in secrets)


def test_every_setting_is_described_and_secrets_are_marked(target):
    about = json.loads(target.command("--about", "--format", "json").stdout)

    settings = about["settings"]["properties"]
    assert all(setting.get("description") for setting in settings.values())
    assert {name for name, setting in settings.items() if setting.get("secret")} == {
        "password", "app_secret", "personal_data_key", "ledger_url",
    }  # fmt: skip
    assert settings["IsVerifyBaseDataField"]["default"] is True
    assert "stream_maps" not in settings


def test_form_writes_a_small_stable_file_for_each_form(target, tmp_path):
    said = target.tell("form", "SAL_OUTSTOCK", "BD_Customer", "--output-dir", tmp_path / "forms")
    again = target.tell("form", "SAL_OUTSTOCK", "--output-dir", tmp_path / "again")

    assert (said.exit_code, again.exit_code) == (0, 0)
    assert "SAL_OUTSTOCK.json: 4 entities" in said.stdout
    assert sorted(file.name for file in (tmp_path / "forms").iterdir()) == ["BD_Customer.json", "SAL_OUTSTOCK.json"]
    text = (tmp_path / "forms/SAL_OUTSTOCK.json").read_text(encoding="utf-8")
    assert (tmp_path / "again/SAL_OUTSTOCK.json").read_text(encoding="utf-8") == text
    metadata = json.loads(text)
    assert (metadata["Id"], metadata["Name"]) == ("SAL_OUTSTOCK", "销售出库单")
    fields = {field["Key"]: field for entity in metadata["Entrys"] for field in entity["Fields"]}
    assert fields["FBillNo"] == {"Key": "FBillNo", "Name": "单据编号", "FieldType": 231, "Length": 80}
    assert fields["FCustomerID"]["LookUpObjectFormId"] == "BD_Customer"
    assert {"Value": "Service", "Caption": "服务"} in fields["FRowType"]["Extends"]
    assert "F_ora_Text2" in fields
    assert text.count("\n") < len(fields) + 20


def test_form_names_the_nearest_form_when_there_is_none_such(target, tmp_path):
    outcome = target.tell("form", "SAL_OUTSTOK", "--output-dir", tmp_path / "forms")

    assert outcome.exit_code == 1
    assert "does not show the form 业务对象 SAL_OUTSTOK" in outcome.sentence
    assert "Did you mean SAL_OUTSTOCK" in outcome.sentence
    assert not (tmp_path / "forms").exists()
