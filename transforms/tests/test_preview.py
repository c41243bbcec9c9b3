"""`mapper-kd preview`: records before and after a mapping."""

from __future__ import annotations

import json
import re

import pytest


@pytest.fixture
def _terminal(monkeypatch):
    """Let the command believe that somebody looks at it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")


def lines_of(text):
    """Return the lines of a terminal without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


@pytest.mark.usefixtures("_terminal")
def test_a_terminal_shows_record_and_document_side_by_side_in_colour(project):
    project.mapping(project.flow("  FNote: =remark"))
    project.write("r.json", '{"number": "N1", "remark": "请放门口，谢谢"}')

    result = project.ask("preview", "mappings/orders.yml", "r.json")

    assert "\x1b[" in result.stdout
    lines = lines_of(result.stdout)
    assert any("orders" in line and "SAL_OUTSTOCK" in line for line in lines)
    before = next(line for line in lines if '"remark"' in line)
    after = next(line for line in lines if '"FNote"' in line)
    assert "请放门口，谢谢" in before
    assert "请放门口，谢谢" in after
    # Chinese characters are two columns wide, so the line with them has as many characters less.
    narrow = next(line for line in lines if '"number"' in line)
    assert after.index('"FNote"') + (7 if after is before else 0) == narrow.index('"FBillNo"')


@pytest.mark.usefixtures("_terminal")
def test_a_terminal_shows_why_there_is_no_document(project):
    project.mapping(project.flow("  FX: =integer(remark)", "where: =open"))
    records = [{"number": "N1", "remark": "x", "open": True}, {"number": "N2", "open": False}]
    project.write("r.json", json.dumps(records))

    result = project.ask("preview", "mappings/orders.yml", "r.json", "--limit", "2")

    said = " ".join(" ".join(lines_of(result.stdout)).split())
    assert "dead letter value_invalid" in said
    assert "what FX (=integer(remark))" in said
    assert "not sent, since where: is false" in said


def test_a_record_may_give_several_documents_and_many_one(project):
    project.mapping(
        "stream: orders\nform: F\nnumber: FBillNo\ndocuments: {each: =lines}\nhead:\n  FBillNo: =line.sku\n", "several"
    )
    project.mapping(
        "stream: orders\nform: F\nnumber: FBillNo\nmerge:\n  by: {shop: =shop}\n  values: {orders: =count()}\n"
        "head:\n  FBillNo: =shop\n  FCount: =orders\n",
        "merged",
    )
    project.write("r.json", '[{"shop": "A", "lines": [{"sku": "S1"}, {"sku": "S2"}]}, {"shop": "A", "lines": []}]')

    several = json.loads(project.ask("preview", "mappings/several.yml", "r.json", "--json").stdout)
    merged = json.loads(project.ask("preview", "mappings/merged.yml", "r.json", "--json").stdout)
    shown = project.ask("preview", "mappings/merged.yml", "r.json").stdout

    assert several["documents"] == [{"FBillNo": "S1"}, {"FBillNo": "S2"}]
    assert merged == {"documents": [{"FBillNo": "A", "FCount": 2}], "dead_letters": []}
    assert '--- orders {"shop":"A","part":1} (the first record of it)' in shown


def test_the_json_has_dead_letters_as_a_run_writes_them_and_ends_well(project):
    project.mapping(project.flow("  FX: =integer(remark)"))
    project.write("r.json", '{"number": "N1", "remark": "x"}')

    result = project.ask("preview", "mappings/orders.yml", "r.json", "--json")
    (written,) = project.map(project.flow("  FX: =integer(remark)"), {"remark": "x"})

    assert result.returncode == 0
    (letter,) = json.loads(result.stdout)["dead_letters"]
    assert letter.keys() == written.keys()
    changing = {"key", "record", "occurred_at", "mapping", "message", "fix"}
    assert {key: letter[key] for key in letter.keys() - changing} == {
        key: written[key] for key in written.keys() - changing
    }


def test_values_are_held_against_the_forms(project):
    field = {"Key": "FNote", "FieldType": 231, "Length": 3}
    metadata = {"Id": "SAL_OUTSTOCK", "Entrys": [{"Key": "FBillHead", "Fields": [field]}]}
    project.write("forms/SAL_OUTSTOCK.json", json.dumps(metadata))
    project.mapping(project.flow("  FNote: =remark"))
    project.write("r.json", '{"number": "N1", "remark": "long"}')

    result = project.ask("preview", "mappings/orders.yml", "r.json", "--forms", "forms")

    assert "dead letter (value_invalid): FNote (=remark): a text of 4 characters is too long" in result.stdout


def test_the_context_is_what_a_run_has_around_it(project):
    project.mapping(
        project.flow(
            '  FDate: =today()\n  FName: =find("people", buyer).name',
            "tables: {people: {collection: u-1, key: id, values: name}}",
        )
    )
    project.write("r.json", '{"number": "N1", "buyer": "7"}')
    context = {"now": "2026-03-20 10:00:00", "collections": {"u-1": [{"id": "7", "name": "张三"}]}}
    project.write("context.json", json.dumps(context))

    result = project.ask("preview", "mappings/orders.yml", "r.json", "--json", "--context", "context.json")

    assert json.loads(result.stdout)["documents"] == [{"FBillNo": "N1", "FDate": "2026-03-20", "FName": "张三"}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preview", "mappings"], "mappings is a folder; name one mapping file"),
        (["preview", "mappings/orders.yml", "r.json", "--context", "nowhere.json"], "nowhere.json cannot be read"),
        (["preview", "mappings/orders.yml", "r.json", "--context", "r.json"], "the context r.json is no JSON object."),
        (["preview", "mappings/orders.yml", "rows.json"], "rows.json cannot be read: record 1 is no JSON object"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_one_sentence(project, arguments, message):
    project.mapping(project.flow())
    project.write("r.json", "[]")
    project.write("rows.json", "[[1, 2]]")

    result = project.ask(*arguments)

    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
