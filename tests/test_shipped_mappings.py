"""Every mapping and scheme of this project: sound against the tap's catalog and Kingdee's forms; its cases hold."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from erp_sdk.command import run
from mapper_kd.cli import commands
from tap_wangdiantong.tap import TapWangdiantong

ROOT = Path(__file__).resolve().parents[1]
MAPPINGS = ROOT / "transforms/mappings"
SCHEMES = ROOT / "transforms/schemes"
SHIPPED = sorted(file for file in MAPPINGS.rglob("*.yml") if not file.stem.endswith(".cases"))
SHIPPED_SCHEMES = sorted(SCHEMES.rglob("*.json"))
SETTINGS = {"sid": "s", "appkey": "a", "appsecret": "b", "base_url": "http://127.0.0.1:9", "start_date": "2026-01-01"}


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    """The tap's catalog, the forms, and the code tables; one of them is written from Kingdee, and stands in here."""
    folder = tmp_path_factory.mktemp("shipped")
    tap = TapWangdiantong(config=SETTINGS, validate_config=False)
    (folder / "catalog.json").write_text(json.dumps(tap.catalog_dict))
    (folder / "customer_seller.csv").write_text("customer,seller\nKH00900,XS01\n")
    codes = ["--codes", ROOT / "transforms/codes", "--codes", folder]
    return [*codes, "--forms", ROOT / "transforms/forms", "--catalog", folder / "catalog.json"]


def ask(*arguments):
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as leaving:
        run(commands, name="mapper-kd", args=[str(one) for one in arguments])
    out.flush()
    return leaving.value.code or 0, out.buffer.getvalue().decode(), err.getvalue()


def test_there_are_mappings():
    assert SHIPPED
    assert SHIPPED_SCHEMES


def test_check_finds_nothing_wrong_with_any_of_them(options):
    code, said, warned = ask("check", MAPPINGS, SCHEMES, *options)

    assert (code, warned) == (0, "")
    assert said.count(" is fine, held against stream ") == len(SHIPPED) + len(SHIPPED_SCHEMES)
    assert said.count(" and form ") >= len(SHIPPED) + len(SHIPPED_SCHEMES)


@pytest.mark.parametrize("scheme", SHIPPED_SCHEMES, ids=lambda path: path.stem)
def test_importing_a_scheme_leaves_nothing_out_and_its_mapping_is_sound(options, tmp_path, scheme):
    mapping = tmp_path / "imported.yml"
    code, said, _ = ask("import-qeasy", scheme, "--output", mapping, "--json")
    report = json.loads(said)["report"]

    assert code == 0
    assert [one for one in report if one["severity"] != "note"] == []
    assert ask("check", mapping, *options)[::2] == (0, "")


def test_the_mapping_of_the_readme_is_sound(options, tmp_path):
    example = (ROOT / "README.md").read_text(encoding="utf-8").split("```yaml mapping\n")[1].split("```")[0]
    (tmp_path / "readme.yml").write_text(example, encoding="utf-8")

    code, said, wrong = ask("check", tmp_path / "readme.yml", *options)

    assert (code, said.count(" is fine, held against stream ")) == (0, 1), wrong


def test_every_mapping_has_cases_and_they_hold(options):
    code, said, _ = ask("test", MAPPINGS, *options)

    assert code == 0, said
    assert "no cases" not in said
    assert said.count(" as expected") == len(SHIPPED)


@pytest.mark.parametrize("mapping", [*SHIPPED, *SHIPPED_SCHEMES], ids=lambda path: path.stem)
def test_every_field_can_be_explained(options, mapping):
    code, said, wrong = ask("explain", mapping, *options[:-2], "--json")

    assert (code, wrong) == (0, "")
    fields = json.loads(said)["fields"]
    assert fields
    assert all(one["sources"] or one["tables"] or not str(one["value"]).startswith("=") for one in fields)
