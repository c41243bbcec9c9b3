"""A whole flow of a test's own: a Meltano project, a home folder, a sandbox port; nothing is shared between tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from demo.__main__ import read_code_tables
from demo.stage import BIN, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conftest import SeededStates

ROOT = Path(__file__).resolve().parent.parent
UNTIL = "2026-03-31"


@dataclass(frozen=True)
class SeededStage(Stage):
    """A stage whose sandbox holds a copy of what was seeded once for all tests."""

    states: SeededStates

    def seed(self, days: int, until: date | None) -> None:
        assert until is not None
        self.states.copy(self.state, days, until.isoformat())


@dataclass(frozen=True)
class Flow:
    """The main job in a folder of its own."""

    stage: SeededStage
    days: int = 1

    @contextmanager
    def served(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Serve a seeded sandbox, limits off; gives its URL and the settings of tap, mapper and target.

        What is read ends with the day after the data, so that no run asks for the months from then to now.
        """
        self.stage.seed(self.days, date.fromisoformat(UNTIL))
        with self.stage.sandbox() as url:
            requests.post(f"{url}/_sandbox/limits", json={"limits": "off"}, timeout=60).raise_for_status()
            unhurried = {"TAP_WANGDIANTONG_CALLS_PER_MINUTE": "0", "TARGET_KINGDEE_CALLS_PER_MINUTE": "0"}
            env = {**self.stage.environment(url), **unhurried, "TAP_WANGDIANTONG_END_DATE": "2026-04-02"}
            self._lay_code_tables(env)
            yield url, env

    def _lay_code_tables(self, env: dict[str, str]) -> None:
        """Read what mappings look up in Kingdee, once for all tests: every Kingdee that is seeded says the same."""
        states = self.stage.states
        kept = states.folder / f"codes-{self.days}"
        with states.alone():
            if not kept.exists():
                read_code_tables(self.stage, env)
                shutil.copytree(self.stage.codes, kept)
        shutil.copytree(kept, self.stage.codes, dirs_exist_ok=True)

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
def flow(tmp_path: Path, seeded_states: SeededStates) -> Flow:
    project = tmp_path / "project"
    for folder in ("mappings", "schemes", "codes", "forms"):
        shutil.copytree(ROOT / "transforms" / folder, project / "transforms" / folder)
    shutil.copy(ROOT / "meltano.yml", project)
    return Flow(SeededStage(tmp_path / "home", project, free_port(), seeded_states))


@pytest.fixture
def compiled_once(seeded_states: SeededStates, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compiled modules for all benchmarks together, where the environment forbids them beside the sources."""
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(seeded_states.folder / "pycache"))
