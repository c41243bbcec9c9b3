"""The main job through its one line, `meltano run tap-wangdiantong mapper-kd target-kingdee`, and what may happen."""

from __future__ import annotations

import time

import psutil

from demo.__main__ import verdict
from demo.stage import summary

RUN = ("meltano", "run", "tap-wangdiantong", "mapper-kd", "target-kingdee")


def test_a_day_is_delivered_reconciled_and_a_second_run_delivers_nothing_new(flow):
    first = flow.demo()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "new documents" in first.stdout
    assert "dead-lettered" in first.stdout

    second = flow.demo()
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Nothing new" in second.stdout


def test_a_killed_target_loses_nothing_and_doubles_nothing(flow):
    with flow.served() as (url, env):
        env["TARGET_KINGDEE_BATCH_SIZE"] = "5"
        running = flow.start(*RUN, **env)
        kill_when(running, "target-kingdee", lambda: summary(url, "kingdee/SAL_OUTSTOCK")["documents"] >= 20)
        assert running.wait(timeout=120) != 0
        assert not verdict(flow.stage, url, env).is_exact

        again = flow.run(*RUN, **env)

        assert again.returncode == 0, again.stdout + again.stderr
        result = verdict(flow.stage, url, env)
        assert result.is_exact, result.problems


def test_a_wrong_secret_stops_the_run_with_one_clear_sentence(flow):
    with flow.served() as (url, env):
        env["TAP_WANGDIANTONG_APPSECRET"] = "not-the-secret-of-this-account"
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
