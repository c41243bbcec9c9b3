"""Kingdee allows so many calls a minute, and there is more to do: how many of them are made, and how many refused.

The sandbox counts calls in a sliding minute as they arrive and answers those beyond the limit as Kingdee does (MsgCode
14). Between it and the target lies a line that lets every answer take its time. What is delivered is base data, of one
form by one process, then of two forms by two processes that share ledger, account and budget.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.measure import BenchError, environment
from benchmarks.network import Network
from benchmarks.report import LIMIT_BAR
from benchmarks.servers import BIN, fresh_sandbox, pointed_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Self

    from benchmarks.network import Line
    from benchmarks.servers import Credentials, Server

FORMS = ("BD_Customer", "BD_Supplier")
BATCH_SIZE = 20
MINUTE = 60.0
_ENOUGH = 1.5  # times the documents that the allowed calls can carry
_START_SECONDS = 60
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class LimitResult:
    """What was made of an account's calls.

    Attributes:
        forms: One process each.
        per_minute: What Kingdee allows.
        latency: Seconds that each answer takes on its way.
        minutes: How long was measured, from the first call on.
        made: Calls that Kingdee saw meanwhile.
        in_a_minute: The fewest and the most calls in any whole minute meanwhile.
        throttled: Calls that Kingdee refused because of its limit.
        documents: Documents in Kingdee at the end, by process.
    """

    forms: Sequence[str]
    per_minute: int
    latency: float
    minutes: float
    made: int
    in_a_minute: tuple[int, int]
    throttled: int
    documents: Sequence[int]

    @property
    def used(self) -> float:
        """The part of the allowed calls that was made."""
        return self.made / (self.per_minute * self.minutes)

    @property
    def is_reached(self) -> bool:
        return self.used >= LIMIT_BAR and self.throttled == 0 and all(self.documents)


def measure_limit(
    home: Path, seeded: Path, forms: Sequence[str], *, minutes: float, per_minute: int, latency: float
) -> LimitResult:
    """Let one target a form deliver for so many minutes, all on one account.

    Raises:
        BenchError: A target ended before the time was over.
    """
    switches = ("--limits", "real", "--kingdee", f"calls_per_minute={per_minute}")
    with fresh_sandbox(home, seeded, "kingdee", *switches) as server, Network() as network, ExitStack() as stack:
        line = network.line(server.url, latency=latency)
        galaxy = pointed_at(_credentials(server), "", line.url)["kingdee"]["galaxy"]
        for path in (*home.glob("ledger.sqlite*"), *home.glob("budget/*")):
            path.unlink()
        count = round(per_minute * (minutes + 1) * BATCH_SIZE * _ENOUGH)
        held = [_held(server, form) for form in forms]
        targets = [stack.enter_context(_Target(home, form, galaxy, per_minute, count)) for form in forms]
        start = _first_call(line, targets)
        while (now := time.monotonic()) < start + minutes * MINUTE:
            for target in targets:
                target.check()
            time.sleep(min(_POLL_SECONDS, start + minutes * MINUTE - now))
        end = time.monotonic()
        for target in targets:
            target.stop()
        documents = [_held(server, form) - before for form, before in zip(forms, held, strict=True)]
        seen = [moment for moment in line.answers_at if moment <= end]
        return LimitResult(
            forms,
            per_minute,
            latency,
            minutes,
            len(seen),
            in_any_minute(seen, start, end),
            _throttled(server),
            documents,
        )


class _Target:
    """One target at work."""

    def __init__(self, home: Path, form: str, galaxy: dict[str, Any], per_minute: int, count: int) -> None:
        self._form, self._log = form, home / f"target-{form}.log"
        settings = {
            **galaxy, "auth": "app_secret", "batch_size": BATCH_SIZE, "concurrency": 2,
            "ledger_path": str(home / "ledger.sqlite"),
            "calls_per_minute": per_minute, "budget_path": str(home / "budget"),
        }  # fmt: skip
        config, messages = home / f"target-{form}.json", home / f"{form}.jsonl"
        config.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        _write_messages(messages, form, count)
        with messages.open("rb") as stdin, self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(BIN / "target-kingdee"), "--config", str(config)],
                env=environment(home), stdin=stdin, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def check(self) -> None:
        """See that it is still at work."""
        if self._process.poll() is not None:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise BenchError(f"the target of {self._form} ended: {said[-1] if said else 'it said nothing'}")

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=MINUTE)


def _write_messages(path: Path, form: str, count: int) -> None:
    organisation = {"FNumber": "100"}
    schema = {"type": "SCHEMA", "stream": form, "key_properties": ["FNumber"], "schema": {"properties": {}}}
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(schema) + "\n")
        for number in range(count):
            record = {
                "FNumber": f"LIMIT{number:06d}", "FName": f"测试{number}",
                "FCreateOrgId": organisation, "FUseOrgId": organisation,
            }  # fmt: skip
            file.write(json.dumps({"type": "RECORD", "stream": form, "record": record}, ensure_ascii=False) + "\n")


def _first_call(line: Line, targets: Sequence[_Target]) -> float:
    deadline = time.monotonic() + _START_SECONDS
    while not line.answers_at:
        for target in targets:
            target.check()
        if time.monotonic() > deadline:
            raise BenchError("no target has called Kingdee within a minute; see the processes' logs.")
        time.sleep(_POLL_SECONDS)
    return line.answers_at[0]


def _credentials(server: Server) -> Credentials:
    found: Credentials = server.get("credentials")
    return found


def _held(server: Server, form: str) -> int:
    return int(server.get(f"kingdee/{form}", summary=1)["documents"])


def _throttled(server: Server) -> int:
    calls = server.get("calls").get("kingdee", {})
    return sum(outcomes.get("throttle", 0) for outcomes in calls.values())


def in_any_minute(moments: Sequence[float], start: float, end: float) -> tuple[int, int]:
    """Return the fewest and the most calls in a whole minute, looked at every second."""
    starts = [start + second for second in range(max(1, int(end - start - MINUTE) + 1))]
    counts = [sum(first <= moment < first + MINUTE for moment in moments) for first in starts]
    return min(counts), max(counts)
