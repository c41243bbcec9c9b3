"""Every command of the page about bookmarks, as it stands there."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from demo.__main__ import verdict
from demo.stage import summary

STATE_ID = "dev:tap-wangdiantong-to-target-kingdee"
PAGE = (Path(__file__).resolve().parent.parent / "docs" / "state.md").read_text(encoding="utf-8")


class Reader:
    """Somebody who types the page's commands, one after the other."""

    def __init__(self, flow, settings):
        self.flow = flow
        self.settings = settings
        self.left = re.findall(r"^ {4}(\S.*)$", re.sub(r"(?s)```.*?```", "", PAGE), flags=re.MULTILINE)

    def types(self, beginning: str) -> str:
        """Run the next command, which begins so; returns what it printed."""
        command = self.left.pop(0)
        assert command.startswith(beginning)
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.flow.stage.project, env=self.flow.environment(self.settings),
            capture_output=True, text=True, check=False, timeout=280,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def bookmark(self) -> str | None:
        """Look into Meltano's own database, which is a second away; what is shown of it is tested by the page."""
        with closing(sqlite3.connect(self.flow.stage.home / "meltano.db")) as database:
            kept = database.execute("SELECT completed_state FROM state WHERE state_id = ?", (STATE_ID,)).fetchone()
        found = re.search(r"\S+\+08:00", kept[0].replace('"', " ")) if kept else None
        return found and found[0]


@pytest.mark.timeout(600)  # five runs through Meltano
def test_every_command_of_the_page_does_what_the_page_says(flow):
    with flow.served() as (url, env):
        reader = Reader(flow, {**env, "TAP_WANGDIANTONG_END_DATE": "2026-04-01"})
        first = flow.run("meltano", "run", "wdt-sales-outstock", **reader.settings)
        assert first.returncode == 0, first.stdout + first.stderr
        delivered = summary(url, "kingdee/SAL_OUTSTOCK")
        whole = "2026-04-01T23:59:59+08:00"

        assert "wdt-refund-returnstock" in reader.types("erp-state show")
        assert whole in reader.types("erp-state show wdt-sales-outstock")
        reader.types("meltano --environment=dev state list")
        assert whole in reader.types("meltano --environment=dev state get")

        reader.types("TAP_WANGDIANTONG_START_DATE=")
        assert read_last(flow, reader) >= delivered["documents"] // 2
        assert reader.bookmark() == whole

        assert "was 2026-04-01T23:59:59+08:00" in reader.types("erp-state reset")
        assert reader.bookmark() == "2026-03-31T00:00:00+08:00"
        reader.types("meltano run wdt-sales-outstock")
        assert reader.bookmark() == whole

        reader.types("erp-state reset")
        assert reader.bookmark() is None
        reader.types("meltano run wdt-sales-outstock")
        reader.types("meltano --environment=dev state clear")
        assert reader.bookmark() is None
        reader.types("meltano run wdt-sales-outstock")

        assert summary(url, "kingdee/SAL_OUTSTOCK") == delivered
        assert verdict(flow.stage, url, reader.settings).is_exact
    assert not reader.left


def read_last(flow, reader) -> int:
    """Return how many documents the target was given in its last run."""
    told = json.loads(flow.run("target-kingdee", "ledger", "summary", **reader.settings).stdout)
    return int(told["last_runs"][0]["summary"]["read"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "wdt-sale"], "there is no job wdt-sale in meltano.yml; the jobs are wdt-sales-outstock"),
        (["reset", "wdt-sales-outstock", "sales_stockouts", "yesterday"], "'yesterday' is no date"),
        (["reset", "wdt-sales-outstock", "sales_stockouts", "2026-03-31"], "it has none yet"),
    ],
)
def test_a_wrong_name_or_date_is_one_sentence(flow, arguments, sentence):
    refused = flow.run(
        "erp-state", *arguments, MELTANO_DATABASE_URI=f"sqlite:///{flow.stage.home.parent / 'meltano.db'}"
    )

    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
