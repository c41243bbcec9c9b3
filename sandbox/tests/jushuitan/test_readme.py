"""The README, held against the code."""

import re
from pathlib import Path

from erp_sandbox.jushuitan.endpoints import BY_PATH
from erp_sandbox.jushuitan.settings import Settings
from erp_sandbox.jushuitan.show import BASE_DATA
from erp_sandbox.jushuitan.streams import FORMS
from erp_sandbox.jushuitan.tokens import CALLS

README = (Path(__file__).parents[2] / "erp_sandbox" / "jushuitan" / "README.md").read_text("utf-8")


def rows(heading):
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]


def test_every_switch_is_described_with_its_default():
    described = {row[0].strip("`"): row[1] for row in rows("Switches")}
    words = {"": "empty", "`True`": "`true`", "`False`": "`false`"}
    defaults = {name: getattr(Settings(), name) for name in Settings.__struct_fields__}

    assert described == {
        name: words[""] if value == "" else words.get(f"`{value}`", f"`{value}`") for name, value in defaults.items()
    }


def test_every_stream_and_path_is_listed():
    listed = rows("Paths")

    assert {row[0].strip("`") for row in listed} == {*FORMS, *BASE_DATA}
    assert {path for row in listed for path in re.findall(r"`([^`]+)`", row[1])} == set(BY_PATH)
    assert all(f"`{path}`" in README for path in CALLS)
