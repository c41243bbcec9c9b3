"""One seed's folder and what runs in it: the sandbox, the Meltano project, the line."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import requests

from chaos.books import LedgerView
from chaos.script import LAST_MOMENT, LINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.script import Script

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
START_SECONDS = 30
PORTS = (20_000, 32_000)


class Sandbox:
    """A served sandbox that can be killed and comes back on its port.

    Args:
        state: Its database.
        options: Of `erp-sandbox serve`.
    """

    def __init__(self, state: Path, options: tuple[str, ...]) -> None:
        self._state = state
        self._options = options
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._plan: Any = []
        self._settings: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """Its base URL, the same for all its lives."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._session.close()

    def start(self) -> None:
        """Serve, with the fault plan and the settings of the life before."""
        command = [
            str(BIN / "erp-sandbox"),
            "--state",
            str(self._state),
            "serve",
            "--port",
            str(self._port),
            *self._options,
        ]
        with (self._state.parent / "sandbox.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        self.get("health")
        if self._plan:
            self.post("faults", self._plan)
        if self._settings:
            self.post("kingdee/settings", self._settings)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def get(self, path: str, **params: str) -> Any:
        """Ask one of its controls."""
        return self._call("GET", path, params=params).json()

    def post(self, path: str, body: Any) -> Any:
        """Use one of its controls."""
        return self._call("POST", path, json=body).json()

    def show(self, path: str) -> list[dict[str, Any]]:
        """Return whole documents as a vendor holds them."""
        return [json.loads(line) for line in self._call("GET", path).text.splitlines() if line]

    def set_faults(self, plan: Any) -> None:
        """Put a fault plan in force; an empty one clears."""
        self._plan = plan
        self.post("faults", plan)

    def refuse_audit(self, form: str, numbers: Iterable[str]) -> None:
        """Let Kingdee refuse to audit these documents, and no others."""
        self._settings = {"refuse_audit": {form: dict.fromkeys(numbers, "审核不通过：单据被锁定核对")}}
        self.post("kingdee/settings", self._settings)

    def fired(self) -> dict[str, int]:
        """Return how often each kind of fault has happened under the plan in force, in this life."""
        counts: dict[str, int] = {}
        with suppress(requests.RequestException):
            for entry in self.get("faults")["faults"]:
                if entry["fired"]:
                    kind = f"{entry['vendor']} {entry['kind']}"
                    counts[kind] = counts.get(kind, 0) + int(entry["fired"])
        return counts

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                answer = self._session.request(method, f"{self.url}/_sandbox/{path}", timeout=30, **options)
            except requests.ConnectionError:
                if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
                continue
            answer.raise_for_status()
            return answer


@dataclass
class Line:
    """One running `meltano run`, in a session of its own.

    Attributes:
        process: Meltano.
        log: Everything that Meltano and the plugins say.
        family: The plugins' processes as far as they have been looked for.
    """

    process: subprocess.Popen[bytes]
    log: Path
    started: float
    family: list[psutil.Process]

    def poll(self) -> int | None:
        """Return Meltano's exit code, None while it runs."""
        return self.process.poll()

    def wait(self, seconds: float) -> int | None:
        """Wait for Meltano; None when it does not end in that time."""
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None

    def find(self, name: str) -> psutil.Process | None:
        """Return the newest process of a plugin, or Meltano itself."""
        with suppress(psutil.Error):
            meltano = psutil.Process(self.process.pid)
            children = meltano.children(recursive=True)
            self.family += [child for child in children if child not in self.family]
            if name == "meltano":
                return meltano
            named = [child for child in children if any(Path(part).name == name for part in child.cmdline()[:2])]
            return max(named, key=lambda child: child.create_time(), default=None)
        return None

    def strike_group(self, number: int) -> None:
        """Send a signal to Meltano and all that it started."""
        self.find("meltano")
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def survivors(self) -> list[psutil.Process]:
        """Return the processes that live on without Meltano."""
        return [one for one in self.family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    def sentence(self) -> str:
        """Return the last thing that one of the plugins said of itself, or the log's last line."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() or ["nothing was said"]
        return next((line for line in reversed(lines) if any(f" {name}: " in line for name in LINE)), lines[-1])

    def end(self) -> None:
        """Kill whatever is left."""
        self.strike_group(signal.SIGKILL)
        self.process.wait()
        for one in self.family:
            with suppress(psutil.Error):
                one.kill()


class Place:
    """One seed's folder.

    Args:
        home: The folder; made by `lay`.
        template: What it is a copy of.
        script: What the seed decides.
        ledger_url: The ledger in Postgres; empty for SQLite.
    """

    def __init__(self, home: Path, template: Path, script: Script, ledger_url: str) -> None:
        self.home = home
        self.script = script
        self._template = template
        self.ledger_url = ledger_url
        self.sandbox = Sandbox(home / "erp.sqlite", script.sandbox)
        self.ledger = LedgerView(ledger_url or f"sqlite:///{self.ledger_path}?timeout=30")
        self._runs = 0

    @property
    def ledger_path(self) -> Path:
        """The ledger's SQLite file."""
        return self.home / "ledger.sqlite"

    @property
    def meltano_db(self) -> Path:
        """Where Meltano keeps its state."""
        return self.home / "meltano.db"

    @property
    def logs(self) -> list[Path]:
        """The log of each run."""
        return sorted(self.home.glob("run-*.log"))

    @cached_property
    def credentials(self) -> dict[str, Any]:
        """What signs in at the sandbox."""
        return dict(self.sandbox.get("credentials"))

    def lay(self) -> None:
        """Copy the template."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self._template, self.home)

    def start_line(self, *blocks: str, options: tuple[str, ...] = ()) -> Line:
        """Start `meltano run`."""
        self._runs += 1
        log = self.home / f"run-{self._runs:02}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(BIN / "meltano"), "run", *options, *blocks], cwd=self.home / "project",
                env={**os.environ, **line_environment(self)}, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        return Line(process, log, time.monotonic(), [])


def catalog_of(home: Path) -> Path:
    """Return where a place keeps the tap's catalog, so that not each run discovers the same again."""
    return home / "catalog.json"


def line_environment(place: Place) -> dict[str, str]:
    """Return the settings of tap, mapper and target, and of Meltano, as environment variables."""
    script, home, known = place.script, place.home, place.credentials
    target = {**known["kingdee"]["galaxy"], **script.target}
    target |= {"ledger_url": place.ledger_url} if place.ledger_url else {"ledger_path": str(place.ledger_path)}
    moments = {"start_date": script.start, "end_date": LAST_MOMENT}
    ledger = {
        name: value for name, value in target.items() if name in ("ledger_url", "ledger_path", "personal_data_key")
    }
    tap = {**known["wangdiantong"][script.dialect], "dialect": script.dialect, **script.tap, **moments}
    settings = {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "XDG_RUNTIME_DIR": str(home / "run"),
        "KINGDEE_CODES": str(home / "codes"), "NO_COLOR": "1", "COLUMNS": "400",
        "MELTANO_PROJECT_ROOT": str(home / "project"), "MELTANO_DATABASE_URI": f"sqlite:///{place.meltano_db}",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        **{f"TAP_WANGDIANTONG_{name.upper()}": str(value) for name, value in tap.items()},
        **{f"TAP_LEDGER_{name.upper()}": str(value) for name, value in {**ledger, "replay": "true"}.items()},
        **{f"TARGET_KINGDEE_{name.upper()}": str(value) for name, value in target.items()},
    }  # fmt: skip
    if catalog_of(home).exists():
        settings["TAP_WANGDIANTONG__CATALOG"] = str(catalog_of(home))
    return settings


def _free_port() -> int:
    """Choose a port below those that the system gives to clients: it must stay free while the sandbox is down."""
    while True:
        port = secrets.choice(range(*PORTS))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
