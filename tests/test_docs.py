"""What people read, held against what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from target_kingdee import outcomes

from flows.jobs import JOBS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md")))
SOURCES = ("tap-wangdiantong", "tap-jushuitan", "tap-jikeyun", "tap-kingdee")
SECTIONS = ["Streams", "How it reads", "Traps", "Settings", "Adding a stream"]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text), flags=re.MULTILINE)


def test_the_generated_tables_are_what_the_code_says_of_itself():
    check = subprocess.run(
        [sys.executable, "-m", "docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("target", ["demo", "flows", "test", "lint", "mappings", "bench", "chaos", "sandbox", "docs"])
def test_the_readme_names_every_command_of_the_developer_interface(target):
    assert f"| `make {target}` |" in read("README.md")


def test_the_readme_describes_every_job_and_shows_its_reconciliation():
    readme = read("README.md")
    declared = [job["name"] for job in yaml.safe_load(read("meltano.yml"))["jobs"]]
    shown = readme.partition("<!-- flows -->")[2].partition("<!-- /flows -->")[0]

    assert [name for name in declared if f"| `{name}` |" not in readme] == []
    assert [job.title for job in JOBS if not re.search(rf"{re.escape(job.title)} .* reconciled\n", shown)] == []


@pytest.mark.parametrize("tap", SOURCES)
def test_the_readmes_of_the_taps_have_one_order(tap):
    assert headings(read(f"{tap}/README.md")) == SECTIONS


def test_the_readme_of_the_sdk_names_every_module():
    modules = [path.stem for path in (ROOT / "erp-sdk" / "erp_sdk").glob("[!_]*.py")]
    table = read("erp-sdk/README.md").partition("\n## ")[0]

    assert [name for name in modules if f"`{name}`" not in table] == []


def test_every_reason_of_the_target_is_explained_to_whoever_finds_it():
    reasons = {value.name for value in vars(outcomes).values() if isinstance(value, outcomes.Reason)}
    page = read("docs/when-something-goes-wrong.md")

    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target}

    assert [target for target in sorted(targets - {""}) if not (page.parent / target).exists()] == []
