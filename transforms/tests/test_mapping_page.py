"""docs/mapping.md: each of its examples does what it says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mapper_kd.cli import commands
from mapper_kd.functions import FUNCTIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mapping.md"
_BLOCK = re.compile(r"^```(?P<language>\w+) (?P<what>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_RESULTS = {"document", "documents", "dead letter"}
TOP = "stream: orders\nform: SAL_OUTSTOCK\nnumber: FBillNo\n"


@dataclass
class Example:
    """A mapping of the page with the files it needs, a record (or several), and what comes of it."""

    mapping: str
    files: dict[str, str]
    records: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    line: int = 0


def examples() -> list[Example]:
    text = PAGE.read_text(encoding="utf-8")
    found: list[Example] = []
    files: dict[str, str] = {}
    current = Example("", {})
    for block in _BLOCK.finditer(text):
        what, content = block["what"], block["text"]
        if block["language"] in {"csv", "python"}:
            files = {**(files if not current.results else {}), what: content}
            current = Example("", {})
        elif what == "mapping":
            current = Example(content, files)
            files = {}
        elif what in {"record", "records"}:
            current = Example(current.mapping, current.files, content)
        elif what in _RESULTS:
            current.results[what] = json.loads(content, parse_float=Decimal)
            current.line = text[: block.start()].count("\n") + 1
            found.append(current)
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"line-{one.line}")
def test_an_example_of_the_page_does_what_it_says(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in example.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    mapping = example.mapping if "stream:" in example.mapping else TOP + example.mapping
    (tmp_path / "my.yml").write_text(mapping, encoding="utf-8")
    (tmp_path / "records.json").write_text(example.records, encoding="utf-8")
    (tmp_path / "codes").mkdir(exist_ok=True)

    done = CliRunner().invoke(
        commands, ["preview", "my.yml", "records.json", "--json", "--codes", "codes"], catch_exceptions=False
    )

    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout, parse_float=Decimal)
    if "dead letter" in example.results:
        (letter,) = made["dead_letters"]
        assert {key: letter[key] for key in example.results["dead letter"]} == example.results["dead letter"]
    else:
        wanted = example.results.get("documents") or [example.results["document"]]
        assert made == {"documents": wanted, "dead_letters": []}


def test_the_cases_of_the_page_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8").split("## Cases\n")[1]
    mapping, cases = (block["text"] for block in list(_BLOCK.finditer(text))[:2])
    (tmp_path / "my.yml").write_text(TOP + mapping, encoding="utf-8")
    (tmp_path / "my.cases.yml").write_text(cases, encoding="utf-8")

    done = CliRunner().invoke(commands, ["test", "my.yml"], catch_exceptions=False)

    assert done.exit_code == 0, done.output
    assert "3" in done.output


TABLES = (
    "tables:\n"
    "  orders: {csv: orders.csv, key: bill_no, values: fid, duplicates: first}\n"
    "  units: {csv: units.csv, key: [from, to], values: factor}\n"
)
CODES = {
    "warehouse.csv": "warehouse,stock\nW1,CK01\n",
    "orders.csv": "bill_no,fid\nT1,4001\nT1,4002\n",
    "units.csv": "from,to,factor\n箱,个,24\n",
}


def function_rows() -> list[list[str]]:
    text = PAGE.read_text(encoding="utf-8")
    table = text.split("<!-- functions -->")[1].split("<!-- end of functions -->")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.strip().splitlines()[2:]]


def test_each_function_has_a_row_on_the_page_with_its_usage_and_its_meaning():
    assert [row[:2] for row in function_rows()] == [[f"`{one.usage}`", one.meaning] for one in FUNCTIONS.values()]


def test_the_example_of_each_function_gives_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = function_rows()
    record = PAGE.read_text(encoding="utf-8").split("```json sample\n")[1].split("```")[0]
    fields = [
        f"  F{index}: {json.dumps('=' + row[2].strip('`'), ensure_ascii=False)}" for index, row in enumerate(rows)
    ]
    (tmp_path / "codes").mkdir()
    for name, content in CODES.items():
        (tmp_path / "codes" / name).write_text(content, encoding="utf-8")
    head = "head:\n  FBillNo: =order_no\n"
    (tmp_path / "my.yml").write_text(TOP + TABLES + head + "\n".join(fields) + "\n", encoding="utf-8")
    (tmp_path / "record.json").write_text(record, encoding="utf-8")

    done = CliRunner().invoke(
        commands, ["preview", "my.yml", "record.json", "--json", "--codes", "codes", "--forms", ""]
    )

    assert done.exit_code == 0, done.output
    (document,) = json.loads(done.stdout, parse_float=Decimal)["documents"]
    wanted = {f"F{index}": json.loads(row[3].strip("`"), parse_float=Decimal) for index, row in enumerate(rows)}
    assert {name: document.get(name) for name in wanted} == wanted


def test_the_page_has_examples():
    assert len(EXAMPLES) > 20
