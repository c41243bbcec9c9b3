"""What the processes under test talk to: the sandbox with a state of the benchmark's own, and the stand-ins."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import requests

from benchmarks.measure import ROOT, BenchError, Use, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

BIN = Path(sys.executable).parent
STOP_SECONDS = 30
Credentials = dict[str, Any]
"""Each vendor's credentials by product, as ``erp-sandbox credentials --json`` gives them."""


@dataclass(frozen=True)
class Server:
    """A served stand-in or sandbox."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """CPU seconds so far, user + system."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def use(self, name: str, since: float) -> Use:
        """Return what it used since its CPU clock stood at ``since``, and its peak memory."""
        return Use(name, self.cpu() - since, self._peak_mb())

    def get(self, path: str, **params: Any) -> Any:
        """GET /_sandbox/<path>."""
        answer = requests.get(f"{self.url}/_sandbox/{path}", params=params, timeout=600)
        answer.raise_for_status()
        return answer.json()

    def _peak_mb(self) -> float:
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:  # no Linux: the present size is the best that is to be had
            return float(self.process.memory_info().rss / 2**20)
        return int(status.split("VmHWM:")[1].split()[0]) / 2**10


@contextmanager
def serving(command: Sequence[str], home: Path, name: str) -> Iterator[Server]:
    """Start a server that prints one JSON line with its URL; it is stopped when the block ends."""
    log = home / f"{name}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            said = log.read_text(encoding="utf-8").strip().splitlines()
            raise BenchError(said[-1] if said else f"{command[0]} did not start; see {log}.")
        yield Server(str(json.loads(line)["url"]), psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def seeded_state(home: Path, days: int, until: date) -> Path:
    """Seed the sandbox once for these days; a later benchmark finds it again unless the sandbox has changed since."""
    state = home / f"seed-{days}-{until}-{_sandbox_digest()}.sqlite"
    if not state.exists():
        for old in home.glob(f"seed-{days}-{until}-*.sqlite"):
            _forget(old)
        unfinished = home / "unfinished.sqlite"
        _forget(unfinished)
        run(
            home, ["erp-sandbox", "--state", str(unfinished), "seed", "--days", str(days), "--until", until.isoformat()]
        )
        unfinished.rename(state)
    return state


def _sandbox_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "sandbox" / "erp_sandbox").rglob("*.*")):
        if path.suffix in {".py", ".yml", ".sql"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Vendors:
    """The two vendors, each a sandbox process of its own, as in life they are not one machine."""

    wangdiantong: Server
    kingdee: Server

    def credentials(self) -> Credentials:
        """Return each vendor's credentials, at its own process."""
        return {name: getattr(self, name).get("credentials")[name] for name in ("wangdiantong", "kingdee")}

    def cpu(self) -> tuple[float, float]:
        """CPU seconds so far of each."""
        return self.wangdiantong.cpu(), self.kingdee.cpu()

    def uses(self, since: tuple[float, float]) -> tuple[Use, Use]:
        """Return what each used since `cpu` gave ``since``."""
        return (
            self.wangdiantong.use("wangdiantong", since[0]),
            self.kingdee.use("kingdee", since[1]),
        )


@contextmanager
def fresh_vendors(home: Path, seeded: Path) -> Iterator[Vendors]:
    """Serve copies of the seeded state, limits off: every run finds the same ERPs, no document delivered yet."""
    off = ("--limits", "off")
    with (
        fresh_sandbox(home, seeded, "wangdiantong", *off) as source,
        fresh_sandbox(home, seeded, "kingdee", *off) as target,
    ):
        yield Vendors(source, target)


@contextmanager
def fresh_sandbox(home: Path, seeded: Path, name: str, *options: str) -> Iterator[Server]:
    """Serve a copy of the seeded state under a name, with options of `erp-sandbox serve`."""
    state = home / f"{name}.sqlite"
    _forget(state)
    shutil.copyfile(seeded, state)
    command = [str(BIN / "erp-sandbox"), "--state", str(state), "serve", "--port", "0", *options]
    with serving(command, home, f"sandbox-{name}") as server:
        yield server
    _forget(state)


def pointed_at(credentials: Credentials, wangdiantong: str, kingdee: str) -> Credentials:
    """Return the credentials with base URLs at stand-ins."""
    openapi = {**credentials["wangdiantong"]["openapi"], "base_url": f"{wangdiantong}/openapi2/"}
    galaxy = {**credentials["kingdee"]["galaxy"], "base_url": f"{kingdee}/k3cloud/"}
    return {"wangdiantong": {"openapi": openapi}, "kingdee": {"galaxy": galaxy}}


def stand_in(home: Path, module: str, *args: str) -> AbstractContextManager[Server]:
    """Serve one of this package's stand-ins."""
    return serving([sys.executable, "-m", f"benchmarks.{module}", *args], home, module)


def run(home: Path, command: Sequence[str]) -> str:
    """Run one of the project's commands to its end; returns what it printed.

    Raises:
        BenchError: It failed; the sentence is its own last one.
    """
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"{command[0]} failed with exit code {done.returncode}."]
        raise BenchError(said[-1])
    return str(done.stdout)


def _forget(state: Path) -> None:
    for path in state.parent.glob(f"{state.name}*"):
        path.unlink()
