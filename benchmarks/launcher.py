"""Runs one pipe of processes and reports what each used: ``python -I -S launcher.py SPEC``.

A child's peak memory starts at that of the process it was forked from, so the harness, which is not small, must not
fork what it measures. This file imports little and stays at some ten megabytes, below anything it starts.

SPEC is JSON: ``{"pipe": [{"argv": [...], "env": {...}, "log": path}], "stdin": path, "stdout": path, "result": path}``.
The result is JSON: ``{"wall": seconds, "processes": [{"code", "cpu", "peak", "ended"}]}``: CPU is user + system of the
process and of the children it waited for, peak is ``ru_maxrss`` in kilobytes, ended is seconds after the start.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # typing itself is left out: what is imported here counts as memory
if TYPE_CHECKING:
    from typing import Any

EXEC_FAILED = 127


def start(command: dict[str, Any], stdin: int, stdout: int, others: list[int]) -> int:
    """Fork and exec one command; returns its process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        log = os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(stdin, 0)
        os.dup2(stdout, 1)
        os.dup2(log, 2)
        for descriptor in {stdin, stdout, log, *others} - {0, 1, 2}:
            os.close(descriptor)
        os.execve(command["argv"][0], command["argv"], command["env"])
    finally:
        os._exit(EXEC_FAILED)


def start_all(spec: dict[str, Any]) -> list[int]:
    """Start the pipe's processes, joined; returns their process ids in order."""
    reading = os.open(spec["stdin"], os.O_RDONLY)
    pids = []
    for position, command in enumerate(spec["pipe"]):
        if position == len(spec["pipe"]) - 1:
            next_reading, writing = -1, os.open(spec["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        else:
            next_reading, writing = os.pipe()
        pids.append(start(command, reading, writing, [next_reading] if next_reading >= 0 else []))
        os.close(reading)
        os.close(writing)
        reading = next_reading
    return pids


def wait_all(pids: list[int], started: float) -> list[dict[str, Any]]:
    """Wait for every process; returns what each used, in order."""
    used: dict[int, dict[str, Any]] = {}
    while len(used) < len(pids):
        pid, status, usage = os.wait4(-1, 0)
        used[pid] = {
            "code": os.waitstatus_to_exitcode(status),
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss,
            "ended": time.perf_counter() - started,
        }
    return [used[pid] for pid in pids]


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - pathlib would double what is imported here
        spec = json.load(file)
    pids: list[int] = []

    def stop(number: int, _frame: object) -> None:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    started = time.perf_counter()
    pids += start_all(spec)
    processes = wait_all(pids, started)
    result = {"wall": time.perf_counter() - started, "processes": processes}
    with open(spec["result"], "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
        json.dump(result, file)


if __name__ == "__main__":
    main()
