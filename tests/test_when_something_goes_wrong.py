"""Every command of the page "When something goes wrong", as it stands there, in the trouble it is for."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
import requests

from demo.__main__ import read_code_tables
from demo.stage import summary

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "when-something-goes-wrong.md").read_text(encoding="utf-8")
OUTSTOCK = "SAL_OUTSTOCK"


def commands_of(page: str) -> dict[str, list[str]]:
    """Return the page's commands by the heading they stand under."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return {
        heading: re.findall(r"^ {4}(\S.*)$", text, flags=re.MULTILINE)
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


class Reader:
    """Somebody who reads the page and types what it says."""

    def __init__(self, flow, settings):
        self.flow = flow
        self.settings = settings
        self.left = commands_of(PAGE)

    def types(self, beginning: str, letter: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the first command, not yet run, that begins so; it may exit with 0 only."""
        for commands in self.left.values():
            for command in commands:
                if command.startswith(beginning):
                    commands.remove(command)
                    done = self._run(re.sub(r"\bID\b", str(letter), command))
                    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
                    return done
        raise AssertionError(f"the page has no command {beginning!r} that was not typed yet")

    def letters(self, *filters: str) -> list[dict]:
        told = self._run(" ".join(["target-kingdee dead-letters list --json", *filters]))
        return [json.loads(line) for line in told.stdout.splitlines()]

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command], cwd=self.flow.stage.project, env=self.flow.environment(self.settings),
            capture_output=True, text=True, check=False, timeout=280,
        )  # fmt: skip


def control(url: str, name: str, body: object) -> None:
    requests.post(f"{url}/_sandbox/{name}", json=body, timeout=60).raise_for_status()


@pytest.fixture
def world(flow, postgres_database):
    """A day of documents, and a Postgres beside it."""
    flow.stage.seed(flow.days, date.fromisoformat("2026-03-31"))
    with flow.stage.sandbox() as url:
        settings = {
            **flow.stage.environment(url),
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres_database.url.replace("+psycopg", "+psycopg2"),
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "kingdee",
        }
        read_code_tables(flow.stage, settings)
        yield url, Reader(flow, settings)


@pytest.mark.timeout(900)  # eight runs through Meltano
def test_every_command_of_the_page_does_what_the_page_says(world):
    url, reader = world
    stay, changed, deleted = make_trouble(url, reader)

    reader.types("target-kingdee check")
    said = json.loads(reader.types("target-kingdee ledger summary").stdout)
    assert said["last_runs"][0]["result"] == "done"
    reader.types("target-kingdee reconcile")

    assert "base_data_missing" in reader.types("target-kingdee dead-letters list --summary").stdout
    reader.types("target-kingdee dead-letters list")
    letters = reader.letters()
    unmapped = next(letter for letter in letters if letter["reason"] == "code_missing")
    shown = json.loads(reader.types("target-kingdee dead-letters show", unmapped["dead_letter_id"]).stdout)
    assert shown["record"]["order_no"]

    refused = [letter for letter in letters if letter["reason"] == "base_data_missing"]
    enable_materials(url, refused)
    reader.types("meltano run tap-ledger mapper-kd target-kingdee")
    assert not reader.letters("--reason", "base_data_missing")
    reader.types("TAP_LEDGER_REASON")
    reader.types("target-kingdee dead-letters discard", unmapped["dead_letter_id"])
    assert len(reader.types("target-kingdee dead-letters list --state discarded").stdout.splitlines()) == 1

    # The replay above was a run too: it finished what had been left saved, and saw what people had done.
    assert changed in reader.types("target-kingdee dead-letters list --reason changed_in_kingdee").stdout
    assert deleted in reader.types("target-kingdee dead-letters list --reason deleted_in_kingdee").stdout
    assert stay not in reader.types("target-kingdee dead-letters list --reason not_audited").stdout
    reader.types("meltano run --force")
    reader.types("meltano run tap-wangdiantong mapper-kd target-kingdee")

    before = summary(url, f"kingdee/{OUTSTOCK}")
    assert "+08:00" in reader.types("meltano --environment=dev state get").stdout
    reader.types("meltano --environment=dev state clear")
    reader.types("meltano run tap-wangdiantong mapper-kd target-kingdee")
    assert summary(url, f"kingdee/{OUTSTOCK}")["amount"] == before["amount"]

    reader.types("target-kingdee dead-letters export")
    reader.types("meltano run tap-ledger--results target-postgres")
    assert Path(reader.types("target-kingdee ledger path").stdout.strip()).exists()

    assert not [command for commands in reader.left.values() for command in commands]


def make_trouble(url: str, reader: Reader) -> list[str]:
    """Deliver a day with gaps, some of it saved and not audited; change one such document, delete another."""
    source = requests.get(f"{url}/_sandbox/wangdiantong/sales_stockouts", timeout=60).text.splitlines()
    shipped = [one for one in map(json.loads, source) if str(one["status"]) == "110"]
    refusals = dict.fromkeys((one["order_no"] for one in shipped[:8]), "库存不足")
    control(url, "kingdee/settings", {"auto_audit": "stays-saved", "refuse_audit": {OUTSTOCK: refusals}})
    control(url, "kingdee/forbid", {"form": "BD_MATERIAL", "numbers": [shipped[-1]["details"][0]["goods_no"]]})
    customers = reader.flow.stage.project / "transforms" / "codes" / "customer.csv"
    kept = [line for line in customers.read_text(encoding="utf-8").splitlines() if shipped[-2]["nick_name"] not in line]
    customers.write_text("\n".join(kept) + "\n", encoding="utf-8")

    reader.types("meltano run tap-wangdiantong mapper-kd target-kingdee")
    stay, changed, deleted, *_ = [letter["number"] for letter in reader.letters("--reason", "not_audited")]
    assert stay in reader.types("target-kingdee query SAL_OUTSTOCK").stdout
    control(url, "kingdee/edit-document", {"form": OUTSTOCK, "number": changed, "set": {"FNote": "by hand"}})
    control(url, "kingdee/delete-documents", {"form": OUTSTOCK, "numbers": [deleted]})
    control(url, "kingdee/settings", {"refuse_audit": {}})
    return [stay, changed, deleted]


def enable_materials(url: str, letters: list[dict]) -> None:
    """Do in Kingdee what these letters ask for."""
    for letter in letters:
        numbers = [line["FMaterialID"]["FNumber"] for line in letter["model"]["FEntity"]]
        control(url, "kingdee/enable", {"form": "BD_MATERIAL", "numbers": numbers})
