"""The network goes away while the pipe runs, and what its processes make of that."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.network import Network
from demo.stage import BIN

ROOT = Path(__file__).resolve().parent.parent
KNOWN = {"bookmarks": {"sales_stockouts": {
    "replication_key": "modified", "replication_key_value": "2026-03-30T00:00:00+08:00",
}}}  # fmt: skip


@pytest.mark.usefixtures("compiled_once")
@pytest.mark.parametrize(("how", "seconds"), [("refused", 11), ("silent", 16)])
def test_the_pipe_rides_over_an_outage_and_goes_on_at_once(tmp_path, how, seconds):
    command = [sys.executable, "-m", "benchmarks", "outage", "--home", str(tmp_path), "--how", how]

    done = subprocess.run(
        [*command, "--minutes", str(seconds / 60)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "outage.json").read_text())
    assert result["problems"] == []
    assert 0 < result["before"] < result["delivered"]
    assert max(result["source"], result["kingdee"]) < 7
    tap = (tmp_path / "tap.log").read_text()
    assert len(re.findall("Waiting up to 60 min until it is back", tap)) == 1


def test_a_tap_that_is_told_to_stop_during_an_outage_stops_at_once(tmp_path, erp_sandbox):
    settings = {
        **erp_sandbox.credentials["wangdiantong"]["openapi"], "dialect": "openapi", "start_date": "2026-03-30",
        "base_url": "http://127.0.0.1:9/openapi2/",
    }  # fmt: skip
    running = start(tmp_path, "tap-wangdiantong", settings, KNOWN)
    wait_for(tmp_path / "log", "Waiting up to 60 min")

    running.send_signal(signal.SIGTERM)
    begin = time.monotonic()

    assert running.wait(timeout=30) == 143
    assert time.monotonic() - begin < 3
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_tap_that_lost_its_session_in_an_outage_signs_in_again(tmp_path, serve_sandbox):
    sandbox = serve_sandbox()
    with Network() as network:
        line = network.line(sandbox.url)
        network.cut()
        settings = {**sandbox.galaxy, "auth": "app_secret", "base_url": f"{line.url}/k3cloud/"}
        state = {"bookmarks": {"sale_orders": {"replication_key": "FModifyDate",
                                                "replication_key_value": "2026-01-01T00:00:00+08:00"}}}  # fmt: skip
        running = start(tmp_path, "tap-kingdee", settings, state)
        wait_for(tmp_path / "log", "Waiting up to 60 min")

        network.mend()

        assert running.wait(timeout=60) == 0, (tmp_path / "log").read_text()
    assert "It is back" in (tmp_path / "log").read_text()


def start(folder, tap, settings, state):
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "state.json").write_text(json.dumps(state))
    with (folder / "log").open("w") as log:
        command = [str(BIN / tap), "--config", str(folder / "config.json"), "--state", str(folder / "state.json")]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)


def wait_for(log, text):
    deadline = time.monotonic() + 60
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
