"""docs/qeasy.md: its schemes do what it says, as they are and imported."""

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

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "qeasy.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(?:json|yaml|csv) (?P<what>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    """A scheme with the files around it, records, and the documents that come of them."""

    scheme: str
    files: dict[str, str] = field(default_factory=dict)
    records: str = ""
    documents: Any = None


def examples() -> list[Example]:
    found: list[Example] = []
    context: dict[str, str] = {}
    for block in _BLOCK.finditer(PAGE):
        what, text = block["what"], block["text"]
        if what == "context":
            context = {"context.json": text}
        elif what == "scheme":
            found.append(Example(text, context))
            context = {}
        elif what == "records":
            found[-1].records = text
        elif what == "documents":
            found[-1].documents = json.loads(text, parse_float=Decimal)
        elif what != "imported":
            found[-1].files[what] = text
    return found


def folder_with(example: Example, folder: Path) -> list[str]:
    for name, text in {**example.files, "scheme.json": example.scheme, "records.json": example.records}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return ["--context", "context.json"] if "context.json" in example.files else []


def command(*arguments: str) -> str:
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("imported", [False, True], ids=["as it is", "imported"])
@pytest.mark.parametrize("example", examples(), ids=["first", "second"])
def test_a_scheme_of_the_page_does_what_it_says(example, imported, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    context = folder_with(example, tmp_path)
    mapping = "scheme.json"
    if imported:
        mapping = "imported.yml"
        command("import-qeasy", "scheme.json", "--output", mapping, *context)

    shown = command("preview", mapping, "records.json", "--json", "--codes", "codes", *context)

    assert json.loads(shown, parse_float=Decimal) == {"documents": example.documents, "dead_letters": []}


def test_the_imported_mapping_of_the_page_is_what_the_import_writes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder_with(examples()[0], tmp_path)
    shown = next(block["text"] for block in _BLOCK.finditer(PAGE) if block["what"] == "imported")

    command("import-qeasy", "scheme.json", "--output", "imported.yml")

    assert (tmp_path / "imported.yml").read_text(encoding="utf-8").endswith(shown)
