"""README and docs/mapping.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mapper_kd.compiler import compile_mapping
from mapper_kd.failures import KeyMissing, NumberMissing, RecordError
from mapper_kd.mapping import BASE_DATA_KEYS, FIELD_KEYS, LIST_KEYS, TABLE_KEYS, TOP_KEYS, read_mapping
from mapper_kd.source_record import SourceObject
from mapper_kd.tables import TableShelf
from mapper_kd.yaml_nodes import Problems

ROOM = Path(__file__).resolve().parents[1]
README = (ROOM / "README.md").read_text(encoding="utf-8")
PAGE = (ROOM.parent / "docs" / "mapping.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", sorted({*TOP_KEYS, *FIELD_KEYS, *LIST_KEYS, *BASE_DATA_KEYS, *TABLE_KEYS}))
def test_every_key_of_the_language_is_explained(key):
    assert re.search(rf"`{key}[:`]|^ *{key}:", PAGE, re.MULTILINE)


def test_the_mapping_of_the_readme_compiles(tmp_path):
    example = README.split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "readme.yml"
    path.write_text(example, encoding="utf-8")
    problems = Problems()

    mapping = read_mapping(path, "readme", problems)
    compiled = compile_mapping(
        mapping, SourceObject({}, mapping.stream), TableShelf([ROOM / "codes"], {}), problems, load=True
    )

    assert problems.found == []
    assert compiled is not None


def test_the_tables_of_the_page_are_declared_as_the_language_wants_them(tmp_path):
    example = PAGE.split("```yaml tables\n")[1].split("```")[0]
    path = tmp_path / "readme.yml"
    path.write_text(f"stream: s\nform: F\nnumber: FN\nhead: {{FN: =n}}\n{example}", encoding="utf-8")
    problems = Problems()

    mapping = read_mapping(path, "readme", problems)

    assert problems.found == []
    assert sorted(mapping.tables) == ["order", "org", "price", "product", "sale_order_entry", "seller"]


def test_the_base_data_of_the_page_compiles(tmp_path):
    section = PAGE.split("```yaml base data\n")[1].split("```")[0]
    path = tmp_path / "readme.yml"
    path.write_text(f"stream: s\nform: F\nnumber: FN\nhead: {{FN: =n}}\n{section}", encoding="utf-8")
    problems = Problems()

    mapping = read_mapping(path, "readme", problems)
    compiled = compile_mapping(
        mapping, SourceObject({}, mapping.stream), TableShelf([ROOM / "codes"], {}), problems, load=True
    )

    assert problems.found == []
    assert compiled.base_data.numbers == ("f0", "f0")


def test_every_reason_is_named():
    reasons = {kind.reason for kind in (RecordError, *RecordError.__subclasses__(), NumberMissing, KeyMissing)}

    assert {reason for reason in reasons if f"`{reason}`" not in PAGE} == set()
