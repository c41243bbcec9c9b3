"""The tap against the sandbox, in this process or as its command, in each of 旺店通's dialects."""

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
from tap_wangdiantong.tap import TapWangdiantong

FAST = {"calls_per_minute": 0, "retry_wait": 0.02, "start_date": "2026-03-30", "end_date": "2026-04-01"}
"""No budget and short waits; the two days of data that `erp_sandbox` holds, with the edits of the day after."""


@dataclass
class Output:
    """The Singer messages of a run."""

    messages: list[dict[str, Any]]
    stderr: str = ""
    code: int = 0
    stdout: str = ""

    def records(self, stream: str = "sales_stockouts") -> list[dict[str, Any]]:
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    def bookmark(self, stream: str = "sales_stockouts") -> str:
        return str(self.states[-1]["bookmarks"][stream]["replication_key_value"])

    def bookmarks(self, stream: str = "sales_stockouts") -> list[str]:
        """Every bookmark that was written, in order."""
        found = [state["bookmarks"].get(stream, {}).get("replication_key_value") for state in self.states]
        return [value for value in found if value is not None]


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

    def at(self, sandbox: Any) -> Reader:
        """The same for another sandbox."""
        return Reader(sandbox, self.folder)

    @staticmethod
    def family(dialect: str) -> str:
        """Whose methods a dialect speaks."""
        return "flagship" if "flagship" in dialect else "enterprise"

    def settings(self, dialect: str = "openapi", /, **changes: Any) -> dict[str, Any]:
        """The settings for a dialect; None takes one away."""
        credentials = self.sandbox.credentials["wangdiantong"][dialect]
        chosen = {"dialect": dialect.removesuffix("_flagship"), **credentials, **FAST, **changes}
        return {name: value for name, value in chosen.items() if value is not None}

    def catalog(self, *streams: str, dialect: str = "openapi") -> dict[str, Any]:
        """A dialect's catalog that selects these streams."""
        name, _, scene = dialect.partition("_")
        config = {"dialect": name, "scene": scene or "enterprise"}
        tap = TapWangdiantong(config=config, validate_config=False, setup_mapper=False)
        discovered = tap.catalog_dict
        for entry in discovered["streams"]:
            root = next(item for item in entry["metadata"] if not item["breadcrumb"])
            root["metadata"]["selected"] = entry["tap_stream_id"] in streams
        return discovered

    def read(
        self,
        dialect: str = "openapi",
        /,
        *,
        streams: tuple[str, ...] = ("sales_stockouts",),
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Output:
        """Run the tap in this process."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(out):
            tap = TapWangdiantong(
                config=self.settings(dialect, **changes),
                state=state or {},
                catalog=catalog or self.catalog(*streams, dialect=dialect),
            )
            try:
                tap.sync_all()
            finally:
                tap.budget.close()
                out.flush()
        return Output(messages(out.buffer.getvalue()))

    def start(
        self,
        config: dict[str, Any],
        *args: str,
        streams: tuple[str, ...] = ("sales_stockouts",),
        state: dict[str, Any] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start the command."""
        dialect = "_".join(filter(None, (config.get("dialect"), config.get("scene", "").replace("enterprise", ""))))
        files = {
            "config": config,
            "catalog": self.catalog(*streams, dialect=dialect or "openapi"),
            "state": state or {},
        }
        for name, content in files.items():
            (self.folder / f"{name}.json").write_text(json.dumps(content))
        options = [text for name in files for text in (f"--{name}", str(self.folder / f"{name}.json"))]
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("tap-wangdiantong")), *(args or options)],
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
