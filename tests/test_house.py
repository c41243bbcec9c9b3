"""The rules of the house that a reader relies on: who may import whom, and what every room has."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {  # package: which of ours it may import
    "erp_sdk": set(),
    "erp_sandbox": set(),
    "mapper_kd": {"erp_sdk"},
    "target_kingdee": {"erp_sdk"},
    "tap_wangdiantong": {"erp_sdk"},
    "tap_jushuitan": {"erp_sdk"},
    "tap_jikeyun": {"erp_sdk"},
    "tap_kingdee": {"erp_sdk"},
    "tap_ledger": {"erp_sdk", "target_kingdee"},
}
PACKAGES = sorted(path.parent for path in ROOT.glob("*/*/__init__.py") if path.parent.name in MAY_IMPORT)


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_rooms_import_only_what_the_house_allows(package):
    allowed = MAY_IMPORT[package.name] | {package.name}
    ours = set(MAY_IMPORT)

    trespassing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in package.rglob("*.py")
        for name in imported(path) & ours - allowed
    }

    assert not trespassing


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_every_room_has_its_project_file_readme_types_and_tests(package):
    room = package.parent

    assert (room / "pyproject.toml").is_file()
    assert len((room / "README.md").read_text(encoding="utf-8").splitlines()) > 3
    assert (package / "py.typed").is_file()
    assert list((room / "tests").rglob("test_*.py"))


def test_every_package_of_the_workspace_is_known_here():
    found = {path.parent.name for path in ROOT.glob("*/*/__init__.py") if path.parent.parent.name != "benchmarks"}

    assert found <= set(MAY_IMPORT)
