"""Runs a pipe through the launcher and says what it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAUNCHER = Path(__file__).with_name("launcher.py")
ROOT = LAUNCHER.parent.parent
LONGEST_SECONDS = 4 * 3600


class BenchError(Exception):
    """One sentence: what went wrong and what to do."""


@dataclass(frozen=True)
class Command:
    """One process of a pipe.

    Attributes:
        name: What the table calls it.
        argv: An absolute executable and its arguments.
        env: What is added to the environment.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Use:
    """What one process used: CPU seconds (user + system) and peak resident memory in MB."""

    name: str
    cpu: float
    peak_mb: float


@dataclass(frozen=True)
class Run:
    """One run of a pipe: wall seconds from the first fork to the last exit, and each process's use."""

    wall: float
    processes: tuple[Use, ...]


def environment(home: Path) -> dict[str, str]:
    """Return what every process of the benchmark gets: Python as it is installed, whatever this shell makes of it.

    An environment that forbids compiled modules or buffered output would be measured instead of the processes. Where it
    forbids them beside the sources, compiled modules are kept in the benchmark's own folder.
    """
    cache = "PYTHONPYCACHEPREFIX"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") or name == cache}
    elsewhere = {cache: str(home / "pycache")} if os.environ.get("PYTHONDONTWRITEBYTECODE") else {}
    return {**kept, **elsewhere, "LOGLEVEL": "WARNING"}


def run_pipe(commands: Sequence[Command], home: Path, *, stdin: Path | None = None, stdout: Path | None = None) -> Run:
    """Run the commands joined by pipes.

    Args:
        commands: One or more.
        home: Where each process's stderr goes, as ``<name>.log``.
        stdin: What the first one reads; nothing by default.
        stdout: Where the last one writes; nowhere by default.

    Raises:
        BenchError: One of them failed; the sentence is the last that it said.
    """
    spec = {
        "pipe": [
            {"argv": list(c.argv), "env": {**environment(home), **c.env}, "log": str(_log(home, c))} for c in commands
        ],
        "stdin": str(stdin or os.devnull),
        "stdout": str(stdout or os.devnull),
        "result": str(home / "launched.json"),
    }
    path = home / "launch.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    _launch(path)
    result = json.loads((home / "launched.json").read_text(encoding="utf-8"))
    # The last one that failed is the cause: those before it lost their reader.
    for command, used in reversed([*zip(commands, result["processes"], strict=True)]):
        if used["code"] != 0:
            raise BenchError(f"{command.name} failed with exit code {used['code']}: {_last_words(_log(home, command))}")
    uses = [Use(c.name, u["cpu"], _megabytes(u["peak"])) for c, u in zip(commands, result["processes"], strict=True)]
    return Run(result["wall"], tuple(uses))


def _launch(spec: Path) -> None:
    # A session of its own, so that stopping the benchmark stops the launcher and everything that it started.
    launcher = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), str(spec)], cwd=ROOT, start_new_session=True
    )
    try:
        code = launcher.wait(timeout=LONGEST_SECONDS)
    except BaseException:
        os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()
        raise
    if code != 0:
        raise BenchError(f"the pipe could not be started; see {spec}.")


def _log(home: Path, command: Command) -> Path:
    return home / f"{command.name.replace(' ', '-')}.log"


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"it said nothing; see {log}."


def _megabytes(ru_maxrss: int) -> float:
    return ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
