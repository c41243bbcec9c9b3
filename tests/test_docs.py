import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_the_settings_tables_are_what_the_plugins_say_of_themselves():
    check = subprocess.run(
        [sys.executable, "-m", "docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("target", ["demo", "test", "lint", "mappings", "bench", "chaos", "sandbox"])
def test_the_readme_names_every_command_of_the_developer_interface(target):
    assert f"make {target}" in (ROOT / "README.md").read_text(encoding="utf-8")
