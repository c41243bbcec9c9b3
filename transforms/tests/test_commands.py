"""`mapper-kd` as a process: exit codes, one sentence on stderr, and the commands for people who write mappings."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from erp_sdk.command import run
from mapper_kd.mapper import MapperKd


def sentence(result):
    """Return stderr, which must be one line for the user and no traceback."""
    text = result.stderr if isinstance(result.stderr, str) else result.stderr.decode()
    assert "Traceback" not in text
    said = [line for line in text.splitlines() if line.startswith("mapper-kd: ")]
    assert len(said) == 1, text
    return said[0]


def config(project, **settings):
    return [
        "--config",
        str(project.write("config.json", json.dumps({"flows": "mappings", "codes": "codes"} | settings))),
    ]


def test_a_tap_is_mapped_through_the_command_as_meltano_calls_it(project):
    project.mapping(project.flow("  FNote: =remark"))

    result = project.command(
        *config(project), messages=[project.schema(), project.record(remark="中"), {"type": "STATE", "value": {}}]
    )

    assert result.returncode == 0
    assert [json.loads(line)["type"] for line in result.stdout.splitlines()] == ["SCHEMA", "SCHEMA", "RECORD", "STATE"]


def test_settings_may_come_from_the_environment(project, monkeypatch):
    project.write("elsewhere/orders.yml", project.flow())
    monkeypatch.setenv("MAPPER_KD_FLOWS", '["elsewhere"]')
    monkeypatch.setenv("MAPPER_KD_SOURCE", "none")

    result = project.command("--config", "ENV", messages=[project.schema(), project.record()])

    assert json.loads(result.stdout.splitlines()[-1]) == {
        "type": "RECORD",
        "stream": "SAL_OUTSTOCK",
        "record": {"FBillNo": "N1"},
    }


@pytest.mark.parametrize("suffix", ["yml", "json"])
def test_the_setting_mapping_names_one_file_a_mapping_or_a_scheme(project, monkeypatch, suffix):
    scheme = {
        "source": {"api": "orders", "request": []},
        "target": {
            "api": "batchSave",
            "request": [{"field": "FBillNo", "value": "{number}"}],
            "otherRequest": [{"field": "FormId", "value": "SAL_OUTSTOCK"}],
        },
    }
    project.write(f"here/one.{suffix}", project.flow() if suffix == "yml" else json.dumps(scheme))
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(project.folder / "here"))
    settings = {"mapping": f"one.{suffix}", "flows": "", "source": "none"}

    result = project.command(*config(project, **settings), messages=[project.schema(), project.record()])

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["record"] == {"FBillNo": "N1"}


def test_messages_may_come_from_a_file_instead_of_a_pipe(project):
    project.mapping(project.flow())
    path = project.folder / "in.singer"
    path.write_bytes(project.wire([project.schema(), project.record()]))

    with pytest.raises(SystemExit) as leaving:
        run(MapperKd.get_singer_command(), name="mapper-kd", args=[*config(project), "--input", str(path)])

    assert leaving.value.code == 0
    assert b'{"FBillNo":"N1"}' in project.output.readouterr().out


@pytest.mark.parametrize(
    ("settings", "messages", "code", "message"),
    [
        ({"flows": "nowhere"}, [], 2, "the mapping nowhere is not there; check the setting mapping or flows."),
        ({"flows": "", "mapping": "mappings"}, [], 2, "the setting mapping names the folder mappings; it is one file"),
        ({"mapping": "m.yml"}, [], 2, "the settings mapping (m.yml) and flows exclude each other: mapping is one file"),
        ({"flows": "codes"}, [], 2, "the folder codes of the setting flows holds no mapping (.yml or .json)."),
        ({"source": "all"}, [], 2, "'all' is not one of ['full', 'key', 'none']"),
        ({}, [b"garbage"], 1, "line 1 of the input is no Singer message"),
        ({}, ["BATCH"], 2, "the tap sends orders as BATCH files, which a mapper cannot map; remove its batch_config."),
        (
            {"flows": "wrong"},
            [],
            2,
            "wrong/w.yml:6: head.FX: =dat(time): there is no function dat; did you mean date()?",
        ),
    ],
)
def test_what_stops_a_run_is_one_sentence_and_an_exit_code(project, settings, messages, code, message):
    project.mapping(project.flow())
    project.write("wrong/w.yml", "stream: orders\nform: F\nnumber: FN\nhead:\n  FN: =number\n  FX: =dat(time)\n")
    batch = {"type": "BATCH", "stream": "orders", "encoding": {}, "manifest": []}

    result = project.command(
        *config(project, **settings), messages=[batch if one == "BATCH" else one for one in messages]
    )

    assert result.returncode == code
    assert message in sentence(result)


def test_sigterm_leaves_with_143_and_whole_lines(project):
    project.mapping(project.flow())
    state = {"type": "STATE", "value": {}}
    messages = project.wire([project.schema(), *[project.record()] * 100, state, project.record()])

    with subprocess.Popen(
        [*project.program, *config(project)], cwd=project.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdin.write(messages + b'{"type":"RECORD","stream":"orders","rec')
        process.stdin.flush()
        until_state = [json.loads(process.stdout.readline())["type"] for _ in range(103)]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        rest = process.stdout.read()

    assert process.returncode == 143
    assert until_state == ["SCHEMA", "SCHEMA", *["RECORD"] * 100, "STATE"]
    assert all(json.loads(line)["type"] == "RECORD" for line in rest.splitlines())


# --- check


def test_check_lists_what_is_fine_and_all_that_is_wrong(project):
    project.mapping(project.flow(), "fine")
    project.mapping(project.flow("  FA: =nope()\n  FB: =nada()"), "wrong")

    result = project.ask("check", "mappings", "--codes", "codes")

    assert result.returncode == 2
    assert result.stdout == "mappings/fine.yml: orders -> SAL_OUTSTOCK is fine.\n"
    assert "head.FA: =nope(): there is no function nope" in result.stderr
    assert "head.FB: =nada(): there is no function nada" in result.stderr
    assert "1 of the mappings cannot be used" in sentence(result)


def catalog(project):
    stream = {"tap_stream_id": "orders", "schema": project.order, "key_properties": ["id"]}
    return project.write("catalog.json", json.dumps({"streams": [stream]}))


def test_check_holds_a_mapping_against_the_taps_catalog(project):
    project.mapping(
        project.flow("  FA: =remarq\nlines:\n  FE:\n    each: =lines\n    fields: {FB: =line.skuu}"), "fields"
    )
    project.mapping(project.flow().replace("stream: orders", "stream: order"), "stream")

    result = project.ask("check", "mappings", "--catalog", str(catalog(project)))

    assert result.returncode == 2
    assert "there is no field remarq in orders; did you mean remark?" in result.stderr
    assert "there is no field skuu in orders.lines; did you mean sku?" in result.stderr
    assert "the catalog has no stream order; did you mean orders?" in result.stderr


def test_check_takes_a_taps_output_for_its_catalog(project):
    project.mapping(project.flow("  FA: =remark"))
    output = project.write("out.singer", json.dumps(project.schema()) + "\n" + json.dumps(project.record()) + "\n")

    result = project.ask("check", "--catalog", str(output), "--config", config(project)[1])

    assert result.returncode == 0
    assert result.stdout.endswith("is fine, held against stream orders.\n")


def metadata(project):
    def fields(*rows):
        return [
            {"Key": key, "Name": [{"Key": 2052, "Value": key}], "MustInput": must, "LookUpObjectFormId": form}
            for key, must, form in rows
        ]

    head = fields(("FBillNo", 0, None), ("FDate", 1, None), ("FCustomerID", 1, "BD_Customer"), ("FNote", 0, None))
    line = fields(("FMaterialID", 1, "BD_MATERIAL"), ("FRealQty", 0, None))
    money = fields(("FSettleCurrID", 1, "BD_Currency"))
    answer = {
        "Result": {
            "NeedReturnData": {
                "Id": "SAL_OUTSTOCK",
                "Entrys": [
                    {"Key": "FBillHead", "Fields": head},
                    {"Key": "FEntity", "ParentKey": "FBillHead", "Fields": line},
                    {"Key": "SubHeadEntity", "ParentKey": "FBillHead", "Fields": money},
                ],
            }
        }
    }
    return str(project.write("form.json", json.dumps(answer)))


def test_check_holds_a_mapping_against_the_form_itself(project):
    body = """
  FNotes: =remark
  FCustomerID: =buyer
  FNote.FNumber: =remark
  SubHeadEntity.FCurrency.FNumber: PRE001
lines:
  FEntity:
    each: =lines
    fields:
      FMateralID.FNumber: =line.sku
    lines:
      FEntity_Link:
        fields: {FEntity_Link_FSId: x}
"""
    project.mapping(project.flow(body))

    result = project.ask("check", "mappings", "--form-metadata", metadata(project))

    said = result.stderr
    assert result.returncode == 2
    assert "orders.yml:8: head.FNotes: the form has no field FNotes; did you mean FNote?" in said
    assert "FCustomerID is a reference to BD_Customer; write FCustomerID.FNumber" in said
    assert "FNote is a plain field and no reference; write FNote without .FNumber" in said
    assert "the form has no field FEntity.FMateralID; did you mean FMaterialID?" in said
    assert "warning: mappings/orders.yml: FDate is mandatory (必录) in SAL_OUTSTOCK, but not mapped" in said
    assert "warning: mappings/orders.yml: SubHeadEntity.FSettleCurrID is mandatory" in said
    assert "FEntity_Link" not in said


@pytest.mark.parametrize("option", ["--catalog", "--form-metadata"])
@pytest.mark.parametrize(
    ("content", "message"), [("{}", "is neither|is no answer"), (None, "cannot be read: No such file")]
)
def test_check_says_when_it_cannot_use_a_file(project, option, content, message):
    import re

    project.mapping(project.flow())
    path = project.folder / "file.json"
    if content is not None:
        path.write_text(content)

    result = project.ask("check", "mappings", option, str(path))

    assert result.returncode == 2
    assert re.search(message, sentence(result))


# --- preview


def test_preview_shows_records_before_and_after(project):
    project.mapping(project.flow("  FFree: =decimal(paid) <= 0", "where: =status == 1"))
    records = [{"status": 1, "paid": 0}, {"status": 2}, {"status": 1, "paid": "x"}, {"status": 1, "paid": 5}]
    messages = [project.schema("shops"), project.schema(), *(project.record(**one) for one in records)]

    path = project.folder / "in.singer"
    path.write_bytes(project.wire(messages))

    result = project.ask("preview", "mappings/orders.yml", "--limit", "3", "--input", str(path))

    assert result.returncode == 0
    shown = result.stdout
    assert shown.startswith('--- orders {"id":1}\n{\n  "id": 1,\n  "number": "N1",\n  "status": 1,\n  "paid": 0\n}\n')
    assert '+++ SAL_OUTSTOCK\n{\n  "FBillNo": "N1",\n  "FFree": true\n}\n' in shown
    assert "+++ SAL_OUTSTOCK: not sent, since where: is false\n" in shown
    assert '+++ SAL_OUTSTOCK: dead letter (value_invalid): FFree (=decimal(paid) <= 0): "x" is no number.' in shown
    assert shown.count("--- orders") == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [("garbage\n", "in.singer cannot be read: it is no JSON"), ("", "in.singer has no record of orders")],
)
def test_preview_says_when_there_is_nothing_to_show(project, content, message):
    project.mapping(project.flow())
    path = project.write("in.singer", content)

    result = project.ask("preview", "mappings/orders.yml", "--input", str(path))

    assert result.returncode == 2
    assert message in sentence(result)


@pytest.mark.parametrize(
    "content",
    [
        '{"number": "N1", "paid": 1.10}\n{"number": 2}\n',
        '[{"number": "N1", "paid": 1.10}, {"number": 2}]',
        '{"records": [\n{"number": "N1", "paid": 1.10}, {"number": 2}]}',
        '\ufeff{"raw": [{"number": "N1", "paid": 1.10}, {"number": 2}]}',
        (
            '{"type": "RECORD", "stream": "orders", "record": {"number": "N1", "paid": 1.10}}\n'
            '{"type": "STATE", "value": {}}\n'
            '{"type": "RECORD", "stream": "orders", "record": {"number": 2}}\n'
        ),
    ],
)
def test_preview_takes_records_in_any_shape_and_prints_one_json_object(project, content):
    project.mapping(project.flow("  FAmount: =paid\n  FDouble: =paid * 2", "where: =number"))
    project.write("records.json", content)

    result = project.ask("preview", "mappings/orders.yml", "records.json", "--json")

    assert result.returncode == 0
    assert result.stderr == ""
    printed = json.loads(result.stdout, parse_float=str)
    assert printed["documents"] == [{"FBillNo": "N1", "FAmount": "1.10", "FDouble": "2.20"}]
    (letter,) = printed["dead_letters"]
    assert letter["field"] == "FDouble"
    assert letter["record"] == {"number": 2}
    assert list(printed) == ["documents", "dead_letters"]


@pytest.mark.parametrize("arguments", [["check", "--nope"], ["--nope"]])
def test_a_wrong_command_line_is_usage(project, arguments):
    result = project.command(*arguments)

    assert result.returncode == 2
    assert "--help" in sentence(result)
