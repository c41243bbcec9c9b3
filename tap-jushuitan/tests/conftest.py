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
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from erp_sdk import cursors, stream
from tap_jushuitan.tap import TapJushuitan

FAST = {"calls_per_minute": 0, "calls_per_second": 0, "retry_wait": 0.02, "start_date": "2026-01-01"}
"""No budget and short waits; the data that `erp_sandbox` holds is of the last days of March."""


@dataclass
class Output:
    """The Singer messages of a run."""

    messages: list[dict[str, Any]]
    stderr: str = ""
    code: int = 0
    stdout: str = ""

    def records(self, stream: str = "sales_outbounds") -> list[dict[str, Any]]:
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        return self.states[-1]

    def bookmark(self, stream: str = "sales_outbounds") -> dict[str, Any]:
        return dict(self.state["bookmarks"][stream])


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

    def settings(self, app: str = "merchant", /, **changes: Any) -> dict[str, Any]:
        """The settings for an app of the sandbox's merchant; None takes one away."""
        given = self.sandbox.credentials["jushuitan"][app]
        account = {name: given[name] for name in ("base_url", "app_key", "app_secret")}
        if app == "isv":
            account |= {"app_type": "isv", "auth_code": given["code"]}
        chosen = {**account, "token_path": str(self.folder / f"{app}-token.json"), **FAST, **changes}
        return {name: value for name, value in chosen.items() if value is not None}

    def catalog(self, *streams: str) -> dict[str, Any]:
        """A catalog that selects these streams."""
        nowhere = {"app_key": "-", "app_secret": "-"}
        discovered = TapJushuitan(config=nowhere, validate_config=False, setup_mapper=False).catalog_dict
        for entry in discovered["streams"]:
            root = next(item for item in entry["metadata"] if not item["breadcrumb"])
            root["metadata"]["selected"] = entry["tap_stream_id"] in streams
        return discovered

    def read(
        self,
        app: str = "merchant",
        /,
        *,
        streams: tuple[str, ...] = ("sales_outbounds",),
        state: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Output:
        """Run the tap in this process."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(out):
            tap = TapJushuitan(
                config=self.settings(app, **changes),
                state=json.loads(json.dumps(state or {})),
                catalog=self.catalog(*streams),
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
        streams: tuple[str, ...] = ("sales_outbounds",),
        state: dict[str, Any] | None = None,
        name: str = "run",
    ) -> subprocess.Popen[bytes]:
        """Start the command."""
        files = {"config": config, "catalog": self.catalog(*streams), "state": state or {}}
        for kind, content in files.items():
            (self.folder / f"{name}-{kind}.json").write_text(json.dumps(content))
        options = [text for kind in files for text in (f"--{kind}", str(self.folder / f"{name}-{kind}.json"))]
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("tap-jushuitan")), *(args or options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "XDG_CACHE_HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder)},
        )

    def ended(self, process: subprocess.Popen[bytes]) -> Output:
        """The output of a command that is run to its end."""
        stdout, stderr = process.communicate(timeout=120)
        spoken = messages(stdout) if stdout.startswith(b'{"type"') else []
        return Output(spoken, stderr.decode(), process.returncode, stdout.decode())

    def command(self, config: dict[str, Any], *args: str, **options: Any) -> Output:
        """Run the command to its end."""
        return self.ended(self.start(config, *args, **options))

    def calls(self) -> dict[str, dict[str, int]]:
        """How often each interface was called, by outcome."""
        return dict(self.sandbox.get("calls").get("jushuitan", {}))


@pytest.fixture
def tap(erp_sandbox, tmp_path):
    return Reader(erp_sandbox, tmp_path)


@pytest.fixture
def in_april(monkeypatch):
    """Let runs in this process take place soon after the data: the windows of half a year since are not asked for."""
    moment = datetime(2026, 4, 2, 23, tzinfo=timezone(timedelta(hours=8)))
    for module in (stream, cursors):
        monkeypatch.setattr(module, "now", lambda: moment)


@pytest.fixture
def own(tap):
    """The tap, and a sandbox whose switches, edits and tokens are put back afterwards."""
    usual = tap.sandbox.get("jushuitan/settings")
    yield tap
    tap.sandbox.post("jushuitan/settings", usual)
    tap.sandbox.post("jushuitan/reset-tokens")
    tap.sandbox.clear_faults()


def first_change(documents):
    return min((document["modified"] for document in documents if document.get("modified")), default="2026-03-01")


@pytest.fixture(scope="module")
def everything(erp_sandbox, tmp_path_factory):
    """What each stream has given by windows, with the output, and what the ERP really holds."""
    found = {}

    def of(stream, /):
        if stream not in found:
            truth = erp_sandbox.show("jushuitan", stream)
            reader = Reader(erp_sandbox, tmp_path_factory.mktemp("reader"))
            found[stream] = (
                reader.read(streams=(stream,), start_date=first_change(truth), end_date="2026-04-02"),
                truth,
            )
        return found[stream]

    return of
