"""What the README lists is what there is."""

import re
from pathlib import Path

import pytest
import requests

README = Path(__file__).parents[2] / "erp_sandbox" / "kingdee" / "README.md"


def table(heading):
    """Return the first cells of the table under a heading."""
    section = README.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", section, flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_every_setting_is_described_with_its_default(erp_sandbox, galaxy):  # noqa: ARG001 - for its clean-up
    found = erp_sandbox.get("kingdee/settings")
    assert sorted(table("Switches")) == sorted(found)
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name, default in rows:
        shown = found[name]
        text = shown if isinstance(shown, str) else re.sub(r"\.0$", "", str(shown)).lower().replace("'", '"')
        assert text == default


def test_every_fault_kind_is_described(erp_sandbox):
    listed = table("Faults in the vendor's own words")
    answer = requests.post(f"{erp_sandbox.url}/_sandbox/faults", json=[{"vendor": "kingdee", "kind": "?"}], timeout=30)
    known = set(re.search(r"the kinds are (.*)\.", answer.json()["error"])[1].split(", "))
    common = requests.post(
        f"{erp_sandbox.url}/_sandbox/faults", json=[{"vendor": "wangdiantong", "kind": "?"}], timeout=30
    )
    shared = set(re.search(r"the kinds are (.*)\.", common.json()["error"])[1].split(", "))
    assert set(listed) <= known
    assert known - shared <= set(listed)


def test_every_control_is_described(erp_sandbox):
    text = README.read_text(encoding="utf-8")
    answer = requests.post(f"{erp_sandbox.url}/_sandbox/kingdee/no-such-control", timeout=30)
    for name in re.search(r"it has (.*)\.", answer.json()["error"])[1].split(", "):
        assert (f"what=kingdee-{name.removeprefix('reset-')}" if name == "reset-documents" else name) in text


@pytest.mark.parametrize("service", ["SwitchOrg", "CancelAssign", "QueryAsyncResult", "LoginBySign"])
def test_a_service_it_names_is_served(stranger, service):
    answer = stranger.post(service, {})
    assert not answer.text.startswith("response_error:")
