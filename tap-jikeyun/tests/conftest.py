"""The tap against the sandbox, in this process or as its command."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tap_jikeyun.tap import TapJikeyun

FAST = {
    "calls_per_minute": 0,
    "calls_per_second": 0,
    "retry_wait": 0.02,
    "start_date": "2026-03-30",
    "end_date": "2026-04-02",
}
"""No budget, short waits; the two days of data that `erp_sandbox` holds, with what came of them on the days after."""


@dataclass
class Output:
    """The Singer messages of a run."""

    messages: list[dict[str, Any]]
    stderr: str = ""
    code: int = 0
    stdout: str = ""

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    def bookmark(self, stream: str) -> str:
        return str(self.states[-1]["bookmarks"][stream]["replication_key_value"])


def messages(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


@pytest.fixture(autouse=True)
def _restore_signals():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Reader:
    """Runs the tap against a sandbox."""

    def __init__(self, sandbox: Any, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder

    def settings(self, **changes: Any) -> dict[str, Any]:
        """The settings; None takes one away."""
        chosen = {**self.sandbox.credentials["jikeyun"]["openapi"], **FAST, **changes}
        return {name: value for name, value in chosen.items() if value is not None}

    def catalog(self, *streams: str) -> dict[str, Any]:
        """A catalog that selects these streams."""
        tap = TapJikeyun(config={}, validate_config=False, setup_mapper=False)
        discovered = tap.catalog_dict
        for entry in discovered["streams"]:
            root = next(item for item in entry["metadata"] if not item["breadcrumb"])
            root["metadata"]["selected"] = entry["tap_stream_id"] in streams
        return discovered

    def read(
        self, *streams: str, state: dict[str, Any] | None = None, catalog: dict[str, Any] | None = None, **changes: Any
    ) -> Output:
        """Run the tap in this process."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(out):
            tap = TapJikeyun(
                config=self.settings(**changes),
                state=json.loads(json.dumps(state or {})),
                catalog=catalog or self.catalog(*streams),
            )
            try:
                tap.sync_all()
            finally:
                tap.budget.close()
                out.flush()
        return Output(messages(out.buffer.getvalue()))

    def start(
        self, config: dict[str, Any], *args: str, streams: tuple[str, ...] = (), state: dict[str, Any] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start the command."""
        files = {"config": config, "catalog": self.catalog(*streams), "state": state or {}}
        for name, content in files.items():
            (self.folder / f"{name}.json").write_text(json.dumps(content))
        options = [text for name in files for text in (f"--{name}", str(self.folder / f"{name}.json"))]
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("tap-jikeyun")), *(args or options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "XDG_CACHE_HOME": str(self.folder)},
        )

    def command(self, config: dict[str, Any], *args: str, **options: Any) -> Output:
        """Run the command to its end."""
        process = self.start(config, *args, **options)
        stdout, stderr = process.communicate(timeout=120)
        spoken = messages(stdout) if stdout.startswith(b'{"type"') else []
        return Output(spoken, stderr.decode(), process.returncode, stdout.decode())


@pytest.fixture
def tap(erp_sandbox, tmp_path):
    return Reader(erp_sandbox, tmp_path)
