"""The main job through its one line, `meltano run tap-wangdiantong mapper-kd target-kingdee`, and what may happen."""

from __future__ import annotations

import json
import time
from datetime import date

import psutil

from demo.__main__ import read_code_tables, verdict
from demo.stage import summary

RUN = ("meltano", "run", "tap-wangdiantong", "mapper-kd", "target-kingdee")
STATE_ID = "dev:tap-wangdiantong-to-target-kingdee"


def open_stage(flow):
    flow.stage.seed(flow.days, date.fromisoformat("2026-03-31"))
    return flow.stage.sandbox()


def test_a_day_is_delivered_reconciled_and_a_second_run_delivers_nothing_new(flow):
    first = flow.demo()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "new documents" in first.stdout
    assert "dead-lettered" in first.stdout

    second = flow.demo()
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Nothing new" in second.stdout


def test_the_bookmark_is_shown_and_reset_and_a_reread_writes_nothing_twice(flow):
    with open_stage(flow) as url:
        env = flow.stage.environment(url)
        read_code_tables(flow.stage, env)
        assert flow.run(*RUN, **env).returncode == 0
        before = summary(url, "kingdee/SAL_OUTSTOCK")

        listed = flow.run("meltano", "--environment=dev", "state", "list", **env)
        state = json.loads(flow.run("meltano", "--environment=dev", "state", "get", STATE_ID, **env).stdout)
        cleared = flow.run("meltano", "--environment=dev", "state", "clear", "--force", STATE_ID, **env)
        again = flow.run(*RUN, **env)

        assert STATE_ID in listed.stdout + listed.stderr
        assert json.dumps(state).count("+08:00") >= 1
        assert cleared.returncode == 0, cleared.stderr
        assert again.returncode == 0, again.stderr
        assert summary(url, "kingdee/SAL_OUTSTOCK") == before
        assert verdict(flow.stage, url, env).is_exact


def test_a_killed_target_loses_nothing_and_doubles_nothing(flow):
    with open_stage(flow) as url:
        env = {**flow.stage.environment(url), "TARGET_KINGDEE_BATCH_SIZE": "5"}
        read_code_tables(flow.stage, env)
        running = flow.start(*RUN, **env)
        kill_when(running, "target-kingdee", lambda: summary(url, "kingdee/SAL_OUTSTOCK")["documents"] >= 20)
        assert running.wait(timeout=120) != 0
        assert not verdict(flow.stage, url, env).is_exact

        again = flow.run(*RUN, **env)

        assert again.returncode == 0, again.stdout + again.stderr
        result = verdict(flow.stage, url, env)
        assert result.is_exact, result.problems


def test_a_wrong_secret_stops_the_run_with_one_clear_sentence(flow):
    with open_stage(flow) as url:
        env = {**flow.stage.environment(url), "TAP_WANGDIANTONG_APPSECRET": "not-the-secret-of-this-account"}
        refused = flow.run(*RUN, **env)

        said = refused.stdout + refused.stderr
        assert refused.returncode == 1
        assert "tap-wangdiantong: " in said
        assert "Traceback" not in said
        assert "not-the-secret-of-this-account" not in said
        assert summary(url, "kingdee/SAL_OUTSTOCK")["documents"] == 0


def kill_when(running, name, reached):
    """SIGKILL the named child as soon as the condition holds."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        if reached():
            children = psutil.Process(running.pid).children(recursive=True)
            [victim] = [child for child in children if any(name in part for part in child.cmdline())]
            victim.kill()
            return
        time.sleep(0.02)
    raise AssertionError(f"the run ended, or two minutes passed, before {name} could be killed")
