"""What the demo stands on: a home folder, a served sandbox, and the environment that points Meltano at it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CST = timezone(timedelta(hours=8))


class DemoError(Exception):
    """One sentence: what went wrong and what to do."""


@dataclass(frozen=True)
class Stage:
    """The demo's folder and what is in it.

    Attributes:
        home: Everything the demo writes, `.demo` unless told otherwise.
        project: The Meltano project, this repository unless told otherwise.
        port: Where the sandbox listens on 127.0.0.1.
    """

    home: Path
    project: Path
    port: int

    @property
    def state(self) -> Path:
        """The sandbox's database."""
        return self.home / "erp.sqlite"

    @property
    def codes(self) -> Path:
        """Code tables read from Kingdee."""
        return self.home / "codes"

    @property
    def ledger(self) -> Path:
        """target-kingdee's ledger."""
        return self.home / "ledger.sqlite"

    @property
    def log(self) -> Path:
        """What Meltano said."""
        return self.home / "run.log"

    @property
    def env_file(self) -> Path:
        """The settings of this stage for a shell: ``. .demo/env``."""
        return self.home / "env"

    def seed(self, days: int, until: date | None) -> None:
        """Load the retailer's last days, once: a second demo finds the same documents."""
        if self.state.exists():
            return
        self.home.mkdir(parents=True, exist_ok=True)
        chosen = ["--until", until.isoformat()] if until else []
        self.command("erp-sandbox", "--state", str(self.state), "seed", "--days", str(days), *chosen)

    @contextmanager
    def sandbox(self) -> Iterator[str]:
        """Serve the sandbox while the block runs; gives its base URL."""
        command = [str(BIN / "erp-sandbox"), "--state", str(self.state), "serve", "--port", str(self.port)]
        with (self.home / "sandbox.log").open("w") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert process.stdout is not None  # noqa: S101 - asked for one line above; narrows the type
        try:
            line = process.stdout.readline()
            if not line:
                reason = (self.home / "sandbox.log").read_text().strip().splitlines()
                raise DemoError(reason[-1] if reason else f"the sandbox did not start on port {self.port}.")
            yield str(json.loads(line)["url"])
        finally:
            process.terminate()
            process.wait(timeout=30)
            process.stdout.close()

    def environment(self, url: str) -> dict[str, str]:
        """Return the settings that point tap, mapper and target at the sandbox, as environment variables."""
        credentials = requests.get(f"{url}/_sandbox/credentials", timeout=30).json()
        settings = {
            **_settings("TAP_WANGDIANTONG", credentials["wangdiantong"]["openapi"]),
            **_settings("TARGET_KINGDEE", credentials["kingdee"]["galaxy"]),
            "TAP_WANGDIANTONG_DIALECT": "openapi",
            "TAP_WANGDIANTONG_START_DATE": self.first_day(url).isoformat(),
            "TARGET_KINGDEE_AUTH": "app_secret",
            "TARGET_KINGDEE_LEDGER_PATH": str(self.ledger),
            "TAP_LEDGER_LEDGER_PATH": str(self.ledger),
            "KINGDEE_CODES": str(self.codes),
            "MELTANO_PROJECT_ROOT": str(self.project),
            "MELTANO_DATABASE_URI": f"sqlite:///{self.home / 'meltano.db'}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()]
        self.env_file.write_text("".join([*lines, f'export PATH={shlex.quote(str(BIN))}:"$PATH"\n']))
        self.env_file.chmod(0o600)
        return settings

    @staticmethod
    def first_day(url: str) -> datetime:
        """Return the midnight before the first document's last change, +08:00."""
        first = next(documents(url, "wangdiantong/sales_stockouts"))
        day = datetime.fromisoformat(str(first["consign_time"])[:10]).date()
        return datetime.combine(day, time(), CST)

    def command(self, name: str, *args: str, env: Mapping[str, str] | None = None) -> str:
        """Run one of the project's commands to its end; returns what it printed.

        Raises:
            DemoError: It failed; the error is its own last sentence.
        """
        done = subprocess.run(
            [str(BIN / name), *args], cwd=self.project, env={**os.environ, **(env or {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or [f"{name} failed with exit code {done.returncode}."]
            raise DemoError(said[-1])
        return done.stdout


def documents(url: str, path: str) -> Iterator[dict[str, Any]]:
    """Stream what a vendor of the sandbox really holds, one document at a time."""
    with requests.get(f"{url}/_sandbox/{path}", stream=True, timeout=300) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if line:
                yield json.loads(line)


def summary(url: str, path: str, **query: str) -> dict[str, Any]:
    """Return the sums over what a vendor of the sandbox holds."""
    answer = requests.get(f"{url}/_sandbox/{path}", params={"summary": "1", **query}, timeout=300)
    answer.raise_for_status()
    return dict(answer.json())


def _settings(prefix: str, values: Mapping[str, Any]) -> dict[str, str]:
    return {f"{prefix}_{name.upper()}": str(value) for name, value in values.items()}
