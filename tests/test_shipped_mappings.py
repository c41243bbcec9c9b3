"""Every mapping and scheme of this project: sound against its tap's catalog and Kingdee's forms; its cases hold."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from functools import cached_property
from pathlib import Path

import pytest
import yaml
from erp_sdk.command import run
from mapper_kd.cli import commands
from tap_jikeyun.tap import TapJikeyun
from tap_jushuitan.tap import TapJushuitan
from tap_kingdee.tap import TapKingdee
from tap_wangdiantong.tap import TapWangdiantong

ROOT = Path(__file__).resolve().parents[1]
MAPPINGS = ROOT / "transforms/mappings"
SCHEMES = ROOT / "transforms/schemes"
SHIPPED = sorted(file for file in MAPPINGS.rglob("*.yml") if not file.stem.endswith(".cases"))
SHIPPED_SCHEMES = sorted(SCHEMES.rglob("*.json"))
TAPS = {
    "tap-wangdiantong": (TapWangdiantong, "wangdiantong", "openapi"),
    "tap-jushuitan": (TapJushuitan, "jushuitan", "merchant"),
    "tap-jikeyun": (TapJikeyun, "jikeyun", "openapi"),
    "tap-kingdee": (TapKingdee, "kingdee", "galaxy"),
}


class Project:
    """What meltano.yml says of mappings: which tap each is fed by, and with what settings."""

    def __init__(self, sandbox, folder):
        self._sandbox, self._folder = sandbox, folder
        said = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
        self.plugins, self.jobs = said["plugins"], said["jobs"]
        self._catalogs = {}

    @cached_property
    def taps(self):
        """The tap's plugin for each mapping that a job runs."""
        (mapper,) = self.plugins["mappers"]
        files = {one["name"]: ROOT / one["config"]["mapping"] for one in mapper["mappings"]}
        steps = [task.split() for job in self.jobs for task in job["tasks"]]
        return {files[step[1]]: step[0] for step in steps if step[1] in files}

    def catalog(self, plugin="tap-wangdiantong"):
        """The file with the catalog of a tap under the settings of one of its plugins."""
        if plugin not in self._catalogs:
            own = next(one for one in self.plugins["extractors"] if one["name"] == plugin)
            made, vendor, product = TAPS[own.get("inherit_from", plugin)]
            settings = own.get("config", {})
            account = self._sandbox.credentials[vendor][settings.get("dialect", product)]
            login = {"auth": "app_secret"} if vendor == "kingdee" else {}
            tap = made(config={**account, **login, "start_date": "2026-01-01", **settings}, validate_config=False)
            self._catalogs[plugin] = self._folder / f"{plugin}.json"
            self._catalogs[plugin].write_text(json.dumps(tap.catalog_dict), encoding="utf-8")
        return self._catalogs[plugin]

    @cached_property
    def settings(self):
        """The mapper's; what is read from Kingdee, a code table and the materials, stands in here."""
        (self._folder / "customer_seller.csv").write_text("customer,seller\nKH00900,XS01\n")
        with closing(sqlite3.connect(self._folder / "basedata.sqlite")) as database:
            database.execute('CREATE TABLE materials ("FMATERIALID" integer, "FNumber" text, "FOldNumber" text)')
        file = self._folder / "mapper.json"
        settings = {
            "codes": [str(ROOT / "transforms/codes"), str(self._folder)],
            "forms": [str(ROOT / "transforms/forms")],
            "databases": {"basedata": f"sqlite:///{self._folder}/basedata.sqlite"},
        }
        file.write_text(json.dumps(settings), encoding="utf-8")
        return file

    def ask(self, command, *arguments, plugin=None):
        catalog = ["--catalog", self.catalog(plugin)] if plugin else []
        return ask(command, *arguments, "--config", self.settings, *catalog)


@pytest.fixture(scope="module")
def project(erp_sandbox, tmp_path_factory):
    return Project(erp_sandbox, tmp_path_factory.mktemp("shipped"))


def ask(*arguments):
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as leaving:
        run(commands, name="mapper-kd", args=[str(one) for one in arguments])
    out.flush()
    return leaving.value.code or 0, out.buffer.getvalue().decode(), err.getvalue()


def test_each_mapping_belongs_to_a_job(project):
    assert sorted(project.taps) == SHIPPED
    assert SHIPPED_SCHEMES


@pytest.mark.parametrize("mapping", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_mapping_is_sound_and_its_cases_hold(project, mapping):
    plugin = project.taps[mapping]

    code, said, warned = project.ask("check", mapping, plugin=plugin)

    assert (code, warned) == (0, "")
    assert (said.count(" is fine, held against stream "), said.count(" and form ")) == (1, 1), said

    code, said, warned = project.ask("test", mapping, plugin=plugin)

    assert (code, warned) == (0, ""), said
    assert said.count(" as expected") == 1, said
    assert "no cases" not in said


def test_the_schemes_are_sound(project):
    code, said, warned = project.ask("check", SCHEMES, plugin="tap-wangdiantong")

    assert (code, warned) == (0, "")
    assert said.count(" is fine, held against stream ") == len(SHIPPED_SCHEMES)
    assert said.count(" and form ") >= len(SHIPPED_SCHEMES)


@pytest.mark.parametrize("scheme", SHIPPED_SCHEMES, ids=lambda path: path.stem)
def test_importing_a_scheme_leaves_nothing_out_and_its_mapping_is_sound(project, tmp_path, scheme):
    mapping = tmp_path / "imported.yml"
    code, said, _ = ask("import-qeasy", scheme, "--output", mapping, "--json")
    report = json.loads(said)["report"]

    assert code == 0
    assert [one for one in report if one["severity"] != "note"] == []
    assert project.ask("check", mapping, plugin="tap-wangdiantong")[::2] == (0, "")


def test_the_mapping_of_the_readme_is_sound(project, tmp_path):
    example = (ROOT / "README.md").read_text(encoding="utf-8").split("```yaml mapping\n")[1].split("```")[0]
    (tmp_path / "readme.yml").write_text(example, encoding="utf-8")

    code, said, wrong = project.ask("check", tmp_path / "readme.yml", plugin="tap-wangdiantong")

    assert (code, said.count(" is fine, held against stream ")) == (0, 1), wrong


@pytest.mark.parametrize("mapping", [*SHIPPED, *SHIPPED_SCHEMES], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_field_can_be_explained(project, mapping):
    code, said, wrong = project.ask("explain", mapping, "--json")

    assert (code, wrong) == (0, "")
    fields = json.loads(said)["fields"]
    assert fields
    assert [one["field"] for one in fields if not is_explained(one)] == []


def is_explained(field):
    """From the source, from a table, a constant, or a constant's name in `let:`."""
    value = str(field["value"])
    return field["sources"] or field["tables"] or not value.startswith("=") or value[1:] in field["names"]


def test_the_readme_names_every_mapping_with_its_job(project):
    lines = (ROOT / "transforms/README.md").read_text(encoding="utf-8").splitlines()

    for mapping, plugin in project.taps.items():
        (job,) = [one["name"] for one in project.jobs if any(step.split()[0] == plugin for step in one["tasks"])]
        (row,) = [line for line in lines if line.startswith(f"| [`{mapping.parent.name}/{mapping.name}`]")]
        assert f"`{job}`" in row
