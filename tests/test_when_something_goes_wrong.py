"""Every command of the page "When something goes wrong", as it stands there, in the trouble it is for."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import psycopg
import pytest
import requests

from demo.stage import summary

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "when-something-goes-wrong.md").read_text(encoding="utf-8")
OUTSTOCK = "SAL_OUTSTOCK"


class Reader:
    """Somebody who reads the page and types what it says."""

    def __init__(self, flow, settings):
        self.flow = flow
        self.settings = settings
        self.page = re.findall(r"^ {4}(\S.*)$", PAGE, flags=re.MULTILINE)
        self.left = set(self.page)
        self.customers = flow.stage.project / "transforms" / "codes" / "customer.csv"

    def types(self, beginning: str, letter: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the first command that begins so, one not yet run if there is any; it may exit with 0 only."""
        meant = [command for command in self.page if command.startswith(beginning)]
        command = next((command for command in meant if command in self.left), meant[0])
        self.left.discard(command)
        done = self._run(re.sub(r"\bID\b", str(letter), command))
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done

    def letters(self, *filters: str) -> list[dict]:
        told = self._run(" ".join(["target-kingdee dead-letters list --json", *filters]))
        return [json.loads(line) for line in told.stdout.splitlines()]

    def forget_customers(self, *names: str) -> None:
        """Take customers out of the code table."""
        lines = self.customers.read_text(encoding="utf-8").splitlines(keepends=True)
        self._forgotten = [line for line in lines if line.startswith(names)]
        self.customers.write_text("".join(line for line in lines if line not in self._forgotten), encoding="utf-8")

    def mend_customer(self) -> None:
        """Put one of them back."""
        with self.customers.open("a", encoding="utf-8") as table:
            table.write(self._forgotten[0])

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
    with flow.served() as (url, env):
        settings = {
            **env,
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres_database.url.replace("+psycopg", "+psycopg2"),
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "kingdee",
        }
        yield url, Reader(flow, settings)


@pytest.mark.timeout(900)  # seven runs through Meltano
def test_every_command_of_the_page_does_what_the_page_says(world, postgres_database):
    url, reader = world
    stay, changed, deleted = make_trouble(url, reader)

    reader.types("target-kingdee check")
    said = json.loads(reader.types("target-kingdee ledger summary").stdout)
    assert said["last_runs"][0]["result"] == "done"
    reader.types("target-kingdee reconcile")

    assert "base_data_missing" in reader.types("target-kingdee dead-letters list --summary").stdout
    reader.types("target-kingdee dead-letters list")
    letters = reader.letters()
    unmapped = {letter["dead_letter_id"] for letter in letters if letter["reason"] == "code_missing"}
    shown = json.loads(reader.types("target-kingdee dead-letters show", min(unmapped)).stdout)
    assert shown["record"]["order_no"]

    refused = [letter for letter in letters if letter["reason"] == "base_data_missing"]
    enable_materials(url, refused)
    reader.mend_customer()
    reader.types("meltano run tap-ledger mapper-kd target-kingdee")
    assert not reader.letters("--reason", "base_data_missing")
    left = [letter["dead_letter_id"] for letter in reader.letters("--reason", "code_missing")]
    assert 0 < len(left) < len(unmapped)
    reader.types("TAP_LEDGER_REASON")  # none is left, so that there is no stream
    reader.types("target-kingdee dead-letters discard", left[0])
    assert len(reader.types("target-kingdee dead-letters list --state discarded").stdout.splitlines()) == 1

    # The replay above was a run too: it finished what had been left saved, and saw what people had done.
    assert changed in reader.types("target-kingdee dead-letters list --reason changed_in_kingdee").stdout
    assert deleted in reader.types("target-kingdee dead-letters list --reason deleted_in_kingdee").stdout
    assert stay not in reader.types("target-kingdee dead-letters list --reason not_audited").stdout
    reader.types("meltano run --force")

    before = summary(url, f"kingdee/{OUTSTOCK}")
    assert "+08:00" in reader.types("meltano --environment=dev state get").stdout
    reader.types("meltano --environment=dev state clear")
    reader.types("meltano run tap-wangdiantong mapper-kd target-kingdee")
    assert summary(url, f"kingdee/{OUTSTOCK}")["amount"] == before["amount"]

    reader.types("target-kingdee dead-letters export")
    reader.types("meltano run tap-ledger--results target-postgres")
    assert Path(reader.types("target-kingdee ledger path").stdout.strip()).exists()

    assert not reader.left
    assert_results_are_in(postgres_database, before["documents"] - 1, replayed=len(refused) + len(unmapped) - len(left))


def make_trouble(url: str, reader: Reader) -> list[str]:
    """Deliver a day with gaps, some of it saved and not audited; change one such document, delete another."""
    source = requests.get(f"{url}/_sandbox/wangdiantong/sales_stockouts", timeout=60).text.splitlines()
    shipped = [one for one in map(json.loads, source) if str(one["status"]) == "110"]
    refusals = dict.fromkeys((one["order_no"] for one in shipped[:8]), "库存不足")
    control(url, "kingdee/settings", {"auto_audit": "stays-saved", "refuse_audit": {OUTSTOCK: refusals}})
    control(url, "kingdee/forbid", {"form": "BD_MATERIAL", "numbers": [shipped[-1]["details"][0]["goods_no"]]})
    reader.forget_customers(shipped[-2]["nick_name"], shipped[-3]["nick_name"])

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


def assert_results_are_in(database, documents: int, replayed: int) -> None:
    """Hold what `target-postgres` loaded against what was delivered, and what was delivered by a replay."""
    with psycopg.connect(database.url.replace("+psycopg", "")) as connection:

        def count(of: str) -> int:
            [(found,)] = connection.execute(f"select count(*) from kingdee.{of}").fetchall()
            return int(found)

        assert count("deliveries where status = 'delivered' and kingdee_id is not null") == documents
        assert (
            count("dead_letters where state = 'delivered' and reason in ('code_missing', 'base_data_missing')")
            == replayed
        )
        assert count("dead_letters where state = 'discarded'") == 1
