"""A whole flow of a test's own: a Meltano project, a home folder, a sandbox port; nothing is shared between tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.stage import BIN, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
UNTIL = "2026-03-31"


@dataclass(frozen=True)
class Flow:
    """The main job in a folder of its own."""

    stage: Stage
    days: int = 1

    def demo(self, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m demo` to its end."""
        command = [
            sys.executable, "-m", "demo", "--home", str(self.stage.home), "--project", str(self.stage.project),
            "--port", str(self.stage.port), "--days", str(self.days), "--until", UNTIL, *options,
        ]  # fmt: skip
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(settings), capture_output=True, text=True, check=False, timeout=280
        )

    def environment(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """The test process's environment, with home folders inside the test's own, the venv's commands first."""
        private = self.stage.home.parent
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return {
            **os.environ, "PATH": path, "HOME": str(private), "XDG_CACHE_HOME": str(private / "cache"),
            "XDG_RUNTIME_DIR": str(private / "run"), "COLUMNS": "160", **(settings or {}),
        }  # fmt: skip

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run one of the project's commands to its end."""
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]], cwd=self.stage.project, env=self.environment(settings),
            capture_output=True, text=True, check=False, timeout=280,
        )  # fmt: skip

    def start(self, *command: str, **settings: str) -> subprocess.Popen[str]:
        """Start one of the project's commands; its output goes to `<home>/started.log`."""
        with (self.stage.home / "started.log").open("w") as log:
            return subprocess.Popen(
                [str(BIN / command[0]), *command[1:]], cwd=self.stage.project, env=self.environment(settings),
                stdout=log, stderr=log, text=True,
            )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    project = tmp_path / "project"
    for folder in ("mappings", "schemes", "codes", "forms"):
        shutil.copytree(ROOT / "transforms" / folder, project / "transforms" / folder)
    shutil.copy(ROOT / "meltano.yml", project)
    return Flow(Stage(tmp_path / "home", project, free_port()))
