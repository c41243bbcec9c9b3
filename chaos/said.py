"""What a run said and how it ended: never a traceback, never a secret, one of our exit codes."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

from chaos.truth import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.place import Line

EXIT_CODES = frozenset({0, 1, 130, 143, -signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGKILL})
SECRET_WORDS = ("secret", "password", "personal_data_key")
SHORTEST_SECRET = 6
OURS = (
    "tap-wangdiantong",
    "kd-mapper",
    "mapper-kd",
    "tap-ledger",
    "target-kingdee",
)  # Meltano shows its own tracebacks
DEFECT = "This is a defect of the connector"
SUMMARY = "RUN SUMMARY "


def secrets_of(credentials: Any) -> list[str]:
    """Return every secret in the sandbox's credentials, and each part of those that have two."""
    found: list[str] = []
    if isinstance(credentials, dict):
        for name, value in credentials.items():
            if isinstance(value, dict):
                found += secrets_of(value)
            elif any(word in name for word in SECRET_WORDS):
                found += [part for part in (str(value), *str(value).split(":")) if len(part) >= SHORTEST_SECRET]
    return list(dict.fromkeys(found))


def check_log(log: Path, code: int | None, secrets: list[str]) -> list[Problem]:
    """Return what a run said or did that it must not."""
    problems = []
    text = log.read_text(encoding="utf-8", errors="replace")
    if code is not None and code not in EXIT_CODES:
        problems.append(Problem("exit_code", f"{log.name} ended with exit code {code}"))
    ours = [line for line in text.splitlines() if any(f"] {name} " in line for name in OURS)]
    if any("Traceback" in line for line in ours):
        problems.append(Problem("traceback", f"{log.name} has a traceback"))
    problems += [Problem("defect", f"{log.name}: {line}") for line in ours if DEFECT in line]
    if any(secret in text for secret in secrets):
        problems.append(Problem("secret", f"{log.name} shows a secret"))
    return problems


def retries_in(log: Path) -> int:
    """Return how many calls the target says it repeated; a run that was killed says nothing."""
    retries = 0
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        _, found, told = line.partition(SUMMARY)
        if found:
            try:
                retries += int(json.loads(told).get("retries") or 0)
            except (ValueError, TypeError):
                continue
    return retries


def second_run_end(second: Line) -> str:
    """Return how a run ended that was started while another one ran."""
    text = second.log.read_text(encoding="utf-8", errors="replace")
    if "pipeline is already running" in text:
        return "refused by Meltano"
    if "another run (process" in text:
        return "refused by the ledger"
    return "came after the first" if second.poll() == 0 else "failed in the weather"
